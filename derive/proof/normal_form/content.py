"""What all terms of a polynomial share, and which of them leads."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derive.proof.normal_form.factors import (
    Exponent,
    Factor,
    Number,
    Polynomial,
    Product,
    exponent_sum,
)
from derive.terms.indices import Affine

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]


def primitive(ring: Ring, poly: Polynomial) -> tuple[Product, Number, Polynomial]:
    """The common factors, the leading coefficient, and the rest, of a polynomial."""
    products = list(poly)
    common = _common(products)
    inverse = {f: -e for f, e in common.items()}
    rest = poly
    if inverse:
        rest = ring.added(
            *(
                {_quotient(ring, product, inverse): coefficient}
                for product, coefficient in poly.items()
            )
        )
    lead = rest[leading(ring, rest)]
    return ring.table.product(common), lead, ring.scaled(rest, 1 / Fraction(lead))


def _quotient(ring: Ring, product: Product, inverse: Powers) -> Product:
    powers = dict(product.factors)
    for factor, exponent in inverse.items():
        powers[factor] = exponent_sum(powers.get(factor, 0), exponent)
    return ring.table.product(powers)


def _common(products: list[Product]) -> Powers:
    """The powers that all products share: lowest exponents; negative ones count where absent."""
    exponents: dict[Factor, list[Exponent]] = {}
    for product in products:
        for factor, exponent in product.factors:
            exponents.setdefault(factor, []).append(exponent)
    common: Powers = {}
    for factor, found in exponents.items():
        if any(isinstance(e, Affine) for e in found) or factor.kind in ("delta", "guard", "cond"):
            continue
        values: list[Number] = list(found)  # type: ignore[arg-type]
        lowest = min([*values, 0] if len(found) < len(products) else values)
        if lowest:
            common[factor] = lowest
    return common


def leading(ring: Ring, poly: Polynomial, last: bool = False) -> Product:
    """The leading product: largest by a measure that does not see index names, then by identity."""
    return (min if last else max)(poly, key=lambda p: (_measure(p), -p.id))


def _measure(product: Product) -> tuple[object, ...]:
    degree = sum((e if not isinstance(e, Affine) else 1) for _, e in product.factors)
    kinds = sorted(
        f"{f.kind}:{f.data[0].id if f.kind == 'entry' else ''}" for f, _ in product.factors
    )
    return (bool(product.factors), degree, len(product.factors), kinds)
