"""Backpropagation: the four equations, dense layers, a net with one hidden layer, and gates."""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._conventions import chosen
from numerics.activations import sigmoid, sigmoid_derivative, softplus

Cost = Literal["quadratic", "cross_entropy"]
COSTS = ("quadratic", "cross_entropy")


class DenseGradients(NamedTuple):
    """The gradients of a loss in the inputs, the weights and the biases of a dense layer."""

    dx: Array
    dW: Array
    db: Array


class MlpGradients(NamedTuple):
    """The gradients of a cost in the weights and biases of a net, the hidden layer's first."""

    dW1: Array
    db1: Array
    dW2: Array
    db2: Array


class GateGradients(NamedTuple):
    """The gradients of a loss in the two inputs of a gate."""

    da: Array
    db: Array


# --------------------------------------------------------------------------------------------
# The four equations


def output_cost(z: npt.ArrayLike, y: npt.ArrayLike, *, cost: Cost = "cross_entropy") -> Array:
    """Return the cost of the outputs a = sigmoid(z) for the targets y, summed over the batch.

    It is half the squared error with cost "quadratic", and -sum(y log a + (1 - y) log(1 - a)) with
    cost "cross_entropy", computed as log(1 + e^z) - y z, which needs no logarithm of 0.

    Shapes: z, y (N, K); the result is a scalar.
    Errors: ValueError where the shapes differ or the cost is unknown.
    Source: Nielsen, Neural networks and deep learning, eqs. (26) and (63).

    >>> output_cost([[0.0]], [[1.0]], cost="quadratic").item()
    0.125
    """
    z, y = arguments("N K; N K", z=z, y=y)
    if chosen("cost", cost, COSTS) == "quadratic":
        return np.square(sigmoid(z) - y).sum() / 2
    return (softplus(z) - y * z).sum()


def output_error(z: npt.ArrayLike, y: npt.ArrayLike, *, cost: Cost = "cross_entropy") -> Array:
    """Return the gradient of the output's cost in its weighted inputs z: BP1.

    It is (a - y) a (1 - a) with cost "quadratic" and a - y with cost "cross_entropy".

    Shapes: z, y (N, K); the result is (N, K).
    Errors: ValueError where the shapes differ or the cost is unknown.
    Source: Nielsen, Neural networks and deep learning, eqs. (BP1) and (68).

    >>> output_error([[0.0]], [[1.0]])
    array([[-0.5]])
    """
    z, y = arguments("N K; N K", z=z, y=y)
    return _output_error(z, sigmoid(z), y, cost)


def hidden_layer(z: npt.ArrayLike, W: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Return sigmoid(z) W + b, the weighted inputs of the layer after the one with inputs z.

    Shapes: z (N, P); W (P, R); b (R); the result is (N, R).
    Errors: ValueError where the shapes do not fit.
    Source: Nielsen, Neural networks and deep learning, eq. (25).

    >>> hidden_layer([[0.0]], [[2.0]], [1.0])
    array([[2.]])
    """
    z, W, b = arguments("N P; P R; R", z=z, W=W, b=b)
    return _dense(sigmoid(z), W, b)


def hidden_error(dz: npt.ArrayLike, z: npt.ArrayLike, W: npt.ArrayLike) -> Array:
    """Return the error (dz W') a (1 - a) of a layer with weighted inputs z and a = sigmoid(z): BP2.

    Shapes: dz (N, R), the error of the next layer; z (N, P); W (P, R), the weights between the two;
    the result is (N, P).
    Errors: ValueError where the shapes do not fit.
    Source: Nielsen, Neural networks and deep learning, eq. (BP2).

    >>> hidden_error([[4.0]], [[0.0]], [[2.0]])
    array([[2.]])
    """
    dz, z, W = arguments("N R; N P; P R", dz=dz, z=z, W=W)
    return _sent_back(dz, W, z)


def bias_gradient(dz: npt.ArrayLike) -> Array:
    """Return the gradient of the cost in the biases of a layer with error dz: BP3.

    Shapes: dz (N, R); the result is (R).
    Errors: ValueError where dz is no matrix.
    Source: Nielsen, Neural networks and deep learning, eq. (BP3), summed over a batch.

    >>> bias_gradient([[1.0], [2.0]])
    array([3.])
    """
    (dz,) = arguments("N R", dz=dz)
    return _sum_of_rows(dz)


def weight_gradient(dz: npt.ArrayLike, x: npt.ArrayLike) -> Array:
    """Return the gradient x' dz of the cost in the weights of a layer with inputs x: BP4.

    Shapes: dz (N, R), the error of the layer; x (N, P); the result is (P, R).
    Errors: ValueError where the shapes do not fit.
    Source: Nielsen, Neural networks and deep learning, eq. (BP4), summed over a batch.

    >>> weight_gradient([[1.0], [2.0]], [[3.0], [4.0]])
    array([[11.]])
    """
    dz, x = arguments("N R; N P", dz=dz, x=x)
    return x.T @ dz


# --------------------------------------------------------------------------------------------
# One layer, and a net


def dense(x: npt.ArrayLike, W: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Return x W + b, for each row of a batch.

    Shapes: x (N, P); W (P, R); b (R); the result is (N, R).
    Errors: ValueError where the shapes do not fit.
    Source: Goodfellow, Bengio and Courville, Deep learning, section 6.1.

    >>> dense([[1.0, 2.0]], [[1.0], [1.0]], [10.0])
    array([[13.]])
    """
    x, W, b = arguments("N P; P R; R", x=x, W=W, b=b)
    return _dense(x, W, b)


def dense_backward(dy: npt.ArrayLike, x: npt.ArrayLike, W: npt.ArrayLike) -> DenseGradients:
    """Return dx = dy W', dW = x' dy and db, the sum of the rows of dy.

    Shapes: dy (N, R), the gradient in the outputs; x, dx (N, P); W, dW (P, R); db (R).
    Errors: ValueError where the shapes do not fit.
    Source: Goodfellow, Bengio and Courville, Deep learning, section 6.5.6.

    >>> dense_backward([[1.0]], [[1.0, 2.0]], [[3.0], [4.0]]).dx
    array([[3., 4.]])
    """
    dy, x, W = arguments("N R; N P; P R", dy=dy, x=x, W=W)
    return DenseGradients(dy @ W.T, x.T @ dy, _sum_of_rows(dy))


def linear(x: npt.ArrayLike, W: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Return x W' + b, for each row of a batch: a dense layer with a row of W for each output.

    Shapes: x (N, P); W (R, P); b (R); the result is (N, R).
    Errors: ValueError where the shapes do not fit.
    Source: Goodfellow, Bengio and Courville, Deep learning, section 6.1.

    >>> linear([[1.0, 2.0]], [[1.0, 1.0]], [10.0])
    array([[13.]])
    """
    x, W, b = arguments("N P; R P; R", x=x, W=W, b=b)
    return _dense(x, W.T, b)


def linear_backward(dy: npt.ArrayLike, x: npt.ArrayLike, W: npt.ArrayLike) -> DenseGradients:
    """Return dx = dy W, dW = dy' x and db, the sum of the rows of dy.

    Shapes: dy (N, R), the gradient in the outputs; x, dx (N, P); W, dW (R, P); db (R).
    Errors: ValueError where the shapes do not fit.
    Source: Goodfellow, Bengio and Courville, Deep learning, section 6.5.6.

    >>> linear_backward([[1.0]], [[1.0, 2.0]], [[3.0, 4.0]]).dx
    array([[3., 4.]])
    """
    dy, x, W = arguments("N R; N P; R P", dy=dy, x=x, W=W)
    return DenseGradients(dy @ W, dy.T @ x, _sum_of_rows(dy))


def mlp(
    x: npt.ArrayLike, W1: npt.ArrayLike, b1: npt.ArrayLike, W2: npt.ArrayLike, b2: npt.ArrayLike
) -> Array:
    """Return the logits sigmoid(x W1 + b1) W2 + b2 of a net with one hidden layer.

    Shapes: x (N, P); W1 (P, H); b1 (H); W2 (H, K); b2 (K); the result is (N, K).
    Errors: ValueError where the shapes do not fit.
    Source: Bishop, Pattern Recognition and Machine Learning, section 5.1.

    >>> mlp([[0.0]], [[1.0]], [0.0], [[2.0]], [1.0])
    array([[2.]])
    """
    x, W1, b1, W2, b2 = arguments("N P; P H; H; H K; K", x=x, W1=W1, b1=b1, W2=W2, b2=b2)
    return _dense(sigmoid(_dense(x, W1, b1)), W2, b2)


def mlp_cost(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    W1: npt.ArrayLike,
    b1: npt.ArrayLike,
    W2: npt.ArrayLike,
    b2: npt.ArrayLike,
    *,
    cost: Cost = "cross_entropy",
) -> Array:
    """Return the cost of a net with one hidden layer and logistic outputs, summed over the batch.

    Shapes: x (N, P); y (N, K); W1 (P, H); b1 (H); W2 (H, K); b2 (K); the result is a scalar.
    Errors: ValueError where the shapes do not fit or the cost is unknown.
    Source: Nielsen, Neural networks and deep learning, chapters 2 and 3.

    >>> mlp_cost([[0.0]], [[1.0]], [[1.0]], [0.0], [[0.0]], [0.0], cost="quadratic").item()
    0.125
    """
    x, y, W1, b1, W2, b2 = _net(x, y, W1, b1, W2, b2)
    return output_cost(_dense(sigmoid(_dense(x, W1, b1)), W2, b2), y, cost=cost)


def mlp_gradients(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    W1: npt.ArrayLike,
    b1: npt.ArrayLike,
    W2: npt.ArrayLike,
    b2: npt.ArrayLike,
    *,
    cost: Cost = "cross_entropy",
) -> MlpGradients:
    """Return the gradients of the cost of a net with one hidden layer and logistic outputs.

    Shapes: x (N, P); y (N, K); W1, dW1 (P, H); b1, db1 (H); W2, dW2 (H, K); b2, db2 (K).
    Errors: ValueError where the shapes do not fit or the cost is unknown.
    Source: Nielsen, Neural networks and deep learning, chapters 2 and 3.

    >>> mlp_gradients([[1.0]], [[1.0]], [[0.0]], [0.0], [[2.0]], [-1.0]).dW1
    array([[-0.25]])
    """
    x, y, W1, b1, W2, b2 = _net(x, y, W1, b1, W2, b2)
    z1 = _dense(x, W1, b1)
    a1 = sigmoid(z1)
    z2 = _dense(a1, W2, b2)
    dz2 = _output_error(z2, sigmoid(z2), y, cost)
    dz1 = _sent_back(dz2, W2, z1)
    return MlpGradients(x.T @ dz1, _sum_of_rows(dz1), a1.T @ dz2, _sum_of_rows(dz2))


# --------------------------------------------------------------------------------------------
# Gates


def add_gate(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Return a + b.

    Shapes: a, b any, the same; so is the result.
    Errors: ValueError where the shapes differ.
    Source: Karpathy, CS231n notes, Backpropagation, intuitions.

    >>> add_gate([1.0], [2.0])
    array([3.])
    """
    a, b = arguments("...; ...", a=a, b=b)
    return a + b


def add_gate_backward(dy: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> GateGradients:
    """Return the gradients of a loss in the inputs of an add gate: dy for both.

    Shapes: dy, a, b, da, db any, the same.
    Errors: ValueError where the shapes differ.
    Source: Karpathy, CS231n notes, Backpropagation, intuitions.

    >>> add_gate_backward([3.0], [1.0], [2.0]).da
    array([3.])
    """
    dy, a, b = arguments("...; ...; ...", dy=dy, a=a, b=b)
    return GateGradients(dy.copy(), dy.copy())


def multiply_gate(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Return a b, entry by entry.

    Shapes: a, b any, the same; so is the result.
    Errors: ValueError where the shapes differ.
    Source: Karpathy, CS231n notes, Backpropagation, intuitions.

    >>> multiply_gate([3.0], [2.0])
    array([6.])
    """
    a, b = arguments("...; ...", a=a, b=b)
    return a * b


def multiply_gate_backward(dy: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> GateGradients:
    """Return the gradients of a loss in the inputs of a multiply gate: dy times the other input.

    Shapes: dy, a, b, da, db any, the same.
    Errors: ValueError where the shapes differ.
    Source: Karpathy, CS231n notes, Backpropagation, intuitions.

    >>> multiply_gate_backward([1.0], [3.0], [2.0]).da
    array([2.])
    """
    dy, a, b = arguments("...; ...; ...", dy=dy, a=a, b=b)
    return GateGradients(dy * b, dy * a)


def max_gate(a: npt.ArrayLike, b: npt.ArrayLike) -> Array:
    """Return the larger of a and b, entry by entry.

    Shapes: a, b any, the same; so is the result.
    Errors: ValueError where the shapes differ.
    Source: Karpathy, CS231n notes, Backpropagation, intuitions.

    >>> max_gate([1.0], [2.0])
    array([2.])
    """
    a, b = arguments("...; ...", a=a, b=b)
    return np.maximum(a, b)


def max_gate_backward(dy: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> GateGradients:
    """Return the gradients of a loss in the inputs of a max gate: dy for the larger one, else 0.

    Where both are equal the first one gets dy.

    Shapes: dy, a, b, da, db any, the same.
    Errors: ValueError where the shapes differ.
    Source: Karpathy, CS231n notes, Backpropagation, intuitions.

    >>> max_gate_backward([1.0, 1.0], [2.0, 0.0], [2.0, 1.0]).da
    array([1., 0.])
    """
    dy, a, b = arguments("...; ...; ...", dy=dy, a=a, b=b)
    return GateGradients(dy * (a >= b), dy * (a < b))


# --------------------------------------------------------------------------------------------


def _net(x: object, y: object, *parameters: object) -> tuple[Array, ...]:
    names = ("x", "y", "W1", "b1", "W2", "b2")
    given: dict[str, object] = dict(zip(names, (x, y, *parameters), strict=True))
    return arguments("N P; N K; P H; H; H K; K", **given)  # type: ignore[arg-type]


def _dense(x: Array, W: Array, b: Array) -> Array:
    out = x @ W
    out += b
    return out


def _sum_of_rows(x: Array) -> Array:
    """Return the sum of the rows; a product with ones is the fastest way to it."""
    return np.ones(len(x), x.dtype) @ x


def _output_error(z: Array, a: Array, y: Array, cost: Cost) -> Array:
    error = a - y
    if chosen("cost", cost, COSTS) == "quadratic":
        error *= sigmoid_derivative(z)
    return error


def _sent_back(dz: Array, W: Array, z: Array) -> Array:
    error = dz @ W.T
    error *= sigmoid_derivative(z)
    return error
