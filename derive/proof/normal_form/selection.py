"""Entries at places that an equality tells: ``x[2 i + 1]`` is ``sum_u x[u] [u = 2 i + 1]``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.proof.normal_form.constraints import (
    Contradiction,
    System,
    is_implied,
    reduced,
    solved,
)
from derive.proof.normal_form.contraction import has_idempotent_entries
from derive.proof.normal_form.factors import LAZY, Exponent, Factor, Polynomial, Product
from derive.terms.indices import Index

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]


def selected(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial | None:
    """A power of an entry at a place, as the entry of a power; guards that the place implies."""
    for factor, exponent in powers.items():
        if factor.kind != "sum" or not isinstance(exponent, int) or exponent < 1:
            continue
        names, product = factor.data
        system = _system(product)
        if len(names) != 1 or not _is_told(names[0], system):
            continue
        if exponent > 1 and has_idempotent_entries(ring, product):
            return _powered(ring, powers, factor, exponent, bound)
        result = _guarded(ring, powers, factor, system, bound)
        if result is not None:
            return result
    return None


def ranges(ring: Ring, gone: list[Factor]) -> Powers:
    """``x[f] / x[f] = [f in range]``: off the axis x is 0, and a guard on it was left out."""
    guards: Powers = {}
    for factor in gone:
        names, product = factor.data
        place = solved(_system(product).equalities, names[0]) if len(names) == 1 else None
        if place is not None:
            for limit in (place, names[0].size - 1 - place):
                if not ring.context.always_nonnegative(limit):
                    guards[ring.table.factor("guard", limit, indices=limit.indices)] = 1
    return guards


def _system(product: Product) -> System:
    equalities = tuple(f.data[0] for f, _ in product.factors if f.kind == "delta")
    return System(equalities, tuple(f.data[0] for f, _ in product.factors if f.kind == "guard"))


def _is_told(name: Index, system: System) -> bool:
    """Whether an equality gives the place."""
    return any(form.coefficient(name) in (1, -1) for form in system.equalities)


def _powered(
    ring: Ring, powers: Powers, factor: Factor, exponent: int, bound: tuple[Index, ...]
) -> Polynomial:
    """``(sum_u x[u] [u = f])^2 = sum_u x[u]^2 [u = f]``: at most one term is not 0."""

    names, own, others = ring.opened(factor)
    own = {f: e if f.kind in LAZY else e * exponent for f, e in own.items()}
    rest = [ring.power(poly, exponent) for poly in others]
    total = ring.spread(own, ring.multiplied_all(rest), names)
    return ring.spread({f: e for f, e in powers.items() if f is not factor}, total, bound)


def _guarded(
    ring: Ring, powers: Powers, factor: Factor, system: System, bound: tuple[Index, ...]
) -> Polynomial | None:
    """A product without the guards that hold wherever the place is on its axis."""
    for guard in [f for f in powers if f.kind == "guard"]:
        form = guard.data[0]
        if not any(index in factor.indices for index in form.indices):
            continue
        try:
            reduced(System(system.equalities, (*system.guards, form)), ring.context)
        except Contradiction:
            return {}
        if is_implied(form, system, ring.context):
            return ring.settled({f: e for f, e in powers.items() if f is not guard}, bound)
    return None
