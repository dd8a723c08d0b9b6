"""Sums with weights, to which what has no weight adds nothing, be it infinite."""

import numpy as np

from numerics._arguments import Array


def weighed(y: Array, values: Array) -> Array:
    """Return sum_k y_k v_k along the last axis, over the k whose y_k is not 0.

    >>> weighed(np.array([1.0, 0.0]), np.array([2.0, -np.inf])).item()
    2.0
    """
    total = np.einsum("...k,...k->...", y, values)
    if not np.isfinite(total).all():  # rarely; a mask beforehand would cost as much as the sum
        total = np.einsum("...k,...k->...", y, np.where(y == 0, y, values))
    return np.asarray(total)
