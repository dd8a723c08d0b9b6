"""Nodes whose axes are named by indices, and the elementwise operations between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from derive.codegen.graph import Graph, Node
from derive.terms.indices import Index

Order: TypeAlias = "tuple[Index, ...]"


@dataclass(frozen=True)
class Value:
    """An array whose axes are the indices given."""

    node: Node
    axes: Order = ()

    def renamed(self, names: dict[Index, Index]) -> Value:
        """The same array with other names for its axes."""
        return Value(self.node, tuple(names.get(i, i) for i in self.axes))


def union(values: Iterable[Value], hint: Sequence[Index] = ()) -> Order:
    """The axes of several values: as hinted, else as in the one with most, then the others'."""
    values = list(values)
    found = dict.fromkeys(index for value in values for index in value.axes)
    if found and set(found) <= set(hint):
        return tuple(index for index in hint if index in found)
    if len(hint) == 2 and len(set(found) & set(hint)) == 1 and len(found) == 2:
        (known,) = set(found) & set(hint)
        (other,) = set(found) - {known}
        return (known, other) if known is hint[0] else (other, known)
    largest = max(values, key=lambda value: len(value.axes), default=Value(None))  # type: ignore[arg-type]
    if set(largest.axes) == set(found):
        return largest.axes
    return tuple(found)


def arranged(graph: Graph, value: Value, order: Sequence[Index]) -> Node:
    """The node with its axes in an order, those that it lacks left to broadcasting."""
    present = [index for index in order if index in value.axes]
    node = graph.transposed(value.node, [value.axes.index(index) for index in present])
    return graph.expanded(node, [index in value.axes for index in order])


def combined(
    graph: Graph, operation: str, left: Value, right: Value, hint: Sequence[Index] = ()
) -> Value:
    """An elementwise operation of two values."""
    order = union((left, right), hint)
    a, b = arranged(graph, left, order), arranged(graph, right, order)
    return Value(getattr(graph, operation)(a, b), order)


def summed(graph: Graph, value: Value, bound: Iterable[Index]) -> Value:
    """The sum along some axes."""
    chosen = [k for k, index in enumerate(value.axes) if index in set(bound)]
    rest = tuple(index for k, index in enumerate(value.axes) if k not in chosen)
    return Value(graph.reduced("sum", value.node, chosen), rest)
