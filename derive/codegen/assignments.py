"""The text of arrays that are put together: zeros or a dense array, and their diagonals."""

from __future__ import annotations

from collections.abc import Sequence

from derive.codegen.emission import Writer
from derive.codegen.graph import Node
from derive.codegen.scalars import ATOM, CALL, Text, bracketed, shape_text

ALIASES = ("transpose", "expand", "take", "diagonal", "reshape")  # of what may be used elsewhere


def scatter_text(writer: Writer, node: Node) -> Text:
    """Zeros or a dense array, and assignments into its diagonals."""
    has_base, *patterns = node.data
    values = node.operands[1:] if has_base else node.operands
    if not has_base and patterns == [(0, 0)]:
        return _diagonal_matrix(writer, node, values[0])
    texts = [writer.operand(value)[0] for value in values]
    places = [_places(writer, node, pattern) for pattern in patterns]
    base = _fresh_base(writer, node.operands[0]) if has_base else _zeros(writer, node)
    name = writer.statement(node, base)
    for k, (value, place) in enumerate(zip(texts, places, strict=True)):
        row = "accumulate" if has_base or k else "assign"
        writer.line(writer.row(row, name, value, at=place))
    return name, ATOM


def _zeros(writer: Writer, node: Node) -> str:
    return writer.row("zeros", shape=shape_text(map(writer.size, node.shape)))


def _fresh_base(writer: Writer, base: Node) -> str:
    """An array that may be written into."""
    text = writer.text(base)
    if base.ndim and (text[1] == ATOM or base.operation in ALIASES):
        return writer.row("copy", bracketed(text, CALL))
    return text[0]


def _diagonal_matrix(writer: Writer, node: Node, value: Node) -> Text:
    if value.number == 1:
        return writer.row("eye", size=writer.size(node.shape[0])[0]), CALL
    if value.ndim:
        return writer.row("diag", writer.operand(value)[0]), CALL
    text = writer.operand(value)[0]
    place = _places(writer, node, (0, 0))
    name = writer.statement(node, _zeros(writer, node))
    writer.line(writer.row("assign", name, text, at=place))
    return name, ATOM


def _places(writer: Writer, node: Node, pattern: Sequence[int | None]) -> str:
    """``i, :, i``: index arrays for the axes that a delta sets equal."""
    groups = sorted({group for group in pattern if group is not None})
    texts: dict[int, str] = {}
    for group in groups:
        size = node.shape[list(pattern).index(group)]
        name = writer.places(size)
        after = len(groups) - 1 - group
        texts[group] = f"{name}[:{', None' * after}]" if after else name
    return ", ".join(":" if group is None else texts[group] for group in pattern)
