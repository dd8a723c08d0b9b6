"""Conventions that several functions share: which values there are, and what a reduction does."""

from typing import Literal, TypeVar

import numpy as np

from numerics._arguments import Array

Reduction = Literal["none", "mean", "sum"]
Total = Literal["mean", "sum"]
Pair = int | tuple[int, int]
Value = TypeVar("Value", bound=str)

REDUCTIONS = ("none", "mean", "sum")
TOTALS = ("mean", "sum")


def chosen(name: str, value: Value, allowed: tuple[str, ...]) -> Value:
    """Return the value of a convention if it is one of those allowed.

    >>> chosen("reduction", "average", ("mean", "sum"))
    Traceback (most recent call last):
    ValueError: reduction: got 'average', wanted "mean" or "sum"
    """
    if value not in allowed:
        *others, last = (f'"{each}"' for each in allowed)
        raise ValueError(f"{name}: got {value!r}, wanted {', '.join(others)} or {last}")
    return value


def whole(name: str, value: int, least: int) -> int:
    """Return a whole number that is large enough.

    >>> whole("stride", 0, 1)
    Traceback (most recent call last):
    ValueError: stride: got 0, wanted a whole number of at least 1
    """
    if not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name}: got {value!r}, wanted a whole number of at least {least}")
    return int(value)


def pair(name: str, value: Pair, least: int) -> tuple[int, int]:
    """Return what rows and columns have of a number, or of two.

    >>> pair("padding", 1, 0)
    (1, 1)
    """
    both = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2 or not all(isinstance(v, int | np.integer) and v >= least for v in both):
        raise ValueError(f"{name}: got {value!r}, wanted whole numbers of at least {least}")
    return int(both[0]), int(both[1])


def reduced(losses: Array, reduction: Reduction) -> Array:
    """Return losses as they are, their mean or their sum; the mean of nothing is nan."""
    if chosen("reduction", reduction, REDUCTIONS) == "none":
        return losses
    total = losses.sum()
    if reduction == "mean":
        with np.errstate(invalid="ignore"):
            total = total / losses.dtype.type(losses.size)
    return total


def shared(gradient: Array, count: int, reduction: Reduction) -> Array:
    """Return the gradients of so many losses by themselves, in place, as those of the reduction."""
    if chosen("reduction", reduction, REDUCTIONS) == "mean" and count:
        gradient /= gradient.dtype.type(count)
    return gradient
