"""Softmax and its cross-entropy with targets on the simplex."""

from typing import Literal

from derive.catalogue.activations import sigmoid
from derive.derivation import (
    D,
    chain,
    define,
    derivation,
    differentiation,
    factor,
    log_laws,
    witness,
)
from derive.spaces import Index, Matrix, Nonnegative, Real, Simplex, Vector
from derive.terms.arrays import Array, sum_over
from derive.terms.functions import amax, delta, exp, log
from derive.terms.indices import Index as Position
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


@derivation(symbolic_only="the sums of softmax and of its Jacobian, which are computed there")
def softmax_simplex(z: Vector[K], j: Index[K]):
    """Softmax is a probability distribution: positive, and of sum one however the logits move."""
    S = define("S", exp(z).sum())
    return {
        "positive": chain(0).le(softmax(z, j)),
        "sum": chain((exp(z) / S).sum()).eq(exp(z).sum() / S).eq(1, by=S),
        "slopes": chain(D(softmax(z), z[j]).sum()).eq(0, by=differentiation),
    }


@derivation(symbolic_only="the case K = 2 of softmax, which is computed there and by sigmoid")
def softmax_of_two_classes(u: Real, v: Real):
    """With two classes softmax is the logistic function of the difference v - u of the logits.

    Its cross-entropy is then the logistic loss of that difference.
    """
    margin = define("m", v - u)
    p = exp(v) / (exp(u) + exp(v))
    return {
        "probability": chain(p).eq(sigmoid(margin), by=margin),
        "loss": (
            chain(-log(p))
            .eq(log((exp(u) + exp(v)) / exp(v)), by=log_laws)
            .eq(log(1 + exp(-margin)), by=margin)
        ),
    }


# --------------------------------------------------------------------------------------------
# The logarithm of the sum of exponentials


@derivation
def logsumexp(z: Vector[K]):
    """The log-sum-exp moves with its logits, as by their maximum, which is the form to compute.

    No exponent is positive then, and one of them is zero: the sum lies between 1 and K.
    """
    m = define("m", amax(z))
    return (
        chain(log(exp(z).sum()))
        .eq(log(exp(m) * exp(z - m).sum()))
        .eq(m + log(exp(z - m).sum()), by=log_laws)
    )


@derivation
def log_softmax(z: Vector[K], i: Index[K]):
    """The logarithm of softmax is the logit minus the log-sum-exp: logits are log-probabilities.

    What they are off by is the same for all classes.
    """
    S = exp(z).sum()
    return chain(log(exp(z[i]) / S)).eq(z[i] - log(S), by=log_laws)


@derivation
def logsumexp_gradient(z: Vector[K], i: Index[K]):
    """The gradient of log-sum-exp is softmax."""
    S = define("S", exp(z).sum())
    return (
        chain(D(logsumexp(z), z[i]))
        .eq(D(S, z[i]) / S, by=[differentiation, S])
        .eq(exp(z[i]) / S, by=differentiation)
    )


@derivation(symbolic_only="the Hessian is softmax_jacobian, which is computed there")
def logsumexp_convex(z: Vector[K], v: Vector[K]):
    """Log-sum-exp is convex: its second derivative along v is the variance of v under softmax.

    So cross-entropy, which is log-sum-exp minus a linear function, is convex in the logits too.
    """
    S = define("S", exp(z).sum())
    p = define("p", exp(z) / S)
    mean = define("mu", p @ v)
    hessian = D(D(logsumexp(z), z), z)
    return (
        chain(0)
        .le((p * (v - mean) ** 2).sum())
        .eq((p * v**2).sum() - mean**2, by=[mean, p, S])
        .eq(v @ hessian @ v, by=[differentiation, mean, p, S])
    )


@derivation(symbolic_only="bounds of logsumexp, which is computed there")
def logsumexp_bounds(m: Real, gap: Nonnegative[K], i: Index[K]):
    """Log-sum-exp lies between the largest logit and that plus log K: it is a smooth maximum.

    Below m, which is the largest logit or above it, the logits are z = m - gap.
    """
    z = define("z", m - gap)
    k = Position("k", K)
    p = define("p", exp(z) / exp(z).sum())
    others = sum_over(k, (1 - delta(k, i)) * p[k])
    mean = define("r", exp(-gap).mean())
    most = m + log(Array.of(K))
    return {
        "above each logit": (
            chain(z[i])
            .eq(log(exp(z).sum()) + log(p[i]), by=[p, log_laws])
            .le(log(exp(z).sum()), by=[p, witness(others + (p[i] - 1 - log(p[i])))])
        ),
        "below": (
            chain(log(exp(z).sum()))
            .eq(most + log(mean), by=[z, mean, log_laws])
            .le(
                most,
                by=[mean, witness((exp(-gap) * (exp(gap) - 1)).mean() + (mean - 1 - log(mean)))],
            )
        ),
    }


def reduced(losses, reduction):
    """The losses of the rows, their mean or their sum."""
    return {"none": losses, "mean": losses.sum() / N, "sum": losses.sum()}[reduction]


def divided(term, rows):
    """The term over the number of rows that a mean is taken over."""
    return term if rows == 1 else term / rows
