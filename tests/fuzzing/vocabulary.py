"""The indices, variables and small constructors in which the battery is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.terms.arrays import Array, variable
from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Add, Fn, Mul, Num, Pow, Sum, Term
from derive.terms.sizes import ONE, Size, sizes
from derive.terms.statements import Relation, Statement
from derive.terms.tensors import Kind

n, m, s, q = sizes("n m s q")
i, j, k, l, u = (Index(name, n) for name in "ijklu")  # noqa: E741
a, b = Index("a", m), Index("b", m)
a_, b_ = Index("a", n), Index("b", n)
longer, shorter = Index("v", n + 1), Index("v", n - 1)
two, single = Index("v", Size.of(2)), Index("o", ONE)
PLAIN, LARGE = Context(), Context({"n": 3})
FEWER, EMPTY = Context(constraints=(n - m,)), Context({"m": 0})


@dataclass(frozen=True)
class Row:
    """An identity or bound, near misses of its right side, the assumptions that it rests on."""

    name: str
    left: Term
    right: Term
    wrong: tuple[Term, ...]
    context: Context = PLAIN
    rests_on: tuple[type, ...] = ()
    relation: Relation = "="

    @property
    def statement(self) -> Statement:
        """The identity."""
        return Statement(self.left, self.right, self.relation, self.context)

    @property
    def falsehoods(self) -> tuple[Statement, ...]:
        """The near misses."""
        return tuple(replace(self.statement, right=wrong) for wrong in self.wrong)


def vector(name: str, size: Size, *kinds: Kind) -> Callable[[object], Term]:
    tensor = variable(name, (size,), *kinds)
    return lambda slot: tensor.at((Affine.of(slot),))  # type: ignore[arg-type]


def matrix(name: str, shape: tuple[Size, Size], *kinds: Kind) -> Callable[..., Term]:
    tensor = variable(name, shape, *kinds)
    return lambda row, column: tensor.at((Affine.of(row), Affine.of(column)))


x, y, z = (vector(name, n) for name in "xyz")
r, e = vector("r", n, Kind.POSITIVE), vector("e", n, Kind.SIGNS)
w, p = vector("w", n, Kind.MASK), vector("p", n, Kind.SIMPLEX)
h = vector("h", n, Kind.ONE_HOT)
A, B = matrix("A", (n, n)), matrix("B", (n, n))
S = matrix("S", (n, n), Kind.SYMMETRIC)
U, V = matrix("U", (n, m), Kind.ORTHONORMAL), matrix("V", (n, n), Kind.ORTHONORMAL)
M, N = variable("M", (n, n), Kind.NONSINGULAR), variable("N", (n, n), Kind.NONSINGULAR)
c, t = variable("c").body, variable("t", (), Kind.POSITIVE).body
HALF = Num(Fraction(1, 2))


def mul(*parts: Term) -> Term:
    """A product."""
    return Mul(parts)


def add(*parts: Term) -> Term:
    """A sum."""
    return Add(parts)


def minus(*parts: Term) -> Term:
    """A product with -1."""
    return Mul((Num(-1), *parts))


def over(term: Term) -> Term:
    """A reciprocal."""
    return Pow(term, Num(-1))


def sums(*parts: object) -> Term:
    """The sum over some indices of the last part."""
    *indices, body = parts
    for index in reversed(indices):
        body = Sum(index, body)  # type: ignore[arg-type]
    return body  # type: ignore[return-value]


def call(name: str, *arguments: Term) -> Term:
    """A function of terms."""
    return Fn(name, arguments)


def exp(term: Term) -> Term:
    """An exponential."""
    return call("exp", term)


def entry(array: Array, *slots: object) -> Term:
    """An entry of an array."""
    return array.at([Affine.of(slot) for slot in slots])  # type: ignore[arg-type]
