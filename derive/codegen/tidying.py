"""A graph that reads better: ``(A.T @ B).T`` as ``B.T @ A``, a sum over a count as a mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from derive.codegen.emission import uses
from derive.codegen.graph import Graph, Node
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
