"""Which shapes a statement is looked at: few, small, and different in kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from math import prod

from derive.proof.evaluator.shapes import (
    Preference,
    Search,
    Shape,
    degenerate,
    distinct,
    smallest,
    strided,
)
from derive.proof.evaluator.survey import Survey, implied, statement_indices
from derive.proof.evaluator.work import BUDGET, work
from derive.terms.contexts import Context
from derive.terms.nodes import Term
from derive.terms.sizes import Size

TURNS = 8  # shapes with different sizes before one gives up


class Selection:
    """The shapes at which some terms make sense in a context."""

    def __init__(
        self, found: Survey, context: Context, terms: Sequence[Term], bounds: Sequence[Size] = ()
    ) -> None:
        self.found = found
        self.terms = terms
        self.free = statement_indices(terms)
        needed = [*found.ranges, *bounds, *(index.size - 1 for index in self.free)]
        needed += [s for tensor in found.tensors if tensor.is_variable for s in implied(tensor)]
        self.search = _search(found, context, needed)
        wide = [size - 2 for size in found.ranges if size.names]
        self.wide = _search(found, context, [*needed, *wide])

    def shapes(self, seed: int) -> Iterator[Shape]:
        """All sizes different, then ones and equal sizes, then large strides, then more."""
        seen: list[Shape] = []
        first = (self._wide(distinct(seed, turn)) for turn in (0, 1))
        one = (self._affordable(self.search, degenerate) for _ in range(1))
        large = (self._wide(strided(self.found.strides)) for _ in range(bool(self.found.strides)))
        further = (self._wide(distinct(seed + turn, turn)) for turn in range(2, TURNS))
        for shape in chain(first, one, large, further):
            if shape is not None and shape not in seen:
                seen.append(shape)
                yield shape

    @property
    def least(self) -> int:
        """How many shapes are looked at by default."""
        return 4 if self.found.strides else 3

    def smallest(self) -> Iterator[Shape]:
        """Shapes by their total size."""
        shapes = islice(self.search.shapes(3, smallest), 500)
        return iter(sorted(shapes, key=lambda s: (sum(s.values()), max(s.values(), default=0))))

    def _wide(self, prefer: Preference) -> Shape | None:
        """A shape at which no range is trivial, if there is one."""
        shape = self._affordable(self.wide, prefer)
        return shape if shape is not None else self._affordable(self.search, prefer)

    def _affordable(self, search: Search, prefer: Preference) -> Shape | None:
        """The first shape that is not too much work, else the cheapest seen."""
        seen: list[Shape] = []
        for largest in (5, 3, 2, 8, 12):
            shape = next(search.shapes(largest, prefer), None)
            if shape is not None and self._cost(shape) <= BUDGET:
                return shape
            seen += [] if shape is None else [shape]
            if seen and largest == 2:
                break
        return min(seen, key=self._cost, default=None)

    def _cost(self, shape: Shape) -> int:
        places = prod(index.size.value(shape) for index in self.free)
        return places * work(self.terms, self.found, shape)


def _search(found: Survey, context: Context, needed: Sequence[Size]) -> Search:
    """The search that knows of all names that occur, and of those that constraints link to them."""
    names = {name for size in needed for name in size.names} | found.counted
    linked = names
    while linked:
        linked = {n for c in context.constraints if names & set(c.names) for n in c.names} - names
        names |= linked
    kept = [c for c in context.constraints if names.issuperset(c.names)]
    lower = {name: context.lower.get(name, 1) for name in sorted(names)}
    return Search(lower, list(dict.fromkeys([*kept, *needed])))
