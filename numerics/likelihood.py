"""Entropies of distributions along the last axis, and the loss of softmax regression."""

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._conventions import TOTALS, Total, chosen
from numerics._results import AffineGradients
from numerics.softmax import softmax_cross_entropy, softmax_cross_entropy_gradient


def cross_entropy(p: npt.ArrayLike, q: npt.ArrayLike) -> Array:
    """Return -sum_k p_k log q_k, where 0 log 0 is 0 and anything else times log 0 infinite.

    Shapes: p, q (..., K), nonnegative with sum one; the result is (...).
    Errors: ValueError where the shapes differ.
    Source: Cover and Thomas, Elements of Information Theory, section 2.3.

    >>> cross_entropy([1, 0], [0.5, 0.5]).round(4).item()
    0.6931
    """
    p, q = arguments("... K; ... K", p=p, q=q)
    return -_weighted_log(p, q).sum(axis=-1)


def kullback_leibler_divergence(p: npt.ArrayLike, q: npt.ArrayLike) -> Array:
    """Return sum_k p_k log(p_k / q_k), term by term as p_k (t - 1 - log t) with t = q_k / p_k.

    No term is negative, so nothing cancels where both agree; the sums of p and q are taken to be
    one, not computed. A class with p_k = 0 contributes q_k.

    Shapes: p, q (..., K), nonnegative with sum one; the result is (...).
    Errors: ValueError where the shapes differ.
    Source: Cover and Thomas, Elements of Information Theory, section 2.3.

    >>> kullback_leibler_divergence([0.5, 0.5], [0.25, 0.75]).round(4).item()
    0.1438
    """
    p, q = arguments("... K; ... K", p=p, q=q)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, distance = q / p, (q - p) / p
        near = abs(distance) < 0.5
        terms = p * (distance - np.where(near, np.log1p(distance), np.log(ratio)))
    return np.where(p == 0, q, terms).sum(axis=-1)


def softmax_regression(
    X: npt.ArrayLike,
    W: npt.ArrayLike,
    b: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    reduction: Total = "mean",
) -> Array:
    """Return the cross-entropy of softmax(X W + b) with the targets y, over all examples.

    Shapes: X (N, p), W (p, K), b (K), y (N, K); the result is a scalar. A mean of nothing is nan.
    Errors: ValueError where the shapes do not fit or the reduction is unknown.
    Source: Bishop, Pattern Recognition and Machine Learning, eq. (4.108).

    >>> softmax_regression([[1.0]], [[0.0, 0.0]], [0, 0], [[1, 0]]).round(4).item()
    0.6931
    """
    X, W, b, y = arguments("N p; p K; K; N K", X=X, W=W, b=b, y=y)
    return softmax_cross_entropy(X @ W + b, y, reduction=chosen("reduction", reduction, TOTALS))


def softmax_regression_gradient(
    X: npt.ArrayLike,
    W: npt.ArrayLike,
    b: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    reduction: Total = "mean",
) -> AffineGradients:
    """Return the gradients X'(P - y) and sum_i (P - y)_i with P = softmax(X W + b).

    Shapes: X (N, p), W (p, K), b (K), y (N, K); dW is (p, K), db is (K).
    Errors: ValueError where the shapes do not fit or the reduction is unknown.
    Source: Bishop, Pattern Recognition and Machine Learning, eq. (4.109).

    >>> softmax_regression_gradient([[2.0]], [[0.0, 0.0]], [0, 0], [[1, 0]]).dW
    array([[-1.,  1.]])
    """
    X, W, b, y = arguments("N p; p K; K; N K", X=X, W=W, b=b, y=y)
    residual = softmax_cross_entropy_gradient(
        X @ W + b, y, reduction=chosen("reduction", reduction, TOTALS)
    )
    return AffineGradients(X.T @ residual, residual.sum(axis=0))


def _weighted_log(weights: Array, values: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weights == 0, weights, weights * np.log(values))
