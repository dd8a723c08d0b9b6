"""Quadratic forms of positive definite matrices, as sums are written."""

from __future__ import annotations

from collections import Counter

from derive.terms.indices import Index
from derive.terms.nodes import At, Mul, Sum, Term
from derive.terms.structure import alpha_key, free_indices
from derive.terms.tensors import Inverse, Kind, Tensor


def definite_form(term: Term) -> tuple[Tensor, Term] | None:
    """The matrix P and the factor w of ``sum_ij w v_i P_ij v_j``; v may hold other indices."""
    bound, factors = _spread(term)
    if len(set(bound)) < len(bound):
        return None  # an index of two sums: it is not known which of them a factor is under
    for entry in factors:
        ends = _ends(entry, bound)
        rest = [factor for factor in factors if factor is not entry]
        if ends and isinstance(entry, At) and _is_even(rest, *ends):
            outside = [f for f in rest if not {*ends} & free_indices(f)]
            return _matrix(entry), Mul(outside)
    return None


def _is_even(factors: list[Term], one: Index, other: Index) -> bool:
    """Whether the factors with one index are those with the other, and none has both."""
    sides = [[f for f in factors if end in free_indices(f)] for end in (one, other)]
    first, second = (
        Counter(alpha_key(factor, (end,)) for factor in side)
        for end, side in zip((one, other), sides, strict=True)
    )
    return first == second and not any({one, other} <= free_indices(f) for f in factors)


def _spread(term: Term) -> tuple[list[Index], list[Term]]:
    """The indices of nested sums of products, and all factors under them."""
    if isinstance(term, Sum):
        bound, factors = _spread(term.body)
        return [term.index, *bound], factors
    if not isinstance(term, Mul):
        return [], [term]
    spread = [_spread(part) for part in term.parts]
    return [i for bound, _ in spread for i in bound], [f for _, own in spread for f in own]


def _ends(entry: Term, bound: list[Index]) -> tuple[Index, Index] | None:
    """The two summed indices of an entry of a positive definite matrix, or of its inverse."""
    if not isinstance(entry, At) or len(entry.slots) != 2:
        return None
    one, other = (slot.plain for slot in entry.slots)
    if one is None or other is None or one is other or not {one, other} <= {*bound}:
        return None
    if (one.size, other.size) != entry.tensor.shape:
        return None
    return (one, other) if _is_definite(_matrix(entry)) else None


def definite_diagonal(entry: At) -> Tensor | None:
    """The positive definite matrix on whose diagonal, or on that of its inverse, an entry is."""
    matrix = _matrix(entry)
    same = len(entry.slots) == 2 and entry.slots[0] == entry.slots[1]
    return matrix if same and _is_definite(matrix) else None


def _is_definite(matrix: Tensor) -> bool:
    return matrix.is_variable and matrix.has(Kind.POSITIVE_DEFINITE)


def _matrix(entry: At) -> Tensor:
    """The matrix that an entry belongs to, also by its inverse."""
    origin = entry.tensor.origin
    return origin.matrix if isinstance(origin, Inverse) else entry.tensor
