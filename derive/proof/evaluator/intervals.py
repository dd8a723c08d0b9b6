"""Reals: exact fractions as long as they last, and intervals that surely hold the value."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from derive.proof.evaluator.arithmetic import Arithmetic, Undecidable, Undefined

Bounds: TypeAlias = tuple[Any, Any]
Real: TypeAlias = "Fraction | Interval"

NOUGHT, UNIT = Fraction(0), Fraction(1)
BITS = 3.3219280948873626  # to a digit
REMEMBERED = 20_000  # values of a function
LONG = 3000  # bits: longer fractions become intervals when they are stored


class _Library:
    """mpmath's functions of raw numbers and bounds; it is imported at their first use."""

    def __getattr__(self, name: str) -> Any:
        from mpmath import libmp

        found = getattr(libmp if hasattr(libmp, name) else libmp.libmpi, name)
        setattr(self, name, found)
        return found


mp = _Library()


class Interval:
    """An enclosure of a real number: lower and upper bound, rounded outwards."""

    __slots__ = ("bounds", "precision")

    def __init__(self, bounds: Bounds, precision: int) -> None:
        self.bounds = bounds
        self.precision = precision

    def _other(self, other: Real) -> Bounds:
        return other.bounds if type(other) is Interval else bounds(other, self.precision)  # type: ignore[arg-type]

    def __add__(self, other: Real) -> Interval:
        if type(other) not in (Interval, Fraction):
            return NotImplemented
        return Interval(mp.mpi_add(self.bounds, self._other(other), self.precision), self.precision)

    __radd__ = __add__

    def __neg__(self) -> Interval:
        return Interval(mp.mpi_neg(self.bounds, self.precision), self.precision)

    def __sub__(self, other: Real) -> Real:
        if type(other) not in (Interval, Fraction):
            return NotImplemented
        if other is self:
            return NOUGHT
        return self + (-other)

    def __rsub__(self, other: Real) -> Interval:
        return (-self).__add__(other)

    def __mul__(self, other: Real) -> Real:
        if type(other) not in (Interval, Fraction):
            return NotImplemented
        if other == 0:
            return NOUGHT
        return Interval(mp.mpi_mul(self.bounds, self._other(other), self.precision), self.precision)

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"Interval({float(self.lower):.17g}, {float(self.upper):.17g})"

    @property
    def lower(self) -> Fraction:
        """The lower bound, exactly."""
        return _fraction(self.bounds[0])

    @property
    def upper(self) -> Fraction:
        """The upper bound, exactly."""
        return _fraction(self.bounds[1])


def _fraction(bound: Any) -> Fraction:
    numerator, denominator = mp.to_rational(bound)
    return Fraction(int(numerator), int(denominator))


def bounds(number: Fraction, precision: int) -> Bounds:
    """The narrowest bounds of a rational number at a precision in bits."""
    p, q = number.numerator, number.denominator
    if not q & (q - 1) and p.bit_length() <= precision:
        exact = mp.from_man_exp(p, 1 - q.bit_length())
        return exact, exact
    return mp.from_rational(p, q, precision, "f"), mp.from_rational(p, q, precision, "c")


def enclosure(value: Real) -> tuple[Fraction, Fraction]:
    """The exact lower and upper bound of a real."""
    return (value.lower, value.upper) if isinstance(value, Interval) else (value, value)


def approximate(value: Real) -> float:
    """A float64 near a real.

    Raises:
        Undecidable: when it is too large.
    """
    try:
        return float(mp.to_float(value.bounds[1]) if isinstance(value, Interval) else value)
    except OverflowError:
        raise Undecidable("a value too large for float64") from None


def real_sign(value: Real) -> int:
    """The sign, if the enclosure tells it."""
    if type(value) is Fraction:
        return (value > 0) - (value < 0)
    lower, upper = value.bounds[0], value.bounds[1]  # type: ignore[union-attr]
    # A raw binary number is (sign bit, mantissa, exponent, bits); mantissa 0 is zero itself.
    if lower[1] and not lower[0]:
        return 1
    if upper[1] and upper[0]:
        return -1
    raise Undecidable("an interval that holds 0")


def _inverse(value: Real) -> Real:
    if type(value) is Fraction:
        if not value:
            raise Undefined("division by 0")
        return 1 / value
    real_sign(value)
    interval: Interval = value  # type: ignore[assignment]
    return Interval(mp.mpi_div(mp.mpi_one, interval.bounds, interval.precision), interval.precision)


def _weight(value: Real) -> float:
    try:
        if not real_sign(value):
            return 0.0
    except Undecidable:
        return -1.0
    return max(abs(approximate(value)), 1e-300)


def root(number: Fraction) -> Fraction | None:
    """The exact square root of a rational number >= 0, if it is rational."""
    from math import isqrt

    p, q = isqrt(number.numerator), isqrt(number.denominator)
    return Fraction(p, q) if Fraction(p * p, q * q) == number else None


# Rational values at 0 keep ties exact.
AT_NOUGHT = {
    "exp": UNIT,
    "sin": NOUGHT,
    "cos": UNIT,
    "tan": NOUGHT,
    "sinh": NOUGHT,
    "cosh": UNIT,
    "tanh": NOUGHT,
    "sigmoid": Fraction(1, 2),
}


@lru_cache(maxsize=8)
def reals(digits: int) -> Arithmetic:
    """Real numbers enclosed to about so many digits."""
    precision = round((digits + 1) * BITS) + 10

    def enclosed(value: Real) -> Interval:
        return (
            value if isinstance(value, Interval) else Interval(bounds(value, precision), precision)
        )

    def direct(name: str, side: int | None = None) -> Callable[[Real], Real]:
        # The function is looked up when it is applied: polynomials do without mpmath.
        def apply(value: Real) -> Real:
            if not isinstance(value, Interval) and value == 0 and name in AT_NOUGHT:
                return AT_NOUGHT[name]
            function = getattr(mp, f"mpi_{name}" if side is None else "mpi_cosh_sinh")
            found = function(_moderate(enclosed(value)), precision)
            return Interval(found if side is None else found[side], precision)

        return apply

    exp = direct("exp")

    def log(value: Real) -> Real:
        if real_sign(value) <= 0:
            raise Undefined("the logarithm of a number that is not positive")
        if not isinstance(value, Interval) and value == 1:
            return NOUGHT
        return Interval(mp.mpi_log(enclosed(value).bounds, precision), precision)

    def square_root(value: Real) -> Real:
        exact = None if isinstance(value, Interval) else root(value)
        return exact or Interval(mp.mpi_sqrt(enclosed(value).bounds, precision), precision)

    def power(base: Real, exponent: Real) -> Real:
        sign = real_sign(base)
        if sign < 0 or (not sign and real_sign(exponent) <= 0):
            raise Undefined("a non-integer power of a number that is not positive")
        if not sign:
            return Fraction(0)
        if exponent == Fraction(1, 2):
            return square_root(base)
        if exponent == Fraction(-1, 2):
            return _inverse(square_root(base))
        return exp(exponent * log(base))

    def sigmoid(value: Real) -> Real:
        return _inverse(UNIT + exp(-value))

    def tanh(value: Real) -> Real:
        return UNIT - 2 * UNIT * _inverse(exp(2 * UNIT * value) + UNIT)

    def softplus(value: Real) -> Real:
        return log(UNIT + exp(value))

    def settled(value: Real) -> Real:
        if type(value) is Fraction and value.denominator.bit_length() > LONG:
            return enclosed(value)
        return value

    def exact_at_nought(name: str, function: Callable[[Real], Real]) -> Callable[[Real], Real]:
        return lambda value: AT_NOUGHT[name] if value == 0 else function(value)

    functions: dict[str, Callable[[Real], Real]] = {
        "exp": exp,
        "log": log,
        "sin": direct("sin"),
        "cos": direct("cos"),
        "tan": direct("tan"),
        "sinh": direct("sinh", 1),
        "cosh": direct("cosh", 0),
        "tanh": exact_at_nought("tanh", tanh),
        "sigmoid": exact_at_nought("sigmoid", sigmoid),
        "softplus": softplus,
    }
    name = f"intervals of {digits} digits"
    known = {name: _remembered(function) for name, function in functions.items()}
    return Arithmetic(name, _same, _inverse, real_sign, power, _weight, known, settled)


def _same(number: Fraction) -> Fraction:
    return number


def _remembered(function: Callable[[Real], Real]) -> Callable[[Real], Real]:
    """A function that keeps its values: under other derivatives most arguments are the same."""
    known: dict[object, Real] = {}

    def apply(value: Real) -> Real:
        key = value if type(value) is Fraction else value.bounds  # type: ignore[union-attr]
        found = known.get(key)
        if found is None:
            if len(known) == REMEMBERED:
                known.clear()
            found = known[key] = function(value)
        return found

    return apply


def _moderate(value: Interval) -> Bounds:
    """The bounds, when they are not so large that an exponential of them fills the memory."""
    if any(exponent + bits > 24 for _, _, exponent, bits in value.bounds):
        raise Undecidable("a number too large for an elementary function")
    return value.bounds
