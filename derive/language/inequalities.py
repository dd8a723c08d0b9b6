"""Well-known inequalities: what ``right - left`` may be, written so that its sign is plain.

They are guesses. The prover decides whether one is the difference, and whether its sign is plain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import TypeAlias

from derive.language.witnesses import sums_of_squares
from derive.rewriting.algebra import factors, minus, parts, product, raised, total
from derive.rewriting.canonical import same
from derive.terms.indices import Affine, Index
from derive.terms.nodes import MINUS, UNIT, Fn, Num, Pow, Sum, Term, summed
from derive.terms.structure import substituted

HALF = Num(Fraction(1, 2))
TWO = Num(2)
MOST_SQUARES = 12  # that are tried
Row: TypeAlias = Callable[[Term, Term], Iterator[Term]]


def witnesses(left: Term, right: Term) -> Iterator[Term]:
    """Terms that ``right - left`` may be."""
    for row in ROWS:
        yield from row(left, right)


# --------------------------------------------------------------------------------------------
# Squares


def difference_of_squares(left: Term, right: Term) -> Iterator[Term]:
    """Sums of squares, found by completing them."""
    yield from islice(sums_of_squares(total((right, minus(left)))), MOST_SQUARES)


def product_of_norms(left: Term, right: Term) -> Iterator[Term]:
    """``|a| |b| - Σ_i a_i b_i = |a| |b| Σ_i (a_i / |a| - b_i / |b|)^2 / 2``."""
    for part in parts(right):
        norms = [norm for factor in factors(part) if (norm := _norm(factor))]
        if len(norms) == 2:
            for gap in _apart(*norms):
                yield product((HALF, *factors(part), gap))


def triangle(left: Term, right: Term) -> Iterator[Term]:
    """``|a| + |b| - |a + b|`` is ``2 (|a| |b| - Σ_i a_i b_i)`` over the sum of the three."""
    norms = [norm for part in parts(right) if (norm := _norm(part))]
    if _norm(left) and len(norms) == 2 == len(parts(right)):
        for gap in _apart(*norms):
            yield product((*parts(right), gap, Pow(total((right, left)), MINUS)))


def quotient_of_squares(left: Term, right: Term) -> Iterator[Term]:
    """``v - u = (v^2 - u^2) / (v + u)``, for a root or an absolute value u."""
    under = _squared(left)
    if under is not None:
        over = product(_squared(factor) or raised(factor, TWO) for factor in factors(right))
        for gap in difference_of_squares(under, over):
            yield product((gap, Pow(total((left, right)), MINUS)))


def _squared(term: Term) -> Term | None:
    """The square of a root or an absolute value, without either."""
    if isinstance(term, Pow) and term.exponent == HALF:
        return term.base
    if isinstance(term, Fn) and term.function == "abs":
        return _square(term.arguments[0])
    return None


@dataclass(frozen=True)
class Norm:
    """``|a|``, the root of ``Σ_i a^2``."""

    indices: list[Index]
    a: Term
    square: Term

    @property
    def unit(self) -> Term:
        """``a / |a|``."""
        return product((self.a, Pow(self.square, Num(-HALF.value))))


def _norm(term: Term) -> Norm | None:
    if not isinstance(term, Pow) or term.exponent != HALF:
        return None
    indices, body = _summands(term.base)
    if not indices or not isinstance(body, Pow) or body.exponent != TWO:
        return None
    return Norm(indices, body.base, term.base)


def _apart(one: Norm, two: Norm) -> Iterator[Term]:
    """``Σ_i (a_i / |a| - b_i / |b|)^2``, and with ``+``."""
    if [index.size for index in one.indices] == [index.size for index in two.indices]:
        onto = dict(zip(two.indices, map(Affine.of, one.indices), strict=True))
        unit = substituted(two.unit, onto)
        for second in (minus(unit), unit):
            yield summed(one.indices, _square(total((one.unit, second))))


# --------------------------------------------------------------------------------------------
# Tangents


def tangents_of_logarithms(left: Term, right: Term) -> Iterator[Term]:
    """``Σ_i w_i log(u_i / v_i) = Σ_i w_i (v_i / u_i - 1 - log(v_i / u_i))`` for equal sums."""
    logs = [
        found
        for part in (*parts(right), *map(minus, parts(left)))
        for found in _weighted(part, "log")
    ]
    for scale, indices, weight, u in logs:
        for sign, none, one, v in logs:
            if indices and not none and one == UNIT and sign in ((), (MINUS,)):
                t = product((v if sign else Pow(v, MINUS), Pow(u, MINUS)))
                inside = product((weight, _tangent_gap(t)))
                yield product((*scale, summed(indices, inside)))
        for other, names, second, v in logs:
            if len(names) == len(indices):
                onto = dict(zip(names, map(Affine.of, indices), strict=True))
                second, v = substituted(second, onto), substituted(v, onto)
                if same(product((*scale, weight)), minus(product((*other, second)))):
                    gap = _tangent_gap(product((v, Pow(u, MINUS))))
                    yield product((*scale, summed(indices, product((weight, gap)))))


def mean_of_exponentials(left: Term, right: Term) -> Iterator[Term]:
    """``Σ_i w_i exp v_i - exp u = exp u Σ_i w_i (exp(v_i - u) - 1 - (v_i - u))``: Jensen."""
    for scale, indices, weight, v in _each_weighted(right, "exp"):
        for around, none, one, u in _each_weighted(left, "exp"):
            if not none and not around and one == UNIT:
                over = total((v, minus(u)))
                gap = total((Fn("exp", (over,)), MINUS, minus(over)))
                inside = summed(indices, product((weight, gap)))
                yield product((Fn("exp", (u,)), *scale, inside))


def mean_of_logarithms(left: Term, right: Term) -> Iterator[Term]:
    """``log m - Σ_i w_i log v_i = Σ_i w_i (v_i / m - 1 - log(v_i / m))``: Jensen."""
    for around, none, one, m in _each_weighted(right, "log"):
        if not none and not around and one == UNIT:
            for scale, indices, weight, v in _each_weighted(left, "log"):
                gap = _tangent_gap(product((v, Pow(m, MINUS))))
                yield product((*scale, summed(indices, product((weight, gap)))))


def _tangent_gap(t: Term) -> Term:
    """``t - 1 - log t``."""
    return total((t, MINUS, minus(Fn("log", (t,)))))


Weighted: TypeAlias = "tuple[tuple[Term, ...], list[Index], Term, Term]"


def _each_weighted(term: Term, function: str) -> Iterator[Weighted]:
    for part in parts(term):
        yield from _weighted(part, function)


def _weighted(part: Term, function: str) -> Iterator[Weighted]:
    """``c``, ``i``, ``w`` and ``u`` of ``c Σ_i w f(u)``, where f stands once."""
    for inner in factors(part):
        indices, body = _summands(inner)
        found = [f for f in factors(body) if isinstance(f, Fn) and f.function == function]
        if len(found) == 1:
            scale = tuple(f for f in factors(part) if f is not inner)
            weight = product(f for f in factors(body) if f is not found[0])
            yield scale, indices, weight, found[0].arguments[0]


def softplus_over_relu(left: Term, right: Term) -> Iterator[Term]:
    """``softplus u - relu u = softplus(-|u|)``."""
    for part in parts(right):
        if isinstance(part, Fn) and part.function == "softplus":
            size = Fn("abs", part.arguments)
            yield Fn("softplus", (minus(size),))


def _summands(term: Term) -> tuple[list[Index], Term]:
    """The indices of nested sums, and what is summed."""
    indices: list[Index] = []
    while isinstance(term, Sum):
        indices.append(term.index)
        term = term.body
    return indices, term


def _square(term: Term) -> Term:
    return Pow(term, TWO)


ROWS: tuple[Row, ...] = (
    difference_of_squares,
    product_of_norms,
    triangle,
    quotient_of_squares,
    tangents_of_logarithms,
    mean_of_exponentials,
    mean_of_logarithms,
    softplus_over_relu,
)
