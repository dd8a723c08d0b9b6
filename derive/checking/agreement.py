"""How far the derived formula, the hand-written code and finite differences agree.

An error is measured in units of what rounding each input and each operation of the derived formula
once could change (see `values`); so the limit is a small multiple of the roundoff of the type, for
well and badly conditioned inputs alike.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking.campaign.inputs import Draw
from derive.checking.comparisons import Comparison, Disagreement
from derive.checking.partners import Function, partner
from derive.checking.regimes import draws
from derive.checking.results import called
from derive.checking.rounding import Value
from derive.checking.shapes import Sizes
from derive.checking.slopes import slopes
from derive.checking.values import Point
from derive.derivation import Record

Reals: TypeAlias = npt.NDArray[Any]

# Another order of the same operations costs a few roundings more; 16 leaves room for a factor
# that grows with the sizes of these draws, and is far below any error of a formula.
SLACK = 16


@dataclass(frozen=True)
class Numbers:
    """What the numbers of one record say; evidence, never proof."""

    seed: int
    sizes: tuple[Sizes, ...] = ()
    formula: Mapping[str, Comparison] = field(default_factory=dict)  # by type
    differences: Comparison | None = None
    differences_of: str = ""  # the function that finite differences were taken of

    @property
    def failure(self) -> Disagreement | None:
        """The first disagreement, if there is one."""
        parts = [*self.formula.values(), *filter(None, [self.differences])]
        return next((part.failure for part in parts if part.failure), None)

    def joined(self, other: Numbers) -> Numbers:
        """The numbers of two parts of a record together."""
        formula = dict(self.formula)
        for name, comparison in other.formula.items():
            formula[name] = formula.get(name, Comparison()).joined(comparison)
        sloped = [n for n in (self, other) if n.differences is not None]
        return Numbers(
            self.seed,
            self.sizes,
            formula,
            _together(n.differences for n in sloped if n.differences),
            " and ".join(dict.fromkeys(n.differences_of for n in sloped)),
        )

    @property
    def agree(self) -> bool:
        """Whether everything compared agrees."""
        return self.failure is None

    def to_dict(self) -> dict[str, Any]:
        """The JSON object: the float64 figures, then each comparison by itself."""
        main = self.formula.get("float64", Comparison())
        compared = {**self.formula, "finite_differences": self.differences}
        return {
            "max_error": main.max_error,
            "limit": main.limit,
            "draws": sum(c.draws for c in compared.values() if c is not None),
            "sizes": [dict(sizes) for sizes in self.sizes],
            "seed": self.seed,
            "agree": self.agree,
            "compared": {
                name: {"max_error": c.max_error, "limit": c.limit, "draws": c.draws}
                for name, c in compared.items()
                if c is not None
            },
        }


def _together(comparisons: Iterable[Comparison]) -> Comparison | None:
    return reduce(Comparison.joined, found) if (found := list(comparisons)) else None


def numbers(record: Record, seed: int = 0) -> Numbers:
    """Hold the functions of `numerics` against every part of a record.

    Raises:
        NoPartner: where `numerics` has no such function.
        Unevaluable: where the formula has no numeric value.
    """
    parts = [record.part(part) if part else record for part in record.chains]
    found = [_numbers(part, seed) for part in parts]
    return reduce(Numbers.joined, found)


def _numbers(record: Record, seed: int) -> Numbers:
    """Hold one function against the derived formula, and against finite differences."""
    function = partner(record)
    compared: dict[str, Comparison] = {}
    seen: dict[tuple[tuple[str, int], ...], None] = {}
    for draw in draws(record, _generator(record, seed)):
        name = np.dtype(draw.dtype).name
        so_far = compared.get(name, Comparison())
        compared[name] = so_far.joined(formula(record, function, draw))
        seen.setdefault(tuple(draw.sizes.items()))
    sizes = tuple(dict(pairs) for pairs in seen)
    found = Numbers(seed, sizes, compared)
    if not found.agree:
        return found  # a result that is not even the formula may not have its shape
    sloped = slopes(record, function, _generator(record, seed + 1))
    return replace(found, differences=sloped[0], differences_of=sloped[1]) if sloped else found


def slopes_alone(record: Record, seed: int = 0) -> Numbers | None:
    """A user's own record, which has no function in `numerics`: its formula against differences."""
    parts = [record.part(part) if part else record for part in record.chains]
    found = [numbers for part in parts if (numbers := _slopes_alone(part, seed))]
    return reduce(Numbers.joined, found) if found else None


def _slopes_alone(record: Record, seed: int) -> Numbers | None:
    def derived(arrays: Mapping[str, Reals]) -> Reals:
        return np.asarray(called(record, **arrays))  # one part, so one array

    found = slopes(record, derived, _generator(record, seed + 1), "the formula")
    return Numbers(seed, differences=found[0], differences_of=found[1]) if found else None


def _generator(record: Record, seed: int) -> np.random.Generator:
    """Draws that depend on the name and the seed alone."""
    return np.random.default_rng([seed, *record.name.encode()])


def formula(record: Record, function: Function, draw: Draw) -> Comparison:
    """One draw: the function's result against every line that has a value."""
    given = {name: array.copy() for name, array in draw.arrays.items()}
    with np.errstate(all="ignore"):
        sizes = np.asarray(dict(draw.sizes), dtype=object)
        try:
            got = np.asarray(function({**draw.arrays, "sizes": sizes}))
        except ValueError as error:
            if _is_refusal(error, draw):
                return Comparison()
            raise
        point = Point(draw.sizes, given, by_convention=True)
        lines = [point.array(line, record.indices.values()) for line in _lines(record)]
    limit = SLACK * float(np.finfo(draw.dtype).eps)
    keywords = getattr(function, "keywords", ())
    complaint = _manners(draw, given, got, lines[0], keywords)
    if complaint:
        failure = _disagreement(draw, (), np.nan, np.nan, complaint)
        return Comparison(np.inf, limit, 1, failure)
    total = Comparison(0.0, limit, 1)
    for line in lines:
        total = replace(total.joined(_compared(draw, got, line, limit)), draws=1)
    return total


def _is_refusal(error: ValueError, draw: Draw) -> bool:
    """Whether a function says clearly that it has no result for empty arrays."""
    return 0 in draw.sizes.values() and str(error).partition(":")[0] in draw.arrays


def _lines(record: Record) -> Iterator[Any]:
    """What numerics computes: the last line, and the first if it is no derivative."""
    yield record.chain.end
    if not record.chain.derives:
        yield record.chain.start


def _manners(
    draw: Draw,
    before: Mapping[str, Reals],
    got: Reals,
    wanted: Value,
    keywords: Container[str],
) -> str:
    """What is wrong with a result before its numbers are looked at."""
    if got.shape != wanted.numbers.shape:
        return f"numerics has shape {got.shape}, derived formula {wanted.numbers.shape}"
    arrays = {name: a for name, a in draw.arrays.items() if name not in keywords}
    floats = [a.dtype for a in arrays.values() if a.dtype.kind == "f"]
    dtype = np.result_type(*floats) if floats else np.dtype(np.float64)
    if got.dtype != dtype:
        return f"numerics returns {got.dtype} for {dtype}"
    for name, array in draw.arrays.items():
        if not np.array_equal(array, before[name]):
            return f"numerics changes its argument {name}"
        if np.shares_memory(array, got):
            return f"the result of numerics shares memory with {name}"
    return ""


def _compared(draw: Draw, got: Reals, wanted: Value, limit: float) -> Comparison:
    with np.errstate(all="ignore"):
        error = abs(got.astype(np.longdouble) - wanted.numbers)
        # Below the smallest normal number roundoff is absolute.
        scale = wanted.bound + np.finfo(draw.dtype).tiny / np.finfo(draw.dtype).eps
        relative = np.where(error == 0, 0, error / scale)
        known = np.isfinite(wanted.numbers) & (abs(wanted.numbers) < np.finfo(draw.dtype).max)
        known &= ~np.isnan(wanted.bound)  # the bound itself overflowed on the way
        # Of ordinary numbers a formula has a value, with a bound, wherever the code has one.
        lost = draw.is_plain & np.isfinite(got) & ~known
        relative = np.where(known, np.where(np.isnan(relative), np.inf, relative), 0)
        relative = np.where(lost, np.inf, relative)
    if not relative.size:
        return Comparison(0.0, limit, 1)
    entry = tuple(map(int, np.unravel_index(np.argmax(relative), relative.shape)))
    worst = float(relative[entry])
    failure = None
    if worst > limit:
        failure = _disagreement(draw, entry, float(got[entry]), float(wanted.numbers[entry]))
    return Comparison(worst, limit, 1, failure)


def _disagreement(
    draw: Draw, entry: tuple[int, ...], got: float, wanted: float, reason: str = ""
) -> Disagreement:
    dtype = np.dtype(draw.dtype).name
    against = "the derived formula is"
    return Disagreement(
        against, draw.regime, dtype, draw.sizes, entry, got, wanted, draw.arrays, reason
    )
