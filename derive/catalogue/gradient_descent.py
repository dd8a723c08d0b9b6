"""Gradient descent: its direction, its rate on quadratics, its steps from samples of the data."""

from typing import Literal

from derive.derivation import D, chain, define, derivation, differentiation, induction, witness
from derive.spaces import (
    Index,
    Integer,
    Matrix,
    Nonnegative,
    Orthonormal,
    Positive,
    Real,
    Symmetric,
    Vector,
    at_least,
)
from derive.terms.arrays import Array, recurrence, sum_over
from derive.terms.functions import absolute, delta, relu, sqrt
from derive.terms.indices import Index as Position
from derive.terms.nodes import Fn
from derive.terms.sizes import sizes
from derive.terms.tensors import Function

n, p, N, B, T = sizes("n p N B T")
Sampling = Literal["with_replacement", "without_replacement"]


def norm(x):
    """The Euclidean norm."""
    return sqrt((x**2).sum())


# --------------------------------------------------------------------------------------------
# Direction


@derivation(symbolic_only="a property of directions; the step is computed by gradient_descent_step")
def steepest_descent(g: Vector[n], u: Vector[n]):
    """No direction descends faster than the negative gradient.

    The slope of a smooth function with gradient g along a unit vector u / |u| is their product;
    it differs from -|g| by a square.
    """
    unit = u / norm(u)
    square = ((unit + g / norm(g)) ** 2).sum()
    return {
        "bound": chain(-norm(g)).le(g @ unit, by=witness(norm(g) / 2 * square)),
        "attained": chain(g @ (-g / norm(-g))).eq(-norm(g)),
    }


@derivation
def gradient_descent_step(w: Vector[n], g: Vector[n], eta: Positive):
    """A step of gradient descent goes eta |g| far, in the direction of steepest descent."""
    return chain(w - eta * g).eq(w + eta * norm(g) * (-g / norm(g)))


@derivation(symbolic_only="a property of gradient_descent_step, which is computed there")
def gradient_step_model(w: Vector[n], g: Vector[n], eta: Positive, v: Vector[n]):
    """A step of gradient descent minimises the linear model of the loss plus a quadratic penalty.

    At any other point v the model is larger by the penalty of the distance to the step.
    """
    step = define("s", w - eta * g)

    def model(x):
        return g @ (x - w) + ((x - w) ** 2).sum() / (2 * eta)

    gap = ((v - step) ** 2).sum() / (2 * eta)
    return chain(model(step)).le(model(v), by=[step, witness(gap)])


@derivation(symbolic_only="a property of any loss of a weighted sum")
def input_scaling(x: Vector[p], w: Vector[p], c: Positive, j: Index[p]):
    """Scaling the inputs by c scales the gradient by c, and the change that a step makes by c^2.

    With the weights w / c the weighted sums are the same; so the step size has to be c^2 times
    smaller.
    """
    f = Function("f")
    slope = Array((), Fn(f.derivative(0), ((w @ x).body,)))
    z = (w / c) @ (c * x)
    v = define("v", w / c)
    loss = Array((), Fn(f, ((v @ (c * x)).body,)))
    gradient = D(loss, v)
    return {
        "gradient": chain(D(loss, v[j])).eq(slope * (c * x[j]), by=[differentiation, v]),
        "change": (chain(gradient @ (c * x)).eq(c**2 * slope * (x @ x), by=[differentiation, v])),
        "same": chain(z).eq(w @ x),
    }


# --------------------------------------------------------------------------------------------
# Quadratics


@derivation(symbolic_only="linear algebra; the step is computed by gradient_descent_step")
def quadratic_gradient(A: Symmetric[n], b: Vector[n], w: Vector[n], k: Index[n]):
    """The gradient of a quadratic is A w - b, zero where A w = b."""
    return (
        chain(D(w @ A @ w / 2 - b @ w, w[k]))
        .eq((A @ w)[k] / 2 + (A.T @ w)[k] / 2 - b[k], by=differentiation)
        .eq((A @ w - b)[k], by=A.facts)
    )


@derivation(symbolic_only="the course of gradient_descent_step, which is computed there")
def gradient_descent_on_quadratic(
    U: Orthonormal[n, n],
    lambda_: Vector[n],
    m: Vector[n],
    c: Vector[n],
    eta: Positive,
    t: Index[T],
):
    """On a quadratic each coordinate in the eigenbasis shrinks by its own factor 1 - eta lambda.

    The Hessian is U diag(lambda) U', the minimum m, and c the start seen from it in the
    eigenbasis. A factor below zero is an oscillation; one beyond -1 diverges.
    """
    w = recurrence("w", T, m + U @ c, lambda w, t: w - eta * ((U * lambda_) @ (U.T @ (w - m))))
    return chain(w[t]).eq(
        m + U @ ((1 - eta * lambda_) ** Array.of(t) * c), by=[U.facts, induction("t")]
    )


@derivation(symbolic_only="a property of gradient_descent_on_quadratic")
def step_size_threshold(lambda_: Positive, d: Nonnegative):
    """Gradient descent converges along an eigenvector for step sizes below 2 / lambda only.

    The squared factor of the distance is one less eta lambda (2 - eta lambda). At a step size d
    parts of 1 / lambda above the threshold the distance grows, or at d = 0 stays.
    """
    eta = define("eta", (2 + d) / lambda_)
    small = define("epsilon", (2 - d) / lambda_)
    return {
        "beyond": chain(1).le((1 - eta * lambda_) ** 2, by=eta),
        "below": chain((1 - small * lambda_) ** 2).eq(1 - d * (2 - d), by=small),
    }


@derivation(symbolic_only="a property of gradient_descent_on_quadratic")
def best_step_size(m: Positive, d: Nonnegative, eta: Real):
    """The best step size for eigenvalues from m to M is 2 / (m + M), with the rate below.

    Whatever the step size, the larger of |1 - eta m| and |1 - eta M| is at least their mean with
    the weights M and m, and so at least (M - m) / (M + m): with kappa = M / m that is
    (kappa - 1) / (kappa + 1). At the best step size both are just that.
    """
    M = define("M", m + d)
    gap = (2 * M * relu(-(1 - eta * m)) + 2 * m * relu(1 - eta * M)) / (M + m)
    slow, fast = 1 - eta * m, 1 - eta * M
    best = 2 / (m + M)
    return {
        "bound": (
            chain((M - m) / (M + m))
            .eq((M * slow - m * fast) / (M + m))
            .le((M * absolute(slow) + m * absolute(fast)) / (M + m), by=witness(gap))
        ),
        "slowest": chain(1 - best * m).eq((M - m) / (M + m)),
        "fastest": chain(1 - best * M).eq(-(M - m) / (M + m)),
    }


# --------------------------------------------------------------------------------------------
# Samples


@derivation
def minibatch_step(w: Vector[n], G: Matrix[B, n], eta: Positive):
    """A step with a mini-batch is the mean of the steps of its examples."""
    return chain(w - eta * G.mean(axis=0)).eq((w - eta * G).mean(axis=0))


@derivation
def gradient_covariance(G: Matrix[N, n], j: Index[n], k: Index[n]):
    """The covariance of the gradient of one example drawn uniformly, about the full gradient.

    It is the mean product of the deviations: the mean product minus the product of the means.
    """
    mean = G.mean(axis=0)
    return chain(((G[:, j] - mean[j]) * (G[:, k] - mean[k])).mean()).eq(
        (G[:, j] * G[:, k]).mean() - mean[j] * mean[k]
    )


@derivation(symbolic_only="a mean, as of any array")
def minibatch_mean(G: Matrix[N, n], j: Index[n]):
    """The gradient of a mini-batch is unbiased: its expectation is the full gradient.

    Each of the B examples is any of the N with the same probability, with replacement or without.
    """
    b, i, drawn = Position("b", B), Position("i", N), Position("d", N)
    of_one = sum_over(i, delta(i, drawn) * G[i, j])
    return (
        chain(sum_over(b, sum_over(drawn, of_one / N)) / B)
        .eq(sum_over(b, G[:, j].mean()) / B)
        .eq(G[:, j].mean())
    )


@derivation(where=at_least(N, 2).joined(at_least(N, B)))
def minibatch_covariance(
    G: Matrix[N, n],
    size: Integer[B],
    j: Index[n],
    k: Index[n],
    *,
    sampling: Sampling = "with_replacement",
):
    """The covariance of the gradient of a mini-batch falls with its size.

    The covariance of a mean is that of all pairs of examples b, c in the batch, over B squared.
    One example is uniform on the data; two are uniform on all pairs, without replacement on all
    pairs of different ones.
    """
    h, batch = define("h", G - G.mean(axis=0)), Array.of(B)
    b, c = Position("b", B), Position("c", B)
    one, other = Position("i", N), Position("l", N)
    covariance = (h[:, j] * h[:, k]).mean() / batch
    if sampling == "with_replacement":
        chance = 1 / Array.of(N * N)
    else:
        chance = (1 - delta(one, other)) / (N * (Array.of(N) - 1))
        covariance = covariance * ((Array.of(N) - batch) / (Array.of(N) - 1))
    same = sum_over(one, h[one, j] * h[one, k]) / N
    pair = sum_over((one, other), chance * (h[one, j] * h[other, k]))
    total = sum_over((b, c), delta(b, c) * same + (1 - delta(b, c)) * pair) / batch**2
    return chain(total).eq((same + (batch - 1) * pair) / batch).eq(covariance, by=h)
