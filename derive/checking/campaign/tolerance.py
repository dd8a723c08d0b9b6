"""How far a result may be from the formula: what rounding can explain, and no more.

The bound is that of the formula itself (`derive.checking.values`): what rounding every input and
every operation once can change. It is taken per array, so that a small entry beside large ones may
be as uncertain as these are, whatever way the user's code went.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking.rounding import Value

Reals: TypeAlias = npt.NDArray[Any]

# Another order of the same operations costs a few roundings more, a library's exp or a blocked
# product a few again. 64 of them in double precision are a relative error of 1e-14.
SLACK = 64
OWN = 16  # of them for the formula's own rounding, where it is not evaluated in a wider type


@dataclass(frozen=True)
class Deviation:
    """The largest error of an array in units of its bound, with the limit and where it is."""

    error: float
    limit: float
    entry: tuple[int, ...] = ()
    got: float = 0.0
    wanted: float = 0.0
    is_finite: bool = True  # False: the formula is finite there, and the result is not
    scale: float = 0.0  # in single precision: the factor that brings the formula nearest to it
    decided: int = 0  # entries at which the formula has a value that the type can hold
    entries: int = 0

    @property
    def is_right(self) -> bool:
        """Whether rounding explains the error."""
        return self.error <= self.limit

    @property
    def is_plain(self) -> bool:
        """Whether rounding explains it if the formula was rounded in double precision as well."""
        whole = self.decided == self.entries
        return whole and self.error <= self.limit - OWN * float(np.finfo(np.float64).eps)


def deviation(
    got: Reals, wanted: Value, dtype: type[np.floating[Any]], least: float = 0.0
) -> Deviation:
    """How far an array is from the formula's values.

    >>> exact = Value((), np.asarray([1.0]), np.asarray([1.0]))
    >>> deviation(np.asarray([1.0005]), exact, np.float64).is_right
    False
    """
    eps, largest, floor = _limits(np.dtype(dtype))
    limit = max(least, SLACK * eps)
    numbers, wide = wanted.numbers, np.asarray(got, np.longdouble)
    with np.errstate(all="ignore"):
        # Where rounding alone reaches past the largest number, a result may well overflow.
        reach = abs(numbers) + limit * wanted.bound
        known = reach < largest / 4
        decided = int(np.count_nonzero(known))
        if not decided:
            return Deviation(0.0, limit, entries=known.size)
        is_whole = decided == known.size
        bound = wanted.bound if is_whole else np.where(known, wanted.bound, 0)
        relative = abs(wide - numbers) / (np.max(bound, initial=0.0) + floor)
    is_finite = bool(np.isfinite(relative).all())
    if not (is_whole and is_finite):
        lost = known & ~np.isfinite(wide)
        relative = np.where(known & ~np.isnan(relative), relative, 0)
        relative[lost] = np.inf
        is_finite = not lost.any()
    flat = int(np.argmax(relative))
    entry = tuple(int(k) for k in np.unravel_index(flat, relative.shape))
    return Deviation(
        float(relative[entry]),
        limit,
        entry,
        float(wide[entry]),
        float(numbers[entry]),
        is_finite,
        _scale(wide, numbers) if dtype == np.float32 and is_finite and decided == wide.size else 0,
        decided,
        known.size,
    )


@cache
def _limits(dtype: np.dtype[Any]) -> tuple[float, float, np.longdouble]:
    """The precision of a type, its largest number, and what underflow leaves of a bound."""
    info = np.finfo(dtype)
    return (
        float(info.eps),
        float(info.max),
        np.longdouble(info.tiny) / np.longdouble(info.eps),
    )


def _scale(got: Reals, wanted: Reals) -> float:
    square = float(np.sum(wanted * wanted))
    return float(np.sum(got * wanted)) / square if square else 0.0
