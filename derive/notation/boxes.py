"""A chain of equations on a page: numbers, formulas with one column of signs, reasons, marks."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from derive.notation import linear, pretty, stacked
from derive.notation.forms import Form, Minus, Plus
from derive.notation.geometry import Box, beside, box
from derive.notation.names import GREEK, SUBSCRIPTS, SUPERSCRIPTS, cell_width

NUMBER_WIDTH = 4
REASON_WIDTH = 25
GAP = 3
MARK_GAP = 2
ASCII_MARKS = {"✔": "ok", "≈": "~", "✘": "FAIL", "†": "+", "?": "?", "": ""}
ASCII_SIGNS = {
    **{letter: name for name, letter in GREEK.items()},
    **{glyph: letter for letter, glyph in SUBSCRIPTS.items() if letter.isascii()},
    **{glyph: f"^{letter}" for letter, glyph in SUPERSCRIPTS.items() if letter.isascii()},
    **dict(zip("−·×≤≥≠∈ℝ…", "- * x <= >= != in R ...".split(), strict=True)),
    **dict(zip("–—’′√⊙δ∂Σ†₋⁻", "- - ' ' sqrt * delta d sum + - -".split(), strict=True)),
    "→": "->",
    "‖": "||",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One link of a chain: ``left relation right``, the reason for it and how certain it is."""

    right: Form
    left: Form | None = None
    relation: str = "="
    reason: str = ""
    mark: str = ""
    number: str = ""


@dataclass(frozen=True)
class Page:
    """The columns of a chain."""

    width: int
    ascii: bool
    bracketed: bool
    sign: int  # where relations stand
    reason: int  # where reasons stand

    @property
    def formula(self) -> int:
        """Where right-hand sides begin."""
        return self.sign + 3

    @property
    def marks(self) -> int:
        """Where marks stand."""
        return self.width - (4 if self.ascii else 1) - 2


def chain(
    lines: Sequence[Line], width: int = 80, ascii: bool = False, bracketed: bool | None = None
) -> str:
    """Equations one below the other, no row wider than the width.

    ``bracketed`` says whether entries are written x[i], where more than these lines decide it.

    >>> from derive.notation.forms import Name
    >>> print(chain([Line(Name("b"), Name("a"), reason="given", mark="✔", number="1")], 60))
    1   a  =  b   given                                      ✔
    """
    page = _page(lines, width, ascii, bracketed)
    return "\n".join(_joined([row for line in lines for row in [_shown(line, page)]]))


def _joined(blocks: list[list[str]]) -> list[str]:
    """The blocks of rows, an empty row between two where one is tall."""
    tall = any(len(block) > 1 for block in blocks)
    rows: list[str] = []
    for block in blocks:
        rows += ([""] if rows and tall else []) + block
    return rows


def _page(lines: Sequence[Line], width: int, ascii: bool, bracketed: bool | None) -> Page:
    """The columns with room for most reasons: left sides in a column, or on rows of their own."""
    forms = [form for line in lines for form in (line.left, line.right) if form is not None]
    bracketed = pretty.needs_brackets(forms) if bracketed is None else bracketed
    page = Page(width, ascii, bracketed, NUMBER_WIDTH, width)
    lefts = [_box(line.left, page).width for line in lines if line.left is not None]
    fitting = [w for w in lefts if 10 * w <= 3 * width]
    columns = [max(fitting) + 2, 2] if fitting else [2 if lefts else 0]
    pages = [_with_column(lines, replace(page, sign=NUMBER_WIDTH + c)) for c in columns]
    return max(pages, key=lambda found: found[0])[1]


def _with_column(lines: Sequence[Line], page: Page) -> tuple[int, Page]:
    """How many reasons fit beside their formulas, and the page with the column for them."""
    limit = page.marks - MARK_GAP - REASON_WIDTH
    ends = [page.formula + _box(line.right, page).width + GAP for line in lines]
    fitting = [end for end in ends if end <= limit]
    # Where most reasons stand below their formulas, all of them do.
    beside = 2 * len(fitting) > len(lines)
    return len(fitting) * beside, replace(page, reason=max(fitting) if beside else page.width)


def _box(form: Form, page: Page) -> Box:
    if page.ascii:
        return box(linear.text(form))
    return stacked.laid_out(form, page.bracketed)


def _shown(line: Line, page: Page) -> list[str]:
    """The rows of one link."""
    rows: list[str] = []
    left = _box(line.left, page) if line.left is not None else box("")
    if line.left is not None and left.width > page.sign - NUMBER_WIDTH - 1:
        rows += _alone(line.left, line, page)
        left = box("")
    sign = ASCII_SIGNS.get(line.relation, line.relation) if page.ascii else line.relation
    right, *more = _broken(line.right, page.width - page.formula - 1, page)
    number = "" if rows else line.number
    start = beside([
        _padded(box(number), NUMBER_WIDTH),
        _padded(left, page.sign - NUMBER_WIDTH),
        _padded(box(sign), 3),
    ])  # fmt: skip
    whole = beside([start, right])
    return rows + _with_reason(whole, [_indented(b, page.formula) for b in more], line, page)


def _padded(content: Box, width: int) -> Box:
    rows = tuple(row + " " * (width - cell_width(row)) for row in content.padded)
    return Box(rows, content.base)


def _indented(content: Box, by: int) -> Box:
    return Box(tuple(" " * by + row for row in content.rows), content.base)


def _alone(form: Form, line: Line, page: Page) -> list[str]:
    """A left side that is too wide for its column, on rows of its own."""
    first, *more = _broken(form, page.width - NUMBER_WIDTH - 1, page)
    start = beside([_padded(box(line.number), NUMBER_WIDTH), first])
    return [
        r.rstrip() for b in (start, *(_indented(m, NUMBER_WIDTH) for m in more)) for r in b.rows
    ]


def _with_reason(whole: Box, more: list[Box], line: Line, page: Page) -> list[str]:
    """A formula with the reason beside it, or below where there is no room."""
    reason = ascii_text(line.reason) if page.ascii else line.reason
    mark = ASCII_MARKS.get(line.mark, line.mark) if page.ascii else line.mark
    room = page.marks - MARK_GAP - page.reason
    if not more and not reason and whole.width + MARK_GAP <= page.marks:
        return _beside(whole, [], mark, replace(page, reason=page.marks))
    if not more and whole.width + GAP <= page.reason and room >= REASON_WIDTH:
        return _beside(whole, textwrap.wrap(reason, room), mark, page)
    below = textwrap.wrap(reason, page.marks - MARK_GAP - NUMBER_WIDTH - 2) or [""]
    rows = [row for b in (whole, *more) for row in b.rows]
    indent = " " * (NUMBER_WIDTH + 2)
    rows += [indent + text for text in below[:-1]]
    last = indent + below[-1]
    rows.append(last + " " * (page.marks - cell_width(last)) + mark)
    return [row.rstrip() for row in rows]


def _beside(whole: Box, reason: list[str], mark: str, page: Page) -> list[str]:
    """The reason beside the formula, its middle and the mark on the baseline."""
    texts = Box(tuple(reason or [""]), min(len(reason) // 2, whole.base))
    row = beside([_padded(whole, page.reason), _padded(texts, page.marks - page.reason), mark])
    return [text.rstrip() for text in row.rows]


def _broken(form: Form, width: int, page: Page) -> list[Box]:
    """A formula in rows that fit: broken before a + or − of a sum, else at blanks."""
    whole = _box(form, page)
    if whole.width <= width:
        return [whole]
    if isinstance(form, Plus):
        return [b for piece in _pieces(form, width, page) for b in _broken_text(piece, width)]
    return _broken_text(_flat(form, page), width)


def _pieces(form: Plus, width: int, page: Page) -> list[Box]:
    """The parts of a sum packed into rows; each later row begins with its sign."""
    rows: list[list[Form]] = []
    for part in form.parts:
        if rows and _packed([*rows[-1], part], page, len(rows) > 1).width <= width:
            rows[-1].append(part)
        else:
            rows.append([part])
    shown = [_packed(row, page, k > 0) for k, row in enumerate(rows)]
    return [
        piece if piece.width <= width else _packed(row, page, k > 0, _flat)
        for k, (row, piece) in enumerate(zip(rows, shown, strict=True))
    ]


def _flat(form: Form, page: Page) -> Box:
    """A formula in one row, which can be broken."""
    return box(linear.text(form) if page.ascii else pretty.text(form, page.bracketed))


def _packed(
    parts: list[Form], page: Page, later: bool, laid: Callable[[Form, Page], Box] = _box
) -> Box:
    first = parts[0]
    shown = laid(Plus((first, *parts[1:])) if len(parts) > 1 else first, page)
    if not later:
        return shown
    if isinstance(first, Minus):
        rest = Plus((first.body, *parts[1:])) if len(parts) > 1 else first.body
        return beside(["- " if page.ascii else "− ", laid(rest, page)])
    return beside(["+ ", shown])


def _broken_text(content: Box, width: int) -> list[Box]:
    """One row of text broken where it is least nested: at blanks, or after a comma, * or slash."""
    if content.width <= width:
        return [content]
    (rest,) = content.rows
    rows: list[str] = []
    while cell_width(rest) > width - (2 if rows else 0):
        end = _break(rest, width - (2 if rows else 0))
        rows.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [box(rows[0]), *(box("  " + row) for row in (*rows[1:], rest))]


def _break(text: str, width: int) -> int:
    """Where to break a text: the least nested place in the second half, the last of these."""
    places: list[tuple[int, int]] = []
    depth, end = 0, len(text)
    for k, character in enumerate(text):
        if cell_width(text[:k]) > width:
            end = k - 1
            break
        depth += (character in "([{") - (character in ")]}")
        if character in " ,*/" and k and text[k + 1 : k + 2] != character:
            places.append((depth, -(k + (character != " "))))
    late = [(depth, place) for depth, place in places if -2 * place > width and -place <= width]
    return -min(late or [(d, p) for d, p in places if -p <= width] or [(0, -end)])[1]


def ascii_text(text: str) -> str:
    """Prose without anything but ASCII."""
    below = "".join(glyph for glyph in SUBSCRIPTS.values())
    marked = re.sub(f"([{below}]+)", r"_\1", text)
    spelled = "".join(ASCII_SIGNS.get(c, c) for c in marked)
    return spelled.encode("ascii", "replace").decode()
