"""Number types behind one interface: what a term needs of the numbers it is evaluated in."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

Value: TypeAlias = Any  # a float, a Fraction, an Interval, a Residue, or a Dual of these


class Undefined(ArithmeticError):
    """A term has no real value at a point: a division by 0, the logarithm of a negative number."""


class Undecidable(ArithmeticError):
    """A tie, a kink or a sign that cannot be told at a point; another point may do."""


def _same(value: Value) -> Value:
    return value


@dataclass(frozen=True)
class Arithmetic:
    """Numbers with ``+ - *`` as Python's operators, and the rest as functions."""

    name: str
    number: Callable[[Fraction], Value]
    inverse: Callable[[Value], Value]
    sign: Callable[[Value], int]
    power: Callable[[Value, Value], Value]  # of a positive base
    weight: Callable[[Value], float]  # how good a pivot is; 0 for a zero, -1 if it may be one
    functions: Mapping[str, Callable[[Value], Value]] = field(default_factory=dict)
    settled: Callable[[Value], Value] = _same  # keeps stored numbers short


# Closer to 0 than this, a float64 sign tells nothing.
FLOAT_NOISE = 1e-11


def _float_inverse(value: float) -> float:
    if value == 0:
        raise Undefined("division by 0")
    return 1 / value


def _float_sign(value: float) -> int:
    if value == 0:
        return 0
    if not abs(value) > FLOAT_NOISE:
        raise Undecidable("a sign lost to rounding")
    return 1 if value > 0 else -1


def _float_power(base: float, exponent: float | Fraction) -> float:
    if base < 0 or (base == 0 and exponent <= 0):
        raise Undefined("a non-integer power of a number that is not positive")
    return math.pow(base, exponent)


def _float_weight(value: float) -> float:
    if value == 0:
        return 0.0
    return abs(value) if abs(value) > FLOAT_NOISE else -1.0


def _float_log(value: float) -> float:
    if value <= 0:
        raise Undefined("the logarithm of a number that is not positive")
    return math.log(value)


def _float_sigmoid(value: float) -> float:
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    power = math.exp(value)
    return power / (1 + power)


def _float_softplus(value: float) -> float:
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))


FLOATS = Arithmetic(
    "float64",
    float,
    _float_inverse,
    _float_sign,
    _float_power,
    _float_weight,
    {
        "exp": math.exp,
        "log": _float_log,
        "sin": math.sin,
        "cos": math.cos,
        "tan": math.tan,
        "sinh": math.sinh,
        "cosh": math.cosh,
        "tanh": math.tanh,
        "sigmoid": _float_sigmoid,
        "softplus": _float_softplus,
    },
)
