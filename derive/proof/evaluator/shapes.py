"""Shapes to look at: small named sizes that obey the context, all different first."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from derive.terms.sizes import Size

Shape: TypeAlias = dict[str, int]
Preference: TypeAlias = Callable[[str, Shape, Sequence[int]], Sequence[int]]
ATTEMPTS = 5_000  # nodes of one search


class Search:
    """All assignments of named sizes at which every requirement is >= 0."""

    def __init__(self, lower: dict[str, int], requirements: Sequence[Size]) -> None:
        self.lower = lower
        self.names = _linked(sorted(lower), requirements)
        place = {name: k for k, name in enumerate(self.names)}
        self.due: list[list[Size]] = [[] for _ in self.names]
        self.possible = True
        for size in requirements:
            if size.names:
                self.due[max(place[name] for name in size.names)].append(size)
            else:
                self.possible &= size.value({}) >= 0

    def shapes(self, largest: int, prefer: Preference) -> Iterator[Shape]:
        """Shapes with sizes up to a largest one, in the order a preference takes."""
        if self.possible:
            yield from self._extended({}, largest, prefer, [ATTEMPTS])

    def _extended(
        self, shape: Shape, largest: int, prefer: Preference, left: list[int]
    ) -> Iterator[Shape]:
        if len(shape) == len(self.names):
            yield dict(shape)
            return
        name = self.names[len(shape)]
        low = self.lower[name]
        high = largest if low < largest else low + 3
        for value in prefer(name, shape, range(low, high + 1)):
            left[0] -= 1
            if left[0] < 0:
                return
            shape[name] = value
            if all(size.value(shape) >= 0 for size in self.due[len(shape) - 1]):
                yield from self._extended(shape, largest, prefer, left)
            del shape[name]


def _linked(names: Sequence[str], requirements: Sequence[Size]) -> list[str]:
    """Names with those that share a requirement next to each other, quotients after divisors."""
    order: dict[str, None] = {}
    ordered = sorted(requirements, key=lambda size: len(size.names))

    def visit(name: str) -> None:
        if name in order:
            return
        order[name] = None
        for size in ordered:
            if name in size.names:
                for other in sorted(size.names, key=lambda n: _only_in_products(n, size)):
                    visit(other)

    for name in names:
        visit(name)
    return list(order)


def _only_in_products(name: str, size: Size) -> bool:
    """Whether a size is linear in a name through another alone: q in ``s q <= H - R``."""
    return all(name not in dict(monomial) or len(monomial) > 1 for monomial, _ in size)


def distinct(seed: int, turn: int = 0) -> Preference:
    """Sizes from 2 up, no two alike as long as they last; another turn takes other sizes."""
    favourite: dict[str, list[int]] = {}
    source = random.Random(seed)

    def prefer(name: str, shape: Shape, values: Sequence[int]) -> Sequence[int]:
        if name not in favourite:
            sizes = [*source.sample((2, 3), 2), 4, 5]
            favourite[name] = [*sizes[turn % 4 :], *sizes[: turn % 4], 1]
        used = list(shape.values())
        rank = {value: k for k, value in enumerate(favourite[name])}
        return sorted(values, key=lambda v: (used.count(v), not v, rank.get(v, v)))

    return prefer


def degenerate(name: str, shape: Shape, values: Sequence[int]) -> Sequence[int]:
    """0 where that is allowed; else one size in three is 1, and the others coincide."""
    first = (0, 1, 2, 3) if len(shape) % 3 == 0 else (0, 2, 3, 1)
    return [v for v in first if v in values] + [v for v in values if v not in first]


def smallest(name: str, shape: Shape, values: Sequence[int]) -> Sequence[int]:
    """Small sizes first."""
    return values
