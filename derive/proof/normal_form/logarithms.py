"""Logarithms of polynomials, and functions of polynomials that are not looked into."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from derive.proof.normal_form import cases
from derive.proof.normal_form.content import primitive
from derive.proof.normal_form.factors import (
    LAZY,
    Factor,
    Number,
    Polynomial,
    Product,
    Undecided,
    frozen,
    poly_height,
    poly_indices,
    union,
)
from derive.proof.normal_form.fractions import primes
from derive.proof.normal_form.zero import denominators_of, times_power
from derive.terms.indices import Affine
from derive.terms.tensors import Function

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring


def applied(ring: Ring, function: str | Function, *polys: Polynomial) -> Polynomial:
    """A function of polynomials as a factor that is not looked into."""
    if function == "log" and dict(polys[0]) == ring.unit:
        return {}
    terms = tuple(frozen(poly) for poly in polys)
    indices = union(poly_indices(poly) for poly in terms)
    height = max(map(poly_height, terms))
    return ring.of(ring.table.factor("apply", function, *terms, indices=indices, height=height))


def logarithm(ring: Ring, poly: Polynomial) -> Polynomial:
    """The log of a product, where the log laws are open: ``sum of e log |f|`` over its powers.

    Wherever ``log u`` is defined it is ``log |u|``, and ``log |u v| = log |u| + log |v|`` holds
    for all factors, none of which is 0 there.
    """
    if not poly:
        raise Undecided("a logarithm of 0")
    chosen = cases.by_cases(ring, lambda each: logarithm(ring, each) if each else None, poly)
    if chosen is not None:
        return chosen
    if len(poly) == 1:
        ((product, coefficient),) = poly.items()
        if not ring.gates.log_laws:
            return _log_of_exponential(ring, product, coefficient)
        return _log_of_product(ring, product, coefficient)
    if not ring.gates.log_laws:
        return applied(ring, "log", poly)
    if denominators_of(poly):
        return _log_of_fraction(ring, poly)
    content, coefficient, rest = primitive(ring, poly)
    split = _log_of_product(ring, content, coefficient)
    if split:
        ring.used.setdefault("log laws")
    square = ring.multiplied(rest, rest)
    if list(square) == [ring.table.one]:  # a number times a sign
        own = _log_of_number(ring, Fraction(square[ring.table.one]))
        return ring.added(split, ring.scaled(own, Fraction(1, 2)))
    return ring.added(split, applied(ring, "log", rest))


def _log_of_fraction(ring: Ring, poly: Polynomial) -> Polynomial:
    """``log |u / v| = log |u| - log |v|`` over the denominators of a polynomial."""
    ring.used.setdefault("log laws")
    parts: list[Polynomial] = []
    for factor, exponent in denominators_of(poly).items():
        poly = times_power(ring, poly, factor, exponent)
        parts.append(_scaled_log(ring, factor, -exponent))
    return ring.added(logarithm(ring, poly), *parts)


def _log_of_exponential(ring: Ring, product: Product, coefficient: Number) -> Polynomial:
    """``log exp u = u``; nothing else without the log laws."""
    if coefficient == 1 and all(f.kind == "exp" for f, _ in product.factors):
        parts = [ring.scaled({f.data[0]: 1}, e) for f, e in product.factors]  # type: ignore[arg-type]
        return ring.added(*parts)
    return applied(ring, "log", {product: coefficient})


def _log_of_product(ring: Ring, product: Product, coefficient: Number) -> Polynomial:
    parts = [_log_of_number(ring, abs(Fraction(coefficient)))]
    for factor, exponent in product.factors:
        if factor.kind == "exp":
            parts.append(ring.scaled({factor.data[0]: 1}, exponent))  # type: ignore[arg-type]
        else:
            parts.append(_scaled_log(ring, factor, exponent))
    if coefficient != 1 or len(product.factors) > 1 or any(e != 1 for _, e in product.factors):
        ring.used.setdefault("log laws")
    return ring.added(*parts)


def _scaled_log(ring: Ring, factor: Factor, exponent: Any) -> Polynomial:
    if factor.kind in LAZY:
        raise Undecided("a logarithm of an indicator")
    if factor.kind == "number":
        own = _log_of_number(ring, Fraction(abs(factor.data[0])))
        return ring.multiplied(own, _value(ring, exponent))
    inner = dict(factor.data[0]) if factor.kind == "base" else ring.of(factor)
    own = applied(ring, "log", inner)
    return ring.multiplied(own, _value(ring, exponent))


def _value(ring: Ring, exponent: Any) -> Polynomial:
    """An exponent as a polynomial."""
    return ring.affine(exponent) if isinstance(exponent, Affine) else ring.number(exponent)


def _log_of_number(ring: Ring, value: Number) -> Polynomial:
    total: Polynomial = {}
    number = Fraction(value)
    for part, sign in ((number.numerator, 1), (number.denominator, -1)):
        for prime, count in primes(part).items():
            own = applied(ring, "log", ring.number(prime))
            total = ring.added(total, ring.scaled(own, count * sign))
    return total
