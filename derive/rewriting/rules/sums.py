"""The rules of sums over an index."""

from __future__ import annotations

from collections.abc import Sequence

from derive.rewriting.algebra import factors, product, total, without
from derive.rewriting.canonical import canonical, holds, is_open, length, same
from derive.rewriting.rules.deltas import carries
from derive.rewriting.rules.rule import Given, Rule
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Add, At, Count, D, Delta, Num, Sum, Term, subterms
from derive.terms.structure import free_indices, substituted


def _constant(term: Term, given: Given) -> Term | None:
    if not isinstance(term, Sum) or term.index in free_indices(term.body):
        return None
    return product((count(term.index), term.body))


def count(index: Index) -> Term:
    """How many values an index has, as a number."""
    value = index.size.constant
    return Count(index.size) if value is None else Num(value)


def _factors_leave(term: Term, given: Given) -> Term | None:
    if not isinstance(term, Sum):
        return None
    inside: list[Term] = []
    outside: list[Term] = []
    for factor in factors(term.body):
        (inside if term.index in free_indices(factor) else outside).append(factor)
    return product((*outside, Sum(term.index, product(inside)))) if outside and inside else None


def _exchanged(term: Term, given: Given) -> Term | None:
    """An inner sum whose derivative does not run over the outer index goes outside."""
    if not isinstance(term, Sum) or not holds(term.body, D):
        return None
    if isinstance(term.body, Sum) and _names_alone(term.body):
        below = _exchanged(Sum(term.index, term.body.body), given)
        if below is not None:
            return Sum(term.body.index, below)
    for inner in factors(term.body):
        if isinstance(inner, Sum) and holds(inner.body, D):
            carried = [f for f in factors(inner.body) if holds(f, D)]
            if any(term.index in free_indices(f) for f in carried):
                continue
            others = without(factors(term.body), inner)
            return _outside(term.index, others, inner, carried)
    return None


def _names_alone(term: Term) -> bool:
    """Whether all derivatives in a term are those of entries with a name."""
    bodies = [part.body for part in subterms(term) if isinstance(part, D)]
    return all(isinstance(body, At) and body.tensor.name for body in bodies)


def _outside(outer: Index, others: Sequence[Term], inner: Sum, carried: Sequence[Term]) -> Term:
    index, body = inner.index, [f for f in factors(inner.body) if f not in carried]
    if index is outer or any(index in free_indices(f) for f in others):
        fresh = index.fresh()
        values = {index: Affine.of(fresh)}
        body = [substituted(f, values) for f in body]
        carried = [substituted(f, values) for f in carried]
        index = fresh
    return Sum(index, product((Sum(outer, product((*others, *body))), *carried)))


def _split(term: Term, given: Given) -> Term | None:
    if not isinstance(term, Sum):
        return None
    for bracket in factors(term.body):
        if isinstance(bracket, Add) and (
            bracket == term.body or _is_wide(bracket) or _has_outer_product(bracket, term)
        ):
            others = without(factors(term.body), bracket)
            return total(Sum(term.index, product((*others, part))) for part in bracket.parts)
    return None


def _merged(term: Term, given: Given) -> Term | None:
    """Two sums over the same range with a common factor under them become one sum."""
    if not isinstance(term, Add):
        return None
    for a, first in enumerate(term.parts):
        for b in range(a + 1, len(term.parts)):
            joined = _joined(first, term.parts[b])
            if joined is not None:
                rest = [p for k, p in enumerate(term.parts) if k not in (a, b)]
                return total((*rest[:a], joined, *rest[a:]))
    return None


def _joined(first: Term, second: Term) -> Term | None:
    for left in _sums(first):
        for right in _sums(second):
            if left.index.size == right.index.size:
                joined = _joined_at(first, left, second, right)
                if joined is not None and _is_better(joined, first, second):
                    return joined
    return None


def _is_better(joined: Term, first: Term, second: Term) -> bool:
    """Shorter, without a bracket that is no matrix, stands for two vectors, or holds a delta."""
    if length(joined) >= length(first) + length(second):
        return False
    brackets = [(s, f) for s in _sums(joined) for f in factors(s.body) if isinstance(f, Add)]
    return not any(
        _is_wide(f) or _has_outer_product(f, s) or any(carries(p, s.index) for p in f.parts)
        for s, f in brackets
    )


def _has_outer_product(bracket: Add, around: Sum) -> bool:
    """Whether a part is a vector over the summed index times one over others: ``A - u v.T``.

    The vector over the index may be of ones, as in ``A - u 1.T``; indices that the other factors
    under the sum have as well are no others.
    """
    index, beside = around.index, (f for f in factors(around.body) if f is not bracket)
    known = {index}.union(*map(free_indices, beside))
    for part in bracket.parts:
        indices = [free_indices(f) for f in factors(part)]
        constant = index not in free_indices(part)
        if (constant or {index} in indices) and any(k and not k & known for k in indices):
            return True
    return False


def _is_wide(bracket: Add) -> bool:
    """Whether a bracket has more indices than a matrix, and than any of its factors."""
    widest = max(len(free_indices(f)) for p in bracket.parts for f in factors(p) or (p,))
    return len(free_indices(bracket)) > max(2, widest)


def _sums(part: Term) -> list[Sum]:
    return [factor for factor in factors(part) if isinstance(factor, Sum)]


def _joined_at(first: Term, left: Sum, second: Term, right: Sum) -> Term | None:
    index = left.index.fresh()
    under = [list(factors(_opened(left, index))), list(factors(_opened(right, index)))]
    common = [f for f in under[0] if index in free_indices(f) and not isinstance(f, Delta)]
    keys = [canonical(f) for f in under[1]]
    common = [f for f in common if canonical(f) in keys]
    if not common:
        return None
    taken = [canonical(f) for f in common]
    rests = [[f for f in fs if canonical(f) not in taken] for fs in under]
    outer = [without(factors(part), own) for part, own in ((first, left), (second, right))]
    shared = [f for f in outer[0] if any(f == g for g in outer[1]) and not isinstance(f, Num)]
    bracket = total(
        product((*(f for f in out if f not in shared), *rest))
        for out, rest in zip(outer, rests, strict=True)
    )
    return product((*shared, Sum(index, product((bracket, *common)))))


def _opened(term: Sum, index: Index) -> Term:
    return substituted(term.body, {term.index: Affine.of(index)})


def _common_derivative(term: Term, given: Given) -> Term | None:
    """Parts with the derivative of one name in common: what stands before it is its adjoint."""
    if not isinstance(term, Add):
        return None
    for a, first in enumerate(term.parts):
        for b in range(a + 1, len(term.parts)):
            joined = _same_derivative(first, term.parts[b])
            if joined is not None:
                rest = [p for k, p in enumerate(term.parts) if k not in (a, b)]
                return total((*rest[:a], joined, *rest[a:]))
    return None


def _same_derivative(first: Term, second: Term) -> Term | None:
    for left in factors(first):
        if isinstance(left, D) and any(same(left, right) for right in factors(second)):
            rests = [product(_all_but(part, left)) for part in (first, second)]
            return product((total(rests), left))
    for one in _sums(first):
        for other in _sums(second):
            if one.index.size == other.index.size and is_open(one) and is_open(other):
                joined = _inside(first, one, second, other)
                if joined is not None:
                    return joined
    return None


def _all_but(part: Term, dropped: Term) -> list[Term]:
    kept = list(factors(part))
    kept.remove(next(f for f in kept if same(f, dropped)))
    return kept


def _inside(first: Term, one: Sum, second: Term, other: Sum) -> Term | None:
    """The sums brought under one index, when a derivative in them is then the same."""
    index = one.index.fresh()
    inner = []
    for part, own in ((first, one), (second, other)):
        outside = without(factors(part), own)
        inner.append(product((*outside, *factors(_opened(own, index)))))
    joined = _same_derivative(*inner)
    return None if joined is None else Sum(index, joined)


CONSTANT = Rule("sum of a constant", "Σ_i c = n c", _constant)
FACTORS_LEAVE = Rule("factors leave a sum", "Σ_i c x[i] = c Σ_i x[i]", _factors_leave)
ORDER = Rule(
    "order of summation",
    "Σ_i a[i] Σ_j X[i, j] r[j]' = Σ_j (Σ_i a[i] X[i, j]) r[j]'",
    _exchanged,
)
RULES: tuple[Rule, ...] = (CONSTANT, FACTORS_LEAVE, ORDER)
MERGING = Rule("sums merge", "Σ_i a[i] x[i] + Σ_i b[i] x[i] = Σ_i (a[i] + b[i]) x[i]", _merged)
SPLITTING = Rule("sum of a sum", "Σ_i (x[i] + c) = Σ_i x[i] + Σ_i c", _split)
COMMON_DERIVATIVE = Rule(
    "common derivative", "a r[i]' + b r[i]' = (a + b) r[i]'", _common_derivative
)
