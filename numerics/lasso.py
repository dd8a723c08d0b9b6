"""The L1 penalty, its slopes, and the soft threshold."""

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments


def l1_penalty(w: npt.ArrayLike) -> Array:
    """Return the L1 penalty, the sum of the absolute values of all weights.

    Shapes: w any; the result is a scalar.
    Errors: TypeError where w does not hold numbers.
    Source: Goodfellow, Bengio and Courville, Deep Learning, eq. (7.18).

    >>> l1_penalty([1, -2]).item()
    3.0
    """
    (w,) = arguments("...", w=w)
    return np.abs(w).sum()


def l1_penalty_gradient(w: npt.ArrayLike) -> Array:
    """Return the signs of the weights, the gradient of the L1 penalty; 0 where a weight is 0.

    Shapes: w any; the result has the shape of w.
    Errors: TypeError where w does not hold numbers.
    Source: Deep Learning, eq. (7.20).

    >>> l1_penalty_gradient([3, 0, -2])
    array([ 1.,  0., -1.])
    """
    (w,) = arguments("...", w=w)
    return np.sign(w)


def soft_threshold(z: npt.ArrayLike, *, threshold: float) -> Array:
    """Return sign(z) max(|z| - threshold, 0), as PyTorch's softshrink does.

    It is z minus z clipped at the threshold, so that nothing but the result is rounded.

    Shapes: z any; the result has the shape of z.
    Errors: ValueError where the threshold is negative.
    Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, table 3.4.

    >>> soft_threshold([-3, -1, 0.5, 2], threshold=1)
    array([-2.,  0.,  0.,  1.])
    """
    (z,) = arguments("...", z=z)
    if not threshold >= 0:
        raise ValueError(f"threshold: got {threshold}, wanted a number >= 0")
    return z - np.clip(z, -float(threshold), float(threshold))
