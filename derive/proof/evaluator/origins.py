"""How the entries of tensors that stand for something are computed."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TypeAlias

from derive.proof.evaluator import elimination
from derive.proof.evaluator.arithmetic import Undecidable, Undefined, Value
from derive.proof.evaluator.elimination import Matrix
from derive.proof.evaluator.programs import Holder, Program
from derive.terms.structure import recurrence_step
from derive.terms.tensors import (
    Choice,
    Definition,
    Determinant,
    Inverse,
    LogDeterminant,
    Recurrence,
)

Compute: TypeAlias = Callable[[int], Value]


def _definition(holder: Holder, program: Program) -> Compute:
    origin = holder.tensor.origin
    assert isinstance(origin, Definition)
    body = program.run(origin.body)
    slots = [program.slot(i) for i in origin.indices]
    ix = program.ix

    def compute(offset: int) -> Value:
        kept = [ix[s] for s in slots]
        for s, k in zip(slots, holder.position(offset), strict=True):
            ix[s] = k
        value = body()
        for s, k in zip(slots, kept, strict=True):
            ix[s] = k
        return value

    return compute


def _matrix(holder: Holder, program: Program) -> Callable[[], Matrix]:
    """The entries of the matrix behind an inverse or determinant."""
    origin = holder.tensor.origin
    assert isinstance(origin, Inverse | Determinant | LogDeterminant)
    source = program.holder(origin.matrix)
    n = source.axes[-1]
    if source.axes != [n, n]:
        raise ValueError(f"not a square matrix: {origin.matrix.name} with shape {source.axes}")

    def entries() -> Matrix:
        table = program.tables[source.number]
        for offset in range(n * n):
            if table[offset] is None:
                program.entry(source.number, offset)
        return [table[i * n : (i + 1) * n] for i in range(n)]

    return entries


def _inverse(holder: Holder, program: Program) -> Compute:
    matrix = _matrix(holder, program)

    def compute(offset: int) -> Value:
        whole = program.tables[holder.number].whole
        if not whole:
            rows = elimination.inverse(matrix(), program.calculus)
            whole[()] = [entry for row in rows for entry in row]
        return whole[()][offset]

    return compute


def _determinant(holder: Holder, program: Program) -> Compute:
    matrix = _matrix(holder, program)
    return lambda offset: elimination.determinant(matrix(), program.calculus)


def _log_determinant(holder: Holder, program: Program) -> Compute:
    matrix = _matrix(holder, program)
    calculus = program.calculus

    def compute(offset: int) -> Value:
        value = elimination.determinant(matrix(), calculus)
        sign = calculus.sign(value)
        if not sign:
            raise Undefined("the logarithm of the determinant of a singular matrix")
        return calculus.apply("log", value if sign > 0 else -value)

    return compute


def _choice(holder: Holder, program: Program) -> Compute:
    origin = holder.tensor.origin
    assert isinstance(origin, Choice)
    inside = {*origin.outer, *origin.chosen}
    if any(not inside.issuperset(form.indices) for form in origin.allowed):
        raise ValueError(f"the choices of {holder.tensor.name} depend on an index from outside")
    body = program.run(origin.body)
    allowed = [program.integer(form) for form in origin.allowed]
    outer = [program.slot(i) for i in origin.outer]
    chosen = [program.slot(i) for i in origin.chosen]
    first = len(origin.outer)
    axes = holder.axes[first:]
    ix = program.ix

    def best() -> tuple[int, ...]:
        winner, largest, tied = None, None, False
        for place in itertools.product(*map(range, axes)):
            for s, k in zip(chosen, place, strict=True):
                ix[s] = k
            if any(form() < 0 for form in allowed):
                continue
            value = body()
            ahead = 1 if winner is None else program.arithmetic.sign(value - largest)
            if ahead > 0:
                winner, largest, tied = place, value, False
            tied = tied or ahead == 0
        if winner is None:
            raise Undefined("the maximum of nothing")
        if tied:
            raise Undecidable("a tie for the maximum")
        return winner

    def compute(offset: int) -> Value:
        position = holder.position(offset)
        whole = program.tables[holder.number].whole
        key = tuple(position[:first])
        if key not in whole:
            slots = outer + chosen
            kept = [ix[s] for s in slots]
            for s, k in zip(outer, key, strict=True):
                ix[s] = k
            whole[key] = list(best())
            for s, k in zip(slots, kept, strict=True):
                ix[s] = k
        hot = whole[key] == position[first:]
        return program.calculus.one if hot else program.calculus.zero

    return compute


def _recurrence(holder: Holder, program: Program) -> Compute:
    """The start at time 0, else the step from one time earlier."""
    origin = holder.tensor.origin
    assert isinstance(origin, Recurrence)
    start, step = program.run(origin.start), program.run(recurrence_step(holder.tensor))
    slots = [program.slot(i) for i in (origin.time, *origin.rest)]
    ix = program.ix

    def compute(offset: int) -> Value:
        time, *rest = holder.position(offset)
        kept = [ix[s] for s in slots]
        for s, k in zip(slots, (time - 1, *rest), strict=True):
            ix[s] = k
        value = step() if time else start()
        for s, k in zip(slots, kept, strict=True):
            ix[s] = k
        return value

    return compute


ORIGINS: dict[type, Callable[[Holder, Program], Compute]] = {
    Definition: _definition,
    Inverse: _inverse,
    Determinant: _determinant,
    LogDeterminant: _log_determinant,
    Choice: _choice,
    Recurrence: _recurrence,
}
