"""Losses of scores with labels of +1 or -1, and their gradients for linear scores; accuracy."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._conventions import chosen, reduced, shared
from numerics._results import LinearGradients
from numerics.activations import sigmoid, softplus

Loss = Literal["squared", "logistic", "exponential"]


def squared_loss(s: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """Return (s - y)^2, which for labels of +1 or -1 is (1 - y s)^2.

    Shapes: s, y alike; the result has their shape.
    Errors: ValueError where the shapes differ.
    Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, section 10.6.

    >>> squared_loss([0, 3], [1, 1])
    array([1., 4.])
    """
    s, y = arguments("...; ...", s=s, y=y)
    return np.square(s - y)


def squared_loss_gradient(s: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """Return 2 (s - y), the slope of the squared loss in the score.

    Shapes: s, y alike; the result has their shape.
    Errors: ValueError where the shapes differ.
    Source: The Elements of Statistical Learning, section 10.6.

    >>> squared_loss_gradient([0, 3], [1, 1])
    array([-2.,  4.])
    """
    s, y = arguments("...; ...", s=s, y=y)
    return 2 * (s - y)


def logistic_loss(s: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """Return log(1 + exp(-y s)) for labels of +1 or -1, without overflow.

    Shapes: s, y alike; the result has their shape.
    Errors: ValueError where the shapes differ.
    Source: The Elements of Statistical Learning, eq. (10.18), where it is the deviance.

    >>> logistic_loss([-1000, 1000], [1, 1])
    array([1000.,    0.])
    """
    s, y = arguments("...; ...", s=s, y=y)
    return softplus(-y * s)


def logistic_loss_gradient(s: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """Return -y sigma(-y s), the slope of the logistic loss in the score.

    Shapes: s, y alike; the result has their shape.
    Errors: ValueError where the shapes differ.
    Source: The Elements of Statistical Learning, section 10.5.

    >>> logistic_loss_gradient([-1000, 0], [1, 1])
    array([-1. , -0.5])
    """
    s, y = arguments("...; ...", s=s, y=y)
    return -y * sigmoid(-y * s)


def exponential_loss(s: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """Return exp(-y s) for labels of +1 or -1; it is infinite where that is out of range.

    Shapes: s, y alike; the result has their shape.
    Errors: ValueError where the shapes differ.
    Source: The Elements of Statistical Learning, eq. (10.8).

    >>> exponential_loss([0, 1000], [1, 1])
    array([1., 0.])
    """
    s, y = arguments("...; ...", s=s, y=y)
    with np.errstate(over="ignore"):
        return np.exp(-y * s)


def exponential_loss_gradient(s: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """Return -y exp(-y s), the slope of the exponential loss in the score.

    Shapes: s, y alike; the result has their shape.
    Errors: ValueError where the shapes differ.
    Source: The Elements of Statistical Learning, eq. (10.8).

    >>> exponential_loss_gradient([0, 0], [1, -1])
    array([-1.,  1.])
    """
    s, y = arguments("...; ...", s=s, y=y)
    return -y * exponential_loss(s, y)


LOSSES = {
    "squared": (squared_loss, squared_loss_gradient),
    "logistic": (logistic_loss, logistic_loss_gradient),
    "exponential": (exponential_loss, exponential_loss_gradient),
}


def linear_classification_loss(
    X: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    loss: Loss = "logistic",
) -> Array:
    """Return the mean loss of the scores X w + b with labels of +1 or -1.

    Shapes: X (N, p), w (p), b a scalar, y (N); the result is a scalar. A mean of nothing is nan.
    Errors: ValueError where the shapes do not fit or the loss is unknown.
    Source: The Elements of Statistical Learning, section 10.6.

    >>> linear_classification_loss([[1.0], [2.0]], [0.0], 0, [1, -1], loss="squared").item()
    1.0
    """
    X, w, b, y = arguments("N p; p; ; N", X=X, w=w, b=b, y=y)
    value, _ = LOSSES[chosen("loss", loss, tuple(LOSSES))]
    return reduced(value(X @ w + b, y), "mean")


def linear_classification_loss_gradient(
    X: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    loss: Loss = "logistic",
) -> LinearGradients:
    """Return the gradients X'd and sum(d), with the slopes d of the mean loss in the scores.

    Shapes: X (N, p), w (p), b a scalar, y (N); dw is (p), db a scalar.
    Errors: ValueError where the shapes do not fit or the loss is unknown.
    Source: The Elements of Statistical Learning, section 10.6.

    >>> linear_classification_loss_gradient([[1.0], [3.0]], [0.0], 0, [1, -1]).dw
    array([0.5])
    """
    X, w, b, y = arguments("N p; p; ; N", X=X, w=w, b=b, y=y)
    _, slope = LOSSES[chosen("loss", loss, tuple(LOSSES))]
    d = shared(slope(X @ w + b, y), len(y), "mean")
    return LinearGradients(X.T @ d, d.sum())
