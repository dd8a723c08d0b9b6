"""The arrays that tensors are: arguments, definitions, inverses, choices."""

from __future__ import annotations

from typing import Any

from derive.codegen.forms import form_mask
from derive.codegen.planning import Planner, Reading
from derive.codegen.sliding import has_window
from derive.codegen.values import Order, Value, arranged
from derive.codegen.windows import loop_value
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Mul, Sum, Term
from derive.terms.sizes import ONE
from derive.terms.structure import alpha_equal, substituted
from derive.terms.tensors import (
    Choice,
    Definition,
    Determinant,
    Inverse,
    LogDeterminant,
    Tensor,
)


def _argument(planner: Planner, tensor: Tensor, axes: Order) -> Value:
    return Value(planner.graph.argument(tensor.name, tensor.shape), axes)


def _definition(planner: Planner, tensor: Tensor, axes: Order) -> Value:
    origin = tensor.origin
    assert isinstance(origin, Definition)
    value = planner.real(origin.body)
    if set(value.axes) == set(origin.indices):
        return value.renamed(dict(zip(origin.indices, axes, strict=True)))
    node = arranged(planner.graph, value, origin.indices)
    return Value(planner.filled(node, tensor.shape), axes)


def _of_matrix(operation: str) -> Reading:
    def reading(planner: Planner, tensor: Tensor, axes: Order) -> Value:
        order, whole = planner.tensor(tensor.origin.matrix)  # type: ignore[union-attr]
        node = arranged(planner.graph, whole, order)
        return Value(planner.graph.made(operation, (node,), (), tensor.shape), axes)

    return reading


# --------------------------------------------------------------------------------------------
# Choices and maxima


def _choice(planner: Planner, tensor: Tensor, axes: Order) -> Value:
    """The first of the largest entries, as a mask."""
    origin, graph = tensor.origin, planner.graph
    assert isinstance(origin, Choice)
    value = _candidates(planner, origin)
    names = dict(zip((*origin.outer, *origin.chosen), axes, strict=True))
    if len(origin.chosen) > 1:
        return _first_of_many(planner, origin, value, axes)
    (index,) = origin.chosen
    outer = tuple(i for i in value.axes if i is not index)
    place = value.axes.index(index)
    shape = tuple(i.size for i in outer)
    best = graph.made("argmax", (value.node,), ((place,),), shape, "integer")
    line = graph.made("arange", (), (index.size,), (index.size,), "integer")
    parts = [arranged(graph, v, value.axes) for v in (Value(best, outer), Value(line, (index,)))]
    shape = tuple(i.size for i in value.axes)
    return Value(graph.made("equal", parts, (), shape, "mask"), value.axes).renamed(names)


def _first_of_many(planner: Planner, origin: Choice, value: Value, axes: Order) -> Value:
    """The choice along several axes, flattened to one in row-major order."""
    graph = planner.graph
    whole = arranged(graph, value, (*origin.outer, *origin.chosen))
    length = ONE
    for index in origin.chosen:
        length = length * index.size
    outer = tuple(index.size for index in origin.outer)
    flat = graph.made("reshape", (whole,), (), (*outer, length))
    best = graph.made("argmax", (flat,), ((len(outer),),), outer, "integer")
    line = graph.made("arange", (), (length,), (length,), "integer")
    column = graph.expanded(best, [True] * len(outer) + [False])
    mask = graph.made("equal", (column, line), (), (*outer, length), "mask")
    shape = tuple(axis.size for axis in axes)
    return Value(graph.made("reshape", (mask,), (), shape, "mask"), axes)


def _candidates(planner: Planner, origin: Choice) -> Value:
    """What the largest is chosen from; minus infinity where that is not allowed."""
    graph = planner.graph
    inside = _within(planner, origin)
    if inside is not None:
        return inside
    value = planner.real(origin.body)
    for form in origin.allowed:
        lowest = Value(graph.made("infinity"))
        mask = form_mask(planner.graph, "nonnegative", form)
        order = (*origin.outer, *origin.chosen)
        nodes = [arranged(graph, v, order) for v in (mask, value, lowest)]
        value = Value(graph.where(*nodes), order)
    order = (*origin.outer, *origin.chosen)
    if set(value.axes) != set(order):
        shape = tuple(index.size for index in order)
        return Value(planner.filled(arranged(graph, value, order), shape), order)
    return value


def _within(planner: Planner, origin: Choice) -> Value | None:
    """Entries of a window; where they are not allowed is just where the window is cut."""
    body = origin.body
    if not isinstance(body, At) or not has_window(body):
        return None
    sides = zip(body.slots, body.tensor.shape, strict=True)
    limits = [limit for slot, size in sides for limit in (slot, size - 1 - slot)]
    order = (*origin.outer, *origin.chosen)
    is_cut = any(not planner.context.always_nonnegative(limit) for limit in limits)
    if is_cut and not all(form in limits for form in origin.allowed):
        return None
    return loop_value(planner, [body], (), order, None if origin.allowed else 0)


def maximum(planner: Planner, term: Term) -> Value | None:
    """The sum of entries weighted by their own choice as a maximum, None for any other term."""
    bound: list[Index] = []
    while isinstance(term, Sum):
        bound.append(term.index)
        term = term.body
    if not bound or not isinstance(term, Mul):
        return None
    for weight in term.parts:
        if isinstance(weight, At) and isinstance(weight.tensor.origin, Choice):
            rest = Mul([part for part in term.parts if part is not weight])
            return _maximum(planner, weight, rest, tuple(bound))
    return None


def _maximum(planner: Planner, weight: At, rest: Mul, bound: Order) -> Value | None:
    origin = weight.tensor.origin
    assert isinstance(origin, Choice)
    plain = tuple(slot.plain for slot in weight.slots)
    if set(plain[len(origin.outer) :]) != set(bound) or None in plain:
        return None
    names = dict(zip((*origin.outer, *origin.chosen), plain, strict=True))
    values = {old: Affine.of(new) for old, new in names.items() if new is not None}
    body = substituted(origin.body, values)
    if not alpha_equal(body, rest.parts[0] if len(rest.parts) == 1 else rest):
        return None
    value = _candidates(planner, origin).renamed(names)  # type: ignore[arg-type]
    chosen = [k for k, index in enumerate(value.axes) if index in bound]
    node = planner.graph.reduced("max", value.node, chosen)
    return Value(node, tuple(index for index in value.axes if index not in bound))


ORIGINS: dict[type[Any], Reading] = {
    type(None): _argument,
    Definition: _definition,
    Inverse: _of_matrix("inverse"),
    Determinant: _of_matrix("determinant"),
    LogDeterminant: _of_matrix("logdet"),
    Choice: _choice,
}
