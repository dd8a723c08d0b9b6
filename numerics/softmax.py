"""Softmax, its logarithm and its cross-entropy, always along the last axis."""

from math import prod

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._conventions import Reduction, reduced, shared
from numerics._weights import weighed

# Up to this many classes, a maximum over the rows of a transposed copy beats one along short rows.
SHORT = 32


def logsumexp(z: npt.ArrayLike) -> Array:
    """Return log sum_k exp(z_k), shifted by the largest logit so that nothing overflows.

    Shapes: z (..., K); the result is (...). Without classes it is log 0 = -inf.
    Errors: ValueError where z has no axis.
    Source: Blanchard, Higham and Higham, Accurately computing the log-sum-exp and softmax
    functions, IMA Journal of Numerical Analysis 41 (2021).

    >>> logsumexp([1000, 1000]).round(4).item()
    1000.6931
    """
    (z,) = arguments("... K", z=z)
    shift = _shift(z)
    return _log(np.exp(z - shift).sum(axis=-1)) + shift.reshape(z.shape[:-1])


def logsumexp_gradient(z: npt.ArrayLike) -> Array:
    """Return the gradient of log-sum-exp in the logits, which is softmax.

    Shapes: z (..., K); the result has the shape of z.
    Errors: ValueError where z has no axis.
    Source: Boyd and Vandenberghe, Convex Optimization, section 3.1.5.

    >>> logsumexp_gradient([0, 0])
    array([0.5, 0.5])
    """
    return softmax(z)


def log_softmax(z: npt.ArrayLike) -> Array:
    """Return log softmax(z)_i = z_i - log sum_k exp(z_k).

    Shapes: z (..., K); the result has the shape of z.
    Errors: ValueError where z has no axis.
    Source: Blanchard, Higham and Higham (2021), as for logsumexp.

    >>> log_softmax([0, 0])
    array([-0.69314718, -0.69314718])
    """
    (z,) = arguments("... K", z=z)
    out = z - _shift(z)
    out -= _log(np.exp(out).sum(axis=-1, keepdims=True))
    return out


def softmax(z: npt.ArrayLike) -> Array:
    """Return softmax(z)_i = exp(z_i) / sum_k exp(z_k).

    Shapes: z (..., K); the result has the shape of z.
    Errors: ValueError where z has no axis.
    Source: Bishop, Pattern Recognition and Machine Learning, eq. (4.62).

    >>> softmax([[0, 0], [1000, 0]])
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    (z,) = arguments("... K", z=z)
    out = np.subtract(z, _shift(z), out=np.empty(z.shape, z.dtype))
    np.exp(out, out=out)
    rows = _rows(out)
    # A product with ones adds up the rows faster than a sum along them does.
    rows /= (rows @ np.ones(z.shape[-1], z.dtype))[..., None]
    return out


def softmax_jacobian(z: npt.ArrayLike) -> Array:
    """Return the matrix of d softmax(z)_i / d z_j = p_i (delta_ij - p_j), with p = softmax(z).

    Its rows sum to zero; the diagonal is taken from that, as p_i - p_i^2 cancels for p_i near 1.

    Shapes: z (..., K); the result is (..., K, K), the output's axis first.
    Errors: ValueError where z has no axis.
    Source: Bishop, Pattern Recognition and Machine Learning, eq. (4.106).

    >>> softmax_jacobian([0, 0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    p = softmax(z)
    jacobian = -p[..., :, None] * p[..., None, :]
    diagonal = np.einsum("...ii->...i", jacobian)
    diagonal[...] = 0
    diagonal -= jacobian.sum(axis=-1)
    return jacobian


def softmax_cross_entropy(
    z: npt.ArrayLike, y: npt.ArrayLike, *, reduction: Reduction = "none"
) -> Array:
    """Return the cross-entropy -sum_k y_k log softmax(z)_k of the targets y and the logits z.

    Shapes: z, y (..., K); the result is (...), or a scalar with reduction "mean" or "sum". The mean
    is over all of (...), and of nothing it is nan.
    Errors: ValueError where the shapes differ or the reduction is unknown.
    Source: Bishop, Pattern Recognition and Machine Learning, eq. (4.108).

    >>> softmax_cross_entropy([0, 0], [1, 0]).item()
    0.6931471805599...
    """
    z, y = arguments("... K; ... K", z=z, y=y)
    return reduced(-weighed(y, log_softmax(z)), reduction)


def softmax_cross_entropy_gradient(
    z: npt.ArrayLike, y: npt.ArrayLike, *, reduction: Reduction = "none"
) -> Array:
    """Return the gradient p - y of softmax cross-entropy in the logits z, with p = softmax(z).

    The targets y are on the simplex: in general it is p sum_k y_k - y, and their sum is taken to
    be one, not computed. With reduction "none" each row is the gradient of that row's own loss.

    Shapes: z, y (..., K); the result has the shape of z.
    Errors: ValueError where the shapes differ or the reduction is unknown.
    Source: Bishop, Pattern Recognition and Machine Learning, eq. (4.109).

    >>> softmax_cross_entropy_gradient([0, 0], [1, 0])
    array([-0.5,  0.5])
    """
    z, y = arguments("... K; ... K", z=z, y=y)
    gradient = softmax(z)
    gradient -= y
    return shared(gradient, prod(gradient.shape[:-1]), reduction)


def _rows(z: Array) -> Array:
    """Return all rows as those of one matrix."""
    return z.reshape(prod(z.shape[:-1]), z.shape[-1])


def _shift(z: Array) -> Array:
    """Return the largest logit of each row, or 0 where it is infinite and no shift would help."""
    if z.shape[-1] <= SHORT and z.size:
        columns = np.ascontiguousarray(_rows(z).T)
        largest = columns.max(axis=0).reshape(*z.shape[:-1], 1)
    else:
        largest = z.max(axis=-1, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(largest), largest, largest.dtype.type(0))


def _log(sums: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.log(sums)
