"""Cases: draws with the user's results, at which hypotheses are tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking.campaign.calls import UserError
from derive.checking.campaign.inputs import Draw
from derive.checking.campaign.protocol import observed
from derive.checking.campaign.targets import FORWARD
from derive.checking.campaign.verdicts import Examination
from derive.checking.values import Point, Unevaluable
from derive.terms.arrays import Array

Reals: TypeAlias = npt.NDArray[Any]

CLOSE = 1e-7  # of the size of an array: agreement of a hypothesis with the user's numbers
ROUNDING = 1e-12  # of the bound of a formula: what rounding leaves of numbers that cancel


@dataclass
class Case:
    """One draw with the user's results, and the formula's points to evaluate variants at."""

    draw: Draw
    got: Mapping[str, Reals]
    point: Point
    hidden: Mapping[str, float] = field(default_factory=dict)

    def value(self, array: Array, fixed: Mapping[str, float] | None = None) -> Reals | None:
        """The values of a variant, if it has any there, perhaps with some parameters fixed."""
        point = self.point
        if fixed:
            changed = {name: np.asarray(v) for name, v in fixed.items()}
            point = Point(point.sizes, {**point.variables, **changed})
        try:
            with np.errstate(all="ignore"):
                numbers = point.array(array).numbers
        except (Unevaluable, ValueError, IndexError, ZeroDivisionError, KeyError):
            return None
        return np.asarray(numbers, np.longdouble)

    @property
    def is_finite(self) -> bool:
        """Whether the results are numbers: a variance of one example by N - 1 is none."""
        return all(np.isfinite(array).all() for array in self.got.values())

    def floor(self, array: Array) -> float:
        """What rounding can leave where the numbers of a formula cancel."""
        try:
            with np.errstate(all="ignore"):
                bound = self.point.array(array).bound
        except (Unevaluable, ValueError, IndexError, ZeroDivisionError, KeyError):
            return 0.0
        largest = float(np.max(bound, initial=0.0))
        return ROUNDING * largest if np.isfinite(largest) else 0.0

    @property
    def scalars(self) -> dict[str, float]:
        """The parameters that are numbers."""
        arrays = {name: a for name, a in self.draw.arrays.items() if not a.ndim}
        return {name: float(a) for name, a in arrays.items()} | dict(self.hidden)


def cases(examination: Examination, draws: Sequence[Draw]) -> list[Case]:
    """The user's results at some draws; those at which the code raises are left out."""
    found = []
    for draw in draws:
        try:
            seen = observed(examination, draw)
        except UserError:
            continue
        got = {
            name: np.asarray(seen.results[k][1], np.longdouble)
            for name, k in examination.binding.results.items()
            if k < len(seen.results) and _is_numeric(seen.results[k][1])
        }
        if seen.forward is not None and _is_numeric(seen.forward):
            got[FORWARD] = np.asarray(seen.forward, np.longdouble)
        formula = examination.formula(draw)
        found.append(
            Case(draw, got, Point(draw.sizes, formula.variables), examination.binding.hidden)
        )
    return found


def _is_numeric(value: Any) -> bool:
    is_array = isinstance(value, int | float) or hasattr(value, "dtype")
    return is_array and np.asarray(value).dtype.kind in "fiub"


def is_small(array: Reals) -> bool:
    """Whether an array has entries, all of them 0."""
    return bool(array.size) and not np.any(array)


def projection(got: Reals, value: Reals) -> float | None:
    """The factor that brings one array nearest to another."""
    square = float(np.sum(np.asarray(value, np.longdouble) ** 2))
    if not square or not np.isfinite(square) or not np.isfinite(got).all():
        return None
    return float(np.sum(got * value)) / square


def are_close(got: Reals, value: Reals, floor: float = 0.0) -> bool:
    """Whether two arrays are equal, as far as the size of the larger one tells.

    The floor is what rounding can leave of numbers that cancel.
    """
    scale = float(np.max(abs(np.asarray(got)), initial=0.0))
    scale = max(scale, float(np.max(abs(np.asarray(value)), initial=0.0)))
    if not np.isfinite(scale):
        return False
    return bool(np.all(abs(got - value) <= CLOSE * scale + floor))
