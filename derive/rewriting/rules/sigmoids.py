"""The rules of the logistic function: what it is called by, and of which sign its argument is."""

from __future__ import annotations

from derive.rewriting.algebra import (
    factors,
    is_negative,
    minus,
    minus_sum,
    power,
    product,
    without,
)
from derive.rewriting.canonical import same
from derive.rewriting.rules.rule import Given, Rule
from derive.terms.nodes import MINUS, UNIT, Add, Fn, Term


def _sigmoid(term: Term, given: Given) -> Term | None:
    """``exp(u) / (1 + exp(u))`` as a value of the logistic function."""
    for factor in factors(term):
        base, exponent = power(factor)
        inner = after_one(base)
        if exponent != MINUS or inner is None:
            continue
        others = without(factors(term), factor)
        top = next((f for f in others if same(f, Fn("exp", (inner,)))), None)
        if top is not None:
            value, others = Fn("sigmoid", (inner,)), without(others, top)
            return product((*others, value))
    return None


def _sigmoid_alone(term: Term, given: Given) -> Term | None:
    base, exponent = power(term)
    inner = after_one(base) if exponent == MINUS else None
    return None if inner is None else Fn("sigmoid", (minus_sum(inner),))


def after_one(base: Term) -> Term | None:
    """The ``u`` of ``1 + exp(u)``."""
    if not isinstance(base, Add) or len(base.parts) != 2 or UNIT not in base.parts:
        return None
    other = base.parts[0] if base.parts[1] == UNIT else base.parts[1]
    is_exp = isinstance(other, Fn) and other.function == "exp"
    return other.children[0] if is_exp else None


def _complement(term: Term, given: Given) -> Term | None:
    """``1 - sigmoid(u) = sigmoid(-u)`` where u itself is written with a minus sign."""
    if not isinstance(term, Add) or len(term.parts) != 2 or UNIT not in term.parts:
        return None
    other = minus(term.parts[0] if term.parts[1] == UNIT else term.parts[1])
    if not isinstance(other, Fn) or other.function != "sigmoid":
        return None
    (inner,) = other.arguments
    return Fn("sigmoid", (minus_sum(inner),)) if is_negative(inner) else None


SIGMOID = Rule("definition of sigmoid", "exp(u) / (1 + exp(u)) = sigmoid(u)", _sigmoid)
OF_NEGATIVE = Rule("sigmoid of the negative", "1 / (1 + exp(-u)) = sigmoid(u)", _sigmoid_alone)
SIGMOIDS: tuple[Rule, ...] = (
    OF_NEGATIVE,
    Rule("complement of sigmoid", "1 - sigmoid(-u) = sigmoid(u)", _complement),
)
