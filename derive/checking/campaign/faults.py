"""Faults: a wrong output, the smallest input at which it is, and its worst entries there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from derive.checking.campaign.calls import UserError
from derive.checking.campaign.differences import differences
from derive.checking.campaign.explanations import Explanation
from derive.checking.campaign.protocol import observed
from derive.checking.campaign.running import Campaign
from derive.checking.campaign.shrinking import smallest
from derive.checking.campaign.targets import FORWARD, Output
from derive.checking.campaign.verdicts import Examination, Failure
from derive.notation import Reader, matrix_form, text

ROWS = 6  # of a table
TELLING = 1e-6  # of the largest error: entries that are off by less are not shown


@dataclass(frozen=True)
class Row:
    """One entry of a result: the user's, the formula's, and that of finite differences."""

    entry: tuple[int, ...]
    yours: float
    formula: float
    difference: float | None = None


@dataclass(frozen=True)
class Fault:
    """A wrong output with the smallest input found."""

    output: str
    kind: str
    message: str
    draws: int  # draws until it was found
    wrong: int  # draws at which it is wrong
    failure: Failure
    rows: tuple[Row, ...] = ()
    explanation: Explanation | None = None


def fault_of(
    campaign: Campaign, name: str, failures: Sequence[Failure], explanation: Explanation | None
) -> Fault:
    """The fault of an output, with the smallest input at which it fails."""
    first = failures[0]
    is_left = campaign.interrupted or campaign.is_deadly
    failure = first if is_left else smallest(campaign.examination, first)
    position = [o.draw.number for o in campaign.outcomes].index(first.draw.number) + 1
    rows = () if campaign.is_deadly else _rows(campaign, name, failure)
    return Fault(
        name, failure.kind, failure.message, position, len(failures), failure, rows, explanation
    )


def _rows(campaign: Campaign, name: str, failure: Failure) -> tuple[Row, ...]:
    """The entries that are worst, each with the formula and a finite difference."""
    if failure.deviation is None:
        return ()
    examination = campaign.examination
    got = results(campaign, failure)
    value = examination.wanted(failure.draw)[0][name].numbers
    if got is None or got.shape != value.shape:
        return ()
    gaps = abs(np.asarray(got, np.longdouble) - value)
    gaps = np.where(np.isnan(gaps), np.inf, gaps)
    flat = np.argsort(-np.ravel(gaps), kind="stable")[:ROWS]
    least = np.max(gaps, initial=0.0, where=np.isfinite(gaps)) * TELLING
    places = [np.unravel_index(int(k), value.shape) for k in flat if np.ravel(gaps)[k] > least]
    entries = sorted(tuple(int(i) for i in place) for place in places)
    slopes = differences(examination, name, failure.draw, entries)
    return tuple(
        Row(entry, float(got[entry]), float(value[entry]), slopes.get(entry)) for entry in entries
    )


def results(campaign: Campaign, failure: Failure) -> Any:
    """The user's result for the output of a failure, at its input."""
    examination = campaign.examination
    try:
        seen = observed(examination, failure.draw)
    except UserError:
        return None
    if failure.output == FORWARD and seen.forward is not None:
        return np.asarray(seen.forward)
    place = examination.binding.results[failure.output]
    return np.asarray(seen.results[place][1])


def formula_text(output: Output, style: str = "unicode") -> str:
    """The formula of an output, as a matrix expression where it is one."""
    if output.inputs:
        return ""  # a trajectory, for which there is no one formula
    reader = Reader([output.array])
    form = matrix_form(output.array, reader)
    said = text(form if form is not None else reader.form(output.array.body), style)
    return said if len(said) < 60 else ""


def inputs(examination: Examination, fault: Fault) -> Iterator[tuple[str, str]]:
    """The smallest input, a row a parameter."""
    binding, draw = examination.binding, fault.failure.draw
    for name in examination.target.spaces:
        if name not in examination.target.needed and name not in binding.parameters:
            continue
        values = draw.arrays[name]
        shown = binding.parameters.get(name, name)
        if name in binding.labels:
            yield shown, _array(values.argmax(axis=-1))
        elif name in binding.hidden:
            yield name, f"{binding.hidden[name]:g} (in the code)"
        else:
            yield shown, _array(values)
    for name, size in examination.target.integers.items():
        if name in binding.parameters:
            yield binding.parameters[name], str(size.value(draw.sizes))


def _array(values: Any) -> str:
    if not np.ndim(values):
        return f"{float(values):.6g}"
    if values.size > 40:
        return f"an array of shape {values.shape}"
    kind = "" if values.dtype.kind == "f" else f"  {values.dtype}"
    single = "  float32" if values.dtype == np.float32 else ""
    with np.printoptions(precision=6, suppress=False, linewidth=10_000):
        return np.array2string(np.asarray(values), separator=", ").replace("\n", "") + kind + single
