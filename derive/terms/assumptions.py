"""Which assumptions say the same, for all indices and whatever the names in them are, or more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import prod

from derive.terms.indices import Index
from derive.terms.nodes import MINUS, Add, At, Mul, Num, Pow, Term
from derive.terms.statements import Assumption, Nonzero, OffKink, Positive
from derive.terms.structure import alpha_key, indices_as_written, unfolded
from derive.terms.tensors import Definition

HALF = Num(Fraction(1, 2))
DEPTH = 2  # of names in names: spelt out without an end, those of a deep net would be long


def distinct(assumptions: Iterable[Assumption]) -> tuple[Assumption, ...]:
    """The assumptions that say something of their own: what is > 0 is not 0 either.

    >>> from derive.terms.arrays import variable
    >>> x, y = (variable(name).body for name in "xy")
    >>> [str(each.term) for each in distinct([Nonzero(x), Nonzero(y), Positive(x), Positive(x)])]
    ['At(y, ())', 'At(x, ())']
    """
    found: dict[object, Assumption] = {}
    for each in assumptions:
        found.setdefault(assumed(each), each)
    implied = {assumed(Nonzero(each.term)) for each in found.values() if isinstance(each, Positive)}
    return tuple(each for key, each in found.items() if key not in implied)


def assumed(assumption: Assumption) -> object:
    """A key of what is assumed for all indices, whatever they and what they index are called.

    >>> from derive.terms.arrays import variable
    >>> x, y = variable("x"), variable("y")
    >>> assumed(OffKink((x - y).body)) == assumed(OffKink((y - x).body))
    True
    """
    term = getattr(assumption, "term", None)
    if term is None:
        return assumption
    kind, term = type(assumption), _spelt_out(term)
    if isinstance(assumption, Nonzero) and isinstance(term, Pow) and term.exponent == HALF:
        kind, term = Positive, term.base  # of which the root is taken
    free = indices_as_written(term)
    added, subtracted = (
        frozenset(key for negative, key in _addends(term, free) if negative == sign)
        for sign in (False, True)
    )
    signless = kind in (OffKink, Nonzero)
    sides = frozenset({added, subtracted}) if signless else (added, subtracted)
    return kind, sides, tuple(index.size for index in free)


def _spelt_out(term: Term, depth: int = DEPTH) -> Term:
    """A term with the meaning of each name in it, and of the names in that."""
    if isinstance(term, At) and isinstance(term.tensor.origin, Definition):
        return _spelt_out(unfolded(term), depth - 1) if depth else term
    term = term.rebuilt(_spelt_out(child, depth) for child in term.children)
    return _of_either_sign(term) if isinstance(term, Pow) else term


def _of_either_sign(power: Pow) -> Term:
    """``u^2`` for ``(-u)^2``."""
    base, exponent = power.base, power.exponent
    is_even = isinstance(exponent, Num) and exponent.value % 2 == 0
    if not is_even or not isinstance(base, Mul) or base.parts[0] != MINUS:
        return power
    rest = base.parts[1:]
    return Pow(Mul(rest) if len(rest) != 1 else rest[0], exponent)


def _addends(term: Term, free: Sequence[Index]) -> Iterator[tuple[bool, object]]:
    """The terms of a sum, each with whether it is subtracted."""
    if isinstance(term, Add):
        for part in term.parts:
            yield from _addends(part, free)
        return
    factors = list(_factors(term))
    number = prod(factor.value for factor in factors if isinstance(factor, Num))
    rest = tuple(alpha_key(factor, free) for factor in factors if not isinstance(factor, Num))
    yield number < 0, (abs(number), rest)


def _factors(term: Term) -> Iterator[Term]:
    if isinstance(term, Mul):
        for part in term.parts:
            yield from _factors(part)
    else:
        yield term
