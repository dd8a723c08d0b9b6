"""Terms: scalar-valued expressions with free indices. Constructors evaluate nothing.

Lazy factors (`Guard`, `Delta`, `Cond`) decide first: 0 times an undefined term is 0. An entry out
of range is 0. Everything else is strict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from derive.terms.indices import Affine, AffineLike, Index
from derive.terms.tensors import Function, Tensor

ELEMENTARY = frozenset(
    "exp log sin cos tan sinh cosh tanh sigmoid softplus relu abs sign erf".split()
    + ["maximum", "minimum"]  # of two arguments
)


class Term:
    """The base of all terms: immutable, compared by structure, hashed once."""

    __slots__ = ("_fields", "_hash")
    _fields: tuple[object, ...]
    _hash: int

    def _set(self, *fields: object) -> None:
        _keep_fields(self, fields)
        _keep_hash(self, hash((type(self).__name__, fields)))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(self) is type(other)
            and self._hash == other._hash
            and self._fields == other._fields
        )

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self._fields

    @property
    def children(self) -> tuple[Term, ...]:
        """The terms directly inside."""
        return ()

    def rebuilt(self, children: Iterable[Term]) -> Term:
        """The same node over other children."""
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._fields}"


# Terms are immutable from outside; within, slots are written past `__setattr__`.
_keep_fields = Term.__dict__["_fields"].__set__
_keep_hash = Term.__dict__["_hash"].__set__


class Num(Term):
    """A rational number."""

    __slots__ = ()

    def __init__(self, value: Fraction | int) -> None:
        self._set(Fraction(value))

    @property
    def value(self) -> Fraction:
        return self._fields[0]  # type: ignore[return-value]


class Count(Term):
    """The value of a size or of an affine form over indices, as a number."""

    __slots__ = ()

    def __init__(self, form: AffineLike) -> None:
        self._set(Affine.of(form))

    @property
    def form(self) -> Affine:
        return self._fields[0]  # type: ignore[return-value]


class At(Term):
    """An entry ``tensor[slots]``; 0 where a slot is out of range."""

    __slots__ = ()

    def __init__(self, tensor: Tensor, slots: Iterable[AffineLike] = ()) -> None:
        self._set(tensor, tuple(Affine.of(slot) for slot in slots))

    @property
    def tensor(self) -> Tensor:
        return self._fields[0]  # type: ignore[return-value]

    @property
    def slots(self) -> tuple[Affine, ...]:
        return self._fields[1]  # type: ignore[return-value]


class _Nary(Term):
    __slots__ = ()

    def __init__(self, parts: Iterable[Term]) -> None:
        self._set(tuple(parts))

    @property
    def parts(self) -> tuple[Term, ...]:
        return self._fields[0]  # type: ignore[return-value]

    @property
    def children(self) -> tuple[Term, ...]:
        return self.parts

    def rebuilt(self, children: Iterable[Term]) -> Term:
        return type(self)(children)


class Add(_Nary):
    """A sum of terms, in the order written."""

    __slots__ = ()


class Mul(_Nary):
    """A product of factors, in the order written."""

    __slots__ = ()


class Pow(Term):
    """``base ** exponent``; a non-integer exponent needs a positive base."""

    __slots__ = ()

    def __init__(self, base: Term, exponent: Term) -> None:
        self._set(base, exponent)

    @property
    def base(self) -> Term:
        return self._fields[0]  # type: ignore[return-value]

    @property
    def exponent(self) -> Term:
        return self._fields[1]  # type: ignore[return-value]

    @property
    def children(self) -> tuple[Term, ...]:
        return (self.base, self.exponent)

    def rebuilt(self, children: Iterable[Term]) -> Term:
        return Pow(*children)


class Fn(Term):
    """An elementary function by name (`ELEMENTARY`), or an opaque `Function`, of its arguments."""

    __slots__ = ()

    def __init__(self, function: str | Function, arguments: Iterable[Term]) -> None:
        if isinstance(function, str) and function not in ELEMENTARY:
            raise ValueError(f"unknown elementary function {function!r}")
        self._set(function, tuple(arguments))

    @property
    def function(self) -> str | Function:
        return self._fields[0]  # type: ignore[return-value]

    @property
    def arguments(self) -> tuple[Term, ...]:
        return self._fields[1]  # type: ignore[return-value]

    @property
    def children(self) -> tuple[Term, ...]:
        return self.arguments

    def rebuilt(self, children: Iterable[Term]) -> Term:
        return Fn(self.function, children)


class Sum(Term):
    """The sum of a body over the whole range of an index."""

    __slots__ = ()

    def __init__(self, index: Index, body: Term) -> None:
        self._set(index, body)

    @property
    def index(self) -> Index:
        return self._fields[0]  # type: ignore[return-value]

    @property
    def body(self) -> Term:
        return self._fields[1]  # type: ignore[return-value]

    @property
    def children(self) -> tuple[Term, ...]:
        return (self.body,)

    def rebuilt(self, children: Iterable[Term]) -> Term:
        return Sum(self.index, *children)


class _Indicator(Term):
    __slots__ = ()

    def __init__(self, form: AffineLike) -> None:
        self._set(Affine.of(form))

    @property
    def form(self) -> Affine:
        return self._fields[0]  # type: ignore[return-value]


class Delta(_Indicator):
    """1 where an affine form is 0, else 0."""

    __slots__ = ()


class Guard(_Indicator):
    """1 where an affine form is >= 0, else 0."""

    __slots__ = ()


class Cond(Term):
    """1 where a term is > 0, else 0."""

    __slots__ = ()

    def __init__(self, term: Term) -> None:
        self._set(term)

    @property
    def term(self) -> Term:
        return self._fields[0]  # type: ignore[return-value]

    @property
    def children(self) -> tuple[Term, ...]:
        return (self.term,)

    def rebuilt(self, children: Iterable[Term]) -> Term:
        return Cond(*children)


class D(Term):
    """The derivative of a body by an entry, ``variable`` being an `At`.

    By a variable it is the total derivative, through all definitions. By a defined name it is the
    derivative with that name taken as independent wherever the body reaches it; by an entry of a
    recurrence, later entries follow from it.
    """

    __slots__ = ()

    def __init__(self, body: Term, variable: At) -> None:
        self._set(body, variable)

    @property
    def body(self) -> Term:
        return self._fields[0]  # type: ignore[return-value]

    @property
    def variable(self) -> At:
        return self._fields[1]  # type: ignore[return-value]

    @property
    def children(self) -> tuple[Term, ...]:
        return (self.body,)

    def rebuilt(self, children: Iterable[Term]) -> Term:
        (body,) = children
        return D(body, self.variable)


NOUGHT, UNIT, MINUS = Num(0), Num(1), Num(-1)


def added(left: Term, right: Term) -> Term:
    """``left + right``, continuing a sum on the left."""
    return Add((*left.parts, right)) if isinstance(left, Add) else Add((left, right))


def multiplied(left: Term, right: Term) -> Term:
    """``left * right``, continuing a product on the left."""
    return Mul((*left.parts, right)) if isinstance(left, Mul) else Mul((left, right))


def negated(term: Term) -> Term:
    """``-term``; the sign goes into a leading number, as it is written."""
    if isinstance(term, Num):
        return Num(-term.value)
    if isinstance(term, Mul) and isinstance(term.parts[0], Num):
        return Mul((Num(-term.parts[0].value), *term.parts[1:]))
    return Mul((MINUS, *term.parts)) if isinstance(term, Mul) else Mul((MINUS, term))


def reciprocal(term: Term) -> Term:
    """``1 / term`` as a power."""
    return Pow(term, MINUS)


def divided(left: Term, right: Term) -> Term:
    """``left / right``; two integers make a rational number at once."""
    if isinstance(left, Num) and isinstance(right, Num) and right.value:
        return Num(left.value / right.value)
    return multiplied(left, reciprocal(right))


def summed(indices: Iterable[Index], body: Term) -> Term:
    """The sum over several indices, the last one innermost."""
    for index in reversed(tuple(indices)):
        body = Sum(index, body)
    return body


def subterms(term: Term) -> Iterator[Term]:
    """A term and everything inside it, outermost first; not inside definitions."""
    stack = [term]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children))
