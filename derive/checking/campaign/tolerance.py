"""How far a result may be from the formula: what rounding can explain, and no more.

The bound is that of the formula itself (`derive.checking.values`): what rounding every input and
every operation once can change. It is taken per array, so that a small entry beside large ones may
be as uncertain as these are, whatever way the user's code went.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking.values import Value

Reals: TypeAlias = npt.NDArray[Any]

# Another order of the same operations costs a few roundings more, a library's exp or a blocked
# product a few again. 64 of them in double precision are a relative error of 1e-14.
SLACK = 64


@dataclass(frozen=True)
class Deviation:
    """The largest error of an array in units of its bound, with the limit and where it is."""

    error: float
    limit: float
    entry: tuple[int, ...] = ()
    got: float = 0.0
    wanted: float = 0.0
    is_finite: bool = True  # False: the formula is finite there, and the result is not
    scale: float = 0.0  # the factor that brings the formula nearest to the result
    decided: int = 0  # entries at which the formula has a value that the type can hold

    @property
    def is_right(self) -> bool:
        """Whether rounding explains the error."""
        return self.error <= self.limit


def deviation(
    got: Reals, wanted: Value, dtype: type[np.floating[Any]], least: float = 0.0
) -> Deviation:
    """How far an array is from the formula's values.

    >>> exact = Value((), np.asarray([1.0]), np.asarray([1.0]))
    >>> deviation(np.asarray([1.0005]), exact, np.float64).is_right
    False
    """
    info = np.finfo(dtype)
    limit = max(least, SLACK * float(info.eps))
    with np.errstate(all="ignore"):
        known = np.isfinite(wanted.numbers) & np.isfinite(wanted.bound)
        # Where rounding alone reaches past the largest number, a result may well overflow.
        known &= abs(wanted.numbers) + limit * wanted.bound < info.max / 4
        if not known.any():
            return Deviation(0.0, limit)
        error = abs(np.asarray(got, np.longdouble) - wanted.numbers)
        floor = np.longdouble(info.tiny) / np.longdouble(info.eps)
        scale = np.max(wanted.bound, initial=0.0, where=known) + floor
        relative = np.where(known, error / scale, 0)
    lost = known & ~np.isfinite(np.asarray(got, np.longdouble))
    relative = np.where(lost, np.inf, np.where(np.isnan(relative), 0, relative))
    entry = tuple(int(k) for k in np.unravel_index(int(np.argmax(relative)), relative.shape))
    return Deviation(
        float(relative[entry]),
        limit,
        entry,
        float(np.asarray(got)[entry]),
        float(wanted.numbers[entry]),
        not lost.any(),
        _scale(got, wanted.numbers) if known.all() and not lost.any() else 0.0,
        int(known.sum()),
    )


def _scale(got: Reals, wanted: Reals) -> float:
    square = float(np.sum(wanted * wanted))
    return float(np.sum(np.asarray(got, np.longdouble) * wanted)) / square if square else 0.0
