"""A function of indicators is chosen by them: ``f(g P + R) = g f(P + R) + (1 - g) f(R)``.

An indicator is 0 or 1 and lazy, so this holds for every f wherever the left side is defined: the
case that does not hold has the coefficient 0, whatever f is there. Where one of the two cases
has no value at all (``log 0``, ``1 / 0``) the other one is the case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from derive.proof.normal_form.factors import LAZY, Factor, Polynomial, Undecided

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

MOST_INDICATORS = 4
# The value of a function, or nothing where it has none.
Partial = Callable[..., Polynomial | None]


def by_cases(ring: Ring, function: Partial, *polys: Polynomial) -> Polynomial | None:
    """The function of polynomials, chosen by the first indicator in them, if there is one."""
    found = indicators(*polys)
    if not 0 < len(found) <= MOST_INDICATORS:
        return None
    chosen = found[0]
    try:
        holds = function(*(where(ring, poly, chosen, holds=True) for poly in polys))
        fails = function(*(where(ring, poly, chosen, holds=False) for poly in polys))
        if holds is None or fails is None:
            return fails if holds is None else holds
        gain = ring.added(holds, ring.scaled(fails, -1))
        return ring.added(fails, ring.multiplied(ring.of(chosen), gain))
    except Undecided:
        return None


def indicators(*polys: Polynomial) -> list[Factor]:
    """The indicators that are factors of terms, in the order in which they were met."""
    found = {f for poly in polys for p in poly for f, _ in p.factors if f.kind in LAZY}
    return sorted(found, key=lambda factor: factor.id)


def where(ring: Ring, poly: Polynomial, chosen: Factor, *, holds: bool) -> Polynomial:
    """A polynomial where an indicator is 1, or where it is 0."""
    parts: list[Polynomial] = []
    for product, coefficient in poly.items():
        rest = {f: e for f, e in product.factors if f is not chosen}
        if len(rest) == len(product.factors):
            parts.append({product: coefficient})
        elif holds:
            parts.append({ring.table.product(rest): coefficient})
    return ring.added(*parts)
