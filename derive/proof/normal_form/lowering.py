"""From terms to the normal form: each kind of node has one reading."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from derive.proof import signs
from derive.proof.differentiation import differentiated
from derive.proof.normal_form import determinants, elementary, inverses, logarithms, positivity
from derive.proof.normal_form.content import primitive
from derive.proof.normal_form.factors import (
    Exponent,
    Factor,
    Polynomial,
    affine_form,
    frozen,
    whole,
)
from derive.proof.normal_form.heads import Head, Slots, entry
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
from derive.terms.structure import alpha_key, indices_as_written, unfolded
from derive.terms.tensors import (
    Choice,
    Definition,
    Determinant,
    Inverse,
    LogDeterminant,
    Recurrence,
    Tensor,
)

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring


PARTS: tuple[type[Term], ...] = (Add, Fn, Sum)  # what may be closed; powers still cancel


class Lowering:
    """The readings of terms in one ring, each term once."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self._read: dict[Term, Polynomial] = {}

    def __call__(self, term: Term) -> Polynomial:
        """The normal form of a term."""
        found = self._read.get(term)
        if found is None:
            found = self._read[term] = self._reading(term)
        return found

    def _reading(self, term: Term) -> Polynomial:
        parts = self.ring.closed.parts
        if parts and isinstance(term, PARTS) and bracket(term) in parts:
            return _as_it_is(self, term)
        return READINGS[type(term)](self, term)


def _sum_of_terms(low: Lowering, term: Any) -> Polynomial:
    return low.ring.added(*(low(part) for part in term.parts))


def _product(low: Lowering, term: Any) -> Polynomial:
    result = low.ring.unit
    for part in term.parts:
        if isinstance(part, Guard) and any(_vanishes(p, part.form) for p in term.parts):
            continue
        result = low.ring.multiplied(result, low(part))
        if not result:
            return result
    return result


def _vanishes(term: Term, form: Affine) -> bool:
    """Whether a term has an entry that is out of range, so 0, wherever a form is negative."""
    if isinstance(term, At):
        ends = zip(term.slots, term.tensor.shape, strict=True)
        return any(form in (slot, size - 1 - slot) for slot, size in ends)
    if isinstance(term, Mul | Sum):
        return any(_vanishes(child, form) for child in term.children)
    return False


def _power(low: Lowering, term: Any) -> Polynomial:
    exponent = whole_exponent(low, term.exponent)
    if exponent is None:
        log = logarithms.logarithm(low.ring, low(term.base))
        return elementary.exponential(low.ring, low.ring.multiplied(low(term.exponent), log))
    return _distributed_power(low, term.base, exponent)


def _distributed_power(low: Lowering, base: Term, exponent: Exponent) -> Polynomial:
    """Integer powers go into products and powers, so that they meet what they cancel."""
    if isinstance(exponent, int) and exponent < 0:
        if isinstance(base, Mul):
            parts = [_distributed_power(low, part, exponent) for part in base.parts]
            return low.ring.multiplied_all(parts)
        if isinstance(base, Pow):
            inner = whole_exponent(low, base.exponent)
            if isinstance(inner, int):
                return _distributed_power(low, base.base, inner * exponent)
    if isinstance(exponent, Fraction) and isinstance(base, Pow):
        inner = whole_exponent(low, base.exponent)
        if isinstance(inner, int) and inner > 0 and inner % 2 == 0:
            value = low(base.base)
            size = value if _is_plain(low, base.base) else positivity.absolute(low.ring, value)
            return low.ring.power(size, whole(inner * exponent))
    return low.ring.power(low(base), exponent)


def whole_exponent(low: Lowering, term: Term) -> Exponent | None:
    """A number, or an affine form in sizes and indices; None for any other exponent."""
    poly = low(term)
    if not poly:
        return 0
    if len(poly) == 1 and low.ring.table.one in poly:
        return whole(poly[low.ring.table.one])
    return affine_form(poly)


def _is_plain(low: Lowering, term: Term) -> bool:
    """Whether a term is >= 0 as it is written: multiplied out, ``1 + (a + b)^2`` hides it."""
    return signs.is_nonnegative(term, low)


def _function(low: Lowering, term: Any) -> Polynomial:
    if term.function in ("abs", "relu") and _is_plain(low, term.arguments[0]):
        return low(term.arguments[0])
    return elementary.function_of(low.ring, term.function, *map(low, term.arguments))


def _bound_sum(low: Lowering, term: Any) -> Polynomial:
    return low.ring.summed(low(term.body), (term.index,))


def _indicator(kind: str) -> Callable[[Lowering, Any], Polynomial]:
    def reading(low: Lowering, term: Any) -> Polynomial:
        form = term.form
        return low.ring.settled({low.ring.table.factor(kind, form, indices=form.indices): 1})

    return reading


def _condition(low: Lowering, term: Any) -> Polynomial:
    return positivity.condition(low.ring, low(term.term))


def _derivative(low: Lowering, term: Any) -> Polynomial:
    closed = low.ring.closed.names
    stays = isinstance(term.body, At) and term.body.tensor in closed
    if low.ring.gates.differentiation and not stays:
        low.ring.used.setdefault("differentiation")
        return low(differentiated(term, closed))
    if isinstance(term.body, At) and not _is_read_plainly(term.body):
        return _derivative_at_form(low, term)
    return _as_it_is(low, term)


@lru_cache(maxsize=20_000)
def bracket(term: Term) -> tuple[object, ...]:
    """What two terms share that differ in the names of their indices only, the free ones too."""
    free = indices_as_written(term)
    return (alpha_key(term, free), tuple(index.size for index in free))


def _as_it_is(low: Lowering, term: Term) -> Polynomial:
    """A term of which nothing is used but that it is the same where its indices are."""
    free = indices_as_written(term)
    factor = low.ring.table.factor("opaque", bracket(term), free, indices=free)
    if signs.is_written_positive(term, low):
        low.ring.assumed.setdefault(factor, 1)
    return low.ring.of(factor)


def _is_read_plainly(entry: At) -> bool:
    return all(
        not slot.coefficients or (slot.plain is not None and slot.plain.size == size)
        for slot, size in zip(entry.slots, entry.tensor.shape, strict=True)
    )


def _derivative_at_form(low: Lowering, term: D) -> Polynomial:
    """``D(T[form], x) = sum_u D(T[u], x) [u = form]``: what stays closed has plain indices."""
    entry = term.body
    assert isinstance(entry, At)
    fresh = [Index("u", size) for size in entry.tensor.shape]
    forms = [Affine.of(u) - slot for u, slot in zip(fresh, entry.slots, strict=True)]
    powers = {low.ring.table.factor("delta", form, indices=form.indices): 1 for form in forms}
    inside = low(D(At(entry.tensor, fresh), term.variable))
    deltas: Polynomial = {low.ring.table.product(powers): 1}
    return low.ring.summed(low.ring.multiplied(inside, deltas), tuple(fresh))


def _entry(low: Lowering, term: Any) -> Polynomial:
    tensor: Tensor = term.tensor
    return ORIGINS[type(tensor.origin)](low, term)


def _defined(low: Lowering, term: At) -> Polynomial:
    """A definition is opened when it has no name, or when the gate of its name is open."""
    if not term.tensor.name:
        return low(unfolded(term))
    if term.tensor in low.ring.gates.definitions:
        low.ring.used.setdefault(f"definition of {term.tensor.name}")
        return low(unfolded(term))
    return _plain(low, term)


def _plain(low: Lowering, term: At) -> Polynomial:
    if isinstance(term.tensor.origin, Definition):
        facts = signs.signed_facts(term.tensor, low.ring.context)
        if facts is not None:
            low.ring.signed[term.tensor] = facts
    for fact in term.tensor.facts:
        for moment in fact.arguments[1:]:
            low.ring.declared.setdefault(moment, low(At(moment)))
    poly = _placed(low, inverses.plain_head(low.ring, term.tensor), term)
    if _is_logistic(term) and _is_read_plainly(term):
        positivity.assume(low.ring, low.ring.added(low.ring.unit, low.ring.scaled(poly, -1)))
    return poly


def _is_logistic(entry: At) -> bool:
    """Whether a name stands for values of the logistic function, which are below 1."""
    origin = entry.tensor.origin
    body = origin.body if isinstance(origin, Definition) else None
    return isinstance(body, Fn) and body.function == "sigmoid"


def _placed(low: Lowering, head: Head, term: At) -> Polynomial:
    """``T[form] = sum_u T[u] [u = form]``: slots hold plain indices only."""
    slots, powers, bound = _slots(low.ring, term)
    return low.ring.settled({entry(low.ring, head, slots): 1, **powers}, bound)


def _slots(ring: Ring, term: At) -> tuple[Slots, dict[Factor, Exponent], tuple[Index, ...]]:
    """What stands in the slots of an entry, with the deltas and sums that put it there."""
    slots: list[Index | None] = []
    powers: dict[Factor, Exponent] = {}
    bound: list[Index] = []
    for form, size in zip(term.slots, term.tensor.shape, strict=True):
        plain = form.plain
        if size.constant == 1:
            slots.append(None)
            if form.constant or form.coefficients:
                powers[ring.table.factor("delta", form, indices=form.indices)] = 1
        elif plain is not None and plain.size == size:
            slots.append(plain)
        elif not form.coefficients and ring.context.in_range(form, size):
            slots.append(ring.table.pin(form, size))
        else:
            fresh = Index("u", size)
            bound.append(fresh)
            slots.append(fresh)
            equality = Affine.of(fresh) - form
            powers[ring.table.factor("delta", equality, indices=equality.indices)] = 1
    return tuple(slots), powers, tuple(bound)


def _matrix_poly(low: Lowering, matrix: Tensor) -> Polynomial:
    row, column = low.ring.inverses.marked(matrix.shape[0])
    return low(At(matrix, (row, column)))


def _inverse(low: Lowering, term: At) -> Polynomial:
    """An entry of an inverse; affine slots become plain ones by deltas, as for any entry."""
    ring = low.ring
    slots, powers, bound = _slots(ring, term)
    poly = _matrix_poly(low, term.tensor.origin.matrix)  # type: ignore[union-attr]
    result = inverses.inverse_entry(ring, poly, term.tensor.shape[0], slots)
    return ring.spread(powers, result, bound)


def _determinant(low: Lowering, term: At) -> Polynomial:
    matrix = term.tensor.origin.matrix  # type: ignore[union-attr]
    return determinants.determinant(low.ring, _matrix_poly(low, matrix), matrix.shape[0])


def _log_determinant(low: Lowering, term: At) -> Polynomial:
    matrix = term.tensor.origin.matrix  # type: ignore[union-attr]
    return determinants.log_determinant(low.ring, _matrix_poly(low, matrix), matrix.shape[0])


def _choice(low: Lowering, term: At) -> Polynomial:
    """Weights of a maximum are known by what they compare, up to shifts and positive scales."""
    ring = low.ring
    origin = term.tensor.origin
    assert isinstance(origin, Choice)
    names = tuple(
        ring.table.name(-1, k, index.size)
        for k, index in enumerate((*origin.outer, *origin.chosen))
    )
    values = dict(zip((*origin.outer, *origin.chosen), map(Affine.of, names), strict=True))
    poly = ring.renamed(low(origin.body), values)
    chosen = names[len(origin.outer) :]
    moving = {p: c for p, c in poly.items() if any(i in p.indices for i in chosen)}
    if moving:
        content, coefficient, rest = primitive(ring, moving)
        outside = {
            f: e
            for f, e in content.factors
            if positivity.factor_is_positive(ring, f) and not any(i in f.indices for i in chosen)
        }
        inside = {f: e for f, e in content.factors if f not in outside}
        rest = ring.multiplied(rest, {ring.table.product(inside): 1}) if inside else rest
        moving = dict(ring.scaled(rest, 1 if coefficient > 0 else -1))
    allowed = tuple(form.substituted(values) for form in origin.allowed)
    heads = ring.inverses.heads
    key = ("choice", frozen(moving), allowed, names, len(chosen))
    if key not in heads:
        heads[key] = Head(len(heads), term.tensor, chosen=len(chosen))
    return _placed(low, heads[key], term)


ORIGINS: dict[type, Callable[[Lowering, Any], Polynomial]] = {
    type(None): _plain,
    Definition: _defined,
    Inverse: _inverse,
    Determinant: _determinant,
    LogDeterminant: _log_determinant,
    Choice: _choice,
    Recurrence: _plain,
}

READINGS: dict[type, Callable[[Lowering, Any], Polynomial]] = {
    Num: lambda low, term: low.ring.number(whole(term.value)),
    Count: lambda low, term: low.ring.affine(term.form),
    At: _entry,
    Add: _sum_of_terms,
    Mul: _product,
    Pow: _power,
    Fn: _function,
    Sum: _bound_sum,
    Delta: _indicator("delta"),
    Guard: _indicator("guard"),
    Cond: _condition,
    D: _derivative,
}
