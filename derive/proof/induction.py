"""Induction over the time of a recurrence: the base, and the step under the hypothesis."""

from __future__ import annotations

from dataclasses import replace

from derive.proof.equality import equal
from derive.proof.lemmas import rewritten
from derive.proof.normal_form.factors import Undecided
from derive.proof.statuses import Gates, Status, Verdict
from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, D, Term
from derive.terms.statements import Assumption, Statement
from derive.terms.structure import ordered_free_indices, recurrence_step, substituted
from derive.terms.tensors import Recurrence


def by_induction(
    statement: Statement, gates: Gates, assumptions: tuple[Assumption, ...]
) -> Verdict:
    """``P(0)`` and ``P(t)`` implies ``P(t + 1)``, for the free index of that name."""
    time = _time(statement, gates.induction)
    plain = replace(gates, induction="")
    base = equal(_at(statement, time, Affine.of(0)), plain, assumptions)
    if base.status is not Status.PROVED:
        return replace(base, reason="the base of the induction does not hold")
    before = Index(time.name, time.size - 1)
    hypothesis = _at(statement, time, Affine.of(before), unfold=False)
    after = _at(statement, time, before + 1)
    step = _step(after, hypothesis, before)
    proof = equal(step, plain, assumptions)
    if proof.status is not Status.PROVED:
        return replace(proof, reason="the step of the induction does not hold")
    return replace(proof, used=proof.used | base.used | {"induction"})


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
        return term
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
