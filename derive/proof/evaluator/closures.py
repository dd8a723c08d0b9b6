"""One row for each kind of term: the closure that evaluates it; and the rows of origins."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

from derive.proof.evaluator.arithmetic import Value
from derive.proof.evaluator.duals import Dual
from derive.proof.evaluator.functions import function
from derive.proof.evaluator.origins import ORIGINS
from derive.proof.evaluator.programs import Program, Run
from derive.proof.evaluator.survey import is_integer
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

Offset: TypeAlias = Callable[[], int]
DECIDING = (Delta, Guard, Cond)  # factors that are looked at first


def _number(term: Num, program: Program) -> Run:
    value = program.arithmetic.number(term.value)
    return lambda: value


def _count(term: Count, program: Program) -> Run:
    form = program.integer(term.form)
    number = program.arithmetic.number
    return lambda: number(Fraction(form()))


Place: TypeAlias = tuple[int, list[tuple[int, int]], list[tuple[Offset, int]]]


def _place(entry: At, program: Program) -> Place:
    """An offset as a constant and multiples of indices, and forms that may be out of range."""
    holder = program.holder(entry.tensor)
    constant, pairs, checks = 0, list[tuple[int, int]](), list[tuple[Offset, int]]()
    stride = holder.length
    for slot, size, extent in zip(entry.slots, entry.tensor.shape, holder.axes, strict=True):
        stride = stride // extent if extent else 0
        plain = slot.plain
        if plain is not None and plain.size == size:
            pairs.append((stride, program.slot(plain)))
            continue
        constant += stride * slot.constant.value(program.sizes)
        pairs += [(stride * c.value(program.sizes), program.slot(i)) for i, c in slot.coefficients]
        low, high = program.bounds(slot)
        if low < 0 or high >= extent:
            checks.append((program.integer(slot), extent))
    return constant, pairs, checks


def _offset(
    constant: int, pairs: list[tuple[int, int]], checks: list[tuple[Offset, int]], program: Program
) -> Offset:
    """Where an entry is, or -1 if it is out of range."""
    position = program.combination(constant, pairs)
    if not checks:
        return position

    def checked() -> int:
        for form, extent in checks:
            if not 0 <= form() < extent:
                return -1
        return position()

    return checked


def _at(term: At, program: Program) -> Run:
    constant, pairs, checks = _place(term, program)
    number = program.holder(term.tensor).number
    if not checks and 1 <= len(pairs) <= 2:
        return _plain(constant, pairs, number, program)
    position = _offset(constant, pairs, checks, program)
    zero = program.calculus.zero
    entry = program.entry

    def run() -> Value:
        offset = position()
        if offset < 0:
            return zero
        value = program.tables[number][offset]
        return entry(number, offset) if value is None else value

    return run


def _plain(constant: int, pairs: list[tuple[int, int]], number: int, program: Program) -> Run:
    """An entry that is in range, at one or two indices: what is evaluated most."""
    ix, entry = program.ix, program.entry
    (a, i), (b, j) = pairs if len(pairs) == 2 else (*pairs, (0, 0))

    def run() -> Value:
        offset = constant + a * ix[i] + b * ix[j]
        value = program.tables[number][offset]
        return entry(number, offset) if value is None else value

    return run


def _add(term: Add, program: Program) -> Run:
    runs = [program.run(part) for part in term.parts]
    if len(runs) == 2:
        left, right = runs
        return lambda: left() + right()
    first, *others = runs or [lambda: program.calculus.zero]

    def run() -> Value:
        total = first()
        for part in others:
            total = total + part()
        return total

    return run


def _factors(term: Mul) -> list[Term]:
    """The factors, with those of products inside."""
    return [f for part in term.parts for f in (_factors(part) if isinstance(part, Mul) else [part])]


def _product(term: Mul, program: Program) -> Run:
    factors = _factors(term)
    first = [_holds(f, program) for f in factors if isinstance(f, DECIDING)]
    runs = [program.run(f) for f in factors if not isinstance(f, DECIDING)]
    zero, one = program.calculus.zero, program.calculus.one
    if not first and len(runs) == 2:
        left, right = runs
        return lambda: left() * right()
    start, *others = runs or [lambda: one]

    def run() -> Value:
        for holds in first:
            if not holds():
                return zero
        total = start()
        for part in others:
            total = total * part()
        return total

    return run


def _holds(term: Term, program: Program) -> Callable[[], bool]:
    """Whether a lazy factor is 1."""
    if isinstance(term, Cond):
        inside, sign = program.run(term.term), program.calculus.sign
        return lambda: sign(inside()) > 0
    assert isinstance(term, Delta | Guard)
    form = program.integer(term.form)
    return (lambda: form() == 0) if isinstance(term, Delta) else (lambda: form() >= 0)


def _indicator(term: Term, program: Program) -> Run:
    holds = _holds(term, program)
    zero, one = program.calculus.zero, program.calculus.one
    return lambda: one if holds() else zero


def _power(term: Pow, program: Program) -> Run:
    base, exponent = program.run(term.base), program.run(term.exponent)
    calculus = program.calculus
    if isinstance(term.exponent, Num) and term.exponent.value.denominator == 1:
        n = int(term.exponent.value)
        if n == -1:
            return lambda: calculus.inverse(base())
        return lambda: calculus.integer_power(base(), n)
    if is_integer(term.exponent):
        whole = _whole(term.exponent, program)
        return lambda: calculus.integer_power(base(), whole())
    return lambda: calculus.power(base(), exponent())


def _whole(term: Term, program: Program) -> Callable[[], int]:
    """The value of a term that is an integer by its form."""
    if isinstance(term, Num):
        number = int(term.value)
        return lambda: number
    if isinstance(term, Count):
        return program.integer(term.form)
    assert isinstance(term, Add | Mul)
    parts = [_whole(part, program) for part in term.parts]
    if isinstance(term, Add):
        return lambda: sum(part() for part in parts)

    def product() -> int:
        total = 1
        for part in parts:
            total *= part()
        return total

    return product


def _sum(term: Sum, program: Program) -> Run:
    body = program.run(term.body)
    slot, ix = program.slot(term.index), program.ix
    steps = range(term.index.size.value(program.sizes))
    zero = program.calculus.zero

    def run() -> Value:
        kept = ix[slot]
        total = zero
        for ix[slot] in steps:
            value = body()
            if value is not zero:
                total = value if total is zero else total + value
        ix[slot] = kept
        return total

    return program.remembered(term, run)


def _derivative(term: D, program: Program) -> Run:
    position = _offset(*_place(term.variable, program), program)
    number = program.holder(term.variable.tensor).number
    body = program.run(term.body)
    zero = program.calculus.zero

    def run() -> Value:
        offset = position()
        if offset < 0:
            return zero
        outer = program.scope
        inner = program.child(number, offset)
        program.enter(inner)
        value = body()
        program.enter(outer)
        return value.tangent if type(value) is Dual and value.level == inner.level else zero

    return program.remembered(term, run)


CLOSURES: dict[type, Callable[..., Any]] = {
    **ORIGINS,
    Num: _number,
    Count: _count,
    At: _at,
    Add: _add,
    Mul: _product,
    Pow: _power,
    Fn: function,
    Sum: _sum,
    Delta: _indicator,
    Guard: _indicator,
    Cond: _indicator,
    D: _derivative,
}
