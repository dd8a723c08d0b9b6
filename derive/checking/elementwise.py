"""The elementary functions in NumPy, each with the size of its derivative; ties of a maximum."""

from __future__ import annotations

from collections.abc import Callable
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

# The function, and the size of its derivative.
FUNCTIONS: dict[str, tuple[Elementwise, Elementwise]] = {
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1 / abs(x)),
    "sin": (np.sin, lambda x: abs(np.cos(x))),
    "cos": (np.cos, lambda x: abs(np.sin(x))),
    "tan": (np.tan, lambda x: 1 + np.tan(x) ** 2),
    "sinh": (np.sinh, np.cosh),
    "cosh": (np.cosh, lambda x: abs(np.sinh(x))),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "sigmoid": (_sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x)),
    "softplus": (lambda x: np.logaddexp(0, x), _sigmoid),
    "relu": (lambda x: np.maximum(x, 0), lambda x: x > 0),
    "abs": (np.abs, np.ones_like),
    "sign": (np.sign, np.zeros_like),
    "maximum": (np.maximum, lambda x, y: np.ones_like(x + y)),
    "minimum": (np.minimum, lambda x, y: np.ones_like(x + y)),
}


def ties(choices: Reals) -> Reals:
    """The bound of the weights of a maximum: any of those that are largest may be chosen."""
    largest = choices == choices.max(axis=-1, keepdims=True, initial=-np.inf)
    tied = largest & (largest.sum(axis=-1, keepdims=True) > 1)
    return np.where(tied, ANY_WEIGHT, 0)
