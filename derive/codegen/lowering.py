"""Functions that not every backend has, made from those that all have; none of them overflows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from derive.codegen.graph import Graph, Node, Shape


class Functions:
    """The functions of a backend: its own, or made from others."""

    def __init__(self, graph: Graph, own: Collection[str]) -> None:
        self.graph = graph
        self.own = own

    def applied(self, name: str, *operands: Node) -> Node:
        """An elementwise function."""
        if name in self.own or name not in LOWERED:
            return self.graph.function(name, *operands)
        return LOWERED[name](self.graph, *operands)

    def along(self, name: str, node: Node, axes: Sequence[int]) -> Node:
        """``softmax`` (which keeps the axes) or ``logsumexp`` (which does not)."""
        if name in self.own and len(axes) == 1:
            shape = node.shape if name == "softmax" else _without(node.shape, axes)
            return self.graph.made(name, (node,), (tuple(axes),), shape)
        return {"softmax": softmax, "logsumexp": logsumexp}[name](self.graph, node, axes)


def _without(shape: Shape, axes: Sequence[int]) -> Shape:
    return tuple(size for k, size in enumerate(shape) if k not in axes)


def _kept(graph: Graph, reduced: Node, ndim: int, axes: Sequence[int]) -> Node:
    """A reduction with axes of size 1 where it was made."""
    return graph.expanded(reduced, [k not in axes for k in range(ndim)])


def _shifted(graph: Graph, node: Node, axes: Sequence[int]) -> tuple[Node, Node]:
    """The largest entries, and the exponentials of what is left without them."""
    largest = graph.reduced("max", node, axes)
    shifted = graph.subtract(node, _kept(graph, largest, node.ndim, axes))
    return largest, graph.function("exp", shifted)


def softmax(graph: Graph, node: Node, axes: Sequence[int]) -> Node:
    """``exp(z - max z) / sum exp(z - max z)``."""
    _, powers = _shifted(graph, node, axes)
    total = graph.reduced("sum", powers, axes)
    return graph.divide(powers, _kept(graph, total, node.ndim, axes))


def logsumexp(graph: Graph, node: Node, axes: Sequence[int]) -> Node:
    """``max z + log sum exp(z - max z)``."""
    largest, powers = _shifted(graph, node, axes)
    return graph.add(largest, graph.function("log", graph.reduced("sum", powers, axes)))


def sigmoid(graph: Graph, node: Node) -> Node:
    """``1 / (1 + e)`` or ``e / (1 + e)`` with ``e = exp(-abs(x))``, by the sign of x."""
    one, minus = graph.number(1), graph.is_negative(node)
    shown = graph.opposite(node) if minus else node
    power = graph.function("exp", graph.negative(graph.function("abs", shown)))
    positive = graph.made("nonnegative", (shown,), (), node.shape, "mask")
    above = graph.where(positive, power, one) if minus else graph.where(positive, one, power)
    return graph.divide(above, graph.add(one, power))


def softplus(graph: Graph, node: Node) -> Node:
    """``log(1 + exp(x))``."""
    return graph.function("logaddexp", graph.number(0), node)


LOWERED: dict[str, Callable[..., Node]] = {"sigmoid": sigmoid, "softplus": softplus}
