"""Entropies, softmax regression and its gradients, and the likelihoods that they come from."""

from typing import Literal

from derive.catalogue.softmax import divided
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
from derive.spaces import Index, Matrix, Positive, PositiveSimplex, Simplex, Vector
from derive.terms.arrays import Array, recurrence, sum_over
from derive.terms.functions import absolute, delta, exp, log
from derive.terms.indices import Index as Position
from derive.terms.nodes import Guard
from derive.terms.sizes import sizes

N, K, p = sizes("N K p")
Reduction = Literal["mean", "sum"]


@derivation
def cross_entropy(p: PositiveSimplex[K], q: PositiveSimplex[K]):
    """Cross-entropy is the entropy of the target plus the divergence of the prediction from it.

    It is no distance: it does not vanish where both agree, and it is not symmetric.
    """
    entropy = -(p * log(p)).sum()
    return chain(-(p * log(q)).sum()).eq(entropy + (p * log(p / q)).sum(), by=log_laws)


@derivation
def kullback_leibler_divergence(p: PositiveSimplex[K], q: PositiveSimplex[K]):
    """The divergence is the mean under p of the logarithm of the ratio.

    As both sum to one, a sum of terms t - 1 - log t with t = q / p can be read in it.
    """
    t = q / p
    return chain((p * log(p / q)).sum()).eq(
        (p * (t - 1 - log(t))).sum(), by=[log_laws, p.facts, q.facts]
    )


@derivation(symbolic_only="a property of kullback_leibler_divergence, which is computed there")
def divergence_is_nonnegative(p: PositiveSimplex[K], q: PositiveSimplex[K]):
    """Of all predictions the target itself has the smallest cross-entropy.

    What the others have more is the divergence, and log t <= t - 1.
    """
    t = q / p
    gap = (p * (t - 1 - log(t))).sum()
    return chain(-(p * log(p)).sum()).le(
        -(p * log(q)).sum(), by=[log_laws, p.facts, q.facts, witness(gap)]
    )


# --------------------------------------------------------------------------------------------
# Softmax regression


@derivation
def softmax_regression(
    X: Matrix[N, p],
    W: Matrix[p, K],
    b: Vector[K],
    y: Simplex[N, K],
    *,
    reduction: Reduction = "mean",
):
    """The loss of softmax regression is the cross-entropy of softmax of the affine scores."""
    Z = define("Z", X @ W + b)
    S = define("S", exp(Z).sum(axis=1))
    P = define("P", exp(Z) / S[:, None])
    rows = N if reduction == "mean" else 1
    return chain(divided(-(y * log(P)).sum(), rows)).eq(
        divided((log(S) - (y * Z).sum(axis=1)).sum(), rows), by=[P, log_laws, y.facts]
    )


@derivation
def softmax_regression_gradient(
    X: Matrix[N, p],
    W: Matrix[p, K],
    b: Vector[K],
    y: Simplex[N, K],
    j: Index[p],
    k: Index[K],
    *,
    reduction: Reduction = "mean",
):
    """The gradients of softmax regression carry the residual P - Y back through the scores.

    The weights get it weighted by the inputs, the biases its sum over the examples.
    """
    Z = define("Z", X @ W + b)
    S = define("S", exp(Z).sum(axis=1))
    P = define("P", exp(Z) / S[:, None])
    loss = softmax_regression(X, W, b, y, reduction=reduction)
    rows = N if reduction == "mean" else 1
    residual = P[:, k] * y.sum(axis=1) - y[:, k]
    return {
        "dW": (
            chain(D(loss, W[j, k]))
            .eq(divided((residual * X[:, j]).sum(), rows), by=[differentiation, P])
            .eq(divided((X.T @ (P - y))[j, k], rows), by=y.facts)
        ),
        "db": (
            chain(D(loss, b[k]))
            .eq(divided(residual.sum(), rows), by=[differentiation, P])
            .eq(divided((P - y)[:, k].sum(), rows), by=y.facts)
        ),
    }


@derivation(symbolic_only="bounds of softmax_cross_entropy, which is computed there")
def softmax_loss_bounds(z: Vector[K], c: Index[K]):
    """The loss of the true class c is never zero, and as small as the other classes are unlikely.

    It is at least their probability. It is at most the sum of their exponentials over that of the
    true class, which vanishes as the margins grow: the infimum is zero, and is not attained.
    """
    k = Position("k", K)
    S = exp(z).sum()
    others = sum_over(k, (1 - delta(k, c)) * exp(z[k] - z[c]))
    return {
        "never zero": (
            chain(sum_over(k, (1 - delta(k, c)) * exp(z[k])) / S)
            .eq(1 - exp(z[c]) / S)
            .le(-log(exp(z[c]) / S))
        ),
        "small": (chain(-log(exp(z[c]) / S)).eq(log(1 + others), by=log_laws).le(others)),
    }


# --------------------------------------------------------------------------------------------
# Likelihoods


@derivation(symbolic_only="the product underflows, and its logarithm is what is computed")
def likelihood_of_examples(q: Positive[N], t: Index[N + 1]):
    """The likelihood of independent examples is the exponential of minus their summed losses.

    The probability that the model gives to the label of example k is q[k], its loss -log q[k].
    """
    L, loss = products(q)
    return chain(L[t]).eq(exp(-loss[t]), by=induction("t"))


@derivation(symbolic_only="the sum of losses is computed by softmax_regression")
def maximum_likelihood(q: Positive[N], t: Index[N + 1]):
    """The sum of cross-entropies is the negative log-likelihood: its minimum is its maximum."""
    L, loss = products(q)
    k = Position("k", N)
    return (
        chain(-log(L[t]))
        .eq(-log(exp(-loss[t])), by=likelihood_of_examples(q, t))
        .eq(loss[t])
        .eq(sum_over(k, Array((), Guard(t - k - 1)) * -log(q[k])), by=induction("t"))
    )


@derivation(symbolic_only="a sum of two losses that are computed elsewhere")
def maximum_a_posteriori(L: Positive, W: Matrix[p, K], tau: Positive):
    """A prior adds a penalty to the loss: a normal one the sum of squares, a Laplace one of sizes.

    The likelihood is L, and tau is the variance of the normal prior and the scale of the other;
    factors without W are left out.
    """
    return {
        "normal": (
            chain(-log(L * exp(-(W**2).sum() / (2 * tau)))).eq(
                -log(L) + (W**2).sum() / (2 * tau), by=log_laws
            )
        ),
        "laplace": (
            chain(-log(L * exp(-absolute(W).sum() / tau))).eq(
                -log(L) + absolute(W).sum() / tau, by=log_laws
            )
        ),
    }


def products(q):
    """The products of the first t probabilities, and the sums of their losses."""
    L = recurrence("L", N + 1, 1, lambda L, t: L * q[t])
    return L, recurrence("l", N + 1, 0, lambda loss, t: loss - log(q[t]))
