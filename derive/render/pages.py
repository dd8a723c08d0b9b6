"""A record as forms: the lines of its chains, read once with one name for each index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from derive.derivation import Chain, Link, Reason, Record, Step
from derive.notation import (
    Form,
    Line,
    Reader,
    assumption_text,
    matrix_form,
    pretty,
    text,
    where,
)
from derive.notation.forms import (
    Constant,
    Entry,
    Family,
    Hadamard,
    Minus,
    Name,
    Plus,
    Product,
    Reduction,
    Repeated,
    Total,
    parts,
    scales,
)
from derive.notation.outputs import output_sizes, whole_numbers
from derive.notation.tex import RELATIONS, latex
from derive.notation.where import Clause, Range, Space, bracketed, clauses
from derive.terms.arrays import Array
from derive.terms.indices import Index
from derive.terms.nodes import At, Term
from derive.terms.statements import Assumption
from derive.terms.structure import free_indices, may_leave

UNSAID = {"=": "algebra", "<=": "the difference is not negative", "!=": "a counterexample"}
UNICODE = ("unicode", "boxes")
SIGNS = {"=": "=", "<=": "≤", "!=": "≠"}
BEYOND = {"text": "entries out of range are 0", "latex": r"\text{entries out of range are } 0"}
INDEXWISE = Entry | Family | Hadamard | Reduction | Repeated | Total


@dataclass(frozen=True)
class Page:
    """The chains of a record with the reader that names their indices."""

    record: Record
    reader: Reader
    rename: Mapping[str, str]

    @property
    def items(self) -> tuple[Array, ...]:
        """Everything that is said."""
        return tuple(line for chain in self.record.chains.values() for line in chain.lines)

    @property
    def shown(self) -> list[Form]:
        """Everything that is shown."""
        chains = self.record.chains.values()
        whole = [self.closing(chain) for chain in chains]
        lines = [form for chain in chains for form in self.forms(chain)]
        return [*lines, *(form for form in whole if form is not None)]

    @cached_property
    def _clauses(self) -> tuple[Clause, ...]:
        return clauses(self.items, self.reader, self.shown)

    @cached_property
    def from_nought(self) -> bool:
        """Whether the indices of the page start at 0."""
        return any(isinstance(clause, Range) and not clause.first for clause in self._clauses)

    @cached_property
    def bracketed(self) -> bool:
        """Whether entries are written x[i] on the page, as some subscript has no glyph."""
        return bracketed(self._clauses, self.shown)

    def where(self, style: str = "unicode") -> tuple[str, ...]:
        """What the names on the page mean, and how far the indices on it run."""
        said = where(self.items, self.reader, style == "ascii", self.shown, style)
        spaces = sum(isinstance(clause, Space) for clause in self._clauses)
        sizes = whole_numbers(self.record.integers, self.reader, style)
        outputs = output_sizes(self.record.outputs, self.reader, style)
        return (*said[:spaces], *sizes, *outputs, *said[spaces:], *self._beyond(style))

    def _beyond(self, style: str) -> tuple[str, ...]:
        """What an entry is that some array does not have, where a line may read one."""
        context = self.record.context
        if not any(may_leave(line.body, context) for line in self.items):
            return ()
        return (BEYOND["latex" if style == "latex" else "text"],)

    def forms(self, chain: Chain) -> list[Form]:
        """The lines as they are shown: as matrices, where all of them are made of products."""
        labels = [_says_matrix(link) for link in chain.links]
        found = [matrix_form(line, self.reader) for line in chain.lines]
        whole = [form for form in found if form is not None and _is_of_products(form)]
        if len(whole) == len(found) and not any(labels) and not all(map(_is_scaling, whole)):
            return whole
        pairs = zip(chain.lines, [False, *labels], strict=True)
        return [self._entry(line) if label else self.reader.form(line) for line, label in pairs]

    def _entry(self, line: Array) -> Form:
        """``[Xᵀ (X b − y)]ₖ``: the matrix expression of which a line is an entry."""
        axes = self.axes(line)
        whole = matrix_form(Array((*axes, *line.indices), line.body), self.reader)
        if whole is None:
            return self.reader.form(line)
        return Entry(whole, tuple(map(self.reader.index, axes))) if axes else whole

    def axes(self, line: Array) -> tuple[Index, ...]:
        """The free indices of a line, in the order of the signature."""
        free = free_indices(line.body)
        return tuple(index for index in self.record.indices.values() if index in free)

    def matrix(self, chain: Chain) -> Form | None:
        """The result as a matrix expression, where it is the entry of one."""
        axes = self.axes(chain.end)
        if not axes or chain.end.ndim or len(axes) < len(self.record.indices):
            return None
        return matrix_form(Array(axes, chain.end.body), self.reader)

    def closing(self, chain: Chain) -> Form | None:
        """The result as a matrix expression, where that says more than the last line."""
        whole = None if ends_as_matrix(chain) else self.matrix(chain)
        return None if isinstance(whole, Name) or (whole and _cancels(whole)) else whole

    def reason(self, link: Link, style: str = "unicode") -> str:
        """What a link rests on, in words; the names it unfolds are said together."""
        named = [r for r in link.reasons if r.name == "definition"]
        together = replace(named[0], words=_listed(named)) if named else None
        kept = [r for r in link.reasons if r not in named or r is named[0]]
        shown = [together if together and r is named[0] else r for r in kept]
        return (
            "; ".join(r.spoken(lambda t: self._spoken(t, style)) for r in shown)
            or UNSAID[link.relation]
        )

    def _spoken(self, term: Term, style: str) -> str:
        """A term inside words: a name alone stands for the whole tensor."""
        whole = matrix_form(Array((), term), self.reader) if not free_indices(term) else None
        if isinstance(term, At) and not term.slots:
            form = self.reader.head(term.tensor)
        else:
            form = whole if whole and _is_of_products(whole) else self.reader.form(term)
        return self.text(form, style)

    def text(self, form: Form, style: str) -> str:
        """A form inside words, with the ranges and the subscripts of the whole page."""
        if style == "latex":
            return f"${latex(form, self.from_nought)}$"
        return pretty.text(form, self.bracketed) if style in UNICODE else text(form, style)

    def assumptions(self, given: Iterable[Assumption], style: str) -> list[str]:
        """Assumptions in words, each once."""
        written = partial(self.text, style=style)
        words = (assumption_text(a, style, self.reader, text=written) for a in given)
        return list(dict.fromkeys(words))

    def lines(self, chain: Chain, marks: Sequence[str] = (), style: str = "unicode") -> list[Line]:
        """The links of a chain, each with its reason and, where known, its mark."""
        start, *others = self.forms(chain)
        if not others:
            return [Line(start, relation="", reason="definition")]
        return [
            Line(
                right=form,
                left=start if number == 1 else None,
                relation=SIGNS[link.relation],
                reason=self.reason(link, style),
                mark=marks[number - 1] if marks else "",
                number=str(number),
            )
            for number, (link, form) in enumerate(zip(chain.links, others, strict=True), start=1)
        ]

    def claim(self, chain: Chain, number: int, style: str) -> str:
        """One link in one row."""
        link, forms = chain.links[number - 1], self.forms(chain)
        return self._equation(forms[number - 1], link.relation, forms[number], style)

    def theorem(self, chain: Chain, style: str) -> str:
        """The first line and the last, in one row."""
        forms = self.forms(chain)
        return self._equation(forms[0], chain.relation, forms[-1], style)

    def _equation(self, left: Form, relation: str, right: Form, style: str) -> str:
        if style == "latex":
            sides = (latex(form, self.from_nought) for form in (left, right))
            return f" {RELATIONS[relation]} ".join(sides)
        sign = SIGNS[relation] if style == "unicode" else relation
        return f"{text(left, style)} {sign} {text(right, style)}"


def _listed(named: Sequence[Reason]) -> tuple[str | Term, ...]:
    terms = [word for reason in named for word in reason.words if isinstance(word, Term)]
    return ("definition of ", *[word for term in terms for word in (", ", term)][1:])


def _says_matrix(link: Link) -> bool:
    return any(reason.name == "matrix_form" for reason in link.reasons)


def ends_as_matrix(chain: Chain) -> bool:
    """Whether the last line is shown as the entry of a matrix already."""
    return bool(chain.links) and _says_matrix(chain.links[-1])


def _is_of_products(form: Form) -> bool:
    """Whether a matrix expression is made of sums, products, transposes, inverses and traces."""
    return not any(isinstance(part, INDEXWISE) or _is_ones(part) for part in parts(form))


def _is_scaling(form: Form) -> bool:
    """Whether a matrix expression multiplies rows and columns by numbers, and does no more."""
    products = [part for part in parts(form) if isinstance(part, Product)]
    return bool(products) and all(map(scales, products))


def _is_ones(part: Form) -> bool:
    return isinstance(part, Constant) and part.kind == "ones"


def page(record: Record, rename: Mapping[str, str] | None = None) -> Page:
    """The page of a record, with some names shown as others."""
    lines = [line for chain in record.chains.values() for line in chain.lines]
    return Page(record, Reader(lines, rename), dict(rename or {}))


def steps_of(steps: Sequence[Step], part: str) -> Iterator[Step]:
    """The steps of one chain."""
    return (step for step in steps if step.part == part)


def _cancels(form: Form) -> bool:
    """Whether something is subtracted from itself, as z - z for z[k] - z[k]."""
    parts = form.parts if isinstance(form, Plus) else ()
    return any(Minus(part) in parts for part in parts) or any(map(_cancels, form.parts_inside))
