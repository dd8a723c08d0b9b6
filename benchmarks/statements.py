"""Statements between arrays, and the gates that a proof of one may need."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derive.proof.statuses import Gates
from derive.terms.arrays import Array, ArrayLike, ShapeError
from derive.terms.contexts import Context
from derive.terms.statements import Relation, Statement
from derive.terms.structure import definitions, reachable

ANYWHERE = Context()


def equation(left: ArrayLike, right: ArrayLike, context: Context = ANYWHERE) -> Statement:
    """Two arrays of one shape are equal; a number stands for an array full of it.

    >>> from derive.terms.arrays import variable
    >>> x = variable("x", ("n",))
    >>> equation(x, 0)
    Statement(left=At(x, (i,)), right=Num(Fraction(0, 1),), relation='=', context=Context(...))
    """
    return related(left, "=", right, context)


def inequality(low: ArrayLike, high: ArrayLike, context: Context = ANYWHERE) -> Statement:
    """One array is at most another, entry by entry."""
    return related(low, "<=", high, context)


def related(
    left: ArrayLike, relation: Relation, right: ArrayLike, context: Context = ANYWHERE
) -> Statement:
    """Two arrays of one shape, compared entry by entry."""
    one, other = Array.of(left), Array.of(right)
    if one.ndim and other.ndim and one.shape != other.shape:
        raise ShapeError(f"{one.shape} {relation} {other.shape}")
    indices, _ = (one if one.ndim else other).fresh()
    sides = [side.at(indices) if side.ndim else side.body for side in (one, other)]
    return Statement(sides[0], sides[1], relation, context)


def everything(statement: Statement, **more: Any) -> Gates:
    """All gates for what occurs in a statement: a proof may use each name, fact and law.

    Clearing, induction, lemmas and a witness are an author's choice and are given by name.
    """
    sides = (statement.left, statement.right)
    gates = Gates(
        differentiation=True,
        definitions=frozenset(name for side in sides for name in definitions(side)),
        facts=frozenset((t, f) for side in sides for t in reachable(side) for f in t.facts),
        inverses=True,
        log_laws=True,
    )
    return replace(gates, **more)
