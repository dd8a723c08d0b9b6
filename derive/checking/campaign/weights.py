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
    length = float(np.linalg.norm(matrix, 2)) ** 2 or 1.0
    current, ahead, speed = np.array(start), np.array(start), 1.0
    for _ in range(2000):
        slope = matrix.T @ (matrix @ ahead - wanted)
        following = _projected(ahead - slope / length, groups)
        faster = (1 + np.sqrt(1 + 4 * speed**2)) / 2
        ahead = following + (speed - 1) / faster * (following - current)
        done = np.allclose(following, current, atol=1e-14)
        current, speed = following, faster
        if done:
            break
    return _snapped(_polished(matrix, wanted, current, groups))


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


def _polished(matrix: Reals, wanted: Reals, weights: Reals, groups: list[list[int]]) -> Reals:
    """Solve exactly for the weights that are not at an end of their range."""
    inner = (weights > 1e-6) & (weights < 1 - 1e-6)
    fixed = np.where(inner, 0, weights.round())
    exact = fixed.copy()
    if inner.any():
        exact[inner] = np.linalg.lstsq(matrix[:, inner], wanted - matrix @ fixed, rcond=1e-10)[0]
    if not _is_allowed(exact, groups):
        return weights
    error = np.linalg.norm(matrix @ exact - wanted)
    return exact if error <= np.linalg.norm(matrix @ weights - wanted) else weights


def _projected(weights: Reals, groups: list[list[int]]) -> Reals:
    weights = np.clip(weights, 0, 1)
    for group in groups:
        if weights[group].sum() > 1:
            ordered = np.sort(weights[group])[::-1]
            surplus = (np.cumsum(ordered) - 1) / np.arange(1, len(ordered) + 1)
            shift = surplus[np.flatnonzero(ordered > surplus)[-1]]
            weights[group] = np.maximum(weights[group] - shift, 0)
    return weights
