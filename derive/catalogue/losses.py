"""Losses of a score and a label of +1 or -1, alone and over examples with linear scores."""

from typing import Literal

from derive.derivation import D, chain, define, derivation, differentiation, log_laws
from derive.spaces import Index, Matrix, Real, Signs, Vector
from derive.terms.functions import exp, log
from derive.terms.sizes import sizes

N, p = sizes("N p")
Loss = Literal["squared", "logistic", "exponential"]


def logistic(u):
    """The logistic function."""
    return 1 / (1 + exp(-u))


@derivation
def squared_loss(s: Real, y: Signs):
    """The squared loss of a label of +1 or -1 is that of the margin y s to one.

    So it grows again beyond a margin of one: it blames a score for being too right.
    """
    return chain((s - y) ** 2).eq((1 - y * s) ** 2, by=y.facts)


@derivation
def squared_loss_gradient(s: Real, y: Signs):
    """The slope of the squared loss is twice what the score is above the label."""
    return chain(D(squared_loss(s, y), s)).eq(2 * (s - y), by=differentiation)


@derivation
def logistic_loss(s: Real, y: Signs):
    """The logistic loss is minus the logarithm of the probability that it gives to the label."""
    return chain(log(1 + exp(-y * s))).eq(-log(logistic(y * s)), by=log_laws)


@derivation
def logistic_loss_gradient(s: Real, y: Signs):
    """The slope of the logistic loss is the probability of the wrong label, against the label."""
    return (
        chain(D(logistic_loss(s, y), s))
        .eq(-y * exp(-y * s) / (1 + exp(-y * s)), by=differentiation)
        .eq(-y / (1 + exp(y * s)))
    )


@derivation
def exponential_loss(s: Real, y: Signs):
    """The exponential loss is the odds of the wrong label, when the score is the log-odds."""
    q = define("q", logistic(y * s))
    return chain(exp(-y * s)).eq((1 - q) / q, by=q)


@derivation
def exponential_loss_gradient(s: Real, y: Signs):
    """The slope of the exponential loss is the loss itself, against the label."""
    return chain(D(exponential_loss(s, y), s)).eq(-y * exp(-y * s), by=differentiation)


@derivation(symbolic_only="bounds of losses that are computed by their own entries")
def losses_of_margins(m: Real):
    """The exponential loss lies above the hinge loss and the logistic loss, at every margin m.

    It lies above both branches of the hinge, 1 - m and 0.
    """
    return {
        "line": chain(1 - m).le(exp(-m)),
        "zero": chain(0).le(exp(-m)),
        "logistic": chain(log(1 + exp(-m))).le(exp(-m)),
    }


# --------------------------------------------------------------------------------------------
# Linear scores


def of_score(s, y, loss):
    """The loss of a score, by name."""
    return {
        "squared": (s - y) ** 2,
        "logistic": log(1 + exp(-y * s)),
        "exponential": exp(-y * s),
    }[loss]


def slope(s, y, loss):
    """The derivative of the loss of a score, by name."""
    return {
        "squared": 2 * (s - y),
        "logistic": -y / (1 + exp(y * s)),
        "exponential": -y * exp(-y * s),
    }[loss]


def of_margin(m, loss):
    """The loss of the margin y s, by name."""
    return {
        "squared": (1 - m) ** 2,
        "logistic": log(1 + exp(-m)),
        "exponential": exp(-m),
    }[loss]


@derivation
def linear_classification_loss(
    X: Matrix[N, p], w: Vector[p], b: Real, y: Signs[N], *, loss: Loss = "logistic"
):
    """The mean loss of linear scores depends on the margins alone."""
    s = X @ w + b
    m = define("m", y * s)
    by = [m, y.facts] if loss == "squared" else m
    return chain(of_score(s, y, loss).mean()).eq(of_margin(m, loss).mean(), by=by)


@derivation
def linear_classification_loss_gradient(
    X: Matrix[N, p],
    w: Vector[p],
    b: Real,
    y: Signs[N],
    j: Index[p],
    *,
    loss: Loss = "logistic",
):
    """The gradients of a mean loss of linear scores carry the slopes of the losses back.

    The weights get them weighted by the inputs, the bias their mean.
    """
    s = define("s", X @ w + b)
    d = define("d", slope(s, y, loss))
    total = linear_classification_loss(X, w, b, y, loss=loss)
    return {
        "dw": (
            chain(D(total, w[j]))
            .eq((d * D(s, w[j])).mean(), by=[differentiation, d, s])
            .eq((X.T @ d)[j] / N, by=differentiation)
        ),
        "db": (
            chain(D(total, b))
            .eq((d * D(s, b)).mean(), by=[differentiation, d, s])
            .eq(d.mean(), by=differentiation)
        ),
    }
