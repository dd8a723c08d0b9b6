"""Terms compiled to closures, for one shape and one kind of numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any, TypeAlias

from derive.proof.evaluator.arithmetic import FLOATS, Arithmetic, Undefined, Value
from derive.proof.evaluator.duals import Calculus, Dual
from derive.proof.evaluator.intervals import Interval, approximate
from derive.proof.evaluator.points import Point, Polynomial
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Term
from derive.terms.structure import constituents, ordered_free_indices, tensors
from derive.terms.tensors import Choice, Recurrence, Tensor

Run: TypeAlias = Callable[[], Value]
Integer: TypeAlias = Callable[[], int]


Memo: TypeAlias = dict[object, Value]
KEPT = 64  # points whose values are remembered


class Holder:
    """A tensor at one shape: where its entries are, and what they depend on."""

    def __init__(self, number: int, tensor: Tensor, program: Program) -> None:
        self.number = number
        self.tensor = tensor
        self.axes = [size.value(program.sizes) for size in tensor.shape]
        self.length = prod(self.axes)
        self.depends: frozenset[int] = frozenset()
        # A choice is computed from plain values: its derivative is 0.
        self.fixed = isinstance(tensor.origin, Choice)
        self.compute: Callable[[int], Value] | None = None

    def position(self, offset: int) -> list[int]:
        """The indices of the entry at an offset."""
        found = []
        for extent in reversed(self.axes):
            offset, k = divmod(offset, extent)
            found.append(k)
        return found[::-1]


class Table(list[Any]):
    """Entries of a tensor found so far (None where not yet), with matrices computed as a whole."""

    __slots__ = ("whole",)

    def __init__(self, length: int) -> None:
        super().__init__([None] * length)
        self.whole: dict[object, list[Value]] = {}

    def replaced(self, offset: int, value: Value) -> Table:
        """The same entries but for one."""
        copy = Table(0)
        copy[:] = self
        copy[offset] = value
        return copy


class Scope:
    """Under which derivatives one is: each adds a tangent to one entry of one tensor."""

    def __init__(self, parent: Scope | None, number: int, offset: int, tables: list[Table]) -> None:
        self.parent = parent
        self.number = number
        self.offset = offset
        self.level: int = parent.level + 1 if parent else 0
        self.tables = tables
        self.children: dict[tuple[int, int], Scope] = {}
        self.memos: dict[int, Memo] = {}


class Root(Scope):
    """Under no derivative: the values of a point, and what was found of terms there."""

    def __init__(self, point: Point) -> None:
        super().__init__(None, -1, -1, [])
        self.point = point
        self.derived: dict[tuple[str, tuple[int, ...]], Polynomial] = {}
        self.values: dict[object, list[Value | Undefined]] = {}


class Program:
    """Compiles terms at a shape, and evaluates them at points of that shape."""

    def __init__(
        self,
        closures: Mapping[type, Callable[..., Any]],  # for each kind of term and of origin
        sizes: Mapping[str, int],
        arithmetic: Arithmetic,
    ) -> None:
        self.closures = closures
        self.sizes = sizes
        self.arithmetic = arithmetic
        self.calculus = Calculus(arithmetic)
        self.ix: list[int] = []
        self.slots: dict[Index, int] = {}
        self.holders: list[Holder] = []
        self.numbers: dict[Tensor, int] = {}
        self.done: dict[Term, Run] = {}
        self.count = itertools.count()
        self.roots: dict[int, Root] = {}
        self.root = Root(Point(sizes, {}))
        self.scope: Scope = self.root
        self.tables: list[Table] = []

    # --- compiling ---------------------------------------------------------------------------

    def run(self, term: Term) -> Run:
        """The closure that evaluates a term at the current indices."""
        found = self.done.get(term)
        if found is None:
            found = self.done[term] = self.closures[type(term)](term, self)
        return found

    def remembered(self, term: Term, run: Run) -> Run:
        """A closure that keeps its values, by free indices and the derivatives that matter."""
        slots = [self.slot(index) for index in ordered_free_indices(term)]
        holders = [self.holder(tensor) for tensor in tensors(term)]
        depends = frozenset().union(*({h.number} | h.depends for h in holders))
        number, ix = next(self.count), self.ix
        single = slots[0] if len(slots) == 1 else None

        def kept() -> Value:
            memo = self.scope.memos.get(number)
            if memo is None:
                memo = self._memo(self.scope, number, depends)
            key = ix[single] if single is not None else tuple([ix[s] for s in slots])
            value = memo.get(key)
            if value is None:
                value = memo[key] = run()
            return value

        return kept

    def _memo(self, scope: Scope, number: int, depends: frozenset[int]) -> Memo:
        """The values kept under a scope: those of its parent if its tensor plays no part."""
        if number not in scope.memos:
            shared = scope.parent is not None and scope.number not in depends
            memo = self._memo(scope.parent, number, depends) if shared and scope.parent else {}
            scope.memos[number] = memo
        return scope.memos[number]

    def slot(self, index: Index) -> int:
        """Where the value of an index is kept."""
        if index not in self.slots:
            self.slots[index] = len(self.ix)
            self.ix.append(0)
        return self.slots[index]

    def holder(self, tensor: Tensor) -> Holder:
        """The place of a tensor, with all that it is made from."""
        if tensor in self.numbers:
            return self.holders[self.numbers[tensor]]
        parts = [self.holder(part) for part in constituents(tensor)]
        holder = Holder(len(self.holders), tensor, self)
        self.numbers[tensor] = holder.number
        self.holders.append(holder)
        inherited = (part.depends | {part.number} for part in parts)
        holder.depends = frozenset().union(*inherited)
        if tensor.origin is not None:
            holder.compute = self.closures[type(tensor.origin)](holder, self)
        return holder

    def integer(self, form: Affine) -> Integer:
        """The closure that evaluates an affine form."""
        constant = form.constant.value(self.sizes)
        pairs = [(c.value(self.sizes), self.slot(i)) for i, c in form.coefficients]
        return self.combination(constant, pairs)

    def combination(self, constant: int, pairs: Sequence[tuple[int, int]]) -> Integer:
        """The closure for ``constant + sum of coefficient * index``."""
        ix = self.ix
        pairs = [(c, s) for c, s in pairs if c]
        if not pairs:
            return lambda: constant
        (c, s), *rest = pairs
        if not rest:
            if c == 1 and not constant:
                return lambda: ix[s]
            return lambda: constant + c * ix[s]
        if len(rest) == 1:
            ((d, t),) = rest
            return lambda: constant + c * ix[s] + d * ix[t]
        first, last = self.combination(constant, pairs[:2]), self.combination(0, pairs[2:])
        return lambda: first() + last()

    def bounds(self, form: Affine) -> tuple[int, int]:
        """The smallest and the largest value of a form over the ranges of its indices."""
        low = high = form.constant.value(self.sizes)
        for index, coefficient in form.coefficients:
            end = coefficient.value(self.sizes) * (index.size.value(self.sizes) - 1)
            low, high = low + min(end, 0), high + max(end, 0)
        return low, high

    # --- running -----------------------------------------------------------------------------

    def load(self, point: Point) -> None:
        """Go to a point; what was found there before is still known."""
        root = self.roots.get(id(point))
        if root is None:
            if len(self.roots) == KEPT:
                self.roots.clear()
            root = self.roots[id(point)] = Root(point)
        self.root = root
        self.enter(root)

    def _given(self, holder: Holder, point: Point) -> Table:
        """The table of a tensor at a point: full if it is a variable."""
        table = Table(0 if holder.tensor in point.values else holder.length)
        if holder.tensor.is_variable:
            if holder.tensor not in point.values:
                raise ValueError(f"the point has no value of {holder.tensor.name}")
            given = point.values[holder.tensor]
            if len(given) != holder.length:
                raise ValueError(f"the point has {len(given)} entries of {holder.tensor.name}")
            table[:] = map(self.converted, given)
        return table

    def converted(self, number: Value) -> Value:
        """A number of a point in the numbers of the program."""
        if isinstance(number, Interval):
            return approximate(number) if self.arithmetic is FLOATS else number
        return self.arithmetic.number(number) if isinstance(number, Fraction) else number

    def enter(self, scope: Scope) -> None:
        """Go under the derivatives of a scope."""
        if len(scope.tables) < len(self.holders):
            self._widen(scope)
        self.scope = scope
        self.tables = scope.tables

    def _widen(self, scope: Scope) -> None:
        """Tables for the tensors of terms that were compiled since a scope was made."""
        new = self.holders[len(scope.tables) :]
        if scope.parent is None:
            scope.tables += [self._given(holder, self.root.point) for holder in new]
            return
        if len(scope.parent.tables) < len(self.holders):
            self._widen(scope.parent)
        for holder in new:
            scope.tables.append(self._under(scope, holder))

    def _under(self, scope: Scope, holder: Holder) -> Table:
        """The table of a tensor other than that which a scope varies: anew if it depends on it."""
        assert scope.parent is not None
        varies = scope.number in holder.depends and not holder.fixed
        return Table(holder.length) if varies else scope.parent.tables[holder.number]

    def at(self, run: Run, indices: Sequence[int], values: Sequence[int]) -> Value:
        """A compiled term with the free indices in these slots at these values."""
        self.enter(self.root)
        for slot, value in zip(indices, values, strict=True):
            self.ix[slot] = value
        return run()

    def kept(
        self, run: Run, slots: Sequence[int], places: tuple[tuple[int, ...], ...]
    ) -> list[Value | Undefined]:
        """A compiled term at the current point, for some values of its free indices, once."""
        known, key = self.root.values, (run, *slots, places)
        found = known.get(key)
        if found is None:
            found = known[key] = [self._value(run, slots, place) for place in places]
        return found

    def _value(self, run: Run, slots: Sequence[int], place: Sequence[int]) -> Value | Undefined:
        try:
            return self.at(run, slots, place)
        except Undefined as reason:
            return reason

    def child(self, number: int, offset: int) -> Scope:
        """The scope under one more derivative, by an entry of a tensor."""
        scope = self.scope
        found = scope.children.get((number, offset))
        if found is None:
            found = Scope(scope, number, offset, [])
            found.tables += [self._under(found, holder) for holder in self.holders]
            value = self.tables[number][offset]
            value = self.entry(number, offset) if value is None else value
            found.tables[number] = self.tables[number].replaced(offset, value + self._unit(found))
            self._forget_later(found.tables[number], number, offset)
            scope.children[number, offset] = found
        return found

    def _forget_later(self, table: Table, number: int, offset: int) -> None:
        """Later entries of a recurrence follow from the one that was changed."""
        holder = self.holders[number]
        if isinstance(holder.tensor.origin, Recurrence):
            later = holder.position(offset)[0] + 1
            for other in range(later * (holder.length // holder.axes[0]), holder.length):
                table[other] = None

    def entry(self, number: int, offset: int) -> Value:
        """An entry that is not yet in the table of the current scope.

        A defined name that an outer derivative takes as independent keeps its tangent when an
        inner derivative goes through its definition.
        """
        scope, holder = self.scope, self.holders[number]
        assert holder.compute is not None
        if holder.fixed:
            self.enter(self.root)
        value = holder.compute(offset)
        self.enter(scope)
        above: Scope | None = scope
        while above is not None:
            if above.number == number and above.offset == offset:
                value = value + self._unit(above)
            above = above.parent
        scope.tables[number][offset] = value = self.arithmetic.settled(value)
        return value

    def _unit(self, scope: Scope) -> Dual:
        return Dual(self.calculus.zero, self.calculus.one, scope.level)
