"""Gradients that several functions return, and where a result goes that there is an array for."""

from typing import NamedTuple

import numpy as np

from numerics._arguments import Array


class LinearGradients(NamedTuple):
    """The gradients in the weights and the bias of a score."""

    dw: Array
    db: Array


class AffineGradients(NamedTuple):
    """The gradients in the weights and the biases of several scores."""

    dW: Array
    db: Array


def destination(out: Array, like: Array, name: str = "out") -> Array:
    """Return `out` if it can hold a result like another array.

    >>> destination(np.ones(2), np.ones(3))
    Traceback (most recent call last):
    ValueError: out: got shape (2,) of float64, wanted (3,) of float64
    """
    if not isinstance(out, np.ndarray):
        raise TypeError(f"{name}: got {type(out).__name__}, wanted an array")
    if out.shape != like.shape or out.dtype != like.dtype:
        got, wanted = f"{out.shape} of {out.dtype}", f"{like.shape} of {like.dtype}"
        raise ValueError(f"{name}: got shape {got}, wanted {wanted}")
    return out
