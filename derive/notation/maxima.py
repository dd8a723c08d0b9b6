"""Recognising a maximum: the sum of a body weighted by its own one-hot choice."""

from __future__ import annotations

from dataclasses import dataclass

from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Mul, Sum, Term
from derive.terms.structure import alpha_equal, substituted
from derive.terms.tensors import Choice


@dataclass(frozen=True)
class Largest:
    """The largest of a body over chosen indices at which all allowed forms are >= 0."""

    chosen: tuple[Index, ...]
    body: Term
    allowed: tuple[Affine, ...]


def maximised(term: Sum) -> Largest | None:
    """What a sum is the maximum of, if it is the sum of a body weighted by its own choice."""
    indices: list[Index] = []
    body: Term = term
    while isinstance(body, Sum):
        indices.append(body.index)
        body = body.body
    if not isinstance(body, Mul) or len(body.parts) != 2:
        return None
    weight, value = body.parts
    if not isinstance(weight, At) or weight.tensor.name:
        return None
    if not isinstance(weight.tensor.origin, Choice):
        return None
    found = largest_at(weight.tensor.origin, weight)
    plain = tuple(slot.plain for slot in weight.slots[-len(indices) :])
    if len(indices) != len(found.chosen) or plain != tuple(indices):
        return None
    values = dict(zip(found.chosen, map(Affine.of, indices), strict=True))
    return found if alpha_equal(substituted(found.body, values), value) else None


def largest_at(choice: Choice, entry: At) -> Largest:
    """The maximum that a choice belongs to, at the outer indices of an entry."""
    chosen = tuple(index.fresh() for index in choice.chosen)
    values = dict(zip(choice.outer, entry.slots, strict=False))
    values |= dict(zip(choice.chosen, map(Affine.of, chosen), strict=True))
    allowed = tuple(form.substituted(values) for form in choice.allowed)
    return Largest(chosen, substituted(choice.body, values), allowed)
