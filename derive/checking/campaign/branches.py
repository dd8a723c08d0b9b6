"""Values of formulas at kinks and ties, where a derivation leaves the choice of a branch open.

Each condition that is undecided at a point (its term is 0 up to rounding), and each tie of a
maximum, gets a weight: one weight throughout, wherever the condition occurs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking.values import WIDE, Point, Value
from derive.terms.arrays import Array
from derive.terms.nodes import Add, Cond, Fn, Num, Pow, Term
from derive.terms.structure import alpha_key
from derive.terms.tensors import Choice, Tensor

Reals: TypeAlias = npt.NDArray[Any]
Key: TypeAlias = tuple[Any, ...]

SLACK = 64  # how many roundings from 0 a condition is still undecided
EXACT = 1e-12  # of what weights have to explain: nothing is left to fit
DIGITS = 6  # to which two conditions have to be proportional to be one


@dataclass
class Open:
    """The branches that are open at a point: conditions, and ties as lists of their entries."""

    conditions: dict[Key, None] = field(default_factory=dict)
    ties: dict[Key, list[int]] = field(default_factory=dict)

    @property
    def freedom(self) -> list[Key]:
        """The weights that may be chosen: one a condition, and all but the first of a tie."""
        moved = [(*key, entry) for key, entries in self.ties.items() for entry in entries[1:]]
        return [*self.conditions, *moved]

    def __len__(self) -> int:
        return len(self.freedom)


@dataclass
class Branched(Point):
    """A point at which open branches have given weights; unmentioned ones are 0, ties go first."""

    eps: float = 0.0
    probes: tuple[Point, ...] = ()
    weights: Mapping[Key, float] = field(default_factory=dict)
    open: Open = field(default_factory=Open)

    @property
    def near(self) -> float:
        """How near to 0, in units of its bound, a condition is undecided."""
        return SLACK * self.eps

    def value(self, term: Term) -> Value:
        """The value of a term, with weights for open conditions."""
        if isinstance(term, Cond):
            return self._condition(term, term.term, False)
        if isinstance(term, Fn) and term.function == "sign":
            found = self._condition(term, term.arguments[0], True)
            return Value(found.axes, 2 * found.numbers - 1, found.bound)
        found = super().value(term)
        if _is_logistic(term):
            # As good a way as any is one minus the logistic function of the negative.
            return Value(found.axes, found.numbers, np.fmax(found.bound, 1))
        return found

    def _condition(self, term: Term, inside: Term, signed: bool) -> Value:
        value = self.value(inside)
        numbers = np.asarray(value.numbers > 0, WIDE)
        undecided = abs(value.numbers) <= self.near * value.bound
        if undecided.any():
            numbers = np.array(numbers)
            keys = self._signatures(inside, value)
            for place in map(tuple, np.argwhere(undecided)):
                key, turned = keys(place)
                self.open.conditions.setdefault(key)
                weight = self.weights.get(key, 0.5 if signed else 0.0)
                numbers[place] = 1 - weight if turned else weight
        return Value(value.axes, numbers, np.zeros_like(numbers))

    def _signatures(self, inside: Term, value: Value) -> Any:
        """A key for each entry of a condition: equal for t and 3 t, turned for -t."""
        seen = []
        for probe in self.probes:
            try:
                there = probe.value(inside).over(value.axes)
            except (ValueError, ArithmeticError):
                continue
            seen.append(np.broadcast_to(there.numbers, value.numbers.shape))
        structure = alpha_key(inside, value.axes)

        def signature(place: tuple[int, ...]) -> tuple[Key, bool]:
            samples = [float(numbers[place]) for numbers in seen]
            if len(samples) < 2 or not all(np.isfinite(samples)) or not samples[0]:
                return ("condition", structure, place), False
            ratios = tuple(float(f"{s / samples[0]:.{DIGITS}g}") for s in samples[1:])
            return ("condition", ratios), samples[0] < 0

        return signature

    def tensor(self, tensor: Tensor) -> Value:
        """All entries of a tensor; the weights of a tied maximum as they were given."""
        if tensor not in self._known and isinstance(tensor.origin, Choice):
            self._known[tensor] = self._choice(tensor, tensor.origin)
        return super().tensor(tensor)

    def _choice(self, tensor: Tensor, origin: Choice) -> Value:
        axes = (*origin.outer, *origin.chosen)
        body = self.array(Array(axes, origin.body))
        numbers = np.array(body.numbers)
        for form in origin.allowed:
            places, values = self.form(form)
            allowed = Value(places, values >= 0, values * 0).over(axes).numbers
            numbers[~np.broadcast_to(allowed, numbers.shape)] = -np.inf
        rows = numbers.reshape(-1, int(np.prod(numbers.shape[len(origin.outer) :])))
        bounds = body.bound.reshape(rows.shape)
        chosen = np.zeros(rows.shape, WIDE)
        for k, row in enumerate(rows):
            first = int(row.argmax())
            margin = self.near * (bounds[k] + bounds[k][first])
            entries = [int(e) for e in np.flatnonzero(row >= row[first] - margin)]
            self._spread(chosen[k], ("tie", tensor.key, k), entries)
        return Value((), chosen.reshape(numbers.shape), np.zeros(numbers.shape))

    def _spread(self, row: Reals, key: Key, entries: list[int]) -> None:
        if len(entries) > 1:
            self.open.ties[key] = entries
        shares = [self.weights.get((*key, entry), 0.0) for entry in entries[1:]]
        row[entries[0]] = self.weights.get((*key, entries[0]), 1 - sum(shares))
        row[entries[1:]] = shares


def _is_logistic(term: Term) -> bool:
    """Whether a term is the logistic function, by its name or as 1 / (1 + exp(t))."""
    if isinstance(term, Fn):
        return term.function == "sigmoid"
    if not isinstance(term, Pow) or term.exponent != Num(-1) or not isinstance(term.base, Add):
        return False
    others = [part for part in term.base.parts if part != Num(1)]
    return len(others) == 1 and isinstance(others[0], Fn) and others[0].function == "exp"


@dataclass(frozen=True)
class Formula:
    """Formulas at one point, with their values as functions of the weights of open branches."""

    sizes: Mapping[str, int]
    variables: Mapping[str, npt.ArrayLike]
    eps: float
    lines: Mapping[str, tuple[Array, ...]]
    probes: tuple[Point, ...] = ()

    def at(self, weights: Mapping[Key, float] | None = None) -> tuple[dict[str, Value], Open]:
        """The values for given weights, each with the least bound of all its forms."""
        point = Branched(
            self.sizes,
            self.variables,
            eps=self.eps,
            probes=self.probes,
            weights=weights or {},
        )
        found = {name: self._value(point, lines) for name, lines in self.lines.items()}
        return found, point.open

    def _value(self, point: Point, lines: tuple[Array, ...]) -> Value:
        first, *others = [_evaluated(point, line) for line in lines]
        assert first is not None
        bound = first.bound
        for other in filter(None, others):
            finite = np.isfinite(other.bound)
            bound = np.where(finite, np.fmin(bound, other.bound), bound)
        return Value(first.axes, first.numbers, bound)


def _evaluated(point: Point, line: Array) -> Value | None:
    try:
        return point.array(line)
    except (KeyError, ValueError) as error:
        if isinstance(error, ValueError) and not str(error).startswith("no value was given"):
            raise
        return None


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
