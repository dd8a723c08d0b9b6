"""Normalisation of each example by itself: over all features, or by their root mean square."""

from derive.catalogue._layers import positions
from derive.derivation import D, chain, define, derivation, differentiation
from derive.spaces import Index, Matrix, Positive, Vector
from derive.terms.arrays import Array, sum_over
from derive.terms.functions import delta, sqrt
from derive.terms.sizes import sizes

N, features = sizes("N D")


def normalised(x, epsilon):
    """The names for the mean of each row, its deviation, and the rows with these taken out."""
    mu = define("mu", x.mean(1))
    centred = x - mu[:, None]
    sigma = define("sigma", sqrt((centred**2).mean(1) + epsilon))
    return mu, sigma, define("x_hat", centred / sigma[:, None])


def scaled(x, epsilon):
    """The names for the root mean square of each row, and the rows divided by it."""
    rho = define("rho", sqrt((x**2).mean(1) + epsilon))
    return rho, define("x_hat", x / rho[:, None])


@derivation
def layer_norm(
    x: Matrix[N, features], gamma: Vector[features], beta: Vector[features], epsilon: Positive
):
    """Layer normalisation takes its statistics from the features of each example by itself.

    They have mean 0, and variance 1 but for epsilon, before each feature gets its scale and shift.
    """
    mu, sigma, x_hat = normalised(x, epsilon)
    return chain(gamma * x_hat + beta).eq(
        gamma * ((x - mu[:, None]) / sigma[:, None]) + beta, by=x_hat
    )


@derivation
def layer_norm_backward(
    dy: Matrix[N, features],
    x: Matrix[N, features],
    gamma: Vector[features],
    beta: Vector[features],
    epsilon: Positive,
    i: Index[N],
    j: Index[features],
):
    """Layer normalisation sends back what is left of a gradient without mean and correlation.

    dy is the gradient of a loss in the outputs, and g the one in the normalised values.
    """
    mu, sigma, x_hat = normalised(x, epsilon)
    loss = (dy * layer_norm(x, gamma, beta, epsilon)).sum()
    g = define("g", dy * gamma)
    (k,), count = positions(k=features), Array.of(features)
    moved = (delta(j, k) - 1 / count - x_hat[i, j] * x_hat[i, k] / count) / sigma[i]
    return {
        "dx": chain(D(loss, x[i, j]))
        .eq((dy[i] * gamma * D(x_hat[i], x[i, j])).sum(), by=differentiation)
        .eq(sum_over(k, g[i, k] * D(x_hat[i, k], x[i, j])), by=g)
        .eq(sum_over(k, g[i, k] * moved), by=[differentiation, mu, sigma, x_hat])
        .eq((g[i, j] - g[i].mean() - x_hat[i, j] * (g[i] * x_hat[i]).mean()) / sigma[i]),
        "dgamma": chain(D(loss, gamma[j])).eq((dy[:, j] * x_hat[:, j]).sum(), by=differentiation),
        "dbeta": chain(D(loss, beta[j])).eq(dy[:, j].sum(), by=differentiation),
    }


@derivation
def rms_norm(x: Matrix[N, features], gamma: Vector[features], epsilon: Positive):
    """Root mean square normalisation divides a row by its root mean square, and keeps its mean."""
    rho, x_hat = scaled(x, epsilon)
    return chain(gamma * x_hat).eq(gamma / rho[:, None] * x, by=x_hat)


@derivation
def rms_norm_backward(
    dy: Matrix[N, features],
    x: Matrix[N, features],
    gamma: Vector[features],
    epsilon: Positive,
    i: Index[N],
    j: Index[features],
):
    """Root mean square normalisation sends back what is left of a gradient without correlation.

    dy is the gradient of a loss in the outputs, and g the one in the normalised values.
    """
    rho, x_hat = scaled(x, epsilon)
    loss = (dy * rms_norm(x, gamma, epsilon)).sum()
    g = define("g", dy * gamma)
    (k,), count = positions(k=features), Array.of(features)
    moved = (delta(j, k) - x_hat[i, j] * x_hat[i, k] / count) / rho[i]
    return {
        "dx": chain(D(loss, x[i, j]))
        .eq((dy[i] * gamma * D(x_hat[i], x[i, j])).sum(), by=differentiation)
        .eq(sum_over(k, g[i, k] * D(x_hat[i, k], x[i, j])), by=g)
        .eq(sum_over(k, g[i, k] * moved), by=[differentiation, rho, x_hat])
        .eq((g[i, j] - x_hat[i, j] * (g[i] * x_hat[i]).mean()) / rho[i]),
        "dgamma": chain(D(loss, gamma[j])).eq((dy[:, j] * x_hat[:, j]).sum(), by=differentiation),
    }
