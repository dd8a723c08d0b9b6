"""Initial weights: how the scale of signals goes through a layer, forwards and backwards."""

from derive.derivation import D, chain, define, derivation, differentiation, random, witness
from derive.derivation import expectation as E
from derive.spaces import Index, Matrix, Positive, Real, Vector
from derive.terms.arrays import Array, array, sum_over
from derive.terms.functions import relu, sqrt
from derive.terms.indices import Index as Position
from derive.terms.nodes import Fn
from derive.terms.sizes import sizes
from derive.terms.tensors import Function

n, m, p = sizes("n m p")
AVERAGE = "an average over weights"


def weights_and_inputs(mu, sigma, nu, tau):
    """Weights and inputs of a score, each with its mean and standard deviation, independent."""
    w = random("w", (n,), variance=sigma**2, mean=mu)
    return w, random("x", (n,), variance=tau**2, mean=nu)


@derivation(symbolic_only=AVERAGE)
def score_mean(mu: Real, sigma: Positive, nu: Real, tau: Positive):
    """The mean of a score is n times the product of the means: zero for centred weights."""
    w, x = weights_and_inputs(mu, sigma, nu, tau)
    return chain(E(w @ x)).eq(n * mu * nu, by=[w, x])


@derivation(symbolic_only=AVERAGE)
def score_variance(mu: Real, sigma: Positive, nu: Real, tau: Positive):
    """The variance of a score grows in proportion to the number of inputs.

    With both means zero it is n times the product of the variances.
    """
    w, x = weights_and_inputs(mu, sigma, nu, tau)
    return chain(E((w @ x - E(w @ x)) ** 2)).eq(
        n * (nu**2 * sigma**2 + mu**2 * tau**2 + sigma**2 * tau**2), by=[w, x]
    )


@derivation(symbolic_only=AVERAGE)
def calibrated_scores(tau: Positive):
    """Weights of standard deviation 1 / sqrt(n) give scores the variance of the inputs.

    It is the variance that is 1 / n.
    """
    g = random("g", (n,), variance=1)
    x = random("x", (n,), variance=tau**2)
    return chain(E(((g / sqrt(Array.of(n))) @ x) ** 2)).eq(tau**2, by=[g, x])


@derivation
def he_scaled(G: Matrix[n, m]):
    """He's scale for n inputs is sqrt(2 / n): standard normal weights divided by sqrt(n / 2)."""
    return chain(sqrt(2 / Array.of(n)) * G).eq(G / sqrt(Array.of(n) / 2))


@derivation
def xavier_scaled(G: Matrix[n, m]):
    """Xavier's variance for n inputs and m outputs is one over the mean of n and m."""
    return chain(sqrt(2 / Array.of(n + m)) * G).eq(G / sqrt(Array.of(n + m) / 2))


@derivation(symbolic_only=AVERAGE)
def he_initialisation(x: Vector[n]):
    """With He's scale a layer of rectifiers keeps the mean square of its inputs, on average.

    Weights that are as likely to be G as -G give z and -z alike: so the first line is the mean
    square of the outputs. A rectifier halves it, and the variance 2 / n makes up for that. Only
    the mean square is kept from layer to layer, not the distribution.
    """
    G = random("G", (n, m), variance=1)
    z = x @ (sqrt(2 / Array.of(n)) * G)
    return (
        chain(E(((relu(z) ** 2 + relu(-z) ** 2) / 2).mean()))
        .eq(E((z**2).mean()) / 2)
        .eq((x**2).mean(), by=G)
    )


@derivation(symbolic_only=AVERAGE)
def xavier_initialisation(x: Vector[n], dz: Vector[m]):
    """Xavier's scale keeps the mean square forwards and backwards, up to factors that sum to two.

    Both are one where a layer has as many outputs as inputs.
    """
    G = random("G", (n, m), variance=1)
    W = sqrt(2 / Array.of(n + m)) * G
    both = Array.of(n + m)
    return {
        "forwards": chain(E(((x @ W) ** 2).mean())).eq(2 * n / both * (x**2).mean(), by=G),
        "backwards": chain(E(((W @ dz) ** 2).mean())).eq(2 * m / both * (dz**2).mean(), by=G),
    }


f = Function("f")


def activated(z):
    """An activation, entry by entry, of which nothing is known."""
    return Array(z.indices, Fn(f, (z.body,)))


def slope(z):
    """The derivative of the activation."""
    return Array(z.indices, Fn(f.derivative(0), (z.body,)))


@derivation(symbolic_only="a property of gradients that are computed layer by layer")
def equal_units_stay_equal(
    w: Vector[n],
    b: Real,
    u: Vector[p],
    x: Vector[n],
    ds: Vector[p],
    i: Index[n],
    j: Index[m],
    k: Index[p],
):
    """Units with equal weights, in and out, get equal gradients: whatever is learned, they agree.

    No last line depends on the unit j. Equal weights into the units alone do not suffice: ds is
    the gradient in the scores, and reaches a unit through its weights out.
    """
    inputs, units, scores = Position("i", n), Position("j", m), Position("k", p)
    W = define("W", array((units, inputs), w[inputs]))
    c = define("c", array((units,), b))
    U = define("U", array((scores, units), u[scores]))
    loss = ds @ (U @ activated(W @ x + c))
    own, same = W[j] @ x + c[j], w @ x + b
    return {
        "dW": chain(D(loss, W[j, i]))
        .eq(ds @ U[:, j] * slope(own) * x[i], by=differentiation)
        .eq(ds @ u * slope(same) * x[i], by=[W, c, U]),
        "dc": chain(D(loss, c[j]))
        .eq(ds @ U[:, j] * slope(own), by=differentiation)
        .eq(ds @ u * slope(same), by=[W, c, U]),
        "dU": chain(D(loss, U[k, j]))
        .eq(ds[k] * activated(own), by=differentiation)
        .eq(ds[k] * activated(same), by=[W, c]),
    }


@derivation(symbolic_only="a property of a linear layer")
def gradient_scales_with_weights(
    W: Matrix[m, n], x: Vector[n], dz: Vector[m], c: Real, j: Index[n]
):
    """The gradient that a layer sends back is proportional to its weights."""
    return chain(D(dz @ ((c * W) @ x), x[j])).eq(c * (W.T @ dz)[j], by=differentiation)


@derivation(symbolic_only="a bound on a gradient")
def gradient_bound(W: Matrix[m, n], dz: Vector[m]):
    """A layer sends back a gradient no longer than its own times the norm of the weights.

    Layer after layer these norms are multiplied: below one, gradients vanish geometrically.
    """
    i, k, j = Position("i", m), Position("k", m), Position("j", n)
    gap = sum_over((i, k, j), (W[i, j] * dz[k] - W[k, j] * dz[i]) ** 2) / 2
    return chain(((W.T @ dz) ** 2).sum()).le((W**2).sum() * (dz**2).sum(), by=witness(gap))
