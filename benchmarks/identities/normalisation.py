"""Batch normalisation of one channel."""

from benchmarks.identities.entries import identity
from benchmarks.statements import equation
from derive.terms.arrays import Array, define, derivative, outer, variable
from derive.terms.arrays import identity as unit_matrix
from derive.terms.functions import sqrt
from derive.terms.sizes import sizes
from derive.terms.tensors import Kind

(N,) = sizes("N")
x, g = variable("x", (N,)), variable("g", (N,))
epsilon = variable("epsilon", (), Kind.POSITIVE)


def deviation() -> Array:
    """The square root of the biased variance plus epsilon, under the name sigma."""
    mean = define("mu", x.mean())
    return define("sigma", sqrt(define("v", ((x - mean) ** 2).mean()) + epsilon))


def normalised() -> Array:
    """The distance to the mean over the deviation, under the name h."""
    return define("h", (x - define("mu", x.mean())) / deviation())


@identity
def batch_normalisation_jacobian():
    """dh/dx = (I - 1/N - h h'/N) / sigma"""
    h = normalised()
    inside = unit_matrix(N) - 1 / Array.of(N) - outer(h, h) / N
    return equation(derivative(h, x), inside / deviation())


@identity
def batch_normalisation_backward():
    """dx = (g - mean g - h mean(g h)) / sigma"""
    h = normalised()
    back = (g - g.mean() - h * (g * h).mean()) / deviation()
    return equation(derivative((g * h).sum(), x), back)


@identity
def normalised_values_have_mean_zero():
    """sum h = 0"""
    return equation(normalised().sum(), 0)


@identity
def normalised_values_have_unit_variance_up_to_epsilon():
    """sum h^2 = N (1 - epsilon / sigma^2)"""
    return equation((normalised() ** 2).sum(), N * (1 - epsilon / deviation() ** 2))
