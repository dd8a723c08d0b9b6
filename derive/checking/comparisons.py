"""Comparisons of two computations: the largest error, and where they disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy.typing as npt

from derive.checking.shapes import Sizes

Reals: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class Disagreement:
    """One entry at which two computations differ by more than rounding explains."""

    against: str  # "derived formula", "finite differences"
    regime: str
    dtype: str
    sizes: Sizes
    entry: tuple[int, ...]
    got: float
    wanted: float
    arrays: Mapping[str, Reals] = field(default_factory=dict, compare=False)
    reason: str = ""
    computed: str = "numerics"

    def __str__(self) -> str:
        sizes = ", ".join(f"{name}={value}" for name, value in self.sizes.items())
        where = f"[{', '.join(map(str, self.entry))}]" if self.entry else ""
        got = f"{self.computed}{where} is {self.got:.9g}"
        said = self.reason or f"{got}, {self.against} {self.wanted:.9g}"
        return f"{said} ({', '.join(filter(None, [self.regime, self.dtype, sizes]))})"


@dataclass(frozen=True)
class Comparison:
    """The largest error over some draws, with the limit that it has to keep."""

    max_error: float = 0.0
    limit: float = 0.0
    draws: int = 0
    failure: Disagreement | None = None

    def joined(self, other: Comparison) -> Comparison:
        """Both comparisons as one: the error nearest to its limit counts."""
        worse = max(self, other, key=lambda c: c.max_error / c.limit if c.limit else 0.0)
        count = self.draws + other.draws
        return Comparison(worse.max_error, worse.limit, count, self.failure or other.failure)
