"""Regimes: inputs built for the purpose, each meant to find what ordinary draws do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking.shapes import Sizes, different, equal, smallest
from derive.derivation import Record
from derive.spaces import Space

Reals: TypeAlias = npt.NDArray[Any]

# The largest exponent that the widest type takes: logits of this size overflow in float64.
EXTREME = 700.0 if np.finfo(np.longdouble).maxexp > 2000 else 200.0
OFFSET = 1000.0


@dataclass(frozen=True)
class Draw:
    """Arrays for the variables of a record, and how they came about."""

    regime: str
    dtype: type[np.floating[Any]]
    sizes: Sizes
    arrays: Mapping[str, Reals]


@dataclass(frozen=True)
class Regime:
    """A name, which sizes it uses, how it draws a variable, and how the arrays lie in memory."""

    name: str
    sizes: Callable[[Record], Iterator[Sizes]]
    draw: Callable[[np.random.Generator, Space, Sizes], Reals]
    layout: Callable[[Reals], Reals] = np.array
    draws: int = 8


def draws(record: Record, rng: np.random.Generator) -> Iterator[Draw]:
    """All draws for a record: every regime, in float64 and float32."""
    for regime in REGIMES:
        for sizes in regime.sizes(record):
            for dtype in (np.float64, np.float32):
                for _ in range(regime.draws):
                    yield Draw(
                        regime.name, dtype, sizes, _arrays(record, rng, regime, sizes, dtype)
                    )


def _arrays(
    record: Record,
    rng: np.random.Generator,
    regime: Regime,
    sizes: Sizes,
    dtype: type[np.floating[Any]],
) -> dict[str, Reals]:
    spaces = {name: s for name, s in record.spaces.items() if isinstance(s, Space)}
    drawn = {name: regime.draw(rng, space, sizes) for name, space in spaces.items()}
    return {name: regime.layout(_typed(values, dtype)) for name, values in drawn.items()}


def _typed(values: Reals, dtype: type[np.floating[Any]]) -> Reals:
    values = np.asarray(values)
    return values if values.dtype.kind == "i" else values.astype(dtype)


# --------------------------------------------------------------------------------------------
# Values


def _ordinary(rng: np.random.Generator, space: Space, sizes: Sizes) -> Reals:
    return space.sample(rng, sizes)


def _whole(rng: np.random.Generator, space: Space, sizes: Sizes) -> Reals:
    """Integers where nothing is known of a variable, and ordinary numbers elsewhere."""
    if space.family.kinds:
        return space.sample(rng, sizes)
    return np.asarray(rng.integers(-3, 4, size=tuple(s.value(sizes) for s in space.shape)))


def _extreme(rng: np.random.Generator, space: Space, sizes: Sizes) -> Reals:
    return space.sample(rng, sizes, EXTREME)


def _offset(rng: np.random.Generator, space: Space, sizes: Sizes) -> Reals:
    return space.sample(rng, sizes) + (0 if space.family.kinds else OFFSET)


def _strided(values: Reals) -> Reals:
    """The same numbers, every second one of a reversed and transposed block of memory."""
    if not values.ndim:
        return values
    wide = np.repeat(np.flip(values, 0), 2, axis=0).copy(order="F")
    return np.flip(wide[::2], 0)


REGIMES = (
    Regime("sizes all different", different, _ordinary, draws=40),
    Regime("sizes of one", smallest, _ordinary),
    Regime("equal sizes", equal, _ordinary),
    Regime("strided memory", different, _ordinary, _strided),
    Regime("integers", different, _whole),
    Regime("extremes", different, _extreme),
    Regime("large offset", different, _offset),
)
