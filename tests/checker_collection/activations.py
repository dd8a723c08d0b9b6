"""Activation functions and their derivatives, as people write them."""

import math

import numpy as np

from checker_collection.cases import pair, right, wrong


def logistic(x):
    return 1 / (1 + np.exp(-x))


@right("sigmoid_derivative")
def sigmoid_slope(x):
    return logistic(x) * logistic(-x)


@wrong("sigmoid_derivative", "missing", seen="term: s for s (1 - s)")
def sigmoid_slope_without_complement(x):
    return logistic(x)


@wrong("sigmoid_derivative", seen="function: the slope as a function of the output")
def sigmoid_slope_of_output(x):
    return x * (1 - x)


@right("tanh_derivative")
def tanh_slope(x):
    return 1 / np.cosh(np.clip(x, -300, 300)) ** 2


@wrong("tanh_derivative", seen="function: a square")
def tanh_slope_not_squared(x):
    return 1 - np.tanh(x)


@right("relu_derivative")
def relu_slope(x):
    return np.where(x > 0, 1.0, 0.0)


@right("relu_derivative")
def relu_slope_one_at_zero(x):
    return np.heaviside(x, 1.0)


@wrong("relu_derivative", seen="ties: twice the slope at 0")
def relu_slope_two_at_zero(x):
    return np.heaviside(x, 2.0)


@wrong("relu_derivative", seen="comparison: reversed")
def relu_slope_reversed(x):
    return np.heaviside(-x, 1.0)


@right("leaky_relu_derivative")
def leaky_slope(x, alpha=0.01):
    return np.where(x > 0, 1.0, alpha)


@wrong("leaky_relu_derivative", "alpha", seen="parameter: fixed at its default")
def leaky_slope_fixed(x, alpha=0.01):
    return np.where(x > 0, 1.0, 0.01)


@wrong("leaky_relu_derivative", "alpha", seen="parameter: 0 in its place")
def leaky_slope_forgets(x, alpha=0.01):
    return np.where(x > 0, 1.0, 0.0)


@right("elu")
def elu_stable(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@wrong("elu", "alpha", seen="parameter: left out")
def elu_without_alpha(x, alpha=1.0):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


@wrong("elu_derivative", seen="term: alpha")
def elu_slope_of_value(x, alpha=1.0):
    return np.where(x > 0, 1.0, alpha * np.expm1(np.minimum(x, 0)))


@right("silu_derivative")
def silu_slope(x):
    s = logistic(x)
    return s * (1 + x * (1 - s))


@wrong("silu_derivative", "missing", seen="term: the inner derivative")
def silu_slope_short(x):
    return logistic(x)


@right("softplus")
def softplus_stable(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))


@wrong("softplus", "extremes", seen="overflow: log(1 + exp)")
def softplus_overflowing(x):
    return np.log(1 + np.exp(x))


HINGE = {"let": ["X: n,p", "w: p", "y: n"], "wrt": ["w"]}


@right("sum(maximum(0, 1 - y*(X@w)))", **HINGE)
def hinge_gradient(X, w, y):
    return -X.T @ (y * (y * (X @ w) < 1))


@right("sum(maximum(0, 1 - y*(X@w)))", **HINGE)
def hinge_gradient_at_margin(X, w, y):
    return -X.T @ (y * (y * (X @ w) <= 1))


@wrong("sum(maximum(0, 1 - y*(X@w)))", **HINGE, seen="comparison: the margin at 0")
def hinge_gradient_perceptron(X, w, y):
    return -X.T @ (y * (y * (X @ w) < 0))


@wrong("sum(maximum(0, 1 - y*(X@w)))", "sign", **HINGE, seen="sign: reversed")
def hinge_gradient_reversed(X, w, y):
    return X.T @ (y * (y * (X @ w) < 1))


@right("sum(abs(x - c))", let=["x: n", "c: n"], wrt=["x"])
def absolute_gradient(x, c):
    return np.sign(x - c)


@wrong("sum(abs(x - c))", let=["x: n", "c: n"], wrt=["x"], seen="function: of the square")
def absolute_gradient_squared(x, c):
    return 2.0 * (x - c)


@right("sum(A * A.T)", let=["A: n,n"], wrt=["A"])
def transpose_gradient(A):
    return 2 * A.T


@wrong("sum(A * A.T)", "transpose", let=["A: n,n"], wrt=["A"], seen="axis: a transpose")
def transpose_gradient_not_transposed(A):
    return 2 * A


@wrong(
    "x @ A @ x",
    "transpose",
    let=["x: n", "A: n,n"],
    wrt=["x"],
    seen="axis: A for its symmetric part",
)
def quadratic_gradient_as_if_symmetric(x, A):
    return 2 * A @ x


@right("x @ A @ x", let=["x: n", "A: n,n"], wrt=["x"])
def quadratic_gradient(x, A):
    return (A + A.T) @ x


@wrong("x @ A @ x", "missing", let=["x: n", "A: n,n"], wrt=["x"], seen="term: the transpose")
def quadratic_gradient_one_term(x, A):
    return A @ x


# --------------------------------------------------------------------------------------------
# As they are called: on arrays, with masks, or on one number


@right("relu")
def relu_in_a_copy(x):
    out = x.copy()
    out[out < 0] = 0
    return out


@right("sigmoid")
def logistic_by_sign(x):
    out, above = np.empty(np.shape(x), np.result_type(x, np.float32)), np.asarray(x) >= 0
    out[above] = 1 / (1 + np.exp(-x[above]))
    out[~above] = np.exp(x[~above]) / (1 + np.exp(x[~above]))
    return out


@right("sigmoid")
def logistic_of_a_number(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def leaky_with_cache(x, alpha):
    return np.where(x > 0, x, alpha * x), (x, alpha)


def leaky_sent_back(dout, cache):
    x, alpha = cache
    dx = dout.copy()
    dx[x < 0] *= alpha
    return dx


def leaky_sent_back_by_output(dout, cache):
    _, alpha = cache
    dx = dout.copy()
    dx[dout < 0] *= alpha
    return dx


pair("leaky_relu", leaky_with_cache, leaky_sent_back, True)
pair(
    "leaky_relu",
    leaky_with_cache,
    leaky_sent_back_by_output,
    False,
    seen="comparison: the mask of another array",
)


@wrong("relu", seen="edge: the largest entry of the array decides")
def relu_of_the_whole(x):
    return x if x.max(initial=-1) > 0 else np.zeros_like(x)
