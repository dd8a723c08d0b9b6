"""Terms multiplied out: sums of numbers times powers of bases, each summed over indices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.rewriting import algebra
from derive.rewriting.canonical import canonical
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Add, At, Count, Delta, Fn, Mul, Num, Pow, Sum, Term
from derive.terms.structure import free_indices, substituted, unfolded
from derive.terms.tensors import Definition, Kind, Tensor

MOST_TERMS = 60  # of a term multiplied out
SIGNED = (Kind.POSITIVE, Kind.NONNEGATIVE, Kind.SIMPLEX, Kind.ONE_HOT, Kind.MASK)
NONNEGATIVE = ("exp", "sigmoid", "softplus", "relu", "abs", "cosh")

Powers = Mapping[Term, Fraction]
Symmetric = frozenset[Tensor]


class TooLarge(ValueError):
    """A difference that is not looked into."""


@dataclass(frozen=True)
class Monomial:
    """A number times powers of bases, summed over indices."""

    number: Fraction
    indices: tuple[Index, ...]
    powers: Powers


def multiplied_out(term: Term, opening: bool, inside: bool = False) -> list[Monomial]:
    """A term as a sum of monomials; without ``opening`` sums that are factors stay closed."""
    if isinstance(term, Num):
        return [Monomial(term.value, (), {})] if term.value else []
    if isinstance(term, Add) and (opening or not inside):
        return _bounded(m for part in term.parts for m in multiplied_out(part, opening))
    if isinstance(term, Mul):
        return _multiplied([multiplied_out(part, opening, True) for part in term.parts])
    if isinstance(term, Sum):
        own = term.index.fresh()
        body = substituted(term.body, {term.index: Affine.of(own)})
        opened = multiplied_out(body, opening, inside)
        return [Monomial(m.number, (*m.indices, own), m.powers) for m in opened]
    if isinstance(term, Pow) and isinstance(term.exponent, Num):
        return _power(term.base, term.exponent.value, opening)
    if isinstance(term, At) and isinstance(term.tensor.origin, Definition):
        return multiplied_out(unfolded(term), opening, inside)
    return [Monomial(Fraction(1), (), {term: Fraction(1)})]


def _power(base: Term, exponent: Fraction, opening: bool) -> list[Monomial]:
    whole = exponent.denominator == 1
    if whole and isinstance(base, Pow) and isinstance(base.exponent, Num):
        return multiplied_out(
            algebra.raised(base.base, Num(exponent * base.exponent.value)), opening, True
        )
    if whole and isinstance(base, Num) and base.value:
        return [Monomial(base.value ** int(exponent), (), {})]
    if whole and 1 < exponent <= 4:
        return _multiplied([multiplied_out(base, opening, True) for _ in range(int(exponent))])
    opened = multiplied_out(base, opening, True)
    if len(opened) == 1 and not opened[0].indices and opened[0].number == 1:
        powers = opened[0].powers
        if whole or all(map(is_plainly_nonnegative, powers)):
            return [Monomial(Fraction(1), (), {b: e * exponent for b, e in powers.items()})]
    return [Monomial(Fraction(1), (), {base: exponent})]


def _multiplied(groups: Sequence[list[Monomial]]) -> list[Monomial]:
    made = [Monomial(Fraction(1), (), {})]
    for group in groups:
        made = _bounded(_times(a, b) for a in made for b in group)
    return made


def _times(a: Monomial, b: Monomial) -> Monomial:
    powers = joined((a.powers, b.powers))
    return Monomial(a.number * b.number, a.indices + b.indices, powers)


def joined(several: Iterable[Powers]) -> Powers:
    total: dict[Term, Fraction] = {}
    for powers in several:
        for base, exponent in powers.items():
            total[base] = total.get(base, Fraction(0)) + exponent
    return {base: exponent for base, exponent in total.items() if exponent}


def _bounded(monomials: Iterable[Monomial]) -> list[Monomial]:
    found = []
    for monomial in monomials:
        found.append(monomial)
        if len(found) > MOST_TERMS:
            raise TooLarge
    return found


def contracted(monomial: Monomial) -> Monomial:
    """A Kronecker delta between two bound indices of one size makes them one."""
    for base in monomial.powers:
        ends = base.form.indices if isinstance(base, Delta) else ()
        if len(ends) == 2 and set(ends) <= set(monomial.indices):
            one, other = ends
            if one.size == other.size and base in (Delta(one - other), Delta(other - one)):
                kept = tuple(index for index in monomial.indices if index is not other)
                moved = {other: Affine.of(one)}
                rest = ({substituted(b, moved): e} for b, e in monomial.powers.items() if b != base)
                return contracted(Monomial(monomial.number, kept, joined(rest)))
    return monomial


def merged(monomials: Iterable[Monomial], symmetric: Symmetric) -> list[Monomial]:
    """Monomials that differ in their numbers alone, together."""
    found: dict[int, Monomial] = {}
    for monomial in monomials:
        key = canonical(written(replace(monomial, number=Fraction(1))), symmetric)
        before = found.get(key, replace(monomial, number=Fraction(0)))
        found[key] = replace(before, number=before.number + monomial.number)
    return [monomial for monomial in found.values() if monomial.number]


def grouped(monomial: Monomial, own: set[Index], symmetric: Symmetric) -> Monomial:
    """Factors that share some indices as one base each: their sum."""
    groups: list[tuple[set[Index], dict[Term, Fraction]]] = []
    outside: dict[Term, Fraction] = {}
    for base, exponent in monomial.powers.items():
        held = own & free_indices(base)
        if not held:
            outside[base] = exponent
            continue
        together = {base: exponent}
        for group in [g for g in groups if g[0] & held]:
            groups.remove(group)
            held |= group[0]
            together = {**group[1], **together}
        groups.append((held, together))
    order = [index for index in monomial.indices if index in own]
    empty = [Count(i.size) for i in order if not any(i in held for held, _ in groups)]
    sums = [summed(sorted(held, key=order.index), product_of(each)) for held, each in groups]
    known = {canonical(base, symmetric): base for base in reversed(sums)}
    bases: list[Term] = [*empty, *(known[canonical(base, symmetric)] for base in sums)]
    powers = joined((outside, *({base: Fraction(1)} for base in bases)))
    kept = tuple(index for index in monomial.indices if index not in own)
    return Monomial(monomial.number, kept, powers)


def is_plainly_nonnegative(base: Term) -> bool:
    """Whether a base is plainly >= 0, so that it is a square whatever its exponent."""
    if isinstance(base, At):
        return any(fact.kind in SIGNED for fact in base.tensor.facts)
    if isinstance(base, Pow):
        return not (isinstance(base.exponent, Num) and base.exponent.value.denominator == 1)
    return isinstance(base, Count) or (isinstance(base, Fn) and base.function in NONNEGATIVE)


def written(monomial: Monomial) -> Term:
    """A monomial as a term, its number inside the sums, where signs are looked for."""
    body = algebra.product((Num(monomial.number), product_of(monomial.powers)))
    return summed(monomial.indices, body)


def summed(indices: Sequence[Index], body: Term) -> Term:
    for index in reversed(indices):
        body = Sum(index, body)
    return body


def product_of(powers: Powers) -> Term:
    return algebra.product(algebra.raised(base, Num(e)) for base, e in powers.items())
