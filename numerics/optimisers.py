"""Updates of optimisers with a memory, by PyTorch's conventions or those of the course notes.

Each returns its parameters and its memory as a named tuple of new arrays; `out`, a tuple of arrays
in the same order, receives them instead, and may hold the very arguments.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._conventions import chosen, whole
from numerics._results import destination

Convention = Literal["pytorch", "notes"]
CONVENTIONS = ("pytorch", "notes")
MemoryConvention = Literal["pytorch", "notes", "velocity"]
MEMORIES = ("pytorch", "notes", "velocity")


class Momentum(NamedTuple):
    """The parameters and the memory of the gradients."""

    w: Array
    h: Array


class AdaGrad(NamedTuple):
    """The parameters and the sum of the squared gradients."""

    w: Array
    G: Array


class RMSprop(NamedTuple):
    """The parameters and the moving average of the squared gradients."""

    w: Array
    v: Array


class Adam(NamedTuple):
    """The parameters and the moving averages of the gradients and of their squares."""

    w: Array
    m: Array
    v: Array


def momentum_step(
    w: npt.ArrayLike,
    h: npt.ArrayLike,
    g: npt.ArrayLike,
    *,
    eta: float,
    alpha: float = 0.9,
    convention: MemoryConvention = "pytorch",
    out: Sequence[Array] | None = None,
) -> Momentum:
    """Return the parameters and the memory after a step with momentum.

    By "pytorch" the memory is alpha h + g and the step eta times it; by "notes" it is
    alpha h + eta g, and is the step itself; by "velocity" it is alpha h - eta g, and is added.

    Shapes: w, h, g alike, of any shape; out, if given, two arrays like them for w and h.
    Errors: ValueError where the shapes differ or the convention is unknown.
    Source: Polyak, Some methods of speeding up the convergence of iteration methods, USSR
    Computational Mathematics and Mathematical Physics 4 (1964); the velocity as in Sutskever,
    Martens, Dahl and Hinton, ICML 2013.

    >>> momentum_step([1.0], [2.0], [4.0], eta=0.1, alpha=0.5)
    Momentum(w=array([0.5]), h=array([5.]))
    """
    w, h, g = arguments("...; ...; ...", w=w, h=h, g=g)
    eta = float(eta)
    scale, gain = {"pytorch": (eta, 1.0), "notes": (1.0, eta), "velocity": (-1.0, -eta)}[
        chosen("convention", convention, MEMORIES)
    ]
    memory = float(alpha) * h + gain * g
    return Momentum(*_written(out, (w - scale * memory, memory)))


def nesterov_step(
    w: npt.ArrayLike,
    h: npt.ArrayLike,
    g: npt.ArrayLike,
    *,
    eta: float,
    alpha: float = 0.9,
    convention: MemoryConvention = "pytorch",
    out: Sequence[Array] | None = None,
) -> Momentum:
    """Return the parameters and the memory after a step with Nesterov momentum.

    By "pytorch" g is the gradient at w, the memory is alpha h + g, and the step
    eta (g + alpha times it); by "velocity" the memory is alpha h - eta g, and added are 1 + alpha
    times it and - alpha h. By "notes" g is the gradient at w - alpha h, and the memory
    alpha h + eta g is the step itself; these points w - alpha h are the w of the others.

    Shapes: w, h, g alike, of any shape; out, if given, two arrays like them for w and h.
    Errors: ValueError where the shapes differ or the convention is unknown.
    Source: Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum
    in deep learning, ICML 2013.

    >>> nesterov_step([1.0], [2.0], [4.0], eta=0.1, alpha=0.5)
    Momentum(w=array([0.35]), h=array([5.]))
    """
    if chosen("convention", convention, MEMORIES) == "notes":
        return momentum_step(w, h, g, eta=eta, alpha=alpha, convention=convention, out=out)
    w, h, g = arguments("...; ...; ...", w=w, h=h, g=g)
    alpha, eta = float(alpha), float(eta)
    if convention == "velocity":
        memory = alpha * h - eta * g
        return Momentum(*_written(out, (w - alpha * h + (1 + alpha) * memory, memory)))
    memory = alpha * h + g
    return Momentum(*_written(out, (w - eta * (g + alpha * memory), memory)))


def adagrad_step(
    w: npt.ArrayLike,
    G: npt.ArrayLike,
    g: npt.ArrayLike,
    *,
    eta: float = 0.01,
    epsilon: float = 1e-10,
    convention: Convention = "pytorch",
    out: Sequence[Array] | None = None,
) -> AdaGrad:
    """Return the parameters and the sum of squares after a step of AdaGrad.

    The step is eta g / (sqrt(G + g^2) + epsilon); by "notes" epsilon is added under the root.

    Shapes: w, G, g alike, of any shape; out, if given, two arrays like them for w and G.
    Units: G is not negative.
    Errors: ValueError where the shapes differ or the convention is unknown.
    Source: Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and
    stochastic optimization, JMLR 12 (2011).

    >>> adagrad_step([1.0], [9.0], [4.0], eta=0.5, epsilon=0)
    AdaGrad(w=array([0.6]), G=array([25.]))
    """
    w, G, g = arguments("...; ...; ...", w=w, G=G, g=g)
    total = G + g * g
    return AdaGrad(*_written(out, (w - float(eta) * _scaled(g, total, epsilon, convention), total)))


def rmsprop_step(
    w: npt.ArrayLike,
    v: npt.ArrayLike,
    g: npt.ArrayLike,
    *,
    eta: float = 0.01,
    alpha: float = 0.99,
    epsilon: float = 1e-8,
    convention: Convention = "pytorch",
    out: Sequence[Array] | None = None,
) -> RMSprop:
    """Return the parameters and the mean square after a step of RMSprop.

    The mean square becomes alpha v + (1 - alpha) g^2, and the step is eta g over its root plus
    epsilon; by "notes" epsilon is added under the root.

    Shapes: w, v, g alike, of any shape; out, if given, two arrays like them for w and v.
    Units: v is not negative.
    Errors: ValueError where the shapes differ or the convention is unknown.
    Source: Tieleman and Hinton, Lecture 6.5: RMSprop, Coursera, 2012.

    >>> rmsprop_step([1.0], [4.0], [4.0], eta=1, alpha=0.5, epsilon=0).v
    array([10.])
    """
    w, v, g = arguments("...; ...; ...", w=w, v=v, g=g)
    mean = _average(v, g * g, alpha)
    return RMSprop(*_written(out, (w - float(eta) * _scaled(g, mean, epsilon, convention), mean)))


def adam_step(
    w: npt.ArrayLike,
    m: npt.ArrayLike,
    v: npt.ArrayLike,
    g: npt.ArrayLike,
    *,
    t: int,
    eta: float = 1e-3,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
    convention: Convention = "pytorch",
    out: Sequence[Array] | None = None,
) -> Adam:
    """Return the parameters and both moving averages after step number t of Adam, from t = 1.

    The averages m and v over 1 - beta_1^t and 1 - beta_2^t are unbiased, and the step is eta times
    the first over the root of the second plus epsilon; by "notes" epsilon is added under the root.

    Shapes: w, m, v, g alike, of any shape; out, if given, three arrays like them for w, m and v.
    Units: v is not negative.
    Errors: ValueError where the shapes differ, t is no whole number of at least 1 or the convention
    is unknown.
    Source: Kingma and Ba, Adam: a method for stochastic optimization, ICLR 2015, algorithm 1.

    >>> adam_step([1.0], [0.0], [0.0], [5.0], t=1, eta=0.1, epsilon=0).w
    array([0.9])
    """
    w, m, v, g = arguments("...; ...; ...; ...", w=w, m=m, v=v, g=g)
    t = whole("t", t, 1)
    first, second = _average(m, g, beta_1), _average(v, g * g, beta_2)
    unbiased = second / (1 - float(beta_2) ** t)
    step = float(eta) / (1 - float(beta_1) ** t) * _scaled(first, unbiased, epsilon, convention)
    return Adam(*_written(out, (w - step, first, second)))


def _average(old: Array, new: Array, beta: float) -> Array:
    return float(beta) * old + (1 - float(beta)) * new


def _scaled(g: Array, square: Array, epsilon: float, convention: Convention) -> Array:
    """Divide by a root, which stays away from 0; 0 / 0 is 0, where nothing was ever seen."""
    if chosen("convention", convention, CONVENTIONS) == "pytorch":
        root = np.sqrt(square) + float(epsilon)
    else:
        root = np.sqrt(square + float(epsilon))
    return np.divide(g, root, out=np.zeros_like(g), where=(g != 0) | (root != 0))


def _written(out: Sequence[Array] | None, results: tuple[Array, ...]) -> tuple[Array, ...]:
    """Return the results, copied into the arrays of `out` if it names any."""
    if out is None:
        return results
    if len(out) != len(results):
        raise ValueError(f"out: got {len(out)} arrays, wanted {len(results)}")
    pairs = list(zip(out, results, strict=True))
    places = [destination(place, r, f"out[{k}]") for k, (place, r) in enumerate(pairs)]
    for place, (_, result) in zip(places, pairs, strict=True):
        place[...] = result
    return tuple(places)
