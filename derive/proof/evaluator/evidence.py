"""Whether both sides of a statement agree at points: a scan in float64, then exact numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice

from derive.proof.evaluator.arithmetic import FLOATS, Undecidable, Value
from derive.proof.evaluator.intervals import enclosure, real_sign, reals
from derive.proof.evaluator.points import Point
from derive.proof.evaluator.residues import RESIDUES
from derive.proof.evaluator.sampling import drawn, residue_sources, selected_shapes, sources
from derive.proof.evaluator.survey import Survey, size_of, survey
from derive.proof.evaluator.trials import Place, Row, Trial, assumed
from derive.proof.statuses import Counterexample, Evidence
from derive.terms.statements import Assumption, SizeBound, Statement

DRAWS = 40  # before a point is given up for lost
DIGITS = (50, 100, 200)
CLEAR = 1e-7  # a relative difference in float64 that is worth an exact look
NARROW = Fraction(1, 10**35)
MISMATCHES = 3  # draws with one side undefined before the domains count as different
NO_POINT = "no point satisfies the assumptions"


@dataclass(frozen=True)
class Difference(Exception):
    """A place where the sides surely differ."""

    trial: Trial
    point: Point
    row: Row


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
            from derive.proof.evaluator.shrinking import shrunk

            smallest = shrunk(found, self.assumptions, self.seed)
            method = "certified by intervals"
            return Evidence("differs", self.points, (smallest.sizes,), method, smallest)
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
        lone = [row for row in rows if row.left is None or row.right is None]
        if not lone:
            return True
        try:
            (exact,) = trial.rows(reals(DIGITS[0]), point, [lone[0].place])
        except Undecidable:
            return False
        self.mismatches += exact.left is None or exact.right is None
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
                if all(_close(row, rows, self.statement.relation) for row in rows):
                    self.points += 1
                    return _method(rows, digits)
                certify(trial, point, digits=digits)
            else:
                raise Undecidable("the intervals stay too wide to tell")
        raise Undecidable(f"{NO_POINT}: {reason}" if reason else NO_POINT)


def certify(
    trial: Trial, point: Point, place: Place | None = None, digits: int = DIGITS[0]
) -> None:
    """Raise a `Difference` if exact numbers or intervals show one at a point."""
    try:
        rows = trial.rows(reals(digits), point, None if place is None else [place])
    except Undecidable:
        return
    for row in rows:
        if row.left is not None and row.right is not None and _apart(row, trial.statement.relation):
            raise Difference(trial, point, row)


def _apart(row: Row, relation: str) -> bool:
    try:
        sign = real_sign(row.left - row.right)
    except Undecidable:
        return False
    return sign > 0 if relation == "<=" else sign != 0


def _close(row: Row, rows: Sequence[Row], relation: str) -> bool:
    """Whether the difference is 0 up to a tiny part of the largest entry."""
    low, high = enclosure(row.left - row.right)
    if relation == "<=" and high < 0:
        return True
    size = max(_size(side) for r in rows for side in (r.left, r.right))
    return low <= 0 <= high and high - low <= NARROW * max(size, Fraction(1, 10**10))


def _size(side: Value) -> Fraction:
    return max(map(abs, enclosure(side)))


def _finite(rows: Sequence[Row]) -> bool:
    return all(math.isfinite(row.left) and math.isfinite(row.right) for row in rows)


def _method(rows: Sequence[Row], digits: int) -> str:
    exact = all(isinstance(s, Fraction) for row in rows for s in (row.left, row.right))
    return "exact fractions" if exact else f"intervals of {digits} digits"


def counterexample(found: Difference) -> Counterexample:
    """The point of a difference, as it is shown."""
    trial, row = found.trial, found.row
    indices = {i.name: k for i, k in zip(trial.indices, row.place, strict=True)}
    values: Mapping[str, object] = found.point.by_name()
    return Counterexample(trial.shape, indices, values, _float(row.left), _float(row.right))


def _float(side: Value) -> float:
    if side is None:
        return math.nan
    low, high = enclosure(side)
    return float((low + high) / 2)
