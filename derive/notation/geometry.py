"""Boxes of text with a baseline: the geometry of two-dimensional formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derive.notation.names import cell_width

FENCES = {"(": "⎛⎜⎝", ")": "⎞⎟⎠", "[": "⎡⎢⎣", "]": "⎤⎥⎦", "|": "│││", "‖": "‖‖‖"}


@dataclass(frozen=True)
class Box:
    """Rows of text, and the row on which signs stand."""

    rows: tuple[str, ...]
    base: int = 0

    @property
    def width(self) -> int:
        """The cells of the widest row."""
        return max(map(cell_width, self.rows))

    @property
    def padded(self) -> tuple[str, ...]:
        """The rows, all of one width."""
        return tuple(row + " " * (self.width - cell_width(row)) for row in self.rows)

    def __str__(self) -> str:
        return "\n".join(row.rstrip() for row in self.rows)


def box(text: str) -> Box:
    """One row of text."""
    return Box((text,))


def beside(parts: Sequence[Box | str]) -> Box:
    """Boxes from left to right, on one baseline."""
    boxes = [box(part) if isinstance(part, str) else part for part in parts]
    above = max(b.base for b in boxes)
    below = max(len(b.rows) - b.base for b in boxes)
    rows = [""] * (above + below)
    for b in boxes:
        blank, padded = " " * b.width, b.padded
        for k in range(above + below):
            row = k - above + b.base
            rows[k] += padded[row] if 0 <= row < len(padded) else blank
    return Box(tuple(rows), above)


def fraction(above: Box, below: Box, bar: str = "─") -> Box:
    """One box over another, with a bar one cell wider on both sides."""
    width = max(above.width, below.width) + 2
    rows = (*_centred(above, width), bar * width, *_centred(below, width))
    return Box(rows, len(above.rows))


def _centred(content: Box, width: int) -> tuple[str, ...]:
    left = (width - content.width) // 2
    right = width - content.width - left
    return tuple(" " * left + row + " " * right for row in content.padded)


def fenced(content: Box, opening: str = "(", closing: str = ")") -> Box:
    """A box between delimiters of its height."""
    if len(content.rows) == 1:
        return beside([opening, content, closing])
    return beside([_fence(opening, content), content, _fence(closing, content)])


def _fence(sign: str, content: Box) -> Box:
    top, middle, bottom = tuple(FENCES[sign])
    height = len(content.rows)
    return Box((top, *(middle * (height - 2)), bottom), content.base)


def raised(base: Box, exponent: Box) -> Box:
    """A box with another at its upper right corner."""
    if len(base.rows) > 1 and len(exponent.rows) == 1:
        rows = (base.padded[0] + exponent.rows[0], *base.padded[1:])
        return Box(rows, base.base)
    shift = " " * base.width
    lifted = tuple(shift + row for row in exponent.padded)
    blank = " " * exponent.width
    return Box((*lifted, *(row + blank for row in base.padded)), len(lifted) + base.base)
