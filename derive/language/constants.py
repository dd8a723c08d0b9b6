"""Numbers as they are typed: exact, bounded, and folded in exponents and denominators only."""

from __future__ import annotations

import ast
from fractions import Fraction
from functools import lru_cache
from math import log10

from derive.language.reader import Reader
from derive.proof.domains import is_sum_of_squares
from derive.terms.arrays import Array, apply
from derive.terms.nodes import Add, Mul, Num, Pow, Term

HALF = Fraction(1, 2)
EXPONENT = 10_000  # the largest exponent
MAGNITUDE = 300  # the largest power of ten of a number
NODES = 5_000  # of one expression once functions are written out
HEIGHT = 80  # of the same


class NumberError(ValueError):
    """A number that is too large, or undefined."""


def fraction(text: str) -> Fraction:
    """The exact value of a number as it was typed.

    >>> fraction("0.044715")
    Fraction(8943, 200000)
    """
    return Fraction(text.replace("_", ""))


def quotient(left: Array, right: Array) -> Array:
    """``left / right``, where the denominator is not plainly 0."""
    if _constant(right.body) == 0:
        raise NumberError("division by zero")
    return left / right


def power(base: Array, exponent: Array) -> Array:
    """``base ** exponent`` with a number folded as exponent; ``norm(x)**2`` is a sum."""
    value = _constant(exponent.body)
    if value is None:
        return base**exponent
    if abs(value) > EXPONENT or value.denominator > EXPONENT:
        raise NumberError(f"the exponent is too large, the limit is {EXPONENT}")
    _check_power(_constant(base.body), value)
    squared = _square_of_norm(base)
    if squared is None or exponent.indices or value <= 0 or value % 2:
        return base ** Array(exponent.indices, Num(value))
    return squared if value == 2 else squared ** (value / 2)


def _square_of_norm(base: Array) -> Array | None:
    """The sum of squares whose root a norm is: it has a derivative at 0 too."""
    root = base.body
    if isinstance(root, Pow) and root.exponent == Num(HALF) and is_sum_of_squares(root.base):
        return Array(base.indices, root.base)
    return None


def root(radicand: Array) -> Array:
    """The square root of an array, or of a number that is not negative."""
    _check_power(_constant(radicand.body), HALF)
    return radicand**HALF


def logarithm(argument: Array) -> Array:
    """The logarithm of an array, or of a positive number."""
    value = _constant(argument.body)
    if value is not None and value <= 0:
        raise NumberError("the logarithm of a number that is not positive")
    return apply("log", argument)


def _check_power(base: Fraction | None, exponent: Fraction) -> None:
    """A power of a number must be defined and fit a float."""
    if base is None:
        return
    if base == 0 and exponent < 0:
        raise NumberError("division by zero")
    if base < 0 and exponent.denominator > 1:
        raise NumberError("a root of a negative number is not real")
    if _digits(base) * abs(exponent) > MAGNITUDE:
        raise NumberError("the number is too large for a float")


def _digits(number: Fraction) -> float:
    return log10(max(abs(number.numerator), number.denominator))


def _constant(term: Term) -> Fraction | None:
    """The value of a term that is made from numbers alone; powers of numbers are bounded before."""
    if isinstance(term, Num):
        return term.value
    if isinstance(term, Add | Mul):
        return _folded(term)
    if isinstance(term, Pow):
        base, exponent = _constant(term.base), _constant(term.exponent)
        if base is not None and exponent is not None and exponent.denominator == 1:
            return base ** int(exponent)
    return None


def _folded(term: Add | Mul) -> Fraction | None:
    total = Fraction(0 if isinstance(term, Add) else 1)
    for part in term.parts:
        value = _constant(part)
        if value is None:
            return None
        total = total + value if isinstance(term, Add) else total * value
        if abs(total) > 10 ** (2 * MAGNITUDE):
            raise NumberError("the number is too large for a float")
    return total


def check_growth(reader: Reader, node: ast.AST, array: Array) -> None:
    """Refuses an expression that functions such as var have blown up, before it grows further."""
    count, height = _measures(array.body)
    if count > NODES or height > HEIGHT:
        message = "the expression is too large or too deep once written out; give parts names"
        raise reader.error(node, message)


@lru_cache(maxsize=20_000)
def _measures(term: Term) -> tuple[int, int]:
    """The number of nodes of a term and its height."""
    inside = [_measures(child) for child in term.children]
    return 1 + sum(c for c, _ in inside), 1 + max((h for _, h in inside), default=0)
