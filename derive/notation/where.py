"""The line below a formula: where its names live, what they stand for, how far its indices run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

from derive.notation import linear, pretty, tex
from derive.notation.expectations import moments_of
from derive.notation.forms import (
    Call,
    Entry,
    Form,
    Name,
    Norm,
    Outer,
    Plus,
    Product,
    counts_from_nought,
    parts,
    scales,
)
from derive.notation.matrices import matrix_form
from derive.notation.names import SUPERSCRIPTS, cell_width, translated
from derive.notation.reading import Readable, Reader
from derive.terms.arrays import Array
from derive.terms.indices import Affine
from derive.terms.nodes import Add, At, D, Term
from derive.terms.sizes import Size
from derive.terms.structure import reachable, recurrence_step
from derive.terms.tensors import Choice, Definition, Kind, Recurrence, Tensor

NAMED = (
    Kind.SIMPLEX,
    Kind.ONE_HOT,
    Kind.SYMMETRIC,
    Kind.POSITIVE,
    Kind.POSITIVE_DEFINITE,
    Kind.NONNEGATIVE,
    Kind.ORTHONORMAL,
)
NOTES = {kind: kind.value for kind in NAMED} | {Kind.SIGNS: "1 or -1", Kind.MASK: "0 or 1"}
CLAUSE_GAP = "    "
MARGIN = 14  # what a row has at least
OPENING, CLOSING = "([{", ")]}"
BEFORE = "+−-=·*/<>≥≤∈"  # signs that a row begins with rather than end


@dataclass(frozen=True)
class Space:
    """Where a variable lives."""

    name: Name
    sizes: tuple[Form, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Range:
    """How far some indices run."""

    names: tuple[Name, ...]
    first: int
    last: Form


@dataclass(frozen=True)
class Equation:
    """What a name stands for."""

    left: Form
    right: Form
    first: int = 1  # from which indices run on its page


Clause: TypeAlias = Space | Range | Equation


def where(
    page: Sequence[Readable],
    reader: Reader,
    ascii: bool = False,
    shown: Sequence[Form] | None = None,
    style: str = "unicode",
) -> tuple[str, ...]:
    """The clauses that a page needs: variables, index ranges, definitions in order.

    ``shown`` holds the forms on the page, where they are not those that `reading` gives; ``style``
    is unicode, ascii or latex (formulas without delimiters).

    >>> from derive.terms.arrays import variable
    >>> X, b = variable("X", ("n", "p")), variable("b", ("p",))
    >>> page = [(X @ b).body]
    >>> where(page, Reader(page))
    ('X ∈ ℝⁿˣᵖ', 'b ∈ ℝᵖ', 'i ∈ 1…n', 'j ∈ 1…p')
    """
    said = clauses(page, reader, shown)
    wording = STYLES["ascii" if ascii else style]
    if wording is STYLES["unicode"]:
        forms = [_shown(item, reader) for item in page] if shown is None else shown
        wording = wording | {
            Equation: _equation(partial(pretty.text, bracketed=bracketed(said, forms)))
        }
    return tuple(wording[type(clause)](clause) for clause in said)


def bracketed(said: Iterable[Clause], forms: Iterable[Form]) -> bool:
    """Whether some subscript of a page has no glyph, so that all on it are written x[i]."""
    sides = [side for c in said if isinstance(c, Equation) for side in (c.left, c.right)]
    return pretty.needs_brackets([*forms, *sides])


def clauses(
    page: Sequence[Readable], reader: Reader, shown: Sequence[Form] | None = None
) -> tuple[Clause, ...]:
    """What a page has to say of its names."""
    terms = [item.body if isinstance(item, Array) else item for item in page]
    tensors = list(dict.fromkeys(tensor for term in terms for tensor in _used(term)))
    forms = [_shown(item, reader) for item in page] if shown is None else list(shown)
    hidden = [moments.arguments[0] for moments in map(moments_of, tensors) if moments]
    spaces = [_space(t, reader) for t in tensors if t.is_variable and t not in hidden]
    meant = Definition | Recurrence | Choice
    named = [t for t in tensors if t.name and isinstance(t.origin, meant)]
    own = _indices(forms, reader)
    equations = [equation for t in named for equation in _equations(t, own, reader)]
    every = [*forms, *(form for e in equations for form in (e.left, e.right))]
    first = 0 if counts_from_nought(every) else 1
    told = (replace(equation, first=first) for equation in equations)
    return (*spaces, *_ranges(every, reader), *told)


def _shown(item: Readable, reader: Reader) -> Form:
    whole = matrix_form(item, reader) if isinstance(item, Array) and item.ndim else None
    return whole or reader.form(item)


def _indices(forms: Sequence[Form], reader: Reader) -> list[tuple[str, Size]]:
    """The indices that forms show, with their sizes, in order of first appearance."""
    names = (part.text for form in forms for part in parts(form) if isinstance(part, Name))
    return [(name, reader.sizes[name]) for name in dict.fromkeys(names) if name in reader.sizes]


def _used(term: Term) -> tuple[Tensor, ...]:
    """The tensors of a term; what it is differentiated by comes last."""
    if isinstance(term, D):
        return (*_used(term.body), *reachable(term.variable))
    return reachable(term)


def wrapped(clauses: Iterable[str], width: int, start: str = "where   ") -> str:
    """Clauses in rows, aligned below the first; one that is too long goes on further in.

    >>> print(wrapped(["x ∈ ℝᴷ", "y[i] = Σ[k] x[d·k + s·i − p] w[k] + b"], 34))
    where   x ∈ ℝᴷ
            y[i] = Σ[k]
                x[d·k + s·i − p]
                w[k] + b
    """
    rows = [start]
    for clause in clauses:
        gap = CLAUSE_GAP if rows[-1].strip() and rows[-1] != start else ""
        if gap and cell_width(rows[-1] + gap + clause) > width:
            rows.append(" " * len(start))
            gap = ""
        first, *others = broken(clause, width - len(start)) if not gap else [clause]
        rows[-1] += gap + first
        rows += [" " * len(start) + other for other in others]
        rows += [" " * len(start)] if others else []  # nothing stands beside a long one
    return "\n".join(row for row in rows if row.strip())


def broken(clause: str, width: int, gap: str = CLAUSE_GAP) -> list[str]:
    """A clause in rows that fit, each ended in the fewest brackets, after a comma if it can be."""
    rows = []
    while cell_width(clause) > width:
        gaps = list(_gaps(clause, width)) or list(_gaps(clause, len(clause)))[:1]
        if not gaps:
            break  # and where none fits, at the first
        place = -min(gaps)[2]
        rows.append(clause[:place])
        clause = gap + clause[place + 1 :]
    return [*rows, clause]


def _gaps(clause: str, width: int) -> Iterator[tuple[int, bool, int]]:
    """The places at which a row can end: how many brackets are open, and if no comma is there."""
    depth = 0
    for place, sign in enumerate(clause):
        depth += (sign in OPENING) - (sign in CLOSING)
        fits = MARGIN < cell_width(clause[:place]) <= width
        if sign == " " and fits and clause[place - 1] not in BEFORE:
            yield depth, clause[place - 1] != ",", -place


def _space(tensor: Tensor, reader: Reader) -> Space:
    moments = moments_of(tensor)
    shape = tensor.shape if moments is None else tensor.shape[:-1]
    sizes = tuple(_size(size, reader) for size in shape)
    notes = tuple(words for kind, words in NOTES.items() if tensor.has(kind))
    if moments is not None:
        notes = ("random",)
    return Space(Name(reader.named(tensor.name)), sizes, notes)


def _size(size: Size, reader: Reader) -> Form:
    return reader.affine(Affine.of(size))


def _equations(tensor: Tensor, own: Sequence[tuple[str, Size]], reader: Reader) -> list[Equation]:
    """``r = X b − y`` where a product says it best, else ``sᵢ = exp zᵢ / S``."""
    origin = tensor.origin
    if isinstance(origin, Recurrence):
        return _recurrence(tensor, origin, own, reader)
    if isinstance(origin, Choice):
        return _choice(tensor, origin, own, reader)
    assert isinstance(origin, Definition)
    name = Name(reader.named(tensor.name))
    whole = matrix_form(Array(origin.indices, origin.body), reader)
    if whole is not None and _reads_best(whole):
        return [Equation(name, whole)]
    names, body = reader.under(origin.indices, origin.body, own)
    return [Equation(Entry(name, names) if names else name, body)]


def _recurrence(
    tensor: Tensor, origin: Recurrence, own: Sequence[tuple[str, Size]], reader: Reader
) -> list[Equation]:
    """``h[0] = …`` and ``h[t + 1] = …``."""
    start = Add((At(tensor, (0, *origin.rest)), origin.start))
    step = Add((At(tensor, (origin.time + 1, *origin.rest)), recurrence_step(tensor)))
    pages = ((origin.rest, start), ((origin.time, *origin.rest), step))
    # Its time is counted from another end than an index of the same range may be.
    time = origin.time
    own = [(name, size) for name, size in own if name == time.name or size != time.size]
    sums = [reader.under(indices, term, own)[1] for indices, term in pages]
    return [Equation(form.parts[0], form.parts[1]) for form in sums if isinstance(form, Plus)]


def _choice(
    tensor: Tensor, origin: Choice, own: Sequence[tuple[str, Size]], reader: Reader
) -> list[Equation]:
    """``w[i, j] = [j = argmax …]``."""
    indices = (*origin.outer, *origin.chosen)
    meaning = At(Tensor("", tensor.shape, (), origin), indices)
    form = reader.under(indices, Add((At(tensor, indices), meaning)), own)[1]
    return [Equation(form.parts[0], form.parts[1])] if isinstance(form, Plus) else []


def _reads_best(whole: Form) -> bool:
    """Whether a product of matrices says it, and no matrix is there for broadcasting only."""
    inside = list(parts(whole))
    alone = any(isinstance(part, Call) and part.function == "diag" for part in inside) and not any(
        isinstance(part, Product) for part in inside
    )
    scaled = alone or any(map(scales, inside))
    told = isinstance(whole, Norm) or any(isinstance(part, Product | Outer) for part in inside)
    return told and not scaled


def _ranges(forms: Sequence[Form], reader: Reader) -> list[Range]:
    """The indices of each range, in alphabetical order."""
    by_size: dict[Size, list[Name]] = {}
    for name, size in sorted(_indices(forms, reader), key=lambda pair: pair[0]):
        by_size.setdefault(size, []).append(Name(name))
    first = 0 if counts_from_nought(forms) else 1
    return [
        Range(tuple(names), first, _size(size - 1 + first, reader))
        for size, names in by_size.items()
    ]


# --------------------------------------------------------------------------------------------
# Clauses in each style


def _unicode_space(clause: Space) -> str:
    sizes = [pretty.text(size) for size in clause.sizes]
    shape = "×".join(map(_bracketed, sizes) if len(sizes) > 1 else sizes)
    raised = translated(shape, SUPERSCRIPTS) if " " not in shape else None
    if raised is None:
        raised = f"^{shape}" if shape.isidentifier() else f"^({shape})"
    notes = f" ({', '.join(clause.notes)})" if clause.notes else ""
    return f"{pretty.text(clause.name)} ∈ ℝ{raised}{notes}"


def _bracketed(size: str) -> str:
    """A size beside a sign of multiplication."""
    return f"({size})" if any(sign in size for sign in (" + ", " - ", " − ")) else size


def _ascii_space(clause: Space) -> str:
    shape = ", ".join(map(linear.text, clause.sizes)) or "scalar"
    notes = f" ({', '.join(clause.notes)})" if clause.notes else ""
    return f"{linear.text(clause.name)}: {shape}{notes}"


def _latex_space(clause: Space) -> str:
    shape = r" \times ".join(_bracketed(tex.latex(size)) for size in clause.sizes)
    notes = rf" \text{{ ({', '.join(clause.notes)})}}" if clause.notes else ""
    return rf"{tex.latex(clause.name)} \in \mathbb{{R}}{f'^{{{shape}}}' if shape else ''}{notes}"


def _names(clause: Range, text: Callable[[Form], str]) -> str:
    return ", ".join(map(text, clause.names))


def _unicode_range(clause: Range) -> str:
    return f"{_names(clause, pretty.text)} ∈ {clause.first}…{pretty.text(clause.last)}"


def _ascii_range(clause: Range) -> str:
    return f"{_names(clause, linear.text)} in {clause.first}..{linear.text(clause.last)}"


def _latex_range(clause: Range) -> str:
    last = tex.latex(clause.last)
    return rf"{_names(clause, tex.latex)} \in \{{{clause.first}, \ldots, {last}\}}"


def _equation(text: Callable[[Form], str]) -> Callable[[Equation], str]:
    return lambda clause: f"{text(clause.left)} = {text(clause.right)}"


def _latex_equation(clause: Equation) -> str:
    left, right = (tex.latex(form, clause.first == 0) for form in (clause.left, clause.right))
    return f"{left} = {right}"


STYLES: dict[str, dict[type, Callable[[Any], str]]] = {
    "unicode": {
        Space: _unicode_space,
        Range: _unicode_range,
        Equation: _equation(pretty.text),
    },
    "ascii": {Space: _ascii_space, Range: _ascii_range, Equation: _equation(linear.text)},
    "latex": {Space: _latex_space, Range: _latex_range, Equation: _latex_equation},
}
