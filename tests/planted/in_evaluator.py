"""Edits that make the independent evaluator blind, or wrong by itself."""

from __future__ import annotations

from tests.planted.edits import Edit

E = "proof.evaluator"

EDITS = {
    "wide_intervals_agree": Edit(
        f"{E}.evidence",
        "return low <= 0 <= high and high - low <= width",
        "return low <= 0 <= high",
        "an interval that holds 0 and much else counts as agreement",
    ),
    "one_shape_is_enough": Edit(
        f"{E}.evidence",
        "if len(shapes) < 2 and shapes != ({},):",
        "if not shapes:",
        "one shape decides for all sizes",
    ),
    "domains_not_compared": Edit(
        f"{E}.evidence",
        "self.mismatches += not exact.is_complete",
        "self.mismatches += 0",
        "a side that is undefined where the other is defined agrees with it",
    ),
    "later_times_remembered": Edit(
        f"{E}.programs",
        "self._forget_later(found.tables[number], number, offset)",
        "pass",
        "a change at one time of a recurrence does not reach the next",
    ),
    "inner_derivative_forgets_the_outer": Edit(
        f"{E}.duals",
        "if other.level == self.level:\n"
        "                tangent = self.tangent * other.value + self.value * other.tangent",
        "if other.level == self.level:\n                tangent = self.value * other.tangent",
        "the product rule has one summand",
    ),
    "pivot_exchanged_without_a_sign": Edit(
        f"{E}.elimination",
        "signed = -term if odd else term",
        "signed = term",
        "the determinant is the permanent",
    ),
    "only_positive_points": Edit(
        f"{E}.draws",
        "return -number if self.negated else number",
        "return abs(number) or Fraction(1)",
        "sqrt(x^2) = x at all points that are looked at",
    ),
    "ties_broken_silently": Edit(
        f"{E}.origins",
        'raise Undecidable("a tie for the maximum")',
        "pass",
        "a maximum that is attained twice has a derivative",
    ),
    "places_of_one_sign": Edit(
        f"{E}.closures",
        "if low < 0 or high >= extent:",
        "if high >= extent:",
        "x[-1] is read from the end of the axis",
    ),
}
