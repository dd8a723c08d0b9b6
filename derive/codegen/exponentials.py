"""Sums of exponentials: their logarithms and quotients, without an overflow on the way.

``log sum exp(z)``, ``exp(z) / sum exp(z)``, ``log(1 + exp(x))`` and ``1 / (1 + exp(-x))`` are known
by their shape, however they were written, also where a defined name stands in between.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from derive.terms.indices import Affine, Index
from derive.terms.nodes import MINUS, NOUGHT, UNIT, Add, At, Fn, Mul, Num, Pow, Sum, Term, negated
from derive.terms.structure import alpha_equal, free_indices, substituted, unfolded
from derive.terms.tensors import Definition

LARGEST = 120  # nodes of a logarithm
LONGEST = 12  # parts of a bracket that is multiplied out
MATRIX = 2  # axes that one exponential may take together


@dataclass(frozen=True)
class Share:
    """``exp(z) / sum exp(z)`` over the ``summed`` indices, which are called ``shown`` outside."""

    argument: Term
    summed: tuple[Index, ...]
    shown: tuple[Index, ...]


@lru_cache(maxsize=20_000)
def opened(term: Term) -> Term:
    """What an entry of a defined name stands for, if that is made from exponentials."""
    if not isinstance(term, At) or not isinstance(term.tensor.origin, Definition):
        return term
    if any(slot.plain is None for slot in term.slots):
        return term
    body = unfolded(term)
    is_made = logarithm(body) is not None and has_exponential(body)
    return opened(body) if is_made else term


@lru_cache(maxsize=20_000)
def has_exponential(term: Term) -> bool:
    """Whether a positive term is made from exponentials of something."""
    if isinstance(term, Fn):
        return term.function in ("exp", "sigmoid", "cosh")
    if isinstance(term, At):
        return opened(term) is not term
    return any(has_exponential(child) for child in term.children)


@lru_cache(maxsize=20_000)
def logarithm(term: Term) -> Term | None:
    """The logarithm of a positive term made from exponentials, None for any other term."""
    found = _logarithm(term)
    return found if found is None or _length(found) <= LARGEST else None


@lru_cache(maxsize=20_000)
def _length(term: Term) -> int:
    return 1 + sum(map(_length, term.children))


def _logarithm(term: Term) -> Term | None:
    if isinstance(term, Num):
        return _of_number(term)
    if isinstance(term, Fn):
        return _of_function(term)
    if isinstance(term, Mul):
        parts = [logarithm(part) for part in term.parts]
        return None if None in parts else _total([p for p in parts if p is not None])
    if isinstance(term, Pow) and isinstance(term.exponent, Num):
        inside = logarithm(term.base)
        return None if inside is None else _scaled(inside, term.exponent)
    if isinstance(term, At):
        body = opened(term)
        return None if body is term else logarithm(body)
    if isinstance(term, Sum | Add):
        positive = all(logarithm(child) is not None for child in term.children)
        return Fn("log", (term,)) if positive else None
    return None


def _of_number(term: Num) -> Term | None:
    if term.value <= 0:
        return None
    return NOUGHT if term.value == 1 else Fn("log", (term,))


def _of_function(term: Fn) -> Term | None:
    argument = term.arguments[0]
    if term.function == "exp":
        return argument
    if term.function == "sigmoid":
        return negated(Fn("softplus", (negated(argument),)))
    if term.function == "cosh":
        both = Add((Fn("exp", (argument,)), Fn("exp", (negated(argument),))))
        return Add((Fn("log", (both,)), Fn("log", (Num(Fraction(1, 2)),))))
    return None


def _total(parts: Sequence[Term]) -> Term:
    parts = [part for part in parts if part != NOUGHT]
    if len(parts) == 1:
        return parts[0]
    return Add(parts) if parts else NOUGHT


def _scaled(term: Term, exponent: Num) -> Term:
    if exponent == UNIT or term == NOUGHT:
        return term
    return negated(term) if exponent == MINUS else Mul((exponent, term))


def is_normaliser(term: Term) -> bool:
    """Whether a term is a sum of exponentials, spelt out or by name."""
    term = opened(term)
    return isinstance(term, Sum | Add) and logarithm(term) is not None and has_exponential(term)


# --------------------------------------------------------------------------------------------
# Products with normalisers below


def settled(factors: Sequence[Term]) -> tuple[list[Term], list[Share]]:
    """A product with normalisers below as terms without overflow, and shares of sums."""
    powers: list[Term] = []
    below: list[tuple[Term, Fraction]] = []
    rest: list[Term] = []
    for factor in factors:
        base, exponent = _power(factor)
        shown = opened(base)
        if exponent < 0 and is_normaliser(shown):
            below.append((shown, -exponent))
        elif isinstance(shown, Fn) and shown.function == "exp":
            powers.append(_scaled(shown.arguments[0], Num(exponent)))
        else:
            rest.append(factor)
    if below:
        return _divided(powers, below, rest)
    return _without_large(list(factors)), []


def _power(factor: Term) -> tuple[Term, Fraction]:
    exponent = Fraction(1)
    while isinstance(factor, Pow) and isinstance(factor.exponent, Num):
        exponent *= factor.exponent.value
        factor = factor.base
    return factor, exponent


def _divided(
    powers: list[Term], below: list[tuple[Term, Fraction]], rest: list[Term]
) -> tuple[list[Term], list[Share]]:
    shares: list[Share] = []
    logs: list[Term] = []
    for normaliser, exponent in below:
        while exponent >= 1:
            share = _share(normaliser, powers)
            if share is None:
                break
            shares += [share] if isinstance(share, Share) else []
            rest += [share] if isinstance(share, Term) else []
            exponent -= 1
        if exponent:
            inside = logarithm(normaliser)
            assert inside is not None
            logs.append(_scaled(inside, Num(-exponent)))
    if logs:
        near, far = _near(powers, logs)
        rest += [Fn("exp", (power,)) for power in far]
        return [*_multiplied(rest, [*near, *logs])], shares
    return [*rest, *(Fn("exp", (power,)) for power in powers)], shares


def _near(powers: list[Term], logs: list[Term]) -> tuple[list[Term], list[Term]]:
    """The powers that go with some logarithms, and those that would need more axes together.

    ``exp(Q_kr) exp(K_ir) / Z_k`` is a product of matrices, not one array over k, r and i.
    """
    axes = [free_indices(power) for power in powers]
    together = frozenset().union(*axes, *map(free_indices, logs))
    most = max(map(len, axes), default=0)
    home = next((a for a in axes if all(free_indices(log) <= a for log in logs)), None)
    if len(together) <= max(most, MATRIX) or home is None:
        return powers, []
    near = [power for power, own in zip(powers, axes, strict=True) if own <= home]
    return near, [power for power in powers if power not in near]


def _share(normaliser: Term, powers: list[Term]) -> Share | Term | None:
    """One exponential over a normaliser; it is taken out of the powers."""
    if isinstance(normaliser, Add):
        return _of_two(normaliser, powers) if len(normaliser.parts) == 2 else None
    summed: list[Index] = []
    body = normaliser
    while isinstance(body, Sum):
        summed.append(body.index)
        body = body.body
    inside = logarithm(body)
    for power in powers:
        shown = _matched(inside, summed, power)  # type: ignore[arg-type]
        if shown is not None:
            powers.remove(power)
            return Share(inside, tuple(summed), shown)  # type: ignore[arg-type]
    return None


def _matched(body: Term, summed: Sequence[Index], power: Term) -> tuple[Index, ...] | None:
    """The indices that stand in a power for those summed over."""
    if not set(summed) <= free_indices(body):
        return None
    free = sorted(free_indices(power), key=lambda index: index.serial)
    candidates = [[i for i in free if i.size == own.size] for own in summed]
    for chosen in itertools.product(*candidates):
        values = {own: Affine.of(i) for own, i in zip(summed, chosen, strict=True)}
        if len(set(chosen)) == len(chosen) and alpha_equal(substituted(body, values), power):
            return tuple(chosen)
    return None


def _of_two(normaliser: Add, powers: list[Term]) -> Term | None:
    """``exp(a) / (exp(a) + exp(b))`` as the sigmoid of ``a - b``; ``a`` may be a constant."""
    logs = [logarithm(part) for part in normaliser.parts]
    for k, own in enumerate(logs):
        other = logs[1 - k]
        assert own is not None and other is not None
        found = next((power for power in powers if alpha_equal(power, own)), None)
        if found is not None:
            powers.remove(found)
            return Fn("sigmoid", (_total([own, negated(other)]),))
    for k, part in enumerate(normaliser.parts):
        if part == UNIT:
            return Fn("sigmoid", (negated(logs[1 - k]),))  # type: ignore[arg-type]
    return None


def _multiplied(rest: list[Term], logs: list[Term]) -> list[Term]:
    """The exponential of a sum of logarithms; it is multiplied into a bracket of exponentials."""
    for k, bracket in enumerate(rest):
        parts = _expansion(bracket) if isinstance(bracket, Add) else None
        if parts and has_exponential(bracket):
            products = [Mul((sign, Fn("exp", (_total([own, *logs]),)))) for sign, own in parts]
            return [*rest[:k], *rest[k + 1 :], Add(products)]
    return [*rest, Fn("exp", (_total(logs),))]


def _expansion(term: Term) -> list[tuple[Num, Term]] | None:
    """A term as a sum of positive terms with signs: the signs, and the logarithms."""
    inside = logarithm(term)
    if inside is not None:
        return [(UNIT, inside)]
    if isinstance(term, Num) and term.value < 0:
        return [(MINUS, _of_number(Num(-term.value)) or NOUGHT)]
    parts = [_expansion(child) for child in term.children] if isinstance(term, Add | Mul) else []
    known = [part for part in parts if part is not None]
    if not parts or len(known) < len(parts):
        return None
    found = [pair for part in known for pair in part]
    if isinstance(term, Mul):
        found = [_pair_product(pairs) for pairs in itertools.product(*known)]
    return found if len(found) <= LONGEST else None


def _pair_product(pairs: Sequence[tuple[Num, Term]]) -> tuple[Num, Term]:
    negative = sum(sign == MINUS for sign, _ in pairs) % 2
    return (MINUS if negative else UNIT), _total([inside for _, inside in pairs])


def _without_large(factors: list[Term]) -> list[Term]:
    """Products whose factors overflow though they do not: with ``cosh`` below, with ``exp``."""
    return _with_hyperbolic(_with_sigmoid(factors))


def _with_sigmoid(factors: list[Term]) -> list[Term]:
    """``exp(u) * sigmoid(-u)`` as ``sigmoid(u)``."""
    for k, factor in enumerate(factors):
        base, exponent = _power(factor)
        if not isinstance(base, Fn) or base.function != "sigmoid" or exponent < 1:
            continue
        opposite = negated(base.arguments[0])
        for power in factors:
            if isinstance(power, Fn) and power.function == "exp" and _same(power, opposite):
                left = [Pow(base, Num(exponent - 1))] if exponent > 1 else []
                rest = [f for n, f in enumerate(factors) if n != k and f is not power]
                return _with_sigmoid([*rest, Fn("sigmoid", power.arguments), *left])
    return factors


def _same(power: Fn, argument: Term) -> bool:
    own = power.arguments[0]
    return any(alpha_equal(own, form) for form in (argument, _unwrapped(argument)))


def _unwrapped(term: Term) -> Term:
    """A term without brackets around it and without a factor 1."""
    if isinstance(term, Mul):
        parts = [part for part in term.parts if part != UNIT]
        return _unwrapped(parts[0]) if len(parts) == 1 else Mul(parts)
    return term


def _with_hyperbolic(factors: list[Term]) -> list[Term]:
    """``sinh(u) / cosh(u)`` as ``tanh(u)``."""
    for k, factor in enumerate(factors):
        sine, exponent = _power(factor)
        if not isinstance(sine, Fn) or sine.function != "sinh" or exponent <= 0:
            continue
        for n, other in enumerate(factors):
            cosine, below = _power(other)
            if cosine == Fn("cosh", sine.arguments) and -below >= exponent:
                left = [Pow(cosine, Num(below + exponent))] if below + exponent else []
                rest = [f for m, f in enumerate(factors) if m not in (k, n)]
                return [*rest, Pow(Fn("tanh", sine.arguments), Num(exponent)), *left]
    return factors
