"""The rules of elementary functions: what their combinations are called, where signs decide."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive.rewriting.algebra import (
    factors,
    is_negative,
    merged_powers,
    minus_sum,
    parts,
    power,
    product,
    raised,
    split,
    total,
    without,
)
from derive.rewriting.canonical import canonical, length, same
from derive.rewriting.rules.arithmetic import LIKE_TERMS
from derive.rewriting.rules.rule import Action, Given, Rule
from derive.rewriting.rules.sigmoids import after_one
from derive.terms.nodes import MINUS, UNIT, Add, Cond, Fn, Mul, Num, Term


def _call(factor: Term, name: str) -> Term | None:
    """The argument of a function of one argument, if a factor is a value of it."""
    return factor.arguments[0] if isinstance(factor, Fn) and factor.function == name else None


def _softplus(term: Term, given: Given) -> Term | None:
    """``log(1 + exp u)`` as a value of softplus."""
    inside = _call(term, "log")
    u = None if inside is None else after_one(inside)
    return None if u is None else Fn("softplus", (u,))


def _joined(first: str, second: str, times: Fraction, made: Callable[[Term], Term]) -> Action:
    """Two functions of one argument in a product, the second to a power, as something else."""

    def apply(term: Term, given: Given) -> Term | None:
        found = factors(term) if isinstance(term, Mul) else ()
        for one in found:
            u = _call(one, first)
            for other in found if u is not None else ():
                base, exponent = power(other)
                v = _call(base, second)
                if u is not None and v is not None and exponent == Num(times) and same(u, v):
                    rest = without(found, one, other)
                    return product((*rest, made(u)))
        return None

    return apply


def _sign_of_itself(term: Term, given: Given) -> Term | None:
    """``u sign(u) = |u|`` for any factor u."""
    found = factors(term) if isinstance(term, Mul) else ()
    for sign in found:
        u = _call(sign, "sign")
        for factor in found if u is not None else ():
            if u is not None and factor is not sign and same(factor, u):
                rest = without(found, sign, factor)
                return product((*rest, Fn("abs", (u,))))
    return None


def _even_power(term: Term, given: Given) -> Term | None:
    """``|u|^2 = u^2``."""
    base, exponent = power(term)
    u = _call(base, "abs")
    even = isinstance(exponent, Num) and exponent.value % 2 == 0 and exponent.value > 0
    return raised(u, exponent) if u is not None and even else None


def _condition(term: Term, given: Given) -> Term | None:
    """``[2 u > 0] = [u > 0]``: like terms together, a positive number left out."""
    if not isinstance(term, Cond):
        return None
    inside = LIKE_TERMS.apply(term.term, given) or term.term
    number, rest = split(inside)
    if number and rest:
        inside = product((Num(1 if number > 0 else -1), *rest))
    return None if inside == term.term else Cond(inside)


def _denominators(term: Term, given: Given) -> Term | None:
    """``(a / s + b / t) s t = a t + b s``: a bracket takes the factors that its parts divide by."""
    found = factors(term) if isinstance(term, Mul) else ()
    for bracket in found:
        if not isinstance(bracket, Add):
            continue
        below = {key for part in bracket.parts for key in _divisors(part)}
        taken = [f for f in found if f is not bracket and canonical(power(f)[0]) in below]
        if taken:
            opened = total(_merged((part, *taken)) for part in parts(bracket))
            rest = [f for f in found if f is not bracket and f not in taken]
            new = product((*rest, opened))
            return new if length(new) < length(term) else None
    return None


def _divisors(part: Term) -> list[int]:
    found = map(power, split(part)[1])
    return [canonical(b) for b, e in found if isinstance(e, Num) and e.value < 0]


def _merged(terms: tuple[Term, ...]) -> Term:
    found = factors(product(terms))
    return product(merged_powers(found) or found)


def _complement(term: Term, given: Given) -> Term | None:
    u = _call(term, "sigmoid")
    if u is None or not is_negative(u):
        return None
    return total((UNIT, product((MINUS, Fn("sigmoid", (minus_sum(u),))))))


SOFTPLUS = Rule("definition of softplus", "log(1 + exp(u)) = softplus(u)", _softplus)
OTHER_SIDE = Rule("sigmoid of both signs", "sigmoid(-u) = 1 - sigmoid(u)", _complement)
RULES: tuple[Rule, ...] = (
    Rule(
        "definition of tanh",
        "sinh(u) / cosh(u) = tanh(u)",
        _joined("sinh", "cosh", Fraction(-1), lambda u: Fn("tanh", (u,))),
    ),
    Rule(
        "absolute value times sign",
        "|u| sign(u) = u",
        _joined("abs", "sign", Fraction(1), lambda u: u),
    ),
    Rule("a number times its sign", "u sign(u) = |u|", _sign_of_itself),
    Rule("even power of an absolute value", "|u|^2 = u^2", _even_power),
    Rule("condition in lowest terms", "[2 u > 0] = [u > 0]", _condition),
)
DENOMINATORS = Rule("denominators cancel", "(a / s + b / t) s t = a t + b s", _denominators)
