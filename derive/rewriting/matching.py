"""Where a term is an instance of the body of a definition: the entry that it stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from derive.rewriting.algebra import factors, parts, power, product, raised, split, total, without
from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import NOUGHT, Add, At, D, Fn, Mul, Num, Sum, Term
from derive.terms.structure import forms, free_indices, substituted
from derive.terms.tensors import Definition, Tensor

Binding: TypeAlias = "Mapping[Index, Affine | None]"


def folded(term: Term, tensor: Tensor, context: Context) -> Term | None:
    """The term with the name put for its body, where the node itself is an instance; else None."""
    definition = tensor.origin
    assert isinstance(definition, Definition)
    if isinstance(definition.body, At) or not _ingredients(definition.body) <= _ingredients(term):
        return None  # of two names for the same, neither is put for the other
    if isinstance(definition.body, Mul):
        return _folded_product(term, tensor, context)
    base, exponent = power(definition.body)
    if isinstance(exponent, Num) and exponent.value != 1:
        return _folded_power(term, tensor, base, exponent, context)
    if isinstance(definition.body, Add) and isinstance(term, Add):
        return _folded_sum(term, tensor, context)
    return next(_entries(tensor, definition.body, term, context), None)


def _entries(tensor: Tensor, pattern: Term, term: Term, context: Context) -> Iterator[Term]:
    """The entries of a definition whose pattern is the term."""
    definition = tensor.origin
    assert isinstance(definition, Definition)
    for binding in matches(pattern, term, dict.fromkeys(definition.indices)):
        entry = _entry(tensor, binding, context)
        if entry is not None:
            yield entry


def _entry(tensor: Tensor, binding: Binding, context: Context) -> Term | None:
    """The entry at the bound indices, if they are all known and in range."""
    definition = tensor.origin
    assert isinstance(definition, Definition)
    slots = [s for s in map(binding.get, definition.indices) if s is not None]
    if len(slots) < len(definition.indices):
        return None
    fits = all(context.in_range(s, size) for s, size in zip(slots, tensor.shape, strict=True))
    return At(tensor, slots) if fits else None


def _folded_power(
    term: Term, tensor: Tensor, base: Term, exponent: Num, context: Context
) -> Term | None:
    own, raised_to = power(term)
    if not isinstance(raised_to, Num):
        return None
    times = raised_to.value / exponent.value
    if times.denominator != 1 or raised_to.value.denominator == 1:
        return None
    found = next(_entries(tensor, base, own, context), None)
    return None if found is None else raised(found, Num(times))


def _folded_sum(term: Add, tensor: Tensor, context: Context) -> Term | None:
    """The name, its negative, or the name and what is left of the sum."""
    definition = tensor.origin
    assert isinstance(definition, Definition)
    pattern = parts(definition.body)
    for sign in (1, -1):
        signed = [product((Num(sign), p)) for p in term.parts]
        for binding, left in _subsets(pattern, signed, dict.fromkeys(definition.indices)):
            entry = _entry(tensor, binding, context)
            if entry is not None:
                return total(product((Num(sign), p)) for p in (entry, *left))
    return None


def _subsets(
    pattern: Sequence[Term], terms: Sequence[Term], binding: Binding
) -> Iterator[tuple[Binding, list[Term]]]:
    """Bindings under which the patterns are some of the terms, with the terms left over."""
    if not pattern:
        yield binding, list(terms)
        return
    for k, term in enumerate(terms):
        rest = [*terms[:k], *terms[k + 1 :]]
        for found in matches(pattern[0], term, binding):
            yield from _subsets(pattern[1:], rest, found)


@lru_cache(maxsize=100_000)
def _ingredients(term: Term) -> frozenset[object]:
    """The tensors and functions inside a term: what it matches has them all."""
    own = {_head(term)} if isinstance(term, At | Fn) else set()
    own |= {term.variable.tensor} if isinstance(term, D) else set()
    return frozenset(own.union(*map(_ingredients, term.children)))


def _folded_product(term: Term, tensor: Tensor, context: Context) -> Term | None:
    definition = tensor.origin
    assert isinstance(definition, Definition)
    number, pattern = split(definition.body)
    own, given = split(term)
    if len(pattern) == 1 and isinstance(pattern[0], At) and own != number:
        return None  # p is not written -u for u = -p: each is the other's name
    start: Binding = dict.fromkeys(definition.indices)
    for binding, left in _divided(pattern, given, start):
        entry = _entry(tensor, binding, context)
        if entry is not None:
            return product((Num(own / number), entry, *left))
    return _folded_under_sum(term, tensor, context)


def _folded_under_sum(term: Term, tensor: Tensor, context: Context) -> Term | None:
    """The name put for factors of which some stand in front of a sum and some under it."""
    if not isinstance(term, Mul):
        return None
    for factor in factors(term):
        if isinstance(factor, Sum):
            index = factor.index.fresh()
            body = substituted(factor.body, {factor.index: Affine.of(index)})
            others = without(factors(term), factor)
            new = _folded_product(product((*others, body)), tensor, context)
            if new is not None:
                outside = [f for f in factors(new) if index not in free_indices(f)]
                inside = [f for f in factors(new) if index in free_indices(f)]
                return product((*outside, Sum(index, product(inside))))
    return None


def _divided(
    pattern: Sequence[Term], given: Sequence[Term], binding: Binding
) -> Iterator[tuple[Binding, list[Term]]]:
    """Bindings under which the patterns divide the product, with the factors left over."""
    if not pattern:
        yield binding, list(given)
        return
    base, exponent = power(pattern[0])
    for k, factor in enumerate(given):
        own, raised_to = power(factor)
        if type(own) is not type(base) or _head(own) != _head(base):
            continue
        rest = _quotient(raised_to, exponent)
        if rest is None:
            continue
        for found in matches(base, own, binding):
            left = [*given[:k], *factors(raised(own, rest)), *given[k + 1 :]]
            yield from _divided(pattern[1:], left, found)


def _quotient(have: Term, need: Term) -> Num | None:
    """The exponent left when a power is divided out, if it does not change sign."""
    if have == need:
        return NOUGHT
    if not isinstance(have, Num) or not isinstance(need, Num):
        return None
    left = have.value - need.value
    fits = have.value * need.value > 0 and left * need.value >= 0
    return Num(left) if fits else None


def matches(pattern: Term, term: Term, binding: Binding) -> Iterator[Binding]:
    """Bindings of the free pattern indices (those with None still open) that give the term."""
    if isinstance(pattern, Mul | Add) and type(pattern) is type(term):
        opened = factors if isinstance(pattern, Mul) else parts
        wanted, given = opened(pattern), opened(term)
        if len(wanted) == len(given):
            yield from (found for found, _ in _subsets(wanted, given, binding))
        return
    if type(pattern) is not type(term) or len(pattern.children) != len(term.children):
        return
    if isinstance(pattern, Sum) and isinstance(term, Sum):
        yield from _sum_matches(pattern, term, binding)
        return
    found = _forms_match(pattern, term, binding)
    if found is not None and _head(pattern) == _head(term):
        yield from _children_match(pattern.children, term.children, found)


def _children_match(
    patterns: Sequence[Term], terms: Sequence[Term], binding: Binding
) -> Iterator[Binding]:
    if not patterns:
        yield binding
        return
    for found in matches(patterns[0], terms[0], binding):
        yield from _children_match(patterns[1:], terms[1:], found)


def _sum_matches(pattern: Sum, term: Sum, binding: Binding) -> Iterator[Binding]:
    if pattern.index.size != term.index.size:
        return
    if any(v is not None and term.index in v.indices for v in binding.values()):
        fresh = term.index.fresh()
        term = Sum(fresh, substituted(term.body, {term.index: Affine.of(fresh)}))
    inner = {**binding, pattern.index: Affine.of(term.index)}
    for found in matches(pattern.body, term.body, inner):
        outer = {i: value for i, value in found.items() if i is not pattern.index}
        if pattern.index in binding:
            outer[pattern.index] = binding[pattern.index]
        if not any(v is not None and term.index in v.indices for v in _new(outer, binding)):
            yield outer


def _new(found: Binding, before: Binding) -> list[Affine | None]:
    return [value for index, value in found.items() if before.get(index) is None]


def _forms_match(pattern: Term, term: Term, binding: Binding) -> Binding | None:
    found = dict(binding)
    pairs = list(zip(forms(pattern), forms(term), strict=False))
    if len(forms(pattern)) != len(forms(term)):
        return None
    for own, given in sorted(pairs, key=lambda pair: pair[0].plain is None):
        plain = own.plain
        if plain is not None and plain in found and found[plain] is None:
            found[plain] = given
            continue
        if any(found.get(i, given) is None for i in own.indices):
            return None
        known = {i: v for i, v in found.items() if v is not None}
        if own.substituted(known) != given:
            return None
    return found


def _head(term: Term) -> object:
    if isinstance(term, At):
        return term.tensor
    if isinstance(term, Num):
        return term.value
    return getattr(term, "function", None)
