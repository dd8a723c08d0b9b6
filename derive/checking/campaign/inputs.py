"""Inputs by construction: draws that are each meant to find what ordinary ones do not.

A draw is a number in a plan: the same seed and number give the same draw again, whatever else ran.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking.campaign.sizes import Sizes, pool
from derive.checking.campaign.targets import Target
from derive.spaces import Positive, Space
from derive.terms.tensors import Kind

Reals: TypeAlias = npt.NDArray[Any]
Generator: TypeAlias = np.random.Generator
Sampler: TypeAlias = Callable[[Generator, Space, Sizes, int], Reals]

# Logits of this size overflow in double precision; the widest type has to hold their exponential.
HUGE = 1000.0 if np.finfo(np.longdouble).maxexp > 10_000 else 200.0
OFFSETS = (1e3, 1e5)
CONDITIONED = {Kind.FULL_COLUMN_RANK, Kind.NONSINGULAR, Kind.POSITIVE_DEFINITE}
MANY_ENTRIES = 1000  # of all arrays of a draw
BADLY_SCALED = ("extremes", "large offset", "tiny values")
OWN = "your inputs"  # the regime of what nothing draws


@dataclass(frozen=True)
class Draw:
    """Arrays for the variables of a target, the cotangent among them, and how they came about."""

    number: int
    regime: str
    sizes: Sizes
    arrays: Mapping[str, Reals]
    dtype: type[np.floating[Any]] = np.float64

    @property
    def is_extreme(self) -> bool:
        """Whether the numbers, not the formula, are what this draw tries."""
        return self.regime in ("extremes", "large offset", "tiny values", "ill-conditioned")

    @property
    def is_plain(self) -> bool:
        """Whether nothing is special about these inputs."""
        return self.regime == REGIMES[0].name

    @property
    def is_own(self) -> bool:
        """Whether these are inputs of the user's own, which nothing moves."""
        return self.regime == OWN

    @property
    def is_large(self) -> bool:
        """Whether the formula is much work there, and double precision enough as a rule."""
        entries = sum(values.size for values in self.arrays.values())
        return entries > MANY_ENTRIES and self.dtype == np.float64


@dataclass(frozen=True)
class Regime:
    """A name, which sizes it uses, how it draws a variable, its layout in memory and its types."""

    name: str
    draws: int
    sizes: str = "different"
    draw: Sampler = field(default=lambda rng, space, sizes, k: space.sample(rng, sizes))
    layout: Callable[[Generator, Reals], Reals] = field(default=lambda rng, values: values)
    types: tuple[type[np.floating[Any]], ...] = (np.float64,)
    cotangent: float = 1.0


def plan(target: Target, types: tuple[type[np.floating[Any]], ...] = ()) -> list[Regime]:
    """The regime of every draw, in order; regimes that say nothing of a target are left out."""
    found = []
    for regime in REGIMES:
        if not applies(regime, target.spaces):
            continue
        if regime.name in BADLY_SCALED and _is_regularised(target):
            continue
        if regime.name == "integers" and not any(map(_is_whole(target), target.spaces)):
            continue
        if types:
            regime = replace(regime, types=tuple(t for t in regime.types if t in types) or types)
            if regime.name == "integers" and np.float64 not in types:
                continue
        for size in pool(target, regime.sizes)[:1]:
            assert size is not None
            found += [regime] * regime.draws
    return found


def applies(regime: Regime, spaces: Mapping[str, Space]) -> bool:
    """Whether a regime draws anything else than another one would."""
    conditioned = any(CONDITIONED & set(space.family.kinds) for space in spaces.values())
    return conditioned or regime.name != "ill-conditioned"


def sizes_of(target: Target, number: int, regimes: list[Regime]) -> Sizes:
    """The sizes of the draw of a number."""
    choices = pool(target, regimes[number].sizes)
    return choices[number % len(choices)]


def drawn(target: Target, seed: int, number: int, regimes: list[Regime]) -> Draw:
    """The draw of a number."""
    regime = regimes[number]
    rng = np.random.default_rng([seed, number])
    sizes = sizes_of(target, number, regimes)
    dtype = regime.types[number % len(regime.types)]
    arrays = {}
    for k, (name, space) in enumerate(target.spaces.items()):
        if name == target.cotangent:
            # Seeded apart from the inputs, so that it can be no function of them.
            apart = np.random.default_rng([seed, number, 1])
            values = apart.standard_normal(_shape(space, sizes)) * regime.cotangent
        else:
            values = _draw(regime, target, name)(rng, space, sizes, number + k)
        arrays[name] = made(regime, rng, space, values, dtype)
    return Draw(number, regime.name, sizes, arrays, dtype)


def made(
    regime: Regime, rng: Generator, space: Space, values: Reals, dtype: type[np.floating[Any]]
) -> Reals:
    """What was drawn, in a type and as a regime has it in memory; rows that must differ stay so."""
    values = np.asarray(values)
    typed = values if values.dtype.kind == "i" else values.astype(dtype)
    kept = regime.name == "broadcast memory" and not _is_free(space)
    return typed if kept else regime.layout(rng, typed)


def _draw(regime: Regime, target: Target, name: str) -> Sampler:
    """How a regime draws a variable of a target."""
    if regime.name == "integers" and not _is_whole(target)(name):
        return _plainly
    if target.inverts and regime.name in ("parameters", "scales"):
        return _moderately
    return regime.draw


def _is_regularised(target: Target) -> bool:
    """Whether a parameter alone keeps a matrix from being singular, next to large numbers too."""
    return target.inverts and not any(
        CONDITIONED & set(space.family.kinds) for space in target.spaces.values()
    )


def _is_whole(target: Target) -> Callable[[str], bool]:
    """Whether integers may be given for a variable: not for one that a derivative is taken in."""
    varied, spaces = target.varied, target.spaces
    return lambda name: bool(_is_free(spaces[name]) and spaces[name].shape and name not in varied)


def _shape(space: Space, sizes: Sizes) -> tuple[int, ...]:
    return tuple(size.value(sizes) for size in space.shape)


def moved_into_domain(target: Target, draw: Draw, attempt: int) -> Draw:
    """The same draw with its unconstrained variables made positive, or small, or both."""
    changes: list[Callable[[Reals], Reals]] = [
        np.abs,
        lambda v: np.abs(v) + 0.5,
        lambda v: np.tanh(v) / 2,
    ]
    change = changes[attempt]
    arrays = {}
    for name, values in draw.arrays.items():
        free = not target.spaces[name].family.kinds and values.dtype.kind == "f"
        moved = np.asarray(change(values), dtype=values.dtype) if free else values
        arrays[name] = values if name == target.cotangent else moved
    return replace(draw, arrays=arrays)


ATTEMPTS = 3

# --------------------------------------------------------------------------------------------
# Values


def _is_free(space: Space) -> bool:
    return not space.family.kinds


def _plainly(rng: Generator, space: Space, sizes: Sizes, k: int) -> Reals:
    return space.sample(rng, sizes)


def _whole(rng: Generator, space: Space, sizes: Sizes, k: int) -> Reals:
    """Integers where nothing is known of an array, and ordinary numbers elsewhere."""
    if not _is_free(space) or not space.shape:
        return space.sample(rng, sizes)
    return np.asarray(rng.integers(-3, 4, size=_shape(space, sizes)))


def _tied(rng: Generator, space: Space, sizes: Sizes, k: int) -> Reals:
    """Few different small numbers, so that maxima tie and conditions are met exactly."""
    if not _is_free(space):
        return space.sample(rng, sizes)
    width = (1, 2, 4)[k % 3]
    return rng.integers(-width, width + 1, size=_shape(space, sizes)).astype(float)


def _scaled(rng: Generator, space: Space, sizes: Sizes, k: int) -> Reals:
    return space.sample(rng, sizes, (0.01, 10.0, 100.0, 1.0)[k % 4])


def _extreme(rng: Generator, space: Space, sizes: Sizes, k: int) -> Reals:
    """One variable after the other at the size at which exponentials overflow, or all of them."""
    # The types alternate from draw to draw, and so may nothing else.
    if not space.shape and not k // 2 % 2:
        return space.sample(rng, sizes)
    if not space.shape and _is_free(space):
        return np.asarray((HUGE, -HUGE)[k // 4 % 2] * rng.uniform(0.75, 1.25))
    return space.sample(rng, sizes, HUGE)


def _tiny(rng: Generator, space: Space, sizes: Sizes, k: int) -> Reals:
    return space.sample(rng, sizes, 1e-4 if space.shape else 1.0)


def _offset(rng: Generator, space: Space, sizes: Sizes, k: int) -> Reals:
    """One variable in three far from nought: were all of them, none would stand out."""
    moved = _is_free(space) and space.shape and k % 3 == 0
    return space.sample(rng, sizes) + (OFFSETS[k // 6 % len(OFFSETS)] if moved else 0)


def _parameters(rng: Generator, space: Space, sizes: Sizes, k: int) -> Reals:
    """Scalars at nought, below it and above one, as far as their space lets them."""
    if space.shape:
        return space.sample(rng, sizes)
    if _is_free(space):
        return np.asarray((0.0, -0.75, 2.5, 1.0)[k % 4])
    if space.family is Positive:
        return np.asarray((1e-5, 1e-8, 2.5, 0.5)[k % 4])
    return space.sample(rng, sizes)


def _moderately(rng: Generator, space: Space, sizes: Sizes, k: int) -> Reals:
    """Parameters where they regularise an inverse: how nearly singular it may get is no question
    of theirs, and right code differs there."""
    if space.family is Positive and not space.shape:
        return np.asarray((0.2, 30.0, 2.5, 0.5)[k % 4])
    return space.sample(rng, sizes, (0.1, 3.0, 1.0)[k % 3])


def _ill(rng: Generator, space: Space, sizes: Sizes, k: int) -> Reals:
    """A matrix whose last column nearly depends on the first."""
    values = np.array(space.sample(rng, sizes))
    if CONDITIONED & set(space.family.kinds) and values.shape[-1] > 1:
        near = values[..., 0] + 1e-3 * values[..., -1]
        if space.family.square:
            return values
        values[..., -1] = near
    return values


# --------------------------------------------------------------------------------------------
# Memory


def _strided(rng: Generator, values: Reals) -> Reals:
    """The same numbers, every second one of a larger block of memory."""
    if not values.ndim:
        return values
    wide = np.repeat(values, 2, axis=-1)
    return wide[..., ::2]


def _reversed(rng: Generator, values: Reals) -> Reals:
    return np.flip(np.flip(values).copy()) if values.ndim else values


def _fortran(rng: Generator, values: Reals) -> Reals:
    return np.asfortranarray(values) if values.ndim else values


def _broadcast(rng: Generator, values: Reals) -> Reals:
    """A read-only view in which all rows are one row of memory, as far as that is a fair value."""
    if values.ndim < 2 or not values.size:
        return values
    return np.broadcast_to(values[:1], values.shape)


BOTH = (np.float64, np.float32)

REGIMES = (
    Regime("sizes all different", 48),
    Regime("float32", 16, types=(np.float32,)),
    Regime("sizes of one", 14, "ones", types=(np.float64, np.float64, np.float32)),
    Regime("equal sizes", 10, "equal"),
    Regime("parameters", 12, draw=_parameters),
    Regime("ties and kinks", 24, draw=_tied),
    Regime("ties and kinks", 12, "few", draw=_tied),
    Regime("scales", 16, draw=_scaled),
    Regime("integers", 8, draw=_whole),
    Regime("strided memory", 5, layout=_strided),
    Regime("reversed memory", 5, layout=_reversed),
    Regime("Fortran memory", 4, layout=_fortran),
    Regime("broadcast memory", 5, layout=_broadcast),
    Regime("many classes", 3, "many"),
    Regime("large sizes", 2, "large", types=(np.float64,)),
    Regime("extremes", 12, draw=_extreme, types=BOTH),
    Regime("tiny values", 8, draw=_tiny),
    Regime("large offset", 12, draw=_offset, types=BOTH),
    Regime("ill-conditioned", 8, draw=_ill),
    Regime("tiny cotangents", 4, cotangent=1e-6),
    Regime("empty batch", 2, "empty"),
)
