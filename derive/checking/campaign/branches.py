"""Values of formulas at kinks and ties, where a derivation leaves the choice of a branch open.

Each condition that is undecided at a point (its term is 0 up to rounding), and each tie of a
maximum, gets a weight: one weight throughout, wherever the condition occurs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking.rounding import Value, spread
from derive.checking.values import WIDE, Point
from derive.terms.arrays import Array
from derive.terms.indices import Index
from derive.terms.nodes import Add, Cond, Fn, Num, Pow, Term
from derive.terms.structure import alpha_key
from derive.terms.tensors import Choice, Tensor

Reals: TypeAlias = npt.NDArray[Any]
Key: TypeAlias = tuple[Any, ...]

SLACK = 64  # how many roundings from 0 a condition is still undecided
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
class Kinked(Point, ABC):
    """A point at which a condition within rounding of 0 is undecided, and a maximum may tie."""

    eps: npt.ArrayLike = 0.0  # of the type, or of that of each draw
    mixed: bool = False  # whether matrices are factorised: rounding then mixes their entries

    def near(self, axes: tuple[Index, ...]) -> Reals:
        """How near to 0, in units of its bound, a condition is undecided."""
        return SLACK * spread(np.asarray(self.eps), self.draws, axes)

    def value(self, term: Term) -> Value:
        """The value of a term, with weights for open conditions."""
        if isinstance(term, Cond):
            return self._condition(term.term, False)
        if isinstance(term, Fn) and term.function == "sign":
            found = self._condition(term.arguments[0], True)
            return Value(found.axes, 2 * found.numbers - 1, found.bound)
        found = super().value(term)
        if _is_logistic(term):
            # As good a way as any is one minus the logistic function of the negative.
            return Value(found.axes, found.numbers, np.fmax(found.bound, 1))
        return found

    def _condition(self, inside: Term, signed: bool) -> Value:
        value = self.value(inside)
        value = value.over((*(i for i in self.draws if i not in value.axes), *value.axes))
        undecided = abs(value.numbers) <= self.near(value.axes) * value.bound
        numbers = np.asarray(value.numbers > 0, self.kind)
        if undecided.any():
            numbers = self.weighted(numbers, undecided, inside, value, signed)
        return Value(value.axes, numbers, np.zeros_like(numbers))

    @abstractmethod
    def weighted(
        self, numbers: Reals, undecided: Reals, inside: Term, value: Value, signed: bool
    ) -> Reals:
        """The weights of a condition, those that are undecided as they were given."""

    def tensor(self, tensor: Tensor) -> Value:
        """All entries of a tensor; the weights of a tied maximum as they were given."""
        if tensor not in self._known and isinstance(tensor.origin, Choice):
            self._known[tensor] = self._choice(tensor, tensor.origin)
        if tensor not in self._known and tensor.origin is None and self.mixed:
            plain = super().tensor(tensor)
            own = tuple(range(len(self.draws), plain.bound.ndim))
            largest = plain.bound.max(axis=own, keepdims=True, initial=0)
            bound = np.broadcast_to(largest, plain.bound.shape)
            self._known[tensor] = Value(plain.axes, plain.numbers, bound)
        return super().tensor(tensor)

    def _choice(self, tensor: Tensor, origin: Choice) -> Value:
        axes = (*self.draws, *origin.outer, *origin.chosen)
        body = self.array(Array(axes, origin.body))
        numbers = np.array(body.numbers)
        for form in origin.allowed:
            allowed = self.grid(form, axes) >= 0
            numbers[~np.broadcast_to(allowed, numbers.shape)] = -np.inf
        kept = len(axes) - len(origin.chosen)
        rows = (int(np.prod(numbers.shape[:kept])), int(np.prod(numbers.shape[kept:])))
        near = np.broadcast_to(self.near(axes), numbers.shape).reshape(rows)
        chosen = self.shared(numbers.reshape(rows), near * body.bound.reshape(rows), tensor.key)
        return Value((), chosen.reshape(numbers.shape), np.zeros(numbers.shape))

    @abstractmethod
    def shared(self, rows: Reals, margins: Reals, key: Key) -> Reals:
        """The weights of the entries of maxima, a row each."""


def _largest(rows: Reals, margins: Reals) -> tuple[Reals, Reals]:
    """The place of the largest entry of every row, and which entries may be it."""
    first = rows.argmax(axis=1)[:, None]
    top = np.take_along_axis(rows, first, axis=1)
    return first, rows >= top - (margins + np.take_along_axis(margins, first, axis=1))


@dataclass
class Branched(Kinked):
    """A point at which open branches have given weights; unmentioned ones are 0, ties go first."""

    probes: Callable[[], Sequence[Point]] = tuple  # where conditions are told apart
    weights: Mapping[Key, float] = field(default_factory=dict)
    open: Open = field(default_factory=Open)

    def weighted(
        self, numbers: Reals, undecided: Reals, inside: Term, value: Value, signed: bool
    ) -> Reals:
        """The weights of a condition, with a key for every entry that is undecided."""
        keys = self._signatures(inside, value)
        for place in map(tuple, np.argwhere(undecided)):
            key, turned = keys(place)
            self.open.conditions.setdefault(key)
            weight = self.weights.get(key, 0.5 if signed else 0.0)
            numbers[place] = 1 - weight if turned else weight
        return numbers

    def _signatures(self, inside: Term, value: Value) -> Any:
        """A key for each entry of a condition: equal for t and 3 t, turned for -t."""
        seen = []
        for probe in self.probes():
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

    def shared(self, rows: Reals, margins: Reals, key: Key) -> Reals:
        """The weights of the entries of maxima, with a key for every one that ties."""
        chosen = np.zeros(rows.shape, self.kind)
        for k, tied in enumerate(_largest(rows, margins)[1]):
            self._spread(chosen[k], ("tie", key, k), [int(e) for e in np.flatnonzero(tied)])
        return chosen

    def _spread(self, row: Reals, key: Key, entries: list[int]) -> None:
        if len(entries) > 1:
            self.open.ties[key] = entries
        shares = [self.weights.get((*key, entry), 0.0) for entry in entries[1:]]
        row[entries[0]] = self.weights.get((*key, entries[0]), 1 - sum(shares))
        row[entries[1:]] = shares


@dataclass
class Several(Kinked):
    """Several points at once, and which of them have open branches."""

    opened: Reals = field(default_factory=lambda: np.zeros(0, bool))

    def weighted(
        self, numbers: Reals, undecided: Reals, inside: Term, value: Value, signed: bool
    ) -> Reals:
        """A note of the points at which something is undecided."""
        at = value.axes.index(self.draws[0])
        others = tuple(k for k in range(undecided.ndim) if k != at)
        self.opened = self.opened | undecided.any(axis=others)
        return numbers

    def shared(self, rows: Reals, margins: Reals, key: Key) -> Reals:
        """The first of the largest entries, and a note of the points at which some tie."""
        first, tied = _largest(rows, margins)
        self.opened = self.opened | (tied.sum(axis=1) != 1).reshape(len(self.opened), -1).any(
            axis=1
        )
        return np.asarray(np.arange(rows.shape[1]) == first, self.kind)


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
    probes: Callable[[], Sequence[Point]] = tuple
    kind: type[np.floating[Any]] = WIDE
    mixed: bool = False

    def at(self, weights: Mapping[Key, float] | None = None) -> tuple[dict[str, Value], Open]:
        """The values for given weights, each with the least bound of all its forms."""
        point = Branched(
            self.sizes,
            self.variables,
            kind=self.kind,
            eps=self.eps,
            mixed=self.mixed,
            probes=self.probes,
            weights=weights or {},
        )
        found = {name: _value(point, lines) for name, lines in self.lines.items()}
        return found, point.open


def together(formulas: Sequence[Formula]) -> list[tuple[dict[str, Value], Open] | None]:
    """The values of formulas at several points of the same sizes; None where branches are open."""
    first, draws = formulas[0], Index("draw", len(formulas))
    point = Several(
        first.sizes,
        {name: np.stack([f.variables[name] for f in formulas]) for name in first.variables},
        draws=(draws,),
        eps=np.array([f.eps for f in formulas]),
        mixed=first.mixed,
        opened=np.zeros(len(formulas), bool),
    )
    values = {name: _value(point, lines) for name, lines in first.lines.items()}

    def one(k: int) -> dict[str, Value]:
        return {n: Value(v.axes[1:], v.numbers[k], v.bound[k]) for n, v in values.items()}

    return [None if opened else (one(k), Open()) for k, opened in enumerate(point.opened)]


def _value(point: Kinked, lines: tuple[Array, ...]) -> Value:
    first, *others = [_evaluated(point, line) for line in lines]
    assert first is not None
    bound = first.bound
    for other in filter(None, others):
        finite = np.isfinite(other.bound)
        bound = np.where(finite, np.fmin(bound, other.bound), bound)
    return Value(first.axes, first.numbers, bound)


def _evaluated(point: Kinked, line: Array) -> Value | None:
    try:
        return point.array(line, point.draws)
    except (KeyError, ValueError) as error:
        if isinstance(error, ValueError) and not str(error).startswith("no value was given"):
            raise
        return None
