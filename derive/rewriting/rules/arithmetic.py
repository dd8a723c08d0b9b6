"""The rules of powers, like terms and common factors."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derive.rewriting.algebra import (
    factors,
    is_negative,
    merged_powers,
    minus,
    parts,
    power,
    product,
    raised,
    split,
    taken_in,
    total,
)
from derive.rewriting.canonical import canonical, is_lazy, length, same
from derive.rewriting.rules.rule import Action, Given, Rule
from derive.rewriting.rules.sigmoids import SIGMOID
from derive.terms.nodes import MINUS, NOUGHT, Add, Cond, Count, Fn, Mul, Num, Pow, Sum, Term

MANY = 40


def _one_base(term: Term, given: Given) -> Term | None:
    if not isinstance(term, Mul):
        return None
    found = merged_powers(term.parts) or taken_in(term.parts)
    return None if found is None else product(found)


def _integer(term: Term) -> bool:
    return isinstance(term, Num) and term.value.denominator == 1


def _power_of_power(term: Term, given: Given) -> Term | None:
    if not isinstance(term, Pow) or not isinstance(term.base, Pow) or not _integer(term.exponent):
        return None
    inner = term.base
    if term.exponent == MINUS and not _integer(inner.exponent):
        return None  # 1 / sqrt(u) reads best as it is
    return raised(inner.base, product((inner.exponent, term.exponent)))


def _power_of_product(term: Term, given: Given) -> Term | None:
    if not isinstance(term, Pow) or not isinstance(term.base, Mul) or not _integer(term.exponent):
        return None
    return product(raised(factor, term.exponent) for factor in factors(term.base))


def _like_terms(term: Term, given: Given) -> Term | None:
    if not isinstance(term, Add):
        return None
    found: dict[int, tuple[Fraction, Term]] = {}
    for part in term.parts:
        number, rest = split(part)
        kept = product(rest)
        before, kept = found.get(canonical(kept), (Fraction(0), kept))
        found[canonical(kept)] = (before + number, kept)
    if len(found) == len(term.parts):
        return None
    return total(product((Num(number), rest)) for number, rest in found.values())


def _common_factor(term: Term, given: Given) -> Term | None:
    if not isinstance(term, Add):
        return None
    best: Term | None = None
    for key in _shared(term.parts):
        factored = _factored(term.parts, key)
        if best is None or length(factored) < length(best):
            best = factored
    if best is None:
        return _common_number(term)
    gain = 0 if not isinstance(best, Add) else 2
    return best if length(best) + gain <= length(term) else None


Key = tuple[int, int]  # of a base, and of what its exponent holds besides a number


def _shared(all_parts: Sequence[Term]) -> list[Key]:
    """Keys of bases that occur, with exponents a number apart, in two or more parts."""
    seen: dict[Key, int] = {}
    for part in all_parts:
        for key in sorted({_key(factor) for factor in split(part)[1]}):
            seen[key] = seen.get(key, 0) + 1
    return [key for key, times in seen.items() if times > 1]


def _key(factor: Term) -> Key:
    base, exponent = power(factor)
    return canonical(base), canonical(_parted(exponent)[0])


def _parted(exponent: Term) -> tuple[Term, Fraction]:
    """An exponent without its number, and the number."""
    numbers = [part.value for part in parts(exponent) if isinstance(part, Num)]
    return total(p for p in parts(exponent) if not isinstance(p, Num)), sum(numbers, Fraction(0))


def _factored(all_parts: Sequence[Term], key: Key) -> Term:
    """The parts that have a base in common put in brackets, with all else they have in common."""
    having = [p for p in all_parts if _exponent(p, key) is not None]
    others = [p for p in all_parts if _exponent(p, key) is None]
    common: list[Term] = []
    for factor in split(having[0])[1]:
        base, (symbols, _) = power(factor)[0], _parted(power(factor)[1])
        exponents = [_exponent(p, _key(factor)) for p in having]
        known = [e for e in exponents if e is not None]
        if len(known) == len(having) and (symbols != NOUGHT or _one_sign(known)):
            least = min(known, key=abs if symbols == NOUGHT else None)
            common.append(base if is_lazy(base) else raised(base, total((symbols, Num(least)))))
    numbers = {abs(split(p)[0]) for p in having}
    number = numbers.pop() if len(numbers) == 1 else Fraction(1)
    bracket = total(_without(p, common, number) for p in having)
    sign = -1 if all(is_negative(p) for p in parts(bracket)) else 1
    bracket = total(minus(p) for p in parts(bracket)) if sign < 0 else bracket
    place = next(k for k, p in enumerate(all_parts) if p in having)
    new = product((Num(sign * number), *common, bracket))
    return total((*others[:place], new, *others[place:]))


def _exponent(part: Term, key: Key) -> Fraction | None:
    """The number in the exponent of a base in a part."""
    own = (power(factor)[1] for factor in split(part)[1] if _key(factor) == key)
    return next((_parted(exponent)[1] for exponent in own), None)


def _one_sign(exponents: Sequence[Fraction]) -> bool:
    return all(e > 0 for e in exponents) or all(e < 0 for e in exponents)


def _without(part: Term, common: Sequence[Term], number: Fraction) -> Term:
    """A part divided by the common factors."""
    own, rest = split(part)
    taken = {_key(f): _parted(power(f)[1])[1] for f in common}
    left: list[Term] = [Num(own / number)]
    for factor in rest:
        base, exponent = power(factor)
        least = taken.pop(_key(factor), None)
        if least is None:
            left.append(factor)
        elif not is_lazy(base):
            left.append(raised(base, Num(_parted(exponent)[1] - least)))
    return product(left)


def _common_number(term: Add) -> Term | None:
    if all(is_negative(part) for part in term.parts):
        return product((MINUS, total(minus(part) for part in term.parts)))
    numbers = {abs(split(part)[0]) for part in term.parts}
    if len(numbers) != 1 or numbers == {Fraction(1)} or any(isinstance(p, Num) for p in term.parts):
        return None
    number = Num(numbers.pop())
    return product((number, total(product((Num(1 / number.value), p)) for p in term.parts)))


def _common_denominator(term: Term, given: Given) -> Term | None:
    """``1 - x / (x + y) = y / (x + y)``: brought over one bracket where that is shorter."""
    if not isinstance(term, Add):
        return None
    for part in term.parts:
        for factor in split(part)[1]:
            base, exponent = power(factor)
            if isinstance(base, Add) and isinstance(exponent, Num) and exponent.value < 0:
                new = _brought_over(term, base, -exponent.value)
                if new is not None and length(new) < length(term):
                    return new
    return None


def _brought_over(term: Add, base: Term, times: Fraction) -> Term | None:
    if times.denominator != 1 or times > 3:
        return None
    opened = [_over_one(part, base, int(times)) for part in term.parts]
    above = total(p for group in opened for p in group)
    above = _like_terms(above, Given()) or above
    return product((above, raised(base, Num(-times))))


def _over_one(part: Term, base: Term, times: int) -> list[Term]:
    """The parts of ``part * base**times``, multiplied out."""
    own = _exponent(part, _key(base)) or Fraction(0)
    left = int(own) + times if own.denominator == 1 else -1
    rest = product(f for f in factors(part) if canonical(power(f)[0]) != canonical(base))
    return expanded(product((rest, *[base] * left))) if left >= 0 else [product((part, base))]


def _number(term: Term, given: Given) -> Term | None:
    """A power of a number, or a size that is a number."""
    base, exponent = power(term)
    if isinstance(base, Count) and not base.form.indices:
        size = base.form.constant.constant
        base = base if size is None else Num(size)
    new = raised(base, exponent)
    return None if new == term else new


def _under_condition(term: Term, given: Given) -> Term | None:
    """``max(x, y) [x > y] = x [x > y]``, ``relu(x) [x > 0] = x [x > 0]``."""
    if not isinstance(term, Mul):
        return None
    for condition in term.parts:
        if isinstance(condition, Cond):
            new = [_decided(f, condition.term) for f in term.parts]
            if tuple(new) != term.parts:
                return product(new)
    return None


def _decided(factor: Term, positive: Term) -> Term:
    base, exponent = power(factor)
    if isinstance(base, Fn) and base.function == "relu" and same(base.arguments[0], positive):
        return raised(base.arguments[0], exponent)
    if isinstance(base, Fn) and base.function in ("maximum", "minimum"):
        a, b = base.arguments
        for more, less in ((a, b), (b, a)):
            if same(total((more, minus(less))), positive):
                return raised(more if base.function == "maximum" else less, exponent)
    return factor


def _undone(outer: str, inner: str) -> Action:
    """A function right after its inverse."""

    def apply(term: Term, given: Given) -> Term | None:
        if not isinstance(term, Fn) or term.function != outer:
            return None
        (argument,) = term.arguments
        undone = isinstance(argument, Fn) and argument.function == inner
        return argument.children[0] if undone else None

    return apply


def _sign_of_bracket(term: Term, given: Given) -> Term | None:
    """A minus sign in front of a bracket that starts with a minus goes into it."""
    number, rest = split(term)
    if number >= 0:
        return None
    for factor in rest:
        flipped = _flipped(factor)
        if flipped is not None:
            return product((Num(-number), *(flipped if f is factor else f for f in rest)))
    return None


def _flipped(factor: Term) -> Term | None:
    """The negative of a bracket with as many minus signs as plus signs, or of a sum of one."""
    if isinstance(factor, Sum):
        for inner in factors(factor.body):
            new = _flipped(inner)
            if new is not None:
                rest = (new if f is inner else f for f in factors(factor.body))
                return Sum(factor.index, product(rest))
    if isinstance(factor, Add) and sum(map(is_negative, factor.parts)) * 2 >= len(factor.parts):
        return total(minus(p) for p in factor.parts)
    return None


def _cancelled(term: Term, given: Given) -> Term | None:
    """Brackets multiplied out, where like terms then make the sum shorter."""
    if not isinstance(term, Add):
        return None
    opened = [expanded(part) for part in term.parts]
    if len(opened) == sum(map(len, opened)) or sum(map(len, opened)) > MANY:
        return None
    out = total(p for group in opened for p in group)
    new = _like_terms(out, given) or out
    return new if length(new) < length(term) else None


def expanded(term: Term) -> list[Term]:
    """The parts of a product after its brackets are multiplied out."""
    out: list[list[Term]] = [[]]
    for factor in factors(term):
        choices = factor.parts if isinstance(factor, Add) else (factor,)
        out = [[*left, choice] for left in out for choice in choices]
        if len(out) > MANY:
            return [term]
    return [product(merged_powers(fs) or fs) for fs in out]


def _square_of_root(term: Term, given: Given) -> Term | None:
    new = _power_of_power(term, given)
    return None if new is None or isinstance(new, Pow) else new


LIKE_TERMS = Rule("like terms", "2 x + 3 x = 5 x", _like_terms)
SQUARE_OF_ROOT = Rule("square of a root", "(x^(1/2))^2 = x", _square_of_root)
POWER_OF_POWER = Rule("power of a power", "(x^a)^2 = x^(2 a)", _power_of_power)
RULES: tuple[Rule, ...] = (
    Rule("powers of one base", "x^a x^b = x^(a + b)", _one_base),
    POWER_OF_POWER,
    Rule("value of a number", "4^-1 = 1/4", _number),
    Rule("condition decides", "max(x, y) [x > y] = x [x > y]", _under_condition),
    LIKE_TERMS,
    Rule("exponential of a logarithm", "exp(log x) = x", _undone("exp", "log")),
    Rule("logarithm of an exponential", "log(exp x) = x", _undone("log", "exp")),
)
POWER_OF_PRODUCT = Rule("power of a product", "(x y)^-1 = x^-1 y^-1", _power_of_product)
SIGN_OF_BRACKET = Rule("sign of a bracket", "-(a - b) = b - a", _sign_of_bracket)
COLLECTING: tuple[Rule, ...] = (
    Rule("common factor", "a b + a c = a (b + c)", _common_factor),
    SIGMOID,
    SIGN_OF_BRACKET,
    Rule("common denominator", "1 - x / (x + y) = y / (x + y)", _common_denominator),
    Rule("cancellation", "y (1 - s) + (y - 1) s = y - s", _cancelled),
)
