"""Conventions that several functions share: which values there are, and what a reduction does."""

from typing import Literal, TypeVar

import numpy as np

from numerics._arguments import Array

Reduction = Literal["none", "mean", "sum"]
Total = Literal["mean", "sum"]
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
