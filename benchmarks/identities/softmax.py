"""Softmax and its losses."""

from benchmarks.identities.entries import identity, with_gates
from benchmarks.statements import equation, inequality
from derive.terms.arrays import (
    Array,
    constant,
    define,
    derivative,
    diagonal_matrix,
    outer,
    variable,
)
from derive.terms.functions import exp, log
from derive.terms.sizes import sizes
from derive.terms.tensors import Kind

n, p, K = sizes("n p K")
z, c = variable("z", (K,)), variable("c")
target = variable("t", (K,), Kind.SIMPLEX)


def softmax(logits: Array) -> Array:
    """Exponentials over their sum, along the last axis."""
    return exp(logits) / exp(logits).sum(-1, keepdims=True)


def log_sum_exp(logits: Array) -> Array:
    """The logarithm of the sum of exponentials, along the last axis."""
    return log(exp(logits).sum(-1))


def probabilities() -> Array:
    """Softmax of z, under the name p."""
    return define("p", softmax(z))


def covariance(s: Array) -> Array:
    """Of a one-hot variable whose expectation is s."""
    return diagonal_matrix(s) - outer(s, s)


def cross_entropy() -> Array:
    """Of softmax, with a target on the simplex."""
    return -(target * log(probabilities())).sum()


@identity
def softmax_does_not_see_shifts():
    """softmax(z + c) = softmax(z)"""
    return equation(softmax(z + c), softmax(z))


@identity
def softmax_sums_to_one():
    """sum_i p_i = 1"""
    return equation(probabilities().sum(), 1)


@identity
def softmax_jacobian():
    """dp/dz = diag(p) - p p'"""
    s = probabilities()
    return equation(derivative(s, z), covariance(s))


@identity
def softmax_jacobian_columns_sum_to_zero():
    """sum_i dp_i/dz_j = 0"""
    return equation(derivative(probabilities(), z).sum(0), constant(0, (K,)))


@identity
def log_softmax():
    """log softmax(z) = z - lse(z)"""
    return equation(log(softmax(z)), z - log_sum_exp(z))


@identity
def log_sum_exp_gradient():
    """d lse / dz = softmax(z)"""
    return equation(derivative(log_sum_exp(z), z), softmax(z))


@identity
def log_sum_exp_hessian():
    """The Hessian of lse is diag(p) - p p'"""
    s = probabilities()
    hessian = derivative(derivative(log_sum_exp(z), z), z)
    return equation(hessian, covariance(s))


@identity
def cross_entropy_gradient():
    """The gradient of softmax cross-entropy is p - t"""
    return equation(derivative(cross_entropy(), z), probabilities() - target)


@identity
def cross_entropy_hessian():
    """The Hessian of softmax cross-entropy is diag(p) - p p'"""
    s = probabilities()
    hessian = derivative(derivative(cross_entropy(), z), z)
    return equation(hessian, covariance(s))


@identity
def cross_entropy_hessian_is_positive_semidefinite():
    """v'(diag(p) - p p')v is the variance of v under p"""
    s, v = probabilities(), variable("v", (K,))
    form = v @ covariance(s) @ v
    variance = (s * (v - (s * v).sum()) ** 2).sum()
    return with_gates(inequality(0, form), witness=variance.body)


@identity
def softmax_regression_gradient():
    """X'(P - Y) for one-hot targets"""
    X, W = variable("X", (n, p)), variable("W", (p, K))
    labels = variable("Y", (n, K), Kind.ONE_HOT)
    P = define("P", softmax(X @ W))
    loss = -(labels * log(P)).sum()
    return equation(derivative(loss, W), X.T @ (P - labels))


@identity
def entropy_gradient():
    """d H(softmax z) / dz_i = -p_i (log p_i + H)"""
    s = probabilities()
    entropy = -(s * log(s)).sum()
    return equation(derivative(entropy, z), -s * (log(s) + entropy))


@identity
def kullback_leibler_divergence_is_nonnegative():
    """0 <= sum p log(p/q), for log t <= t - 1"""
    one, two = (variable(name, (K,), Kind.SIMPLEX, Kind.POSITIVE) for name in "pq")
    gap = (one * (two / one - 1 - log(two / one))).sum()
    return with_gates(inequality(0, (one * log(one / two)).sum()), witness=gap.body)
