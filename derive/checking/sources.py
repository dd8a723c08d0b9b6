"""Emitted NumPy code against the independent evaluator, before it is shown to anyone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.proof.evaluator import Point, Undecidable, Undefined, array, points
from derive.terms.arrays import Array

if TYPE_CHECKING:
    from derive.language.derivative import Answer

Reals: TypeAlias = npt.NDArray[np.float64]
DRAWS = 6
ATTEMPTS = 60  # points until enough of them are in the domain
LIMIT = 1e-9  # of the error, relative to the largest entry, or to 1


class WrongCode(AssertionError):
    """Emitted code that computes something else than its formula: it must not be shown."""


def agreement(answer: Answer, source: str, seed: int = 0) -> dict[str, Any]:
    """How far emitted NumPy code and the evaluator's value of the formula agree.

    >>> from derive.language import grad
    >>> found = agreement(grad("s**2", ["s:"], "s"), "def derivative(s):\\n    return 2 * s")
    >>> found["draws"], found["max_error"]
    (6, 0.0)

    Raises:
        WrongCode: if they differ by more than rounding.
    """
    results = tuple(answer.results.values())
    derivative = compiled(source)
    largest, seen, draws = 0.0, {}, 0
    for point, wanted in islice(_valued(answer, results, seed), DRAWS):
        got = _called(derivative, point, len(results))
        largest = max(largest, *(map(_error, got, wanted)))
        seen[tuple(point.sizes.items())] = dict(point.sizes)
        draws += 1
        if not largest <= LIMIT:
            raise WrongCode(f"the emitted code is off by {largest:.2g} at {point.by_name()}")
    return {
        "max_error": largest,
        "limit": LIMIT,
        "draws": draws,
        "sizes": list(seen.values()),
        "seed": seed,
    }


def compiled(source: str) -> Callable[..., Any]:
    """The function ``derivative`` of emitted source."""
    names: dict[str, Any] = {"np": np}
    exec(compile(source, "<emitted>", "exec"), names)
    found: Callable[..., Any] = names["derivative"]
    return found


def _valued(
    answer: Answer, results: Sequence[Array], seed: int
) -> Iterator[tuple[Point, list[Reals]]]:
    """Points in the domain of all results, with their values there."""
    variables = [variable.body for variable in answer.arguments.values()]
    terms = [*(result.body for result in results), *variables]
    for point in islice(points(terms, answer.context, seed), ATTEMPTS):
        try:
            yield point, [_value(result, point) for result in results]
        except (Undecidable, Undefined):
            continue


def _value(result: Array, point: Point) -> Reals:
    return np.asarray(array(result.indices, result.body, point), dtype=np.float64)


def _called(derivative: Callable[..., Any], point: Point, count: int) -> list[Reals]:
    """What the code returns at a point; a size that no shape tells is an argument as well."""
    given = {**point.sizes, **_arrays(point)}
    names = inspect.signature(derivative).parameters
    sizes = [name for name, parameter in names.items() if parameter.kind is parameter.KEYWORD_ONLY]
    arrays = [given[name] for name in names if name not in sizes]
    with np.errstate(all="ignore"):
        found = derivative(*arrays, **{name: given[name] for name in sizes})
    several = found if count > 1 else (found,)
    return [np.asarray(each, dtype=np.float64) for each in several]


def _arrays(point: Point) -> Mapping[str, Any]:
    values = {t.name: np.array(point.nested(t), dtype=np.float64) for t in point.values}
    return {name: v if v.ndim else float(v) for name, v in values.items()}


def _error(got: Reals, wanted: Reals) -> float:
    """The largest difference, relative to the largest entry or to 1."""
    if got.shape != wanted.shape:
        raise WrongCode(f"the emitted code returns shape {got.shape}, wanted {wanted.shape}")
    if not wanted.size:
        return 0.0
    difference = float(np.max(np.abs(got - wanted)))
    return difference / max(1.0, float(np.max(np.abs(wanted))))
