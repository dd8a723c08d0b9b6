"""Batch normalisation with the statistics of the batch, of features and of channels of images."""

from collections.abc import Iterator
from math import prod
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._blocks import spans
from numerics._conventions import chosen

Estimate = Literal["unbiased", "biased"]


class BatchNormGradients(NamedTuple):
    """The gradients of a loss in the inputs, the scales and the shifts."""

    dx: Array
    dgamma: Array
    dbeta: Array


class RunningStatistics(NamedTuple):
    """The statistics after a batch."""

    mean: Array
    variance: Array


def batch_norm_jacobian(x: npt.ArrayLike, *, epsilon: float = 1e-5) -> Array:
    """Return the derivatives of the normalised batch in the batch, for one feature.

    Entry i, j is (delta_ij - 1/N - h_i h_j / N) / sigma with h = (x - mean) / sigma and
    sigma^2 = var + epsilon.

    Shapes: x (N); the result is (N, N), the output's axis first.
    Errors: ValueError where x is no vector.
    Source: Ioffe and Szegedy, Batch normalization, ICML 2015, section 3.

    >>> batch_norm_jacobian([0.0, 2.0], epsilon=3)
    array([[ 0.1875, -0.1875],
           [-0.1875,  0.1875]])
    """
    (x,) = arguments("N", x=x)
    y, squares = _centred(x[:, None])
    sigma = _deviation(squares, x[:, None], float(epsilon))
    h = y / sigma
    jacobian = -(h * h.T + 1) / x.dtype.type(len(x))
    jacobian[np.diag_indices(len(x))] += 1
    return jacobian / sigma


def batch_norm(
    x: npt.ArrayLike, gamma: npt.ArrayLike, beta: npt.ArrayLike, *, epsilon: float = 1e-5
) -> Array:
    """Return gamma (x - mean) / sqrt(var + epsilon) + beta, with the statistics of each feature.

    The variance is the biased one, the mean of the squared distances to the mean, computed after
    the mean in a second pass: the mean square minus the squared mean would cancel.

    Shapes: x (N, D); gamma, beta (D); the result is (N, D).
    Errors: ValueError where the shapes differ.
    Source: Ioffe and Szegedy, Batch normalization, ICML 2015, algorithm 1.

    >>> batch_norm([[1.0], [3.0]], [1.0], [10.0], epsilon=0)
    array([[ 9.],
           [11.]])
    """
    x, gamma, beta = arguments("N D; D; D", x=x, gamma=gamma, beta=beta)
    return _scaled_and_shifted(x, gamma, beta, float(epsilon))


def batch_norm_backward(
    dy: npt.ArrayLike, x: npt.ArrayLike, gamma: npt.ArrayLike, *, epsilon: float = 1e-5
) -> BatchNormGradients:
    """Return the gradients dx, dgamma, dbeta of a loss whose gradient in the outputs is dy.

    dx = (dy - mean(dy) - h mean(dy h)) gamma / sigma with h = (x - mean) / sigma.

    Shapes: dy, x, dx (N, D); gamma, dgamma, dbeta (D).
    Errors: ValueError where the shapes differ.
    Source: Ioffe and Szegedy, Batch normalization, ICML 2015, section 3.

    >>> batch_norm_backward([[1.0], [0.0]], [[0.0], [2.0]], [2.0], epsilon=3).dx
    array([[ 0.375],
           [-0.375]])
    """
    dy, x, gamma = arguments("N D; N D; D", dy=dy, x=x, gamma=gamma)
    return _gradients(dy, x, gamma, float(epsilon))


def batch_norm2d(
    x: npt.ArrayLike, gamma: npt.ArrayLike, beta: npt.ArrayLike, *, epsilon: float = 1e-5
) -> Array:
    """Return batch normalisation of images, with statistics over the batch and all places.

    Shapes: x (N, C, H, W); gamma, beta (C); the result is (N, C, H, W).
    Errors: ValueError where the shapes differ.
    Source: Ioffe and Szegedy, Batch normalization, ICML 2015, section 3.2.

    >>> batch_norm2d([[[[1.0, 3.0]]]], [1.0], [10.0], epsilon=0)
    array([[[[ 9., 11.]]]])
    """
    x, gamma, beta = arguments("N C H W; C; C", x=x, gamma=gamma, beta=beta)
    return _scaled_and_shifted(_places(x), gamma, beta, float(epsilon)).reshape(x.shape)


def batch_norm2d_backward(
    dy: npt.ArrayLike, x: npt.ArrayLike, gamma: npt.ArrayLike, *, epsilon: float = 1e-5
) -> BatchNormGradients:
    """Return the gradients dx, dgamma, dbeta of batch normalisation of images.

    Shapes: dy, x, dx (N, C, H, W); gamma, dgamma, dbeta (C).
    Errors: ValueError where the shapes differ.
    Source: Ioffe and Szegedy, Batch normalization, ICML 2015, section 3.2.

    >>> batch_norm2d_backward([[[[1.0, 0.0]]]], [[[[0.0, 2.0]]]], [2.0], epsilon=3).dx
    array([[[[ 0.375, -0.375]]]])
    """
    dy, x, gamma = arguments("N C H W; N C H W; C", dy=dy, x=x, gamma=gamma)
    dx, dgamma, dbeta = _gradients(_places(dy), _places(x), gamma, float(epsilon))
    return BatchNormGradients(dx.reshape(x.shape), dgamma, dbeta)


def batch_norm_inference(
    x: npt.ArrayLike,
    gamma: npt.ArrayLike,
    beta: npt.ArrayLike,
    mean: npt.ArrayLike,
    variance: npt.ArrayLike,
    *,
    epsilon: float = 1e-5,
) -> Array:
    """Return gamma (x - mean) / sqrt(variance + epsilon) + beta with statistics that are given.

    It is an affine map of each feature; the difference is taken first, as x and its mean are
    usually close.

    Shapes: x (N, D); gamma, beta, mean, variance (D); the result is (N, D).
    Errors: ValueError where the shapes differ.
    Source: Ioffe and Szegedy, Batch normalization, ICML 2015, algorithm 2.

    >>> batch_norm_inference([[3.0]], [2.0], [1.0], [1.0], [4.0], epsilon=0)
    array([[3.]])
    """
    x, gamma, beta, mean, variance = arguments(
        "N D; D; D; D; D", x=x, gamma=gamma, beta=beta, mean=mean, variance=variance
    )
    out = x - mean
    out *= gamma / np.sqrt(variance + x.dtype.type(epsilon))
    out += beta
    return out


def running_statistics(
    x: npt.ArrayLike,
    mean: npt.ArrayLike,
    variance: npt.ArrayLike,
    *,
    momentum: float = 0.1,
    estimate: Estimate = "unbiased",
) -> RunningStatistics:
    """Return mean + momentum (m - mean) and variance + momentum (v - variance) for a batch x.

    m and v are the mean and the variance of each feature; v is over N - 1, or over N for the
    estimate "biased".

    Shapes: x (N, D), N at least 2; mean, variance and both results (D).
    Errors: ValueError where the shapes differ, or for fewer than two examples.
    Source: Ioffe and Szegedy, Batch normalization, ICML 2015, section 3.1.

    >>> running_statistics([[1.0], [3.0]], [0.0], [1.0], momentum=0.5)
    RunningStatistics(mean=array([1.]), variance=array([1.5]))
    """
    x, mean, variance = arguments("N D; D; D", x=x, mean=mean, variance=variance)
    if len(x) < 2:
        raise ValueError(f"x: a variance takes at least 2 examples, got {len(x)}")
    fewer = chosen("estimate", estimate, ("unbiased", "biased")) == "unbiased"
    share = x.dtype.type(momentum)
    spread = x.var(axis=0, ddof=int(fewer))
    return RunningStatistics(
        mean + share * (x.mean(axis=0) - mean), variance + share * (spread - variance)
    )


def running_average(
    batches: npt.ArrayLike, start: npt.ArrayLike, *, momentum: float = 0.1
) -> Array:
    """Return the averages r_0 = start, r_t+1 = (1 - momentum) r_t + momentum m_t of statistics m.

    Shapes: batches (T); start a scalar; the result is (T), so that it leaves out the last batch.
    Errors: ValueError where the shapes differ.
    Source: Ioffe and Szegedy, Batch normalization, ICML 2015, section 3.1.

    >>> running_average([1.0, 1.0, 1.0], 0.0, momentum=0.5)
    array([0.  , 0.5 , 0.75])
    """
    batches, start = arguments("T; ", batches=batches, start=start)
    out, average, share = np.empty_like(batches), start, batches.dtype.type(momentum)
    for t, batch in enumerate(batches):
        out[t] = average
        average = average + share * (batch - average)
    return out


# --------------------------------------------------------------------------------------------
# Features are (N, D); images are (N, C, L), their L places in one axis


def _places(images: Array) -> Array:
    return images.reshape(*images.shape[:2], images.shape[2] * images.shape[3])


def _scaled_and_shifted(x: Array, gamma: Array, beta: Array, epsilon: float) -> Array:
    out, squares = _centred(x)
    scale = _broadcast(gamma / _deviation(squares, x, epsilon), x)
    shift = _broadcast(beta, x)
    for examples, channels in _blocks(x):
        y = out[examples, channels]
        y *= scale[channels]
        y += shift[channels]
    return out


def _gradients(dy: Array, x: Array, gamma: Array, epsilon: float) -> BatchNormGradients:
    """Return (dy - mean(dy) - h mean(dy h)) gamma / sigma with h = (x - mean) / sigma, and sums."""
    out, squares, products = _centred(x, dy)
    sigma, count = _deviation(squares, x, epsilon), _count(x)
    dgamma, dbeta = products / sigma, _sums(dy)
    scale, mean = _broadcast(gamma / sigma, x), _broadcast(dbeta / count, x)
    share = _broadcast(-dgamma / (sigma * count), x)
    for examples, channels in _blocks(x):
        y = out[examples, channels]
        y *= share[channels]
        y -= mean[channels]
        y += dy[examples, channels]
        y *= scale[channels]
    return BatchNormGradients(out, dgamma, dbeta)


def _centred(x: Array, *others: Array) -> tuple[Array, ...]:
    """Return x without its means, its sums of squares, and those of its products with others."""
    out, mean = np.empty(x.shape, x.dtype), _broadcast(_sums(x) / _count(x), x)
    factors = (out, *others)
    sums = np.zeros((len(factors), x.shape[1]), x.dtype)
    for examples, channels in _blocks(x):
        y = np.subtract(x[examples, channels], mean[channels], out=out[examples, channels])
        for total, factor in zip(sums, factors, strict=True):
            total[channels] += _products(y, factor[examples, channels])
    return out, *sums


def _blocks(x: Array) -> Iterator[tuple[slice, slice]]:
    """Yield blocks of whole examples, or where one is too large, of the channels of each."""
    for examples in spans(len(x), size=x.nbytes):
        for channels in spans(x.shape[1], size=x[examples].nbytes):
            yield examples, channels


def _deviation(squares: Array, x: Array, epsilon: float) -> Array:
    return np.sqrt(squares / _count(x) + x.dtype.type(epsilon))


def _count(x: Array) -> Any:
    """Return how many values a feature or channel has; one where it has none, to divide by."""
    return x.dtype.type(max(prod(x.shape[::2]), 1))


def _sums(x: Array) -> Array:
    """Return the sum of each feature or channel; products with ones are the fastest sums."""
    rows = x if x.ndim == 2 else x @ np.ones(x.shape[2], x.dtype)
    return np.ones(len(x), x.dtype) @ rows


def _products(a: Array, b: Array) -> Array:
    """Return the sum of the products of each feature or channel."""
    if a.ndim == 2:
        return np.einsum("nc,nc->c", a, b)
    return np.vecdot(a, b).sum(axis=0)


def _broadcast(values: Array, like: Array) -> Array:
    """Return one value a feature or channel, ready to be broadcast."""
    return values if like.ndim == 2 else values[:, None]
