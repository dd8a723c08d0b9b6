"""Estimators under noise with declared moments, and averages over time."""

from collections.abc import Callable

from benchmarks.identities.entries import identity, tensor_of, with_gates
from benchmarks.statements import equation
from derive.terms.arrays import (
    Array,
    array,
    inverse,
    outer,
    recurrence,
    sum_over,
    variable,
)
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Guard
from derive.terms.sizes import sizes
from derive.terms.tensors import Fact, Kind

n, p, W, T = sizes("n p W T")
F, beta = variable("F", (n, p), Kind.FULL_COLUMN_RANK), variable("beta", (p,))
weights, variance = variable("P", (W,), Kind.SIMPLEX), variable("v")
noise = variable("e", (n, W), Fact(Kind.MOMENTS, (tensor_of(weights), tensor_of(variance))))


def expectation(of: Callable[[Index], Array]) -> Array:
    """The mean over the outcomes of the noise."""
    w = Index("w", W)
    return sum_over(w, weights[w] * of(w))


def estimated(w: Index) -> Array:
    """The least-squares coefficients at an outcome."""
    return inverse(F.T @ F) @ F.T @ (F @ beta + noise[:, w])


def error(w: Index) -> Array:
    """How far they are from the true ones."""
    return inverse(F.T @ F) @ F.T @ noise[:, w]


@identity
def least_squares_is_unbiased():
    """E[beta_hat] = beta"""
    return equation(expectation(estimated), beta)


@identity
def least_squares_covariance():
    """Var(beta_hat) = sigma^2 inv(X'X)"""
    covariance = expectation(lambda w: outer(error(w), error(w)))
    return equation(covariance, variance * inverse(F.T @ F))


@identity
def residual_variance():
    """E |e - H e|^2 = (n - p) sigma^2"""
    squared = expectation(lambda w: ((noise[:, w] - F @ error(w)) ** 2).sum())
    return equation(squared, (n - p) * variance)


def earlier(t: Index, lag: int) -> tuple[Index, Array]:
    """An index k over time, and [k <= t - lag]."""
    k = Index("k", t.size)
    return k, Array((), Guard(t - k - lag))


def power(base: Array, exponent: Affine) -> Array:
    """A power with an index in the exponent."""
    return base ** Array.of(exponent)


@identity
def momentum_unrolled():
    """v[t + 1] = beta v[t] + g_t, v[0] = 0, is sum_{k < t} beta^(t - 1 - k) g_k"""
    decay, g, t = variable("beta"), variable("g", (T,)), Index("t", T)
    velocity = recurrence("v", T, 0, lambda v, t: decay * v + g[t])
    k, before = earlier(t, 1)
    closed = sum_over(k, before * power(decay, t - k - 1) * g[k])
    return with_gates(equation(array((t,), velocity[t]), array((t,), closed)), induction="t")


@identity
def moving_average_bias():
    """The weights of an exponential moving average sum to 1 - beta^t"""
    decay, t = variable("beta"), Index("t", T)
    total = recurrence("m", T, 0, lambda m, t: decay * m + (1 - decay))
    bias = 1 - power(decay, Affine.of(t))
    return with_gates(equation(array((t,), total[t]), array((t,), bias)), induction="t")
