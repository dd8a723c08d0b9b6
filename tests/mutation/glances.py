"""Short forms of the tests of an entry: what fails in one of them fails in the test as well.

Most mutants are seen at one point. The prover, all regimes of numbers and SymPy take a hundred
times as long, and are asked where a glance shows nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

import numpy as np

from derive.checking.agreement import formula
from derive.checking.partners import partner
from derive.checking.regimes import draws
from derive.derivation import Record
from derive.proof.evaluator.arithmetic import FLOATS, Undecidable
from derive.proof.evaluator.evidence import CLEAR, Examination, company_of
from derive.proof.evaluator.trials import Row, Trial
from derive.terms.statements import Relation

SHAPES, POINTS = 2, 2


def steps_at_points(record: Record) -> None:
    """Every step of a record in float64, at a few points, without any proof."""
    for chain in record.chains.values():
        company = company_of(line.body for line in chain.lines)
        for link in chain.links:
            statement = link.statement(record.context)
            for row, size in _rows(Examination(statement, (), 0, 1, company)):
                assert not _differs(row, size, statement.relation), link.place


def _rows(looked: Examination) -> Iterator[tuple[Row, float]]:
    """Both sides at every place of some points, with the largest entry of the point."""
    for shape in islice(looked.shapes, SHAPES):
        trial = Trial(looked.statement, (), shape, looked.found, looked.company)
        for point in islice(looked.company.points(shape), POINTS):
            try:
                rows = [row for row in trial.rows(FLOATS, point) if _is_known(row)]
            except Undecidable:
                continue
            size = max((max(abs(row.left), abs(row.right)) for row in rows), default=0.0)
            yield from ((row, size) for row in rows)


def _is_known(row: Row) -> bool:
    return row.is_complete and math.isfinite(row.left) and math.isfinite(row.right)


def _differs(row: Row, size: float, relation: Relation) -> bool:
    gap = row.left - row.right
    apart = {"=": abs(gap), "<=": gap, "!=": 0.0}[relation]
    return apart > CLEAR * max(size, 1e-300)


def one_draw(record: Record) -> None:
    """The first draw for every part of a record, against numerics."""
    for name in () if record.symbolic_only else record.chains:
        part = record.part(name) if name else record
        draw = next(draws(part, np.random.default_rng(0)))
        found = formula(part, partner(part), draw)
        assert found.failure is None, found.failure


GLANCES: Mapping[str, Callable[[Record], None]] = {
    "test_every_record_is_proved": steps_at_points,
    "test_every_record_agrees_with_numerics": one_draw,
}
