"""Bounds for the degrees of rational terms: what an agreement modulo a prime is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from derive.proof.evaluator.survey import is_integer
from derive.terms.indices import Affine
from derive.terms.nodes import Add, At, Count, D, Fn, Mul, Num, Pow, Sum, Term
from derive.terms.tensors import Definition, Determinant, Inverse, Kind, Recurrence, Tensor

FUNCTION = 8  # at least the degree of a polynomial that stands for an opaque function


@dataclass(frozen=True)
class Degree:
    """Bounds for the degrees of a numerator and a denominator."""

    above: int = 0
    below: int = 0

    def times(self, other: Degree) -> Degree:
        """Of a product."""
        return Degree(self.above + other.above, self.below + other.below)

    def plus(self, other: Degree) -> Degree:
        """Of a sum, over the product of the denominators."""
        below = self.below + other.below
        return Degree(max(self.above + other.below, other.above + self.below), below)

    def power(self, exponent: int) -> Degree:
        """Of a power; a negative one exchanges numerator and denominator."""
        n = abs(exponent)
        return Degree(n * self.above, n * self.below) if exponent >= 0 else self.flipped.power(n)

    @property
    def flipped(self) -> Degree:
        """Of the reciprocal."""
        return Degree(self.below, self.above)


@dataclass
class Degrees:
    """Degree bounds of terms and of named tensors at one shape."""

    sizes: Mapping[str, int]
    known: dict[Tensor, Degree] = field(default_factory=dict)
    sides: dict[Term, Degree] = field(default_factory=dict)

    def difference(self, left: Term, right: Term) -> int:
        """A bound for the degree whose zeros hide a difference, with all poles counted."""
        both = self._side(left).plus(self._side(right))
        return both.above + both.below

    def _side(self, term: Term) -> Degree:
        """Kept, for the right side of a step is the left side of the next."""
        found = self.sides.get(term)
        if found is None:
            found = self.sides[term] = self.of(term)
        return found

    def of(self, term: Term) -> Degree:
        """The degrees of a term in the numbers drawn."""
        rule = RULES.get(type(term))
        return rule(self, term) if rule else Degree()

    def tensor(self, tensor: Tensor) -> Degree:
        """The degrees of each entry of a tensor."""
        if tensor not in self.known:
            self.known[tensor] = self._tensor(tensor)
        return self.known[tensor]

    def _tensor(self, tensor: Tensor) -> Degree:
        origin = tensor.origin
        if isinstance(origin, Definition):
            return self.of(origin.body)
        if isinstance(origin, Inverse | Determinant):
            return self._matrix(origin.matrix, isinstance(origin, Inverse))
        if isinstance(origin, Recurrence):
            return self._recurrence(tensor, origin)
        if tensor.has(Kind.ORTHONORMAL, Kind.MOMENTS):
            largest = max(size.value(self.sizes) for size in tensor.shape)
            return Degree(4 * largest + 2, 4 * largest + 2)
        return Degree(2 if tensor.facts else 1)

    def _matrix(self, matrix: Tensor, inverted: bool) -> Degree:
        n, entry = matrix.shape[-1].value(self.sizes), self.tensor(matrix)
        shared = entry.below * n * n  # all denominators of the matrix together
        full = Degree((entry.above + shared) * n, shared * n)
        return full.flipped.times(full) if inverted else full

    def _recurrence(self, tensor: Tensor, origin: Recurrence) -> Degree:
        degree = self.of(origin.start)
        for _ in range(tensor.shape[0].value(self.sizes)):
            self.known[origin.previous] = degree
            degree = self.of(origin.step).plus(degree)
        return degree

    def largest(self, exponent: Term) -> int:
        """The largest absolute value of an integer term over the ranges of its indices."""
        if isinstance(exponent, Num):
            return abs(int(exponent.value))
        if isinstance(exponent, Count):
            return self._extent(exponent.form)
        parts = [self.largest(part) for part in exponent.children]
        total = 0 if isinstance(exponent, Add) else 1
        for part in parts:
            total = total + part if isinstance(exponent, Add) else total * part
        return total

    def _extent(self, form: Affine) -> int:
        total = abs(form.constant.value(self.sizes))
        for index, coefficient in form.coefficients:
            total += abs(coefficient.value(self.sizes)) * index.size.value(self.sizes)
        return total


def _sum(degrees: Degrees, term: Sum) -> Degree:
    one, n = degrees.of(term.body), term.index.size.value(degrees.sizes)
    return Degree(one.above + max(n - 1, 0) * one.below, n * one.below)


def _folded(
    start: Degree, combine: Callable[[Degree, Degree], Degree]
) -> Callable[[Degrees, Add | Mul], Degree]:
    def rule(degrees: Degrees, term: Add | Mul) -> Degree:
        total = start
        for part in term.parts:
            total = combine(total, degrees.of(part))
        return total

    return rule


def _power(degrees: Degrees, term: Pow) -> Degree:
    base = degrees.of(term.base)
    if isinstance(term.exponent, Num) and is_integer(term.exponent):
        return base.power(int(term.exponent.value))
    n = degrees.largest(term.exponent)
    return Degree(max(base.above, base.below) * n, max(base.above, base.below) * n)


def _function(degrees: Degrees, term: Fn) -> Degree:
    inside = Degree()
    for argument in term.arguments:
        inside = inside.times(degrees.of(argument))
    return Degree(1 + FUNCTION * (inside.above + inside.below), FUNCTION * inside.below)


def _derivative(degrees: Degrees, term: D) -> Degree:
    body = degrees.of(term.body)
    return Degree(body.above + body.below, 2 * body.below)


RULES: dict[type[Term], Callable[..., Degree]] = {
    At: lambda degrees, term: degrees.tensor(term.tensor),
    Add: _folded(Degree(), Degree.plus),
    Mul: _folded(Degree(), Degree.times),
    Pow: _power,
    Fn: _function,
    Sum: _sum,
    D: _derivative,
}
