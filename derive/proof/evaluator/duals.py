"""Dual numbers: a value with its rate of change along one entry; they nest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from derive.proof.evaluator.arithmetic import Arithmetic, Undecidable, Value


class Dual:
    """``value + tangent * epsilon`` with ``epsilon**2 = 0``, one epsilon for each level.

    Both parts may be duals of lower levels, so a second derivative is a dual of duals.
    """

    __slots__ = ("level", "tangent", "value")

    def __init__(self, value: Value, tangent: Value, level: int) -> None:
        self.value = value
        self.tangent = tangent
        self.level = level

    def __add__(self, other: Value) -> Dual:
        if type(other) is Dual:
            if other.level == self.level:
                return Dual(self.value + other.value, self.tangent + other.tangent, self.level)
            if other.level > self.level:
                return Dual(self + other.value, other.tangent, other.level)
        return Dual(self.value + other, self.tangent, self.level)

    def __radd__(self, other: Value) -> Dual:
        return Dual(other + self.value, self.tangent, self.level)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.tangent, self.level)

    def __sub__(self, other: Value) -> Dual:
        return self.__add__(-other)

    def __rsub__(self, other: Value) -> Dual:
        return (-self).__radd__(other)

    def __mul__(self, other: Value) -> Dual:
        if type(other) is Dual:
            if other.level == self.level:
                tangent = self.tangent * other.value + self.value * other.tangent
                return Dual(self.value * other.value, tangent, self.level)
            if other.level > self.level:
                return Dual(self * other.value, self * other.tangent, other.level)
        return Dual(self.value * other, self.tangent * other, self.level)

    def __rmul__(self, other: Value) -> Dual:
        return Dual(other * self.value, other * self.tangent, self.level)

    def __repr__(self) -> str:
        return f"Dual({self.value!r}, {self.tangent!r}, {self.level})"


def primal(value: Value) -> Value:
    """The number below all duals."""
    while type(value) is Dual:
        value = value.value
    return value


class Calculus:
    """An arithmetic with its functions carried over to dual numbers."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic = arithmetic
        self.zero = arithmetic.number(Fraction(0))
        self.one = arithmetic.number(Fraction(1))

    def inverse(self, value: Value) -> Value:
        """The reciprocal."""
        if type(value) is not Dual:
            return self.arithmetic.inverse(value)
        inverse = self.inverse(value.value)
        return Dual(inverse, -(inverse * inverse * value.tangent), value.level)

    def power(self, base: Value, exponent: Value) -> Value:
        """A real power of a positive base."""
        if type(exponent) is Dual:
            return self.apply("exp", exponent * self.apply("log", base))
        if type(base) is not Dual:
            return self.arithmetic.power(base, exponent)
        value = self.power(base.value, exponent)
        slope = exponent * value * self.inverse(base.value)
        return Dual(value, slope * base.tangent, base.level)

    def integer_power(self, base: Value, exponent: int) -> Value:
        """A power with an integer exponent; ``0**0 = 1``."""
        if exponent < 0:
            return self.inverse(self.integer_power(base, -exponent))
        power = None
        while exponent:
            if exponent & 1:
                power = base if power is None else power * base
            exponent >>= 1
            if exponent:
                base = base * base
        return self.one if power is None else power

    def apply(self, name: str, value: Value) -> Value:
        """A smooth elementary function."""
        if type(value) is not Dual:
            return self.arithmetic.functions[name](value)
        inner = self.apply(name, value.value)
        slope = SLOPES[name](self, value.value, inner)
        return Dual(inner, slope * value.tangent, value.level)

    def sign(self, value: Value) -> int:
        """The sign of the number below; at 0 there is none where a derivative is taken."""
        sign = self.arithmetic.sign(primal(value))
        if not sign and type(value) is Dual:
            raise Undecidable("a derivative at a kink")
        return sign


Slope = Callable[[Calculus, Value, Value], Value]

# The slope at ``x`` of a function with the value ``y`` there.
SLOPES: Mapping[str, Slope] = {
    "exp": lambda c, x, y: y,
    "log": lambda c, x, y: c.inverse(x),
    "sin": lambda c, x, y: c.apply("cos", x),
    "cos": lambda c, x, y: -c.apply("sin", x),
    "tan": lambda c, x, y: c.one + y * y,
    "sinh": lambda c, x, y: c.apply("cosh", x),
    "cosh": lambda c, x, y: c.apply("sinh", x),
    "tanh": lambda c, x, y: c.one - y * y,
    "sigmoid": lambda c, x, y: y * (c.one - y),
    "softplus": lambda c, x, y: c.apply("sigmoid", x),
}
