"""Where a formula in LaTeX that is too wide for its page is broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.notation.measuring import width

SIGNS = re.compile(
    r"\\left(?![a-z])|\\right(?![a-z])|\\Bigl|\\Bigr|[{}]|\\[{}]|(?<= )[+-](?= )|\\, "
)
OPENING, CLOSING = (r"\left", r"\Bigl"), (r"\right", r"\Bigr")
LEAST = 0.3  # of the room that a row fills, unless there is no other way


@dataclass(frozen=True)
class Break:
    """A sign in front of which a formula may be broken, and the parentheses open there."""

    place: int
    sign: str
    opened: tuple[int, ...]

    @property
    def cost(self) -> tuple[bool, int]:
        """Sums are broken before products, outside before inside."""
        return self.sign == r"\, ", len(self.opened)


def broken(formula: str, room: float, rest: float | None = None) -> list[str]:
    r"""A formula in rows that fit, the first into ``room``, the others into ``rest``.

    >>> broken(r"a + \left( b + c \right)", 30)
    ['a', '+ \\Bigl( b', '+ c \\Bigr)']
    """
    found = list(breaks(formula)) if width(formula) > room else []
    if not found:
        return [formula]
    chosen = _chosen(formula, found, room)
    head, tail = _split(formula, chosen)
    return [head, *broken(tail, rest or room, rest)]


def _chosen(formula: str, found: list[Break], room: float) -> Break:
    """The last of the cheapest breaks that leave a row neither too wide nor almost empty."""
    widths = {b: width(formula[: b.place]) for b in found}
    fitting = [b for b in found if widths[b] <= room]
    full = [b for b in fitting if widths[b] >= LEAST * room] or fitting
    if not full:
        return found[0]
    cheapest = min(b.cost for b in full)
    return [b for b in full if b.cost == cheapest][-1]


def breaks(formula: str) -> Iterator[Break]:
    """Where a formula may be broken: at signs outside all braces, but not at its very beginning."""
    opened: list[int] = []
    depth = 0
    for found in SIGNS.finditer(formula):
        sign = found[0]
        depth += (sign == "{") - (sign == "}")
        if depth or sign in "{}" or sign in (r"\{", r"\}"):
            continue
        if sign in OPENING:
            opened.append(found.start())
        elif sign in CLOSING:
            del opened[-1:]
        elif formula[: found.start()].strip():
            yield Break(found.start(), sign, tuple(opened))


def _split(formula: str, chosen: Break) -> tuple[str, str]:
    """Both rows; parentheses over the break have one size in both."""
    for opening in chosen.opened:
        formula = _of_fixed_size(formula, opening)
    head, tail = formula[: chosen.place].rstrip(), formula[chosen.place :]
    return head, r"\cdot " + tail[3:] if chosen.sign == r"\, " else tail


def _of_fixed_size(formula: str, opening: int) -> str:
    """The formula with one pair of delimiters of a fixed size, which need not stand in one row."""
    depth = 0
    for found in re.finditer(r"\\(left|right)(?![a-z])", formula):
        if found.start() < opening:
            continue
        depth += 1 if found[1] == "left" else -1
        if not depth:
            inside = formula[opening + len(r"\left") : found.start()]
            return f"{formula[:opening]}\\Bigl{inside}\\Bigr{formula[found.end() :]}"
    return formula
