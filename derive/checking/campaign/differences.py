"""Finite differences of what is differentiated: a third opinion on single entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from derive.checking.campaign.calls import UserError
from derive.checking.campaign.inputs import Draw
from derive.checking.campaign.verdicts import Examination
from derive.checking.values import Point, Unevaluable
from derive.terms.arrays import Array
from derive.terms.structure import free_indices

STEP = 1e-6


def differences(
    examination: Examination, name: str, draw: Draw, entries: Sequence[tuple[int, ...]]
) -> dict[tuple[int, ...], float]:
    """Centred differences for entries of an output that is a derivative; of the user's own
    forward pass where there is one, else of the formula under the derivative."""
    output = examination.target.output(name)
    if output.by is None or output.loss is None:
        return {}
    if examination.target.cotangent:
        return _of_forward(examination, output.by.tensor.name, draw, entries)
    return _of_formula(examination, name, draw, entries)


def _of_forward(
    examination: Examination, variable: str, draw: Draw, entries: Sequence[tuple[int, ...]]
) -> dict[tuple[int, ...], float]:
    given = examination.given(draw)
    parameter = examination.binding.parameters.get(variable, "")
    values = given.get(parameter)
    if not isinstance(values, np.ndarray) or values.dtype.kind != "f":
        return {}
    known = {**draw.arrays, **examination.binding.hidden}
    weights = np.asarray(known[examination.target.cotangent], float)

    def loss(moved: Any) -> float:
        session = examination.subject.session({**examination.given(draw), parameter: moved})
        return float(np.sum(weights * np.asarray(session.forward, float)))

    found = {}
    base = np.asarray(values, np.float64)
    for entry in entries:
        step = STEP * max(1.0, abs(float(base[entry])))
        try:
            ends = [loss(_nudged(base, entry, sign * step)) for sign in (1, -1)]
        except (UserError, ValueError, TypeError):
            return {}
        found[entry] = (ends[0] - ends[1]) / (2 * step)
    return found


def _nudged(values: Any, entry: tuple[int, ...], step: float) -> Any:
    moved = np.array(values)
    moved[entry] += step
    return moved


def _of_formula(
    examination: Examination, name: str, draw: Draw, entries: Sequence[tuple[int, ...]]
) -> dict[tuple[int, ...], float]:
    output = examination.target.output(name)
    assert output.by is not None and output.loss is not None
    variables: Mapping[str, Any] = examination.formula(draw).variables
    own = output.array.indices
    if len(own) != len(output.loss.indices) + len(output.by.slots) and own[: len(entries)] is None:
        return {}
    found = {}
    base = np.asarray(variables[output.by.tensor.name], np.longdouble)
    for entry in entries:
        places = _places(output, entry)
        if places is None:
            return {}
        value, moved = places
        step = STEP * max(1.0, abs(float(base[moved])))
        try:
            ends = [
                Point(
                    draw.sizes,
                    {**variables, output.by.tensor.name: _nudged(base, moved, sign * step)},
                )
                .array(Array(output.loss.indices, output.loss.body))
                .numbers[value]
                for sign in (1, -1)
            ]
        except (Unevaluable, ValueError, IndexError):
            return {}
        found[entry] = float((ends[0] - ends[1]) / (2 * step))
    return found


def _places(output: Any, entry: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Which entry of the value, and which of the variable, an entry of the derivative is about."""
    at = dict(zip(output.array.indices, entry, strict=True))
    own = free_indices(output.by)
    if own and own <= set(at):
        # A catalogued derivative: the indices of the result are those of the derivative.
        if not set(output.loss.indices) <= set(at):
            return None
        value = tuple(at[index] for index in output.loss.indices)
        return value, tuple(slot.value({}, at) for slot in output.by.slots)
    count = len(output.by.slots)
    if len(entry) != output.loss.ndim + count:
        return None
    split = len(entry) - count
    return entry[:split], entry[split:]
