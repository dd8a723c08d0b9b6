"""Sums that occur more than once, up to the names of their indices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from derive.codegen.sizes import Typical
from derive.terms.indices import Index
from derive.terms.nodes import Sum, Term, subterms
from derive.terms.structure import alpha_key, definitions, forms, free_indices


class Shared:
    """The sums that some terms, and what their names stand for, have more than once."""

    def __init__(self, terms: Iterable[Term], typical: Typical) -> None:
        self.typical = typical
        times: Counter[Any] = Counter()
        bodies = dict.fromkeys(terms)
        for body in tuple(bodies):
            bodies.update(dict.fromkeys(t.origin.body for t in definitions(body)))  # type: ignore[union-attr]
        for body in bodies:
            inside = [body.body] if isinstance(body, Sum) else [body]
            for top in inside:
                times.update(key(p)[0] for p in subterms(top) if isinstance(p, Sum))
        self.repeated = frozenset(same for same, count in times.items() if count > 1)

    def is_worth(self, term: Sum) -> bool:
        """Whether a sum is to be computed once, on its own."""
        return bool(self.repeated) and key(term)[0] in self.repeated


def key(term: Term) -> tuple[Any, tuple[Index, ...]]:
    """What terms share that differ in the names of their indices only, and those names."""
    free = free_indices(term)
    order = dict.fromkeys(
        index for part in subterms(term) for form in forms(part) for index in form.indices
    )
    known = tuple(index for index in order if index in free)
    return (alpha_key(term, known), tuple(index.size for index in known)), known
