"""Penalties on weights, and steps that let weights decay."""

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments


def l2_penalty(W: npt.ArrayLike) -> Array:
    """Return the L2 penalty, the sum of the squares of all weights.

    Shapes: W any; the result is a scalar.
    Errors: TypeError where W does not hold numbers.
    Source: Goodfellow, Bengio and Courville, Deep Learning, eq. (7.2), without the factor 1/2.

    >>> l2_penalty([0.25, 0.25, 0.25, 0.25]).item()
    0.25
    """
    (W,) = arguments("...", W=W)
    weights = W.ravel()
    return weights @ weights


def l2_penalty_gradient(W: npt.ArrayLike) -> Array:
    """Return the gradient 2 W of the L2 penalty.

    Shapes: W any; the result has the shape of W.
    Errors: TypeError where W does not hold numbers.
    Source: Deep Learning, eq. (7.3).

    >>> l2_penalty_gradient([1, -2])
    array([ 2., -4.])
    """
    (W,) = arguments("...", W=W)
    return 2 * W


def weight_decay_step(
    w: npt.ArrayLike,
    g: npt.ArrayLike,
    *,
    learning_rate: float,
    weight_decay: float,
    out: Array | None = None,
) -> Array:
    """Return w - learning_rate (g + weight_decay w), a step of gradient descent with decay.

    The decay is that of a penalty weight_decay / 2 times the squared weights, as in PyTorch's SGD.

    Shapes: w, g alike; the result has their shape, and is written to `out`, which may be w.
    Errors: ValueError where the shapes differ.
    Source: Deep Learning, eq. (7.5).

    >>> weight_decay_step([1.0, 2.0], [0.0, 1.0], learning_rate=0.5, weight_decay=0.1)
    array([0.95, 1.4 ])
    """
    w, g = arguments("...; ...", w=w, g=g)
    step = float(learning_rate) * g
    result = np.multiply(w, 1 - float(learning_rate) * float(weight_decay), out=out)
    return np.subtract(result, step, out=out)
