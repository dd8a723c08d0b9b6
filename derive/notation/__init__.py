"""The one set of printers. A term is read once and printed by four tables of rows.

`Reader` reads a term into a surface expression (`forms`); `linear` prints it in ASCII that parses
back, `pretty` in Unicode, `stacked` in two dimensions, `tex` in LaTeX. `boxes.chain` and
`alignment.aligned` lay out the links of a derivation, `where` says what its names mean.
"""

from __future__ import annotations

from collections.abc import Mapping

from derive.notation import linear, pretty, stacked, tex
from derive.notation.alignment import aligned
from derive.notation.assumptions import assumption_text
from derive.notation.boxes import Line, chain
from derive.notation.forms import Form
from derive.notation.lint import faults
from derive.notation.matrices import matrix_form
from derive.notation.reading import Readable, Reader
from derive.notation.where import where

__all__ = [
    "STYLES", "Form", "Line", "Reader", "aligned", "assumption_text", "chain", "faults", "latex",
    "matrix_form", "reading", "text", "where",
]  # fmt: skip

STYLES = {
    "linear": linear.text,
    "ascii": linear.text,
    "unicode": pretty.text,
    "boxes": lambda form: str(stacked.laid_out(form)),
    "latex": tex.latex,
}


def reading(item: Readable, reader: Reader | None = None, matrix: bool = True) -> Form:
    """The surface expression of a term, or of an array: as a matrix if it has such a form."""
    from derive.terms.arrays import Array

    reader = reader or Reader([item])
    whole = matrix_form(item, reader) if matrix and isinstance(item, Array) else None
    return whole or reader.form(item)


def text(
    item: Readable | Form, style: str = "linear", rename: Mapping[str, str] | None = None
) -> str:
    """A term, an array or a surface expression as text.

    >>> from derive.terms.arrays import variable
    >>> X, b, y = variable("X", ("n", "p")), variable("b", ("p",)), variable("y", ("n",))
    >>> text(2 * X.T @ (X @ b - y)), text(2 * X.T @ (X @ b - y), "unicode")
    ('2 * X.T @ (X @ b - y)', '2 Xᵀ (X b − y)')
    """
    return STYLES[style](_form(item, rename))


def latex(item: Readable | Form, rename: Mapping[str, str] | None = None) -> str:
    """A term, an array or a surface expression in LaTeX.

    >>> from derive.terms.arrays import inverse, variable
    >>> latex(inverse(variable("A", ("n", "n"))).T)
    'A^{-\\\\top}'
    """
    return tex.latex(_form(item, rename))


def _form(item: Readable | Form, rename: Mapping[str, str] | None) -> Form:
    return item if isinstance(item, Form) else reading(item, Reader([item], rename))
