"""The rules of symmetric matrices, and the facts by which a matrix is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from derive.rewriting.algebra import factors, product, rebuilt, split, without
from derive.rewriting.canonical import canonical, holds, same, tensor_depends
from derive.rewriting.rules.rule import Given, Rule
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Add, At, Delta, Num, Sum, Term, subterms
from derive.terms.structure import free_indices, substituted
from derive.terms.tensors import Definition, Inverse, Kind, Tensor

if TYPE_CHECKING:
    from derive.rewriting.rewriting import Rewrite

SYMMETRIC = (Kind.SYMMETRIC, Kind.POSITIVE_DEFINITE)
Used: TypeAlias = "tuple[tuple[Tensor, Kind], ...]"


def symmetric_by(tensor: Tensor) -> Used | None:
    """The declared facts by which a matrix equals its transpose; None if that is not plain."""
    declared = [kind for kind in SYMMETRIC if tensor.has(kind)]
    origin = tensor.origin
    if isinstance(origin, Inverse):
        return symmetric_by(origin.matrix)
    if declared:
        return ((tensor, declared[0]),)
    if not isinstance(origin, Definition) or len(origin.indices) < 2:
        return None
    i, j = origin.indices[-2:]
    if i.size != j.size:
        return None
    body = _weighted(origin.body)
    swapped = substituted(body, {i: Affine.of(j), j: Affine.of(i)})
    inside = {part.tensor: None for part in subterms(body) if isinstance(part, At)}
    used = {t: symmetric_by(t) for t in inside if len(t.shape) > 1}
    symmetric = frozenset(t for t, by in used.items() if by is not None)
    if canonical(swapped, symmetric) != canonical(body, symmetric):
        return None
    if canonical(swapped) == canonical(body):
        return ()
    return tuple(dict.fromkeys(pair for by in used.values() for pair in by or ()))


def _weighted(term: Term) -> Term:
    """A term in which diagonal matrices are weights: ``Σ_k A[i, k] [k = j] w[j]`` as a product."""
    if not holds(term, Delta):
        return term
    new = rebuilt(term, map(_weighted, term.children))
    if not isinstance(new, Sum):
        return new
    found = factors(new.body)
    for delta in found:
        other = _other_end(delta, new.index)
        if other is not None:
            rest = product(without(found, delta))
            return _weighted(substituted(rest, {new.index: Affine.of(other)}))
    return new


def _other_end(delta: Term, index: Index) -> Index | None:
    """The j of a factor ``[i = j]`` over equal ranges."""
    for other in delta.form.indices if isinstance(delta, Delta) else ():
        plain = delta in (Delta(index - other), Delta(other - index))
        if plain and other is not index and other.size == index.size:
            return other
    return None


def symmetric_tensors(term: Term, given: Given) -> tuple[Tensor, ...]:
    """The symmetric matrices of a term whose symmetry may be used."""
    entries = [part for part in subterms(term) if isinstance(part, At) and len(part.slots) > 1]
    found = dict.fromkeys(entry.tensor for entry in entries)
    return tuple(t for t in found if _may_use(symmetric_by(t), given))


def _may_use(facts: Used | None, given: Given) -> bool:
    """Whether no fact is about a variable by which a derivative is still to be taken."""
    varied = given.varied
    if facts is None:
        return False
    return varied is None or not any(tensor_depends(tensor, varied) for tensor, _ in facts)


def _alike(term: Term, symmetric: frozenset[Tensor]) -> Term | None:
    """A sum with parts that are equal by symmetry written alike; None if there are none."""
    assert isinstance(term, Add)
    seen: dict[int, Term] = {}
    new: list[Term] = []
    changed = False
    for part in term.parts:
        number, rest = split(part)
        kept = product(rest)
        first = seen.setdefault(canonical(kept, symmetric), kept)
        changed = changed or not same(first, kept)
        new.append(product((Num(number), first)))
    return Add(new) if changed else None


def _symmetry(term: Term, given: Given) -> Term | None:
    if not isinstance(term, Add):
        return None
    return _alike(term, frozenset(symmetric_tensors(term, given)))


def matrices_transposed(rewrite: Rewrite) -> tuple[Tensor, ...]:
    """The matrices that a rewrite takes to equal their transposes."""
    if rewrite.rule == TRANSPOSED.name:
        return tuple(filter(None, (rewrite.given.tensor,)))
    if rewrite.rule != SYMMETRY.name:
        return ()
    needed = symmetric_tensors(rewrite.before, rewrite.given)
    for tensor in needed:
        fewer = frozenset(needed) - {tensor}
        if _alike(rewrite.before, fewer) == rewrite.after:
            needed = tuple(t for t in needed if t in fewer)
    return needed


def _transposed(term: Term, given: Given) -> Term | None:
    """The slots of a symmetric matrix in the order in which a matrix product reads them."""
    if not isinstance(term, Sum) or given.tensor is None:
        return None
    if not _may_use(symmetric_by(given.tensor), given):
        return None
    all_factors = factors(term.body)
    for factor in all_factors:
        if isinstance(factor, At) and factor.tensor == given.tensor:
            others = without(all_factors, factor)
            swapped = _in_reading_order(factor, term.index, others)
            if swapped != factor:
                rest = (swapped if f is factor else f for f in all_factors)
                return Sum(term.index, product(rest))
    return None


def _in_reading_order(entry: At, bound: Index, others: Sequence[Term]) -> At:
    """The bound slot first where another factor has an older index to its left, else last."""
    *stack, first, second = entry.slots
    if sorted([first.plain is bound, second.plain is bound]) != [False, True]:
        return entry
    inner, outer = (first, second) if first.plain is bound else (second, first)
    around = [i.serial for f in others for i in free_indices(f) if i is not bound]
    older = bool(around) and min(around) < max((i.serial for i in outer.indices), default=-1)
    return At(entry.tensor, (*stack, *((inner, outer) if older else (outer, inner))))


def transposes_inverse(rewrite: Rewrite) -> bool:
    """Whether a rewrite uses that the inverse of a symmetric matrix is symmetric."""
    return any(isinstance(tensor.origin, Inverse) for tensor in matrices_transposed(rewrite))


SYMMETRY = Rule(
    "symmetry",
    "Σ_j A[i, j] x[j] + Σ_j A[j, i] x[j] = Σ_j A[i, j] x[j] + Σ_j A[i, j] x[j]",
    _symmetry,
    "facts",
)
TRANSPOSED = Rule("symmetric matrix", "A.T @ x = A @ x", _transposed, "facts", "fact")
