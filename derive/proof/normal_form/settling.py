"""One product of powers, summed over bound indices, brought to normal form.

Deltas identify slots and remove other indices, guards are reduced or counted, sums inside a sum
are opened, denominators meet what they cancel, facts contract, and what is left falls into
connected parts whose indices get canonical names. A slot never receives an affine form.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from derive.proof.normal_form import (
    cancellation,
    carried,
    comparisons,
    contraction,
    counting,
    indicators,
    naming,
    recentering,
    selection,
)
from derive.proof.normal_form.constraints import (
    Contradiction,
    System,
    equal_pairs,
    reduced,
    solved,
)
from derive.proof.normal_form.factors import (
    LAZY,
    Exponent,
    Factor,
    Number,
    Polynomial,
    Undecided,
    as_exponent,
    denominator,
    exponent_sum,
    merged,
    union,
)
from derive.terms.indices import Affine, Index
from derive.terms.sizes import Size

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]
# A step finds the result, or other powers and indices to go on with, or nothing to do.
Step = Polynomial | tuple[Powers, tuple[Index, ...]] | None


def settled(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial:
    """The normal form of a product of powers, summed over bound indices."""
    gone = [f for f, e in powers.items() if e == 0 and f.kind == "sum"]
    powers = {f: e for f, e in powers.items() if e != 0} | selection.ranges(ring, gone)
    for step in (_written_out, _idempotent, _expanded, _opened, _constrained):
        result = step(ring, powers, bound)
        if isinstance(result, tuple):
            powers, bound = result
        elif result is not None:
            return result
    for rule in RULES:
        result = rule(ring, powers, bound)
        if result is not None:
            return result
    return _parts(ring, powers, bound)


def _absorbed(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial | None:
    """A power joins the sum with symbolic powers of its base: ``b sum b^k = sum b^(k+1)``."""
    for factor, exponent in powers.items():
        if factor.kind != "sum" or exponent != 1:
            continue
        inner = {f for f, e in factor.data[1].factors if isinstance(e, Affine)}
        joining = {f: e for f, e in powers.items() if f in inner}
        if joining:
            rest = {f: e for f, e in powers.items() if f is not factor and f not in joining}
            names, own, others = ring.opened(factor)
            together = merged(own.items(), joining.items())
            total = ring.spread(together, ring.multiplied_all(others), names)
            return ring.spread(rest, total, bound)
    return None


RULES = (
    _absorbed,
    contraction.contracted,
    recentering.recentred,
    selection.selected,
    cancellation.cancelled,
    comparisons.compared,
    indicators.split,
    indicators.symmetrised,
)


def _written_out(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Step:
    """A sum over an axis of literal size whose places the statement names one by one."""
    for index in bound:
        size = index.size.constant
        if size is None or size not in ring.written_out:
            continue
        rest = tuple(other for other in bound if other is not index)
        parts = []
        for place in range(size):
            own, others = ring.renamed_powers(powers.items(), {index: Affine.of(place)})
            parts.append(ring.spread(own, ring.multiplied_all(others), rest))
        return ring.added(*parts)
    return None


def _idempotent(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Step:
    """Indicators are their own powers; they can't divide."""
    for factor, exponent in powers.items():
        if factor.kind in LAZY and exponent != 1:
            if not isinstance(exponent, int) or exponent < 0:
                raise Undecided("an indicator in a denominator")
            powers[factor] = 1
    return None


def _expanded(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Step:
    """Whole powers of sums of several terms are multiplied out; sin^2 = 1 - cos^2; r^2 = |r|^2."""
    for factor, exponent in powers.items():
        if factor.kind not in ("base", "apply", "number"):
            continue
        rest = {f: e for f, e in powers.items() if f is not factor}
        if factor.kind == "base" and not isinstance(exponent, Affine):
            whole = floor(exponent) if len(factor.data[0]) > 1 else 0
            if whole >= 1:
                rest[factor] = exponent - whole
                poly = ring.power(dict(factor.data[0]), whole)
                return ring.spread(rest, poly, bound)
            if len(factor.data[0]) == 1 and exponent == floor(exponent):
                return ring.spread(rest, ring.power(dict(factor.data[0]), int(exponent)), bound)
        if factor.kind == "apply" and factor.data[0] == "sin" and _at_least(exponent, 2):
            cosine = ring.table.factor(
                "apply", "cos", *factor.data[1:], indices=factor.indices, height=factor.height
            )
            square = ring.added(ring.unit, ring.scaled(ring.of(cosine, 2), -1))
            return ring.spread({**rest, factor: exponent - 2}, square, bound)
        if factor.kind == "number":
            if factor.data[0] == -1 and (even := _parity(exponent)) != exponent:
                return ring.settled({**rest, factor: even}, bound)
            whole = _whole_part(exponent)
            if whole:
                return ring.spread(
                    {**rest, factor: exponent - whole},
                    ring.number(_rational(factor.data[0], whole)),
                    bound,
                )
    return None


def _parity(exponent: Exponent) -> Exponent:
    """An exponent of -1 modulo 2; sizes and indices are integers."""
    if not isinstance(exponent, Affine) or denominator(exponent) > 1:
        return exponent
    constant, pairs = exponent.constant, exponent.coefficients
    return as_exponent(Affine(_modulo_two(constant), {i: _modulo_two(c) for i, c in pairs}))


def _modulo_two(size: Size) -> Size:
    return Size({monomial: c % 2 for monomial, c in size})


def _at_least(exponent: Exponent, number: int) -> bool:
    return isinstance(exponent, int) and exponent >= number


def _whole_part(exponent: Exponent) -> int:
    """The number that an exponent is more than a fraction, or than a form without a constant."""
    if isinstance(exponent, Affine):
        return floor(sum(c for monomial, c in exponent.constant if not monomial))
    return floor(exponent)


def _rational(base: int, exponent: int) -> Number:
    return Fraction(base) ** exponent


def _opened(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Step:
    """Sums that depend on a bound index, under natural powers, become part of the outer sum."""
    inner = set(bound)
    changed = False
    result: Powers = {}
    rest: list[Polynomial] = []
    for factor, exponent in powers.items():
        if not (
            factor.kind == "sum"
            and isinstance(exponent, int)
            and exponent > 0
            and any(index in inner for index in factor.indices)
        ):
            result[factor] = exponent_sum(result.get(factor, 0), exponent)
            continue
        changed = True
        for _ in range(exponent):
            names, own, others = ring.opened(factor)
            bound = (*bound, *names)
            rest += others
            result = merged(result.items(), own.items())
    if not changed:
        return None
    if rest or any(f.kind in LAZY + ("base", "number") for f in result):
        return ring.spread(result, ring.multiplied_all(rest), bound)
    return {f: e for f, e in result.items() if e != 0}, bound


def _constrained(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Step:
    """Equalities and guards, solved and reduced."""
    others = {f: e for f, e in powers.items() if f.kind not in ("delta", "guard")}
    equalities = tuple(f.data[0] for f in powers if f.kind == "delta")
    guards = tuple(f.data[0] for f in powers if f.kind == "guard")
    slots = union(f.indices for f in others if f.kind != "count")
    free_of_slots = [index for index in bound if index not in slots]
    if not equalities and not guards and not free_of_slots:
        return None
    ring.worked(len(guards) ** 2)
    try:
        system = reduced(System(equalities, guards), ring.context)
    except Contradiction:
        return {}
    for index in free_of_slots:
        value = solved(system.equalities, index)
        if value is not None:
            return _substituted(ring, others, system, index, value, bound)
    pinned = _pinned(ring, others, system, slots, bound)
    if pinned is not None:
        return pinned
    for pair in equal_pairs(system.equalities):
        if not any(index in slots for index in pair):
            continue
        result = _identified(ring, others, system, pair, bound)
        if result is not None:
            return result
    found = carried.shortened(ring, others, system.equalities)
    if found is not None:
        factor, changed = found
        rest = [ring.power(changed, others.pop(factor))]
        return _with_system(ring, others, rest, system, bound)
    for index in free_of_slots:
        counted = counting.counted(ring, others, system, index, bound)
        if counted is not None:
            return counted
    held = {ring.table.factor("delta", f, indices=f.indices): 1 for f in system.equalities}
    held |= {ring.table.factor("guard", f, indices=f.indices): 1 for f in system.guards}
    return {**others, **held}, bound


def _substituted(
    ring: Ring,
    others: Powers,
    system: System,
    index: Index,
    value: Affine,
    bound: tuple[Index, ...],
) -> Polynomial:
    """An index that is in no slot, replaced by its value, which must lie in its range."""
    values = {index: value}
    powers, rest = ring.renamed_powers(others.items(), values)
    equalities = tuple(form.substituted(values) for form in system.equalities)
    limits = (value, Affine.of(index.size) - 1 - value)
    guards = tuple(form.substituted(values) for form in system.guards) + limits
    remaining = tuple(other for other in bound if other is not index)
    return _with_system(ring, powers, rest, System(equalities, guards), remaining)


def _pinned(
    ring: Ring, others: Powers, system: System, slots: tuple[Index, ...], bound: tuple[Index, ...]
) -> Polynomial | None:
    """A slot that an equality fixes at a place in its range is read there."""
    for form in system.equalities:
        if len(form.coefficients) != 1 or form.indices[0] not in slots:
            continue
        index = form.indices[0]
        value = solved((form,), index)
        if value is None or not ring.context.in_range(value, index.size):
            continue
        values = {index: value}
        powers, rest = ring.renamed_powers(others.items(), values)
        equalities = tuple(each.substituted(values) for each in system.equalities)
        guards = tuple(each.substituted(values) for each in system.guards)
        if index not in bound:
            equalities = (*equalities, form)
        remaining = tuple(other for other in bound if other is not index)
        return _with_system(ring, powers, rest, System(equalities, guards), remaining)
    return None


def _identified(
    ring: Ring, others: Powers, system: System, pair: tuple[Index, Index], bound: tuple[Index, ...]
) -> Polynomial | None:
    """Two equal slots become one; of two free ones the first stands for both."""
    old, new = _replaced(pair, bound, ring)
    values = {old: Affine.of(new)}
    both_free = old not in bound
    if both_free and not any(old in f.indices for f in others):
        return None
    powers, rest = ring.renamed_powers(others.items(), values)
    equalities = tuple(form.substituted(values) for form in system.equalities)
    guards = tuple(form.substituted(values) for form in system.guards)
    if both_free:
        equalities = (*equalities, Affine.of(new) - old)
    if old.size != new.size:
        guards = (*guards, Affine.of(old.size) - 1 - new)
    remaining = tuple(other for other in bound if other is not old)
    return _with_system(ring, powers, rest, System(equalities, guards), remaining)


def _replaced(
    pair: tuple[Index, Index], bound: tuple[Index, ...], ring: Ring
) -> tuple[Index, Index]:
    """The index to replace and the one that stays: free, or of the smaller range."""
    one, two = pair
    if (one in bound) != (two in bound):
        return (one, two) if one in bound else (two, one)
    if one.size != two.size:
        smaller_first = ring.context.is_nonnegative(two.size - one.size) or (
            not ring.context.is_nonnegative(one.size - two.size) and one.size < two.size
        )
        return (two, one) if smaller_first else (one, two)
    return (one, two) if one.serial > two.serial else (two, one)


def _with_system(
    ring: Ring, powers: Powers, rest: list[Polynomial], system: System, bound: tuple[Index, ...]
) -> Polynomial:
    for form in system.equalities:
        if form.coefficients or form.constant:
            powers[ring.table.factor("delta", form, indices=form.indices)] = 1
    for form in system.guards:
        powers[ring.table.factor("guard", form, indices=form.indices)] = 1
    return ring.spread(powers, ring.multiplied_all(rest), bound)


def _parts(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial:
    """The connected parts of a sum, each a factor with canonical index names."""
    if not bound:
        return {ring.table.product(powers): 1}
    groups, outside = naming.connected(powers, bound)
    for _, part in groups:
        for factor in [f for f, e in part.items() if isinstance(e, Affine) and f in outside]:
            part[factor] = exponent_sum(part[factor], outside.pop(factor))
    result: Polynomial = {ring.table.product(outside): 1}
    for indices, part in groups:
        result = ring.multiplied(result, naming.named_sum(ring, part, indices))
    return result
