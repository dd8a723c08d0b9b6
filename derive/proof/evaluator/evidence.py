"""Whether both sides of a statement agree at points: a scan in float64, then exact numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import chain, islice

from derive.proof.evaluator.arithmetic import FLOATS, Undecidable
from derive.proof.evaluator.differences import DIGITS, Difference, certify
from derive.proof.evaluator.intervals import approximate, enclosure, reals
from derive.proof.evaluator.points import Point
from derive.proof.evaluator.residues import RESIDUES
from derive.proof.evaluator.sampling import drawn, residue_sources, selected_shapes, sources
from derive.proof.evaluator.shrinking import shrunk
from derive.proof.evaluator.survey import Survey, size_of, survey
from derive.proof.evaluator.trials import Row, Trial, assumed
from derive.proof.statuses import Evidence
from derive.terms.statements import Assumption, Relation, SizeBound, Statement

DRAWS = 40  # before a point is given up for lost
CLEAR = 1e-7  # a relative difference in float64 that is worth an exact look
NARROW = Fraction(1, 10**35)
MISMATCHES = 3  # draws with one side undefined before the domains count as different
NO_POINT = "no point satisfies the assumptions"


def evidence(
    statement: Statement, assumptions: Sequence[Assumption] = (), *, seed: int = 0, shapes: int = 2
) -> Evidence:
    """What evaluation at points says of a statement; agreement is evidence, never proof.

    >>> from derive.terms.arrays import variable
    >>> x = variable("x")
    >>> evidence(Statement((x * x).body, (x**2).body)).outcome
    'agrees'
    """
    return Examination(statement, assumptions, seed, shapes).result()


class Examination:
    """One statement looked at from all sides."""

    def __init__(
        self, statement: Statement, assumptions: Sequence[Assumption], seed: int, shapes: int
    ) -> None:
        terms = [statement.left, statement.right, *(term for term, _ in assumed(assumptions))]
        bounds = [size_of(a.size) for a in assumptions if isinstance(a, SizeBound)]
        self.statement = statement
        self.seed = seed
        self.found: Survey = survey(terms)
        selected = selected_shapes(self.found, statement, bounds, seed, shapes)
        self.trials = [Trial(statement, assumptions, shape, self.found) for shape in selected]
        self.assumptions = assumptions
        self.points = 0
        self.mismatches = 0

    def result(self) -> Evidence:
        """The evidence."""
        if not self.trials:
            return Evidence("undecided", reason="no small sizes obey the context")
        shapes = tuple(trial.shape for trial in self.trials)
        try:
            scanned = [self._scanned(trial) for trial in self.trials]
            methods = [self._decided(t, good) for t, good in zip(self.trials, scanned, strict=True)]
        except Difference as found:
            smallest = shrunk(found, self.assumptions, self.seed)
            method = "certified by exact fractions or intervals"
            return Evidence("differs", self.points + 1, (smallest.sizes,), method, smallest)
        except Undecidable as reason:
            return Evidence("undecided", self.points, shapes, reason=str(reason))
        if len(shapes) < 2 and shapes[0]:
            return Evidence("undecided", self.points, shapes, reason="only one shape is possible")
        return Evidence("agrees", self.points, shapes, ", ".join(dict.fromkeys(methods)))

    # --- a scan in float64 --------------------------------------------------------------------

    def _scanned(self, trial: Trial) -> list[Point]:
        """Points that satisfy the assumptions, none with a clear difference."""
        wanted = 16 if self.found.branches else 4
        good: list[Point] = []
        for point in self._draws(trial):
            try:
                rows = trial.rows(FLOATS, point)
            except Undecidable:
                continue
            if self._defined(trial, point, rows) and _finite(rows):
                self._look(trial, point, rows)
                good.append(point)
            if len(good) == wanted:
                break
        self.points += len(good)
        return good

    def _draws(self, trial: Trial) -> Iterator[Point]:
        for source in islice(sources(self.seed), DRAWS):
            try:
                yield drawn(self.found, trial.shape, source)
            except Undecidable:
                continue

    def _look(self, trial: Trial, point: Point, rows: Sequence[Row]) -> None:
        """Raise the clearest difference, if it is certain."""
        size = max(max(abs(row.left), abs(row.right)) for row in rows)
        clear = [row for row in rows if self._gap(row) > CLEAR * max(size, 1e-300)]
        if clear:
            place = max(clear, key=self._gap).place
            certify(trial, point, place)

    def _gap(self, row: Row) -> float:
        gap: float = row.left - row.right
        return gap if self.statement.relation == "<=" else abs(gap)

    def _defined(self, trial: Trial, point: Point, rows: Sequence[Row]) -> bool:
        """Whether both sides have the same domain; raise if they surely do not."""
        lone = [row for row in rows if not row.is_complete]
        if not lone:
            return True
        try:
            (exact,) = trial.rows(reals(DIGITS[0]), point, [lone[0].place])
        except Undecidable:
            return False
        self.mismatches += not exact.is_complete
        if self.mismatches == MISMATCHES:
            raise Difference(trial, point, exact)
        return False

    # --- exact numbers ------------------------------------------------------------------------

    def _decided(self, trial: Trial, good: Sequence[Point]) -> str:
        """The method by which both sides agree at this shape."""
        if self.found.rational and self.statement.relation == "=" and good:
            return self._modulo(trial, good)
        return self._in_reals(trial, good)

    def _modulo(self, trial: Trial, good: Sequence[Point]) -> str:
        for source in islice(residue_sources(self.seed), DRAWS):
            try:
                rows = trial.rows(RESIDUES, drawn(self.found, trial.shape, source))
            except Undecidable:
                continue
            self.points += 1
            if all(row.left == row.right for row in rows):
                return RESIDUES.name
            for point in good:
                certify(trial, point)
            raise Undecidable(
                "the sides differ modulo a prime, but at no real point that was drawn"
            )
        raise Undecidable(NO_POINT)

    def _in_reals(self, trial: Trial, good: Sequence[Point]) -> str:
        reason = ""
        for point in islice(chain(good, self._draws(trial)), DRAWS):
            for digits in DIGITS:
                try:
                    rows = trial.rows(reals(digits), point)
                except Undecidable as problem:
                    reason = str(problem)
                    break
                if not self._defined(trial, point, rows):
                    break
                if _agree(rows, self.statement.relation):
                    self.points += 1
                    return _method(rows, digits)
                certify(trial, point, digits=digits)
            else:
                raise Undecidable("the intervals stay too wide to tell")
        raise Undecidable(f"{NO_POINT}: {reason}" if reason else NO_POINT)


def _agree(rows: Sequence[Row], relation: Relation) -> bool:
    """Whether all differences are 0 up to a tiny part of the largest entry."""
    if all(row.left == row.right for row in rows):
        return True
    size = max(
        abs(side) for row in rows for side in (approximate(row.left), approximate(row.right))
    )
    width = NARROW * Fraction(max(size, 1e-10))
    return all(_close(row, width, relation) for row in rows)


def _close(row: Row, width: Fraction, relation: Relation) -> bool:
    low, high = enclosure(row.left - row.right)
    if relation == "<=" and high < 0:
        return True
    return low <= 0 <= high and high - low <= width


def _finite(rows: Sequence[Row]) -> bool:
    return all(math.isfinite(row.left) and math.isfinite(row.right) for row in rows)


def _method(rows: Sequence[Row], digits: int) -> str:
    exact = all(isinstance(s, Fraction) for row in rows for s in (row.left, row.right))
    return "exact fractions" if exact else f"intervals of {digits} digits"
