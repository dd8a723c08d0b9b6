"""A chain in LaTeX: one row a link, the reason beside it, or below it where there is no room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derive.notation import forms as f
from derive.notation.boxes import Line
from derive.notation.breaking import broken
from derive.notation.measuring import RELATION, width
from derive.notation.tex import RELATIONS, latex
from derive.notation.words import prose

ROOM = 425.0  # points: a page with margins of an inch, at 10 points
GAP = 20.0  # before a reason, and before what goes on from the row above
SHIFT, SHIFTED = r"\quad ", 10.0  # of relations below a left side that has a row of its own
WIDEST_LEFT = 0.3  # of the room: a wider left side has a row of its own


@dataclass(frozen=True)
class Row:
    """One link: a left side where it is told, the relation, the right side and its reason."""

    left: str
    relation: str
    right: str
    reason: str


def aligned(lines: Sequence[Line], room: float = ROOM, from_nought: bool | None = None) -> str:
    """The environment of a chain, without delimiters; no row is wider than the room, in points.

    ``from_nought`` says whether indices start at 0, where more than these lines decides it.
    """
    forms = [form for line in lines for form in (line.left, line.right) if form is not None]
    from_nought = f.counts_from_nought(forms) if from_nought is None else from_nought
    rows = [_row(line, from_nought) for line in lines]
    left = width(rows[0].left)
    apart = left > WIDEST_LEFT * room
    margin = RELATION + (SHIFTED if apart else left)
    formulas = max(margin + width(row.right) for row in rows)
    reasons = max(width(row.reason) for row in rows)
    if max(formulas, left if apart else 0.0) + GAP + reasons <= room:
        return _beside(rows, apart)
    return _below(rows, apart, room - margin, room)


def _row(line: Line, from_nought: bool) -> Row:
    left = latex(line.left, from_nought) if line.left is not None else ""
    reason = prose(line.reason) if line.reason else ""
    relation = RELATIONS.get(line.relation, line.relation)
    return Row(left, relation, latex(line.right, from_nought), reason)


def _beside(rows: Sequence[Row], apart: bool) -> str:
    """The reasons in a column of their own."""
    reasons = any(row.reason for row in rows)
    cells = [[_first(rows[0].left)]] if apart else []
    for number, row in enumerate(rows):
        left = "" if apart or not row.left else f"{_started(row.left)}\n"
        shown = f"{left}  &{SHIFT if apart else ''}{row.relation} {row.right}"
        gap = "" if number else r"\qquad"
        cells.append([f"{shown}\n  &{gap}& {row.reason}" if row.reason else shown])
    return _environment(cells, "{2}" if reasons else "")


def _below(rows: Sequence[Row], apart: bool, room: float, whole: float) -> str:
    """Each reason in a row below its link, and long formulas broken."""
    cells = []
    if apart:
        first, *others = broken(rows[0].left, whole, whole - GAP)
        cells.append([_first(first), *map(_going_on, others)])
    for row in rows:
        first, *others = broken(row.right, room, room - GAP + RELATION)
        left = "" if apart or not row.left else f"{_started(row.left)}\n"
        shown = f"{left}  &{SHIFT if apart else ''}{row.relation} {first}"
        reason = [_going_on(words) for words in _wrapped(row.reason, room - GAP)]
        cells.append([shown, *map(_going_on, others), *reason])
    return _environment(cells, "")


def _wrapped(reason: str, room: float) -> list[str]:
    """A reason in rows that fit, broken behind commas and semicolons outside formulas."""
    if not reason or width(reason) <= room:
        return [reason] if reason else []
    inside = reason.removeprefix(r"\text{").removesuffix("}")
    rows = [""]
    for piece in _pieces(inside):
        if rows[-1] and width(rf"\text{{{rows[-1]}{piece}}}") > room:
            rows.append("")
        rows[-1] += piece
    return [part for row in rows for part in _set(row.strip(), room)]


def _set(row: str, room: float) -> list[str]:
    """A row of a reason: text, or the rows of a formula that is too wide for one."""
    formula = row[1:-1]
    if row[:1] == row[-1:] == "$" and "$" not in formula and width(formula) > room:
        return broken(formula, room)
    return [rf"\text{{{row}}}"]


def _pieces(words: str) -> list[str]:
    """Words with the blank behind them; a formula between dollars is one word."""
    split = words.split(" ")
    inside = False
    pieces: list[str] = []
    for word in split:
        if inside:
            pieces[-1] += word + " "
        else:
            pieces.append(word + " ")
        inside ^= word.count("$") % 2 == 1
    return pieces


def _first(formula: str) -> str:
    return f"  &{_started(formula)}"


def _going_on(formula: str) -> str:
    return rf"  &\qquad {_started(formula)}"


def _started(formula: str) -> str:
    """A formula that starts a cell: neither a length in brackets nor a sign without a left side."""
    return "{}" + formula if formula.startswith(("[", "+ ", "- ", r"\cdot ")) else formula


def _environment(cells: Sequence[Sequence[str]], argument: str) -> str:
    """The rows in their environment; those of one link stand closer together."""
    tall = any(r"\frac" in row or r"\sum" in row for link in cells for row in link)
    gap = r" \\[4pt]" if tall else r" \\"
    body = f"{gap}\n".join(" \\\\\n".join(link) for link in cells)
    name = "alignedat" if argument else "aligned"
    return f"\\begin{{{name}}}{argument}\n{body}\n\\end{{{name}}}"
