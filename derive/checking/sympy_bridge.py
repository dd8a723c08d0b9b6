"""SymPy beside us: export, import, and a second opinion on every record.

The second opinion expands a record at small sizes into scalars over plain symbols, differentiates
with SymPy's own scalar `diff`, and compares both ends at rational points. SymPy's sums, matrices
and deltas are never differentiated: their derivatives can be silently wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from derive.derivation import Record
from derive.terms.arrays import Array
from derive.terms.indices import Affine, Index
from derive.terms.nodes import (
    Add,
    At,
    Cond,
    Count,
    D,
    Delta,
    Fn,
    Guard,
    Mul,
    Num,
    Pow,
    Sum,
    Term,
)
from derive.terms.structure import recurrence_step
from derive.terms.tensors import (
    Choice,
    Definition,
    Determinant,
    Function,
    Inverse,
    LogDeterminant,
    Recurrence,
    Tensor,
)

Sizes = Mapping[str, int]
Values = Mapping[Index, int]
Where = tuple[int, ...]


class NoSymPyForm(ValueError):
    """A term that SymPy has no form for; the message quotes it."""


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + sp.exp(-x))


def _where(condition: Any, yes: Any, no: Any) -> Any:
    return sp.Piecewise((yes, condition), (no, True))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(sp, name) for name in "exp log sin cos tan sinh cosh tanh erf".split()},
    "abs": sp.Abs,
    "sign": sp.sign,
    "sigmoid": _sigmoid,
    "softplus": lambda x: sp.log(1 + sp.exp(x)),
    "relu": lambda x: _where(x > 0, x, 0),
    "maximum": lambda x, y: _where(x > y, x, y),
    "minimum": lambda x, y: _where(x < y, x, y),
}


# --------------------------------------------------------------------------------------------
# Explicit scalars at given sizes


@dataclass
class Expansion:
    """Terms at given sizes, as expressions over one plain symbol for each entry of a variable."""

    sizes: Sizes
    numbers: Callable[[Tensor, Where], Any] | None = None  # for symbols that are not held
    held: frozenset[tuple[Tensor, Where]] = frozenset()  # entries that stand for themselves
    symbols: dict[tuple[Tensor, Where], Any] = field(default_factory=dict)
    _entries: dict[tuple[Tensor, Where], Any] = field(default_factory=dict)

    def value(self, term: Term, at: Values) -> Any:
        """The expression of a term at values of its free indices."""
        return EXPLICIT[type(term)](self, term, at)

    def number(self, form: Affine, at: Values) -> int:
        """The integer that an affine form is."""
        return form.value(self.sizes, at)

    def range(self, index: Index) -> range:
        """The values of an index."""
        return range(index.size.value(self.sizes))

    def symbol(self, tensor: Tensor, where: tuple[int, ...]) -> Any:
        """The symbol of an entry."""
        if (tensor, where) not in self.symbols:
            name = "_".join([tensor.name or f"t{len(self.symbols)}", *map(str, where)])
            # A scalar beta_0 is another symbol than the first entry of a vector beta.
            while any(name == symbol.name for symbol in self.symbols.values()):
                name += "_"
            self.symbols[tensor, where] = sp.Symbol(name, real=True)
        return self.symbols[tensor, where]

    def entry(self, tensor: Tensor, where: tuple[int, ...]) -> Any:
        """An entry of a tensor, 0 out of range."""
        shape = tuple(size.value(self.sizes) for size in tensor.shape)
        if not all(0 <= k < size for k, size in zip(where, shape, strict=True)):
            return sp.Integer(0)
        if (tensor, where) in self.held:
            return self.symbol(tensor, where)
        if tensor.is_variable or isinstance(tensor.origin, Choice):
            return self.numbers(tensor, where) if self.numbers else self.symbol(tensor, where)
        if (tensor, where) not in self._entries:
            self._entries[tensor, where] = self._made(tensor, where)
        return self._entries[tensor, where]

    def _made(self, tensor: Tensor, where: tuple[int, ...]) -> Any:
        origin = tensor.origin
        if isinstance(origin, Definition):
            return self.value(origin.body, dict(zip(origin.indices, where, strict=True)))
        if isinstance(origin, Recurrence):
            time, rest = where[0], dict(zip(origin.rest, where[1:], strict=True))
            if not time:
                return self.value(origin.start, rest)
            return self.value(recurrence_step(tensor), {origin.time: time - 1, **rest})
        if isinstance(origin, Inverse):
            matrix = self.matrix(origin.matrix)
            row, column = where
            return matrix.cofactor(column, row, method="berkowitz") / _determinant(matrix)
        if isinstance(origin, Determinant):
            return _determinant(self.matrix(origin.matrix))
        if isinstance(origin, LogDeterminant):
            return sp.log(_determinant(self.matrix(origin.matrix)) ** 2) / 2
        raise NoSymPyForm(f"no SymPy form for {tensor.name}")

    def matrix(self, tensor: Tensor) -> Any:
        """A matrix of scalars, of which only minors are taken."""
        rows, columns = (size.value(self.sizes) for size in tensor.shape)
        return sp.Matrix(rows, columns, lambda i, j: self.entry(tensor, (int(i), int(j))))


def _determinant(matrix: Any) -> Any:
    return matrix.det(method="berkowitz")


def _entry(e: Expansion, term: At, at: Values) -> Any:
    return e.entry(term.tensor, tuple(e.number(slot, at) for slot in term.slots))


def _product(e: Expansion, term: Mul, at: Values) -> Any:
    # Guards, deltas and conditions decide first: 0 times an undefined term is 0.
    ordered = sorted(term.parts, key=lambda part: not isinstance(part, Delta | Guard))
    total = sp.Integer(1)
    for part in ordered:
        factor = e.value(part, at)
        if factor == 0 and isinstance(part, Delta | Guard):
            return sp.Integer(0)
        total = total * factor
    return total


def _sum(e: Expansion, term: Sum, at: Values) -> Any:
    return sp.Add(*(e.value(term.body, {**at, term.index: k}) for k in e.range(term.index)))


def _function(e: Expansion, term: Fn, at: Values) -> Any:
    arguments = [e.value(argument, at) for argument in term.arguments]
    if isinstance(term.function, Function):
        return _example(term.function, arguments)
    return FUNCTIONS[term.function](*arguments)


def _example(function: Function, arguments: list[Any]) -> Any:
    """An opaque function stands for all smooth ones; the example for it is one without symmetry."""
    slots = [sp.Dummy(real=True) for _ in arguments]
    inside = sum((sp.Rational(k + 2, 3) * x for k, x in enumerate(slots)), sp.Integer(0))
    shift = sum(map(ord, function.name)) % 7
    example = sp.exp(inside / 2) + sp.sin(inside + shift)
    for slot, order in zip(slots, function.orders, strict=True):
        example = sp.diff(example, slot, order) if order else example
    return example.xreplace(dict(zip(slots, arguments, strict=True)))


def _derivative(e: Expansion, term: D, at: Values) -> Any:
    # One entry stands for itself until the derivative is taken, a defined name as well; what does
    # not depend on it may be a number, which is much less to differentiate.
    where = tuple(e.number(slot, at) for slot in term.variable.slots)
    key = (term.variable.tensor, where)
    inner = Expansion(e.sizes, e.numbers, e.held | {key}, e.symbols)
    slope = sp.diff(inner.value(term.body, at), inner.symbol(*key))
    return slope if key in e.held else slope.xreplace({inner.symbol(*key): e.entry(*key)})


EXPLICIT: dict[type[Term], Callable[[Expansion, Any, Values], Any]] = {
    Num: lambda e, t, at: sp.Rational(t.value.numerator, t.value.denominator),
    Count: lambda e, t, at: sp.Integer(e.number(t.form, at)),
    At: _entry,
    Add: lambda e, t, at: sp.Add(*(e.value(part, at) for part in t.parts)),
    Mul: _product,
    Pow: lambda e, t, at: e.value(t.base, at) ** e.value(t.exponent, at),
    Fn: _function,
    Sum: _sum,
    Delta: lambda e, t, at: sp.Integer(e.number(t.form, at) == 0),
    Guard: lambda e, t, at: sp.Integer(e.number(t.form, at) >= 0),
    Cond: lambda e, t, at: _where(e.value(t.term, at) > 0, 1, 0),
    D: _derivative,
}


# --------------------------------------------------------------------------------------------
# Sums over symbolic sizes


def indexed(term: Term) -> Any:
    """The term over indexed bases and sums, for reading and for SymPy's scalar functions.

    >>> from derive.terms.arrays import variable
    >>> indexed((variable("x", ("n",)) ** 2).sum().body)
    Sum(x[i]**2, (i, 0, n - 1))
    """
    row = SYMBOLIC.get(type(term))
    if row is None:
        raise NoSymPyForm(f"SymPy has no safe form for {term!r}")
    return row(term)


def _size(size: Any) -> Any:
    named = (
        sp.Integer(c) * sp.Mul(*(_integer(name) ** power for name, power in monomial))
        for monomial, c in size
    )
    return sp.Add(*named)


def _integer(name: str) -> Any:
    return sp.Symbol(name, integer=True, positive=True)


def _index(index: Index) -> Any:
    return sp.Symbol(index.name, integer=True)


def _form(form: Affine) -> Any:
    return sp.Add(_size(form.constant), *(_size(c) * _index(i) for i, c in form.coefficients))


def _indexed_entry(term: At) -> Any:
    tensor = term.tensor
    if isinstance(tensor.origin, Definition):
        from derive.terms.structure import unfolded

        return indexed(unfolded(term))
    if not tensor.is_variable:
        raise NoSymPyForm(f"SymPy has no safe form for {type(tensor.origin).__name__.lower()}s")
    if not term.slots:
        return sp.Symbol(tensor.name, real=True)
    return sp.IndexedBase(tensor.name, shape=tuple(map(_size, tensor.shape)))[
        tuple(map(_form, term.slots))
    ]


def _indexed_sum(term: Sum) -> Any:
    taken = {str(symbol) for symbol in indexed(term.body).free_symbols}
    fresh = Index(_unused(term.index.name, taken, term), term.index.size)
    from derive.terms.structure import substituted

    body = indexed(substituted(term.body, {term.index: Affine.of(fresh)}))
    return sp.Sum(body, (_index(fresh), 0, _size(fresh.size) - 1))


def _unused(name: str, taken: set[str], term: Sum) -> str:
    """A name for a bound index that no free index of the body has: SymPy tells them by name."""
    from derive.terms.structure import free_indices

    others = {index.name for index in free_indices(term)} | (taken - {name})
    while name in others:
        name += "_"
    return name


def _indexed_function(term: Fn) -> Any:
    arguments = [indexed(argument) for argument in term.arguments]
    if isinstance(term.function, Function):
        raise NoSymPyForm(f"the function {term.function} is opaque")
    return FUNCTIONS[term.function](*arguments)


SYMBOLIC: dict[type[Term], Callable[[Any], Any]] = {
    Num: lambda t: sp.Rational(t.value.numerator, t.value.denominator),
    Count: lambda t: _form(t.form),
    At: _indexed_entry,
    Add: lambda t: sp.Add(*map(indexed, t.parts)),
    Mul: lambda t: sp.Mul(*map(indexed, t.parts)),
    Pow: lambda t: indexed(t.base) ** indexed(t.exponent),
    Fn: _indexed_function,
    Sum: _indexed_sum,
    Delta: lambda t: sp.Piecewise((1, sp.Eq(_form(t.form), 0)), (0, True)),
    Guard: lambda t: sp.Piecewise((1, _form(t.form) >= 0), (0, True)),
    Cond: lambda t: _where(indexed(t.term) > 0, 1, 0),
}


def exported(record: Record, **sizes: int) -> Any:
    """The result of a record: sums over symbolic sizes, or nested lists of explicit scalars."""
    end = record.chain.end
    if not sizes:
        return indexed(end.body)
    return nested(end, tuple(record.indices.values()), Expansion(sizes))


def nested(array: Array, free: tuple[Index, ...], expansion: Expansion) -> Any:
    """An array as nested lists of expressions, its free indices as leading axes."""
    axes = (*free, *array.indices)

    def rows(at: Values, rest: tuple[Index, ...]) -> Any:
        if not rest:
            return expansion.value(array.body, at)
        return [rows({**at, rest[0]: k}, rest[1:]) for k in expansion.range(rest[0])]

    return rows({}, axes)
