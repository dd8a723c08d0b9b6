"""Whether both sides of a statement agree at points: a scan in float64, then exact numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import chain, islice

from derive.proof.evaluator.arithmetic import FLOATS, Undecidable
from derive.proof.evaluator.company import DRAWS, Company
from derive.proof.evaluator.differences import DIGITS, Difference, certify
from derive.proof.evaluator.intervals import approximate, enclosure, reals
from derive.proof.evaluator.points import Point
from derive.proof.evaluator.residues import RESIDUES
from derive.proof.evaluator.shapes import Shape
from derive.proof.evaluator.shrinking import shrunk
from derive.proof.evaluator.survey import Survey, size_of, survey
from derive.proof.evaluator.trials import Row, Trial, assumed
from derive.proof.statuses import Evidence
from derive.terms.nodes import Term
from derive.terms.statements import Assumption, Relation, SizeBound, Statement

# Points of the scan at the first shape, the second, and each one more.
SMOOTH = (4, 2, 2)
BRANCHED = (16, 12, 4)
BOUNDED = (32, 32, 12)  # an inequality may fail in a small region only
CLEAR = 1e-7  # a relative difference in float64 that is worth an exact look
NARROW = Fraction(1, 10**35)
MISMATCHES = 3  # draws with one side undefined before the domains count as different
NO_POINT = "no point satisfies the assumptions"


def evidence(
    statement: Statement,
    assumptions: Sequence[Assumption] = (),
    *,
    seed: int = 0,
    shapes: int = 2,
    company: Company | None = None,
) -> Evidence:
    """What evaluation at points says of a statement; agreement is evidence, never proof.

    In a company of terms it is looked at where they are; what does not agree there is looked at
    once more by itself.

    >>> from derive.terms.arrays import variable
    >>> x = variable("x")
    >>> evidence(Statement((x * x).body, (x**2).body)).outcome
    'agrees'
    """
    try:
        found = Examination(statement, assumptions, seed, shapes, company).result()
    except Undecidable as reason:
        found = Evidence("undecided", reason=str(reason))
    if company is not None and found.outcome != "agrees":
        return evidence(statement, assumptions, seed=seed, shapes=shapes)
    return found


def company_of(terms: Iterable[Term], seed: int = 0) -> Company | None:
    """A company of terms, if they can be surveyed together."""
    try:
        return Company(survey(terms), seed)
    except Undecidable:
        return None


class NoPoint(Undecidable):
    """No draw at a shape satisfies all assumptions with both sides defined."""


class Examination:
    """One statement looked at from all sides."""

    def __init__(
        self,
        statement: Statement,
        assumptions: Sequence[Assumption],
        seed: int,
        shapes: int,
        company: Company | None = None,
    ) -> None:
        terms = [statement.left, statement.right, *(term for term, _ in assumed(assumptions))]
        bounds = [size_of(a.size) for a in assumptions if isinstance(a, SizeBound)]
        self.statement = statement
        self.assumptions = assumptions
        self.seed = seed
        self.found: Survey = survey(terms)
        self.alone = company is None or not company.covers(self.found)
        self.company = Company(self.found, seed) if company is None or self.alone else company
        self.sides = [statement.left, statement.right]
        chosen = self.company.selection(statement.context, self.sides, bounds)
        self.selection, self.shapes = chosen
        self.wanted = max(shapes, self.selection.least)
        self.points = 0
        self.mismatches = 0

    def result(self) -> Evidence:
        """The evidence."""
        decided: dict[int, tuple[Shape, str]] = {}
        reason = "no small sizes obey the context"
        try:
            for k, shape in enumerate(self.shapes):
                if k >= self.wanted and len(decided) >= 2:
                    break
                try:
                    decided[k] = shape, self._method(shape, k)
                except NoPoint as problem:
                    reason = str(problem)
        except Difference as found:
            if not self.alone:
                return Evidence("undecided", reason="a difference in company")
            smallest = shrunk(found, self.selection, self.assumptions, self.seed)
            method = "certified by exact fractions or intervals"
            return Evidence("differs", self.points + 1, (smallest.sizes,), method, smallest)
        except Undecidable as problem:
            decided.clear()
            reason = str(problem)
        shapes = tuple(shape for shape, _ in decided.values())
        if len(shapes) < 2 and shapes != ({},):
            reason = "only one shape could be decided" if shapes else reason
            return Evidence("undecided", self.points, shapes, reason=reason)
        methods = dict.fromkeys(self._named(method, shapes) for _, method in decided.values())
        return Evidence("agrees", self.points, shapes, ", ".join(methods))

    def _named(self, method: str, shapes: Sequence[Shape]) -> str:
        """A method, with the chance that agreement modulo a prime is accidental."""
        if method != RESIDUES.name:
            return method
        degree = max(self.company.degrees(shape).difference(*self.sides) for shape in shapes)
        return f"{method} (error at most {degree} / 2**61)"

    def _method(self, shape: Shape, k: int) -> str:
        """The numbers in which both sides agree at a shape."""
        trial = Trial(self.statement, self.assumptions, shape, self.found, self.company)
        if self.statement.relation == "<=":
            scan = BOUNDED
        else:
            scan = BRANCHED if self.found.branches or self.found.discrete else SMOOTH
        wanted = scan[min(k, len(scan) - 1)] if shape else sum(scan)  # scalars have one shape
        return self._decided(trial, self._scanned(trial, wanted))

    # --- a scan in float64 --------------------------------------------------------------------

    def _scanned(self, trial: Trial, wanted: int) -> list[Point]:
        """Points that satisfy the assumptions, none with a clear difference."""
        good: list[Point] = []
        for point in self.company.points(trial.shape):
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
            (exact,) = trial.rows(reals(DIGITS[0]), point, (lone[0].place,))
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
        for point in self.company.residues(trial.shape):
            try:
                rows = trial.rows(RESIDUES, point)
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
        raise NoPoint(NO_POINT)

    def _in_reals(self, trial: Trial, good: Sequence[Point]) -> str:
        reason = ""
        for point in islice(chain(good, self.company.points(trial.shape)), DRAWS):
            for digits in DIGITS:
                try:
                    rows = trial.rows(reals(digits), point)
                    if not self._defined(trial, point, rows):
                        break
                    agree = _agree(rows, self.statement.relation)
                except Undecidable as problem:
                    reason = str(problem)
                    break
                if agree:
                    self.points += 1
                    return _method(rows, digits)
                certify(trial, point, digits=digits)
            else:
                raise Undecidable("the intervals stay too wide to tell")
        raise NoPoint(f"{NO_POINT}: {reason}" if reason else NO_POINT)


def _agree(rows: Sequence[Row], relation: Relation) -> bool:
    """Whether all differences are 0 up to a tiny part of the largest entry."""
    if all(row.left == row.right for row in rows):
        return True
    size = max(
        abs(side) for row in rows for side in (approximate(row.left), approximate(row.right))
    )
    if not math.isfinite(size):
        raise Undecidable("a value too large for float64")
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
