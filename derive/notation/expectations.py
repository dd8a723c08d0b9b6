"""Sums over the outcomes of random numbers, read as expectations."""

from __future__ import annotations

from derive.terms.indices import Index
from derive.terms.nodes import At, Mul, Sum, Term, subterms
from derive.terms.tensors import Fact, Kind, Tensor


def expected(term: Term) -> Term | None:
    """What a term is the expectation of, the outcome left out; None if it is none.

    >>> from derive.derivation.moments import expectation, random
    >>> epsilon = random("epsilon", ("n",))
    >>> expected(expectation(epsilon).body)
    At(epsilon, (i,))
    """
    if not isinstance(term, Sum) or not isinstance(term.body, Mul) or len(term.body.parts) != 2:
        return None
    weight, inside = term.body.parts
    if not isinstance(weight, At) or [slot.plain for slot in weight.slots] != [term.index]:
        return None
    if not any(_is_weighted_by(weight.tensor, part) for part in subterms(inside)):
        return None
    found = _without(inside, term.index, weight.tensor)
    return expected(found) or found if found is not None else None


def _is_weighted_by(weights: Tensor, part: Term) -> bool:
    """Whether a part of a term is an entry of random numbers with these probabilities."""
    moments = moments_of(part.tensor) if isinstance(part, At) else None
    return moments is not None and moments.arguments[0] == weights


def _without(term: Term, outcome: Index, weights: Tensor) -> Term | None:
    """The term without an outcome, None where it is used for anything else."""
    if isinstance(term, At) and any(outcome in slot.indices for slot in term.slots):
        if not _is_weighted_by(weights, term):
            return None
        return At(at_an_outcome(term.tensor), term.slots[:-1])
    children = [_without(child, outcome, weights) for child in term.children]
    return None if None in children else term.rebuilt(children)  # type: ignore[arg-type]


def at_an_outcome(tensor: Tensor) -> Tensor:
    """Random numbers as an array without the axis of outcomes."""
    return Tensor(tensor.name, tensor.shape[:-1])


def moments_of(tensor: Tensor) -> Fact | None:
    """The declared moments of a tensor."""
    return next((fact for fact in tensor.facts if fact.kind is Kind.MOMENTS), None)
