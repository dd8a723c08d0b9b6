"""A small counterexample: the smallest sizes and the simplest values at which the sides differ."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import islice

from derive.proof.evaluator.arithmetic import FLOATS, Undecidable
from derive.proof.evaluator.draws import Source
from derive.proof.evaluator.evidence import Difference, certify, counterexample
from derive.proof.evaluator.sampling import drawn, small_shapes
from derive.proof.evaluator.trials import Trial
from derive.proof.statuses import Counterexample
from derive.terms.statements import Assumption

SHAPES = 12
DRAWS = 6  # at each shape


def shrunk(found: Difference, assumptions: Sequence[Assumption], seed: int) -> Counterexample:
    """The first difference among simple points at small shapes, else the one that was found."""
    if found.row.left is None or found.row.right is None:
        return counterexample(found)
    for trial in _smaller(found, assumptions):
        for k in range(DRAWS):
            source = Source(random.Random(31 * seed + k), simple=True)
            try:
                point = drawn(found.trial.found, trial.shape, source)
                if any(row.left != row.right for row in trial.rows(FLOATS, point)):
                    certify(trial, point)
            except Undecidable:
                continue
            except Difference as smaller:
                return counterexample(smaller)
    return counterexample(found)


def _smaller(found: Difference, assumptions: Sequence[Assumption]) -> Iterator[Trial]:
    statement = found.trial.statement
    size = sum(found.trial.shape.values())
    for shape in islice(small_shapes(found.trial.found, statement.context), SHAPES):
        if sum(shape.values()) <= size:
            yield Trial(statement, assumptions, shape, found.trial.found)
