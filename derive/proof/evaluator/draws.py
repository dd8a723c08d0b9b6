"""Values of variables that meet their declared facts by construction."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import prod
from typing import TypeAlias

from derive.proof.evaluator import elimination
from derive.proof.evaluator.arithmetic import Undecidable, Value
from derive.proof.evaluator.duals import Calculus
from derive.proof.evaluator.intervals import reals, root
from derive.proof.evaluator.residues import PRIME, RESIDUES, Residue, residue_root
from derive.terms.tensors import Kind, Tensor

Row: TypeAlias = list[Value]
Matrix: TypeAlias = list[Row]

DENOMINATORS = {0.3: 32, 1.0: 16, 3.0: 8}
MOST = 24  # of a numerator
SIMPLE = tuple(map(Fraction, ("1", "-1", "2", "-2", "0", "1/2", "-1/2", "3")))


@dataclass
class Source:
    """Where entries are drawn from: dyadic rationals of one scale, with one choice of signs."""

    chance: random.Random
    scale: float = 1.0
    negated: bool = False  # all signed draws turned around
    positive_only: bool = False
    simple: bool = False  # only 0, 1, -1, 2, 1/2 ...
    calculus: Calculus = field(default_factory=lambda: Calculus(reals(50)))

    def signed(self) -> Value:
        """Any number."""
        number = self._simple(SIMPLE) if self.simple else self._dyadic()
        if self.positive_only:
            return abs(number) or Fraction(1)
        return -number if self.negated else number

    def nonzero(self) -> Value:
        """A number that is not 0."""
        return self.signed() or Fraction(1)

    def positive(self) -> Value:
        """A number > 0."""
        return abs(self.nonzero())

    def nonnegative(self) -> Value:
        """A number >= 0, now and then 0."""
        return self.positive() if self.chance.random() < 0.75 else Fraction(0)

    def shares(self, parts: int) -> Row:
        """Positive numbers that sum to 1: all but the last are free."""
        whole = 4 if self.simple else 16
        while whole < 2 * parts:
            whole *= 2
        cuts = sorted(self.chance.sample(range(1, whole), parts - 1))
        return [Fraction(b - a, whole) for a, b in pairwise([0, *cuts, whole])]

    def root(self, value: Value) -> Value | None:
        """A square root in the same numbers, if there is one."""
        return root(value) if isinstance(value, Fraction) and value >= 0 else None

    def _simple(self, numbers: Sequence[Fraction]) -> Fraction:
        return self.chance.choice(numbers)

    def _dyadic(self) -> Fraction:
        sign = 1 if self.chance.random() < 0.5 else -1
        return _dyadics(self.scale)[sign * self.chance.randint(1, MOST)]


@lru_cache
def _dyadics(scale: float) -> list[Fraction]:
    """The numbers of a scale, at a place from ``-MOST`` to ``MOST``."""
    numbers = [Fraction(k, DENOMINATORS[scale]) for k in range(MOST + 1)]
    return numbers + [-number for number in numbers[:0:-1]]


class ResidueSource(Source):
    """Entries drawn from all integers modulo the prime; signs have no meaning there."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(chance, calculus=Calculus(RESIDUES))

    def signed(self) -> Residue:
        return Residue(self.chance.randrange(1, PRIME))

    nonzero = positive = nonnegative = signed

    def shares(self, parts: int) -> Row:
        free = [self.signed() for _ in range(parts - 1)]
        return [*free, self.calculus.one - sum(free, self.calculus.zero)]

    def root(self, value: Value) -> Value | None:
        return residue_root(value)


def entries(tensor: Tensor, shape: Sequence[int], source: Source) -> Row:
    """All entries of a variable in row-major order, meeting its facts one by one.

    Raises:
        Undecidable: when no draw meets them all.
    """
    if not tensor.facts:
        return [source.signed() for _ in range(prod(shape))]
    build = next((make for kind, make in CONSTRUCTIONS if tensor.has(kind)), _plain)
    values = build(tensor, shape, source)
    if all(_met(tensor, kind, values, shape, source) for kind in CHECKS if tensor.has(kind)):
        return values
    raise Undecidable(f"no values of {tensor.name} meet all its facts")


def _plain(tensor: Tensor, shape: Sequence[int], source: Source) -> Row:
    draw = next((d for kind, d in DRAWS if tensor.has(kind)), Source.signed)
    one = getattr(source, draw.__name__)
    values = [one() for _ in range(prod(shape))]
    return _mirrored(values, shape) if tensor.has(Kind.SYMMETRIC) else values


def _mirrored(values: Row, shape: Sequence[int]) -> Row:
    n = shape[-1]
    for start in range(0, len(values), max(n * n, 1)):
        for i in range(n):
            for j in range(i):
                values[start + i * n + j] = values[start + j * n + i]
    return values


def _signs(tensor: Tensor, shape: Sequence[int], source: Source) -> Row:
    one = source.calculus.one
    values = [one if source.chance.random() < 0.5 else -one for _ in range(prod(shape))]
    return _mirrored(values, shape) if tensor.is_symmetric else values


def _mask(tensor: Tensor, shape: Sequence[int], source: Source) -> Row:
    levels = (source.calculus.zero, source.calculus.one)
    values = [levels[source.chance.random() < 0.6] for _ in range(prod(shape))]
    return _mirrored(values, shape) if tensor.is_symmetric else values


def _one_hot(tensor: Tensor, shape: Sequence[int], source: Source) -> Row:
    values: Row = []
    for _ in range(prod(shape[:-1])):
        hot = source.chance.randrange(shape[-1])
        values += [
            source.calculus.one if k == hot else source.calculus.zero for k in range(shape[-1])
        ]
    return values


def _simplex(tensor: Tensor, shape: Sequence[int], source: Source) -> Row:
    rows = [source.shares(shape[-1]) for _ in range(prod(shape[:-1]))]
    return [entry for row in rows for entry in row]


def _positive_definite(tensor: Tensor, shape: Sequence[int], source: Source) -> Row:
    """``L L' + s I`` for a positive s, so that eigenvalues below 1 are met as well."""
    n = shape[-1]
    values: Row = []
    for _ in range(prod(shape[:-2])):
        shift = source.positive()
        L = [[source.signed() for _ in range(n)] for _ in range(n)]
        for i in range(n):
            for j in range(n):
                unit = shift if i == j else source.calculus.zero
                values.append(sum((L[i][k] * L[j][k] for k in range(n)), unit))
    return values


def _orthonormal(tensor: Tensor, shape: Sequence[int], source: Source) -> Row:
    rows, columns = shape[-2:]
    values: Row = []
    for _ in range(prod(shape[:-2])):
        full = rotation(rows, source)
        values += [full[i][j] for i in range(rows) for j in range(columns)]
    return values


def rotation(n: int, source: Source) -> Matrix:
    """A rational orthogonal matrix: the Cayley transform of a skew matrix, signs turned at will."""
    calculus = source.calculus
    skew = [[calculus.zero] * n for _ in range(n)]
    for i in range(n):
        for j in range(i):
            skew[i][j] = source.signed()
            skew[j][i] = -skew[i][j]
    unit = [[calculus.one if i == j else calculus.zero for j in range(n)] for i in range(n)]
    plus = [[u + s for u, s in zip(us, ss, strict=True)] for us, ss in zip(unit, skew, strict=True)]
    minus = [
        [u - s for u, s in zip(us, ss, strict=True)] for us, ss in zip(unit, skew, strict=True)
    ]
    signs = [source.chance.choice((calculus.one, -calculus.one)) for _ in range(n)]
    turned = product(elimination.inverse(plus, calculus), minus, calculus)
    return [[entry * sign for entry, sign in zip(row, signs, strict=True)] for row in turned]


def product(left: Matrix, right: Matrix, calculus: Calculus) -> Matrix:
    """The matrix product."""
    columns = list(zip(*right, strict=True))
    return [
        [sum((a * b for a, b in zip(row, c, strict=True)), calculus.zero) for c in columns]
        for row in left
    ]


# The first fact that a variable has says how it is built; the others are then looked up.
CONSTRUCTIONS: tuple[tuple[Kind, Callable[[Tensor, Sequence[int], Source], Row]], ...] = (
    (Kind.ORTHONORMAL, _orthonormal),
    (Kind.POSITIVE_DEFINITE, _positive_definite),
    (Kind.ONE_HOT, _one_hot),
    (Kind.SIMPLEX, _simplex),
    (Kind.MASK, _mask),
    (Kind.SIGNS, _signs),
)

DRAWS: tuple[tuple[Kind, Callable[[Source], Value]], ...] = (
    (Kind.POSITIVE, Source.positive),
    (Kind.NONNEGATIVE, Source.nonnegative),
    (Kind.NONZERO, Source.nonzero),
)


def _ordered(test: Callable[[Fraction], bool]) -> Callable[[Row, Sequence[int], Source], bool]:
    """A test entry by entry that makes sense in ordered numbers only."""

    def holds(values: Row, shape: Sequence[int], source: Source) -> bool:
        return source.calculus.arithmetic is RESIDUES or all(map(test, values))

    return holds


def _is_symmetric(values: Row, shape: Sequence[int], source: Source) -> bool:
    n = shape[-1]
    return len(shape) > 1 and shape[-2] == n and _mirrored(list(values), shape) == values


def _has_rank(values: Row, shape: Sequence[int], source: Source) -> bool:
    """Whether the Gram matrix of the columns is nonsingular, for each matrix of a stack."""
    rows, columns = shape[-2:]
    calculus = source.calculus
    for start in range(0, len(values), max(rows * columns, 1)):
        X = [values[start + i * columns : start + (i + 1) * columns] for i in range(rows)]
        gram = product([list(c) for c in zip(*X, strict=True)], X, calculus)
        if elimination.determinant(gram, calculus) == calculus.zero:
            return False
    return True


CHECKS: dict[Kind, Callable[[Row, Sequence[int], Source], bool]] = {
    Kind.POSITIVE: _ordered(lambda v: v > 0),
    Kind.NONNEGATIVE: _ordered(lambda v: v >= 0),
    Kind.NONZERO: _ordered(lambda v: v != 0),
    Kind.MASK: lambda values, shape, source: all(v * v == v for v in values),
    Kind.SIGNS: lambda values, shape, source: all(v * v == source.calculus.one for v in values),
    Kind.SYMMETRIC: _is_symmetric,
    Kind.NONSINGULAR: _has_rank,
    Kind.FULL_COLUMN_RANK: _has_rank,
}


def _met(tensor: Tensor, kind: Kind, values: Row, shape: Sequence[int], source: Source) -> bool:
    return CHECKS[kind](values, shape, source)
