"""Derivatives step by step: the author of the derivations that ``derive grad`` shows."""

from __future__ import annotations

from dataclasses import dataclass

from derive.rewriting.author import Author, NoRule
from derive.rewriting.steps import Step, grouped
from derive.terms.arrays import Array
from derive.terms.contexts import Context
from derive.terms.indices import Affine
from derive.terms.nodes import At, D, Sum, Term
from derive.terms.structure import definitions, substituted
from derive.terms.tensors import Tensor


@dataclass(frozen=True)
class Derived:
    """A derivative with its steps; ``result`` has the axes of the value, then of the variable."""

    start: Term
    steps: tuple[Step, ...]
    result: Array
    context: Context

    @property
    def definitions(self) -> tuple[Tensor, ...]:
        """The names that occur in the steps, in the order in which they can be computed."""
        terms = (self.start, *(step.after for step in self.steps))
        found = dict.fromkeys(tensor for term in terms for tensor in definitions(term))
        return tuple(found)


def rebound(term: Term) -> Term:
    """The term with new bound indices, so that those of the result are the oldest."""
    if isinstance(term, Sum):
        index = term.index.fresh()
        return Sum(index, rebound(substituted(term.body, {term.index: Affine.of(index)})))
    return term.rebuilt(map(rebound, term.children))


def gradient_steps(
    value: Array, by: Array, context: Context | None = None, kind: str = "gradient"
) -> Derived:
    """The derivative of a value by a variable, derived step by step.

    >>> from derive.terms.arrays import variable
    >>> X, b, y = variable("X", ("n", "p")), variable("b", ("p",)), variable("y", ("n",))
    >>> derived = gradient_steps(((X @ b - y) ** 2).sum(), b)
    >>> [tensor.name for tensor in derived.definitions], derived.result.shape
    (['r'], (p,))
    """
    context = context or Context()
    own, body = value.fresh()
    axes, entry = by.fresh()
    if not isinstance(entry, At):
        raise NoRule("a derivative is taken by a variable or a defined name")
    body = rebound(body)
    start: Term = D(body, entry)
    author = Author(body, entry.tensor, context)
    if kind != "hessian":
        term = author.derived(start)
        return Derived(start, grouped(author.steps), Array((*own, *axes), term), context)
    others, other = by.fresh()
    assert isinstance(other, At)
    inner = author.derived(start, outside=other)
    term = author.derived(D(inner, other))
    result = Array((*own, *axes, *others), term)
    return Derived(D(start, other), grouped(author.steps), result, context)
