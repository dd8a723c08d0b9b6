"""Systems of affine equalities and guards over indices: solved, reduced, refuted, put in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import gcd

from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.sizes import ZERO, Monomial, Size

UNITS = (Size.of(1), Size.of(-1))


class Contradiction(Exception):
    """No values of the indices satisfy the system: the product that holds it is 0."""


@dataclass(frozen=True)
class System:
    """``form = 0`` for every equality and ``form >= 0`` for every guard."""

    equalities: tuple[Affine, ...] = ()
    guards: tuple[Affine, ...] = ()

    @property
    def forms(self) -> tuple[Affine, ...]:
        """All forms of the system."""
        return self.equalities + self.guards


def reduced(system: System, context: Context) -> System:
    """The system in canonical order: no true, implied or repeated member.

    Raises:
        Contradiction: when a member can't hold.
    """
    found = _reduced(system, context)
    if found is None:
        raise Contradiction
    return found


@lru_cache(maxsize=20_000)
def _reduced(system: System, context: Context) -> System | None:
    """Remembered, because the same deltas and guards come by in product after product."""
    try:
        return _in_order(system, context)
    except Contradiction:
        return None


def _in_order(system: System, context: Context) -> System:
    equalities = _echelon(tuple(_live_equalities(system.equalities, context)), context)
    guards = [_without_pivots(guard, equalities) for guard in system.guards]
    promoted, guards = _promoted(guards, equalities, context)
    if promoted:
        return _in_order(System(equalities + promoted, tuple(guards)), context)
    return System(equalities, _irredundant(guards, equalities, context))


def _live_equalities(forms: Iterable[Affine], context: Context) -> Iterable[Affine]:
    for form in forms:
        live = _live(form, context)
        if live is None:
            raise Contradiction
        yield from live


@lru_cache(maxsize=20_000)
def _live(form: Affine, context: Context) -> tuple[Affine, ...] | None:
    """What an equality says: nothing if it is always true, None if it can't hold."""
    if not form.constant and not form.coefficients:
        return ()
    if context.always_negative(form) or context.always_negative(-form):
        return None
    if all(index.size == 1 for index in form.indices) and not form.constant:
        return ()
    content = _content(form)
    if content > 1 and _integer(form.constant) % content:
        return None
    return tuple(map(primitive, _digits(form, context)))


def _digits(form: Affine, context: Context) -> tuple[Affine, ...]:
    """``C h + r = 0`` as ``h = 0`` and ``r = 0``, where ``r`` lies between ``-C`` and ``C``.

    So the number that a group and a channel in it make tells both.
    """
    for radix in dict.fromkeys(size for _, size in form.coefficients if size.constant is None):
        ratios = [(index, size, _ratio(size, radix)) for index, size in form.coefficients]
        high = {index: ratio for index, _, ratio in ratios if ratio is not None}
        low = Affine(form.constant, {index: size for index, size, r in ratios if r is None})
        small = all(context.always_nonnegative(radix - 1 + side) for side in (low, -low))
        if context.is_positive(radix) and small:
            both = (Affine(ZERO, high), low)
            return both if low.coefficients or low.constant else both[:1]
    return (form,)


def _integer(size: Size) -> int:
    """The constant coefficient of a size."""
    return dict(size.coefficients).get((), 0)


def _content(form: Affine) -> int:
    """The common divisor of all coefficients, those of named sizes in the constant included."""
    numbers = [c for _, size in form.coefficients for _, c in size]
    numbers += [c for monomial, c in form.constant if monomial]
    return gcd(*numbers) if numbers else 0


def divided(form: Affine, divisor: int) -> Affine:
    """A form divided by an integer that divides all its coefficients; the constant is floored."""
    return Affine(
        _divided(form.constant, divisor),
        {i: _divided(c, divisor) for i, c in form.coefficients},
    )


def _divided(size: Size, divisor: int) -> Size:
    return Size({m: c // divisor for m, c in size})


def primitive(form: Affine) -> Affine:
    """An equality without common divisor, its first coefficient positive."""
    divisor = _content(form)
    if divisor > 1 and _integer(form.constant) % divisor == 0:
        form = divided(form, divisor)
    lead = form.coefficients[0][1] if form.coefficients else form.constant
    return -form if _leading(lead) < 0 else form


def _leading(size: Size) -> int:
    return size.coefficients[-1][1] if size.coefficients else 0


def tightened(form: Affine) -> Affine:
    """A guard over integers: ``[2k - 1 >= 0] = [k - 1 >= 0]``."""
    divisor = _content(form)
    return divided(form, divisor) if divisor > 1 else form


def _echelon(rows: tuple[Affine, ...], context: Context) -> tuple[Affine, ...]:
    """Reduced row echelon form, later indices eliminated first, without dividing by sizes."""
    todo, done = list(dict.fromkeys(rows)), list[Affine]()
    order = sorted({i for row in rows for i in row.indices}, key=lambda i: -i.serial)
    for index in order:
        pivot = _pivot(todo, index, context)
        if pivot is None:
            continue
        todo.remove(pivot)
        todo = _eliminated(todo, pivot, index)
        # A row that gives an index by itself is worth more than one without another index.
        unit = pivot.coefficient(index) in UNITS
        done = [*(_eliminated(done, pivot, index) if unit else done), pivot]
    # Rows that each can hold may leave one that can't: u = 2 w and w = 1 where u < 2.
    live = _live_equalities([*done, *todo], context)
    return tuple(sorted(dict.fromkeys(live), key=_form_key))


def _pivot(rows: Sequence[Affine], index: Index, context: Context) -> Affine | None:
    """A row in which the index has coefficient 1 or -1, else one that is known not to be 0."""
    found = [row for row in rows if row.coefficient(index)]
    units = [row for row in found if row.coefficient(index) in UNITS]
    others = [row for row in found if context.is_nonzero(row.coefficient(index))]
    return next(iter(sorted(units, key=_form_key) or sorted(others, key=_form_key)), None)


def _eliminated(rows: Iterable[Affine], pivot: Affine, index: Index) -> list[Affine]:
    lead = pivot.coefficient(index)
    return [
        primitive(row * lead - pivot * row.coefficient(index)) if row.coefficient(index) else row
        for row in rows
    ]


def _form_key(form: Affine) -> tuple[object, ...]:
    return (tuple((i.serial, c) for i, c in form.coefficients), form.constant)


def _without_pivots(guard: Affine, equalities: Iterable[Affine]) -> Affine:
    """A guard with the index that each equality determines replaced."""
    for row in equalities:
        index = _determined(row)
        if index is not None and guard.coefficient(index):
            guard = guard - row * (guard.coefficient(index) * row.coefficient(index))
    return tightened(guard)


def _determined(row: Affine) -> Index | None:
    """The last index with coefficient 1 or -1."""
    units = [i for i, c in row.coefficients if c in UNITS]
    return units[-1] if units else None


def _promoted(
    guards: Iterable[Affine], equalities: Sequence[Affine], context: Context
) -> tuple[tuple[Affine, ...], list[Affine]]:
    """Guards that can hold only with equality, and the others."""
    promoted, kept = list[Affine](), list[Affine]()
    for guard in guards:
        equal = guard.coefficients and context.always_nonnegative(-guard)
        (promoted if equal else kept).append(guard)
    pairs = {form for form in kept if -form in kept and form.coefficients}
    both = tuple(primitive(form) for form in kept if form in pairs)
    rest = [form for form in kept if form not in pairs]
    return tuple(dict.fromkeys((*promoted, *both))), rest


def _irredundant(
    guards: Sequence[Affine], equalities: Sequence[Affine], context: Context
) -> tuple[Affine, ...]:
    kept = sorted(dict.fromkeys(guards), key=_form_key)
    for guard in tuple(kept):
        others = [other for other in kept if other is not guard]
        if _implied(guard, others, equalities, context):
            kept.remove(guard)
        elif _implied(-guard - 1, others, equalities, context):
            raise Contradiction
    return tuple(kept)


def is_implied(form: Affine, system: System, context: Context) -> bool:
    """Whether ``form >= 0`` wherever a system holds."""
    equalities = system.equalities
    return _implied(form, system.guards, equalities, context) or _is_told(form, equalities, context)


def _implied(
    form: Affine, guards: Sequence[Affine], equalities: Sequence[Affine], context: Context
) -> bool:
    """Whether ``form >= 0`` follows from the ranges, one or two guards, and the equalities."""
    variants = [form, *(form + row * k for row in equalities for k in _multiples(form, row))]
    for variant in variants:
        if context.always_nonnegative(variant):
            return True
        if any(context.always_nonnegative(variant - guard) for guard in guards):
            return True
    pairs = ((one, two) for k, one in enumerate(guards) for two in guards[k + 1 :])
    if any(context.always_nonnegative(form - one - two) for one, two in pairs):
        return True
    return not form.coefficients and _is_told(form, equalities, context)


def _is_told(form: Affine, equalities: Sequence[Affine], context: Context) -> bool:
    """Whether the range of an index in an equality tells it: j = 1 of L tells L >= 2."""
    limits = [limit for i in _fixed(equalities) for limit in (i.size - 1 - Affine.of(i), i)]
    return any(
        context.always_nonnegative(form - limit + row * k)
        for limit in map(Affine.of, limits)
        for row in equalities
        for k in _multiples(form - limit, row)
    )


def _fixed(equalities: Sequence[Affine]) -> tuple[Index, ...]:
    """Indices that occur in equalities."""
    return tuple(dict.fromkeys(i for row in equalities for i in row.indices))


def _multiples(form: Affine, row: Affine) -> Iterable[Size]:
    """Factors by which an equality removes one of its indices from a form."""
    factors: dict[Size, None] = {}
    if not row.coefficients:  # a relation of sizes, n = 1, goes either way
        return UNITS
    for index, coefficient in row.coefficients:
        own = form.coefficient(index)
        if own and coefficient in UNITS:
            factors.setdefault(-own * coefficient)
        elif own and (ratio := _ratio(own, coefficient)) is not None:
            factors.setdefault(-ratio)
    return factors


def _ratio(size: Size, divisor: Size) -> Size | None:
    """An exact quotient by a monomial, if there is one."""
    if len(divisor.coefficients) != 1:
        return None
    ((own, number),) = divisor.coefficients
    quotient: dict[Monomial, int] = {}
    for monomial, c in size:
        powers = dict(monomial)
        for name, power in own:
            powers[name] = powers.get(name, 0) - power
        if c % number or any(power < 0 for power in powers.values()):
            return None
        quotient[tuple((n, p) for n, p in sorted(powers.items()) if p)] = c // number
    return Size(quotient)


def _combined(equalities: Sequence[Affine]) -> list[Affine]:
    """Differences and sums of two equalities."""
    pairs = [(a, b) for k, a in enumerate(equalities) for b in equalities[k + 1 :]]
    return [a - b for a, b in pairs] + [a + b for a, b in pairs]


def equal_pairs(equalities: Sequence[Affine]) -> Iterator[tuple[Index, Index]]:
    """Pairs of indices that the equalities force to be equal."""
    for form in (*equalities, *map(primitive, _combined(equalities))):
        if form.constant or len(form.coefficients) != 2:
            continue
        (i, c), (j, d) = form.coefficients
        if not c + d and c in UNITS:
            yield i, j


def solved(equalities: Sequence[Affine], index: Index) -> Affine | None:
    """The value of an index from an equality in which it has coefficient 1 or -1.

    Two equalities together may give it too: ``2 w = m`` and ``2 j = m``.
    """
    for form in (*equalities, *map(primitive, _combined(equalities))):
        coefficient = form.coefficient(index)
        if coefficient in UNITS:
            return Affine.of(index) - form * coefficient
    return None
