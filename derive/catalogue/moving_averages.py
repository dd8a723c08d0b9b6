"""Exponential moving averages from 0: weights, bound, and the bias that Adam corrects."""

from derive.catalogue.optimisers import earlier, power
from derive.derivation import chain, define, derivation, induction, witness
from derive.spaces import Index, Matrix, Nonnegative, Positive, Real, Simplex
from derive.terms.arrays import constant, recurrence, sum_over
from derive.terms.indices import Index as Position
from derive.terms.sizes import sizes

n, T = sizes("n T")


def moving_average(x, beta):
    """The exponential moving average of the rows of x, from 0."""
    return recurrence("m", T, constant(0, [n]), lambda m, t: beta * m + (1 - beta) * x[t])


@derivation(symbolic_only="the course of rmsprop_step and adam_step, which are computed there")
def moving_average_unrolled(x: Matrix[T, n], beta: Real, t: Index[T], j: Index[n]):
    """An exponential moving average is a sum of all that it has seen, weighted by powers of beta.

    Nothing is ever forgotten altogether.
    """
    k, before = earlier(T, t)
    return chain(moving_average(x, beta)[t, j]).eq(
        sum_over(k, before * ((1 - beta) * power(beta, t - k - 1)) * x[k, j]), by=induction("t")
    )


@derivation(symbolic_only="weights of moving_average_unrolled")
def moving_average_weights(beta: Real, t: Index[T]):
    """The weights of an exponential moving average from 0 sum to 1 - beta^t, not to one.

    They are the average of a sequence of ones.
    """
    ones = recurrence("m", T, 0, lambda m, t: beta * m + (1 - beta) * 1)
    k, before = earlier(T, t)
    return (
        chain(sum_over(k, before * ((1 - beta) * power(beta, t - k - 1))))
        .eq(ones[t], by=induction("t"))
        .eq(1 - power(beta, t), by=induction("t"))
    )


@derivation(symbolic_only="the course of rmsprop_step, which is computed there")
def moving_average_bound(B: Real, r: Nonnegative[T, n], s: Positive, t: Index[T], j: Index[n]):
    """An exponential moving average of values of at most B^2 is itself at most B^2.

    The values are B^2 - r, and the rate is beta = 1 / (1 + s), below one.
    """
    beta = define("beta", 1 / (1 + s))
    average = recurrence(
        "m", T, constant(0, [n]), lambda m, t: beta * m + (1 - beta) * (B**2 - r[t])
    )
    k, before = earlier(T, t)
    missing = power(beta, t) * B**2 + sum_over(
        k, before * (s * beta * power(beta, t - k - 1)) * r[k, j]
    )
    return (
        chain(average[t, j])
        .eq(B**2 - missing, by=[beta, induction("t")])
        .le(B**2, by=witness(missing))
    )


@derivation(symbolic_only="an expectation; adam_step computes the correction")
def adam_bias_correction(mu: Real, x: Matrix[T, n], pi: Simplex[n], beta: Real, t: Index[T]):
    """A moving average from 0 is biased by the factor 1 - beta^t, by which Adam divides.

    The gradients are any random numbers with the same mean mu at every step: mu plus what x is
    away from its mean, over outcomes with the probabilities pi. For squared gradients mu is the
    second moment.
    """
    i = Position("i", n)
    g = define("g", mu + x - (x @ pi)[:, None])
    k, before = earlier(T, t)
    weight = (1 - beta) * power(beta, t - k - 1)
    return (
        chain(sum_over(i, pi[i] * moving_average(g, beta)[t, i]))
        .eq(
            sum_over(i, pi[i] * sum_over(k, before * weight * g[k, i])),
            by=moving_average_unrolled(g, beta, t),
        )
        .eq(sum_over(k, before * weight) * mu, by=[g, pi.facts])
        .eq((1 - power(beta, t)) * mu, by=moving_average_weights(beta, t))
    )
