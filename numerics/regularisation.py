"""Penalties on weights, and steps that let weights decay."""

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._results import destination


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
    eta: float,
    lambda_: float,
    out: Array | None = None,
) -> Array:
    """Return w - eta (g + lambda w), a step of gradient descent with decay.

    The decay is that of a penalty lambda / 2 times the squared weights, PyTorch's
    `SGD(weight_decay=lambda_)`.

    Shapes: w, g, out alike, of any shape; out may be w itself.
    Errors: ValueError where the shapes differ.
    Source: Deep Learning, eq. (7.5).

    >>> weight_decay_step([1.0, 2.0], [0.0, 1.0], eta=0.5, lambda_=0.1)
    array([0.95, 1.4 ])
    """
    w, g = arguments("...; ...", w=w, g=g)
    step, shrunk = float(eta) * g, (1 - float(eta) * float(lambda_)) * w
    return np.subtract(shrunk, step, out=None if out is None else destination(out, w))
