"""The functions of the NumPy dialect, under the names in which authors write them."""

from __future__ import annotations

from fractions import Fraction

from derive.terms.arrays import Array, ArrayLike, apply, inverse, log_determinant, maximum_over
from derive.terms.indices import Affine, AffineLike
from derive.terms.nodes import Cond, Delta, Guard, Num, Pow


def exp(x: ArrayLike) -> Array:
    """The exponential, entry by entry."""
    return apply("exp", x)


def log(x: ArrayLike) -> Array:
    """The natural logarithm, entry by entry."""
    return apply("log", x)


def sqrt(x: ArrayLike) -> Array:
    """The square root, entry by entry.

    >>> from derive.terms.arrays import variable
    >>> sqrt(variable("x")).body
    Pow(At(x, ()), Num(Fraction(1, 2),))
    """
    value = Array.of(x)
    return Array(value.indices, Pow(value.body, Num(Fraction(1, 2))))


def sin(x: ArrayLike) -> Array:
    """The sine, entry by entry."""
    return apply("sin", x)


def cos(x: ArrayLike) -> Array:
    """The cosine, entry by entry."""
    return apply("cos", x)


def tanh(x: ArrayLike) -> Array:
    """The hyperbolic tangent, entry by entry."""
    return apply("tanh", x)


def cosh(x: ArrayLike) -> Array:
    """The hyperbolic cosine, entry by entry."""
    return apply("cosh", x)


def relu(x: ArrayLike) -> Array:
    """The positive part, entry by entry."""
    return apply("relu", x)


def sigmoid(x: ArrayLike) -> Array:
    """The logistic function, entry by entry."""
    return apply("sigmoid", x)


def softplus(x: ArrayLike) -> Array:
    """log(1 + exp(x)), entry by entry."""
    return apply("softplus", x)


def cond(x: ArrayLike) -> Array:
    """1 where an entry is > 0, else 0."""
    value = Array.of(x)
    return Array(value.indices, Cond(value.body))


def sign(x: ArrayLike) -> Array:
    """The sign, entry by entry."""
    return apply("sign", x)


def absolute(x: ArrayLike) -> Array:
    """The absolute value, entry by entry."""
    return apply("abs", x)


def maximum(x: ArrayLike, y: ArrayLike) -> Array:
    """The larger of two, entry by entry."""
    return apply("maximum", x, y)


def minimum(x: ArrayLike, y: ArrayLike) -> Array:
    """The smaller of two, entry by entry."""
    return apply("minimum", x, y)


def delta(i: AffineLike, j: AffineLike) -> Array:
    """1 where two indices are equal, else 0."""
    return Array((), Delta(Affine.of(i) - j))


def guard(form: AffineLike) -> Array:
    """1 where a form over indices is at least 0, else 0."""
    return Array((), Guard(Affine.of(form)))


inv = inverse
logdet = log_determinant
amax = maximum_over
