"""Numbers with tangents, and matrices of them: what the reader of LaTeX in the tests computes with.

Shares nothing with the package: LaTeX is read and evaluated here from nothing but its text.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

levels = itertools.count()


class Dual:
    """``real + slope * epsilon`` at one level of differentiation."""

    def __init__(self, real: Any, slope: Any, level: int) -> None:
        self.real, self.slope, self.level = real, slope, level

    def __add__(self, other: Any) -> Any:
        return combined(self, other, lambda a, b: a + b, lambda a, b, s, t: s + t)

    def __sub__(self, other: Any) -> Any:
        return self + -1 * other

    def __rsub__(self, other: Any) -> Any:
        return -1 * self + other

    def __mul__(self, other: Any) -> Any:
        return combined(self, other, lambda a, b: a * b, lambda a, b, s, t: s * b + a * t)

    def __truediv__(self, other: Any) -> Any:
        return self * applied("inverse", other)

    def __rtruediv__(self, other: Any) -> Any:
        return applied("inverse", self) * other

    def __neg__(self) -> Any:
        return self * -1

    def __pow__(self, other: Any) -> Any:
        return power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return power(other, self)

    __radd__, __rmul__ = __add__, __mul__


def combined(left: Any, right: Any, value: Callable[..., Any], slope: Callable[..., Any]) -> Any:
    """A product or sum of two numbers, at the higher of their levels."""
    if isinstance(right, np.ndarray):
        return NotImplemented
    level = max(level_of(left), level_of(right))
    (a, s), (b, t) = parts(left, level), parts(right, level)
    return Dual(value(a, b), slope(a, b, s, t), level)


def level_of(number: Any) -> int:
    return number.level if isinstance(number, Dual) else -1


def parts(number: Any, level: int) -> tuple[Any, Any]:
    return (number.real, number.slope) if level_of(number) == level else (number, 0.0)


def slope(number: Any, level: int) -> Any:
    """The tangent of a number at a level; of an array, entry by entry."""
    if isinstance(number, np.ndarray):
        return each(lambda x: parts(x, level)[1], number)
    return parts(number, level)[1]


def plain(number: Any) -> float:
    """The number without its tangents."""
    return plain(number.real) if isinstance(number, Dual) else float(number)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))


def step(x: float) -> float:
    return float(x > 0)


# name: value, derivative as a function of numbers that may have tangents themselves
FUNCTIONS: dict[str, tuple[Callable[[float], float], Callable[[Any], Any]]] = {
    "inverse": (lambda x: 1 / x, lambda x: -1 * applied("inverse", x) * applied("inverse", x)),
    "exp": (math.exp, lambda x: applied("exp", x)),
    "log": (math.log, lambda x: applied("inverse", x)),
    "sqrt": (math.sqrt, lambda x: 0.5 * applied("inverse", applied("sqrt", x))),
    "sin": (math.sin, lambda x: applied("cos", x)),
    "cos": (math.cos, lambda x: -1 * applied("sin", x)),
    "tan": (math.tan, lambda x: 1 + applied("tan", x) * applied("tan", x)),
    "sinh": (math.sinh, lambda x: applied("cosh", x)),
    "cosh": (math.cosh, lambda x: applied("sinh", x)),
    "tanh": (math.tanh, lambda x: 1 - applied("tanh", x) * applied("tanh", x)),
    "sigmoid": (sigmoid, lambda x: applied("sigmoid", x) * (1 - applied("sigmoid", x))),
    "softplus": (lambda x: np.logaddexp(0, x), lambda x: applied("sigmoid", x)),
    "relu": (lambda x: max(x, 0.0), lambda x: step(plain(x))),
    "abs": (abs, lambda x: 2 * step(plain(x)) - 1),
    "sign": (lambda x: float((x > 0) - (x < 0)), lambda x: 0.0),
    "erf": (
        math.erf,
        lambda x: 2 / math.sqrt(math.pi) * applied("exp", -1 * (x * x)),
    ),
}


def applied(name: str, number: Any) -> Any:
    """An elementary function of a number, or of each entry of an array."""
    if isinstance(number, np.ndarray):
        return each(lambda x: applied(name, x), number)
    value, derivative = FUNCTIONS[name]
    if not isinstance(number, Dual):
        return value(number)
    inner = number.real
    return Dual(applied(name, inner), derivative(inner) * number.slope, number.level)


def power(base: Any, exponent: Any) -> Any:
    """A power, exact for integers."""
    if not isinstance(exponent, Dual) and float(exponent) == int(plain(exponent)):
        count = int(plain(exponent))
        one = base if count > 0 else applied("inverse", base)
        result: Any = 1.0
        for _ in range(abs(count)):
            result = result * one
        return result
    return applied("exp", exponent * applied("log", base))


def larger(left: Any, right: Any) -> Any:
    return left if plain(left) >= plain(right) else right


def each(function: Callable[[Any], Any], array: np.ndarray) -> np.ndarray:
    """A function of every entry."""
    found = np.empty(array.shape, dtype=object)
    for place in np.ndindex(array.shape):
        found[place] = function(array[place])
    return found


# --------------------------------------------------------------------------------------------
# Matrices: vectors are columns; ones and the identity fit whatever stands beside them


class Multiple:
    """A multiple of the identity, whose size the rest of the formula tells."""

    def __init__(self, factor: Any) -> None:
        self.factor = factor

    def of_size(self, size: int) -> np.ndarray:
        found = np.zeros((size, size), dtype=object)
        for k in range(size):
            found[k, k] = self.factor
        return found


class Ones:
    """A column (or row) of ones, as long as what stands beside it."""

    def __init__(self, row: bool = False) -> None:
        self.row = row


def total(left: Any, right: Any) -> Any:
    """A sum of numbers, matrices and multiples of the identity."""
    if isinstance(left, Multiple) and isinstance(right, Multiple):
        return Multiple(left.factor + right.factor)
    if isinstance(left, Multiple):
        left, right = right, left
    if isinstance(right, Multiple):
        assert isinstance(left, np.ndarray), "the size of an identity is nowhere told"
        right = right.of_size(left.shape[0])
    return as_number(left) + as_number(right)


def as_number(value: Any) -> Any:
    return 1.0 if isinstance(value, Ones) else value


def product(left: Any, right: Any) -> Any:
    """What stands side by side: numbers scale, matrices are multiplied."""
    if isinstance(left, Ones) or isinstance(right, Ones):
        return _with_ones(left, right)
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Multiple):
            factor = other.factor if isinstance(other, Multiple) else other
            if isinstance(other, np.ndarray):
                return other * one.factor
            return Multiple(one.factor * factor)
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        if (1, 1) in (left.shape, right.shape):
            return left * right
        found = left @ right
        return found[0, 0] if found.shape == (1, 1) else found
    return left * right


def _with_ones(left: Any, right: Any) -> Any:
    if isinstance(left, Ones) and isinstance(right, np.ndarray):
        return right.sum(axis=0, keepdims=True) if left.row else right
    if isinstance(right, Ones) and isinstance(left, np.ndarray):
        return left if right.row else left.sum(axis=1, keepdims=True)
    return product(as_number(left), as_number(right))


def transposed(value: Any) -> Any:
    if isinstance(value, Ones):
        return Ones(not value.row)
    return value.T if isinstance(value, np.ndarray) else value


def diagonal_matrix(vector: np.ndarray) -> np.ndarray:
    found = np.zeros((len(vector), len(vector)), dtype=object)
    for k in range(len(vector)):
        found[k, k] = vector[k, 0]
    return found


def eliminated(matrix: np.ndarray) -> tuple[np.ndarray, Any]:
    """The inverse and the determinant, by elimination with pivots."""
    size = len(matrix)
    rows = np.concatenate([matrix.astype(object), np.eye(size, dtype=object)], axis=1)
    determinant: Any = 1.0
    for k in range(size):
        pivot = max(range(k, size), key=lambda r: abs(plain(rows[r, k])))
        if pivot != k:
            rows[[k, pivot]] = rows[[pivot, k]]
            determinant = -1 * determinant
        determinant = determinant * rows[k, k]
        rows[k] = rows[k] * applied("inverse", rows[k, k])
        for r in range(size):
            if r != k:
                rows[r] = rows[r] - rows[k] * rows[r, k]
    return rows[:, size:], determinant
