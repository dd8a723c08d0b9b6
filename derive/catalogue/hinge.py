"""Hinge losses of two classes and of several, with their gradients off the kinks.

The hinge has a kink where a margin is met exactly; there numerics takes the gradient 0.
"""

from typing import Literal

from derive.derivation import D, chain, define, derivation, differentiation
from derive.spaces import Index, Matrix, OneHot, Positive, Real, Signs, Vector
from derive.terms.functions import cond, maximum
from derive.terms.sizes import sizes

N, P, K = sizes("N P K")
Reduction = Literal["none", "mean", "sum"]
Total = Literal["mean", "sum"]


def reduced(losses, reduction):
    """The losses of the examples, their mean or their sum."""
    return {"none": losses, "mean": losses.sum() / N, "sum": losses.sum()}[reduction]


def shared(gradient, reduction):
    """The gradient in one score, for that reduction of the losses."""
    return gradient / N if reduction == "mean" else gradient


def of_example(losses, i, reduction):
    """What is differentiated by a score: the loss of its example, where losses are not reduced."""
    return losses[i] if reduction == "none" else losses


@derivation
def hinge(z: Vector[N], y: Signs[N], *, reduction: Reduction = "none"):
    """The hinge loss of a score is what it lacks to the margin 1 on the side of its label."""
    m = define("m", 1 - y * z)
    return chain(reduced(maximum(0, 1 - y * z), reduction)).eq(
        reduced(m * cond(m), reduction), by=m
    )


@derivation
def hinge_gradient(z: Vector[N], y: Signs[N], i: Index[N], *, reduction: Reduction = "none"):
    """The gradient of the hinge loss is minus the label, and 0 once the margin is met."""
    loss = of_example(hinge(z, y, reduction=reduction), i, reduction)
    violated = cond(1 - y[i] * z[i])
    return chain(D(loss, z[i])).eq(shared(-y[i] * violated, reduction), by=differentiation)


@derivation
def squared_hinge(z: Vector[N], y: Signs[N], *, reduction: Reduction = "none"):
    """The squared hinge loss grows with the square of what a score lacks to its margin."""
    m = define("m", 1 - y * z)
    return chain(reduced(maximum(0, 1 - y * z) ** 2, reduction)).eq(
        reduced(m**2 * cond(m), reduction), by=m
    )


@derivation
def squared_hinge_gradient(
    z: Vector[N], y: Signs[N], i: Index[N], *, reduction: Reduction = "none"
):
    """The squared hinge loss has no kink: its slope goes to 0 where the margin is met."""
    loss = of_example(squared_hinge(z, y, reduction=reduction), i, reduction)
    m = 1 - y[i] * z[i]
    return (
        chain(D(loss, z[i]))
        .eq(shared(2 * maximum(0, m) * (cond(m) * -y[i]), reduction), by=differentiation)
        .eq(shared(-2 * y[i] * maximum(0, m), reduction))
    )


@derivation
def linear_hinge(x: Matrix[N, P], w: Vector[P], b: Real, y: Signs[N], *, reduction: Total = "mean"):
    """The hinge loss of linear scores."""
    z = define("z", x @ w + b)
    return chain(reduced(maximum(0, 1 - y * z), reduction)).eq(
        reduced(maximum(0, 1 - y * (x @ w + b)), reduction), by=z
    )


@derivation
def linear_hinge_gradient(
    x: Matrix[N, P], w: Vector[P], b: Real, y: Signs[N], k: Index[P], *, reduction: Total = "mean"
):
    """Only the examples that miss their margin move the weights.

    dz is the gradient in the scores.
    """
    z = define("z", x @ w + b)
    loss = linear_hinge(x, w, b, y, reduction=reduction)
    slope = shared(-y * cond(1 - y * z), reduction)
    dz = define("dz", slope)
    return {
        "dw": chain(D(loss, w[k]))
        .eq((slope * x[:, k]).sum(), by=differentiation)
        .eq((x.T @ dz)[k], by=dz),
        "db": chain(D(loss, b)).eq(slope.sum(), by=differentiation).eq(dz.sum(), by=dz),
    }


def multiclass_loss(z, y, margin, reduction):
    """The chain of the multiclass hinge loss of any scores."""
    m = above_the_right_one(z, y) + margin
    v = define("v", (1 - y) * cond(m))
    return chain(reduced(((1 - y) * maximum(0, m)).sum(1), reduction)).eq(
        reduced((v * m).sum(1), reduction), by=v
    )


def above_the_right_one(z, y):
    """How far each score lies above t, the one of the right class."""
    t = define("t", (y * z).sum(1))
    return z - t[:, None]


@derivation
def multiclass_hinge(
    z: Matrix[N, K], y: OneHot[N, K], margin: Positive, *, reduction: Reduction = "none"
):
    """Every wrong class costs what its score lacks to a margin below the right one's.

    t are the scores of the right classes, and v is 1 for a wrong class that is too close, else 0.
    """
    return multiclass_loss(z, y, margin, reduction)


@derivation
def multiclass_hinge_gradient(
    z: Matrix[N, K],
    y: OneHot[N, K],
    margin: Positive,
    i: Index[N],
    k: Index[K],
    *,
    reduction: Reduction = "none",
):
    """Each class too close pushes its own score down, and all of them the right one up.

    t are the scores of the right classes, and v is 1 for a wrong class that is too close, else 0.
    """
    violated = (1 - y) * cond(above_the_right_one(z, y) + margin)
    v = define("v", violated)
    loss = of_example(multiclass_hinge(z, y, margin, reduction=reduction), i, reduction)
    return (
        chain(D(loss, z[i, k]))
        .eq(
            shared(violated[i, k] - y[i, k] * violated[i].sum(), reduction),
            by=differentiation,
        )
        .eq(shared(v[i, k] - y[i, k] * v[i].sum(), reduction), by=v)
    )


@derivation
def linear_multiclass_hinge(
    x: Matrix[N, P],
    W: Matrix[P, K],
    b: Vector[K],
    y: OneHot[N, K],
    margin: Positive,
    *,
    reduction: Total = "mean",
):
    """The multiclass hinge loss of linear scores."""
    return multiclass_loss(define("z", x @ W + b), y, margin, reduction)


@derivation
def linear_multiclass_hinge_gradient(
    x: Matrix[N, P],
    W: Matrix[P, K],
    b: Vector[K],
    y: OneHot[N, K],
    margin: Positive,
    p: Index[P],
    k: Index[K],
    *,
    reduction: Total = "mean",
):
    """The weights of a class move by the examples that it is too close to, or too far from.

    dz is the gradient in the scores.
    """
    z = define("z", x @ W + b)
    v = (1 - y) * cond(above_the_right_one(z, y) + margin)
    slope = shared(v - y * v.sum(1)[:, None], reduction)
    dz = define("dz", slope)
    loss = linear_multiclass_hinge(x, W, b, y, margin, reduction=reduction)
    return {
        "dW": chain(D(loss, W[p, k]))
        .eq((slope[:, k] * x[:, p]).sum(), by=differentiation)
        .eq((x.T @ dz)[p, k], by=dz),
        "db": chain(D(loss, b[k]))
        .eq(slope[:, k].sum(), by=differentiation)
        .eq(dz[:, k].sum(), by=dz),
    }
