"""A small counterexample: the smallest sizes and the simplest values at which the sides differ."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice

from derive.proof.evaluator.arithmetic import FLOATS, Undecidable
from derive.proof.evaluator.differences import Difference, certify
from derive.proof.evaluator.draws import Source
from derive.proof.evaluator.points import Point
from derive.proof.evaluator.sampling import drawn
from derive.proof.evaluator.selection import Selection
from derive.proof.evaluator.trials import Trial
from derive.proof.statuses import Counterexample
from derive.terms.statements import Assumption
from derive.terms.tensors import Kind, Tensor

SHAPES = 12
DRAWS = (24, 12, 6)  # at the first shapes, and at all others
TRIES = 40  # to make single entries simpler


def shrunk(
    found: Difference, selection: Selection, assumptions: Sequence[Assumption], seed: int
) -> Counterexample:
    """The first difference among simple points at small shapes, else the one that was found."""
    if not found.row.is_complete:
        return found.counterexample()
    for place, trial in enumerate(_smaller(found, selection, assumptions)):
        for k in range(DRAWS[min(place, 2)]):
            smaller = _simple_difference(trial, Source(random.Random(31 * seed + k), simple=True))
            if smaller is not None:
                return simplified(smaller).counterexample()
    return found.counterexample()


def _simple_difference(trial: Trial, source: Source) -> Difference | None:
    try:
        return _difference(trial, drawn(trial.found, trial.shape, source))
    except Undecidable:
        return None


def _difference(trial: Trial, point: Point) -> Difference | None:
    """A certified difference at a point, looked for where float64 sees one."""
    try:
        if any(row.left != row.right for row in trial.rows(FLOATS, point)):
            certify(trial, point)
    except Undecidable:
        return None
    except Difference as found:
        return found
    return None


def _smaller(
    found: Difference, selection: Selection, assumptions: Sequence[Assumption]
) -> Iterator[Trial]:
    statement = found.trial.statement
    size = sum(found.trial.shape.values())
    for shape in islice(selection.smallest(), SHAPES):
        if sum(shape.values()) <= size:
            yield Trial(statement, assumptions, shape, found.trial.found, found.trial.company)


def simplified(found: Difference) -> Difference:
    """Single entries of unrestricted variables made 0 or 1 while the difference stays."""
    for tensor, offset in islice(_entries(found.point), TRIES // 2):
        for number in (Fraction(0), Fraction(1)):
            row = found.point.values[tensor]
            if row[offset] == number:
                break
            changed = [*row[:offset], number, *row[offset + 1 :]]
            values = {**found.point.values, tensor: changed}
            point = Point(found.point.sizes, values, found.point.functions)
            simpler = _difference(found.trial, point)
            if simpler is not None:
                found = simpler
                break
    return found


def _entries(point: Point) -> Iterator[tuple[Tensor, int]]:
    for tensor, row in point.values.items():
        if not tensor.facts or all(fact.kind is Kind.CONSTANT for fact in tensor.facts):
            yield from ((tensor, offset) for offset in range(len(row)))
