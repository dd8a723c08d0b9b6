"""Single neurons: an activation of a weighted sum and a bias, and maxout."""

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._results import AffineGradients
from numerics.activations import relu, relu_derivative, sigmoid, sigmoid_derivative


def sigmoid_neuron(x: npt.ArrayLike, w: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Return the logistic function of w'x + b.

    Shapes: x (..., p), w (p), b a scalar; the result is (...).
    Errors: ValueError where the shapes do not fit.
    Source: Bishop, Pattern Recognition and Machine Learning, eq. (4.87).

    >>> sigmoid_neuron([1, 2], [2, -1], 0).item()
    0.5
    """
    x, w, b = arguments("... p; p; ", x=x, w=w, b=b)
    return sigmoid(x @ w + b)


def sigmoid_neuron_gradient(x: npt.ArrayLike, w: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Return s (1 - s) x, the gradient of a logistic neuron in its weights.

    Shapes: x (..., p), w (p), b a scalar; the result has the shape of x.
    Errors: ValueError where the shapes do not fit.
    Source: Bishop, Pattern Recognition and Machine Learning, eq. (4.88).

    >>> sigmoid_neuron_gradient([1, 2], [2, -1], 0)
    array([0.25, 0.5 ])
    """
    x, w, b = arguments("... p; p; ", x=x, w=w, b=b)
    return sigmoid_derivative(x @ w + b)[..., None] * x


def relu_neuron(x: npt.ArrayLike, w: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Return max(0, w'x + b).

    Shapes: x (..., p), w (p), b a scalar; the result is (...).
    Errors: ValueError where the shapes do not fit.
    Source: Glorot, Bordes and Bengio, Deep sparse rectifier neural networks, AISTATS 2011.

    >>> relu_neuron([[1, 2], [2, 1]], [2, -1], 1)
    array([1., 4.])
    """
    x, w, b = arguments("... p; p; ", x=x, w=w, b=b)
    return relu(x @ w + b)


def relu_neuron_gradient(x: npt.ArrayLike, w: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Return x where w'x + b > 0 and 0 elsewhere, the gradient of a rectified neuron in w.

    Shapes: x (..., p), w (p), b a scalar; the result has the shape of x.
    Errors: ValueError where the shapes do not fit.
    Source: Glorot, Bordes and Bengio (2011), as for relu_neuron.

    >>> relu_neuron_gradient([[1, 2], [1, 3]], [2, -1], 0.5)
    array([[1., 2.],
           [0., 0.]])
    """
    x, w, b = arguments("... p; p; ", x=x, w=w, b=b)
    return relu_derivative(x @ w + b)[..., None] * x


def maxout(x: npt.ArrayLike, W: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Return the largest of the affine maps W x + b.

    Shapes: x (..., p), W (K, p) with K >= 1, b (K); the result is (...).
    Errors: ValueError where the shapes do not fit, or there is no piece.
    Source: Goodfellow, Warde-Farley, Mirza, Courville and Bengio, Maxout networks, ICML 2013.

    >>> maxout([1, 2], [[1, 0], [0, 1]], [0, 0]).item()
    2.0
    """
    return _pieces(x, W, b)[1].max(axis=-1)


def maxout_gradient(x: npt.ArrayLike, W: npt.ArrayLike, b: npt.ArrayLike) -> AffineGradients:
    """Return the gradients of maxout: x and 1 for the largest piece, 0 for the others.

    At a tie the first of the largest counts.

    Shapes: x (..., p), W (K, p) with K >= 1, b (K); dW is (..., K, p), db is (..., K).
    Errors: ValueError where the shapes do not fit, or there is no piece.
    Source: Goodfellow and others (2013), as for maxout.

    >>> maxout_gradient([1, 2], [[1, 0], [0, 1]], [0, 0]).dW
    array([[0., 0.],
           [1., 2.]])
    """
    x, z = _pieces(x, W, b)
    chosen = np.arange(z.shape[-1]) == z.argmax(axis=-1)[..., None]
    db = chosen.astype(z.dtype)
    return AffineGradients(db[..., None] * x[..., None, :], db)


def _pieces(x: npt.ArrayLike, W: npt.ArrayLike, b: npt.ArrayLike) -> tuple[Array, Array]:
    x, W, b = arguments("... p; K p; K", x=x, W=W, b=b)
    if not len(W):
        raise ValueError(f"W: got shape {W.shape}, wanted (K, p) with K >= 1")
    return x, x @ W.T + b
