"""Sums of products before they are read as arrays: spread, deltas used, divisors found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from derive.notation.groups import NoMatrixForm
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Add, Count, Delta, Mul, Num, Pow, Sum, Term, multiplied
from derive.terms.structure import free_indices, substituted

Order: TypeAlias = "tuple[Index, ...]"


def equal_indices(term: Delta) -> tuple[Index, Index]:
    """The two indices of one range that a delta sets equal."""
    pairs = term.form.coefficients
    if term.form.constant or sorted(c.constant or 0 for _, c in pairs) != [-1, 1]:
        raise NoMatrixForm(term)
    (left, _), (right, _) = pairs
    if left.size != right.size:
        raise NoMatrixForm(term)
    return left, right


def flat(parts: Sequence[Term]) -> Sequence[Term]:
    found: list[Term] = []
    for part in parts:
        found += flat(part.parts) if isinstance(part, Mul) else (part,)
    return found


def spread(factors: list[Term], bound: Order) -> tuple[list[Term], Term] | None:
    """A product with one factor ``(delta + ...)`` as a sum of products: p_i (delta_ij - p_j).

    The scalars of the product stay in front of the sum.
    """
    for k, factor in enumerate(factors):
        if isinstance(factor, Add) and any(map(_has_delta, factor.parts)):
            others = [*factors[:k], *factors[k + 1 :]]
            scalars = [other for other in others if not free_indices(other)]
            before, after = (
                [f for f in fs if free_indices(f)] for fs in (factors[:k], factors[k + 1 :])
            )
            products = (Mul((*before, *flat((part,)), *after)) for part in factor.parts)
            return scalars, Add(summed(bound, product) for product in products)
    return None


def _has_delta(part: Term) -> bool:
    return any(isinstance(factor, Delta) for factor in flat((part,)))


def summed(bound: Order, body: Term) -> Term:
    """A sum over those bound indices that occur, times the sizes of the others."""
    for index in reversed(bound):
        body = (
            Sum(index, body) if index in free_indices(body) else multiplied(Count(index.size), body)
        )
    return body


def without_delta(bound: Order, factors: list[Term]) -> Term | None:
    """A sum in which a delta picks one index, with that index in place of the other."""
    for k, factor in enumerate(factors):
        if not isinstance(factor, Delta):
            continue
        left, right = equal_indices(factor)
        gone, kept = (left, right) if left in bound else (right, left)
        if gone in bound:
            values = {gone: Affine.of(kept)}
            rest = [substituted(other, values) for other in (*factors[:k], *factors[k + 1 :])]
            return summed(tuple(i for i in bound if i is not gone), Mul(rest))
    return None


def divisor(term: Term) -> Term | None:
    """What a factor divides by: ``x**2`` of ``x**-2``."""
    if not isinstance(term, Pow) or not isinstance(term.exponent, Num) or term.exponent.value >= 0:
        return None
    exponent = -term.exponent.value
    return term.base if exponent == 1 else Pow(term.base, Num(exponent))
