"""Equality of two terms by their normal forms, with lemmas and clearing where they are open."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import product as product_of
from math import prod

from derive.proof.assumptions import nonsingular, positive_tensors
from derive.proof.closing import readings
from derive.proof.differentiation import Unsupported
from derive.proof.lemmas import rewritten
from derive.proof.normal_form import positivity
from derive.proof.normal_form.factors import Polynomial, Undecided, poly_indices
from derive.proof.normal_form.lowering import Lowering
from derive.proof.normal_form.ring import NOTHING_CLOSED, Closed, Ring, Work
from derive.proof.normal_form.zero import cleared, is_zero
from derive.proof.statuses import Gates, Status, Verdict
from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Count, D, Fn, Term, subterms
from derive.terms.sizes import Size
from derive.terms.statements import (
    Assumption,
    Declared,
    Nonsingular,
    NoTie,
    Positive,
    SizeBound,
    Statement,
)
from derive.terms.structure import definitions, ordered_free_indices, substituted
from derive.terms.tensors import Inverse, Kind, Tensor

LARGEST_WRITTEN_OUT = 6
LARGEST_ASSUMPTION = 1_000  # pieces of work: one that takes more is not used
LARGEST_CLOSED = 2_500  # pieces of work, of all readings that leave something closed
MOST_PLACES = 12


def lowering(
    context: Context,
    gates: Gates,
    assumptions: Iterable[Assumption],
    work: Work | None = None,
    closed: Closed = NOTHING_CLOSED,
) -> Lowering:
    """The reading of terms under gates and assumptions."""
    known = tuple(assumptions)
    context = context.joined(Context({}, tuple(_bounds(known))))
    low = Lowering(Ring(context, gates, positive_tensors(known), work, closed))
    for assumption in known:
        with suppress(Undecided), low.ring.work.at_most(LARGEST_ASSUMPTION):
            _note(low, assumption)
    return low


def _note(low: Lowering, assumption: Assumption) -> None:
    if isinstance(assumption, Positive):
        positivity.assume(low.ring, low(assumption.term))
    if isinstance(assumption, Nonsingular) and low.ring.gates.inverses:
        low(At(Tensor("", assumption.matrix.shape, (), Inverse(assumption.matrix)), (0, 0)))


def _bounds(assumptions: Iterable[Assumption]) -> Iterable[Size]:
    """The sizes that are assumed to be >= 0."""
    sizes = [each.size for each in assumptions if isinstance(each, SizeBound)]
    forms = [size.form for size in sizes if isinstance(size, Count)]
    return [form.constant for form in forms if not form.coefficients]


def equal(statement: Statement, gates: Gates, assumptions: tuple[Assumption, ...]) -> Verdict:
    """Whether both sides have the same normal form, for all indices or at each of a few places."""
    work = Work()
    inside = _of_equal_functions(statement, gates, assumptions, work)
    if inside is not None:
        return inside
    found = _equal_in_some_order(statement, gates, assumptions, work)
    if found.status is Status.PROVED or gates.clearing:
        return found
    return _at_each_place(statement, gates, assumptions, work) or found


def _of_equal_functions(
    statement: Statement, gates: Gates, assumptions: tuple[Assumption, ...], work: Work
) -> Verdict | None:
    """Equal arguments have equal values, and equal functions have equal derivatives."""
    left, right, free = statement.left, statement.right, gates
    while (inner := _derived(left, right) or _applied(left, right)) is not None:
        if isinstance(left, D):  # a fact about the variable is no equality of functions
            free = replace(free, facts=frozenset())
        left, right = inner
    if left is statement.left:
        return None
    bodies = Statement(left, right, "=", statement.context)
    try:
        found = _equal_in_some_order(bodies, free, assumptions, work)
    except Undecided:
        return None
    return found if found.status is Status.PROVED else None


def _derived(left: Term, right: Term) -> tuple[Term, Term] | None:
    """What both sides differentiate, by a variable of which nothing but a sign is declared.

    By a name it is no function of its value: ``D(S, S)`` is 1, and what S stands for has no S.
    """
    if not isinstance(left, D) or not isinstance(right, D) or left.variable != right.variable:
        return None
    tensor = left.variable.tensor
    plain = tensor.is_variable and all(fact.kind is Kind.POSITIVE for fact in tensor.facts)
    return (left.body, right.body) if plain else None


def _applied(left: Term, right: Term) -> tuple[Term, Term] | None:
    """The arguments of one function of one argument."""
    if not isinstance(left, Fn) or not isinstance(right, Fn) or left.function != right.function:
        return None
    return (left.arguments[0], right.arguments[0]) if len(left.arguments) == 1 else None


def _at_each_place(
    statement: Statement, gates: Gates, assumptions: tuple[Assumption, ...], work: Work
) -> Verdict | None:
    """A proof for every value of the free indices that run over an axis of literal size."""
    sides = (statement.left, statement.right)
    free = dict.fromkeys(index for side in sides for index in ordered_free_indices(side))
    literal = {i: i.size.constant for i in free if i.size.constant}
    if not literal or prod(literal.values()) > MOST_PLACES:
        return None
    proofs = []
    for chosen in product_of(*map(range, literal.values())):
        values = dict(zip(literal, map(Affine.of, chosen), strict=True))
        left, right = (substituted(side, values) for side in sides)
        there = Statement(left, right, "=", statement.context)
        proofs.append(_equal_in_some_order(there, gates, assumptions, work))
        if proofs[-1].status is not Status.PROVED:
            return None
    everything = dict.fromkeys(each for proof in proofs for each in proof.assumptions)
    used = frozenset(name for proof in proofs for name in proof.used)
    return Verdict(Status.PROVED, tuple(everything), used=used)


def _equal_in_some_order(
    statement: Statement, gates: Gates, assumptions: tuple[Assumption, ...], work: Work
) -> Verdict:
    left, right, cited = _with_lemmas(statement, gates)
    plain = Statement(left, right, "=", statement.context)
    used = frozenset(["lemmas"]) if cited else frozenset()
    closed = _closed(plain, gates, assumptions, used)
    if closed is not None:
        return closed
    axes = _literal_axes(left, right)
    low = lowering(statement.context, gates, assumptions, work)
    low.ring.written_out = axes
    found = _equal(plain, low, assumptions, used)
    if found.status is not Status.PROVED and low.ring.halved:
        low.ring.forget()
        found = _equal(plain, Lowering(low.ring), assumptions, used)
    others = [(True, axes)] if any(h.matrix for h in low.ring.inverses.all()) else []
    others += [(False, frozenset[int]())] if axes else []
    for last_leads, written_out in others:
        if found.status is not Status.PROVED:
            low = lowering(statement.context, gates, assumptions, work)
            low.ring.last_leads, low.ring.written_out = last_leads, written_out
            found = _equal(plain, low, assumptions, used)
    return found


def _closed(
    statement: Statement,
    gates: Gates,
    assumptions: tuple[Assumption, ...],
    used: frozenset[str],
) -> Verdict | None:
    """A proof that leaves names, common parts or functions closed; it takes little work or none."""
    work = Work(LARGEST_CLOSED)
    for written, closed, opened in readings(statement, gates):
        try:
            low = lowering(statement.context, gates, assumptions, work, closed=closed)
            found = _equal(written, low, assumptions, used | opened)
        except (Undecided, Unsupported):
            continue
        if found.status is Status.PROVED:
            return found
    return None


def _equal(
    statement: Statement, low: Lowering, assumptions: tuple[Assumption, ...], used: frozenset[str]
) -> Verdict:
    ring, gates = low.ring, low.ring.gates
    difference = ring.added(low(statement.left), ring.scaled(low(statement.right), -1))
    if is_zero(ring, difference):
        return with_uses(ring, assumptions, used)
    for matrices in _orders_of_clearing(gates.clearing):
        if not _multiplied_by(low, difference, matrices):
            extra = nonsingular(gates.clearing, statement.context)
            return with_uses(ring, (*assumptions, *extra), used | {"clearing"})
    reason = "the two sides have different normal forms"
    return Verdict(Status.UNPROVED, assumptions, reason=reason)


def _literal_axes(*terms: Term) -> frozenset[int]:
    """The literal sizes of axes at which a statement reads constant places."""
    bodies = [t.origin.body for term in terms for t in definitions(term)]  # type: ignore[union-attr]
    found: set[int] = set()
    for part in (part for term in (*terms, *bodies) for part in subterms(term)):
        if isinstance(part, At):
            for slot, size in zip(part.slots, part.tensor.shape, strict=True):
                if not slot.coefficients and size.constant is not None:
                    found.add(size.constant)
    return frozenset(size for size in found if 1 < size <= LARGEST_WRITTEN_OUT)


def _with_lemmas(statement: Statement, gates: Gates) -> tuple[Term, Term, bool]:
    equations = [lemma for lemma in gates.lemmas if lemma.relation == "="]
    left = rewritten(statement.left, equations, statement.context)
    right = rewritten(statement.right, equations, statement.context)
    return left, right, (left, right) != (statement.left, statement.right)


def _orders_of_clearing(matrices: tuple[Tensor, ...]) -> Iterable[tuple[Tensor, ...]]:
    yield from ((matrices,) if matrices else ())
    yield from ((matrices[::-1],) if len(matrices) > 1 else ())


def _multiplied_by(low: Lowering, poly: Polynomial, matrices: tuple[Tensor, ...]) -> Polynomial:
    """An equation multiplied by nonsingular matrices over its free indices, smaller each time.

    Raises:
        Undecided: for a matrix that is not square, whose product may be 0 where the equation fails.
    """
    for matrix in matrices:
        if matrix.shape[0] != matrix.shape[1]:
            raise Undecided(f"{matrix.name} is not square: multiplying by it can't be undone")
        candidates = [
            cleared(low.ring, _times_matrix(low, poly, matrix, index, transposed))
            for index in poly_indices(poly.items())
            if index.size == matrix.shape[0]
            for transposed in (False, True)
        ]
        if candidates:
            poly = min(candidates, key=_inverse_count)
        if not poly:
            return poly
    return poly


def _inverse_count(poly: Polynomial) -> tuple[int, int]:
    inverses = sum(str(product).count("inverse") for product in poly)
    return (inverses, len(poly))


def _times_matrix(
    low: Lowering, poly: Polynomial, matrix: Tensor, index: Index, transposed: bool
) -> Polynomial:
    """``sum_i M[j, i] E[i]``, or with M transposed."""
    ring = low.ring
    inner, outer = index.fresh(), index.fresh()
    slots = (inner, outer) if transposed else (outer, inner)
    moved = ring.renamed(poly, {index: Affine.of(inner)})
    return ring.summed(ring.multiplied(low(At(matrix, slots)), moved), (inner,))


def with_uses(ring: Ring, assumptions: tuple[Assumption, ...], used: frozenset[str]) -> Verdict:
    """A proof, with the facts that it used among its assumptions."""
    declared = [Declared(tensor, fact) for tensor, fact in ring.facts_used]
    ties = [NoTie(weights) for weights in ring.ties]
    everything = dict.fromkeys((*assumptions, *declared, *ties))
    noted = frozenset([*ring.used, *(["complement"] if ring.kinks else [])])
    return Verdict(Status.PROVED, tuple(everything), used=used | noted)
