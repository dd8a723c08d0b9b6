"""Scales of initial weights, applied to standard normal numbers."""

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments


def he_scaled(G: npt.ArrayLike) -> Array:
    """Return sqrt(2 / n) G: initial weights of a layer of rectifiers with n inputs.

    G holds standard normal numbers, for instance `rng.standard_normal((n, m))`; the result is
    distributed as PyTorch's `kaiming_normal_` fills the transposed weights.

    Shapes: G (n, m), inputs first; the result has the shape of G.
    Errors: ValueError where G is no matrix.
    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015, eq. (10).

    >>> he_scaled([[1.0, -2.0], [0.0, 1.0]])
    array([[ 1., -2.],
           [ 0.,  1.]])
    """
    (G,) = arguments("n m", G=G)
    return _divided(G, len(G))


def xavier_scaled(G: npt.ArrayLike) -> Array:
    """Return sqrt(2 / (n + m)) G: initial weights of a layer with n inputs and m outputs.

    G holds standard normal numbers; the result is distributed as PyTorch's `xavier_normal_` fills.

    Shapes: G (n, m), inputs first; the result has the shape of G.
    Errors: ValueError where G is no matrix.
    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
    networks, AISTATS 2010, eq. (12).

    >>> xavier_scaled([[2.0], [2.0], [2.0], [2.0], [2.0], [2.0], [2.0]])[0]
    array([1.])
    """
    (G,) = arguments("n m", G=G)
    return _divided(G, sum(G.shape))


def _divided(G: Array, count: int) -> Array:
    return G * G.real.dtype.type(np.sqrt(2 / max(count, 1)))
