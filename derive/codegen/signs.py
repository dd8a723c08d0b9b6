"""Which nodes are >= 0 at all entries by the way in which they are computed."""

from __future__ import annotations

from collections.abc import Callable

from derive.codegen.graph import Node

NONNEGATIVE = ("abs", "exp", "sqrt", "cosh", "sigmoid", "softplus", "size")
OF_ALL = ("add", "multiply", "divide", "expand", "transpose", "sum", "mean")


def is_nonnegative(node: Node) -> bool:
    """Whether no entry is below 0, rounding included."""
    if node.operation in NONNEGATIVE:
        return True
    if node.operation in OF_ALL:
        return all(map(is_nonnegative, node.operands))
    row = ROWS.get(node.operation)
    return row is not None and row(node)


def _is_complement(node: Node) -> bool:
    """``1 - u`` where u is between 0 and 1."""
    one, other = node.operands
    return one.number == 1 and _is_share(other)


def _is_share(node: Node) -> bool:
    """``e / (1 + e)`` or ``1 / (1 + e)``, or one of them where a condition holds."""
    if node.operation == "sigmoid":
        return True
    if node.operation != "divide" or node.operands[1].operation != "add":
        return False
    above, (one, rest) = node.operands[0], node.operands[1].operands
    parts = above.operands[1:] if above.operation == "where" else (above,)
    return one.number == 1 and is_nonnegative(rest) and all(p in (one, rest) for p in parts)


def _is_even(node: Node) -> bool:
    exponent = node.data[0]
    return bool(exponent.denominator > 1 or exponent % 2 == 0) or is_nonnegative(node.operands[0])


ROWS: dict[str, Callable[[Node], bool]] = {
    "number": lambda node: node.data[0] >= 0,
    "power": _is_even,
    "subtract": _is_complement,
    "where": lambda node: all(map(is_nonnegative, node.operands[1:])),
}
