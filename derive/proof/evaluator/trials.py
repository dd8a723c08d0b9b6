"""A statement at one shape: both sides at all free indices, where all assumptions hold."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from derive.proof.evaluator.arithmetic import FLOATS, Arithmetic, Undecidable, Undefined, Value
from derive.proof.evaluator.company import Company
from derive.proof.evaluator.points import Point
from derive.proof.evaluator.programs import Run
from derive.proof.evaluator.residues import RESIDUES
from derive.proof.evaluator.shapes import Shape
from derive.proof.evaluator.survey import Survey, statement_indices
from derive.proof.evaluator.work import BUDGET, SCAN, work
from derive.terms.indices import Index
from derive.terms.nodes import At, Term
from derive.terms.statements import (
    Assumption,
    Nonsingular,
    Nonzero,
    NoTie,
    OffKink,
    Positive,
    Statement,
)
from derive.terms.tensors import Determinant, Tensor

Place: TypeAlias = tuple[int, ...]
Places: TypeAlias = tuple[Place, ...]
LEAST = 4  # places looked at, whatever the work


class Row(NamedTuple):
    """Both sides at one place; None where a side has no real value."""

    place: Place
    left: Value
    right: Value

    @property
    def is_complete(self) -> bool:
        """Whether both sides have a value."""
        return self.left is not None and self.right is not None


def assumed(assumptions: Iterable[Assumption]) -> list[tuple[Term, type]]:
    """The terms that assumptions speak of, with the kind of what they say."""
    found: list[tuple[Term, type]] = []
    for assumption in assumptions:
        if isinstance(assumption, Nonzero | Positive | OffKink):
            found.append((assumption.term, type(assumption)))
        if isinstance(assumption, Nonsingular):
            determinant = Tensor("", (), (), Determinant(assumption.matrix))
            found.append((At(determinant), Nonzero))
        if isinstance(assumption, NoTie):
            axes = [Index("i", size) for size in assumption.weights.shape]
            found.append((At(assumption.weights, axes), NoTie))
    return found


class Trial:
    """A statement and its assumptions at one shape."""

    def __init__(
        self,
        statement: Statement,
        assumptions: Sequence[Assumption],
        shape: Shape,
        found: Survey,
        company: Company,
    ) -> None:
        self.statement = statement
        self.company = company
        self.shape = shape
        self.found = found
        self.assumed = assumed(assumptions)
        self.indices = statement_indices([statement.left, statement.right])
        self.work = work([statement.left, statement.right], found, shape)
        self.count = 0  # of samples taken
        self.parts: dict[str, Compiled] = {}

    def places(self, indices: Sequence[Index], each: int, budget: int = BUDGET) -> Places:
        """All values of indices, or ever new samples if they are too many."""
        ranges = [range(index.size.value(self.shape)) for index in indices]
        allowed = max(LEAST, budget // max(each, 1))
        if math.prod(map(len, ranges)) <= allowed:
            return tuple(itertools.product(*ranges))
        self.count += 1
        chance = random.Random(self.count)
        return tuple(tuple(map(chance.choice, ranges)) for _ in range(allowed))

    def rows(self, arithmetic: Arithmetic, point: Point, places: Places | None = None) -> list[Row]:
        """Both sides at a point.

        Raises:
            Undecidable: where an assumption fails, nothing is defined, or something is too close.
        """
        if places is None:
            budget = SCAN if arithmetic is FLOATS else BUDGET
            places = self.places(self.indices, self.work, budget)
        try:
            if arithmetic.name not in self.parts:
                self.parts[arithmetic.name] = Compiled(self, arithmetic)
            compiled = self.parts[arithmetic.name]
            compiled.program.load(point)
            compiled.require_assumptions()
            rows = compiled.rows(places)
        except OverflowError:
            raise Undecidable("a value too large for float64") from None
        except RecursionError:
            raise Undecidable("terms nested too deeply to be evaluated") from None
        rows = [row for row in rows if row.left is not None or row.right is not None]
        if not rows:
            raise Undecidable("neither side is defined")
        return rows


class Compiled:
    """A trial compiled for one kind of numbers."""

    def __init__(self, trial: Trial, arithmetic: Arithmetic) -> None:
        self.program = program = trial.company.program(trial.shape, arithmetic)
        self.left = program.run(trial.statement.left)
        self.right = program.run(trial.statement.right)
        self.slots = [program.slot(index) for index in trial.indices]
        self.requirements: list[tuple[Run, Callable[[Value], bool], list[int], Places]] = []
        for term, kind in trial.assumed:
            indices = statement_indices([term])
            places = trial.places(indices, work([term], trial.found, trial.shape))
            slots = [program.slot(index) for index in indices]
            self.requirements.append((program.run(term), _test(kind, arithmetic), slots, places))

    def require_assumptions(self) -> None:
        """Raise `Undecidable` where an assumption fails."""
        for run, holds, slots, places in self.requirements:
            for value in self.program.kept(run, slots, places):
                if isinstance(value, Undefined):
                    raise Undecidable(str(value))
                if not holds(value):
                    raise Undecidable("an assumption fails")

    def rows(self, places: Places) -> list[Row]:
        """Both sides at some places."""
        left = self.program.kept(self.left, self.slots, places)
        right = self.program.kept(self.right, self.slots, places)
        return [
            Row(*row) for row in zip(places, map(_defined, left), map(_defined, right), strict=True)
        ]


def _defined(value: Value) -> Value:
    return None if isinstance(value, Undefined) else value


def _test(kind: type, arithmetic: Arithmetic) -> Callable[[Value], bool]:
    if kind is NoTie or (kind is Positive and arithmetic is RESIDUES):
        return lambda value: True
    if arithmetic is RESIDUES:
        return lambda value: bool(value.n)
    if kind is Positive:
        return lambda value: arithmetic.sign(value) > 0
    return lambda value: arithmetic.sign(value) != 0
