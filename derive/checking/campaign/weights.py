"""Weights of open branches that bring a formula nearest to what the user's code returned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking.campaign.branches import Formula, Key, Open
from derive.checking.rounding import Value
from derive.checking.values import WIDE

Reals: TypeAlias = npt.NDArray[Any]

EXACT = 1e-12  # of what weights have to explain: nothing is left to fit
HEAVY = 1e3  # how much more than the results the sums of weights count
ROUNDED = 1e-14
TINY = 1e-300


def fitted(
    formula: Formula, opened: Open, got: Mapping[str, Reals], bounds: Mapping[str, Reals]
) -> dict[Key, float]:
    """Weights in [0, 1], on the simplex at ties, that bring the formulas nearest to the results."""
    keys = opened.freedom
    weights = dict.fromkeys(keys, 0.0)
    for _ in range(3):
        base = _stacked(formula.at(weights)[0], bounds)
        gap = _stacked_arrays(got, bounds) - base
        if not gap.size or not np.isfinite(gap).all() or float(abs(gap).max()) < 1e-9:
            break
        columns = []
        for key in keys:
            moved = dict(weights)
            moved[key] = weights[key] + 1.0
            columns.append(_stacked(formula.at(moved)[0], bounds) - base)
        matrix = np.nan_to_num(np.array(columns).T.astype(float))
        start = np.array([weights[key] for key in keys])
        groups = _groups(opened, keys)
        solution = nearest(matrix, gap.astype(float) + matrix @ start, start, groups)
        if np.allclose(solution, start, atol=1e-12):
            break
        weights = dict(zip(keys, map(float, solution), strict=True))
    return weights


def _groups(opened: Open, keys: list[Key]) -> list[list[int]]:
    """The positions of weights that together must not exceed 1."""
    number = {key: k for k, key in enumerate(keys)}
    return [
        [number[(*key, entry)] for entry in entries[1:]] for key, entries in opened.ties.items()
    ]


def _stacked(values: Mapping[str, Value], bounds: Mapping[str, Reals]) -> Reals:
    return _stacked_arrays({name: value.numbers for name, value in values.items()}, bounds)


def _stacked_arrays(values: Mapping[str, Reals], bounds: Mapping[str, Reals]) -> Reals:
    """All arrays in one row, each in units of its own size."""
    parts = []
    for name in bounds:
        scale = np.max(bounds[name], initial=0.0)
        parts.append(np.ravel(np.asarray(values[name], WIDE)) / (scale if scale > 0 else 1))
    return np.concatenate(parts) if parts else np.zeros(0)


def nearest(matrix: Reals, wanted: Reals, start: Reals, groups: list[list[int]]) -> Reals:
    """The weights in [0, 1], groups summing to at most 1, with the least squared error.

    >>> nearest(np.eye(2), np.array([0.25, 3.0]), np.zeros(2), []).round(6).tolist()
    [0.25, 1.0]
    """
    free = np.linalg.lstsq(matrix, wanted, rcond=1e-10)[0]
    if _is_allowed(free, groups):
        return _snapped(free)
    shared = _shared(start, groups)
    if np.linalg.norm(matrix @ shared - wanted) <= EXACT * np.linalg.norm(wanted):
        return shared
    # Every weight, or group of them, makes one with what is left: that is all but an equation.
    grouped = {k for group in groups for k in group}
    own = [[k] for k in range(len(start)) if k not in grouped] + [g for g in groups if g]
    sums = np.zeros((len(own), len(start) + len(own)))
    for row, group in enumerate(own):
        sums[row, [*group, len(start) + row]] = 1
    heavy = HEAVY * max(1.0, float(np.linalg.norm(matrix, 2)))
    padded = np.hstack([matrix, np.zeros((len(matrix), len(own)))])
    found = nonnegative(
        np.vstack([padded, heavy * sums]), np.concatenate([wanted, np.full(len(own), heavy)])
    )
    weights = np.clip(found[: len(start)], 0, 1)
    for group in groups:
        weights[group] /= max(1.0, float(weights[group].sum()))
    return _snapped(weights)


def nonnegative(matrix: Reals, wanted: Reals) -> Reals:
    """The least squares solution without negative entries, by the method of Lawson and Hanson.

    >>> nonnegative(np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([2.0, -1.0])).tolist()
    [2.0, 0.0]
    """
    orthogonal, matrix = np.linalg.qr(matrix)
    wanted = orthogonal.T @ wanted
    found = np.zeros(matrix.shape[1])
    passive = np.zeros(len(found), bool)
    least = ROUNDED * float(np.linalg.norm(matrix)) * float(np.linalg.norm(wanted))
    for _ in range(3 * len(found)):
        slope = np.where(passive, -np.inf, matrix.T @ (wanted - matrix @ found))
        if slope.max(initial=-np.inf) <= least:
            break
        passive[slope.argmax()] = True
        found = _without_negative(matrix, wanted, found, passive)
    return found


def _without_negative(matrix: Reals, wanted: Reals, found: Reals, passive: Reals) -> Reals:
    """Move towards the best values of the passive entries; those that come to 0 stay there."""
    while passive.any():
        best = np.zeros_like(found)
        best[passive] = np.linalg.lstsq(matrix[:, passive], wanted, rcond=None)[0]
        blocking = passive & (best <= 0)
        if not blocking.any():
            return best
        step = (found[blocking] / (found[blocking] - best[blocking] + TINY)).min()
        found = found + step * (best - found)
        passive &= found > ROUNDED
        found = np.where(passive, found, 0)
    return found


def _shared(start: Reals, groups: list[list[int]]) -> Reals:
    """The weights of code that shares alike: halves at kinks, equal parts at ties."""
    weights = np.full(start.shape, 0.5)
    for group in groups:
        weights[group] = 1 / (len(group) + 1)
    return weights


def _is_allowed(weights: Reals, groups: list[list[int]]) -> bool:
    inside = bool(((weights > -1e-9) & (weights < 1 + 1e-9)).all())
    return inside and all(weights[group].sum() < 1 + 1e-9 for group in groups)


def _snapped(weights: Reals) -> Reals:
    """Weights within rounding of 0, 1/2 and 1 are these."""
    for value in (0.0, 0.5, 1.0):
        weights = np.where(abs(weights - value) < 1e-9, value, weights)
    return weights
