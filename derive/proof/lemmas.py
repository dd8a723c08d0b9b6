"""Theorems used inside other proofs: instances of a proved equation, replaced in a term."""

from __future__ import annotations

from collections.abc import Iterable

from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, D, Sum, Term
from derive.terms.sizes import Size
from derive.terms.statements import Statement
from derive.terms.structure import alpha_key, forms, free_indices, reachable, substituted
from derive.terms.tensors import Kind, Tensor

Renaming = dict[Index, Affine]
OPEN = (Kind.POSITIVE, Kind.NONZERO, Kind.NONSINGULAR, Kind.FULL_COLUMN_RANK, Kind.CONSTANT)


def rewritten(
    term: Term, lemmas: Iterable[Statement], context: Context, fixed: frozenset[Index] = frozenset()
) -> Term:
    """The term with every instance of a lemma's left side replaced by its right side.

    A lemma holds for all values of its free indices in their ranges, but for the fixed ones.
    """
    for lemma in (each for each in lemmas if implies(context, each.context)):
        term = _replaced(term, lemma, context, fixed)
    return term


def implies(context: Context, other: Context) -> bool:
    """Whether all that one context knows of the sizes follows from the other."""
    bounds = (Size.of(name) - bound for name, bound in other.lower.items() if bound > 0)
    return all(map(context.is_nonnegative, (*other.constraints, *bounds)))


def _replaced(term: Term, lemma: Statement, context: Context, fixed: frozenset[Index]) -> Term:
    values = instance(lemma.left, term, fixed)
    if values is not None and all(context.in_range(v, i.size) for i, v in values.items()):
        return substituted(lemma.right, values)
    if not term.children or (isinstance(term, D) and not _passes(lemma, term.variable.tensor)):
        return term
    return term.rebuilt(_replaced(child, lemma, context, fixed) for child in term.children)


def _passes(lemma: Statement, variable: Tensor) -> bool:
    """Whether an equation may be used under a derivative: never a closed fact of its variable."""
    if variable not in (*reachable(lemma.left), *reachable(lemma.right)):
        return True
    return variable.is_variable and all(fact.kind in OPEN for fact in variable.facts)


def instance(pattern: Term, term: Term, fixed: frozenset[Index] = frozenset()) -> Renaming | None:
    """The values of the pattern's free indices at which it is the term, up to bound names."""
    values: Renaming = {}
    wanted = free_indices(pattern) - fixed
    if not _meets(pattern, term, values, wanted, {}):
        return None
    for index in wanted - values.keys():
        values[index] = Affine.of(index)  # read in sums of indices only: perhaps as it is
    moved = substituted(pattern, values)
    return values if alpha_key(moved) == alpha_key(term) else None


def _meets(
    pattern: Term,
    term: Term,
    values: Renaming,
    open_indices: frozenset[Index],
    bound: dict[Index, Index],
) -> bool:
    """Collect values by walking both sides together; the caller compares the results."""
    if type(pattern) is not type(term) or len(pattern.children) != len(term.children):
        return False
    if isinstance(pattern, At | D) and _tensor(pattern) != _tensor(term):
        return False
    for own, other in zip(forms(pattern), forms(term), strict=False):
        _collect(own, other, values, open_indices, bound)
    if isinstance(pattern, Sum) and isinstance(term, Sum):
        bound = {**bound, pattern.index: term.index}
    return all(
        _meets(a, b, values, open_indices, bound)
        for a, b in zip(pattern.children, term.children, strict=True)
    )


def _tensor(term: Term) -> object:
    return term.variable.tensor if isinstance(term, D) else getattr(term, "tensor", None)


def _collect(
    own: Affine,
    other: Affine,
    values: Renaming,
    open_indices: frozenset[Index],
    bound: dict[Index, Index],
) -> None:
    index = own.plain
    if index is not None and index in open_indices and index not in bound:
        values.setdefault(index, other)
