"""The line below a formula: where its names live, what they stand for, how far its indices run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from derive.notation import linear, pretty
from derive.notation.forms import (
    Entry,
    Form,
    Name,
    Outer,
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
from derive.terms.structure import ordered_free_indices, reachable, recurrence_step
from derive.terms.tensors import Definition, Kind, Recurrence, Tensor

SPACES = {
    Kind.SIMPLEX: "Δ",
    Kind.ONE_HOT: "one-hot",
    Kind.SYMMETRIC: "symmetric",
    Kind.POSITIVE: "> 0",
    Kind.POSITIVE_DEFINITE: "positive definite",
}
CLAUSE_GAP = "    "


def where(page: Sequence[Readable], reader: Reader, ascii: bool = False) -> tuple[str, ...]:
    """The clauses that a page needs: variables, index ranges, definitions in order.

    >>> from derive.terms.arrays import variable
    >>> X, b = variable("X", ("n", "p")), variable("b", ("p",))
    >>> page = [(X @ b).body]
    >>> where(page, Reader(page))
    ('X ∈ ℝⁿˣᵖ', 'b ∈ ℝᵖ', 'i ∈ 1…n', 'j ∈ 1…p')
    """
    terms = [item.body if isinstance(item, Array) else item for item in page]
    tensors = list(dict.fromkeys(tensor for term in terms for tensor in _used(term)))
    variables = [_space(t, reader, ascii) for t in tensors if t.is_variable]
    named = [t for t in tensors if t.name and isinstance(t.origin, Definition | Recurrence)]
    indices = _shown_indices(page, reader)
    definitions: list[str] = []
    for tensor in named:
        text, bound = _definition(tensor, indices, reader, ascii)
        definitions.append(text)
        indices += bound
    return (*variables, *_ranges(page, indices, reader, ascii), *definitions)


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


def _definition(
    tensor: Tensor, indices: Sequence[tuple[str, Size]], reader: Reader, ascii: bool
) -> tuple[str, list[tuple[str, Size]]]:
    """``r = X b − y`` where a product says it best, else ``sᵢ = exp zᵢ / S``; the indices shown."""
    origin = tensor.origin
    if isinstance(origin, Recurrence):
        return _recurrence(tensor, origin, reader, ascii)
    assert isinstance(origin, Definition)
    name = Name(reader.named(tensor.name))
    whole = matrix_form(Array(origin.indices, origin.body), reader)
    if whole is not None and _reads_best(whole):
        return f"{_text(name, ascii)} = {_text(whole, ascii)}", []
    reader.bound.clear()
    names, body = reader.under(origin.indices, origin.body, indices)
    left = Entry(name, names) if names else name
    return f"{_text(left, ascii)} = {_text(body, ascii)}", list(reader.bound)


def _recurrence(
    tensor: Tensor, origin: Recurrence, reader: Reader, ascii: bool
) -> tuple[str, list[tuple[str, Size]]]:
    """``h[0] = …, h[t + 1] = …``."""
    reader.bound.clear()
    entry = At(tensor, (0, *origin.rest))
    later = At(tensor, (origin.time + 1, *origin.rest))
    indices = (origin.time, *origin.rest)
    names, step = reader.under(indices, Add((later, recurrence_step(tensor))))
    _, start = reader.under(origin.rest, Add((entry, origin.start)))
    texts = [f"{_text(a, ascii)} = {_text(b, ascii)}" for a, b in (start.parts, step.parts)]  # type: ignore[attr-defined]
    return ", ".join(texts), list(reader.bound)


def _reads_best(whole: Form) -> bool:
    kinds = Product | Outer
    return any(isinstance(part, kinds) for part in parts(whole))


def _ranges(
    page: Sequence[Readable], indices: Sequence[tuple[str, Size]], reader: Reader, ascii: bool
) -> list[str]:
    """``i, j ∈ 1…n``: the indices of each range, in order of first appearance."""
    by_size: dict[Size, dict[str, None]] = {}
    for name, size in indices:
        by_size.setdefault(size, {}).setdefault(name)
    nought = counts_from_nought([reader.form(item) for item in page])
    return [_range(list(names), size, nought, reader, ascii) for size, names in by_size.items()]


def _shown_indices(page: Sequence[Readable], reader: Reader) -> list[tuple[str, Size]]:
    """The names of all indices on a page with their sizes, as they are shown."""
    sizes: list[tuple[str, Size]] = []
    seen: dict[tuple[str, Size], None] = {}
    for item in page:
        body = item.body if isinstance(item, Array) else item
        if isinstance(item, Array) and item.ndim and matrix_form(item, reader) is not None:
            continue
        own = item.indices if isinstance(item, Array) else ()
        free = dict.fromkeys((*own, *ordered_free_indices(body)))
        sizes += [(reader.index(i).text, i.size) for i in free if i in reader.names]
        reader.bound.clear()
        reader.form(body)
        seen.update(reader.bound)
    reader.bound.clear()
    return [*sizes, *seen]


def _range(names: list[str], size: Size, nought: bool, reader: Reader, ascii: bool) -> str:
    shown = ", ".join(_text(Name(name), ascii) for name in names)
    last = _text(_size(size - 1 if nought else size, reader), ascii)
    if ascii:
        return f"{shown} in {0 if nought else 1}..{last}"
    return f"{shown} ∈ {0 if nought else 1}…{last}"
