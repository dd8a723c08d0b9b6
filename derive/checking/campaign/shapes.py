"""Results of another shape than the formula's: what was done to it, or left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from derive.checking.campaign.cases import Reals, are_close

Pair = tuple[Reals, Reals]  # the user's array and the formula's


def change_of_shape(pairs: Sequence[Pair]) -> str:
    """The change that gives the user's arrays in all cases, in words.

    >>> change_of_shape([(np.array(3.0), np.array([1.0, 2.0]))])
    "your result is the sum of the formula's entries"
    """
    return next((words for words, holds in CHANGES if all(holds(*pair) for pair in pairs)), "")


def _is_transpose(got: Reals, value: Reals) -> bool:
    return got.shape == value.T.shape and are_close(got, value.T)


def _is_reshaped(got: Reals, value: Reals) -> bool:
    return got.size == value.size and are_close(np.ravel(got), np.ravel(value))


def _lacks_a_sum(got: Reals, value: Reals) -> bool:
    return value.ndim < got.ndim and are_close(got.sum(axis=0), value)


def _is_sum(got: Reals, value: Reals) -> bool:
    return not got.ndim and are_close(got, np.asarray(value.sum()))


def _is_mean(got: Reals, value: Reals) -> bool:
    return not got.ndim and are_close(got, np.asarray(value.mean()))


CHANGES: tuple[tuple[str, Callable[[Reals, Reals], bool]], ...] = (
    ("it is the transpose of the formula", _is_transpose),
    ("the numbers are right, the shape is not", _is_reshaped),
    ("a sum over the first axis is missing", _lacks_a_sum),
    ("your result is the sum of the formula's entries", _is_sum),
    ("your result is the mean of the formula's entries", _is_mean),
)
