"""Activation functions: their forms, derivatives, bounds and tails."""

from derive.derivation import D, chain, define, derivation, differentiation, log_laws
from derive.spaces import Positive, Real
from derive.terms import functions
from derive.terms.arrays import Array
from derive.terms.functions import absolute, cond, cosh, exp, log, maximum, minimum
from derive.terms.nodes import Fn
from derive.terms.tensors import Function

# --------------------------------------------------------------------------------------------
# The logistic function


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


@derivation(symbolic_only="a property of sigmoid, which is computed there")
def sigmoid_complement(x: Real):
    """The logistic function at -x is the complement of that at x: it is odd about (0, 1/2)."""
    return chain(sigmoid(-x)).eq(exp(-x) / (1 + exp(-x))).eq(1 - sigmoid(x))


@derivation(symbolic_only="a property of sigmoid, which is computed there")
def sigmoid_range(x: Real):
    """The logistic function lies between 0 and 1, and reaches neither.

    Both gaps are quotients of positive numbers.
    """
    return {
        "above": chain(0).le(sigmoid(x)),
        "below": chain(sigmoid(x)).eq(1 - 1 / (1 + exp(x))).le(1),
    }


@derivation(symbolic_only="a property of sigmoid, which is computed there")
def sigmoid_tails(x: Real):
    """The logistic function approaches 0 and 1 at least as fast as an exponential.

    As exp(x) vanishes far to the left and exp(-x) far to the right, both limits follow.
    """
    e = exp(x)
    return {
        "left": chain(0).le(e**2 / (1 + e)).eq(e - sigmoid(x)),
        "right": chain(0).le(1 / (e * (1 + e))).eq(1 / e - (1 - sigmoid(x))),
    }


@derivation(symbolic_only="a property of sigmoid_derivative, which is computed there")
def sigmoid_derivative_bound(x: Real):
    """The logistic function is nowhere steeper than 1/4, its slope at 0."""
    s = sigmoid(x)
    return chain(D(s, x)).eq(s * (1 - s), by=differentiation).eq(0.25 - (s - 0.5) ** 2).le(0.25)


@derivation(symbolic_only="a property of sigmoid_derivative, which is computed there")
def sigmoid_saturation(x: Real):
    """The slope of the logistic function is at most exp(-|x|): it vanishes far from 0.

    Both bounds hold everywhere, so the smaller of them does.
    """
    s, e = sigmoid(x), exp(x)
    slope = D(s, x)
    return {
        "left": (
            chain(0)
            .le(e**2 * (2 + e) / (1 + e) ** 2)
            .eq(e - e / (1 + e) ** 2)
            .eq(e - slope, by=differentiation)
        ),
        "right": (
            chain(0)
            .le((1 + 2 * e) / (e * (1 + e) ** 2))
            .eq(1 / e - e / (1 + e) ** 2)
            .eq(1 / e - slope, by=differentiation)
        ),
    }


# --------------------------------------------------------------------------------------------
# Softplus


@derivation
def softplus(x: Real):
    """Softplus is x plus softplus of -x, so only a small exponential need be taken.

    Far to the right the correction vanishes, and far to the left softplus itself does: it is a
    smooth rectifier.
    """
    return (
        chain(log(1 + exp(x))).eq(log(exp(x) * (1 + exp(-x)))).eq(x + log(1 + exp(-x)), by=log_laws)
    )


@derivation
def softplus_derivative(x: Real):
    """The derivative of softplus is the logistic function."""
    return (
        chain(D(log(1 + exp(x)), x))
        .eq(exp(x) / (1 + exp(x)), by=differentiation)
        .eq(1 / (1 + exp(-x)))
    )


# --------------------------------------------------------------------------------------------
# The hyperbolic tangent


@derivation
def tanh(x: Real):
    """The hyperbolic tangent is a logistic function of the doubled argument, on (-1, 1)."""
    return (
        chain(functions.tanh(x))
        .eq((exp(x) - exp(-x)) / (exp(x) + exp(-x)))
        .eq((exp(2 * x) - 1) / (exp(2 * x) + 1))
        .eq(2 * sigmoid(2 * x) - 1)
    )


@derivation
def tanh_derivative(x: Real):
    """The derivative of the hyperbolic tangent is one minus its square."""
    return chain(D(tanh(x), x)).eq(1 / cosh(x) ** 2, by=differentiation).eq(1 - tanh(x) ** 2)


@derivation(symbolic_only="a property of tanh, which is computed there")
def tanh_odd(x: Real):
    """The hyperbolic tangent is odd, so it is centred at 0."""
    e = exp(x)
    return chain(tanh(-x)).eq((1 / e - e) / (1 / e + e)).eq(-tanh(x))


@derivation(symbolic_only="a property of tanh, which is computed there")
def tanh_tails(x: Real):
    """The hyperbolic tangent approaches -1 and 1, and reaches neither.

    As exp(2x) vanishes far to the left and exp(-2x) far to the right, both limits follow.
    """
    e = exp(2 * x)
    return {
        "left": chain(0).le(2 * e**2 / (1 + e)).eq(2 * e - (1 + tanh(x))),
        "right": chain(0).le(2 / (e * (1 + e))).eq(2 / e - (1 - tanh(x))),
    }


@derivation(symbolic_only="a property of tanh_derivative, which is computed there")
def tanh_derivative_bound(x: Real):
    """The hyperbolic tangent is nowhere steeper than 1, its slope at 0."""
    return chain(D(tanh(x), x)).eq(1 - tanh(x) ** 2, by=differentiation).le(1)


# --------------------------------------------------------------------------------------------
# Rectifiers


@derivation
def relu(x: Real):
    """The rectifier max(0, x) is the mean of x and its absolute value."""
    return chain(maximum(0, x)).eq(cond(x) * x).eq((x + absolute(x)) / 2)


@derivation
def relu_derivative(x: Real):
    """The derivative of the rectifier is 1 to the right of 0 and 0 to the left.

    At 0 itself it has none, and numerics takes 0.
    """
    return chain(D(relu(x), x)).eq(cond(x), by=differentiation)


@derivation
def leaky_relu(x: Real, alpha: Real):
    """The leaky rectifier keeps the slope alpha to the left of 0."""
    return chain(relu(x) - alpha * relu(-x)).eq(cond(x) * x + cond(-x) * (alpha * x))


@derivation
def leaky_relu_derivative(x: Real, alpha: Real):
    """The derivative of the leaky rectifier is 1 to the right of 0 and alpha to the left.

    At 0 it has none unless alpha is 1, and numerics takes alpha.
    """
    return (
        chain(D(relu(x) - alpha * relu(-x), x))
        .eq(cond(x) + alpha * cond(-x), by=differentiation)
        .eq(alpha + (1 - alpha) * cond(x))
    )


@derivation(symbolic_only="another form of leaky_relu, which is computed there")
def leaky_relu_maximum(x: Real, gap: Positive):
    """Below slope one the leaky rectifier is the larger of x and alpha x.

    The slope is alpha = 1 - gap. With alpha > 1 it would be the smaller of the two.
    """
    alpha = define("alpha", 1 - gap)
    return (
        chain(maximum(alpha * x, x))
        .eq(x + relu(-gap * x), by=alpha)
        .eq(relu(x) - alpha * relu(-x), by=alpha)
    )


@derivation
def elu(x: Real, alpha: Real):
    """The exponential linear unit is x to the right of 0 and alpha (exp(x) - 1) to the left."""
    return chain(cond(x) * x + cond(-x) * alpha * (exp(x) - 1)).eq(
        relu(x) + alpha * (exp(minimum(x, 0)) - 1)
    )


@derivation
def elu_derivative(x: Real, alpha: Real):
    """The derivative of the exponential linear unit is 1 on the right, alpha exp(x) on the left.

    At 0 the two are 1 and alpha: it is differentiable there for alpha = 1 only, and numerics
    takes alpha.
    """
    return (
        chain(D(elu(x, alpha), x))
        .eq(cond(x) + cond(-x) * alpha * exp(x), by=differentiation)
        .eq(cond(x) + (1 - cond(x)) * alpha * exp(x))
    )


# --------------------------------------------------------------------------------------------
# Smooth rectifiers


@derivation
def silu(x: Real):
    """The sigmoid-weighted linear unit passes x as far as the logistic gate is open."""
    return chain(x * sigmoid(x)).eq(x - x / (1 + exp(x)))


@derivation
def silu_derivative(x: Real):
    """The derivative of the sigmoid-weighted linear unit is s + x s (1 - s)."""
    s = define("s", sigmoid(x))
    return (
        chain(D(x * sigmoid(x), x))
        .eq(s + x * (s * (1 - s)), by=[differentiation, s])
        .eq(s * (1 + x * (1 - s)))
    )


def gelu_gate(x, c):
    """Twice the argument of the hyperbolic tangent in the Gaussian error linear unit."""
    return 2 * c * (x + 0.044715 * x**3)


@derivation
def gelu(x: Real, c: Positive):
    """The Gaussian error linear unit, in its usual approximation, gates x by a logistic function.

    There c is the square root of 2 / pi; the exact unit is x times the normal distribution
    function.
    """
    return chain(x / 2 * (1 + functions.tanh(c * (x + 0.044715 * x**3)))).eq(
        x / (1 + exp(-gelu_gate(x, c)))
    )


@derivation
def gelu_derivative(x: Real, c: Positive):
    """The derivative of the approximate Gaussian error linear unit, by its logistic gate."""
    s = define("s", sigmoid(gelu_gate(x, c)))
    return chain(D(gelu(x, c), x)).eq(
        s + x * (s * (1 - s)) * (2 * c * (1 + 0.134145 * x**2)), by=[differentiation, s]
    )


@derivation(symbolic_only="gelu_derivative computes the approximation in use")
def gelu_exact_derivative(x: Real):
    """The derivative of the exact Gaussian error linear unit is F(x) + x F'(x).

    F is the normal distribution function and its derivative the density; any smooth gate will do.
    """
    F = Function("F")
    gate, density = (Array((), Fn(function, (x.body,))) for function in (F, F.derivative(0)))
    return chain(D(x * gate, x)).eq(gate + x * density, by=differentiation)
