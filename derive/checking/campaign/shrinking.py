"""The smallest input at which an output is wrong: sizes first, then values.

Seeded draws find the smallest sizes; Hypothesis shrinks the values, and is imported only here.
Nothing is written into the user's project.
"""

from __future__ import annotations

import itertools
import random
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking.campaign.binding import Ambiguous
from derive.checking.campaign.inputs import HUGE, OFFSETS, Draw
from derive.checking.campaign.sizes import small
from derive.checking.campaign.verdicts import Examination, Failure
from derive.checking.shapes import assignments
from derive.spaces import Space
from derive.terms.tensors import Kind

Reals: TypeAlias = npt.NDArray[Any]

LARGEST = 4  # of a size that is tried
TRIED = 60  # assignments
FEW = 5  # names of sizes of which all small assignments are looked at
DRAWS = 4  # draws at each
ENTRIES = 40  # of all arrays together, beyond which values stay as they were drawn
EXAMPLES = 400
PATIENCE = 6.0  # seconds of our own work, so that a busy machine finds the same input
LONGEST = 60.0  # seconds on the clock

# Values in the order in which they are preferred.
PLAIN = (0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5, 5.0, -5.0, 0.25)
STRETCHED = {"extremes": HUGE, "tiny values": 1e-4, "scales": 10.0, "tiny cotangents": 1.0}


class Shrinking:
    """The search for a smaller input at which one output still fails in the same way."""

    def __init__(self, examination: Examination, failure: Failure) -> None:
        self.examination = examination
        self.failure = failure
        self.started = time.process_time()
        self.began = time.monotonic()

    def smallest(self) -> Failure:
        """The smallest failure found; the given one if none is smaller."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = self._small_sizes() or self.failure
            if self.failure.kind in ("dtype", "shape", "type"):
                return found
            return self._small_scalars(self._small_values(found) or found)

    def _is_late(self, patience: float) -> bool:
        spent = time.process_time() - self.started
        return spent > patience or time.monotonic() - self.began > LONGEST

    def _fails(self, draw: Draw) -> Failure | None:
        try:
            outcome = self.examination.outcome(draw)
        except (ValueError, ZeroDivisionError, Ambiguous):
            return None
        wanted = (self.failure.output, self.failure.kind)
        for failure in outcome.failures:
            if (failure.output, failure.kind) == wanted:
                return failure
        return None

    # ------------------------------------------------------------------------------------

    def _small_sizes(self) -> Failure | None:
        """The first failing draw at sizes as small as they can be."""
        for sizes in self._assignments()[:TRIED]:
            if sum(sizes.values()) >= sum(self.failure.draw.sizes.values()):
                return None
            for k in range(DRAWS):
                failure = self._fails(self._redrawn(sizes, k))
                if failure is not None:
                    return failure
            if self._is_late(PATIENCE / 2):
                return None
        return None

    def _assignments(self) -> list[Mapping[str, int]]:
        """Small assignments, all of them where there are few names."""
        target = self.examination.target
        if len(target.sizes) > FEW:
            return small(target, TRIED)
        every = assignments(target.sizes, target.context, range(0, LARGEST + 1))
        found = itertools.islice(every, 2000)
        return sorted(found, key=lambda s: (sum(s.values()), *s.values()))

    def _redrawn(self, sizes: Mapping[str, int], k: int) -> Draw:
        """A draw of the same kind at other sizes."""
        draw = self.failure.draw
        rng = np.random.default_rng([7, k])
        arrays = {
            name: self._values(rng, name, space, sizes)
            for name, space in self.examination.target.spaces.items()
        }
        return replace(draw, sizes=dict(sizes), arrays=arrays)

    def _values(
        self, rng: np.random.Generator, name: str, space: Space, sizes: Mapping[str, int]
    ) -> Reals:
        regime, dtype = self.failure.draw.regime, self.failure.draw.arrays[name].dtype
        if not space.shape:
            return self.failure.draw.arrays[name]
        values = space.sample(rng, sizes, STRETCHED.get(regime, 1.0))
        free = not space.family.kinds
        if regime in ("ties and kinks", "integers") and free:
            values = rng.integers(-2, 3, size=values.shape).astype(float)
        if regime == "large offset" and free:
            values = values + OFFSETS[len(sizes) % 2]
        return np.asarray(values).astype(dtype)

    # ------------------------------------------------------------------------------------

    def _small_values(self, failure: Failure) -> Failure | None:
        """Hypothesis finds the simplest values, from a short list of numbers, that still fail."""
        free = dict(self._free(failure.draw))
        if not free or sum(free.values()) > ENTRIES:
            return None
        from hypothesis import HealthCheck, Phase, Verbosity, configuration, find, settings
        from hypothesis import strategies as st
        from hypothesis.errors import HypothesisException

        pool = self._pool(failure)
        strategy = st.lists(
            st.sampled_from(pool), min_size=sum(free.values()), max_size=sum(free.values())
        )
        quiet = settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            verbosity=Verbosity.quiet,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        with tempfile.TemporaryDirectory() as folder:
            # Whatever Hypothesis wants to keep, it keeps it there.
            configuration.set_hypothesis_home_dir(folder)
            try:
                numbers = find(
                    strategy,
                    lambda numbers: self._is_wrong_at(failure, free, numbers),
                    settings=quiet,
                    random=random.Random(0),
                )
            except (HypothesisException, _Late):
                return None
            finally:
                configuration.set_hypothesis_home_dir(None)
        return self._fails(self._filled(failure.draw, free, numbers))

    def _small_scalars(self, failure: Failure) -> Failure:
        """Parameters at their default, or at a round number, where it is wrong there too."""
        defaults = {p.name: p.default for p in self.examination.subject.parameters}
        for name, space in self.examination.target.spaces.items():
            default: Any = defaults.get(self.examination.binding.parameters.get(name, ""))
            own = [float(default)] if type(default) in (int, float) else []
            if space.shape or self.failure.draw.regime == "parameters":
                continue
            for value in (*own, 1.0, 0.5, 2.0):
                arrays = {**failure.draw.arrays, name: np.asarray(value)}
                found = self._fails(replace(failure.draw, arrays=arrays))
                if found is not None and self._shows(found):
                    failure = found
                    break
        return failure

    def _shows(self, found: Failure) -> bool:
        """Whether an error is plain to see, not one that only just shows."""
        if found.deviation is None or not found.deviation.is_finite:
            return True
        size = max(abs(found.deviation.wanted), abs(found.deviation.got))
        gap = abs(found.deviation.got - found.deviation.wanted)
        return gap > 1e-4 * size or found.deviation.error < 1e3 * found.deviation.limit

    def _free(self, draw: Draw) -> Iterator[tuple[str, int]]:
        """The variables whose entries may be any numbers, with how many entries they have."""
        for name, space in self.examination.target.spaces.items():
            if space.shape and _pliable(space):
                yield name, draw.arrays[name].size

    def _pool(self, failure: Failure) -> list[float]:
        regime = failure.draw.regime
        scale = STRETCHED.get(regime, 1.0)
        if regime == "integers":
            return [v for v in PLAIN if v == int(v)]
        offsets = OFFSETS if regime == "large offset" else ()
        shifted = [offset + v for offset in offsets for v in PLAIN]
        return [*PLAIN, *(scale * v for v in PLAIN[1:5] if scale != 1.0), *shifted]

    def _is_wrong_at(self, failure: Failure, free: Mapping[str, int], numbers: list[float]) -> bool:
        if self._is_late(PATIENCE):
            raise _Late
        found = self._fails(self._filled(failure.draw, free, numbers))
        return found is not None and self._shows(found)

    def _filled(self, draw: Draw, free: Mapping[str, int], numbers: list[float]) -> Draw:
        arrays, place = dict(draw.arrays), 0
        for name, count in free.items():
            shape, dtype = draw.arrays[name].shape, draw.arrays[name].dtype
            values = np.array(numbers[place : place + count], dtype=float)
            space = self.examination.target.spaces[name]
            if Kind.POSITIVE in space.family.kinds:
                values = np.abs(values) + 1.0
            elif Kind.NONNEGATIVE in space.family.kinds:
                values = np.abs(values)
            arrays[name] = values.reshape(shape).astype(dtype)
            place += count
        return replace(draw, arrays=arrays)


class _Late(Exception):
    """No more time for smaller values."""


def _pliable(space: Space) -> bool:
    return not set(space.family.kinds) - {Kind.POSITIVE, Kind.NONNEGATIVE}


def smallest(examination: Examination, failure: Failure) -> Failure:
    """The smallest input at which an output fails in the same way."""
    if failure.kind == "hangs":
        return failure
    return Shrinking(examination, failure).smallest()
