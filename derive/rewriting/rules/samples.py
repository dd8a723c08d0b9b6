"""A small example of each rule: a term at which it acts, as ``derive rules`` shows it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

from derive.rewriting.rules.rule import Given
from derive.terms.arrays import (
    Array,
    apply,
    define,
    determinant,
    entries,
    inverse,
    log_determinant,
    sum_over,
    variable,
)
from derive.terms.indices import Index
from derive.terms.nodes import MINUS, At, Cond, D, Delta, Fn, Mul, Num, Pow, Term, negated
from derive.terms.tensors import Function, Kind, Tensor

Sample: TypeAlias = Callable[[], "tuple[Term, Given]"]

i, j, k, m = (Index(name, "n") for name in "ijkm")
x, y, a, b = (variable(name, ("n",)) for name in "xyab")
u, v, c, s = variable("u"), variable("v"), variable("c"), variable("s")
A, M = variable("A", ("n", "n")), variable("M", ("n", "n"))


def _plain(value: Array | Term, tensor: Tensor | None = None) -> Sample:
    body = value.body if isinstance(value, Array) else value
    return lambda: (body, Given(tensor=tensor))


def _about(value: Array, name: Array) -> Sample:
    assert isinstance(name.body, At)
    return _plain(value, name.body.tensor)


def _by(value: Array, variable: Array) -> Sample:
    assert isinstance(variable.body, At)
    return _plain(D(value.body, variable.body))


def _elementary(name: str) -> Sample:
    return _by(apply(name, x[i]), x[j])


@cache
def _named() -> dict[str, Array]:
    """Names for the examples."""
    total = define("S", apply("exp", x).sum())
    return {
        "r": define("r", A @ b - y),
        "p": define("p", apply("exp", x) / total),
        "d": define("d", x - x.mean()),
        "y": variable("y", ("n",), Kind.ONE_HOT),
        "W": variable("W", ("n", "n"), Kind.SYMMETRIC),
        "m": variable("m", ("n",), Kind.MASK),
    }


def _name(letter: str) -> Array:
    return _named()[letter]


def _opaque() -> Sample:
    value = Array((), Fn(Function("f", 2), (x[i].body, (x[i] * u).body)))
    return _by(value, x[j])


def _delta(left: Index, right: Index) -> Array:
    return Array((), Delta(left - right))


def _derivative(value: Array) -> Array:
    by = u.body
    assert isinstance(by, At)
    return Array((), D(value.body, by))


def _inverse_product() -> Array:
    return sum_over(k, inverse(M)[i, k] * M[k, j])


def _order() -> Array:
    return sum_over(i, a[i] * sum_over(j, A[i, j] * _derivative(_name("r")[j])))


def _deviation() -> Array:
    p = _name("p")
    return sum_over(k, p[k] * (y[k] - (p * y).sum()))


def _twice() -> Array:
    return entries(_of(inverse(entries(_of(inverse(M))))))[i, j]


def _of(array: Array) -> Tensor:
    assert isinstance(array.body, At)
    return array.body.tensor


SAMPLES: dict[str, Sample] = {
    "derivative of a constant": _by(a[i], x[j]),
    "derivative of an entry": _by(x[i], x[j]),
    "linearity": _by(x[i] + x[k] ** 2, x[j]),
    "sum rule": _by(sum_over(i, x[i] ** 2), x[j]),
    "constant factor": _by(a[i] * x[i], x[j]),
    "quotient rule": _by(x[i] / x[k], x[j]),
    "product rule": _by(x[i] * x[k], x[j]),
    "power rule": _by(x[i] ** 3, x[j]),
    "derivative of an exponential": _by(c ** x[i], x[j]),
    "logarithmic differentiation": _by(x[i] ** x[k], x[j]),
    **{
        f"derivative of {name}": _elementary(name)
        for name in "exp log sin cos tan sinh cosh tanh sigmoid softplus relu abs sign".split()
    },
    "derivative of the larger": _by(apply("maximum", x[i], y[i]), x[j]),
    "derivative of a condition": _by(Array((), Cond(x[i].body)), x[j]),
    "chain rule": _opaque(),
    "derivative of the inverse": _by(inverse(M)[i, j], M[k, m]),
    "derivative of log det": _by(log_determinant(M), M[i, j]),
    "derivative of det": _by(determinant(M), M[i, j]),
    "chain rule through a name": lambda: _by(_name("r")[i], b[j])(),
    "value of a delta": _plain(_delta(i, i)),
    "delta picks an index out of a sum": _plain(sum_over(j, A[i, j] * _delta(j, k))),
    "delta is multiplied out of brackets": _plain(sum_over(j, a[j] * (_delta(j, k) + b[j]))),
    "delta renames an index": _plain(_delta(i, j) * a[j]),
    "sum of a constant": _plain(sum_over(i, c)),
    "factors leave a sum": _plain(sum_over(i, c * x[i])),
    "order of summation": lambda: _plain(_order())(),
    "sums merge": _plain(sum_over(i, a[i] * x[i]) + sum_over(j, b[j] * x[j])),
    "sum of a sum": _plain(sum_over(i, x[i] + c)),
    "common derivative": lambda: _plain(
        a[i] * _derivative(_name("r")[i]) + b[i] * _derivative(_name("r")[i])
    )(),
    "powers of one base": _plain(u**2 * u**3),
    "power of a power": _plain((u**c) ** 2),
    "value of a number": _plain(Pow(Num(4), MINUS)),
    "condition decides": _plain(Mul((apply("maximum", u, v).body, Cond((u - v).body)))),
    "like terms": _plain(2 * u + 3 * u),
    "exponential of a logarithm": _plain(apply("exp", apply("log", u))),
    "logarithm of an exponential": _plain(apply("log", apply("exp", u))),
    "power of a product": _plain((u * v) ** -1),
    "square of a root": _plain((u ** (Array.of(1) / 2)) ** 2),
    "common factor": _plain(u * v + u * c),
    "definition of sigmoid": _plain(apply("exp", u) / (1 + apply("exp", u))),
    "sign of a bracket": _plain(negated((u - v).body)),
    "common denominator": _plain(1 - u / (u + v)),
    "cancellation": _plain(u * (1 - s) + (u - 1) * s),
    "sigmoid of the negative": _plain((1 + apply("exp", -u)) ** -1),
    "complement of sigmoid": _plain(1 - apply("sigmoid", -u)),
    "abbreviation": lambda: _about((A @ b - y)[i], _name("r"))(),
    "definition of a name": lambda: _about(_name("r")[i], _name("r"))(),
    "a sum that cancels": _plain((x - x.mean()).sum()),
    "symmetry": lambda: _plain(
        sum_over(j, _name("W")[i, j] * x[j]) + sum_over(k, _name("W")[k, i] * x[k])
    )(),
    "symmetric matrix": lambda: _about(sum_over(j, _name("W")[j, i] * x[j]), _name("W"))(),
    "probabilities sum to one": lambda: _about(_name("y").sum(), _name("y"))(),
    "weights divided by their sum add up to one": lambda: _about(_name("p").sum(), _name("p"))(),
    "deviations from the mean sum to zero": lambda: _about(_name("d").sum(), _name("d"))(),
    "weighted deviations sum to zero": lambda: _about(_deviation(), _name("p"))(),
    "a constant leaves a weighted mean": lambda: _about(
        sum_over(k, _name("p")[k] * (y[k] + c)), _name("p")
    )(),
    "square of a mask": lambda: _about(_name("m")[i] ** 2, _name("m"))(),
    "definition of softplus": _plain(apply("log", 1 + apply("exp", u))),
    "sigmoid of both signs": _plain(apply("sigmoid", -u)),
    "definition of tanh": _plain(apply("sinh", u) / apply("cosh", u)),
    "absolute value times sign": _plain(apply("abs", u) * apply("sign", u)),
    "a number times its sign": _plain(u * apply("sign", u)),
    "even power of an absolute value": _plain(apply("abs", u) ** 2),
    "condition in lowest terms": _plain(Array((), Cond((2 * u).body))),
    "denominators cancel": _plain((a[i] / u + b[i] / v) * u * v),
    "inverse of an inverse": lambda: _plain(_twice())(),
    "determinant of a product": _plain(determinant(A @ M)),
    "inverse times matrix": lambda: _plain(_inverse_product())(),
}
"""By the name of the rule; a test holds that each rule has one, and acts at it."""
