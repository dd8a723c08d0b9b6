"""Whether a polynomial is 0: denominators are multiplied away, then nothing may be left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.proof.normal_form.factors import Factor, Polynomial, Product
from derive.terms.indices import Affine

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

MOST_ROUNDS = 12


def cleared(ring: Ring, poly: Polynomial) -> Polynomial:
    """A polynomial multiplied by its denominators; each is nonzero where the terms are defined."""
    for _ in range(MOST_ROUNDS):
        denominators = _denominators(poly)
        if not denominators:
            return poly
        for factor, exponent in denominators.items():
            poly = _times_power(ring, poly, factor, exponent)
    return poly


def _denominators(poly: Polynomial) -> dict[Factor, int]:
    """The bases with several terms that divide, with the highest power of each."""
    found: dict[Factor, int] = {}
    for product in poly:
        for factor, exponent in product.factors:
            if factor.kind == "base" and not isinstance(exponent, Affine) and exponent < 0:
                found[factor] = max(found.get(factor, 0), -int(exponent // 1))
    return found


def _times_power(ring: Ring, poly: Polynomial, factor: Factor, exponent: int) -> Polynomial:
    """The polynomial times ``base ** exponent``, expanded where the denominator does not take it."""
    parts = []
    for product, coefficient in poly.items():
        parts.append(ring.scaled(_raised(ring, product, factor, exponent), coefficient))
    return ring.added(*parts)


def _raised(ring: Ring, product: Product, factor: Factor, exponent: int) -> Polynomial:
    powers = dict(product.factors)
    own = powers.get(factor, 0)
    if isinstance(own, Affine):
        return {product: 1}
    total = own + exponent
    if total <= 0:
        powers[factor] = total
        return {ring.table.product(powers): 1}
    powers.pop(factor, None)
    rest: Polynomial = {ring.table.product(powers): 1}
    return ring.multiplied(rest, ring.power(dict(factor.data[0]), total))
