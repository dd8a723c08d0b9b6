"""Array operations as a graph in which equal operations are one node.

A node knows its operation, its operands and its shape, but no index names: two sub-terms that
differ in bound names only become the same node, so what is computed twice is computed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

from derive.terms.sizes import Size

Shape: TypeAlias = "tuple[Size, ...]"
COMMUTATIVE = ("add", "multiply", "both")


@dataclass(frozen=True, eq=False)
class Node:
    """One operation; ``kind`` is "real", "mask" (booleans) or "integer"."""

    operation: str
    operands: tuple[Node, ...]
    data: tuple[Any, ...]
    shape: Shape
    kind: str
    serial: int

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def number(self) -> Fraction | None:
        """The value of a number, else None."""
        return self.data[0] if self.operation == "number" else None


def _exclude(left: Node, right: Node) -> bool:
    """Whether two nodes are 0, the one where a comparison fails, the other where it holds."""
    if not (left.operation == right.operation == "where"):
        return False
    one, other = left.operands[0], right.operands[0]
    sides = {one.operation, other.operation}
    zeros = left.operands[2].number == right.operands[2].number == 0
    return zeros and sides == {"greater", "at_most"} and one.operands == other.operands


@dataclass
class Graph:
    """All nodes made so far."""

    known: dict[tuple[Any, ...], Node] = field(default_factory=dict)

    def made(
        self,
        operation: str,
        operands: Sequence[Node] = (),
        data: Sequence[Any] = (),
        shape: Shape = (),
        kind: str = "real",
    ) -> Node:
        """The node of an operation: the one there is, or a new one."""
        serials = [operand.serial for operand in operands]
        if operation in COMMUTATIVE:
            serials.sort()
        key = (operation, tuple(serials), tuple(data), tuple(shape))
        node = self.known.get(key)
        if node is None:
            serial = len(self.known)
            node = Node(operation, tuple(operands), tuple(data), tuple(shape), kind, serial)
            self.known[key] = node
        return node

    # ------------------------------------------------------------------ numbers and arguments

    def number(self, value: Fraction | int) -> Node:
        """A number."""
        return self.made("number", (), (Fraction(value),))

    def size(self, size: Size) -> Node:
        """A size as a number."""
        fixed = size.constant
        return self.number(fixed) if fixed is not None else self.made("size", (), (size,))

    def argument(self, name: str, shape: Shape) -> Node:
        """An argument of the function."""
        return self.made("argument", (), (name,), shape)

    # ------------------------------------------------------------------ layout

    def transposed(self, node: Node, order: Sequence[int]) -> Node:
        """The axes in another order."""
        order = tuple(order)
        if node.operation == "transpose":
            inner = node.data[0]
            return self.transposed(node.operands[0], [inner[k] for k in order])
        if order == tuple(range(node.ndim)) or self._is_symmetric(node, order):
            return node
        shape = tuple(node.shape[k] for k in order)
        return self.made("transpose", (node,), (order,), shape, node.kind)

    def _is_symmetric(self, node: Node, order: tuple[int, ...]) -> bool:
        """Whether a node is ``A + A.T`` or such."""
        if order != (1, 0) or node.operation not in COMMUTATIVE:
            return False
        left, right = node.operands
        return left.ndim == right.ndim == 2 and self.transposed(left, order) is right

    def expanded(self, node: Node, pattern: Sequence[bool]) -> Node:
        """New axes of size 1 where the pattern is False; leading ones are left to broadcasting."""
        pattern = list(pattern)
        while pattern and not pattern[0]:
            pattern.pop(0)
        if all(pattern):
            return node
        axes = iter(node.shape)
        shape = tuple(next(axes) if kept else Size.of(1) for kept in pattern)
        return self.made("expand", (node,), (tuple(pattern),), shape, node.kind)

    # ------------------------------------------------------------------ arithmetic

    def negative(self, node: Node) -> Node:
        """``-node``."""
        if node.number is not None:
            return self.number(-node.number)
        if node.operation == "negative":
            return node.operands[0]
        if node.operation == "subtract":
            left, right = node.operands
            return self._binary("subtract", right, left)
        if node.operation == "multiply" and node.operands[0].number is not None:
            return self.multiply(self.negative(node.operands[0]), node.operands[1])
        return self.made("negative", (node,), (), node.shape)

    def is_negative(self, node: Node) -> bool:
        """Whether a node is written with a minus in front."""
        if node.operation in ("multiply", "divide"):
            return self.is_negative(node.operands[0])
        return node.operation == "negative" or (node.number is not None and node.number < 0)

    def add(self, left: Node, right: Node) -> Node:
        """``left + right``."""
        if left.number == 0 and right.kind == "real":
            return right
        if right.number == 0 and left.kind == "real":
            return left
        if left.number is not None and right.number is not None:
            return self.number(left.number + right.number)
        if self.is_negative(right):
            return self.subtract(left, self.opposite(right))
        if self.is_negative(left):
            return self.subtract(right, self.opposite(left))
        if _exclude(left, right):
            return self.where(left.operands[0], left.operands[1], right.operands[1])
        return self._binary("add", left, right)

    def opposite(self, node: Node) -> Node:
        """A node without the minus in front of it."""
        if node.operation in ("multiply", "divide"):
            first, second = node.operands
            combine = self.multiply if node.operation == "multiply" else self.divide
            return combine(self.opposite(first), second)
        return self.negative(node)

    def subtract(self, left: Node, right: Node) -> Node:
        """``left - right``."""
        if self.is_negative(right):
            return self.add(left, self.opposite(right))
        if left.number == 0:
            return self.negative(right)
        if right.number == 0 and left.kind == "real":
            return left
        if left.number is not None and right.number is not None:
            return self.number(left.number - right.number)
        return self._binary("subtract", left, right)

    def multiply(self, left: Node, right: Node) -> Node:
        """``left * right``."""
        if right.number is not None and left.number is None:
            left, right = right, left
        a, b = left.number, right.number
        if a is not None and b is not None:
            return self.number(a * b)
        if a == 1 and right.kind == "real":
            return right
        if a == -1:
            return self.negative(right)
        if a is not None and right.operation == "negative":
            return self.multiply(self.number(-a), right.operands[0])
        if a is not None and right.operation == "multiply" and right.operands[0].number is not None:
            product = self.number(a * right.operands[0].number)
            return self.multiply(product, right.operands[1])
        if left is right:
            return self.power(left, Fraction(2))
        return self._binary("multiply", left, right)

    def divide(self, left: Node, right: Node) -> Node:
        """``left / right``."""
        if right.number is not None:
            return self.multiply(self.number(1 / right.number), left)
        return self._binary("divide", left, right)

    def power(self, base: Node, exponent: Fraction) -> Node:
        """A fixed power; negative ones become quotients."""
        if exponent == 1:
            return base
        if exponent < 0:
            return self.divide(self.number(1), self.power(base, -exponent))
        if exponent == Fraction(1, 2) and base.operation != "size":
            return self.made("sqrt", (base,), (), base.shape)
        return self.made("power", (base,), (exponent,), base.shape)

    def _binary(self, operation: str, left: Node, right: Node) -> Node:
        if left.operation == right.operation == "transpose" and left.data == right.data:
            untransposed = self._binary(operation, left.operands[0], right.operands[0])
            return self.transposed(untransposed, left.data[0])
        return self.made(operation, (left, right), (), broadcast(left.shape, right.shape))

    def where(self, mask: Node, value: Node, other: Node | None = None) -> Node:
        """The value where a mask holds, else another, or 0."""
        other = other or self.number(0)
        shape = broadcast(broadcast(mask.shape, value.shape), other.shape)
        return self.made("where", (mask, value, other), (), shape)

    def both(self, left: Node, right: Node) -> Node:
        """Where two masks hold."""
        shape = broadcast(left.shape, right.shape)
        return left if left is right else self.made("both", (left, right), (), shape, "mask")

    def real(self, node: Node) -> Node:
        """A mask or integers as floating-point numbers."""
        return node if node.kind == "real" else self.made("cast", (node,), (), node.shape)

    def function(self, name: str, *operands: Node) -> Node:
        """An elementwise function."""
        shape: Shape = ()
        for operand in operands:
            shape = broadcast(shape, operand.shape)
        return self.made(name, operands, (), shape)

    # ------------------------------------------------------------------ reductions and products

    def reduced(self, operation: str, node: Node, axes: Sequence[int]) -> Node:
        """A sum or maximum along axes."""
        chosen = tuple(sorted(axes))
        if not chosen:
            return node
        node = self.real(node)
        if operation == "sum" and node.operation == "diagonal" and node.ndim == 1:
            return self.made("trace", node.operands)
        if operation == "sum" and node.operation == "transpose" and len(chosen) == node.ndim:
            return self.reduced(operation, node.operands[0], chosen)
        shape = tuple(size for k, size in enumerate(node.shape) if k not in chosen)
        return self.made(operation, (node,), (chosen,), shape)

    def matmul(self, left: Node, right: Node) -> Node:
        """NumPy's ``@``."""
        columns = right.shape[-1:] if right.ndim > 1 else ()
        stack = broadcast(left.shape[:-2], right.shape[:-2])
        return self.made("matmul", (left, right), (), (*stack, *left.shape[-2:-1], *columns))


def broadcast(left: Shape, right: Shape) -> Shape:
    """The shape of an elementwise operation; sizes of 1 are stretched."""
    length = max(len(left), len(right))
    one = Size.of(1)
    a = (one,) * (length - len(left)) + tuple(left)
    b = (one,) * (length - len(right)) + tuple(right)
    return tuple(y if x == one else x for x, y in zip(a, b, strict=True))
