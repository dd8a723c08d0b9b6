"""Reading a term: from a `Term` to the surface expression that is displayed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from derive.notation.affine import affine_form, compared
from derive.notation.expectations import expected
from derive.notation.forms import (
    NIL,
    ONE,
    Applied,
    Call,
    Counted,
    Entry,
    Family,
    Form,
    Inverted,
    Iverson,
    Kronecker,
    Minus,
    Name,
    Number,
    Over,
    Partial,
    Plus,
    Power,
    Root,
    Times,
    Total,
    beside_nought,
)
from derive.notation.maxima import Largest, largest_at, maximised
from derive.notation.names import ascii_name, fresh_name
from derive.terms.arrays import Array
from derive.terms.indices import Affine, Index
from derive.terms.nodes import (
    Add,
    At,
    Cond,
    Count,
    D,
    Delta,
    Fn,
    Guard,
    Mul,
    Num,
    Pow,
    Sum,
    Term,
    subterms,
)
from derive.terms.sizes import Size
from derive.terms.structure import (
    ordered_free_indices,
    reachable,
    size_names,
    unfolded,
)
from derive.terms.tensors import (
    Choice,
    Definition,
    Determinant,
    Inverse,
    LogDeterminant,
    Tensor,
)

Readable: TypeAlias = "Term | Array"
INDICATORS = {"delta": "kronecker", "guard": "nonnegative"}


class Reader:
    """Reads the terms of one page: an index has one name on all of it, and no name two meanings.

    >>> i = Index("i", "n")
    >>> Reader().form(Sum(i, At(Tensor("r", (i.size,)), (i,))))
    Total(indices=(Name(text='i'),), body=Entry(head=Name(text='r'), slots=(Name(text='i'),)),
    operator='sum', conditions=(), sizes=(Name(text='n'),), stated=(False,))
    """

    def __init__(self, page: Iterable[Readable] = (), rename: Mapping[str, str] | None = None):
        self.rename = dict(rename or {})
        self.taken: dict[str, None] = {}
        self.names: dict[Index, str] = {}
        self.sizes: dict[str, Size] = {}  # of all index names given out: one range a name
        for item in (items := tuple(page)):
            self._reserve(_body(item))
        for item in items:
            self._name_free(item)

    def form(self, item: Readable) -> Form:
        """The surface expression of a term, or of the entry of an array at its own indices."""
        self._reserve(_body(item))
        self._name_free(item)
        return self.read(_body(item))

    def read(self, term: Term) -> Form:
        """The surface expression of a term whose free indices are named."""
        return READINGS[type(term)](self, term)

    def named(self, name: str) -> str:
        """The name to show."""
        return self.rename.get(name, name)

    def index(self, index: Index) -> Name:
        """The name of an index in scope."""
        return Name(self.names[index])

    def affine(self, form: Affine) -> Form:
        """An affine form over indices in scope."""
        return affine_form(form, self.index, self.named)

    def under(
        self,
        indices: Sequence[Index],
        term: Term,
        shared: Iterable[tuple[str, Size]] = (),
    ) -> tuple[tuple[Name, ...], Form]:
        """Names for bound indices, and a term read with them; they are free again afterwards.

        Names of ``shared`` indices are taken for bound ones of the same range.
        """
        before = dict(self.names)
        for index in indices:
            same = (name for name, size in shared if size == index.size)
            given = {self.names.get(other) for other in indices}
            name = next((name for name in same if name not in given), None)
            if name is not None:
                self.names[index] = name
        names = tuple(Name(self._name(index)) for index in indices)
        body = self.read(term)
        self.names = before
        return names, body

    def indicator(self, kind: str) -> str:
        """How ``delta`` or ``guard`` is called: by its other name where a tensor has the first."""
        taken = any(ascii_name(name) == kind for name in self.taken)
        return INDICATORS[kind] if taken else kind

    def head(self, tensor: Tensor) -> Form:
        """A whole tensor: its name, or the matrix expression that an anonymous one stands for."""
        if tensor.name:
            return Name(self.named(tensor.name))
        if isinstance(tensor.origin, Inverse):
            return Inverted(self.head(tensor.origin.matrix))
        if isinstance(tensor.origin, Definition):
            return self.whole(Array(tensor.origin.indices, tensor.origin.body))
        raise ValueError(f"a tensor of shape {tensor.shape} has neither a name nor a form")

    def whole(self, array: Array) -> Form:
        """An array as a matrix expression, else given by its entries."""
        from derive.notation.matrices import matrix_form

        whole = matrix_form(array, self)
        if whole is not None or not array.ndim:
            return whole or self.form(array)
        ranges = self.ranges(array.indices, array.body)
        return Family(*self.under(array.indices, array.body), *ranges)

    def ranges(
        self, indices: Sequence[Index], body: Term
    ) -> tuple[tuple[Form, ...], tuple[bool, ...]]:
        """The sizes of bound indices, and for which of them no slot of the body tells it."""
        sizes = tuple(self.affine(Affine.of(index.size)) for index in indices)
        return sizes, tuple(axis_sizes(body, index) != [index.size] for index in indices)

    def _reserve(self, term: Term) -> None:
        """No index takes the name of a tensor or size on the page."""
        for tensor in reachable(term):
            self.taken.setdefault(self.named(tensor.name))
        for name in size_names(term):
            self.taken.setdefault(self.named(name))

    def _name_free(self, item: Readable) -> None:
        own = item.indices if isinstance(item, Array) else ()
        for index in (*own, *ordered_free_indices(_body(item))):
            self._name(index)

    def _name(self, index: Index) -> str:
        if index not in self.names:
            others = (name for name, size in self.sizes.items() if size != index.size)
            used = {*self.taken, *self.names.values(), *others}
            self.names[index] = fresh_name(self.named(index.name), used)
            self.sizes[self.names[index]] = index.size
        return self.names[index]


def _body(item: Readable) -> Term:
    return item.body if isinstance(item, Array) else item


# --------------------------------------------------------------------------------------------
# One reading for each kind of term


def _number(reader: Reader, term: Num) -> Form:
    number = Number(abs(term.value))
    return Minus(number) if term.value < 0 else number


def _count(reader: Reader, term: Count) -> Form:
    form = reader.affine(term.form)
    return form if isinstance(form, Name | Number) else Counted(form)


def _entry(reader: Reader, term: At) -> Form:
    tensor = term.tensor
    if not tensor.name and type(tensor.origin) in ANONYMOUS:
        return ANONYMOUS[type(tensor.origin)](reader, term)
    head = reader.head(tensor)
    return Entry(head, tuple(map(reader.affine, term.slots))) if term.slots else head


def _sum(reader: Reader, term: Add) -> Form:
    if not term.parts:
        return NIL
    return (
        Plus(tuple(map(reader.read, term.parts)))
        if len(term.parts) > 1
        else reader.read(term.parts[0])
    )


def _product(reader: Reader, term: Mul) -> Form:
    negative, factors = _sign_apart(term.parts)
    done: list[Form] = []
    for factor in factors:
        if done and is_reciprocal(factor) and not _is_fraction(done, factor):
            done = [Over(times(done), reader.read(factor.children[0]))]
        else:
            done.append(reader.read(factor))
    return Minus(times(done)) if negative else times(done)


def _is_fraction(done: list[Form], factor: Term) -> bool:
    """Whether a number over a number would be read back as one fraction."""
    return isinstance(done[0], Number) and len(done) == 1 and isinstance(factor.children[0], Num)


def _sign_apart(factors: tuple[Term, ...]) -> tuple[bool, tuple[Term, ...]]:
    """Whether a product begins with a negative number, and its factors without the sign."""
    first, rest = factors[:1], factors[1:]
    if not rest or not isinstance(first[0], Num) or first[0].value >= 0:
        return False, factors
    if first[0].value != -1 or is_reciprocal(rest[0]):
        return True, (Num(-first[0].value), *rest)
    return (False, factors) if isinstance(rest[0], Num | Mul) else (True, rest)


def is_reciprocal(term: Term) -> bool:
    """Whether a term is something to the power -1."""
    return isinstance(term, Pow) and term.exponent == Num(-1)


def times(factors: list[Form]) -> Form:
    """A product of given factors; 1 when there are none."""
    return Times(tuple(factors)) if len(factors) > 1 else factors[0] if factors else ONE


def _power(reader: Reader, term: Pow) -> Form:
    base = reader.read(term.base)
    if term.exponent == Num(Fraction(1, 2)):
        return Root(base)
    return Power(base, reader.read(term.exponent))


def _function(reader: Reader, term: Fn) -> Form:
    arguments = tuple(map(reader.read, term.arguments))
    if isinstance(term.function, str):
        return Call(term.function, arguments)
    return Applied(reader.named(term.function.name), term.function.orders, arguments)


def _total(reader: Reader, term: Sum) -> Form:
    inside = expected(term)
    if inside is not None:
        return Applied("E", (0,), (reader.read(inside),))
    largest = maximised(term)
    if largest:
        return _largest(reader, largest, "max")
    indices: list[Index] = []
    body: Term = term
    while isinstance(body, Sum) and not maximised(body) and expected(body) is None:
        indices.append(body.index)
        body = body.body
    return Total(*reader.under(indices, body), "sum", (), *reader.ranges(indices, body))


def axis_sizes(term: Term, index: Index) -> list[Size]:
    """The sizes of the axes in whose slots an index stands alone."""
    found: dict[Size, None] = {}
    for part in subterms(term):
        entry = part.variable if isinstance(part, D) else part
        if not isinstance(entry, At):
            continue
        origin, own = entry.tensor.origin, 0
        if not entry.tensor.name and isinstance(origin, Definition):
            found.update(dict.fromkeys(axis_sizes(unfolded(entry), index)))
            continue
        if not entry.tensor.name and isinstance(origin, Choice):
            # A maximum is shown by what is compared, and shows the choices as its slots.
            found.update(dict.fromkeys(axis_sizes(largest_at(origin, entry).body, index)))
            own = len(origin.outer)
        axes = zip(entry.slots[own:], entry.tensor.shape[own:], strict=True)
        found.update((size, None) for slot, size in axes if slot.plain is index)
    return list(found)


def _largest(reader: Reader, largest: Largest, operator: str) -> Form:
    before = dict(reader.names)
    names, inside = reader.under(largest.chosen, largest.body)
    reader.names.update(zip(largest.chosen, (name.text for name in names), strict=True))
    conditions = tuple(compared(g, reader.index, reader.named, "guard") for g in largest.allowed)
    reader.names = before
    ranges = reader.ranges(largest.chosen, largest.body)
    return Total(names, inside, operator, conditions, *ranges)


def _delta(reader: Reader, term: Delta) -> Form:
    unit = sorted(term.form.coefficients, key=lambda item: item[1] != 1)
    kind = reader.indicator("delta")
    if kind == "delta" and not term.form.constant and [c.constant for _, c in unit] == [1, -1]:
        return Kronecker(*(reader.index(index) for index, _ in unit))
    return compared(term.form, reader.index, reader.named, kind)


def _guard(reader: Reader, term: Guard) -> Form:
    return compared(term.form, reader.index, reader.named, reader.indicator("guard"))


def _condition(reader: Reader, term: Cond) -> Form:
    body = reader.read(term.term)
    return Iverson(*beside_nought(body, ">"), "cond", body)


def _derivative(reader: Reader, term: D) -> Form:
    variables: list[Form] = []
    body: Term = term
    while isinstance(body, D):
        variables.append(reader.read(body.variable))
        body = body.body
    return Partial(reader.read(body), tuple(variables))


def _unfolded(reader: Reader, term: At) -> Form:
    return reader.read(unfolded(term))


def _determinant(reader: Reader, term: At) -> Form:
    return Call("det", (reader.head(term.tensor.origin.matrix),))  # type: ignore[union-attr]


def _log_determinant(reader: Reader, term: At) -> Form:
    return Call("logdet", (reader.head(term.tensor.origin.matrix),))  # type: ignore[union-attr]


def _weight(reader: Reader, term: At) -> Form:
    largest = largest_at(term.tensor.origin, term)  # type: ignore[arg-type]
    if not largest.chosen:
        return ONE
    slots = tuple(map(reader.affine, term.slots[-len(largest.chosen) :]))
    return Entry(_largest(reader, largest, "argmax"), slots)


ANONYMOUS: dict[type, Callable[[Reader, At], Form]] = {
    Definition: _unfolded,
    Determinant: _determinant,
    LogDeterminant: _log_determinant,
    Choice: _weight,
}
READINGS: dict[type, Callable[[Reader, Any], Form]] = {
    Num: _number,
    Count: _count,
    At: _entry,
    Add: _sum,
    Mul: _product,
    Pow: _power,
    Fn: _function,
    Sum: _total,
    Delta: _delta,
    Guard: _guard,
    Cond: _condition,
    D: _derivative,
}
