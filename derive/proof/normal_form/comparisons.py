"""Conditions that decide each other: ``[z > a] [z > 0] = [z > a]`` where ``a >= 0``."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

from derive.proof.normal_form import positivity
from derive.proof.normal_form.factors import Exponent, Factor, Number, Polynomial

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring
    from derive.terms.indices import Index

Powers = dict[Factor, Exponent]
# Signed products of conditions that stand for a product of two.
Combination = list[tuple[int, tuple[Factor, ...]]]
MOST_TERMS = 24


def compared(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial | None:
    """A product of two conditions with fewer of them, where the sign of a combination is known."""
    conditions = [f for f in powers if f.kind == "cond"]
    for one, two in combinations(conditions, 2):
        replaced = _known(ring, one, two)
        if replaced is not None:
            rest = {f: e for f, e in powers.items() if f not in (one, two)}
            return _total(ring, rest, replaced, bound)
    return None


def _known(ring: Ring, one: Factor, two: Factor) -> Combination | None:
    """What a pair of conditions is together, found once; long ones are not compared."""
    if len(one.data[0]) + len(two.data[0]) > MOST_TERMS:
        return None
    if (one, two) not in ring.compared:
        rules = (rule(ring, one, two) for rule in (_implied, _exclusive, _exhaustive))
        ring.compared[one, two] = next((each for each in rules if each is not None), None)
    found: Combination | None = ring.compared[one, two]
    return found


def _total(ring: Ring, rest: Powers, replaced: Combination, bound: tuple[Index, ...]) -> Polynomial:
    parts = []
    for sign, factors in replaced:
        powers = {**rest, **dict.fromkeys(factors, 1)}
        parts.append(ring.scaled(ring.settled(powers, bound), sign))
    return ring.added(*parts)


def _implied(ring: Ring, one: Factor, two: Factor) -> Combination | None:
    """``[u > 0] [v > 0] = [u > 0]`` where ``v - c u >= 0`` for a number c > 0."""
    for first, second in ((one, two), (two, one)):
        u, v = dict(first.data[0]), dict(second.data[0])
        if any(_is_nonnegative(ring, _combined(ring, v, u, -c)) for c in _ratios(u, v, 1)):
            return [(1, (first,))]
    return None


def _exclusive(ring: Ring, one: Factor, two: Factor) -> Combination | None:
    """``[u > 0] [v > 0] = 0`` where ``v + c u <= 0``."""
    u, v = dict(one.data[0]), dict(two.data[0])
    for c in _ratios(u, v, -1):
        if _is_nonnegative(ring, ring.scaled(_combined(ring, v, u, c), -1)):
            return []
    return None


def _exhaustive(ring: Ring, one: Factor, two: Factor) -> Combination | None:
    """``[u > 0] [v > 0] = [u > 0] + [v > 0] - 1`` where ``v + c u >= 0``, off both kinks."""
    u, v = dict(one.data[0]), dict(two.data[0])
    for c in _ratios(u, v, -1):
        if _is_nonnegative(ring, _combined(ring, v, u, c)):
            ring.kinks = True
            return [(1, (one,)), (1, (two,)), (-1, ())]
    return None


def _ratios(u: Polynomial, v: Polynomial, sign: int) -> Iterator[Number]:
    """The numbers by which one polynomial removes a term of the other: v -+ c u lacks it."""
    found = dict.fromkeys(sign * Fraction(v[p]) / Fraction(u[p]) for p in u if p in v)
    return (c for c in found if c > 0)


def _combined(ring: Ring, v: Polynomial, u: Polynomial, number: Number) -> Polynomial:
    return ring.added(v, ring.scaled(u, number))


def _is_nonnegative(ring: Ring, poly: Polynomial) -> bool:
    return not poly or positivity.is_nonnegative(ring, poly)
