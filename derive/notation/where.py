"""The line below a formula: where its names live, what they stand for, how far its indices run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from derive.notation import linear, pretty
from derive.notation.forms import (
    Call,
    Entry,
    Form,
    Name,
    Outer,
    Plus,
    Product,
    counts_from_nought,
    parts,
)
from derive.notation.matrices import matrix_form
from derive.notation.names import SUPERSCRIPTS, cell_width, translated
from derive.notation.reading import Readable, Reader
from derive.terms.arrays import Array
from derive.terms.indices import Affine
from derive.terms.nodes import Add, At, D, Term
from derive.terms.sizes import Size
from derive.terms.structure import reachable, recurrence_step
from derive.terms.tensors import Definition, Kind, Recurrence, Tensor

SPACES = {
    Kind.SIMPLEX: "Δ",
    Kind.ONE_HOT: "one-hot",
    Kind.SYMMETRIC: "symmetric",
    Kind.POSITIVE: "> 0",
    Kind.POSITIVE_DEFINITE: "positive definite",
}
CLAUSE_GAP = "    "


def where(
    page: Sequence[Readable],
    reader: Reader,
    ascii: bool = False,
    shown: Sequence[Form] | None = None,
) -> tuple[str, ...]:
    """The clauses that a page needs: variables, index ranges, definitions in order.

    ``shown`` holds the forms on the page, where they are not those that `reading` gives.

    >>> from derive.terms.arrays import variable
    >>> X, b = variable("X", ("n", "p")), variable("b", ("p",))
    >>> page = [(X @ b).body]
    >>> where(page, Reader(page))
    ('X ∈ ℝⁿˣᵖ', 'b ∈ ℝᵖ', 'i ∈ 1…n', 'j ∈ 1…p')
    """
    terms = [item.body if isinstance(item, Array) else item for item in page]
    tensors = list(dict.fromkeys(tensor for term in terms for tensor in _used(term)))
    forms = [_shown(item, reader) for item in page] if shown is None else list(shown)
    variables = [_space(t, reader, ascii) for t in tensors if t.is_variable]
    named = [t for t in tensors if t.name and isinstance(t.origin, Definition | Recurrence)]
    own = _indices(forms, reader)
    equations = [pair for t in named for pair in _equations(t, own, reader)]
    every = [*forms, *(form for pair in equations for form in pair)]
    ranges = _ranges(every, reader, ascii)
    definitions = (f"{_text(a, ascii)} = {_text(b, ascii)}" for a, b in equations)
    return (*variables, *ranges, *definitions)


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
    """Clauses in rows, aligned below the first."""
    rows = [start]
    for clause in clauses:
        gap = CLAUSE_GAP if rows[-1].strip() and rows[-1] != start else ""
        if gap and cell_width(rows[-1] + gap + clause) > width:
            rows.append(" " * len(start))
            gap = ""
        rows[-1] += gap + clause
    return "\n".join(rows)


def _space(tensor: Tensor, reader: Reader, ascii: bool) -> str:
    name = _text(Name(reader.named(tensor.name)), ascii)
    kinds = [kind for kind in SPACES if tensor.has(kind)]
    notes = f" ({', '.join(SPACES[k] for k in kinds)})" if kinds else ""
    if ascii:
        sizes = ", ".join(_text(_size(size, reader), ascii) for size in tensor.shape)
        return f"{name}: {sizes or 'scalar'}".replace("Δ", "simplex") + notes.replace(
            "Δ", "simplex"
        )
    return f"{name} ∈ ℝ{_exponent(tensor.shape, reader)}{notes.replace('Δ', 'simplex')}"


def _exponent(shape: Sequence[Size], reader: Reader) -> str:
    text = "×".join(_text(_size(size, reader), False) for size in shape)
    raised = translated(text, SUPERSCRIPTS) if " " not in text else None
    return raised if raised is not None else f"^({text})"


def _size(size: Size, reader: Reader) -> Form:
    return reader.affine(Affine.of(size))


def _text(form: Form, ascii: bool) -> str:
    return linear.text(form) if ascii else pretty.text(form)


def _equations(
    tensor: Tensor, own: Sequence[tuple[str, Size]], reader: Reader
) -> list[tuple[Form, Form]]:
    """``r = X b − y`` where a product says it best, else ``sᵢ = exp zᵢ / S``."""
    origin = tensor.origin
    if isinstance(origin, Recurrence):
        return _recurrence(tensor, origin, reader)
    assert isinstance(origin, Definition)
    name = Name(reader.named(tensor.name))
    whole = matrix_form(Array(origin.indices, origin.body), reader)
    if whole is not None and _reads_best(whole):
        return [(name, whole)]
    names, body = reader.under(origin.indices, origin.body, own)
    return [(Entry(name, names) if names else name, body)]


def _recurrence(tensor: Tensor, origin: Recurrence, reader: Reader) -> list[tuple[Form, Form]]:
    """``h[0] = …`` and ``h[t + 1] = …``."""
    start = Add((At(tensor, (0, *origin.rest)), origin.start))
    step = Add((At(tensor, (origin.time + 1, *origin.rest)), recurrence_step(tensor)))
    pages = ((origin.rest, start), ((origin.time, *origin.rest), step))
    sums = [reader.under(indices, term)[1] for indices, term in pages]
    return [(form.parts[0], form.parts[1]) for form in sums if isinstance(form, Plus)]


def _reads_best(whole: Form) -> bool:
    """Whether a product of matrices says it, and no matrix is there for broadcasting only."""
    scaled = any(isinstance(part, Call) and part.function == "diag" for part in parts(whole))
    return not scaled and any(isinstance(part, Product | Outer) for part in parts(whole))


def _ranges(forms: Sequence[Form], reader: Reader, ascii: bool) -> list[str]:
    """``i, j ∈ 1…n``: the indices of each range, in alphabetical order."""
    by_size: dict[Size, list[str]] = {}
    for name, size in sorted(_indices(forms, reader), key=lambda pair: pair[0]):
        by_size.setdefault(size, []).append(name)
    nought = counts_from_nought(forms)
    return [_range(names, size, nought, reader, ascii) for size, names in by_size.items()]


def _range(names: list[str], size: Size, nought: bool, reader: Reader, ascii: bool) -> str:
    shown = ", ".join(_text(Name(name), ascii) for name in names)
    last = _text(_size(size - 1 if nought else size, reader), ascii)
    if ascii:
        return f"{shown} in {0 if nought else 1}..{last}"
    return f"{shown} ∈ {0 if nought else 1}…{last}"
