"""Dropout: random masks, what they do on average, and the penalty that they amount to."""

from derive.derivation import D, chain, derivation, differentiation, random
from derive.derivation import expectation as E
from derive.spaces import Index, Mask, Matrix, Probability, Vector
from derive.terms.sizes import sizes

N, n, p = sizes("N n p")


def random_mask(shape, q):
    """Independent entries that are 1 with probability q and else 0, by their moments."""
    return random("m", shape, mean=q, variance=q * (1 - q))


@derivation
def dropout(x: Matrix[N, n], m: Mask[N, n], q: Probability):
    """Inverted dropout keeps what the mask keeps, scaled by 1 over the probability of that.

    Masking twice is masking once: it is a projection, and then a scaling.
    """
    return chain(x * m * m / q).eq(x * m / q, by=m.facts)


@derivation
def dropout_backward(
    dy: Matrix[N, n], x: Matrix[N, n], m: Mask[N, n], q: Probability, i: Index[N], j: Index[n]
):
    """Dropout sends a gradient back through the same mask, with the same scale."""
    return chain(D((dy * dropout(x, m, q).end).sum(), x[i, j])).eq(
        dy[i, j] * m[i, j] / q, by=differentiation
    )


@derivation(symbolic_only="the moments of a mask")
def mask_moments(q: Probability):
    """A number that is 1 with probability q and else 0 has mean q and variance q (1 - q)."""
    return {
        "mean": chain(q * 1 + (1 - q) * 0).eq(q),
        "variance": chain(q * (1 - q) ** 2 + (1 - q) * (0 - q) ** 2).eq(q * (1 - q)),
    }


@derivation(symbolic_only="an average over masks")
def dropout_mean(x: Vector[n], q: Probability):
    """On average, inverted dropout changes nothing; without the scale it multiplies by q."""
    m = random_mask((n,), q)
    return {
        "inverted": chain(E(x * m / q)).eq(x, by=m),
        "plain": chain(E(x * m)).eq(q * x, by=m),
    }


@derivation(symbolic_only="an average over masks")
def dropout_test_time(W: Matrix[p, n], x: Vector[n], q: Probability):
    """Multiplying activations by q at test time gives the next layer its average input.

    This is the average of what it takes in, not of what comes out of it.
    """
    m = random_mask((n,), q)
    return chain(E(W @ (x * m))).eq(W @ (q * x), by=m)


@derivation(symbolic_only="an average over masks")
def dropout_variance(w: Vector[n], x: Vector[n], q: Probability):
    """Inverted dropout adds variance to a score, more the fewer inputs are kept."""
    m = random_mask((n,), q)
    return chain(E((w @ (x * m / q) - w @ x) ** 2)).eq((1 - q) / q * (w**2 * x**2).sum(), by=m)


@derivation(symbolic_only="an average over masks")
def dropout_penalty(X: Matrix[N, n], y: Vector[N], w: Vector[n], q: Probability):
    """In linear regression, dropout is on average a penalty: ridge, by the size of each input."""
    m = random_mask((N, n), q)
    return chain(E(((y - (X * m / q) @ w) ** 2).sum())).eq(
        ((y - X @ w) ** 2).sum() + (1 - q) / q * ((X**2).sum(0) * w**2).sum(), by=m
    )


@derivation(symbolic_only="a property of dropout_backward, which is computed there")
def dropped_weights_keep_still(
    dz: Vector[p],
    x: Vector[n],
    m: Mask[n],
    W: Matrix[p, n],
    q: Probability,
    i: Index[p],
    j: Index[n],
):
    """Weights that read a dropped input have gradient zero: only a subset changes in a step.

    The factor 1 - m_j picks the dropped inputs.
    """
    return (
        chain((1 - m[j]) * D((dz * (W @ (x * m / q))).sum(), W[i, j]))
        .eq((1 - m[j]) * (dz[i] * x[j] * m[j] / q), by=differentiation)
        .eq(0, by=m.facts)
    )
