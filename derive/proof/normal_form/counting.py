"""Counting: sums over an index that occurs in guards, equalities and index values only."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from derive.proof.normal_form.constraints import System
from derive.proof.normal_form.factors import Exponent, Factor, Polynomial
from derive.terms.indices import Affine, Index
from derive.terms.sizes import Size

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]
LARGEST_DEGREE = 6


def counted(
    ring: Ring, others: Powers, system: System, index: Index, bound: tuple[Index, ...]
) -> Polynomial | None:
    """The sum over an index that is in no slot and no equality, if its limits are plain."""
    if any(form.coefficient(index) for form in system.equalities):
        return None
    degree = _degree(others, index)
    limits = _limits(system, index)
    if degree is None or limits is None:
        return None
    lower, upper = limits
    rest = tuple(form for form in system.guards if not form.coefficient(index))
    return _counted_between(
        ring, others, System(system.equalities, rest), index, bound, lower, upper, degree
    )


def _degree(others: Powers, index: Index) -> int | None:
    """The power to which the value of the index occurs, if it occurs in no other way."""
    degree = 0
    for factor, exponent in others.items():
        if isinstance(exponent, Affine) and exponent.coefficient(index):
            return None
        if index in factor.indices:
            if factor.kind != "count" or not isinstance(exponent, int) or exponent < 0:
                return None
            degree = exponent
    return degree if degree <= LARGEST_DEGREE else None


def _limits(system: System, index: Index) -> tuple[list[Affine], list[Affine]] | None:
    """Lower and upper limits of an index from guards in which its coefficient is 1 or -1."""
    lower, upper = [Affine.of(0)], [Affine.of(index.size) - 1]
    for form in system.guards:
        coefficient = form.coefficient(index)
        if not coefficient:
            continue
        if coefficient == Size.of(1):
            lower.append(Affine.of(index) - form)
        elif coefficient == Size.of(-1):
            upper.append(form + index)
        else:
            return None
    return lower, upper


def _counted_between(
    ring: Ring,
    others: Powers,
    system: System,
    index: Index,
    bound: tuple[Index, ...],
    lower: list[Affine],
    upper: list[Affine],
    degree: int,
) -> Polynomial:
    """Cases for which limit is the tightest; in each the sum is a polynomial in the limits."""
    lowers = _tightest(ring, [-form for form in lower])
    uppers = _tightest(ring, upper)
    rest = {f: e for f, e in others.items() if index not in f.indices}
    remaining = tuple(other for other in bound if other is not index)
    parts = []
    for low, low_guards in lowers:
        for high, high_guards in uppers:
            # The formula gives 0 for an empty range as well, where high = low - 1.
            guards = (*system.guards, *low_guards, *high_guards, high + low + 1)
            powers = {**rest, **_held(ring, System(system.equalities, guards))}
            total = _power_sum(ring, -low, high, degree)

            parts.append(ring.spread(powers, total, remaining))
    return ring.added(*parts)


def _held(ring: Ring, system: System) -> Powers:
    held: Powers = {ring.table.factor("delta", f, indices=f.indices): 1 for f in system.equalities}
    held |= {ring.table.factor("guard", f, indices=f.indices): 1 for f in system.guards}
    return held


def _tightest(ring: Ring, forms: list[Affine]) -> list[tuple[Affine, tuple[Affine, ...]]]:
    """Each form with the guards under which it is the smallest; the first of equal ones counts."""
    kept: list[Affine] = []
    for form in forms:
        if any(ring.context.always_nonnegative(form - other) for other in kept):
            continue
        kept = [other for other in kept if not ring.context.always_nonnegative(other - form)]
        kept.append(form)
    cases = []
    for k, form in enumerate(kept):
        before = tuple(other - form - 1 for other in kept[:k])
        after = tuple(other - form for other in kept[k + 1 :])
        cases.append((form, before + after))
    return cases


def _power_sum(ring: Ring, low: Affine, high: Affine, degree: int) -> Polynomial:
    """``sum of k^degree`` for ``k = low .. high``, by Faulhaber's formula."""
    upper = _faulhaber(ring, ring.affine(high + 1), degree)
    lower = _faulhaber(ring, ring.affine(low), degree)
    return ring.added(upper, ring.scaled(lower, -1))


def _faulhaber(ring: Ring, end: Polynomial, degree: int) -> Polynomial:
    """``sum of k^degree`` for ``0 <= k < end`` as a polynomial in the end."""
    result: Polynomial = {}
    binomial = Fraction(1)
    for j, bernoulli in enumerate(_bernoulli(degree)):
        coefficient = binomial * bernoulli / (degree + 1)
        result = ring.added(result, ring.scaled(ring.power(end, degree + 1 - j), coefficient))
        binomial = binomial * (degree + 1 - j) / (j + 1)
    return result


def _bernoulli(degree: int) -> list[Fraction]:
    """The Bernoulli numbers B_0 .. B_degree, with B_1 = -1/2."""
    numbers: list[Fraction] = []
    for m in range(degree + 1):
        total, binomial = Fraction(0), Fraction(1)
        for k in range(m):
            total += binomial * numbers[k]
            binomial = binomial * (m + 1 - k) / (k + 1)
        numbers.append(Fraction(1) if m == 0 else -total / (m + 1))
    return numbers
