"""Optimisers with a memory: momentum, Nesterov, AdaGrad, RMSprop, Adam."""

from typing import Literal

from derive.derivation import chain, define, derivation, induction
from derive.spaces import Index, Integer, Matrix, Nonnegative, Positive, Real, UnitInterval, Vector
from derive.terms.arrays import Array, constant, recurrence, sum_over
from derive.terms.functions import guard, sqrt
from derive.terms.indices import Affine
from derive.terms.indices import Index as Position
from derive.terms.nodes import Guard
from derive.terms.sizes import sizes

n, T, steps = sizes("n T t")
Convention = Literal["pytorch", "notes"]
MemoryConvention = Literal["pytorch", "notes", "velocity"]


def power(base, exponent):
    """A power whose exponent counts steps."""
    return base ** Array.of(Affine.of(exponent))


def earlier(T, t):
    """A step k, and 1 where it comes before t, else 0."""
    k = Position("k", T)
    return k, Array((), Guard(t - k - 1))


# --------------------------------------------------------------------------------------------
# Momentum


@derivation
def momentum_step(
    w: Vector[n],
    h: Vector[n],
    g: Vector[n],
    eta: Positive,
    alpha: Real,
    *,
    convention: MemoryConvention = "pytorch",
):
    """A step with momentum is a gradient step plus alpha times the last step.

    PyTorch keeps the weighted sum of gradients and multiplies it by the step size at last; the
    notes keep the step itself, which is the same while the step size does not change. A velocity
    is the step with its sign, and is added.
    """
    scale = {"pytorch": eta, "notes": 1, "velocity": -1}[convention]
    memory = alpha * h + {"pytorch": g, "notes": eta * g, "velocity": -(eta * g)}[convention]
    after = define("h_next", memory)
    return {
        "w": chain(w - scale * after).eq(w - eta * g - alpha * (scale * h), by=after),
        "h": chain(memory).eq(after, by=after),
    }


@derivation(symbolic_only="the course of momentum_step, which is computed there")
def momentum_unrolled(G: Matrix[T, n], eta: Vector[T], alpha: Real, t: Index[T]):
    """Momentum is a sum of all gradients so far, weighted by powers of alpha.

    The step size may change from step to step.
    """
    h = recurrence("h", T, constant(0, [n]), lambda h, t: alpha * h + eta[t] * G[t])
    k, before = earlier(T, t)
    return chain(h[t]).eq(
        sum_over(k, before * (power(alpha, t - k - 1) * eta[k]) * G[k]), by=induction("t")
    )


@derivation(symbolic_only="the course of momentum_step, which is computed there")
def momentum_of_constant_gradients(g: Real, eta: Real, alpha: Real, t: Index[T]):
    """Where the gradient stays the same, momentum grows to its geometric series.

    With |alpha| < 1 the power vanishes, and the step is 1 / (1 - alpha) times that of the
    gradient.
    """
    h = recurrence("h", T, 0, lambda h, t: alpha * h + eta * g)
    return chain(h[t]).eq(eta * g * (1 - power(alpha, t)) / (1 - alpha), by=induction("t"))


@derivation(symbolic_only="the course of momentum_step, which is computed there")
def momentum_of_alternating_gradients(g: Real, eta: Real, alpha: Positive, t: Index[T]):
    """Where the gradient changes sign at every step, momentum shrinks but does not vanish.

    With alpha < 1 it alternates between plus and minus eta g / (1 + alpha) in the end, which is
    more than half of the step of the gradient alone.
    """
    h = recurrence("h", T, 0, lambda h, t: alpha * h + eta * g * power(-1, t))
    return chain(h[t]).eq(
        eta * g * (power(alpha, t) - power(-1, t)) / (1 + alpha), by=induction("t")
    )


# --------------------------------------------------------------------------------------------
# Nesterov


@derivation
def nesterov_step(
    w: Vector[n],
    h: Vector[n],
    g: Vector[n],
    eta: Positive,
    alpha: Real,
    *,
    convention: MemoryConvention = "pytorch",
):
    """A step of Nesterov momentum goes where the next gradient should have been taken.

    In the notes w is where momentum leads, and g the gradient at the point w - alpha h ahead of
    it; PyTorch keeps the point ahead as w, and g is the gradient there. So does the form with a
    velocity, which is the step with its sign.
    """
    if convention == "pytorch":
        memory = alpha * h + g
        after = define("h_next", memory)
        step = chain(w - eta * (g + alpha * after)).eq(
            w - (1 + alpha) * (eta * g) - alpha**2 * (eta * h), by=after
        )
    elif convention == "velocity":
        memory = alpha * h - eta * g
        after = define("h_next", memory)
        step = chain(w - alpha * h + (1 + alpha) * after).eq(
            w - (1 + alpha) * (eta * g) + alpha**2 * h, by=after
        )
    else:
        memory = alpha * h + eta * g
        after = define("h_next", memory)
        step = chain(w - after).eq(w - alpha * h - eta * g, by=after)
    return {"w": step, "h": chain(memory).eq(after, by=after)}


@derivation(symbolic_only="an identity of two conventions, both computed by nesterov_step")
def nesterov_conventions(w: Vector[n], v: Vector[n], g: Vector[n], eta: Positive, alpha: Real):
    """The points ahead in the notes' form of Nesterov momentum are PyTorch's parameters.

    The notes' memory is h = eta v, where v is PyTorch's. Both see the gradient g at the point
    ahead, w - alpha h.
    """
    h = define("h", eta * v)
    ahead = define("x", w - alpha * h)
    after = define("h_next", alpha * h + eta * g)
    return (
        chain((w - after) - alpha * after)
        .eq(ahead - eta * g - alpha * after, by=[ahead, after])
        .eq(ahead - eta * (g + alpha * (alpha * v + g)), by=[after, h])
    )


# --------------------------------------------------------------------------------------------
# Step sizes for each parameter


@derivation
def adagrad_step(
    w: Vector[n],
    G: Nonnegative[n],
    g: Vector[n],
    eta: Positive,
    epsilon: Positive,
    *,
    convention: Convention = "pytorch",
):
    """A step of AdaGrad has a step size for each parameter, smaller the more gradients it has seen.

    PyTorch adds epsilon to the root, the notes add it under the root.
    """
    total = define("S", G + g**2)
    return {
        "w": chain(w - eta * g / root(G + g**2, epsilon, convention)).eq(
            w - eta / root(total, epsilon, convention) * g, by=total
        ),
        "G": chain(G + g**2).eq(total, by=total),
    }


@derivation(symbolic_only="the course of adagrad_step, which is computed there")
def adagrad_accumulator(G: Matrix[T, n], t: Index[T], j: Index[n]):
    """AdaGrad adds up the squares of all gradients: what it divides by never falls."""
    total = recurrence("S", T, constant(0, [n]), lambda S, t: S + G[t] ** 2)
    k, before = earlier(T, t)
    seen = sum_over(k, before * G[k] ** 2)
    later = sum_over(k, guard(t - k) * G[k, j] ** 2)
    return {
        "sum": chain(total[t]).eq(seen, by=induction("t")),
        "growth": chain(seen[j]).le(seen[j] + G[t, j] ** 2).eq(later),
    }


@derivation(symbolic_only="a property of adagrad_step without epsilon")
def adagrad_scale_invariance(G: Positive[n], g: Vector[n], eta: Positive, c: Positive):
    """The step of AdaGrad without epsilon does not see the scale of the loss."""
    return chain(eta * (c * g) / sqrt(c**2 * G + (c * g) ** 2)).eq(eta * g / sqrt(G + g**2))


def root(square, epsilon, convention):
    """The root that a step is divided by, kept away from 0."""
    return sqrt(square) + epsilon if convention == "pytorch" else sqrt(square + epsilon)


# --------------------------------------------------------------------------------------------
# RMSprop


@derivation
def rmsprop_step(
    w: Vector[n],
    v: Nonnegative[n],
    g: Vector[n],
    eta: Positive,
    alpha: UnitInterval,
    epsilon: Positive,
    *,
    convention: Convention = "pytorch",
):
    """A step of RMSprop divides by the root of a moving average of squared gradients.

    The average moves by 1 - alpha towards the square. PyTorch adds epsilon to the root, the notes
    add it under the root.
    """
    mean = define("V", v + (1 - alpha) * (g**2 - v))
    return {
        "w": chain(w - eta * g / root(alpha * v + (1 - alpha) * g**2, epsilon, convention)).eq(
            w - eta / root(mean, epsilon, convention) * g, by=mean
        ),
        "v": chain(alpha * v + (1 - alpha) * g**2).eq(v + (1 - alpha) * (g**2 - v)),
    }


# --------------------------------------------------------------------------------------------
# Adam


@derivation
def adam_step(
    w: Vector[n],
    m: Vector[n],
    v: Nonnegative[n],
    g: Vector[n],
    t: Integer[steps],
    eta: Positive,
    beta_1: UnitInterval,
    beta_2: UnitInterval,
    epsilon: Positive,
    *,
    convention: Convention = "pytorch",
):
    """A step of Adam divides the mean gradient by the root of the mean square, both corrected.

    Both are moving averages from 0 after t steps, whose weights sum to 1 - beta^t. PyTorch adds
    epsilon to the root, the notes add it under the root.
    """
    first = define("m_next", beta_1 * m + (1 - beta_1) * g)
    second = define("v_next", beta_2 * v + (1 - beta_2) * g**2)
    a, b = 1 - power(beta_1, steps), 1 - power(beta_2, steps)
    mean, square = define("m_hat", first / a), define("v_hat", second / b)
    return {
        "w": chain(w - eta * (first / a) / root(second / b, epsilon, convention)).eq(
            w - eta * mean / root(square, epsilon, convention), by=[mean, square]
        ),
        "m": chain(beta_1 * m + (1 - beta_1) * g).eq(m + (1 - beta_1) * (g - m)),
        "v": chain(beta_2 * v + (1 - beta_2) * g**2).eq(v + (1 - beta_2) * (g**2 - v)),
    }
