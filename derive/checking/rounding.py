"""Numbers over named axes, each with how far rounding can move it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy.typing as npt

from derive.terms.indices import Index

Reals: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class Value:
    """Numbers over named axes, and how far rounding can move each, in units of roundoff."""

    axes: tuple[Index, ...]
    numbers: Reals
    bound: Reals

    def over(self, axes: tuple[Index, ...]) -> Value:
        """The same numbers, ready to be broadcast over more axes in a given order."""
        if axes == self.axes:
            return self
        return Value(axes, *(spread(part, self.axes, axes) for part in (self.numbers, self.bound)))


def spread(numbers: Reals, own: tuple[Index, ...], axes: tuple[Index, ...]) -> Reals:
    """Numbers over their own axes, ready to be broadcast over more of them in a given order."""
    order = [own.index(axis) for axis in axes if axis in own]
    where = tuple(slice(None) if axis in own else None for axis in axes)
    return numbers.transpose(order)[where]
