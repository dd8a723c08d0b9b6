"""Which shapes a statement is looked at: few, small, and different in kind."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from itertools import islice

from derive.proof.evaluator.shapes import (
    Preference,
    Search,
    Shape,
    degenerate,
    distinct,
    smallest,
)
from derive.proof.evaluator.survey import Survey, implied, statement_indices
from derive.proof.evaluator.work import BUDGET, work
from derive.terms.contexts import Context
from derive.terms.nodes import Term
from derive.terms.sizes import Size

LONG = 3  # a large stride: kernels of two are shorter
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
        long = [Size.of(name) - LONG for name in sorted(found.strides)]
        self.long = _search(found, context, [*needed, *wide, *long])
        named = dict.fromkeys([*map(Size.of, self.search.names), *found.ranges])
        self.confused = list(itertools.combinations(named, 2))

    def shapes(self, seed: int) -> Iterator[Shape]:
        """All sizes different, then ones and equal sizes, then large strides, then more."""
        seen: list[Shape] = []
        for shape in self._candidates(seed):
            if shape is not None and shape not in seen:
                seen.append(shape)
                self.confused = self._still_confused(shape)
                yield shape

    def _candidates(self, seed: int) -> Iterator[Shape | None]:
        yield self._separating(seed, 0)
        yield self._separating(seed, 1)
        yield self._affordable((self.search,), degenerate)
        if self.found.strides:
            yield self._affordable((self.long, self.wide, self.search), smallest)
        for turn in range(2, TURNS):
            yield self._separating(seed + turn, turn)

    @property
    def least(self) -> int:
        """How many shapes are looked at by default."""
        return 4 if self.found.strides else 3

    def smallest(self) -> Iterator[Shape]:
        """Shapes by their total size."""
        shapes = islice(self.search.shapes(3, smallest), 500)
        return iter(sorted(shapes, key=lambda s: (sum(s.values()), max(s.values(), default=0))))

    def _still_confused(self, shape: Shape) -> list[tuple[Size, Size]]:
        """The pairs of sizes that were equal at all shapes so far, this one included."""
        return [(a, b) for a, b in self.confused if a.value(shape) == b.value(shape)]

    def _separating(self, seed: int, turn: int) -> Shape | None:
        """A shape at which sizes differ that did not yet, at a bearable cost."""
        for search in (self.wide, self.search):
            fewest, best = len(self.confused) + 1, None
            for largest, more in itertools.product((5, 4, 3, 2), range(TURNS)):
                prefer = distinct(seed + more, turn)
                shape = next(search.shapes(largest, prefer), None)
                confused = fewest if shape is None else len(self._still_confused(shape))
                if shape is not None and confused < fewest and not self._excess(shape):
                    fewest, best = confused, shape
                if not fewest:
                    break
            if best is not None:
                return best
        return self._affordable((self.wide, self.search), distinct(seed, turn))

    def _affordable(self, searches: Sequence[Search], prefer: Preference) -> Shape | None:
        """The first shape that is not too much work, else the cheapest seen."""
        seen: list[Shape] = []
        for search, largest in itertools.product(searches, (5, 3, 2, 8, 12)):
            shape = next(search.shapes(largest, prefer), None)
            if shape is not None and not self._excess(shape):
                return shape
            seen += [] if shape is None else [shape]
        return min(seen, key=self._excess, default=None)

    def _excess(self, shape: Shape) -> int:
        """By how much the work at one place is too much."""
        return max(0, work(self.terms, self.found, shape) - BUDGET // 2)


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
