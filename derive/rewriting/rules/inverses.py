"""The rules of inverse matrices."""

from __future__ import annotations

from derive.rewriting.algebra import factors, product, total
from derive.rewriting.rules.rule import Given, Rule
from derive.terms.arrays import Array, determinant, log_determinant
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Delta, Sum, Term
from derive.terms.structure import free_indices
from derive.terms.tensors import Definition, Determinant, Inverse, LogDeterminant, Tensor


def _twice(term: Term, given: Given) -> Term | None:
    if not isinstance(term, At) or not isinstance(term.tensor.origin, Inverse):
        return None
    inner = term.tensor.origin.matrix
    return At(inner.origin.matrix, term.slots) if isinstance(inner.origin, Inverse) else None


def _cancel(term: Term, given: Given) -> Term | None:
    """``Σ_k inv(M)[i, k] M[k, j] = [i = j]``, also for the transposes and the other order."""
    if not isinstance(term, Sum):
        return None
    all_factors = factors(term.body)
    around = [f for f in all_factors if term.index in free_indices(f)]
    if len(around) != 2 or not all(isinstance(f, At) for f in around):
        return None
    first, second = around
    assert isinstance(first, At) and isinstance(second, At)
    ends = _ends(first, second, term.index)
    if ends is None:
        return None
    return product((*(f for f in all_factors if f not in around), Delta(ends[0] - ends[1])))


def _ends(first: At, second: At, index: Index) -> tuple[Affine, Affine] | None:
    inverse = any(
        isinstance(a.tensor.origin, Inverse) and a.tensor.origin.matrix == b.tensor
        for a, b in ((first, second), (second, first))
    )
    if not inverse or len(first.slots) != 2 or index.size != first.tensor.shape[0]:
        return None
    places = [[k for k, slot in enumerate(e.slots) if slot.plain is index] for e in (first, second)]
    if [len(p) for p in places] != [1, 1] or places[0] == places[1]:
        return None
    return first.slots[1 - places[0][0]], second.slots[1 - places[1][0]]


def _of_product(term: Term, given: Given) -> Term | None:
    """The determinant of a product of square matrices, or the logarithm of it."""
    origin = term.tensor.origin if isinstance(term, At) else None
    if not isinstance(origin, Determinant | LogDeterminant) or origin.matrix.name:
        return None
    pair = _square_factors(origin.matrix)
    if pair is None:
        return None
    if isinstance(origin, Determinant):
        return product(determinant(matrix).body for matrix in pair)
    return total(log_determinant(matrix).body for matrix in pair)


def _square_factors(matrix: Tensor) -> tuple[Array, Array] | None:
    """The square matrices U and V of which a matrix is the product."""
    meant = matrix.origin
    if not isinstance(meant, Definition) or not isinstance(meant.body, Sum):
        return None
    (i, j), k = meant.indices, meant.body.index
    found = factors(meant.body.body)
    left = [f for f in found if free_indices(f) == {i, k}]
    right = [f for f in found if free_indices(f) == {j, k}]
    if not left or not right or len(left) + len(right) < len(found) or k.size != i.size:
        return None
    return Array((i, k), product(left)), Array((k, j), product(right))


DETERMINANT = Rule(
    "determinant of a product", "det(U @ V) = det(U) * det(V)", _of_product, "inverses"
)
RULES: tuple[Rule, ...] = (
    Rule("inverse of an inverse", "inv(inv(M)) = M", _twice, "inverses"),
    Rule("inverse times matrix", "Σ_k inv(M)[i, k] M[k, j] = [i = j]", _cancel, "inverses"),
)
