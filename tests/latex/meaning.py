"""What the nodes of a formula compute, for the reader of LaTeX in the tests."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from tests.latex.values import (
    Dual,
    Multiple,
    Ones,
    applied,
    diagonal_matrix,
    each,
    eliminated,
    levels,
    plain,
    power,
    product,
    slope,
    total,
)

Value: TypeAlias = Any
Node: TypeAlias = "Callable[[Env], Value]"


@dataclass
class Definition:
    """What a name stands for: by entries, or as a whole."""

    slots: tuple[str, ...] | None
    body: Node
    start: Definition | None = None  # of a recurrence, whose first slot counts steps


@dataclass
class Env:
    """What names mean while a formula is evaluated."""

    sizes: Mapping[str, int]
    arrays: dict[str, np.ndarray]  # variables, in their own shapes
    definitions: Mapping[str, Definition]
    ranges: Mapping[str, range]
    first: int
    functions: Mapping[str, Any] = field(default_factory=dict)
    indices: dict[str, int] = field(default_factory=dict)
    known: dict[object, Value] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)  # of random names
    chances: Mapping[str, Sequence[float]] = field(default_factory=dict)  # by group
    outcomes: Mapping[str, int] = field(default_factory=dict)

    def at(self, **indices: int) -> Env:
        """The same names at other indices."""
        return replace(self, indices={**self.indices, **indices})

    def moved(self, name: str, place: tuple[int, ...], level: int) -> Env:
        """One entry with a tangent; what is defined by it follows."""
        if name in self.definitions and self.definitions[name].start is not None:
            moved = replace(self, known={})
            moved.known[name, place] = Dual(self.entry(name, place), 1.0, level)
            return moved
        changed = self.whole(name).astype(object).copy()
        changed[place] = Dual(changed[place], 1.0, level)
        rest = {k: v for k, v in self.definitions.items() if k != name}
        return replace(self, arrays={**self.arrays, name: changed}, definitions=rest, known={})

    def whole(self, name: str) -> np.ndarray:
        """All entries of a variable or of a defined name."""
        if name in self.groups:
            found = self.arrays[name][..., self.outcomes[self.groups[name]]]
            return np.asarray(found, dtype=object)
        if name in self.arrays:
            return self.arrays[name]
        definition = self.definitions[name]
        if definition.slots is None:
            if name not in self.known:
                self.known[name] = np.asarray(as_array(definition.body(self)), dtype=object)
            array: np.ndarray = self.known[name]
            return array
        ranges = [self.ranges[slot] for slot in definition.slots]
        array = np.empty([len(r) for r in ranges], dtype=object)
        for place in itertools.product(*map(range, array.shape)):
            array[place] = self.entry(name, place)
        return array

    def entry(self, name: str, place: tuple[int, ...]) -> Value:
        """An entry by its position from 0; nothing out of range."""
        definition = self.definitions.get(name)
        if definition is None or definition.slots is None:
            array = self.whole(name)
            if array.ndim == 2 and len(place) == 1:
                place = (*place, 0)
            inside = all(0 <= k < size for k, size in zip(place, array.shape, strict=True))
            return array[place] if inside else 0.0
        if not all(
            0 <= k < len(self.ranges[s]) for k, s in zip(place, definition.slots, strict=True)
        ):
            return 0.0
        if definition.start is not None:
            return self.step(name, definition, place)
        if (name, place) not in self.known:
            given = {s: k + self.first for s, k in zip(definition.slots, place, strict=True)}
            self.known[name, place] = definition.body(self.at(**given))
        return self.known[name, place]

    def step(self, name: str, definition: Definition, place: tuple[int, ...]) -> Value:
        """An entry of a recurrence, from the step before."""
        if (name, place) not in self.known:
            assert definition.start is not None and definition.slots and not self.first
            time, *rest = place
            rule = definition if time else definition.start
            slots = definition.slots if time else (definition.start.slots or ())
            given = zip(slots, (time - 1, *rest) if time else rest, strict=True)
            self.known[name, place] = rule.body(self.at(**dict(given)))
        return self.known[name, place]


def as_array(value: Value) -> Value:
    return value.of_size(1) if isinstance(value, Multiple) else value


def standing(array: np.ndarray) -> Value:
    """A variable inside a matrix expression: vectors stand upright, scalars are numbers."""
    if not array.ndim:
        return array[()]
    return array.reshape(-1, 1) if array.ndim == 1 else array


def signed(sign: int, node: Node) -> Node:
    return node if sign == 1 else lambda env: product(-1.0, node(env))


def added(parts: Sequence[Node]) -> Node:
    def value(env: Env) -> Value:
        first, *rest = (part(env) for part in parts)
        for each_value in rest:
            first = total(first, each_value)
        return first

    return value


def multiplied(factors: Sequence[Node]) -> Node:
    """Indicators decide first: nothing times what is undefined is nothing."""
    lazy = [f for f in factors if getattr(f, "is_lazy", False)]

    def value(env: Env) -> Value:
        if any(plain(factor(env)) == 0 for factor in lazy):
            return 0.0
        first, *rest = (f(env) for f in factors)
        for each_value in rest:
            first = product(first, each_value)
        return first

    return value


def hadamard(left: Node, right: Node) -> Node:
    return lambda env: number_or_ones(left(env)) * number_or_ones(right(env))


def number_or_ones(value: Value) -> Value:
    return 1.0 if isinstance(value, Ones) else value


def quotient(above: Node, below: Node) -> Node:
    return lambda env: divided(above(env), below(env))


def divided(above: Value, below: Value) -> Value:
    if isinstance(below, np.ndarray):
        return number_or_ones(above) * applied("inverse", below)
    return product(above, applied("inverse", below))


def expected(body: Node) -> Node:
    """The mean over the outcomes of all random names, each group by itself."""

    def value(env: Env) -> Value:
        total = 0.0
        for picks in itertools.product(*(range(len(c)) for c in env.chances.values())):
            outcomes = dict(zip(env.chances, picks, strict=True))
            chance = math.prod(env.chances[group][k] for group, k in outcomes.items())
            total = total + chance * body(replace(env, outcomes=outcomes, known={}))
        return total

    return value


def summed(name: str, low: Node, high: Node, body: Node) -> Node:
    def value(env: Env) -> Value:
        first, last = int(plain(low(env))), int(plain(high(env)))
        return sum((body(env.at(**{name: k})) for k in range(first, last + 1)), 0.0)

    return value


def derived(body: Node, name: str, slots: Sequence[Node]) -> Node:
    def value(env: Env) -> Value:
        level = next(levels)
        moved = env.moved(name, positions(env, slots), level)
        return slope(body(moved), level)

    return value


def positions(env: Env, slots: Sequence[Node]) -> tuple[int, ...]:
    return tuple(int(plain(slot(env))) - env.first for slot in slots)


def each_power(base: Value, exponent: Value) -> Value:
    if isinstance(base, np.ndarray):
        return each(lambda x: power(x, exponent), base)
    return power(base, exponent)


def matrix_power(base: Value, exponent: Value) -> Value:
    if isinstance(base, np.ndarray):
        assert float(exponent) == -1, "a power of a matrix"
        return eliminated(base)[0]
    return power(base, exponent)


def compared(relation: str, left: float, right: float) -> float:
    found = {
        "=": left == right, "<": left < right, ">": left > right,
        r"\le": left <= right, r"\ge": left >= right,
    }  # fmt: skip
    return float(found[relation])


def choices(env: Env, names: Sequence[str], conditions: Sequence[Node]) -> list[Env]:
    places = itertools.product(*(env.ranges[name] for name in names))
    each_one = (env.at(**dict(zip(names, place, strict=True))) for place in places)
    return [e for e in each_one if all(condition(e) for condition in conditions)]


def index_or_size(env: Env, name: str) -> float:
    return float(env.indices[name] if name in env.indices else env.sizes[name])


def entry_or_family(env: Env, body: Node, slots: Sequence[Node], names: Sequence[str]) -> Value:
    try:
        value = body(env)
    except KeyError:
        places = [env.ranges[name] for name in names]
        found = np.empty([len(r) for r in places], dtype=object)
        for place in np.ndindex(found.shape):
            given = {n: r[k] for n, r, k in zip(names, places, place, strict=True)}
            found[place] = body(env.at(**given))
        return found
    place = positions(env, slots)
    if isinstance(value, Multiple):
        return value.factor if place[0] == place[1] else 0.0
    if not isinstance(value, np.ndarray):
        return number_or_ones(value)
    place = (*place, 0) if len(place) == 1 else place
    return value[tuple(0 if s == 1 else k for k, s in zip(place, value.shape, strict=True))]


OPERATORS: dict[str, Callable[[Value], Value]] = {
    "tr": lambda m: sum((m[k, k] for k in range(len(m))), 0.0),
    "diag": diagonal_matrix,
    "diagonal": lambda m: np.array([[m[k, k]] for k in range(len(m))], dtype=object),
    "sum": lambda m: np.asarray(m, dtype=object).sum(),
}
