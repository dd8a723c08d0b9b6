"""Worlds: the sizes, variables and definitions about which one random pair of terms speaks."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.sizes import ONE, Size, sizes
from derive.terms.tensors import Fact, Function, Kind, Tensor

n, m, K, H, k, L, s, d, p = sizes("n m K H k L s d p")
RANGES = (n, m, K, Size.of(3), Size.of(2), n + 1, n - 1, n + m - 1, ONE)
RANGE_WEIGHTS = (8, 6, 4, 2, 1, 1, 1, 1, 1)
FEATURES = ("sums", "guards", "strides", "quotients", "exponentials", "definitions")
RARER = (
    "conditions",
    "maxima",
    "inverses",
    "derivatives",
    "second derivatives",
    "facts",
    "symbolic powers",
    "opaque functions",
    "recurrences",
)
MATRIX_FACTS = (
    Kind.SYMMETRIC,
    Kind.POSITIVE_DEFINITE,
    Kind.ORTHONORMAL,
    Kind.SIMPLEX,
    Kind.ONE_HOT,
    Kind.MASK,
    Kind.SIGNS,
    Kind.POSITIVE,
    Kind.NONNEGATIVE,
)


@dataclass
class World:
    """What one pair may speak about; `wanted` are the features that its terms should have."""

    chance: random.Random
    context: Context
    ranges: list[Size]
    wanted: frozenset[str]
    tensors: list[Tensor] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    names: int = 0

    def index(self, size: Size) -> Index:
        """A new index."""
        self.names += 1
        return Index("ijklabcuvw"[self.names % 10], size)

    def name(self, letter: str) -> str:
        """A name that no tensor has yet."""
        self.names += 1
        return f"{letter}{self.names}"

    def tensor(self, letter: str, shape: Sequence[Size], *kinds: Kind) -> Tensor:
        """A new variable."""
        made = Tensor(self.name(letter), tuple(shape), tuple(map(Fact, kinds)))
        self.tensors.append(made)
        return made


def drawn_world(chance: random.Random) -> World:
    """A world with two or three ranges, plain variables, and some with facts."""
    wanted = {feature for feature in FEATURES if chance.random() < 0.4}
    wanted |= {feature for feature in RARER if chance.random() < 0.15}
    ranges = list(dict.fromkeys(chance.choices(RANGES, RANGE_WEIGHTS, k=3)))
    lower = {"p": 0}
    if any("n" in size.names and size != n for size in ranges) and chance.random() < 0.7:
        lower["n"] = 2
    constraints: tuple[Size, ...] = ()
    if "strides" in wanted:
        ranges = [H, k, L, *ranges[:1]]
        constraints = (H + 2 * p - d * (k - 1) - s * (L - 1) - 1,) if chance.random() < 0.7 else ()
    world = World(chance, Context(lower, constraints), ranges, frozenset(wanted))
    _add_variables(world)
    return world


def _add_variables(world: World) -> None:
    chance = world.chance
    world.tensor("c", ())
    world.tensor("t", (), Kind.POSITIVE)
    for size in world.ranges:
        world.tensor("x", (size,))
    for _ in range(3):
        rank = chance.choice((1, 2, 2, 3))
        world.tensor("A", chance.choices(world.ranges, k=rank))
    world.tensor("r", (world.ranges[0],), Kind.POSITIVE)
    if "facts" in world.wanted:
        for kind in chance.sample(MATRIX_FACTS, 3):
            world.tensor("F", _shape(world, kind), kind)
    if "inverses" in world.wanted:
        world.tensor("M", (world.ranges[0],) * 2, Kind.NONSINGULAR)
        world.tensor("P", (world.ranges[0],) * 2, Kind.POSITIVE_DEFINITE)
    if "opaque functions" in world.wanted:
        world.functions += [Function("f"), Function("g", 2)]


def _shape(world: World, kind: Kind) -> tuple[Size, ...]:
    one = world.chance.choice(world.ranges)
    if kind in (Kind.SYMMETRIC, Kind.POSITIVE_DEFINITE):
        return (one, one)
    if kind is Kind.ORTHONORMAL:
        return (world.ranges[-1], world.ranges[0])
    return tuple(world.chance.choices(world.ranges, k=world.chance.choice((1, 2))))


def geometry(first: Index, second: Index) -> Affine:
    """The place ``s i + d j - p`` that a convolution reads."""
    return s * first + d * second - p
