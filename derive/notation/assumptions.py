"""Assumptions in words: ``n > p``, ``S ≠ 0``, ``X'X is nonsingular``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from derive.notation import linear, pretty, tex
from derive.notation.forms import Form, Iverson, Norm, beside_nought
from derive.notation.matrices import matrix_form
from derive.notation.reading import Reader
from derive.terms.arrays import Array
from derive.terms.nodes import At, Count, Guard, Term
from derive.terms.statements import (
    Assumption,
    Declared,
    Nonsingular,
    Nonzero,
    NoTie,
    OffKink,
    Positive,
    SizeBound,
)
from derive.terms.structure import free_indices
from derive.terms.tensors import Choice, Kind, Tensor

WORDS = {
    Kind.SIMPLEX: "{} is nonnegative and sums to one",
    Kind.ONE_HOT: "{} is one-hot",
    Kind.SYMMETRIC: "{} is symmetric",
    Kind.POSITIVE: "{} > 0",
    Kind.NONNEGATIVE: "{} ≥ 0",
    Kind.NONZERO: "{} ≠ 0",
    Kind.POSITIVE_DEFINITE: "{} is positive definite",
    Kind.NONSINGULAR: "{} is nonsingular",
    Kind.FULL_COLUMN_RANK: "{} has full column rank",
    Kind.ORTHONORMAL: "{} has orthonormal columns",
    Kind.MASK: "{} is 0 or 1",
    Kind.SIGNS: "{} is −1 or 1",
    Kind.CONSTANT: "{} is constant",
}
LATEX = {"≠": r"\\ne", "≥": r"\\ge", "≤": r"\\le", ">": ">", "<": "<"}
TEXTS: dict[str, Callable[[Form], str]] = {
    "unicode": pretty.text,
    "boxes": pretty.text,
    "ascii": linear.text,
    "linear": linear.text,
    "latex": lambda form: f"${tex.latex(form)}$",
}
ASCII = {"≠": "!=", "≥": ">=", "≤": "<=", "−": "-"}


class Wording:
    """Words for assumptions in one style and one naming."""

    def __init__(
        self, reader: Reader, style: str, text: Callable[[Form], str] | None = None
    ) -> None:
        self.reader = reader
        self.style = style
        self.text = text or TEXTS[style]

    def term(self, term: Term) -> str:
        return self.text(self.reader.form(term))

    def relation(self, term: Term, sign: str) -> str:
        """``a ≠ b`` for a − b ≠ 0, and ``t > 0``."""
        whole = None if free_indices(term) else matrix_form(Array((), term), self.reader)
        form = whole if isinstance(whole, Norm) else self.reader.form(term)
        left, sign, right = beside_nought(form, sign)
        return f"{self.text(left)} {sign} {self.text(right)}"

    def tensor(self, tensor: Tensor) -> str:
        return self.text(self.reader.head(tensor))

    def spelled(self, words: str) -> str:
        if self.style == "latex":
            return _in_formulas(words)
        signs = {} if self.style == "unicode" else ASCII
        return "".join(signs.get(character, character) for character in words)


def _in_formulas(words: str) -> str:
    """Relations beside formulas as a part of them: ``$S$ ≠ 0`` is ``$S \\ne 0$``."""
    for sign, command in LATEX.items():
        words = re.sub(rf"\$ {sign} \$", rf" {command} ", words)
        words = re.sub(rf"\$ {sign} (\d+)", rf" {command} \1$", words)
    return words.replace("−1", "$-1$")


def assumption_text(
    assumption: Assumption,
    style: str = "unicode",
    reader: Reader | None = None,
    rename: Mapping[str, str] | None = None,
    text: Callable[[Form], str] | None = None,
) -> str:
    """An assumption in words; ``text`` writes forms where a page has a way of its own.

    >>> from derive.terms.sizes import sizes
    >>> n, p = sizes("n p")
    >>> assumption_text(SizeBound(Count(n - p - 1))), assumption_text(SizeBound(Count(n - 2)))
    ('n > p', 'n ≥ 2')
    """
    wording = Wording(reader or Reader(rename=rename), style, text)
    return wording.spelled(WORDINGS[type(assumption)](wording, assumption))


def _declared(wording: Wording, assumption: Declared) -> str:
    if assumption.fact.kind is Kind.MOMENTS:
        return _moments(wording, assumption.tensor, *assumption.fact.arguments[1:])
    return WORDS[assumption.fact.kind].format(wording.tensor(assumption.tensor))


def _moments(wording: Wording, tensor: Tensor, variance: Tensor, mean: Tensor | None = None) -> str:
    """``ε has mean 0 and variance σ², uncorrelated``: entries, and arrays declared apart."""
    centre = "0" if mean is None else wording.term(At(mean))
    spread = wording.term(At(variance))
    entries = ", uncorrelated" if len(tensor.shape) > 1 else ""
    return f"{wording.tensor(tensor)} has mean {centre} and variance {spread}{entries}"


def _size_bound(wording: Wording, assumption: SizeBound) -> str:
    if not isinstance(assumption.size, Count):
        return f"{wording.term(assumption.size)} ≥ 0"
    form = wording.reader.read(Guard(assumption.size.form))
    assert isinstance(form, Iverson)
    return f"{wording.text(form.left)} {form.relation} {wording.text(form.right)}"


def _no_tie(wording: Wording, assumption: NoTie) -> str:
    choice = assumption.weights.origin
    assert isinstance(choice, Choice)
    shared = wording.reader.sizes.items()
    names, body = wording.reader.under((*choice.outer, *choice.chosen), choice.body, shared)
    below = ", ".join(wording.text(name) for name in names[len(choice.outer) :])
    return f"the largest {wording.text(body)} over {below} is attained once (off ties)"


WORDINGS: dict[type, Callable[[Wording, Any], str]] = {
    Nonzero: lambda wording, a: wording.relation(a.term, "≠"),
    Positive: lambda wording, a: wording.relation(a.term, ">"),
    Nonsingular: lambda wording, a: f"{wording.tensor(a.matrix)} is nonsingular",
    OffKink: lambda wording, a: f"{wording.relation(a.term, '≠')} (off the kink)",
    NoTie: _no_tie,
    Declared: _declared,
    SizeBound: _size_bound,
}
