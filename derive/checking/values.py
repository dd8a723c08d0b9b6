"""What a term is worth at a point, in NumPy, with a first-order bound of its rounding error.

The values are computed in the widest floating-point type there is. The bound is a running error
analysis in units of the roundoff: what rounding every input and every operation once can change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking import elimination
from derive.checking.elementwise import ANY_WEIGHT, FUNCTIONS, ROUNDED, ties
from derive.checking.routes import Routes, added_at, routed
from derive.terms.arrays import Array
from derive.terms.indices import Affine, Index
from derive.terms.nodes import (
    Add,
    At,
    Cond,
    Count,
    Delta,
    Fn,
    Guard,
    Mul,
    Num,
    Pow,
    Sum,
    Term,
    summed,
)
from derive.terms.structure import substituted
from derive.terms.tensors import (
    Choice,
    Definition,
    Determinant,
    Inverse,
    LogDeterminant,
    Recurrence,
    Tensor,
)

Reals: TypeAlias = npt.NDArray[Any]
WIDE = np.longdouble
# Where both factors of a product vanish, what rounding makes of them is all that is left.
SECOND_ORDER = np.finfo(np.float32).eps


class Unevaluable(ValueError):
    """A term that has no value in NumPy, such as an opaque function; the message quotes it."""


@dataclass(frozen=True)
class Value:
    """Numbers over named axes, and how far rounding can move each, in units of roundoff."""

    axes: tuple[Index, ...]
    numbers: Reals
    bound: Reals

    def over(self, axes: tuple[Index, ...]) -> Value:
        """The same numbers, ready to be broadcast over more axes in a given order."""
        if axes == self.axes:
            return self
        kept = [axis for axis in axes if axis in self.axes]
        order = [self.axes.index(axis) for axis in kept]
        where = tuple(slice(None) if axis in self.axes else None for axis in axes)
        return Value(axes, self.numbers.transpose(order)[where], self.bound.transpose(order)[where])


@dataclass
class Point:
    """Values of the named sizes and of the variables, by name."""

    sizes: Mapping[str, int]
    variables: Mapping[str, npt.ArrayLike]
    by_convention: bool = False  # at a tie the weights are ours: 0, of a maximum 1 for the first
    _known: dict[Tensor, Value] = field(default_factory=dict)

    def value(self, term: Term) -> Value:
        """The value of a term over its free indices.

        Raises:
            Unevaluable: where a part of the term has no value in NumPy.
        """
        row = ROWS.get(type(term))
        if row is None:
            raise Unevaluable(f"no numeric value for {term!r}")
        return row(self, term)

    def array(self, array: Array, free: Iterable[Index] = ()) -> Value:
        """The value of an array, its free indices as leading axes."""
        axes = (*free, *array.indices)
        value = self.value(array.body).over(axes)
        shape = tuple(axis.size.value(self.sizes) for axis in axes)
        return Value(
            axes, np.broadcast_to(value.numbers, shape), np.broadcast_to(value.bound, shape)
        )

    def form(self, form: Affine) -> tuple[tuple[Index, ...], Reals]:
        """The integers that an affine form takes over its indices."""
        axes = form.indices
        total: Reals = np.asarray(form.constant.value(self.sizes))
        for position, (index, coefficient) in enumerate(form.coefficients):
            line = np.arange(index.size.value(self.sizes)) * coefficient.value(self.sizes)
            total = total + line.reshape((-1,) + (1,) * (len(axes) - 1 - position))
        return axes, total

    def tensor(self, tensor: Tensor) -> Value:
        """All entries of a tensor; its axes have no names."""
        if tensor not in self._known:
            self._known[tensor] = ORIGINS[type(tensor.origin)](self, tensor)
        return self._known[tensor]


# --------------------------------------------------------------------------------------------
# Terms


def _exact(axes: tuple[Index, ...], numbers: Reals) -> Value:
    return Value(axes, wide := np.asarray(numbers, WIDE), np.zeros_like(wide))


def _number(point: Point, term: Num) -> Value:
    return _exact((), np.asarray(WIDE(term.value.numerator) / WIDE(term.value.denominator)))


def _count(point: Point, term: Count) -> Value:
    return _exact(*point.form(term.form))


def _delta(point: Point, term: Delta) -> Value:
    axes, numbers = point.form(term.form)
    return _exact(axes, numbers == 0)


def _guard(point: Point, term: Guard) -> Value:
    axes, numbers = point.form(term.form)
    return _exact(axes, numbers >= 0)


def _condition(point: Point, term: Cond) -> Value:
    """1 where a term is > 0; at a tie it is a convention, and near one a matter of rounding."""
    value = point.value(term.term)
    numbers = np.asarray(value.numbers > 0, WIDE)
    tied = value.numbers == 0
    undecided = (abs(value.numbers) <= ROUNDED * value.bound) & ~tied
    free = undecided if point.by_convention else undecided | tied
    return Value(value.axes, numbers, np.where(free, ANY_WEIGHT, 0))


def _entry(point: Point, term: At) -> Value:
    whole = point.tensor(term.tensor)
    plain = tuple(filter(None, (slot.plain for slot in term.slots)))
    shape = tuple(index.size.value(point.sizes) for index in plain)
    if len(set(plain)) == len(term.slots) and shape == whole.numbers.shape:
        return replace(whole, axes=plain)
    axes = tuple(dict.fromkeys(i for slot in term.slots for i in slot.indices))
    grids, inside = [], np.asarray(True)
    for slot, size in zip(term.slots, whole.numbers.shape, strict=True):
        grid = _exact(*point.form(slot)).over(axes).numbers.astype(int)
        inside = inside & (grid >= 0) & (grid < size)
        grids.append(np.clip(grid, 0, max(size - 1, 0)))
    shape = tuple(axis.size.value(point.sizes) for axis in axes)
    if not all(whole.numbers.shape) and term.slots:
        return _exact(axes, np.zeros(shape))
    picked = [np.broadcast_to(part[tuple(grids)], shape) for part in (whole.numbers, whole.bound)]
    return Value(axes, *(np.where(inside, part, 0) for part in picked))


def _aligned(values: Iterable[Value]) -> tuple[tuple[Index, ...], list[Value]]:
    values = list(values)
    axes = tuple(dict.fromkeys(axis for value in values for axis in value.axes))
    return axes, [value.over(axes) for value in values]


def _addition(point: Point, term: Add) -> Value:
    axes, values = _aligned(map(point.value, term.parts))
    numbers = sum((v.numbers for v in values), np.asarray(WIDE(0)))
    return Value(axes, numbers, sum((v.bound + abs(v.numbers) for v in values), abs(numbers) * 0))


def _multiplication(point: Point, term: Mul) -> Value:
    axes, values = _aligned(map(point.value, term.parts))
    numbers, bound = np.asarray(WIDE(1)), np.asarray(WIDE(0))
    for value in values:
        moved = SECOND_ORDER * bound * value.bound
        bound = bound * abs(value.numbers) + abs(numbers) * value.bound + moved
        numbers = numbers * value.numbers
    bound = bound + abs(numbers)
    # Guards, deltas and conditions decide first: 0 times an undefined term is 0.
    for part, value in zip(term.parts, values, strict=True):
        if isinstance(part, Delta | Guard | Cond):
            nothing = (value.numbers == 0) & (value.bound == 0)
            numbers = np.where(nothing, 0, numbers)
            bound = np.where(nothing, 0, bound)
    return Value(axes, numbers, bound)


def _power(point: Point, term: Pow) -> Value:
    axes, (base, exponent) = _aligned(map(point.value, (term.base, term.exponent)))
    numbers = base.numbers**exponent.numbers
    slope = abs(exponent.numbers * base.numbers ** (exponent.numbers - 1))
    slope = np.where(exponent.numbers == 0, 0, slope)
    with np.errstate(all="ignore"):
        moved = np.where(exponent.bound == 0, 0, abs(numbers * np.log(abs(base.numbers))))
    bound = slope * base.bound + moved * exponent.bound + abs(numbers)
    bound = bound + np.where(exponent.numbers == 2, SECOND_ORDER * base.bound**2, 0)
    return Value(axes, numbers, bound)


def _function(point: Point, term: Fn) -> Value:
    if not isinstance(term.function, str) or term.function not in FUNCTIONS:
        raise Unevaluable(f"no numeric value for the function {term.function}")
    axes, values = _aligned(map(point.value, term.arguments))
    function, slope = FUNCTIONS[term.function]
    numbers = function(*(value.numbers for value in values))
    moved = slope(*(value.numbers for value in values)) * sum(value.bound for value in values)
    return Value(axes, numbers, moved + abs(numbers))


def _sum(point: Point, term: Sum) -> Value:
    if route := routed(term):
        return _scattered(point, *route)
    value = point.value(term.body)
    if term.index not in value.axes:
        size = WIDE(term.index.size.value(point.sizes))
        return Value(value.axes, value.numbers * size, (value.bound + abs(value.numbers)) * size)
    axis = value.axes.index(term.index)
    axes = tuple(index for index in value.axes if index is not term.index)
    numbers = value.numbers.sum(axis=axis)
    return Value(axes, numbers, (value.bound + abs(value.numbers)).sum(axis=axis))


def _scattered(point: Point, bound: tuple[Index, ...], routes: Routes, rest: Mul) -> Value:
    """The rest of a product, added up at the places that its deltas route it to."""
    moving = tuple(dict.fromkeys(i for _, form in routes for i in form.indices))
    value = point.value(summed([i for i in bound if i not in moving], rest))
    kept = tuple(axis for axis in value.axes if axis not in moving)
    axes = (*kept, *moving)
    sizes = [axis.size.value(point.sizes) for axis in axes]
    spread = value.over(axes)
    parts = [np.broadcast_to(part, sizes) for part in (spread.numbers, spread.bound)]
    targets = tuple(target for target, _ in routes)
    shape = [target.size.value(point.sizes) for target in targets]
    grids = [_exact(*point.form(form)).over(moving).numbers.astype(int) for _, form in routes]
    at = [np.broadcast_to(grid, sizes[len(kept) :]).ravel() for grid in grids]
    inside = np.all([(k >= 0) & (k < size) for k, size in zip(at, shape, strict=True)], axis=0)
    places = sum((k[inside] * prod(shape[n + 1 :]) for n, k in enumerate(at)), np.zeros((), int))
    rows = [part.reshape(prod(sizes[: len(kept)]), len(inside))[:, inside] for part in parts]
    numbers = added_at(places, rows[0], prod(shape))
    bounds = added_at(places, rows[1] + abs(rows[0]), prod(shape))
    whole = (*sizes[: len(kept)], *shape)
    return Value((*kept, *targets), numbers.reshape(whole), bounds.reshape(whole))


ROWS: dict[type[Term], Callable[[Point, Any], Value]] = {
    Num: _number,
    Count: _count,
    At: _entry,
    Add: _addition,
    Mul: _multiplication,
    Pow: _power,
    Fn: _function,
    Sum: _sum,
    Delta: _delta,
    Guard: _guard,
    Cond: _condition,
}


# --------------------------------------------------------------------------------------------
# Tensors


def _variable(point: Point, tensor: Tensor) -> Value:
    if tensor.name not in point.variables:
        raise Unevaluable(f"no value was given for {tensor.name}")
    numbers = np.asarray(point.variables[tensor.name], WIDE)
    return Value((), numbers, abs(numbers))


def _defined(point: Point, tensor: Tensor) -> Value:
    assert isinstance(tensor.origin, Definition)
    return point.array(Array(tensor.origin.indices, tensor.origin.body))


def _inverse(point: Point, tensor: Tensor) -> Value:
    assert isinstance(tensor.origin, Inverse)
    matrix = point.tensor(tensor.origin.matrix)
    inverse = elimination.inverse(matrix.numbers)
    moved = matrix.bound + len(inverse) * abs(matrix.numbers)
    return Value((), inverse, abs(inverse) @ moved @ abs(inverse) + abs(inverse))


def _determinant(point: Point, tensor: Tensor) -> Value:
    assert isinstance(tensor.origin, Determinant)
    matrix = point.tensor(tensor.origin.matrix)
    numbers = np.asarray(elimination.determinant(matrix.numbers))
    return Value((), numbers, abs(numbers) * (1 + _sensitivity(matrix)))


def _log_determinant(point: Point, tensor: Tensor) -> Value:
    assert isinstance(tensor.origin, LogDeterminant)
    matrix = point.tensor(tensor.origin.matrix)
    numbers = np.log(abs(np.asarray(elimination.determinant(matrix.numbers))))
    return Value((), numbers, abs(numbers) + _sensitivity(matrix))


def _sensitivity(matrix: Value) -> Reals:
    """How far rounding can move the logarithm of the determinant."""
    moved = matrix.bound + len(matrix.numbers) * abs(matrix.numbers)
    total: Reals = (abs(elimination.inverse(matrix.numbers)).T * moved).sum()
    return total


def _choice(point: Point, tensor: Tensor) -> Value:
    origin = tensor.origin
    assert isinstance(origin, Choice)
    axes = (*origin.outer, *origin.chosen)
    body = point.array(Array(axes, origin.body)).numbers.copy()
    for form in origin.allowed:
        allowed = _exact(*point.form(form)).over(axes).numbers >= 0
        body[~np.broadcast_to(allowed, body.shape)] = -np.inf
    outer, chosen = body.shape[: len(origin.outer)], prod(body.shape[len(origin.outer) :])
    flat = body.reshape(*outer, chosen)
    places = flat.argmax(axis=-1) if chosen else np.zeros(outer, int)
    weights = np.arange(chosen) == places[..., None]
    return Value(
        (),
        np.asarray(weights.reshape(body.shape), WIDE),
        np.zeros(body.shape) if point.by_convention else ties(flat).reshape(body.shape),
    )


def _recurrence(point: Point, tensor: Tensor) -> Value:
    """One step after the other, each from the values and bounds of the one before."""
    origin = tensor.origin
    assert isinstance(origin, Recurrence)
    steps = origin.time.size.value(point.sizes)
    current = point.array(Array(origin.rest, origin.start))
    found = [current]
    for step in range(steps - 1):
        there = substituted(origin.step, {origin.time: Affine.of(step)})
        known = {**point._known, origin.previous: replace(current, axes=())}
        following = replace(point, _known=known)
        current = following.array(Array(origin.rest, there))
        found.append(current)
    shape = (0, *current.numbers.shape)
    stacked = [
        np.stack(part) if steps else np.zeros(shape, WIDE)
        for part in ([v.numbers for v in found], [v.bound for v in found])
    ]
    return Value((), *stacked)


ORIGINS: dict[type, Callable[[Point, Tensor], Value]] = {
    type(None): _variable,
    Definition: _defined,
    Inverse: _inverse,
    Determinant: _determinant,
    LogDeterminant: _log_determinant,
    Choice: _choice,
    Recurrence: _recurrence,
}
