"""Penalties on weights: what they favour, what they are equivalent to, how they decay weights."""

from derive.derivation import (
    D,
    chain,
    define,
    derivation,
    differentiation,
    induction,
    log_laws,
    witness,
)
from derive.spaces import Index, Matrix, Nonnegative, OneHot, Positive, Real, Vector
from derive.terms.arrays import Array, constant, recurrence, sum_over, trace
from derive.terms.functions import delta, exp, log, relu, sqrt
from derive.terms.indices import Index as Position
from derive.terms.sizes import sizes

n, p, N, K, L, T = sizes("n p N K L T")


@derivation
def l2_penalty(W: Matrix[K, L]):
    """The L2 penalty is the squared Frobenius norm of the weights, not the norm."""
    return chain((W**2).sum()).eq(trace(W.T @ W))


@derivation
def l2_penalty_gradient(W: Matrix[K, L], i: Index[K], j: Index[L]):
    """The gradient of the L2 penalty is twice the weights."""
    return chain(D(l2_penalty(W), W[i, j])).eq(2 * W[i, j], by=differentiation)


@derivation(symbolic_only="a comparison of two minimisers")
def penalty_tradeoff(
    L_1: Real, L_2: Real, R_1: Real, R_2: Real, lambda_: Nonnegative, delta: Positive
):
    """A larger penalty never gives a smaller loss, nor a larger penalised quantity.

    Index 1 is a minimiser for lambda, 2 one for lambda + delta. As each is one, a and b are
    nonnegative: the rest of the argument is these two equations. Nothing else is asked of the loss
    L and of R.
    """
    larger = lambda_ + delta
    a = define("a", (L_2 + lambda_ * R_2) - (L_1 + lambda_ * R_1))
    b = define("b", (L_1 + larger * R_1) - (L_2 + larger * R_2))
    return {
        "penalised": chain(R_1 - R_2).eq((a + b) / delta, by=[a, b]),
        "loss": chain(L_2 - L_1).eq(((lambda_ + delta) * a + lambda_ * b) / delta, by=[a, b]),
    }


@derivation(symbolic_only="a comparison of a minimiser with other weights")
def penalised_is_constrained(L_1: Real, R_1: Real, R: Real, L: Real, lambda_: Nonnegative):
    """Weights that minimise loss plus penalty have the least loss of all with no larger penalty.

    With index 1 for the minimiser, a is nonnegative as it is one, and the last term where R is at
    most R_1: so it solves the problem constrained to R at most R_1. The other way round a
    multiplier exists for convex losses.
    """
    a = define("a", (L + lambda_ * R) - (L_1 + lambda_ * R_1))
    return chain(L).eq(L_1 + a + lambda_ * (R_1 - R), by=a)


@derivation(symbolic_only="a relation of two losses that are computed elsewhere")
def gaussian_prior(c: Vector[N], W: Matrix[K, L], tau: Positive, pi: Positive):
    """Maximum a posteriori with a Gaussian prior is the L2 penalty, lambda = 1 / (2 N tau^2).

    The losses c are the negative log-likelihoods of N cases; every weight has the prior density of
    a Gaussian of variance tau^2. The rest does not depend on the weights.
    """
    density = exp(-(W**2) / (2 * tau**2)) / sqrt(2 * pi * tau**2)
    lambda_ = define("lambda", 1 / (2 * N * tau**2))
    rest = Array.of(K * L) * log(2 * pi * tau**2) / (2 * N)
    return (
        chain((c.sum() - log(density).sum()) / N)
        .eq(c.mean() + (W**2).sum() / (2 * N * tau**2) + rest, by=log_laws)
        .eq(c.mean() + lambda_ * (W**2).sum() + rest, by=lambda_)
    )


@derivation
def weight_decay_step(w: Vector[n], g: Vector[n], eta: Positive, lambda_: Positive):
    """A step down the gradient with weight decay first shrinks all weights by the same factor."""
    return chain(w - eta * (g + lambda_ * w)).eq((1 - eta * lambda_) * w - eta * g)


@derivation(symbolic_only="the trajectory of weight_decay_step, which is computed there")
def weight_decay_alone(w_0: Vector[n], eta: Real, lambda_: Real, t: Index[T]):
    """Without a gradient, weight decay shrinks the weights geometrically.

    With one it need not: a step goes towards zero only as far as the gradient does not lead away.
    """
    factor = define("r", 1 - eta * lambda_)
    w = recurrence("w", T, w_0, lambda w, t: factor * w)
    return chain(w[t]).eq(factor ** Array.of(t) * w_0, by=induction("t"))


@derivation(symbolic_only="a comparison of two penalties, each computed by l2_penalty")
def penalty_example(e: OneHot[n]):
    """One weight of one, or n weights of 1/n: the same score for inputs of one, not the penalty.

    With four inputs the penalties are 1 and 0.25.
    """
    x, even = constant(1, (n,)), define("v", constant(1, (n,)) / n)
    return {
        "score of one": chain(e @ x).eq(1, by=e.facts),
        "score of even": chain(even @ x).eq(1, by=even),
        "penalty of one": chain((e**2).sum()).eq(1, by=e.facts),
        "penalty of even": chain((even**2).sum()).eq(1 / Array.of(n), by=even),
    }


@derivation(symbolic_only="a bound on l2_penalty, which is computed there")
def smallest_penalty_for_a_score(w: Vector[n], x: Vector[n]):
    """Of all weights with a given score w'x, the multiple of x has the smallest L2 penalty.

    For inputs of one that is the even one: the penalty favours small and diffuse weights.
    """
    share = define("v", (w @ x) / (x @ x) * x)
    return (
        chain((share**2).sum())
        .le((share**2).sum() + ((w - share) ** 2).sum(), by=witness(((w - share) ** 2).sum()))
        .eq((w**2).sum(), by=share)
    )


@derivation(symbolic_only="a bound on a derivative")
def influence_of_an_input(w: Vector[n], x: Vector[n], b: Real, j: Index[n]):
    """No input moves a linear score faster than the length of the weights."""
    k = Position("k", n)
    others = sum_over(k, (1 - delta(k, j)) * w[k] ** 2)
    return (
        chain(D(w @ x + b, x[j]) ** 2)
        .eq(w[j] ** 2, by=differentiation)
        .le((w**2).sum(), by=witness(others))
    )


@derivation(symbolic_only="a bound on a loss")
def penalised_loss_vanishes_at_zero_only(
    W: Matrix[K, L], loss: Nonnegative, lambda_: Positive, i: Index[K], j: Index[L]
):
    """A loss with the L2 penalty is zero only where every weight is zero.

    There it is the loss without penalty, which is not zero as a rule: log K for softmax.
    """
    rows, columns = Position("k", K), Position("l", L)
    others = lambda_ * sum_over(
        (rows, columns), (1 - delta(rows, i) * delta(columns, j)) * W[rows, columns] ** 2
    )
    return (
        chain(lambda_ * W[i, j] ** 2)
        .le(lambda_ * (W**2).sum(), by=witness(others))
        .le(loss + lambda_ * (W**2).sum())
    )


@derivation(symbolic_only="a property of matrix products")
def scaled_scores(W: Matrix[K, n], x: Vector[n], c: Real, i: Index[K], j: Index[K]):
    """Multiplying the weights by c multiplies all differences of scores by c."""
    scaled, scores = (c * W) @ x, W @ x
    return chain(scaled[i] - scaled[j]).eq(c * (scores[i] - scores[j]))


@derivation(symbolic_only="an example of weights without a best scale")
def met_margins_stay_met(v: Nonnegative[K], margin: Positive, t: Nonnegative):
    """Where every margin is met, it is met by the weights times 1 + t too: none is the best scale.

    The differences of scores are the margin and what they exceed it by, v.
    """
    return {
        "before": chain(relu(margin - (margin + v)).sum()).eq(0),
        "after": chain(relu(margin - (1 + t) * (margin + v)).sum()).eq(0),
    }
