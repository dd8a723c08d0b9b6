"""Activations, and the losses that are made of them."""

from benchmarks.identities.entries import identity
from benchmarks.statements import equation
from derive.terms.arrays import Array, apply, define, derivative, diagonal_matrix, variable
from derive.terms.functions import exp, log, relu, tanh
from derive.terms.sizes import sizes

n, p = sizes("n p")
s, x = variable("s"), variable("x", (n,))
X, w, y = variable("X", (n, p)), variable("w", (p,)), variable("y", (n,))


def logistic(u: Array) -> Array:
    """The logistic function."""
    return apply("sigmoid", u)


def logistic_loss() -> Array:
    """The negative log-likelihood of labels y in {0, 1} under logits X w."""
    return (log(1 + exp(X @ w)) - y * (X @ w)).sum()


@identity
def logistic_derivative():
    """s' = s (1 - s)"""
    return equation(derivative(logistic(s), s), logistic(s) * (1 - logistic(s)))


@identity
def tanh_by_logistic():
    """tanh x = 2 sigma(2x) - 1"""
    return equation(tanh(s), 2 * logistic(2 * s) - 1)


@identity
def tanh_derivative():
    """tanh' = 1 - tanh^2"""
    return equation(derivative(tanh(x).sum(), x), 1 - tanh(x) ** 2)


@identity
def softplus_derivative():
    """d log(1 + e^x) / dx = sigma(x)"""
    return equation(derivative(log(1 + exp(s)), s), logistic(s))


@identity
def relu_by_its_negative():
    """relu(x) - relu(-x) = x"""
    return equation(relu(x) - relu(-x), x)


@identity
def logistic_regression_gradient():
    """X'(sigma(X w) - y)"""
    return equation(derivative(logistic_loss(), w), X.T @ (logistic(X @ w) - y))


@identity
def logistic_regression_hessian():
    """X' diag(s (1 - s)) X"""
    rate = define("s", logistic(X @ w))
    hessian = derivative(derivative(logistic_loss(), w), w)
    return equation(hessian, X.T @ diagonal_matrix(rate * (1 - rate)) @ X)
