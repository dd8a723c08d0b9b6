"""How often the largest score is that of the label."""

import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._conventions import reduced


def accuracy(z: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """Return the share of examples whose largest score, at a tie the first, is that of the label.

    Shapes: z, y (N, K), the rows of y one-hot; the result is a scalar. Of nothing it is nan.
    Errors: ValueError where the shapes differ, or there is no class.
    Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, section 7.2.

    >>> accuracy([[2, 1], [0, 3], [5, 4]], [[1, 0], [0, 1], [0, 1]]).round(4).item()
    0.6667
    """
    z, y = arguments("N K; N K", z=z, y=y)
    if not z.shape[1]:
        raise ValueError(f"z: got shape {z.shape}, wanted (N, K) with K >= 1")
    right = z.argmax(axis=1) == y.argmax(axis=1)
    return reduced(right.astype(z.dtype), "mean")
