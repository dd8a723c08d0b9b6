"""Products and sums put together tidily: no brackets inside brackets, one number, no 1 and no 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache

from derive.rewriting.canonical import canonical, is_lazy
from derive.terms.nodes import MINUS, NOUGHT, UNIT, Add, Mul, Num, Pow, Sum, Term


@lru_cache(maxsize=100_000)
def factors(term: Term) -> tuple[Term, ...]:
    """The factors of a product, brackets removed; a number 1 is no factor."""
    if isinstance(term, Mul):
        return tuple(f for part in term.parts for f in factors(part))
    return () if term == UNIT else (term,)


def parts(term: Term) -> tuple[Term, ...]:
    """The parts of a sum, brackets removed; a 0 is no part."""
    if isinstance(term, Add):
        return tuple(p for part in term.parts for p in parts(part))
    return () if term == NOUGHT else (term,)


def without(terms: Sequence[Term], *gone: Term) -> list[Term]:
    """The terms but for one each of some, which may occur again."""
    left = list(terms)
    for term in gone:
        left.pop(next(k for k, other in enumerate(left) if other == term))
    return left


def product(terms: Iterable[Term]) -> Term:
    """The product: numbers multiplied and put in front, 1 dropped, 0 if a factor is 0."""
    number, rest = split(Mul(terms))
    if not number:
        return NOUGHT
    if number != 1:
        rest = (Num(number), *rest)
    return rest[0] if len(rest) == 1 else Mul(rest) if rest else UNIT


@lru_cache(maxsize=100_000)
def split(term: Term) -> tuple[Fraction, tuple[Term, ...]]:
    """The number in a product and the other factors."""
    number = Fraction(1)
    others: list[Term] = []
    for factor in factors(term):
        if isinstance(factor, Num):
            number *= factor.value
        else:
            others.append(factor)
    return number, tuple(others)


def total(terms: Iterable[Term]) -> Term:
    """The sum: numbers added, zeros dropped, a positive part in front if there is one."""
    numbers = Fraction(0)
    others: list[Term] = []
    place = 0
    for part in parts(Add(terms)):
        if isinstance(part, Num):
            place = place if numbers else len(others)
            numbers += part.value
        else:
            others.append(part)
    if numbers:
        others.insert(place, Num(numbers))
    leading = next((k for k, part in enumerate(others) if not is_negative(part)), 0)
    others.insert(0, others.pop(leading)) if others else None
    return others[0] if len(others) == 1 else Add(others) if others else NOUGHT


def is_negative(term: Term) -> bool:
    """Whether a term is written with a minus sign."""
    return split(term)[0] < 0


def minus(term: Term) -> Term:
    """The negative of a term, tidily."""
    return product((MINUS, term))


def minus_sum(term: Term) -> Term:
    """The negative, the sign taken inside a sum."""
    return total(minus(p) for p in parts(term)) if isinstance(term, Add) else minus(term)


def power(term: Term) -> tuple[Term, Term]:
    """The base and exponent of a factor; of ``(u^(1/2))^-1``, u and -1/2."""
    if not isinstance(term, Pow):
        return term, UNIT
    inner, exponent = term.base, term.exponent
    if isinstance(inner, Pow) and exponent == MINUS:
        return inner.base, total(minus(part) for part in parts(inner.exponent))
    return inner, exponent


def raised(base: Term, exponent: Term) -> Term:
    """The power, tidily: exponent 0 and 1 are not written."""
    if exponent == NOUGHT or base == UNIT:
        return UNIT
    if isinstance(base, Num) and isinstance(exponent, Num) and exponent.value.denominator == 1:
        value, n = base.value, int(exponent.value)
        return Num(value**n) if value or n > 0 else Pow(base, exponent)
    return base if exponent == UNIT else Pow(base, exponent)


def merged_powers(terms: Sequence[Term]) -> tuple[Term, ...] | None:
    """The factors with equal bases joined, each at its first place; None if none is equal."""
    found: dict[int, tuple[Term, Term]] = {}
    for factor in terms:
        base, exponent = power(factor)
        key = canonical(base)
        if key not in found:
            found[key] = (base, exponent)
        elif not is_lazy(base):
            found[key] = (base, _added((found[key][1], exponent)))
    if len(found) == len(terms):
        return None
    return tuple(raised(base, exponent) for base, exponent in found.values())


def _added(exponents: Iterable[Term]) -> Term:
    """The sum of some exponents, in which opposite terms cancel."""
    left: dict[int, tuple[Fraction, Term]] = {}
    for part in parts(Add(exponents)):
        number, rest = split(part)
        key = canonical(product(rest))
        left[key] = (left.get(key, (Fraction(0), UNIT))[0] + number, product(rest))
    return total(product((Num(number), rest)) for number, rest in left.values())


def taken_in(all_factors: Sequence[Term]) -> list[Term] | None:
    """``(t / l)^k t l^-2 = (t / l)^(k + 1) l^-1``: the factors of a base of a symbolic power."""
    for factor in all_factors:
        base, exponent = power(factor)
        if not isinstance(base, Mul) or isinstance(exponent, Num):
            continue
        left = [f for f in all_factors if f is not factor]
        for own in factors(base):
            place = next((k for k, f in enumerate(left) if _holds(f, own)), None)
            if place is None:
                break
            left[place] = product(merged_powers((left[place], _inverted(own))) or (UNIT,))
        else:
            return [*left, raised(base, total((exponent, UNIT)))]
    return None


def _holds(factor: Term, own: Term) -> bool:
    """Whether a factor is another to a power of at least 1."""
    (base, exponent), (other, least) = power(factor), power(own)
    if not isinstance(exponent, Num) or not isinstance(least, Num):
        return False
    ratio = exponent.value / least.value if least.value else 0
    return ratio >= 1 and canonical(base) == canonical(other)


def _inverted(factor: Term) -> Term:
    base, exponent = power(factor)
    return raised(base, product((MINUS, exponent)))


def rebuilt(node: Term, children: Iterable[Term]) -> Term:
    """A node over other children, tidily."""
    if isinstance(node, Mul):
        return product(children)
    if isinstance(node, Add):
        return total(children)
    new = node.rebuilt(children)
    if isinstance(new, Sum) and new.body == NOUGHT:
        return NOUGHT
    return raised(new.base, new.exponent) if isinstance(new, Pow) else new
