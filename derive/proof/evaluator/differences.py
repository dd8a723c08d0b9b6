"""Certified differences: a place at which exact numbers or intervals keep the sides apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

from derive.proof.evaluator.arithmetic import Undecidable, Value
from derive.proof.evaluator.intervals import approximate, real_sign, reals
from derive.proof.evaluator.points import Point
from derive.proof.evaluator.trials import Place, Row, Trial
from derive.proof.statuses import Counterexample
from derive.terms.statements import Relation

DIGITS = (50, 100, 200)


@dataclass(eq=False)
class Difference(Exception):
    """A place where the sides surely differ."""

    trial: Trial
    point: Point
    row: Row

    def counterexample(self) -> Counterexample:
        """The point as it is shown."""
        named = zip(self.trial.indices, self.row.place, strict=True)
        return Counterexample(
            self.trial.shape,
            {index.name: k for index, k in named},
            self.point.by_name(),
            _float(self.row.left),
            _float(self.row.right),
        )


def certify(
    trial: Trial, point: Point, place: Place | None = None, digits: int = DIGITS[0]
) -> None:
    """Raise a `Difference` if exact numbers or intervals show one at a point."""
    try:
        rows = trial.rows(reals(digits), point, None if place is None else (place,))
    except Undecidable:
        return
    for row in rows:
        if row.is_complete and _apart(row, trial.statement.relation):
            raise Difference(trial, point, row)


def _apart(row: Row, relation: Relation) -> bool:
    try:
        sign = real_sign(row.left - row.right)
    except Undecidable:
        return False
    return sign > 0 if relation == "<=" else sign != 0


def _float(side: Value) -> float:
    return math.nan if side is None else approximate(side)
