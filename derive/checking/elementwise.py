"""The elementary functions in NumPy, each with the size of its derivative; ties of a maximum."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Reals: TypeAlias = npt.NDArray[Any]

# A number that rounding in single precision may turn negative, in units of its bound; and a bound
# within which a weight may be any number from 0 to 1.
ROUNDED = 16 * np.finfo(np.float32).eps
ANY_WEIGHT = np.longdouble(1 / np.finfo(np.float64).eps / 16)


def _sigmoid(x: Reals) -> Reals:
    return np.exp(-np.logaddexp(0, -x))


Elementwise: TypeAlias = Callable[..., Any]

# The function, and the size of its derivative from the value and the arguments.
FUNCTIONS: dict[str, tuple[Elementwise, Elementwise]] = {
    "exp": (np.exp, lambda y, x: y),
    "log": (np.log, lambda y, x: 1 / abs(x)),
    "sin": (np.sin, lambda y, x: abs(np.cos(x))),
    "cos": (np.cos, lambda y, x: abs(np.sin(x))),
    "tan": (np.tan, lambda y, x: 1 + y**2),
    "sinh": (np.sinh, lambda y, x: np.cosh(x)),
    "cosh": (np.cosh, lambda y, x: abs(np.sinh(x))),
    "tanh": (np.tanh, lambda y, x: 1 - y**2),
    "sigmoid": (_sigmoid, lambda y, x: y * _sigmoid(-x)),
    "softplus": (lambda x: np.logaddexp(0, x), lambda y, x: _sigmoid(x)),
    "relu": (lambda x: np.maximum(x, 0), lambda y, x: x > 0),
    "abs": (np.abs, lambda y, x: np.ones_like(x)),
    "sign": (np.sign, lambda y, x: np.zeros_like(x)),
    "maximum": (np.maximum, lambda y, *x: np.ones_like(y)),
    "minimum": (np.minimum, lambda y, *x: np.ones_like(y)),
}

# The same for powers that need no logarithm.
ROOTS: dict[Fraction, tuple[Elementwise, Elementwise]] = {
    Fraction(-1): (lambda x: 1 / x, lambda y, x: y**2),
    Fraction(2): (np.square, lambda y, x: 2 * abs(x)),
    Fraction(1, 2): (np.sqrt, lambda y, x: 0.5 / y),
    Fraction(-1, 2): (lambda x: 1 / np.sqrt(x), lambda y, x: abs(0.5 * y / x)),
}


def ties(choices: Reals) -> Reals:
    """The bound of the weights of a maximum: any of those that are largest may be chosen."""
    largest = choices == choices.max(axis=-1, keepdims=True, initial=-np.inf)
    tied = largest & (largest.sum(axis=-1, keepdims=True) > 1)
    return np.where(tied, ANY_WEIGHT, 0)
