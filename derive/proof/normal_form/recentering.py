"""A sum over an index at which functions read entries runs over the places that they read.

``sum_j exp(x[n - 1 - j])`` is ``sum_u exp(x[u])``, and ``sum_{j < m} exp(x[j])`` with m <= n is
``sum_{u < n} [u < m] exp(x[u])``: inside a function a place cannot be solved for, so the first
entry that is read there says what the index is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from derive.proof.normal_form.constraints import solved
from derive.proof.normal_form.factors import Exponent, Factor, Polynomial, Product
from derive.proof.normal_form.heads import Head
from derive.terms.indices import Affine, Index
from derive.terms.sizes import Size

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]
LARGEST_OVERHANG = 3
MOST_TIMES = 3  # an index may be recentred: two readings may exclude each other for ever
# The head and the axis of an entry; the slot and the equality that fixes it, or nothing.
Reading = tuple[int, int, tuple[Index, Affine] | None]


def recentred(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial | None:
    """The sum over the places read, for the first index that is not one already."""
    for index in bound:
        if ring.recentred.get(index, 0) >= MOST_TIMES:
            continue
        outer = [f for f in powers if f.kind == "entry" and index in f.indices]
        readings = _readings(tuple(outer or powers), index)
        # Of two readings of one axis that exclude each other, i and n - 1 - i, one is enough.
        found = min(readings, key=lambda r: (r[:2], r[2] is not None), default=None)
        if found is None or found[2] is None:
            continue
        slot, form = found[2]
        place = solved((form,), slot)
        # An entry out of range makes its product 0; inside a function it makes f(0).
        if not outer and place is not None:
            ends = _overhang(ring, place, index, slot)
            if ends is not None and 0 < sum(ends) <= LARGEST_OVERHANG:
                return _cut_off(ring, powers, bound, index, ends)
        if place is not None and (outer or _within(ring, powers, place, slot.size)):
            return _over_places(ring, powers, bound, index, slot, form)
    return None


def _within(ring: Ring, powers: Powers, place: Affine, size: Size) -> bool:
    """Whether a place is on an axis, for all indices at which the guards hold."""
    guards = [f.data[0] for f in powers if f.kind == "guard"]
    return all(
        any(map(ring.context.always_nonnegative, [limit, *(limit - guard for guard in guards)]))
        for limit in (place, size - 1 - place)
    )


def _overhang(ring: Ring, place: Affine, index: Index, slot: Index) -> tuple[int, int] | None:
    """How many first and last values of an index read beyond the axis; None if that is open."""
    if len(place.coefficients) != 1:
        return None
    first, last = place.constant, slot.size - 1 - place.constant
    if place.coefficient(index) == -1:
        first, last = last, first
    ends = []
    for over in (-first, index.size - 1 - last):
        number = over.constant
        if number is None and not ring.context.is_nonnegative(-over):
            return None
        ends.append(max(number or 0, 0))
    shorter = index.size - ends[0] - ends[1]
    return (ends[0], ends[1]) if ring.context.is_nonnegative(shorter) else None


def _cut_off(
    ring: Ring, powers: Powers, bound: tuple[Index, ...], index: Index, ends: tuple[int, int]
) -> Polynomial:
    """The sum over the values that read the axis, and the others one by one."""

    before, after = ends
    shorter = Index(index.name, index.size - before - after)
    others = tuple(other for other in bound if other is not index)
    values = [shorter + before, *(Affine.of(k) for k in range(before))]
    values += [Affine.of(index.size) - 1 - k for k in range(after)]
    parts = []
    for value in values:
        own, rest = ring.renamed_powers(powers.items(), {index: value})
        kept = (*others, shorter) if value.coefficients else others
        parts.append(ring.spread(own, ring.multiplied_all(rest), kept))
    return ring.added(*parts)


def _over_places(
    ring: Ring,
    powers: Powers,
    bound: tuple[Index, ...],
    index: Index,
    slot: Index,
    form: Affine,
) -> Polynomial:

    place = Index(index.name, slot.size)
    ring.recentred[place] = ring.recentred.get(index, 0) + 1
    value = solved((form.substituted({slot: Affine.of(place)}),), index)
    assert value is not None
    own, rest = ring.renamed_powers(powers.items(), {index: value})
    for limit in (value, Affine.of(index.size) - 1 - value):
        own[ring.table.factor("guard", limit, indices=limit.indices)] = 1
    others = tuple(other for other in bound if other is not index)
    return ring.spread(own, ring.multiplied_all(rest), (*others, place))


def _readings(part: Any, index: Index) -> Iterator[Reading]:
    """The entries inside factors whose slots are the index or are fixed by it."""
    if isinstance(part, tuple):
        for each in part:
            yield from _readings(each, index)
    elif isinstance(part, Product):
        for factor, _ in part.factors:
            yield from _readings(factor, index)
    elif isinstance(part, Factor) and index in part.indices:
        if part.kind == "entry":
            yield from _of_entry(part, index, (), ())
        if part.kind == "sum":
            yield from _of_sum(part, index)
        elif part.kind not in ("entry", "opaque"):
            yield from _readings(part.data, index)


def _of_sum(factor: Factor, index: Index) -> Iterator[Reading]:
    names, product = factor.data
    equalities = tuple(f.data[0] for f, _ in product.factors if f.kind == "delta")
    for inner, _ in product.factors:
        if inner.kind == "entry":
            yield from _of_entry(inner, index, names, equalities)
        else:
            yield from _readings(inner, index)


def _of_entry(
    factor: Factor, index: Index, names: tuple[Index, ...], equalities: tuple[Affine, ...]
) -> Iterator[Reading]:
    head, slots = factor.data
    for axis, slot in enumerate(slots):
        if slot is index:
            yield (head.id, axis, _widened(head, axis, index))
        elif slot in names:
            for form in equalities:
                if _links(form, slot, index, names):
                    yield (head.id, axis, (slot, form))


def _widened(head: Head, axis: int, index: Index) -> tuple[Index, Affine] | None:
    """The whole axis, where the index runs over a part of it only."""
    size = head.size(axis)
    if size == index.size:
        return None
    place = Index(index.name, size)
    return place, place - index


def _links(form: Affine, slot: Index, index: Index, names: tuple[Index, ...]) -> bool:
    """Whether an equality gives a slot and an index by each other."""
    units = form.coefficient(slot) in (1, -1) and form.coefficient(index) in (1, -1)
    return units and not any(other in names for other in form.indices if other is not slot)
