"""Entries at affine positions: whole axes, fixed places, diagonals, and what must be gathered."""

from __future__ import annotations

from collections.abc import Sequence

from derive.codegen.forms import form_mask, integers
from derive.codegen.graph import Graph
from derive.codegen.planning import Planner
from derive.codegen.values import Value, arranged, combined, union
from derive.codegen.windows import loop_value
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At


def entry_value(planner: Planner, entry: At, hint: Sequence[Index] = ()) -> Value:
    """The array of an entry, over the indices in its slots."""
    own, whole = planner.tensor(entry.tensor)
    plain = [_whole(slot, axis) for slot, axis in zip(entry.slots, own, strict=True)]
    if None not in plain and len(set(plain)) == len(plain):
        if entry.tensor.is_symmetric and _is_turned(plain, hint):
            plain[-2:] = plain[:-3:-1]
        return whole.renamed(dict(zip(own, plain, strict=True)))  # type: ignore[arg-type]
    if all(_is_easy(slot, axis) for slot, axis in zip(entry.slots, own, strict=True)):
        return _picked(planner, entry, own, whole)
    sliding = loop_value(planner, [entry], (), ())
    return sliding or _gathered(planner, entry, own, whole)


def _is_turned(plain: Sequence[Index | None], hint: Sequence[Index]) -> bool:
    """Whether the last two indices are wanted in the other order."""
    first, second = plain[-2:]
    return first in hint and second in hint and hint.index(second) < hint.index(first)


def _whole(slot: Affine, axis: Index) -> Index | None:
    """The index that runs over a whole axis."""
    return slot.plain if slot.plain is not None and slot.plain.size == axis.size else None


def _fixed(slot: Affine, axis: Index) -> int | None:
    """The place of a slot that is a number in range."""
    place, size = slot.constant.constant, axis.size.constant
    if slot.coefficients or place is None or place < 0:
        return None
    return place if place == 0 or (size is not None and place < size) else None


def _is_easy(slot: Affine, axis: Index) -> bool:
    return _whole(slot, axis) is not None or _fixed(slot, axis) is not None


def _picked(planner: Planner, entry: At, own: tuple[Index, ...], whole: Value) -> Value:
    """Fixed places taken out, then diagonals."""
    graph = planner.graph
    places = {
        axis: place
        for slot, axis in zip(entry.slots, own, strict=True)
        if (place := _fixed(slot, axis)) is not None and _whole(slot, axis) is None
    }
    node, axes = whole.node, whole.axes
    if places:
        pattern = tuple(places.get(axis) for axis in axes)
        axes = tuple(axis for axis in axes if axis not in places)
        shape = tuple(axis.size for axis in axes)
        node = graph.made("take", (node,), (pattern,), shape, node.kind)
    names = {axis: _whole(slot, axis) for slot, axis in zip(entry.slots, own, strict=True)}
    return diagonals(graph, Value(node, tuple(names[axis] for axis in axes)))  # type: ignore[misc]


def diagonals(graph: Graph, value: Value) -> Value:
    """Axes of the same index taken together; the new one comes last."""
    axes = value.axes
    twice = next((index for index in axes if axes.count(index) > 1), None)
    if twice is None:
        return value
    first = axes.index(twice)
    second = axes.index(twice, first + 1)
    rest = tuple(index for k, index in enumerate(axes) if k not in (first, second))
    order = (*rest, twice)
    shape = tuple(index.size for index in order)
    node = graph.made("diagonal", (value.node,), (first, second), shape, value.node.kind)
    return diagonals(graph, Value(node, order))


def _gathered(planner: Planner, entry: At, own: tuple[Index, ...], whole: Value) -> Value:
    """Entries wherever the slots point; 0 where they point out of range."""
    graph = planner.graph
    places = [_place(planner, slot, axis) for slot, axis in zip(entry.slots, own, strict=True)]
    order = union([place for place, _ in places])
    indexes = [arranged(graph, place, order) for place, _ in places]
    shape = tuple(index.size for index in order)
    base = arranged(graph, whole, own)
    node = graph.made("gather", (base, *indexes), (), shape, base.kind)
    value = Value(node, order)
    masks = [mask for _, found in places for mask in found]
    return Value(masked(graph, value, masks).node, order)


def _place(planner: Planner, slot: Affine, axis: Index) -> tuple[Value, list[Value]]:
    """Where a slot points, kept in range, and where it is in range."""
    graph, place = planner.graph, integers(planner.graph, slot)
    if planner.context.in_range(slot, axis.size):
        return place, []
    last = graph.size(axis.size - 1)
    node = graph.made("clip", (place.node, last), (), place.node.shape, "integer")
    masks = [form_mask(planner.graph, "nonnegative", slot)]
    masks.append(form_mask(planner.graph, "nonnegative", axis.size - 1 - slot))
    return Value(node, place.axes), masks


def masked(graph: Graph, value: Value, masks: Sequence[Value]) -> Value:
    """A value where all masks hold, else 0."""
    if not masks:
        return value
    mask = masks[0]
    for other in masks[1:]:
        mask = combined(graph, "both", mask, other, value.axes)
    node = arranged(graph, mask, value.axes)
    return Value(graph.where(node, graph.real(value.node)), value.axes)
