"""A graph that is better read and run.

``(A.T @ B).T`` is ``B.T @ A``, a sum over a count a mean, and ``X.T @ diag(d) @ X`` a matrix with
itself, which takes half the work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from derive.codegen.emission import uses
from derive.codegen.graph import Graph, Node
from derive.codegen.signs import is_nonnegative
from derive.terms.sizes import ONE

TURNED = ((1, 0),)


class Tidying:
    """Rebuilds the nodes below some roots; what is used more than once keeps its layout."""

    def __init__(self, graph: Graph, roots: Sequence[Node], names: Mapping[Node, str]) -> None:
        self.graph = graph
        self.uses = uses(roots)
        self.old_names = names
        self.names: dict[Node, str] = {}
        self.known: dict[Node, Node] = {}

    def tidied(self, node: Node) -> Node:
        """The node over tidied operands."""
        found = self.known.get(node)
        if found is None:
            found = self.known[node] = self._rebuilt(node)
            if node in self.old_names:
                self.names.setdefault(found, self.old_names[node])
        return found

    def _rebuilt(self, node: Node) -> Node:
        if (
            node.operation == "transpose"
            and node.data == TURNED
            and self._is_free(node.operands[0])
        ):
            return self.turned(node.operands[0])
        if self._is_mean(node):
            total = node.operands[0]
            return self.graph.made("mean", [self.tidied(total.operands[0])], total.data, node.shape)
        weights = self._weights(node)
        if weights is not None:
            return self._weighted_gram(node, weights)
        operands = [self.tidied(operand) for operand in node.operands]
        if operands == list(node.operands):
            return node
        return self.graph.made(node.operation, operands, node.data, node.shape, node.kind)

    def _is_mean(self, node: Node) -> bool:
        """Whether a node is a sum, used nowhere else, over the number of what is summed."""
        if node.operation != "divide" or node.operands[1].operation != "size":
            return False
        total, count = node.operands
        if total.operation != "sum" or self.uses[total] > 1 or total in self.old_names:
            return False
        entries = ONE
        for axis in total.data[0]:
            entries = entries * total.operands[0].shape[axis]
        return bool(entries == count.data[0])

    def _weights(self, node: Node) -> Node | None:
        """``d[:, None]`` of ``X.T @ (X * d[:, None])``, or of ``/``, where d is plainly >= 0."""
        if node.operation != "matmul" or node.ndim != 2:
            return None
        left, right = node.operands
        if left.operation != "transpose" or left.data != TURNED:
            return None
        if right.operation not in ("multiply", "divide") or left.operands[0] not in right.operands:
            return None
        first, second = right.operands
        weights = second if first == left.operands[0] else first
        is_column = weights.operation == "expand" and weights.shape[-1] == ONE
        divides = right.operation == "divide" and weights is first
        return weights if is_column and not divides and is_nonnegative(weights) else None

    def _weighted_gram(self, node: Node, weights: Node) -> Node:
        """``(X * sqrt(d)[:, None]).T @ (X * sqrt(d)[:, None])``."""
        graph, (left, right) = self.graph, node.operands
        roots = graph.expanded(self._root(weights.operands[0]), weights.data[0])
        matrix = self.tidied(left.operands[0])
        by = graph.divide if right.operation == "divide" else graph.multiply
        scaled = by(matrix, roots)
        return graph.matmul(graph.transposed(scaled, TURNED[0]), scaled)

    def _root(self, node: Node) -> Node:
        """What a node is the square of, of either sign."""
        if node.operation == "power" and node.data[0] % 2 == 0:
            base = self.tidied(node.operands[0])
            return base if node.data[0] == 2 else self.graph.power(base, node.data[0] / 2)
        return self.graph.power(self.tidied(node), Fraction(1, 2))

    def _is_free(self, node: Node) -> bool:
        """Whether a node is a product of matrices that nothing but its transpose uses."""
        is_product = node.operation == "matmul" and all(o.ndim == 2 for o in node.operands)
        return is_product and self.uses[node] == 1 and node not in self.old_names

    def turned(self, node: Node) -> Node:
        """The transpose of a node."""
        if self._is_free(node):
            left, right = node.operands
            return self.graph.matmul(self.turned(right), self.turned(left))
        return self.graph.transposed(self.tidied(node), TURNED[0])
