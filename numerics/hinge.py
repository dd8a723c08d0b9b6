"""Hinge losses of two classes and of several, with their gradients.

At the kink, where a margin is met exactly, the gradient is that of the side without loss: 0.
"""

from math import prod

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._conventions import TOTALS, Reduction, Total, chosen, reduced, shared
from numerics._results import AffineGradients, LinearGradients
from numerics._weights import weighed


def hinge(z: npt.ArrayLike, y: npt.ArrayLike, *, reduction: Reduction = "none") -> Array:
    """Return max(0, 1 - y z) for scores z and labels y that are 1 or -1.

    Shapes: z, y (...); the result is (...), or a scalar with reduction "mean" or "sum".
    Errors: ValueError where the shapes differ or the reduction is unknown.
    Source: Hastie, Tibshirani and Friedman, The elements of statistical learning, eq. (12.25).

    >>> hinge([2.0, 0.5, -1.0], [1, 1, 1])
    array([0. , 0.5, 2. ])
    """
    z, y = arguments("...; ...", z=z, y=y)
    return reduced(_lacking(z, y), reduction)


def hinge_gradient(z: npt.ArrayLike, y: npt.ArrayLike, *, reduction: Reduction = "none") -> Array:
    """Return the gradient of the hinge loss in the scores: -y where y z < 1, else 0.

    Shapes: z, y (...); the result is (...).
    Errors: ValueError where the shapes differ or the reduction is unknown.
    Source: Hastie, Tibshirani and Friedman, The elements of statistical learning, section 12.3.

    >>> hinge_gradient([2.0, 1.0, -1.0], [1, 1, 1])
    array([ 0.,  0., -1.])
    """
    z, y = arguments("...; ...", z=z, y=y)
    return shared(_slopes(z, y), z.size, reduction)


def squared_hinge(z: npt.ArrayLike, y: npt.ArrayLike, *, reduction: Reduction = "none") -> Array:
    """Return max(0, 1 - y z)^2 for scores z and labels y that are 1 or -1.

    Shapes: z, y (...); the result is (...), or a scalar with reduction "mean" or "sum".
    Errors: ValueError where the shapes differ or the reduction is unknown.
    Source: Tang, Deep learning using linear support vector machines, 2013, section 2.2.

    >>> squared_hinge([2.0, 0.5, -1.0], [1, 1, 1])
    array([0.  , 0.25, 4.  ])
    """
    z, y = arguments("...; ...", z=z, y=y)
    return reduced(np.square(_lacking(z, y)), reduction)


def squared_hinge_gradient(
    z: npt.ArrayLike, y: npt.ArrayLike, *, reduction: Reduction = "none"
) -> Array:
    """Return the gradient of the squared hinge loss in the scores: -2 y max(0, 1 - y z).

    Shapes: z, y (...); the result is (...).
    Errors: ValueError where the shapes differ or the reduction is unknown.
    Source: Tang, Deep learning using linear support vector machines, 2013, section 2.4.

    >>> squared_hinge_gradient([0.5, -1.0], [1, 1])
    array([-1., -4.])
    """
    z, y = arguments("...; ...", z=z, y=y)
    return shared(0 - 2 * y * _lacking(z, y), z.size, reduction)  # and not -0


def linear_hinge(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    reduction: Total = "mean",
) -> Array:
    """Return the mean or the sum of the hinge losses of the scores x w + b.

    Shapes: x (N, P); w (P); b a scalar; y (N), 1 or -1; the result is a scalar.
    Errors: ValueError where the shapes do not fit or the reduction is unknown.
    Source: Hastie, Tibshirani and Friedman, The elements of statistical learning, eq. (12.25).

    >>> linear_hinge([[1.0], [2.0]], [0.5], 0.0, [1, -1]).item()
    1.25
    """
    x, w, b, y = arguments("N P; P; ; N", x=x, w=w, b=b, y=y)
    return reduced(_lacking(x @ w + b, y), chosen("reduction", reduction, TOTALS))


def linear_hinge_gradient(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    reduction: Total = "mean",
) -> LinearGradients:
    """Return the gradients dw = x' dz and db = sum dz, with dz the gradient in the scores.

    Shapes: x (N, P); w, dw (P); b, db scalars; y (N), 1 or -1.
    Errors: ValueError where the shapes do not fit or the reduction is unknown.
    Source: Hastie, Tibshirani and Friedman, The elements of statistical learning, section 12.3.

    >>> linear_hinge_gradient([[1.0], [2.0]], [0.5], 0.0, [1, -1]).dw
    array([0.5])
    """
    x, w, b, y = arguments("N P; P; ; N", x=x, w=w, b=b, y=y)
    dz = shared(_slopes(x @ w + b, y), len(x), chosen("reduction", reduction, TOTALS))
    return LinearGradients(dz @ x, dz.sum())


def multiclass_hinge(
    z: npt.ArrayLike, y: npt.ArrayLike, *, margin: float = 1.0, reduction: Reduction = "none"
) -> Array:
    """Return sum_k max(0, z_k - t + margin) over the wrong classes k, with t the right one's score.

    Shapes: z (..., K), scores; y (..., K), one-hot; the result is (...), or a scalar with
    reduction "mean" or "sum".
    Errors: ValueError where the shapes differ or the reduction is unknown.
    Source: Weston and Watkins, Support vector machines for multi-class pattern recognition, 1999.

    >>> multiclass_hinge([3.2, 5.1, -1.7], [1, 0, 0]).round(1).item()
    2.9
    """
    z, y = arguments("... K; ... K", z=z, y=y)
    return reduced(_lacking_of_classes(z, y, margin).sum(axis=-1), reduction)


def multiclass_hinge_gradient(
    z: npt.ArrayLike, y: npt.ArrayLike, *, margin: float = 1.0, reduction: Reduction = "none"
) -> Array:
    """Return the gradient in the scores: 1 for classes too close, minus their number for the right.

    A wrong class is too close where its score is above the right one's less the margin.

    Shapes: z (..., K), scores; y (..., K), one-hot; the result is (..., K).
    Errors: ValueError where the shapes differ or the reduction is unknown.
    Source: Weston and Watkins, Support vector machines for multi-class pattern recognition, 1999.

    >>> multiclass_hinge_gradient([3.2, 5.1, -1.7], [1, 0, 0])
    array([-1.,  1.,  0.])
    """
    z, y = arguments("... K; ... K", z=z, y=y)
    rows = prod(z.shape[:-1])
    return shared(_slopes_of_classes(z, y, margin), rows, reduction)


def linear_multiclass_hinge(
    x: npt.ArrayLike,
    W: npt.ArrayLike,
    b: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    margin: float = 1.0,
    reduction: Total = "mean",
) -> Array:
    """Return the mean or the sum of the multiclass hinge losses of the scores x W + b.

    The margin is the one of multiclass_hinge.

    Shapes: x (N, P); W (P, K); b (K); y (N, K), one-hot; the result is a scalar.
    Errors: ValueError where the shapes do not fit or the reduction is unknown.
    Source: Weston and Watkins, Support vector machines for multi-class pattern recognition, 1999.

    >>> linear_multiclass_hinge([[1.0]], [[3.2, 5.1]], [0.0, 0.0], [[1, 0]]).round(1).item()
    2.9
    """
    x, W, b, y = arguments("N P; P K; K; N K", x=x, W=W, b=b, y=y)
    losses = _lacking_of_classes(x @ W + b, y, margin).sum(axis=-1)
    return reduced(losses, chosen("reduction", reduction, TOTALS))


def linear_multiclass_hinge_gradient(
    x: npt.ArrayLike,
    W: npt.ArrayLike,
    b: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    margin: float = 1.0,
    reduction: Total = "mean",
) -> AffineGradients:
    """Return the gradients dW = x' dz and db = sum dz, with dz the gradient in the scores.

    The margin is the one of multiclass_hinge.

    Shapes: x (N, P); W, dW (P, K); b, db (K); y (N, K), one-hot.
    Errors: ValueError where the shapes do not fit or the reduction is unknown.
    Source: Weston and Watkins, Support vector machines for multi-class pattern recognition, 1999.

    >>> linear_multiclass_hinge_gradient([[2.0]], [[3.2, 5.1]], [0.0, 0.0], [[1, 0]]).dW
    array([[-2.,  2.]])
    """
    x, W, b, y = arguments("N P; P K; K; N K", x=x, W=W, b=b, y=y)
    dz = shared(
        _slopes_of_classes(x @ W + b, y, margin), len(x), chosen("reduction", reduction, TOTALS)
    )
    return AffineGradients(x.T @ dz, dz.sum(axis=0))


# --------------------------------------------------------------------------------------------


def _lacking(z: Array, y: Array) -> Array:
    """Return what scores lack to the margin 1."""
    return np.maximum(1 - y * z, 0)


def _slopes(z: Array, y: Array) -> Array:
    return 0 - y * (y * z < 1)  # and not -0


def _to_the_right_class(z: Array, y: Array, margin: float) -> Array:
    return z - weighed(y, z)[..., None] + z.dtype.type(margin)


def _lacking_of_classes(z: Array, y: Array, margin: float) -> Array:
    """Return what each wrong class lacks; the right one lacks the margin, but that is free."""
    lacking = np.maximum(_to_the_right_class(z, y, margin), 0)
    lacking *= 1 - y
    return lacking


def _slopes_of_classes(z: Array, y: Array, margin: float) -> Array:
    slopes = (_to_the_right_class(z, y, margin) > 0).astype(z.dtype)
    slopes -= y * slopes.sum(axis=-1, keepdims=True)  # what the right class has itself cancels
    return slopes
