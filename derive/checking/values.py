"""What a term is worth at a point, in NumPy, with a first-order bound of its rounding error.

The values are computed in the widest floating-point type there is, unless another is asked for. The
bound is a running error analysis: what rounding every input and every operation once can change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache, reduce
from math import prod
from operator import add
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking import elimination
from derive.checking.elementwise import (
    ANY_WEIGHT,
    FUNCTIONS,
    ROOTS,
    ROUNDED,
    Elementwise,
    ties,
)
from derive.checking.rounding import Value, spread
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


@dataclass
class Point:
    """Values of the named sizes and of the variables, by name.

    Several points with the same sizes are one: `draws` is then the first axis of all variables.
    """

    sizes: Mapping[str, int]
    variables: Mapping[str, npt.ArrayLike]
    by_convention: bool = False  # at a tie the weights are ours: 0, of a maximum 1 for the first
    draws: tuple[Index, ...] = ()
    kind: type[np.floating[Any]] = WIDE  # what is computed in
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

    def grid(self, form: Affine, axes: tuple[Index, ...]) -> Reals:
        """The same, ready to be broadcast over more axes."""
        own, numbers = self.form(form)
        return spread(numbers, own, axes)

    def exact(self, axes: tuple[Index, ...], numbers: npt.ArrayLike) -> Value:
        """Numbers that nothing rounds."""
        return Value(axes, own := np.asarray(numbers, self.kind), np.zeros_like(own))

    def tensor(self, tensor: Tensor) -> Value:
        """All entries of a tensor; its axes have no names."""
        if tensor not in self._known:
            self._known[tensor] = ORIGINS[type(tensor.origin)](self, tensor)
        return self._known[tensor]


# --------------------------------------------------------------------------------------------
# Terms


def _number(point: Point, term: Num) -> Value:
    return _constant(term.value, np.dtype(point.kind).char)


@lru_cache(maxsize=1000)
def _constant(value: Fraction, char: str) -> Value:
    kind = np.dtype(char).type
    numbers = np.asarray(kind(value.numerator) / kind(value.denominator))
    return Value((), numbers, np.zeros_like(numbers))


def _count(point: Point, term: Count) -> Value:
    return point.exact(*point.form(term.form))


def _delta(point: Point, term: Delta) -> Value:
    axes, numbers = point.form(term.form)
    return point.exact(axes, numbers == 0)


def _guard(point: Point, term: Guard) -> Value:
    axes, numbers = point.form(term.form)
    return point.exact(axes, numbers >= 0)


def _condition(point: Point, term: Cond) -> Value:
    """1 where a term is > 0; at a tie it is a convention, and near one a matter of rounding."""
    value = point.value(term.term)
    numbers = np.asarray(value.numbers > 0, point.kind)
    tied = value.numbers == 0
    undecided = (abs(value.numbers) <= ROUNDED * value.bound) & ~tied
    free = undecided if point.by_convention else undecided | tied
    return Value(value.axes, numbers, np.where(free, ANY_WEIGHT, 0))


def _entry(point: Point, term: At) -> Value:
    whole = point.tensor(term.tensor)
    own = whole.numbers.shape[len(point.draws) :]
    plain = tuple(filter(None, (slot.plain for slot in term.slots)))
    shape = tuple(index.size.value(point.sizes) for index in plain)
    if len(set(plain)) == len(term.slots) and shape == own:
        return replace(whole, axes=(*point.draws, *plain))
    moving = tuple(dict.fromkeys(i for slot in term.slots for i in slot.indices))
    axes = (*point.draws, *moving)
    shape = tuple(axis.size.value(point.sizes) for axis in axes)
    if not all(own) and term.slots:
        return point.exact(axes, np.zeros(shape))
    grids: list[Any] = []
    inside = np.asarray(True)
    for slot, size in zip(term.slots, own, strict=True):
        grid = point.grid(slot, moving)
        inside = inside & (grid >= 0) & (grid < size)
        grids.append(np.clip(grid, 0, max(size - 1, 0)))
    picked = [np.broadcast_to(part[(..., *grids)], shape) for part in (whole.numbers, whole.bound)]
    return Value(axes, *(np.where(inside, part, 0) for part in picked))


def _aligned(values: Iterable[Value]) -> tuple[tuple[Index, ...], list[Value]]:
    values = list(values)
    axes = tuple(dict.fromkeys(axis for value in values for axis in value.axes))
    return axes, [value.over(axes) for value in values]


def _addition(point: Point, term: Add) -> Value:
    axes, values = _aligned(map(point.value, term.parts))
    numbers = reduce(add, (v.numbers for v in values))
    return Value(axes, numbers, reduce(add, (v.bound + abs(v.numbers) for v in values)))


def _multiplication(point: Point, term: Mul) -> Value:
    axes, values = _aligned(map(point.value, term.parts))
    first, *others = values or [point.exact((), 1)]
    numbers, bound = first.numbers, first.bound
    for value in others:
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
    if isinstance(term.exponent, Num) and term.exponent.value in ROOTS:
        return _root(point, term, *ROOTS[term.exponent.value])
    axes, (base, exponent) = _aligned(map(point.value, (term.base, term.exponent)))
    numbers = base.numbers**exponent.numbers
    slope = abs(exponent.numbers * base.numbers ** (exponent.numbers - 1))
    bound = np.where(exponent.numbers == 0, 0, slope) * base.bound + abs(numbers)
    if exponent.bound.any():
        with np.errstate(all="ignore"):
            moved = np.where(exponent.bound == 0, 0, abs(numbers * np.log(abs(base.numbers))))
        bound = bound + moved * exponent.bound
    return Value(axes, numbers, bound)


def _root(point: Point, term: Pow, function: Elementwise, slope: Elementwise) -> Value:
    """A power that costs no logarithm."""
    base = point.value(term.base)
    numbers = function(base.numbers)
    bound = slope(numbers, base.numbers) * base.bound + abs(numbers)
    if term.exponent == Num(2):
        bound = bound + SECOND_ORDER * base.bound**2
    return Value(base.axes, numbers, bound)


def _function(point: Point, term: Fn) -> Value:
    if not isinstance(term.function, str) or term.function not in FUNCTIONS:
        raise Unevaluable(f"no numeric value for the function {term.function}")
    axes, values = _aligned(map(point.value, term.arguments))
    function, slope = FUNCTIONS[term.function]
    arguments = [value.numbers for value in values]
    numbers = function(*arguments)
    moved = slope(numbers, *arguments) * reduce(add, (value.bound for value in values))
    return Value(axes, numbers, moved + abs(numbers))


def _sum(point: Point, term: Sum) -> Value:
    if route := routed(term):
        return _scattered(point, *route)
    value = point.value(term.body)
    if term.index not in value.axes:
        size = point.kind(term.index.size.value(point.sizes))
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
    whole, before = value.over(axes), sizes[: len(kept)]
    parts = [np.broadcast_to(part, sizes) for part in (whole.numbers, whole.bound)]
    rows = [part.reshape(prod(before), prod(sizes[len(kept) :])) for part in parts]
    targets = tuple(target for target, _ in routes)
    shape = [target.size.value(point.sizes) for target in targets]
    grids = [point.grid(form, moving) for _, form in routes]
    at = [np.broadcast_to(grid, sizes[len(kept) :]).ravel() for grid in grids]
    found = (added_at(at, part, shape) for part in (rows[0], rows[1] + abs(rows[0])))
    return Value((*kept, *targets), *(part.reshape(*before, *shape) for part in found))


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
    numbers = np.asarray(point.variables[tensor.name], point.kind)
    return Value((), numbers, abs(numbers))


def _defined(point: Point, tensor: Tensor) -> Value:
    assert isinstance(tensor.origin, Definition)
    return point.array(Array(tensor.origin.indices, tensor.origin.body), point.draws)


def _inverse(point: Point, tensor: Tensor) -> Value:
    assert isinstance(tensor.origin, Inverse)
    matrix = point.tensor(tensor.origin.matrix)
    inverse = elimination.each(elimination.inverse, matrix.numbers)
    moved = matrix.bound + elimination.rounded(matrix.numbers)
    return Value((), inverse, abs(inverse) @ moved @ abs(inverse) + abs(inverse))


def _determinant(point: Point, tensor: Tensor) -> Value:
    assert isinstance(tensor.origin, Determinant)
    matrix = point.tensor(tensor.origin.matrix)
    numbers = elimination.each(elimination.determinant, matrix.numbers)
    return Value((), numbers, abs(numbers) * (1 + _sensitivity(matrix)))


def _log_determinant(point: Point, tensor: Tensor) -> Value:
    assert isinstance(tensor.origin, LogDeterminant)
    matrix = point.tensor(tensor.origin.matrix)
    numbers = np.log(abs(elimination.each(elimination.determinant, matrix.numbers)))
    return Value((), numbers, abs(numbers) + _sensitivity(matrix))


def _sensitivity(matrix: Value) -> Reals:
    """How far rounding can move the logarithm of the determinant."""
    moved = matrix.bound + elimination.rounded(matrix.numbers)
    inverse = elimination.each(elimination.inverse, matrix.numbers)
    total: Reals = (abs(inverse).swapaxes(-1, -2) * moved).sum(axis=(-2, -1))
    return total


def _choice(point: Point, tensor: Tensor) -> Value:
    origin = tensor.origin
    assert isinstance(origin, Choice)
    axes = (*origin.outer, *origin.chosen)
    body = point.array(Array(axes, origin.body), point.draws).numbers.copy()
    for form in origin.allowed:
        body[
            ..., ~np.broadcast_to(point.grid(form, axes) >= 0, body.shape[len(point.draws) :])
        ] = -np.inf
    kept = len(point.draws) + len(origin.outer)
    outer, chosen = body.shape[:kept], prod(body.shape[kept:])
    flat = body.reshape(*outer, chosen)
    places = flat.argmax(axis=-1) if chosen else np.zeros(outer, int)
    weights = np.arange(chosen) == places[..., None]
    return Value(
        (),
        np.asarray(weights.reshape(body.shape), point.kind),
        np.zeros(body.shape) if point.by_convention else ties(flat).reshape(body.shape),
    )


def _recurrence(point: Point, tensor: Tensor) -> Value:
    """One step after the other, each from the values and bounds of the one before."""
    origin = tensor.origin
    assert isinstance(origin, Recurrence)
    steps = origin.time.size.value(point.sizes)
    current = point.array(Array(origin.rest, origin.start), point.draws)
    found = [current]
    for step in range(steps - 1):
        there = substituted(origin.step, {origin.time: Affine.of(step)})
        known = {**point._known, origin.previous: replace(current, axes=())}
        following = replace(point, _known=known)
        current = following.array(Array(origin.rest, there), point.draws)
        found.append(current)
    before = len(point.draws)
    shape = (*current.numbers.shape[:before], 0, *current.numbers.shape[before:])
    stacked = [
        np.stack(part, axis=before) if steps else np.zeros(shape, point.kind)
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
