"""Assignments of the sizes of a target: all different, of one, coinciding, an empty batch.

Where sizes determine each other, as a kernel and a stride determine the number of outputs, they are
found one after the other in ever new orders, each within what the others leave it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import TypeAlias

import numpy as np

from derive.checking.campaign.targets import Target
from derive.checking.campaign.work import work
from derive.terms.contexts import Context

Sizes: TypeAlias = Mapping[str, int]
Generator: TypeAlias = np.random.Generator

TRIES = 60  # orders in which sizes are assigned
MANY = 60  # classes, features or places
LARGE = (10_000, 1000, 300, 100, 50)
MOST_WORK = 300_000  # entries of the largest intermediate result
BEYOND = range(8, 26)  # what only a size takes that others determine


def pool(target: Target, kind: str) -> tuple[Sizes, ...]:
    """Assignments of the sizes of a kind, a few, always the same."""
    if kind == "large":
        return _large(target)
    return _pool(*_known(target), kind, _leading(target), _last(target))


def _known(target: Target) -> tuple[tuple[str, ...], tuple[str, ...], Context]:
    integers = tuple(name for size in target.integers.values() for name in size.names)
    return target.sizes, integers, target.context


def _large(target: Target) -> tuple[Sizes, ...]:
    """Sizes as large as the work that the formula is allows, where they may be chosen."""
    names, integers, context = _known(target)
    tied = {name for c in context.constraints for name in c.names}
    free = [n for n in names if n not in tied and n not in integers]
    base = pool(target, "different") if target.trajectory is None else ()
    for size in LARGE if base else ():
        sizes = {**base[0], **{name: size + k for k, name in enumerate(free)}}
        if free and work(target.extents, sizes) <= MOST_WORK:
            return (sizes,)
    return ()


@lru_cache(maxsize=500)
def _pool(
    names: tuple[str, ...],
    integers: tuple[str, ...],
    context: Context,
    kind: str,
    leading: str,
    last: str,
) -> tuple[Sizes, ...]:
    return tuple(POOLS[kind](Search(names, integers, context), leading, last))


def small(target: Target, count: int) -> list[Sizes]:
    """Assignments that are as small as can be found, the smallest first."""
    search = Search(*_known(target))
    found = {tuple(sizes.items()): sizes for sizes in search.ascending(count)}
    return sorted(found.values(), key=lambda s: (sum(s.values()), *s.values()))


def _leading(target: Target) -> str:
    """The size of the first axis of the first array: a batch as a rule."""
    for name in target.needed:
        shape = target.spaces[name].shape
        if len(shape) > 1 or (shape and len(target.needed) == 1):
            return str(shape[0])
    return ""


def _last(target: Target) -> str:
    shapes = [target.spaces[name].shape for name in target.needed]
    return next((str(shape[-1]) for shape in shapes if shape), "")


class Search:
    """The search for assignments that keep what a context says."""

    def __init__(self, names: tuple[str, ...], integers: tuple[str, ...], context: Context) -> None:
        self.names, self.integers, self.context = names, integers, context
        self.own = {name: set(c.names) for c in context.constraints for name in c.names}
        self.constraints = [(set(c.names), c) for c in context.constraints]

    def found(
        self, rng: Generator, wanted: Mapping[str, Sequence[int]], distinct: bool = False
    ) -> dict[str, int] | None:
        """An assignment that prefers the wanted values, in their order."""
        for _ in range(TRIES):
            sizes: dict[str, int] = {}
            for name in self._order(rng):
                value = self._value(name, sizes, wanted[name], distinct)
                if value is None:
                    break
                sizes[name] = value
            if len(sizes) == len(self.names):
                return {name: sizes[name] for name in self.names}
        return None

    def _order(self, rng: Generator) -> list[str]:
        """Strides and the like first, then the others in some order."""
        others = [name for name in self.names if name not in self.integers]
        first = [name for name in self.names if name in self.integers]
        return first + [others[k] for k in rng.permutation(len(others))]

    def _value(
        self, name: str, sizes: dict[str, int], wanted: Sequence[int], distinct: bool
    ) -> int | None:
        used = {v for other, v in sizes.items() if other not in self.integers}
        fresh = distinct and name not in self.integers
        first = [v for v in wanted if v not in used] if fresh else list(wanted)
        for value in (*first, *wanted, *(BEYOND if name not in self.integers else ())):
            if self._is_allowed(name, {**sizes, name: value}):
                return value
        return None

    def _is_allowed(self, name: str, sizes: dict[str, int]) -> bool:
        if sizes[name] < self.context.lower.get(name, 1):
            return False
        known = set(sizes)
        return all(
            c.value(sizes) >= 0 for names, c in self.constraints if name in names and names <= known
        )

    def lowest(self, name: str) -> int:
        """The least value of a size."""
        return self.context.lower.get(name, 1)

    def ascending(self, count: int) -> Iterator[dict[str, int]]:
        """Assignments of small values, found in several orders."""
        rng = np.random.default_rng(count)
        for k in range(count):
            # One more of some size each time, so that not all are as small as can be.
            wanted = {n: range(self.lowest(n), self.lowest(n) + 6) for n in self.names}
            for name in rng.permutation(np.array(self.names, dtype=object))[: k % 4]:
                wanted[name] = range(self.lowest(name) + 1 + k % 2, self.lowest(name) + 6)
            found = self.found(rng, wanted)
            if found is not None:
                yield found


def _different(search: Search, leading: str, last: str) -> Iterator[Sizes]:
    """All sizes different, odd and even; as they fall where that cannot be."""
    rng = np.random.default_rng(len(search.names))
    free = [name for name in search.names if name not in search.integers]
    highest = max(7, min(3 + len(free), 9))
    found = []
    for k in range(36):
        wanted = {}
        for name in search.names:
            low = search.lowest(name)
            span = range(low, low + 3) if name in search.integers else range(1 + (k < 9), highest)
            wanted[name] = [int(v) for v in rng.permutation(np.array(span))]
        found.append(search.found(rng, wanted, distinct=True))
    yield from _least(found, search, 12)


def _ones(search: Search, leading: str, last: str) -> Iterator[Sizes]:
    """All sizes as small as they may be, and one of them at a time."""
    rng = np.random.default_rng(1)
    low = {name: range(search.lowest(name), search.lowest(name) + 7) for name in search.names}
    smallest = search.found(rng, low)
    if smallest is None:
        return
    yield smallest
    for name in search.names[:6]:
        wanted = {other: [int(v) for v in rng.permutation(np.arange(2, 7))] for other in low}
        for whole in search.integers:
            wanted[whole] = list(low[whole])[:3]
        found = search.found(rng, {**wanted, name: [1, *wanted[name]]}, distinct=True)
        if found is not None and found[name] == 1:
            yield found


def _equal(search: Search, leading: str, last: str) -> Iterator[Sizes]:
    """Sizes that coincide, as far as they can."""
    rng = np.random.default_rng(2)
    for k in (3, 2, 4):
        wanted = {name: [k, *range(1, 7)] for name in search.names}
        for name in search.integers:
            wanted[name] = [max(1, search.lowest(name)), search.lowest(name)]
        found = search.found(rng, wanted)
        if found is not None:
            yield found


def _empty(search: Search, leading: str, last: str) -> Iterator[Sizes]:
    """An empty batch."""
    tied = {name for names, _ in search.constraints for name in names}
    if leading not in search.names or leading in tied or search.lowest(leading) > 1:
        return
    for found in _different(search, leading, last):
        yield {**found, leading: 0}
        return


def _few(search: Search, leading: str, last: str) -> Iterator[Sizes]:
    """Small sizes, more than one as a rule, so that a point has few entries."""
    rng = np.random.default_rng(3)
    found = []
    for k in range(30):
        wanted = {}
        for name in search.names:
            low = max(search.lowest(name), int(name not in search.integers))
            span = range(low, low + 3) if name in search.integers else (1 + k % 3, 2, 1, 3)
            wanted[name] = [int(v) for v in (rng.permutation(span) if low == span[0] else span)]
        found.append(search.found(rng, wanted))
    yield from _least(found, search, 8)


def _least(
    found: Sequence[dict[str, int] | None], search: Search, count: int
) -> list[dict[str, int]]:
    """Where there are many sizes, mostly those assignments that make the least work."""
    known = {tuple(sizes.items()): sizes for sizes in found if sizes is not None}
    if len(search.names) < 7:
        return list(known.values())[:count]
    free = [name for name in search.names if name not in search.integers]
    ordered = sorted(known.values(), key=lambda s: prod(s[name] for name in free))
    cheap = count * 2 // 3
    return ordered[:cheap] + ordered[cheap :: max(1, len(ordered) // count)][: count - cheap]


def _many(search: Search, leading: str, last: str) -> Iterator[Sizes]:
    """Many classes, features or places, along the last axis."""
    tied = {name for names, _ in search.constraints for name in names}
    for found in _different(search, leading, last):
        if last in search.names and last not in tied and len(search.names) < 8:
            yield {**found, last: MANY}
        return


POOLS: dict[str, Callable[[Search, str, str], Iterator[Sizes]]] = {
    "different": _different,
    "ones": _ones,
    "equal": _equal,
    "empty": _empty,
    "few": _few,
    "many": _many,
}
