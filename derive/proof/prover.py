"""The prover: what a statement's status is, and what it rests on.

A proof needs the normal form of both sides to agree under the gates that were opened, and the
independent evaluator to see the same at points that satisfy every assumption.
"""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

from derive.proof import equality, induction, signs
from derive.proof.assumptions import Refusal, assumed
from derive.proof.differentiation import Unsupported
from derive.proof.domains import OutOfRange
from derive.proof.evaluator import Company, evidence
from derive.proof.evaluator import company_of as company_of
from derive.proof.lemmas import implies
from derive.proof.normal_form.factors import Undecided
from derive.proof.statuses import Evidence, Gates, Status, Verdict
from derive.terms.nodes import added, negated
from derive.terms.statements import Assumption, Statement

REFUSALS = (Undecided, Unsupported, OutOfRange, Refusal, RecursionError)


class Alarm(Exception):
    """The prover and the evaluator contradict each other: one of them is wrong."""


def verdict(
    statement: Statement,
    gates: Gates | None = None,
    *,
    seed: int = 0,
    company: Company | None = None,
) -> Verdict:
    """The status of a statement when the proof may use these gates.

    Statements about the lines of one derivation may be evaluated in their company, which is faster.

    >>> from derive.terms.arrays import variable
    >>> x = variable("x")
    >>> verdict(Statement(((x + 1) ** 2).body, (x**2 + 2 * x + 1).body)).status
    <Status.PROVED: 4>

    Raises:
        Alarm: if the prover says that both sides are equal and the evaluator certifies a
            difference; never chosen between.
    """
    gates = gates or Gates()
    if statement.relation == "!=":
        return _counterexample(statement, seed)
    proof = proved(statement, gates)
    seen = evidence(statement, proof.assumptions, seed=seed, company=company)
    if proof.status is Status.PROVED and _is_refutation(seen):
        raise Alarm(f"{statement} was proved, and differs at {seen.counterexample}")
    return replace(proof, status=_status(proof, seen), evidence=seen, reason=_reason(proof, seen))


def _counterexample(statement: Statement, seed: int) -> Verdict:
    """Two sides are not always equal when they certainly differ at one real point."""
    equation = replace(statement, relation="=")
    assumptions = proved(equation, Gates()).assumptions
    seen = evidence(equation, assumptions, seed=seed)
    if _is_refutation(seen):
        return Verdict(Status.PROVED, assumptions, seen, used=frozenset(["counterexample"]))
    if seen.outcome == "agrees":
        return Verdict(Status.UNPROVED, assumptions, seen, "no counterexample was found")
    return Verdict(Status.UNPROVED, assumptions, seen, seen.reason)


def proved(statement: Statement, gates: Gates) -> Verdict:
    """What the prover alone says, before any number is computed."""
    try:
        assumptions, kinks = assumed(_with_witness(statement, gates))
    except REFUSALS as refusal:
        return Verdict(Status.UNPROVED, reason=_text(refusal))
    try:
        found = _by_method(statement, gates, assumptions)
    except REFUSALS as refusal:
        return Verdict(Status.UNPROVED, assumptions, reason=_text(refusal))
    if "complement" in found.used:
        everything = dict.fromkeys((*found.assumptions, *kinks))
        return replace(found, assumptions=tuple(everything), used=found.used - {"complement"})
    return found


def _with_witness(statement: Statement, gates: Gates) -> Statement:
    """A statement whose domain is that of its witness as well."""
    if gates.witness is None:
        return statement
    return replace(statement, right=added(statement.right, gates.witness))


def _by_method(statement: Statement, gates: Gates, assumptions: tuple[Assumption, ...]) -> Verdict:
    if statement.relation == "<=":
        return _inequality(statement, gates, assumptions)
    if gates.induction:
        return induction.by_induction(statement, gates, assumptions)
    return equality.equal(statement, gates, assumptions)


def _inequality(statement: Statement, gates: Gates, assumptions: tuple[Assumption, ...]) -> Verdict:
    """``right - left`` is a witness whose sign is plain."""
    difference = added(statement.right, negated(statement.left))
    for lemma in (each for each in gates.lemmas if each.relation == "<="):
        if not implies(statement.context, lemma.context):
            continue
        gap = Statement(difference, added(lemma.right, negated(lemma.left)), "=", statement.context)
        same = equality.equal(gap, replace(gates, lemmas=()), assumptions)
        if same.status is Status.PROVED:
            return replace(same, used=same.used | {"lemmas"})
    witness = gates.witness if gates.witness is not None else difference
    same = equality.equal(
        Statement(difference, witness, "=", statement.context), gates, assumptions
    )
    if same.status is not Status.PROVED:
        return replace(same, reason="the difference of the sides is not the witness")
    # The log laws would take apart the quotients of which ``log t <= t - 1`` speaks.
    low = equality.lowering(statement.context, replace(gates, log_laws=False), assumptions)
    if not signs.is_nonnegative(witness, low):
        return Verdict(Status.UNPROVED, assumptions, reason="the sign of the witness is not plain")
    return equality.with_uses(low.ring, same.assumptions, same.used | {"witness"})


def _is_refutation(seen: Evidence) -> bool:
    """A statement speaks of points at which both sides are defined; only there can it fail."""
    example = seen.counterexample
    return example is not None and isfinite(example.left) and isfinite(example.right)


def _status(proof: Verdict, seen: Evidence) -> Status:
    if seen.outcome == "differs":
        return Status.REFUTED if _is_refutation(seen) else Status.UNPROVED
    if seen.outcome == "agrees":
        return Status.PROVED if proof.status is Status.PROVED else Status.CHECKED
    return Status.UNPROVED


def _reason(proof: Verdict, seen: Evidence) -> str:
    if seen.outcome == "undecided":
        return seen.reason or proof.reason
    if seen.outcome == "differs" and not _is_refutation(seen):
        return "one side is undefined where the other is defined"
    return proof.reason


def _text(refusal: BaseException) -> str:
    return "the terms are too deep" if isinstance(refusal, RecursionError) else str(refusal)
