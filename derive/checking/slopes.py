"""Derivatives of `numerics` against centred finite differences of `numerics`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking.comparisons import Comparison, Disagreement
from derive.checking.partners import Function, NoPartner, partner, primal, weighted_primal
from derive.checking.shapes import Sizes, different, equal, smallest
from derive.checking.values import Point
from derive.derivation import Record
from derive.spaces import Space
from derive.terms.arrays import Array
from derive.terms.indices import Index
from derive.terms.nodes import D
from derive.terms.structure import ordered_free_indices

Reals: TypeAlias = npt.NDArray[Any]
Primal: TypeAlias = Callable[[Mapping[str, Reals]], Reals]

EPS = float(np.finfo(np.float64).eps)
STEP = EPS ** (1 / 3)
DRAWS = 6
# How many times the two error terms of a centred difference, both estimated, an error may be.
SLACK = 32


def slopes(
    record: Record, function: Function, rng: np.random.Generator, computed: str = "numerics"
) -> tuple[Comparison, str] | None:
    """The comparison, and the name of what was differenced; None for what is no derivative."""
    derivative = record.chain.start.body
    if not isinstance(derivative, D) or record.chain.start.indices:
        return None
    if any(slot.plain is None for slot in derivative.variable.slots):
        return None
    values, axes, name = _primal(record, derivative)
    total = Comparison()
    for sizes in (*different(record), *smallest(record), *equal(record)):
        for _ in range(DRAWS):
            total = total.joined(_draw(record, function, values, axes, sizes, rng, name))
    if total.failure is not None:
        total = replace(total, failure=replace(total.failure, computed=computed))
    return total, name


def _primal(record: Record, derivative: D) -> tuple[Primal, tuple[Index, ...], str]:
    """The function under the derivative, its axes, and its name."""
    loss = weighted_primal(record)
    if loss is not None:
        weights, other = loss
        layer = partner(other)
        return lambda a: np.sum(a[weights] * layer(a)), (), f"numerics.{other.name}"
    found = primal(record)
    if found is not None:
        other, names = found
        try:
            by_name = partner(other)
        except NoPartner:
            pass
        else:
            axes = tuple(record.indices[name] for name in names)
            return by_name, axes, f"numerics.{other.name}"
    free = ordered_free_indices(derivative.body)

    def derived(arrays: Mapping[str, Reals]) -> Reals:
        sizes = dict(arrays["sizes"].item())
        given = {name: array for name, array in arrays.items() if name != "sizes"}
        return Point(sizes, given).array(Array((), derivative.body), free).numbers

    return derived, free, "the derived function"


def _draw(
    record: Record,
    function: Function,
    values: Primal,
    axes: tuple[Index, ...],
    sizes: Sizes,
    rng: np.random.Generator,
    name: str,
) -> Comparison:
    """One draw and one direction of +1 and -1 for each value of the indices both sides share."""
    derivative = record.chain.start.body
    assert isinstance(derivative, D)
    spaces = {key: s for key, s in record.spaces.items() if isinstance(s, Space)}
    arrays = {key: space.sample(rng, sizes) for key, space in spaces.items()}
    given = {**arrays, "sizes": np.asarray(dict(sizes), dtype=object)}
    target = derivative.variable.tensor.name
    direction = rng.choice([-1.0, 1.0], size=arrays[target].shape)
    own = tuple(slot.plain for slot in derivative.variable.slots)
    jacobian = np.asarray(function(given))
    total = Comparison()
    for fixed in _values(tuple(i for i in own if i in axes), sizes):
        masked = direction * _mask(own, fixed, direction.shape)
        wanted, allowed = _difference(values, given, target, masked)
        got = _contracted(jacobian, tuple(record.indices.values()), own, axes, masked, fixed)
        there = tuple(fixed.get(axis, slice(None)) for axis in axes)
        total = total.joined(
            _compared(got, np.asarray(wanted)[there], np.asarray(allowed)[there], sizes, name)
        )
    return Comparison(total.max_error, total.limit, 1, total.failure)


def _values(shared: tuple[Any, ...], sizes: Sizes) -> Iterator[dict[Index, int]]:
    for numbers in product(*(range(index.size.value(sizes)) for index in shared)):
        yield dict(zip(shared, numbers, strict=True))


def _mask(own: tuple[Any, ...], fixed: Mapping[Index, int], shape: tuple[int, ...]) -> Reals:
    mask = np.zeros(shape)
    mask[tuple(fixed.get(index, slice(None)) for index in own)] = 1
    return mask


def _difference(
    values: Primal, given: Mapping[str, Reals], target: str, direction: Reals
) -> tuple[Reals, Reals]:
    """The centred difference along a direction, and the error that it may have.

    Truncation shows in the change when the step is doubled; rounding is that of the two values
    subtracted, over the step.
    """

    def difference(step: float) -> tuple[Reals, Reals]:
        ends = [
            np.asarray(values({**given, target: given[target] + sign * step * direction}))
            for sign in (1, -1)
        ]
        return (ends[0] - ends[1]) / (2 * step), abs(ends[0]) + abs(ends[1])

    step = STEP * max(1.0, float(abs(given[target]).max(initial=0.0)))
    near, size = difference(step)
    far, _ = difference(2 * step)
    return near, abs(near - far) + EPS * (1 + size) / step + EPS * abs(near)


def _contracted(
    jacobian: Reals,
    indices: tuple[Index, ...],
    own: tuple[Any, ...],
    axes: tuple[Index, ...],
    direction: Reals,
    fixed: Mapping[Index, int],
) -> Reals:
    """The derivative along a direction, over the axes of the function that are not fixed."""
    picked = jacobian[tuple(fixed.get(index, slice(None)) for index in indices)]
    along = direction[tuple(fixed.get(index, slice(None)) for index in own)]
    letters = {index: chr(97 + k) for k, index in enumerate(dict.fromkeys((*indices, *own, *axes)))}
    names = ["".join(letters[i] for i in group if i not in fixed) for group in (indices, own, axes)]
    kept = "".join(letter for letter in names[2] if letter in names[0])
    return np.asarray(np.einsum(f"{names[0]},{names[1]}->{kept}", picked, along))


def _compared(got: Reals, wanted: Reals, allowed: Reals, sizes: Sizes, name: str) -> Comparison:
    error = abs(got - wanted)
    limit = SLACK * allowed
    ratio = np.asarray(error / limit)
    if not ratio.size:
        return Comparison()
    entry = tuple(map(int, np.unravel_index(np.argmax(ratio), ratio.shape)))
    failure = None
    if not ratio[entry] <= 1:
        failure = Disagreement(
            f"finite differences of {name} are",
            "finite differences",
            "float64",
            sizes,
            entry,
            float(got[entry]),
            float(wanted[entry]),
        )
    return Comparison(float(error[entry]), float(np.asarray(limit)[entry]), 1, failure)
