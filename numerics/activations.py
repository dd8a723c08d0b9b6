"""Activation functions and their derivatives, element by element."""

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._blocks import blocks


def sigmoid(x: npt.ArrayLike) -> Array:
    """Return the logistic function 1 / (1 + exp(-x)).

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Bishop, Pattern Recognition and Machine Learning, eq. (4.59).

    >>> sigmoid([-1000, 0, 1000])
    array([0. , 0.5, 1. ])
    """
    (x,) = arguments("...", x=x)
    out = np.empty(x.shape, x.dtype)
    with np.errstate(over="ignore"):  # exp(-x) = inf is right: its reciprocal is 0
        for x_block, block in blocks(x, out):
            np.exp(np.negative(x_block, out=block), out=block)
            block += 1
            np.reciprocal(block, out=block)
    return out[()]


def sigmoid_derivative(x: npt.ArrayLike) -> Array:
    """Return the derivative s(x) (1 - s(x)) of the logistic function s.

    It is even in x, and exp(-|x|) / (1 + exp(-|x|))^2 neither overflows nor cancels.

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Bishop, Pattern Recognition and Machine Learning, eq. (4.88).

    >>> sigmoid_derivative([-1000, 0, 1000])
    array([0.  , 0.25, 0.  ])
    """
    (x,) = arguments("...", x=x)
    out = np.empty(x.shape, x.dtype)
    for x_block, block in blocks(x, out):
        np.exp(np.negative(np.abs(x_block, out=block), out=block), out=block)
        block /= np.square(1 + block)
    return out[()]
