"""What a graph costs: the numbers that its operations handle, with all named sizes taken equal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from derive.codegen.graph import Node
from derive.terms.sizes import Size

TYPICAL = 64  # what a named size is taken to be


def volume(sizes: Iterable[Size]) -> float:
    """The number of entries of a shape, at typical sizes."""
    total = 1.0
    for size in sizes:
        total *= max(size.value(dict.fromkeys(size.names, TYPICAL)), 1)
    return total


def work(roots: Sequence[Node]) -> float:
    """The cost of all nodes that some nodes need, each once."""
    seen: dict[Node, None] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen[node] = None
            stack.extend(node.operands)
    return sum(own(node) for node in seen)


def own(node: Node) -> float:
    """The cost of one operation."""
    return COSTS.get(node.operation, _entries)(node)


def _entries(node: Node) -> float:
    return volume(node.shape)


def _nothing(node: Node) -> float:
    return 0.0


def _operand(node: Node) -> float:
    return volume(node.operands[0].shape)


def _matmul(node: Node) -> float:
    return 2 * volume(node.shape) * volume(node.operands[0].shape[-1:])


def _tensordot(node: Node) -> float:
    left = node.operands[0].shape
    return 2 * volume(node.shape) * volume(left[axis] for axis in node.data[0])


def _einsum(node: Node) -> float:
    words, result = node.data[0].split("->")
    sizes: dict[str, Size] = {}
    for word, operand in zip(words.split(","), node.operands, strict=True):
        sizes.update(zip(word, operand.shape, strict=True))
    return (1 + (set(sizes) > set(result))) * volume(sizes.values())


def _decomposed(node: Node) -> float:
    return 2 * volume(node.operands[0].shape) * volume(node.operands[0].shape[-1:])


def _scattered(node: Node) -> float:
    values = node.operands[1:] if node.data[0] else ()
    return sum(volume(value.shape) for value in values)


def _looped(node: Node) -> float:
    loop = node.data[0]
    return volume(index.size for index in loop.loops) * (work([loop.body]) + _entries(loop.body))


COSTS: dict[str, Callable[[Node], float]] = {
    **dict.fromkeys(
        "argument number size transpose expand take diagonal reshape".split(), _nothing
    ),
    **dict.fromkeys("arange infinity full".split(), _nothing),
    **dict.fromkeys("sum max argmax trace".split(), _operand),
    **dict.fromkeys("inverse determinant logdet".split(), _decomposed),
    "matmul": _matmul,
    "tensordot": _tensordot,
    "einsum": _einsum,
    "scatter": _scattered,
    "loop": _looped,
    "view": _nothing,
}
