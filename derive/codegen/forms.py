"""Affine forms as arrays: their integers, and where they are 0 or not negative."""

from __future__ import annotations

from derive.codegen.graph import Graph, Node, broadcast
from derive.codegen.values import Value, arranged, union
from derive.terms.indices import Affine
from derive.terms.sizes import Size


def integers(graph: Graph, form: Affine) -> Value:
    """The integers that an affine form takes over its indices."""
    total: Value | None = None
    for index, coefficient in form.coefficients:
        line = graph.made("arange", (), (index.size,), (index.size,), "integer")
        part = Value(_scaled(graph, line, coefficient), (index,))
        total = part if total is None else _plus(graph, total, part)
    if total is None:
        return Value(graph.size(form.constant))
    if form.constant:
        total = _plus(graph, total, Value(graph.size(form.constant)))
    return total


def _scaled(graph: Graph, line: Node, coefficient: Size) -> Node:
    if coefficient == 1:
        return line
    if coefficient == -1:
        return graph.made("negative", (line,), (), line.shape, "integer")
    return graph.made("multiply", (graph.size(coefficient), line), (), line.shape, "integer")


def _plus(graph: Graph, left: Value, right: Value) -> Value:
    order = union((left, right))
    a, b = arranged(graph, left, order), arranged(graph, right, order)
    return Value(graph.made("add", (a, b), (), broadcast(a.shape, b.shape), "integer"), order)


def form_numbers(graph: Graph, form: Affine) -> Value:
    """An affine form as floating-point numbers."""
    value = integers(graph, form)
    return Value(graph.real(value.node), value.axes)


def form_mask(graph: Graph, operation: str, form: Affine) -> Value:
    """Where an affine form is 0, or is not negative."""
    value = integers(graph, form)
    node = graph.made(operation, (value.node,), (), value.node.shape, "mask")
    return Value(node, value.axes)
