"""Steps down a gradient, of all data or of a sample, and the covariance of what a sample says."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._conventions import chosen, whole
from numerics._results import destination

Sampling = Literal["with_replacement", "without_replacement"]


def gradient_descent_step(
    w: npt.ArrayLike, g: npt.ArrayLike, *, eta: float, out: Array | None = None
) -> Array:
    """Return w - eta g, one step of gradient descent with the step size eta.

    Shapes: w, g, out alike, of any shape; out may be w itself.
    Errors: ValueError where the shapes differ.
    Source: Nocedal and Wright, Numerical Optimization (2nd ed.), section 2.2.

    >>> gradient_descent_step([1.0, 2.0], [10.0, -10.0], eta=0.1)
    array([0., 3.])
    """
    w, g = arguments("...; ...", w=w, g=g)
    return np.subtract(w, float(eta) * g, out=None if out is None else destination(out, w))


def minibatch_step(
    w: npt.ArrayLike, G: npt.ArrayLike, *, eta: float, out: Array | None = None
) -> Array:
    """Return w minus eta times the mean of the gradients G of the examples of a mini-batch.

    Shapes: w, out (n); G (B, n) with B >= 1; the result is (n). Without examples it is nan.
    Errors: ValueError where the shapes do not fit.
    Source: Robbins and Monro, A stochastic approximation method, Annals of Mathematical
    Statistics 22 (1951).

    >>> minibatch_step([1.0], [[10.0], [30.0]], eta=0.1)
    array([-1.])
    """
    w, G = arguments("n; B n", w=w, G=G)
    return gradient_descent_step(w, _mean(G), eta=eta, out=out)


def gradient_covariance(G: npt.ArrayLike) -> Array:
    """Return the covariance of the row of G that is drawn uniformly, about the mean row.

    The means are subtracted first: the mean product minus the product of the means would cancel.

    Shapes: G (N, n) with N >= 1, one gradient a row; the result is (n, n). Of nothing it is nan.
    Errors: ValueError where G is not a matrix.
    Source: Bottou, Curtis and Nocedal, Optimization methods for large-scale machine learning,
    SIAM Review 60 (2018), section 4.

    >>> gradient_covariance([[1.0, 0.0], [3.0, 0.0]])
    array([[1., 0.],
           [0., 0.]])
    """
    (G,) = arguments("N n", G=G)
    h = G - _mean(G)
    with np.errstate(invalid="ignore"):
        return h.T @ h / G.dtype.type(len(G))


def minibatch_covariance(
    G: npt.ArrayLike, *, size: int, sampling: Sampling = "with_replacement"
) -> Array:
    """Return the covariance of the mean of so many rows of G, drawn uniformly.

    It is that of one row over the size; without replacement it is smaller by (N - size)/(N - 1).

    Shapes: G (N, n) with N >= size >= 1, one gradient a row; the result is (n, n).
    Errors: ValueError where G is not a matrix, the size is no whole number in 1 to N, or the
    sampling unknown.
    Source: Cochran, Sampling Techniques (3rd ed.), theorem 2.2.

    >>> minibatch_covariance([[1.0], [3.0], [2.0]], size=2, sampling="without_replacement").item()
    0.16666666666666666
    """
    (G,) = arguments("N n", G=G)
    if whole("size", size, 1) > len(G):
        raise ValueError(f"size: got {size}, wanted at most N = {len(G)}")
    drawn = chosen("sampling", sampling, ("with_replacement", "without_replacement"))
    covariance = gradient_covariance(G) / G.dtype.type(size)
    if drawn == "without_replacement":
        covariance *= G.dtype.type((len(G) - size) / max(len(G) - 1, 1))
    return covariance


def _mean(G: Array) -> Array:
    with np.errstate(invalid="ignore"):
        return G.sum(axis=0) / G.dtype.type(len(G))
