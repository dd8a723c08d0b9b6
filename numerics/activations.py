"""Activation functions and their derivatives, element by element."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._blocks import spans


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
        for x_block, block in _blocks(x, out):
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
    for x_block, block in _blocks(x, out):
        np.exp(np.negative(np.abs(x_block, out=block), out=block), out=block)
        block /= np.square(1 + block)
    return out[()]


def softplus(x: npt.ArrayLike) -> Array:
    """Return log(1 + exp(x)), as max(x, 0) + log1p(exp(-|x|)).

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Dugas, Bengio, Belisle, Nadeau and Garcia, Incorporating second-order functional
    knowledge for better option pricing, NIPS 2000.

    >>> softplus([-1000, 0, 2]).round(4)
    array([0.    , 0.6931, 2.1269])
    """
    (x,) = arguments("...", x=x)
    out = np.empty(x.shape, x.dtype)
    for x_block, block in _blocks(x, out):
        np.exp(np.negative(np.abs(x_block, out=block), out=block), out=block)
        np.log1p(block, out=block)
        block += np.maximum(x_block, 0)
    return out[()]


def softplus_derivative(x: npt.ArrayLike) -> Array:
    """Return the derivative of softplus, which is the logistic function.

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Dugas and others, as for softplus.

    >>> softplus_derivative(0).item()
    0.5
    """
    return sigmoid(x)


def tanh(x: npt.ArrayLike) -> Array:
    """Return the hyperbolic tangent (exp(x) - exp(-x)) / (exp(x) + exp(-x)).

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: NIST Digital Library of Mathematical Functions, eq. 4.28.4.

    >>> tanh([-1000, 0, 1000])
    array([-1.,  0.,  1.])
    """
    (x,) = arguments("...", x=x)
    return np.tanh(x)


def tanh_derivative(x: npt.ArrayLike) -> Array:
    """Return the derivative 1 - tanh(x)^2 of the hyperbolic tangent.

    It is even in x, and 4 exp(-2|x|) / (1 + exp(-2|x|))^2 neither overflows nor cancels.

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: NIST Digital Library of Mathematical Functions, eq. 4.34.3.

    >>> tanh_derivative([-1000, 0, 1000])
    array([0., 1., 0.])
    """
    (x,) = arguments("...", x=x)
    return 4 * sigmoid_derivative(2 * x)


def relu(x: npt.ArrayLike) -> Array:
    """Return the rectifier max(0, x).

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Glorot, Bordes and Bengio, Deep sparse rectifier neural networks, AISTATS 2011.

    >>> relu([-2, 0, 3])
    array([0., 0., 3.])
    """
    (x,) = arguments("...", x=x)
    return np.maximum(x, 0)


def relu_derivative(x: npt.ArrayLike) -> Array:
    """Return the derivative of the rectifier, 1 where x > 0 and 0 elsewhere, at 0 too.

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Glorot, Bordes and Bengio (2011), as for relu.

    >>> relu_derivative([-2, 0, 3])
    array([0., 0., 1.])
    """
    (x,) = arguments("...", x=x)
    return (x > 0).astype(x.dtype)


def leaky_relu(x: npt.ArrayLike, *, alpha: float = 0.01) -> Array:
    """Return x where it is positive and alpha x elsewhere; for alpha <= 1 it is max(alpha x, x).

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models,
    ICML workshop on deep learning, 2013.

    >>> leaky_relu([-2, 0, 3], alpha=0.1)
    array([-0.2,  0. ,  3. ])
    """
    (x,) = arguments("...", x=x)
    return np.maximum(x, 0) + float(alpha) * np.minimum(x, 0)


def leaky_relu_derivative(x: npt.ArrayLike, *, alpha: float = 0.01) -> Array:
    """Return 1 where x > 0 and alpha elsewhere, at 0 too.

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Maas, Hannun and Ng (2013), as for leaky_relu.

    >>> leaky_relu_derivative([-2, 0, 3], alpha=0.1)
    array([0.1, 0.1, 1. ])
    """
    (x,) = arguments("...", x=x)
    return np.where(x > 0, x.dtype.type(1), x.dtype.type(alpha))[()]


def elu(x: npt.ArrayLike, *, alpha: float = 1.0) -> Array:
    """Return x where it is positive and alpha (exp(x) - 1) elsewhere.

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by
    exponential linear units, ICLR 2016.

    >>> elu([-1000, 0, 3])
    array([-1.,  0.,  3.])
    """
    (x,) = arguments("...", x=x)
    return np.maximum(x, 0) + float(alpha) * np.expm1(np.minimum(x, 0))


def elu_derivative(x: npt.ArrayLike, *, alpha: float = 1.0) -> Array:
    """Return 1 where x > 0 and alpha exp(x) elsewhere, which at 0 is alpha.

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Clevert, Unterthiner and Hochreiter (2016), as for elu.

    >>> elu_derivative([-1000, 0, 3], alpha=0.5)
    array([0. , 0.5, 1. ])
    """
    (x,) = arguments("...", x=x)
    return np.where(x > 0, x.dtype.type(1), float(alpha) * np.exp(-np.abs(x)))[()]


def silu(x: npt.ArrayLike) -> Array:
    """Return x s(x) with the logistic function s, also known as swish.

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Elfwing, Uchibe and Doya, Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning, Neural Networks 107 (2018).

    >>> silu([-1000, 0, 1000])
    array([  -0.,    0., 1000.])
    """
    (x,) = arguments("...", x=x)
    return x * sigmoid(x)


def silu_derivative(x: npt.ArrayLike) -> Array:
    """Return s(x) (1 + x s(-x)) with the logistic function s, for 1 - s(x) = s(-x).

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Elfwing, Uchibe and Doya (2018), as for silu.

    >>> silu_derivative([0, 1000])
    array([0.5, 1. ])
    """
    (x,) = arguments("...", x=x)
    return sigmoid(x) * (1 + x * sigmoid(-x))


GELU_SCALE = 0.7978845608028654  # the square root of 2 / pi


def gelu(x: npt.ArrayLike, *, c: float = GELU_SCALE) -> Array:
    """Return x / 2 (1 + tanh(c (x + 0.044715 x^3))), the usual approximate Gaussian error unit.

    It is within 5e-4 of x Phi(x), with the normal distribution function Phi. As x times a logistic
    function it does not cancel far to the left.

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Hendrycks and Gimpel, Gaussian error linear units, arXiv 1606.08415, section 2.

    >>> gelu([-30, 0, 1]).round(4)
    array([-0.    ,  0.    ,  0.8412])
    """
    (x,) = arguments("...", x=x)
    return x * sigmoid(_gelu_gate(x, float(c)))


def gelu_derivative(x: npt.ArrayLike, *, c: float = GELU_SCALE) -> Array:
    """Return s + x s (1 - s) u' with the logistic function s of u = 2 c (x + 0.044715 x^3).

    Shapes: x any; the result has the shape of x.
    Errors: TypeError where x does not hold numbers.
    Source: Hendrycks and Gimpel, as for gelu.

    >>> gelu_derivative([0, 10])
    array([0.5, 1. ])
    """
    (x,) = arguments("...", x=x)
    u = _gelu_gate(x, float(c))
    bump = sigmoid_derivative(u)
    with np.errstate(over="ignore", invalid="ignore"):  # where it overflows, the bump is 0
        slope = x * (bump * (2 * float(c) * (1 + 0.134145 * np.square(x))))
    return (sigmoid(u) + np.where(bump == 0, 0, slope).astype(x.dtype))[()]


def _gelu_gate(x: Array, c: float) -> Array:
    with np.errstate(over="ignore"):
        return 2 * c * (x * (1 + 0.044715 * np.square(x)))


def _blocks(x: Array, out: Array) -> Iterator[tuple[Array, Array]]:
    """Yield flat blocks of x with the blocks of the contiguous array out that belong to them."""
    flat_x, flat_out = np.ascontiguousarray(x).ravel(), out.ravel()
    for block in spans(flat_out.size, size=flat_out.nbytes):
        yield flat_x[block], flat_out[block]
