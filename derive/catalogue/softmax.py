"""Softmax and its cross-entropy with targets on the simplex."""

from typing import Literal

from derive.derivation import D, chain, define, derivation, differentiation, factor, log_laws
from derive.spaces import Index, Matrix, Simplex, Vector
from derive.terms.functions import amax, delta, exp, log
from derive.terms.sizes import sizes

N, K = sizes("N K")
Reduction = Literal["none", "mean", "sum"]


@derivation
def softmax(z: Vector[K], i: Index[K]):
    """Softmax does not change when all logits move together, as by their maximum.

    The shifted form is the one to compute: no exponent is positive, and one of them is zero.
    """
    m = define("m", amax(z))
    return chain(exp(z[i]) / exp(z).sum()).eq(exp(z[i] - m) / exp(z - m).sum())


@derivation
def softmax_jacobian(z: Vector[K], i: Index[K], j: Index[K]):
    """The Jacobian of softmax is diagonal minus rank one.

    The quotient rule leaves one term on the diagonal and one everywhere; both have the
    probability of class i as a factor.
    """
    S = define("S", exp(z).sum())
    s = define("s", exp(z) / S)
    same = delta(i, j)
    return (
        chain(D(softmax(z, i), z[j]))
        .eq((S * same * exp(z[i]) - exp(z[i]) * exp(z[j])) / S**2, by=[differentiation, S])
        .eq(exp(z[i]) / S * (same - exp(z[j]) / S), by=factor)
        .eq(s[i] * (same - s[j]), by=s)
    )


@derivation
def softmax_cross_entropy(
    z: Matrix[N, K],
    y: Simplex[N, K],
    *,
    reduction: Reduction = "none",
):
    """Cross-entropy of softmax is the log-sum-exp of the logits minus their mean under the target.

    The logarithm undoes the exponential, and the targets of a row sum to one.
    """
    S = define("S", exp(z).sum(axis=1))
    p = define("p", exp(z) / S[:, None])
    return (
        chain(reduced(-(y * log(p)).sum(axis=1), reduction))
        .eq(reduced(-(y * (z - log(S)[:, None])).sum(axis=1), reduction), by=[p, log_laws])
        .eq(reduced(log(S) - (y * z).sum(axis=1), reduction), by=y.facts)
    )


@derivation
def softmax_cross_entropy_gradient(
    z: Matrix[N, K],
    y: Simplex[N, K],
    i: Index[N],
    k: Index[K],
    *,
    reduction: Reduction = "none",
):
    """The gradient of softmax cross-entropy is prediction minus target.

    Each logit reaches the loss twice: through the normaliser, whatever the target is, and through
    its own term. The targets sum to one, so the first gives the prediction.
    """
    S = define("S", exp(z).sum(axis=1))
    p = define("p", exp(z) / S[:, None])
    loss = softmax_cross_entropy(z, y, reduction=reduction)
    loss = loss[i] if reduction == "none" else loss
    rows = N if reduction == "mean" else 1
    return (
        chain(D(loss, z[i, k]))
        .eq(divided(p[i, k] * y[i].sum() - y[i, k], rows), by=[differentiation, p])
        .eq(divided(p[i, k] - y[i, k], rows), by=y.facts)
    )


def reduced(losses, reduction):
    """The losses of the rows, their mean or their sum."""
    return {"none": losses, "mean": losses.sum() / N, "sum": losses.sum()}[reduction]


def divided(term, rows):
    """The term over the number of rows that a mean is taken over."""
    return term if rows == 1 else term / rows
