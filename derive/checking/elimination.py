"""Inverse and determinant by elimination with pivots, in any floating-point type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[Any]


def each(function: Callable[[Reals], Any], matrices: Reals) -> Reals:
    """A function of a matrix, of every matrix of a stack.

    >>> each(determinant, np.stack([np.eye(2), 2 * np.eye(2)])).tolist()
    [1.0, 4.0]
    """
    if matrices.ndim == 2:
        return np.asarray(function(matrices))
    return np.stack([each(function, matrix) for matrix in matrices])


def inverse(matrix: Reals) -> Reals:
    """The inverse of a square matrix.

    >>> inverse(np.array([[2.0, 0.0], [1.0, 1.0]]))
    array([[ 0.5,  0. ],
           [-0.5,  1. ]])
    """
    size = len(matrix)
    rows = np.concatenate([matrix, np.eye(size, dtype=matrix.dtype)], axis=1)
    _reduce(rows)
    return rows[:, size:]


def determinant(matrix: Reals) -> Any:
    """The determinant of a square matrix.

    >>> determinant(np.array([[0.0, 2.0], [1.0, 1.0]])).item()
    -2.0
    """
    return _reduce(matrix.copy())


def _reduce(rows: Reals) -> Any:
    """Reduce the leading square part to the identity, and return its determinant."""
    product = rows.dtype.type(1)
    for k in range(len(rows)):
        pivot = k + int(np.argmax(abs(rows[k:, k])))
        if pivot != k:
            rows[[k, pivot]] = rows[[pivot, k]]
            product = -product
        product = product * rows[k, k]
        with np.errstate(divide="ignore", invalid="ignore"):
            rows[k] = rows[k] / rows[k, k]
        others = np.arange(len(rows)) != k
        rows[others] -= rows[others, k][:, None] * rows[k]
    return product


def rounded(matrices: Reals) -> Reals:
    """What the roundings of an elimination, or of another stable way, move in matrices.

    Every entry takes part in as many steps as there are rows, and one that is 0 is filled on the
    way, by numbers as large as those of its row and of its column.
    """
    sizes = abs(matrices)
    rows, columns = (sizes.max(axis=axis, keepdims=True, initial=0) for axis in (-1, -2))
    filled: Reals = matrices.shape[-1] * np.minimum(rows, columns)
    return filled
