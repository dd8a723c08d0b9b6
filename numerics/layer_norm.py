"""Normalisation of each example by itself: over all features, or by their root mean square."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._blocks import spans


class LayerNormGradients(NamedTuple):
    """The gradients of a loss in the inputs, the scales and the shifts."""

    dx: Array
    dgamma: Array
    dbeta: Array


class RmsNormGradients(NamedTuple):
    """The gradients of a loss in the inputs and the scales."""

    dx: Array
    dgamma: Array


def layer_norm(
    x: npt.ArrayLike, gamma: npt.ArrayLike, beta: npt.ArrayLike, *, epsilon: float = 1e-5
) -> Array:
    """Return gamma (x - mean) / sqrt(var + epsilon) + beta, with the statistics of each row.

    The variance is the biased one, computed after the mean in a second pass.

    Shapes: x (..., D); gamma, beta (D); the result is (..., D).
    Errors: ValueError where the shapes differ.
    Source: Ba, Kiros and Hinton, Layer normalization, 2016, eq. (4).

    >>> layer_norm([[1.0, 3.0]], [1.0, 1.0], [10.0, 10.0], epsilon=0)
    array([[ 9., 11.]])
    """
    x, gamma, beta = arguments("... D; D; D", x=x, gamma=gamma, beta=beta)
    out = np.empty(x.shape, x.dtype)
    for rows, y in _blocks(x, out):
        y /= _centred(rows, y, epsilon)
        y *= gamma
        y += beta
    return out


def layer_norm_backward(
    dy: npt.ArrayLike, x: npt.ArrayLike, gamma: npt.ArrayLike, *, epsilon: float = 1e-5
) -> LayerNormGradients:
    """Return the gradients dx, dgamma, dbeta of a loss whose gradient in the outputs is dy.

    dx = (g - mean(g) - h mean(g h)) / sigma with g = dy gamma, h = (x - mean) / sigma and the means
    of each row.

    Shapes: dy, x, dx (..., D); gamma, dgamma, dbeta (D).
    Errors: ValueError where the shapes differ.
    Source: Ba, Kiros and Hinton, Layer normalization, 2016, section 3.

    >>> layer_norm_backward([[1.0, 0.0]], [[0.0, 2.0]], [2.0, 2.0], epsilon=3).dx
    array([[ 0.375, -0.375]])
    """
    dy, x, gamma = arguments("... D; ... D; D", dy=dy, x=x, gamma=gamma)
    out, dgamma, dbeta = np.empty(x.shape, x.dtype), np.zeros_like(gamma), np.zeros_like(gamma)
    for rows, h, g in _blocks(x, out, dy):
        sigma = _centred(rows, h, epsilon)
        h /= sigma
        dgamma += np.einsum("nd,nd->d", g, h)
        dbeta += _ones(g) @ g
        _without_correlation(g * gamma, h, sigma, mean=True)
    return LayerNormGradients(out, dgamma, dbeta)


def rms_norm(x: npt.ArrayLike, gamma: npt.ArrayLike, *, epsilon: float = 1e-5) -> Array:
    """Return gamma x / sqrt(mean(x^2) + epsilon), with the mean of each row.

    Shapes: x (..., D); gamma (D); the result is (..., D).
    Errors: ValueError where the shapes differ.
    Source: Zhang and Sennrich, Root mean square layer normalization, NeurIPS 2019, eq. (4).

    >>> rms_norm([[1.0, 7.0]], [5.0, 5.0], epsilon=0)
    array([[1., 7.]])
    """
    x, gamma = arguments("... D; D", x=x, gamma=gamma)
    out = np.empty(x.shape, x.dtype)
    for rows, y in _blocks(x, out):
        np.divide(rows, _root_mean_square(rows, epsilon), out=y)
        y *= gamma
    return out


def rms_norm_backward(
    dy: npt.ArrayLike, x: npt.ArrayLike, gamma: npt.ArrayLike, *, epsilon: float = 1e-5
) -> RmsNormGradients:
    """Return the gradients dx and dgamma of a loss whose gradient in the outputs is dy.

    dx = (g - h mean(g h)) / rho with g = dy gamma, h = x / rho and rho = sqrt(mean(x^2) + epsilon).

    Shapes: dy, x, dx (..., D); gamma, dgamma (D).
    Errors: ValueError where the shapes differ.
    Source: Zhang and Sennrich, Root mean square layer normalization, NeurIPS 2019, section 4.

    >>> rms_norm_backward([[25.0, 0.0]], [[1.0, 7.0]], [5.0, 5.0], epsilon=0).dx
    array([[24.5, -3.5]])
    """
    dy, x, gamma = arguments("... D; ... D; D", dy=dy, x=x, gamma=gamma)
    out, dgamma = np.empty(x.shape, x.dtype), np.zeros_like(gamma)
    for rows, h, g in _blocks(x, out, dy):
        rho = _root_mean_square(rows, epsilon)
        np.divide(rows, rho, out=h)
        dgamma += np.einsum("nd,nd->d", g, h)
        _without_correlation(g * gamma, h, rho, mean=False)
    return RmsNormGradients(out, dgamma)


# --------------------------------------------------------------------------------------------


def _blocks(x: Array, *others: Array) -> Iterator[tuple[Array, ...]]:
    """Yield blocks of rows of arrays of one shape."""
    width = x.shape[-1]
    rows = x.size // width if width else 0
    flat = [a.reshape(rows, width) for a in (x, *others)]
    for block in spans(rows, size=x.nbytes):
        yield tuple(a[block] for a in flat)


def _ones(rows: Array) -> Array:
    return np.ones(len(rows), rows.dtype)


def _mean(rows: Array) -> Array:
    """Return the mean of each row; a product with a constant vector is the fastest way to it."""
    return rows @ np.full((rows.shape[1], 1), 1 / rows.shape[1], rows.dtype)


def _root_mean_square(rows: Array, epsilon: float) -> Array:
    squares, kind = np.einsum("nd,nd->n", rows, rows)[:, None], rows.dtype.type
    return np.sqrt(squares / kind(rows.shape[1]) + kind(epsilon))


def _centred(rows: Array, out: Array, epsilon: float) -> Array:
    """Write rows without their means, and return their deviations."""
    np.subtract(rows, _mean(rows), out=out)
    return _root_mean_square(out, epsilon)


def _without_correlation(g: Array, h: Array, deviation: Array, mean: bool) -> None:
    """Turn the normalised values h into (g - mean(g) - h mean(g h)) / deviation."""
    h *= np.einsum("nd,nd->n", g, h)[:, None] / g.dtype.type(-g.shape[1])
    h += g
    if mean:
        h -= _mean(g)
    h /= deviation
