"""Whether arrays have the facts of their spaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.spaces import Space
from derive.terms.tensors import Kind

Reals: TypeAlias = npt.NDArray[Any]

ROUNDED = 1e-6  # what single precision leaves of a sum of one


def _is_simplex(a: Reals) -> bool:
    return bool((a >= 0).all() and (abs(a.sum(axis=-1) - 1) <= ROUNDED).all())


def _is_symmetric(a: Reals) -> bool:
    turned = a.swapaxes(-1, -2) if a.ndim > 1 else a
    return a.shape == turned.shape and bool(np.allclose(a, turned, rtol=ROUNDED))


def _is_orthonormal(a: Reals) -> bool:
    return bool(np.allclose(a.T @ a, np.eye(a.shape[-1]), atol=ROUNDED))


def _has_full_rank(a: Reals) -> bool:
    return int(np.linalg.matrix_rank(a)) == a.shape[-1]


HOLDS: dict[Kind, Callable[[Reals], bool]] = {
    Kind.POSITIVE: lambda a: bool((a > 0).all()),
    Kind.NONNEGATIVE: lambda a: bool((a >= 0).all()),
    Kind.NONZERO: lambda a: bool((a != 0).all()),
    Kind.SYMMETRIC: _is_symmetric,
    Kind.POSITIVE_DEFINITE: lambda a: (
        _is_symmetric(a) and bool((np.linalg.eigvalsh(a.astype(float)) > 0).all())
    ),
    Kind.NONSINGULAR: _has_full_rank,
    Kind.FULL_COLUMN_RANK: _has_full_rank,
    Kind.ORTHONORMAL: _is_orthonormal,
    Kind.SIMPLEX: _is_simplex,
    Kind.ONE_HOT: lambda a: _is_simplex(a) and bool(np.isin(a, (0, 1)).all()),
    Kind.MASK: lambda a: bool(np.isin(a, (0, 1)).all()),
    Kind.SIGNS: lambda a: bool(np.isin(a, (-1, 1)).all()),
}


def is_in(values: Reals, space: Space) -> bool:
    """Whether an array of the right shape lies in a space.

    >>> from derive.spaces import Simplex
    >>> is_in(np.array([0.25, 0.75]), Simplex["K"]), is_in(np.array([1.0, 1.0]), Simplex["K"])
    (True, False)
    """
    numbers = np.asarray(values, float)
    bounded = not space.family.bounded or bool((numbers <= 1).all())
    return bounded and all(HOLDS[kind](numbers) for kind in space.family.kinds if kind in HOLDS)
