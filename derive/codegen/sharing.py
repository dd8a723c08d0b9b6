"""Sums that occur more than once, up to the names of their indices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from derive.terms.nodes import Sum, Term, subterms
from derive.terms.structure import alpha_key, definitions, forms, free_indices


class Shared:
    """How often each sum occurs in some terms and in what their names stand for."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.times: Counter[Any] = Counter()
        bodies = dict.fromkeys(terms)
        for body in tuple(bodies):
            bodies.update(dict.fromkeys(t.origin.body for t in definitions(body)))  # type: ignore[union-attr]
        for body in bodies:
            inside = [body.body] if isinstance(body, Sum) else [body]
            for top in inside:
                self.times.update(key(p) for p in subterms(top) if isinstance(p, Sum))

    def is_worth(self, term: Sum) -> bool:
        """Whether a sum is to be computed once, on its own."""
        return self.times[key(term)] > 1


def key(term: Term) -> Any:
    """What terms share that differ in the names of their indices only."""
    free = free_indices(term)
    order = dict.fromkeys(
        index for part in subterms(term) for form in forms(part) for index in form.indices
    )
    return alpha_key(term, [index for index in order if index in free])
