"""Batch normalisation: of features and of the channels of images, in training and afterwards."""

from typing import Literal

from derive.derivation import D, chain, define, derivation, differentiation, factor, induction
from derive.spaces import Index, Matrix, Nonnegative, Positive, Real, Tensor4, Vector, at_least
from derive.terms.arrays import Array, recurrence, sum_over
from derive.terms.functions import delta, guard, sqrt
from derive.terms.indices import Index as Position
from derive.terms.sizes import sizes

N, features, C, H, W, T = sizes("N D C H W T")

Estimate = Literal["unbiased", "biased"]  # of a variance: over N - 1, or over N


def normalised(x, epsilon, axes=None):
    """The names for the mean of a batch, its deviation, and the batch with these taken out."""
    mu = define("mu", x.mean(axes))
    sigma = define("sigma", sqrt(((x - spread(mu, x)) ** 2).mean(axes) + epsilon))
    return mu, sigma, define("x_hat", (x - spread(mu, x)) / spread(sigma, x))


def spread(values, x):
    """One value a channel, for each place of the images."""
    return values[:, None, None] if x.ndim == 4 else values


@derivation
def batch_norm_jacobian(x: Vector[N], epsilon: Positive, i: Index[N], j: Index[N]):
    """The Jacobian of normalisation removes the mean and what lies along the normalised batch.

    An input moves its own output, the mean, and the deviation of all. The biased variance is
    meant, with epsilon under the root.
    """
    mu, sigma, x_hat = normalised(x, epsilon)
    count, same = Array.of(N), delta(i, j)
    return (
        chain(D(x_hat[i], x[j]))
        .eq(
            (same - D(mu, x[j])) / sigma - x_hat[i] / sigma * D(sigma, x[j]),
            by=[differentiation, x_hat],
        )
        .eq(
            (same - 1 / count) / sigma - x_hat[i] / sigma * (x_hat[j] / count),
            by=[differentiation, mu, sigma, x_hat],
        )
        .eq((same - 1 / count - x_hat[i] * x_hat[j] / count) / sigma, by=factor)
    )


@derivation(symbolic_only="a property of batch_norm, which is computed there")
def batch_norm_statistics(x: Vector[N], epsilon: Positive):
    """A normalised batch has mean zero, and variance one but for epsilon."""
    mu, sigma, x_hat = normalised(x, epsilon)
    variance = define("v", ((x - mu) ** 2).mean())
    return {
        "mean": chain(x_hat.mean()).eq((x.mean() - mu) / sigma, by=x_hat).eq(0, by=mu),
        "variance": chain((x_hat**2).mean())
        .eq(variance / sigma**2, by=[x_hat, variance])
        .eq(variance / (variance + epsilon), by=[sigma, variance]),
    }


@derivation
def batch_norm(
    x: Matrix[N, features], gamma: Vector[features], beta: Vector[features], epsilon: Positive
):
    """Batch normalisation is one affine map a feature, whose slope and offset the batch sets."""
    mu, sigma, x_hat = normalised(x, epsilon, 0)
    return chain(gamma * x_hat + beta).eq(gamma / sigma * x + (beta - gamma / sigma * mu), by=x_hat)


@derivation
def batch_norm_backward(
    dy: Matrix[N, features],
    x: Matrix[N, features],
    gamma: Vector[features],
    beta: Vector[features],
    epsilon: Positive,
    i: Index[N],
    j: Index[features],
):
    """Batch normalisation sends back what is left of a gradient without mean and correlation.

    dy is the gradient of a loss in the outputs. Every output of a feature depends on every input
    of it, by the Jacobian of normalisation.
    """
    mu, sigma, x_hat = normalised(x, epsilon, 0)
    loss = (dy * batch_norm(x, gamma, beta, epsilon)).sum()
    g, h, k, count = dy[:, j], x_hat[:, j], Position("k", N), Array.of(N)
    moved = (delta(i, k) - 1 / count - h[i] * h[k] / count) / sigma[j]
    return {
        "dx": chain(D(loss, x[i, j]))
        .eq(gamma[j] * (g * D(h, x[i, j])).sum(), by=differentiation)
        .eq(gamma[j] * sum_over(k, g[k] * moved), by=[differentiation, mu, sigma, x_hat])
        .eq((g[i] - g.mean() - h[i] * (g * h).mean()) * gamma[j] / sigma[j]),
        "dgamma": chain(D(loss, gamma[j])).eq((g * h).sum(), by=differentiation),
        "dbeta": chain(D(loss, beta[j])).eq(g.sum(), by=differentiation),
    }


@derivation
def batch_norm2d(x: Tensor4[N, C, H, W], gamma: Vector[C], beta: Vector[C], epsilon: Positive):
    """A channel of images is normalised over the batch and all places, and stays one affine map."""
    mu, sigma, x_hat = normalised(x, epsilon, (0, 2, 3))
    slope = gamma / sigma
    return chain(spread(gamma, x) * x_hat + spread(beta, x)).eq(
        spread(slope, x) * x + spread(beta - slope * mu, x), by=x_hat
    )


@derivation
def batch_norm2d_backward(
    dy: Tensor4[N, C, H, W],
    x: Tensor4[N, C, H, W],
    gamma: Vector[C],
    beta: Vector[C],
    epsilon: Positive,
    n: Index[N],
    c: Index[C],
    i: Index[H],
    j: Index[W],
):
    """For images the gradients are those of a batch, with the means over all places too.

    a and b are the means of dy and of dy times the normalised input, one a channel.
    """
    mu, sigma, x_hat = normalised(x, epsilon, (0, 2, 3))
    loss = (dy * batch_norm2d(x, gamma, beta, epsilon)).sum()
    g, h, count = dy[:, c], x_hat[:, c], Array.of(N * H * W)
    k, m, p = (Position(name, size) for name, size in zip("kmp", (N, H, W), strict=True))
    same = delta(n, k) * delta(i, m) * delta(j, p)
    moved = (same - 1 / count - h[n, i, j] * h[k, m, p] / count) / sigma[c]
    a = define("a", dy.mean((0, 2, 3)))
    b = define("b", (dy * x_hat).mean((0, 2, 3)))
    return {
        "dx": chain(D(loss, x[n, c, i, j]))
        .eq(gamma[c] * (g * D(h, x[n, c, i, j])).sum(), by=differentiation)
        .eq(
            gamma[c] * sum_over((k, m, p), g[k, m, p] * moved),
            by=[differentiation, mu, sigma, x_hat],
        )
        .eq((g[n, i, j] - g.mean() - h[n, i, j] * (g * h).mean()) * gamma[c] / sigma[c])
        .eq((g[n, i, j] - a[c] - h[n, i, j] * b[c]) * gamma[c] / sigma[c], by=[a, b]),
        "dgamma": chain(D(loss, gamma[c])).eq((g * h).sum(), by=differentiation),
        "dbeta": chain(D(loss, beta[c])).eq(g.sum(), by=differentiation),
    }


@derivation
def batch_norm_inference(
    x: Matrix[N, features],
    gamma: Vector[features],
    beta: Vector[features],
    mean: Vector[features],
    variance: Positive[features],
    epsilon: Positive,
):
    """With statistics that are given, batch normalisation is an affine map, ready to be merged."""
    a = define("a", gamma / sqrt(variance + epsilon))
    return (
        chain(gamma * (x - mean) / sqrt(variance + epsilon) + beta)
        .eq(a * (x - mean) + beta, by=a)
        .eq(a * x + (beta - a * mean))
    )


@derivation(where=at_least(N, 2))
def running_statistics(
    x: Matrix[N, features],
    mean: Vector[features],
    variance: Nonnegative[features],
    momentum: Real,
    *,
    estimate: Estimate = "unbiased",
):
    """Running statistics move towards those of a batch, by the share that is the momentum.

    The unbiased variance of the batch is kept, although it is normalised by the biased one.
    """
    mu = define("mu", x.mean(0))
    count = Array.of(N - 1 if estimate == "unbiased" else N)
    v = define("v", ((x - mu) ** 2).sum(0) / count)
    return {
        "mean": chain((1 - momentum) * mean + momentum * mu).eq(mean + momentum * (mu - mean)),
        "variance": chain((1 - momentum) * variance + momentum * v).eq(
            variance + momentum * (v - variance)
        ),
    }


@derivation
def running_average(batches: Vector[T], start: Real, momentum: Real, t: Index[T]):
    """A running average is the start and all batches, with weights that decay geometrically."""
    rho = define("rho", 1 - momentum)
    average = recurrence("r", T, start, lambda r, s: rho * r + (1 - rho) * batches[s])
    s = Position("s", T)
    past = guard(t - s - 1) * rho ** Array.of(t - s - 1) * batches[s]
    return chain(average[t]).eq(
        rho ** Array.of(t) * start + (1 - rho) * sum_over(s, past), by=induction("t")
    )
