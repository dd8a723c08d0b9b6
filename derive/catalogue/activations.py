"""Activation functions and their derivatives."""

from derive.derivation import D, chain, define, derivation, differentiation
from derive.spaces import Real
from derive.terms.functions import exp


@derivation
def sigmoid(x: Real):
    """The logistic function, in its two usual forms."""
    return chain(1 / (1 + exp(-x))).eq(exp(x) / (exp(x) + 1))


@derivation
def sigmoid_derivative(x: Real):
    """The derivative of the logistic function is s (1 - s).

    The quotient rule gives exp(-x) over the square of the denominator, and that splits into the
    function itself and its complement.
    """
    s = define("s", sigmoid(x))
    e = exp(-x)
    return (
        chain(D(sigmoid(x), x))
        .eq(e / (1 + e) ** 2, by=differentiation)
        .eq(1 / (1 + e) * (1 - 1 / (1 + e)))
        .eq(s * (1 - s), by=s)
    )
