"""Draws for a record: the regimes of `derive check`, each in float64 and in float32."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from derive.checking.campaign.inputs import REGIMES, Draw, applies, made
from derive.checking.shapes import Sizes, different, empty, equal, many, smallest
from derive.derivation import Record
from derive.spaces import Space

SIZES: Mapping[str, Callable[[Record], Iterator[Sizes]]] = {
    "different": different,
    "ones": smallest,
    "equal": equal,
    "empty": empty,
    "many": many,
}
# Every regime is drawn in float32 here, and the gradient that comes in is a variable of a record.
LEFT_OUT = ("float32", "tiny cotangents")
SHARE = 4  # of the draws in which a user's code is examined, for each type and assignment of sizes


def draws(record: Record, rng: np.random.Generator) -> Iterator[Draw]:
    """All draws for a record: every regime that says something of it, in both types."""
    spaces = {name: s for name, s in record.spaces.items() if isinstance(s, Space)}
    assigned = {kind: tuple(found(record)) for kind, found in SIZES.items()}
    for regime in REGIMES:
        if regime.name in LEFT_OUT or not applies(regime, spaces) or regime.sizes not in SIZES:
            continue
        for sizes in assigned[regime.sizes]:
            for dtype in (np.float64, np.float32):
                for number in range(-(-regime.draws // SHARE)):
                    arrays = {
                        name: made(
                            regime, rng, space, regime.draw(rng, space, sizes, number + k), dtype
                        )
                        for k, (name, space) in enumerate(spaces.items())
                    }
                    yield Draw(number, regime.name, sizes, arrays, dtype)
