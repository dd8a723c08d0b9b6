"""What all terms of a polynomial share, and which of them leads."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derive.proof.normal_form.factors import (
    LAZY,
    Exponent,
    Factor,
    Number,
    Polynomial,
    Product,
    exponent_sum,
    frozen,
    poly_height,
    poly_indices,
)
from derive.terms.indices import Affine

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]


def primitive(ring: Ring, poly: Polynomial) -> tuple[Product, Number, Polynomial]:
    """The common factors, the leading coefficient, and the rest, of a polynomial."""
    content: Powers = {}
    rest = poly
    while common := _common(list(rest)):
        over = ring.added(*(_quotient(ring, p, common, c) for p, c in rest.items()))
        if not over:
            break  # a 0 that only multiplying out shows
        rest, content = over, _product(content, common)
        if not any(f.kind == "base" for f in common):
            break  # else a denominator was multiplied out, and what is left may share more
    lead = rest[leading(ring, rest)]
    return ring.table.product(content), lead, ring.scaled(rest, 1 / Fraction(lead))


def _quotient(ring: Ring, product: Product, common: Powers, coefficient: Number) -> Polynomial:
    """A term over the common factors, multiplied out where a denominator goes."""
    powers = _product(dict(product.factors), {f: -e for f, e in common.items()})
    if any(f.kind == "base" for f in common):
        return ring.scaled(ring.settled(powers), coefficient)
    return {ring.table.product(powers): coefficient}


def _product(left: Powers, right: Powers) -> Powers:
    powers = dict(left)
    for factor, exponent in right.items():
        powers[factor] = exponent_sum(powers.get(factor, 0), exponent)
    return powers


def _common(products: list[Product]) -> Powers:
    """The powers that all products share: lowest exponents; negative ones count where absent."""
    exponents: dict[Factor, list[Exponent]] = {}
    for product in products:
        for factor, exponent in product.factors:
            exponents.setdefault(factor, []).append(exponent)
    common: Powers = {}
    for factor, found in exponents.items():
        if any(isinstance(e, Affine) for e in found) or factor.kind in LAZY:
            continue
        values: list[Number] = list(found)  # type: ignore[arg-type]
        lowest = min([*values, 0] if len(found) < len(products) else values)
        if lowest:
            common[factor] = lowest
    return common


def leading(ring: Ring, poly: Polynomial, last: bool = False) -> Product:
    """The leading product: largest by a measure that does not see index names, then by identity."""
    return (min if last else max)(poly, key=lambda p: (_measure(p), -p.id))


def dividing(poly: Polynomial) -> Product:
    """The leading product by an order that products keep, so that division comes to an end."""
    return max(poly, key=lambda p: (_degree(p), _by_rank(p), -p.id))


def _degree(product: Product) -> Number:
    return sum((e if not isinstance(e, Affine) else 1) for _, e in product.factors)


def _by_rank(product: Product) -> list[tuple[object, ...]]:
    """The powers, highest factors first: ``x^2 y`` comes before ``x y^2`` where x is higher."""
    ranked = [(*_rank(f), 1 if isinstance(e, Affine) else e) for f, e in product.factors]
    return sorted(ranked, reverse=True)


def _rank(factor: Factor) -> tuple[str, str, int, int]:
    """Sines come before cosines, into which their squares turn; then heads, then identity."""
    function = str(factor.data[0]) if factor.kind == "apply" else ""
    head = factor.data[0].id if factor.kind == "entry" else 0
    return factor.kind, function, head, factor.id


def _measure(product: Product) -> tuple[object, ...]:
    kinds = sorted(
        f"{f.kind}:{f.data[0].id if f.kind == 'entry' else ''}" for f, _ in product.factors
    )
    return (bool(product.factors), _degree(product), len(product.factors), kinds)


def base_factor(ring: Ring, poly: Polynomial) -> Factor:
    """The factor that stands for a polynomial under a power."""
    terms = frozen(poly)
    return ring.table.factor("base", terms, indices=poly_indices(terms), height=poly_height(terms))
