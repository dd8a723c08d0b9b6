"""Whether a polynomial is 0: denominators are multiplied away, then nothing may be left."""

from __future__ import annotations

from itertools import permutations
from itertools import product as product_of
from math import prod
from typing import TYPE_CHECKING, Any

from derive.proof.normal_form import cases
from derive.proof.normal_form.factors import (
    Exponent,
    Factor,
    Number,
    Polynomial,
    Product,
    denominator,
    exponent_sum,
)
from derive.terms.indices import Affine, Index

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

MOST_ROUNDS = 12
MOST_NAMES = 2
MOST_NAMINGS = 64


def is_zero(ring: Ring, poly: Polynomial) -> bool:
    """Whether a polynomial is 0 after clearing, or sum by sum after clearing the summands.

    Where conditions stand before denominators each case is looked at by itself: the other one's
    denominators, which it does not have, would be multiplied into it.
    """
    chosen = _first_condition(poly) if denominators_of(poly) else None
    if chosen is not None:
        return all(is_zero(ring, cases.where(ring, poly, chosen, holds=h)) for h in (True, False))
    poly = cleared(ring, poly)
    if not poly:
        return True
    return any(
        _cancels_sum_by_sum(ring, _sums_alike(ring, poly, inside)) for inside in (False, True)
    )


def _first_condition(poly: Polynomial) -> Factor | None:
    """The condition met first, while the cases that all of them make are few."""
    found = [f for f in cases.indicators(poly) if f.kind == "cond"]
    return found[0] if 0 < len(found) <= cases.MOST_INDICATORS else None


Group = list[tuple[tuple[Any, ...], Number]]


def _cancels_sum_by_sum(ring: Ring, groups: list[Group] | None) -> bool:
    return groups is not None and all(_summands_cancel(ring, group) for group in groups)


def _sums_alike(ring: Ring, poly: Polynomial, inside: bool) -> list[Group] | None:
    """The terms by what their only sum runs over, and what stands before it or is taken inside."""
    groups: dict[tuple[object, ...], Group] = {}
    for product, coefficient in poly.items():
        sums = [(f, e) for f, e in product.factors if f.kind == "sum"]
        if not sums:
            return None
        inner = max(sums, key=lambda item: _divides(item[0]))[0]
        if dict(product.factors)[inner] != 1:
            return None
        outside = {f: e for f, e in product.factors if f is not inner}
        names, summand = inner.data
        if inside:
            summand, outside = _times(ring, summand, outside), {}
        sizes = tuple(sorted(index.size for index in names))
        key = tuple((f.id, e) for f, e in outside.items())
        groups.setdefault((key, sizes), []).append(((names, summand), coefficient))
    return list(groups.values())


def _times(ring: Ring, product: Product, powers: dict[Factor, Exponent]) -> Product:
    total = dict(product.factors)
    for factor, exponent in powers.items():
        total[factor] = exponent_sum(total.get(factor, 0), exponent)
    return ring.table.product(total)


def _divides(factor: Factor) -> bool:
    return any(f.kind == "base" for f, _ in factor.data[1].factors)


def _summands_cancel(ring: Ring, group: Group) -> bool:
    """Whether the summands add up to 0 under some naming of their indices."""
    names = tuple(index.fresh() for index in group[0][0][0])
    if len(names) > MOST_NAMES:
        return False
    parts = [_renamings(ring, data, coefficient, names) for data, coefficient in group]
    if len(names) == 1:
        return not cleared(ring, ring.added(*(options[0] for options in parts)))
    fixed, *others = parts
    if prod(map(len, others)) > MOST_NAMINGS:
        return False
    return any(not cleared(ring, ring.added(fixed[0], *chosen)) for chosen in product_of(*others))


def _renamings(
    ring: Ring, data: tuple[Any, ...], coefficient: Number, names: tuple[Index, ...]
) -> list[Polynomial]:
    """A summand under each assignment of common names to its indices."""
    own, product = data
    found = []
    for order in permutations(names):
        if all(a.size == b.size for a, b in zip(own, order, strict=True)):
            values = {a: Affine.of(b) for a, b in zip(own, order, strict=True)}
            found.append(ring.scaled(ring.renamed({product: 1}, values), coefficient))
    return found


def cleared(ring: Ring, poly: Polynomial) -> Polynomial:
    """A polynomial multiplied by its denominators; each is nonzero where the terms are defined."""
    poly = _with_common_powers(ring, poly)
    for _ in range(MOST_ROUNDS):
        denominators = denominators_of(poly)
        if not denominators:
            return poly
        for factor, exponent in denominators.items():
            poly = times_power(ring, poly, factor, exponent)
    return poly


def _with_common_powers(ring: Ring, poly: Polynomial) -> Polynomial:
    """``u^(t + 2) = u^t u^2`` for sums u whose exponents differ by numbers, the lowest staying."""
    for factor, exponents in _index_exponents(poly).items():
        gaps = [_gap(exponent, exponents[0]) for exponent in exponents]
        if len(gaps) > 1 and None not in gaps:
            lowest = exponents[gaps.index(min(gap for gap in gaps if gap is not None))]
            poly = _lowered(ring, poly, factor, lowest)
    return poly


def _index_exponents(poly: Polynomial) -> dict[Factor, list[Affine]]:
    """The bases with several terms under exponents that depend on indices."""
    found: dict[Factor, list[Affine]] = {}
    for product in poly:
        for factor, exponent in product.factors:
            if factor.kind == "base" and isinstance(exponent, Affine):
                known = found.setdefault(factor, [])
                if exponent not in known:
                    known.append(exponent)
    return found


def _gap(high: Affine, low: Affine) -> int | None:
    """The number by which two forms differ, if it is one."""
    difference = high - low
    number = None if difference.coefficients else difference.constant.constant
    return None if number is None or denominator(number) > 1 else number


def _lowered(ring: Ring, poly: Polynomial, factor: Factor, lowest: Affine) -> Polynomial:
    parts = []
    for product, coefficient in poly.items():
        powers = dict(product.factors)
        own = powers.get(factor)
        gap = _gap(own, lowest) if isinstance(own, Affine) else None
        if gap:
            powers[factor] = lowest
            taken = ring.power(dict(factor.data[0]), gap)
            raised = ring.multiplied({ring.table.product(powers): 1}, taken)
            parts.append(ring.scaled(raised, coefficient))
        else:
            parts.append({product: coefficient})
    return ring.added(*parts)


def denominators_of(poly: Polynomial) -> dict[Factor, int]:
    """The bases with several terms that divide, with the highest power of each."""
    found: dict[Factor, int] = {}
    for product in poly:
        for factor, exponent in product.factors:
            if factor.kind == "base" and not isinstance(exponent, Affine) and exponent < 0:
                found[factor] = max(found.get(factor, 0), -int(exponent // 1))
    return found


def times_power(ring: Ring, poly: Polynomial, factor: Factor, exponent: int) -> Polynomial:
    """The polynomial times ``base ** exponent``, expanded where no denominator takes it."""
    parts = []
    for product, coefficient in poly.items():
        parts.append(ring.scaled(_raised(ring, product, factor, exponent), coefficient))
    return ring.added(*parts)


def _raised(ring: Ring, product: Product, factor: Factor, exponent: int) -> Polynomial:
    powers = dict(product.factors)
    total = exponent_sum(powers.get(factor, 0), exponent)
    if isinstance(total, Affine) or total <= 0:
        powers[factor] = total
        return {ring.table.product(powers): 1}
    powers.pop(factor, None)
    rest: Polynomial = {ring.table.product(powers): 1}
    return ring.multiplied(rest, ring.power(dict(factor.data[0]), total))
