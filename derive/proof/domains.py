"""Where terms are defined: what a statement needs, collected before anything is rewritten."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from derive.terms.contexts import Context
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
    negated,
)
from derive.terms.sizes import Size
from derive.terms.statements import (
    Assumption,
    Nonsingular,
    Nonzero,
    NoTie,
    OffKink,
    Positive,
    SizeBound,
    Statement,
)
from derive.terms.structure import (
    ordered_free_indices,
    reachable,
    recurrence_step,
    substituted,
)
from derive.terms.tensors import (
    Choice,
    Definition,
    Determinant,
    Inverse,
    LogDeterminant,
    Recurrence,
    Tensor,
)


class OutOfRange(Exception):
    """An entry that may be out of range where 0 would not be its meaning."""

    def __init__(self, entry: At) -> None:
        super().__init__(
            f"an entry of {entry.tensor.name or 'a term'} may be out of range "
            "inside a function, a denominator or a condition"
        )
        self.entry = entry


@dataclass
class Domain:
    """The assumptions found, in order, and the kinks that a complement would exclude."""

    context: Context
    assumptions: dict[Assumption, None] = field(default_factory=dict)
    kinks: dict[Term, None] = field(default_factory=dict)

    def assume(self, assumption: Assumption) -> None:
        """Add an assumption, once."""
        self.assumptions.setdefault(assumption)


def domain(statement: Statement) -> Domain:
    """What both sides of a statement need to be defined, through all definitions.

    Raises:
        OutOfRange: for an entry whose zero extension would stand in a strict position.
    """
    found = Domain(statement.context)
    for side in (statement.left, statement.right):
        own = _explored(side, statement.context)
        for assumption in own.assumptions:
            found.assume(assumption)
        found.kinks.update(own.kinks)
    return found


@lru_cache(maxsize=5_000)
def _explored(term: Term, context: Context) -> Domain:
    """What a term needs, and what the names it reaches need; a line ends a step and begins one."""
    found = Domain(context)
    for tensor in reachable(term):
        _sizes(found, tensor.shape)
        _of_tensor(found, tensor)
    free = ordered_free_indices(term)
    _sizes(found, (index.size for index in free))
    _visit(found, term, None, _existing(free), False)
    return found


def _of_tensor(found: Domain, tensor: Tensor) -> None:
    origin = tensor.origin
    for body, indices in _meaning(tensor):
        _visit(found, body, None, _existing(indices), False)
    if isinstance(origin, Choice):
        _visit(found, origin.body, None, origin.allowed, True)
    if isinstance(origin, Inverse | LogDeterminant):
        found.assume(Nonsingular(origin.matrix))


@lru_cache(maxsize=5_000)
def _meaning(tensor: Tensor) -> tuple[tuple[Term, tuple[Index, ...]], ...]:
    """What a name stands for over its indices; a recurrence takes no step from its last time."""
    origin = tensor.origin
    if isinstance(origin, Definition):
        return ((origin.body, origin.indices),)
    if not isinstance(origin, Recurrence):
        return ()
    before = Index(origin.time.name, origin.time.size - 1)
    step = substituted(recurrence_step(tensor), {origin.time: Affine.of(before)})
    return ((origin.start, origin.rest), (step, (before, *origin.rest)))


def _sizes(found: Domain, sizes: Iterable[Size]) -> None:
    """An axis or a range that the context may let be negative is assumed not to be."""
    for size in sizes:
        if not found.context.is_nonnegative(size):
            found.assume(SizeBound(Count(size)))


Guards = tuple[Affine, ...]


def _visit(found: Domain, term: Term, by: Tensor | None, guards: Guards, strict: bool) -> None:
    """Walk a term: `by` is what it is differentiated by, `strict` whether 0 has no meaning here."""
    OWN.get(type(term), _nothing)(found, term, by, guards)
    if isinstance(term, At) and strict:
        _check_range(found, term, guards)
    if isinstance(term, Mul):
        guards = guards + tuple(_limits(term.parts))
    if isinstance(term, Sum):
        _sizes(found, [term.index.size])
        guards = guards + _existing((term.index,))
    if isinstance(term, D):
        _differentiated(found, term)
        by = term.variable.tensor
    for position, child in enumerate(term.children):
        _visit(found, child, by, guards, strict or _is_strict(term, position))


def _existing(indices: Iterable[Index]) -> Guards:
    """Where an index has a value its range is not empty."""
    return tuple(Affine.of(index.size) - 1 for index in indices)


def _is_strict(term: Term, position: int) -> bool:
    if isinstance(term, Pow):
        whole = isinstance(term.exponent, Num) and term.exponent.value.denominator == 1
        return position == 1 or not whole or term.exponent.value < 0  # type: ignore[attr-defined]
    return isinstance(term, Fn | Cond)


def _limits(parts: Iterable[Term]) -> Iterable[Affine]:
    for part in parts:
        if isinstance(part, Guard):
            yield part.form
        if isinstance(part, Delta):
            yield part.form
            yield -part.form


def _check_range(found: Domain, entry: At, guards: Guards) -> None:
    for slot, size in zip(entry.slots, entry.tensor.shape, strict=True):
        for form in (slot, Affine.of(size) - 1 - slot):
            if _follows(found, form, guards):
                continue
            if form.coefficients or found.context.always_negative(form):
                raise OutOfRange(entry)
            # A constant place: the sizes at which it is on its axis.
            found.assume(SizeBound(Count(form)))


def _follows(found: Domain, form: Affine, guards: Guards) -> bool:
    """Whether a form is >= 0 where the guards hold."""
    limits = [form, *(form - guard for guard in guards)]
    return any(found.context.always_nonnegative(limit) for limit in limits)


def _differentiated(found: Domain, term: D) -> None:
    """Kinks on the way of a derivative, in the term and in the names it goes through."""
    tensor = term.variable.tensor
    for reached in reachable(term.body):
        if tensor not in reachable(At(reached, (0,) * len(reached.shape))):
            continue
        if isinstance(reached.origin, Choice):
            found.assume(NoTie(reached))
        if isinstance(reached.origin, Determinant):
            found.assume(Nonsingular(reached.origin.matrix))
        for body, indices in _meaning(reached):
            _kinks(found, body, tensor)
            _visit(found, body, tensor, _existing(indices), False)
    _kinks(found, term.body, tensor)


def _kinks(found: Domain, term: Term, by: Tensor) -> None:
    if by not in reachable(term):
        return
    for argument in _kink_arguments(term):
        if by in reachable(argument):
            found.assume(OffKink(argument))
    for child in term.children:
        _kinks(found, child, by)


def _kink_arguments(term: Term) -> tuple[Term, ...]:
    """The terms at whose zero a node has a jump or a corner."""
    if isinstance(term, Cond):
        return (term.term,)
    if isinstance(term, Fn) and term.function in ("relu", "abs", "sign"):
        return term.arguments
    if isinstance(term, Fn) and term.function in ("maximum", "minimum"):
        left, right = term.arguments
        return (Add((left, negated(right))),)
    return ()


def _nothing(found: Domain, term: Term, by: Tensor | None, guards: Guards) -> None:
    return


def _of_power(found: Domain, term: Any, by: Tensor | None, guards: Guards) -> None:
    exponent = term.exponent
    if isinstance(exponent, Num) and exponent.value.denominator == 1:
        if exponent.value < 0:
            found.assume(Nonzero(term.base))
        return
    if isinstance(exponent, Count):
        if not _follows(found, exponent.form, guards):
            found.assume(Nonzero(term.base))
        return
    is_root = isinstance(exponent, Num) and exponent.value > 0
    if is_root and by is None and is_sum_of_squares(term.base):
        return
    found.assume(Positive(term.base))


def is_sum_of_squares(term: Term) -> bool:
    """Whether the root of a sum of even powers is defined at 0 as well, as a norm is."""
    while isinstance(term, Sum):
        term = term.body
    return isinstance(term, Pow) and isinstance(term.exponent, Num) and term.exponent.value % 2 == 0


def _of_function(found: Domain, term: Any, by: Tensor | None, guards: Guards) -> None:
    if term.function == "log":
        found.assume(Positive(term.arguments[0]))
    if term.function == "tan":
        found.assume(Nonzero(Fn("cos", term.arguments)))
    for argument in _kink_arguments(term):
        found.kinks.setdefault(argument)


def _of_condition(found: Domain, term: Any, by: Tensor | None, guards: Guards) -> None:
    found.kinks.setdefault(term.term)


OWN: dict[type, Callable[[Domain, Any, Tensor | None, Guards], None]] = {
    Pow: _of_power,
    Fn: _of_function,
    Cond: _of_condition,
}
