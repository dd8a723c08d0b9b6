"""Induction over the time of a recurrence: the base, and the step under the hypothesis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.proof.differentiation import derivative, differentiated
from derive.proof.equality import equal
from derive.proof.lemmas import rewritten
from derive.proof.normal_form.factors import Undecided
from derive.proof.statuses import Gates, Status, Verdict
from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, D, Mul, Term, subterms, summed
from derive.terms.statements import Assumption, Statement
from derive.terms.structure import (
    at_time,
    ordered_free_indices,
    reachable,
    recurrence_step,
    substituted,
    unfolded,
)
from derive.terms.tensors import Definition, Recurrence, Tensor


def by_induction(
    statement: Statement, gates: Gates, assumptions: tuple[Assumption, ...]
) -> Verdict:
    """``P(0)`` and ``P(t)`` implies ``P(t + 1)``, for the free index of that name."""
    time = _time(statement, gates.induction)
    followed = _followed(statement, gates)
    noted = {"induction"} | ({"differentiation"} if followed != statement else set())
    statement = followed
    plain = replace(gates, induction="")
    base = equal(_at(statement, time, Affine.of(0)), plain, assumptions)
    if base.status is not Status.PROVED:
        return replace(base, reason="the base of the induction does not hold")
    before = Index(time.name, time.size - 1)
    hypothesis = _at(statement, time, Affine.of(before), unfold=False)
    after = _at(statement, time, before + 1)
    for known in _orientations(hypothesis):
        proof = equal(_step(after, known, before), plain, assumptions)
        if proof.status is Status.PROVED:
            both = tuple(dict.fromkeys((*base.assumptions, *proof.assumptions)))
            return replace(proof, assumptions=both, used=proof.used | base.used | noted)
    return replace(proof, reason="the step of the induction does not hold")


def _followed(statement: Statement, gates: Gates) -> Statement:
    """A statement in which derivatives of recurrences are the recurrences that they follow."""
    if not gates.differentiation:
        return statement
    left, right = _carried_out(statement.left), _carried_out(statement.right)
    return replace(statement, left=left, right=right)


def _carried_out(term: Term) -> Term:
    if isinstance(term, D) and _is_recurrence(term.body):
        by_recurrence = isinstance(term.variable.tensor.origin, Recurrence)
        return term if by_recurrence else differentiated(term)
    return term.rebuilt(map(_carried_out, term.children)) if term.children else term


def _time(statement: Statement, name: str) -> Index:
    both = (statement.left, statement.right)
    found = [i for side in both for i in ordered_free_indices(side) if i.name == name]
    if not found:
        raise Undecided(f"no free index {name} to do induction over")
    return found[0]


def _at(statement: Statement, time: Index, value: Affine, unfold: bool = True) -> Statement:
    sides = [substituted(side, {time: value}) for side in (statement.left, statement.right)]
    if unfold:
        sides = [unfolded_recurrences(side) for side in sides]
    return Statement(sides[0], sides[1], statement.relation, statement.context)


def _orientations(hypothesis: Statement) -> Iterator[Statement]:
    """The hypothesis, and turned round where its right side is an entry of a recurrence."""
    yield hypothesis
    if _is_recurrence(hypothesis.right) and not _is_recurrence(hypothesis.left):
        yield replace(hypothesis, left=hypothesis.right, right=hypothesis.left)


def _is_recurrence(term: Term) -> bool:
    return isinstance(term, At) and isinstance(term.tensor.origin, Recurrence)


def _step(after: Statement, hypothesis: Statement, before: Index) -> Statement:
    """The statement one later, with the hypothesis used at this time only."""
    fixed = frozenset([before])
    known = Context({}, (before.size - 1,))
    context = after.context.joined(known)
    left = rewritten(after.left, [hypothesis], context, fixed)
    right = rewritten(after.right, [hypothesis], context, fixed)
    return Statement(left, right, after.relation, context)


def unfolded_recurrences(term: Term) -> Term:
    """Entries of a recurrence at time 0 or at a time plus one, by its two equations."""
    if isinstance(term, At) and isinstance(term.tensor.origin, Recurrence):
        return _unfolded(term, term.tensor.origin)
    if isinstance(term, D):
        return one_time_later(term)
    return term.rebuilt(map(unfolded_recurrences, term.children)) if term.children else term


def _unfolded(entry: At, origin: Recurrence) -> Term:
    time, *rest = entry.slots
    places = dict(zip(origin.rest, rest, strict=True))
    if not time.coefficients and not time.constant:
        return substituted(origin.start, places)
    earlier = (time - 1).plain
    if earlier is None:
        return entry
    step = recurrence_step(entry.tensor)
    return substituted(step, {**places, origin.time: Affine.of(earlier)})


def one_time_later(term: D) -> Term:
    """The chain rule of a recurrence: a change at one time acts through the next time alone.

    ``D(C, v[t]) = sum_k D(C, v[t + 1, k]) D(step_k, v[t])`` where C reads v at later times only.
    """
    tensor = term.variable.tensor
    if not isinstance(tensor.origin, Recurrence):
        return term
    time, *place = term.variable.slots
    body = _opened(term.body, tensor)
    if not _reads_later(body, tensor, time):
        return term
    origin = tensor.origin
    inner = tuple(index.fresh() for index in origin.rest)
    later = At(tensor, (time + 1, *inner))
    moved = dict(zip(origin.rest, map(Affine.of, inner), strict=True)) | {origin.time: time}
    slope = D(substituted(origin.step, moved), At(origin.previous, place))
    now = at_time(derivative(slope.body, slope.variable), tensor, time)
    return summed(inner, Mul((D(body, later), now)))


def _opened(term: Term, tensor: Tensor) -> Term:
    """A term with the definitions opened that reach a recurrence."""
    named = isinstance(term, At) and isinstance(term.tensor.origin, Definition)
    if isinstance(term, At) and named and tensor in reachable(term):
        return _opened(unfolded(term), tensor)
    return (
        term.rebuilt(_opened(child, tensor) for child in term.children) if term.children else term
    )


def _reads_later(body: Term, tensor: Tensor, time: Affine) -> bool:
    """Whether a term reads a recurrence itself, at times that are all after a given one."""
    for part in subterms(body):
        if isinstance(part, D):
            return False
        if isinstance(part, At) and part.tensor == tensor:
            if not Context().always_nonnegative(part.slots[0] - time - 1):
                return False
        elif isinstance(part, At) and tensor in reachable(part):
            return False
    return True
