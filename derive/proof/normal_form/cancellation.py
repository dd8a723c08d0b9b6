"""What a denominator cancels inside a product."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from derive.proof.normal_form import naming
from derive.proof.normal_form.content import dividing
from derive.proof.normal_form.factors import (
    Exponent,
    Factor,
    Number,
    Polynomial,
    Product,
    merged,
)
from derive.terms.indices import Affine, Index

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]


def cancelled(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial | None:
    """The product after one cancellation between a denominator and the rest, if there is one."""
    denominators = [
        f
        for f, e in powers.items()
        if f.kind in ("base", "sum") and not isinstance(e, Affine) and e < 0
    ]
    for factor in denominators:
        for rule in (_gathered, _reduced_by_leading_term, _split_constant, _split_pair):
            result = rule(ring, powers, factor, bound)
            if result is not None:
                return result
    return None


def _gathered(
    ring: Ring, powers: Powers, denominator: Factor, bound: tuple[Index, ...]
) -> Polynomial | None:
    """Sums over the other indices are formed first where they are part of a denominator.

    ``sum_ij A_ij y_i / S_i`` holds ``S_i = sum_j A_ij`` only when that sum is formed.
    """
    wanted = _sums_inside(denominator)
    held = tuple(index for index in bound if index in denominator.indices)
    moving = tuple(index for index in bound if index not in held)
    if not wanted or not moving:
        return None
    groups, outside = naming.connected(powers, moving)
    for indices, part in groups:
        if not part or any(i in f.indices for f in part if f.kind == "base" for i in indices):
            continue
        total = naming.named_sum(ring, part, indices)
        if any(f in wanted for product in total for f, _ in product.factors):
            others = [group for group in groups if group[0] is not indices]
            rest = {**outside, **{f: e for _, own in others for f, e in own.items()}}
            remaining = held + tuple(index for own, _ in others for index in own)
            return _held_spread(ring, rest, total, remaining, denominator)
    return None


def _held_spread(
    ring: Ring,
    rest: Powers,
    total: Polynomial,
    remaining: tuple[Index, ...],
    denominator: Factor,
) -> Polynomial | None:
    """Multiply the gathered sum with the rest, and go on only if something cancelled.

    A sum that meets no power of itself would be opened again at once.
    """
    parts = []
    for product, coefficient in total.items():
        together = merged(rest.items(), product.factors)
        sums = {f: e for f, e in product.factors if f.kind == "sum"}
        if all(e == 1 and f not in rest for f, e in sums.items()):
            reduced = _reduced_by_leading_term(ring, together, denominator, remaining)
            if reduced is None:
                return None
        else:
            reduced = ring.settled(together, remaining)
        parts.append(ring.scaled(reduced, coefficient))
    return ring.added(*parts)


def _sums_inside(denominator: Factor) -> list[Factor]:
    if denominator.kind == "sum":
        return [denominator]
    return [f for product, _ in denominator.data[0] for f, _ in product.factors if f.kind == "sum"]


def _reduced_by_leading_term(
    ring: Ring, powers: Powers, denominator: Factor, bound: tuple[Index, ...]
) -> Polynomial | None:
    """``lead / P = 1 - rest / P``."""
    if denominator.kind != "base":
        return None
    poly = dict(denominator.data[0])
    if len(poly) == 1:
        return None
    lead = dividing(poly)
    quotient = _divided_powers(powers, lead)
    if quotient is None:
        return None
    rest = {p: -c for p, c in poly.items() if p is not lead}
    one = {**quotient, denominator: powers[denominator] + 1}

    first = ring.settled({f: e for f, e in one.items() if e != 0}, bound)
    second = ring.spread(quotient, rest, bound)
    return ring.scaled(ring.added(first, second), 1 / Fraction(poly[lead]))


def _divided_powers(powers: Mapping[Factor, Exponent], divisor: Product) -> Powers | None:
    """A product divided by another one, if it holds it."""
    result = dict(powers)
    if not divisor.factors:
        return None
    for factor, exponent in divisor.factors:
        own = result.get(factor)
        if own is None or isinstance(own, Affine) or isinstance(exponent, Affine):
            return None
        if exponent < 0 or own < exponent:
            return None
        result[factor] = own - exponent
    return {f: e for f, e in result.items() if e != 0}


def _split_constant(
    ring: Ring, powers: Powers, denominator: Factor, bound: tuple[Index, ...]
) -> Polynomial | None:
    """``1 / (f P) = (1 / f - Q / P) / c`` for ``P = c + f Q`` with a number ``c``."""
    if denominator.kind != "base":
        return None
    poly = dict(denominator.data[0])
    number = poly.pop(ring.table.one, 0)
    if not number or not poly:
        return None

    for factor, exponent in powers.items():
        if factor is denominator or isinstance(exponent, Affine) or exponent >= 0:
            continue
        found = [dict(p.factors).get(factor, 0) for p in poly]
        others = [e for e in found if not isinstance(e, Affine) and e > 0]
        if len(others) < len(found):
            continue
        step: Number = min(others)
        if exponent + step > 0:
            step = -exponent
        one = {**powers, denominator: powers[denominator] + 1}
        first = ring.settled({f: e for f, e in one.items() if e != 0}, bound)
        second = ring.spread(powers, ring.scaled(poly, -1), bound)
        return ring.scaled(ring.added(first, second), 1 / Fraction(number))
    return None


def _split_pair(
    ring: Ring, powers: Powers, denominator: Factor, bound: tuple[Index, ...]
) -> Polynomial | None:
    """``1 / (P Q) = (1 / P - 1 / Q) / (Q - P)`` where ``Q - P`` is a number."""
    own = powers[denominator]
    if denominator.kind != "base" or not isinstance(own, int) or own >= 0:
        return None

    for other, exponent in powers.items():
        if other.kind != "base" or other is denominator or not isinstance(exponent, int):
            continue
        if exponent >= 0:
            continue
        difference = ring.added(dict(other.data[0]), ring.scaled(dict(denominator.data[0]), -1))
        number = difference.get(ring.table.one)
        if number is None or len(difference) > 1:
            continue
        less_other = {**powers, other: exponent + 1}
        less_own = {**powers, denominator: own + 1}
        first = ring.settled({f: e for f, e in less_other.items() if e != 0}, bound)
        second = ring.settled({f: e for f, e in less_own.items() if e != 0}, bound)
        total = ring.added(first, ring.scaled(second, -1))
        return ring.scaled(total, 1 / Fraction(number))
    return None
