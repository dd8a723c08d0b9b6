"""Canonical keys: equal for terms that differ only in bound names and the order of parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import permutations, product

from derive.terms.indices import Affine, Index
from derive.terms.nodes import (
    Add,
    At,
    Cond,
    Count,
    D,
    Delta,
    Fn,
    Guard,
    Mul,
    Num,
    Pow,
    Sum,
    Term,
    subterms,
)
from derive.terms.structure import affine_key, constituents, free_indices, substituted
from derive.terms.tensors import Choice, Tensor

Levels = Mapping[Index, int]
TRIED_ORDERS = 120
_numbers: dict[object, int] = {}


def _number(key: object) -> int:
    """A number for a key; equal keys share it. Numbers sort faster than nested tuples."""
    return _numbers.setdefault(key, len(_numbers))


@lru_cache(maxsize=50_000)
def canonical(term: Term, symmetric: frozenset[Tensor] = frozenset()) -> int:
    """A key that ignores order and bound names, and the order of slots of symmetric tensors."""
    return _key(term, {}, 0, symmetric)


def same(left: Term, right: Term) -> bool:
    """Whether two terms have the same canonical key."""
    return left == right or canonical(left) == canonical(right)


def _key(term: Term, levels: Levels, depth: int, symmetric: frozenset[Tensor]) -> int:
    """The key inside so many bound indices; those that do not occur make no difference."""
    own = frozenset((i, levels[i]) for i in free_indices(term) if i in levels)
    return _known_key(term, own, depth, symmetric)


@lru_cache(maxsize=200_000)
def _known_key(
    term: Term, own: frozenset[tuple[Index, int]], depth: int, symmetric: frozenset[Tensor]
) -> int:
    levels = dict(own)
    if isinstance(term, Mul | Sum):
        return _product_key(term, levels, depth, symmetric)
    parts = [_key(child, levels, depth, symmetric) for child in term.children]
    if isinstance(term, Add):
        return _number(("Add", tuple(sorted(parts))))
    return _number((type(term).__name__, _own(term, levels, symmetric), tuple(parts)))


def _own(term: Term, levels: Levels, symmetric: frozenset[Tensor]) -> object:
    """What a node holds besides its children."""
    if isinstance(term, Num):
        return term.value
    if isinstance(term, At):
        return (term.tensor, _slots(term, levels, symmetric))
    if isinstance(term, D):
        return (term.variable.tensor, _slots(term.variable, levels, frozenset()))
    if isinstance(term, Delta):
        return min(_number(affine_key(form, levels)) for form in (term.form, -term.form))
    if isinstance(term, Count | Guard):
        return affine_key(term.form, levels)
    return term.function if isinstance(term, Fn) else None


def _slots(entry: At, levels: Levels, symmetric: frozenset[Tensor]) -> tuple[int, ...]:
    keys = [_number(affine_key(slot, levels)) for slot in entry.slots]
    if entry.tensor in symmetric:
        keys[-2:] = sorted(keys[-2:])
    return tuple(keys)


def _product_key(term: Term, levels: Levels, depth: int, symmetric: frozenset[Tensor]) -> int:
    indices, factors = flattened(term)
    inside = depth + len(indices)
    if not indices:
        own = _factor_keys(factors, levels, depth, symmetric)
        return own[0] if len(own) == 1 else _number(("Mul", own))
    classes = _classes(indices, factors, levels, inside, symmetric)
    best: tuple[int, ...] | None = None
    for order in _orders(classes):
        named = {**levels, **{index: depth + k for k, index in enumerate(order)}}
        keys = _factor_keys(factors, named, inside, symmetric)
        best = keys if best is None else min(best, keys)
    sizes = tuple(index.size for group in classes for index in group)
    return _number(("Sum", sizes, best))


def _factor_keys(
    factors: Sequence[Term], levels: Levels, depth: int, symmetric: frozenset[Tensor]
) -> tuple[int, ...]:
    """The keys of factors, powers of one base taken together, so that ``x x`` is ``x^2``."""
    powers: dict[int, Fraction] = {}
    for factor in factors:
        base, times = factor, Fraction(1)
        if isinstance(factor, Pow) and isinstance(factor.exponent, Num):
            base, times = factor.base, factor.exponent.value
        key = _key(base, levels, depth, symmetric)
        if not is_lazy(base):
            times += powers.get(key, Fraction(0))
        powers[key] = times
    return tuple(sorted(key if n == 1 else _power_key(key, n) for key, n in powers.items()))


def _power_key(base: int, exponent: Fraction) -> int:
    """The key of a power, the same as `_key` gives to the node."""
    return _number(("Pow", None, (base, _number(("Num", exponent, ())))))


def flattened(term: Term) -> tuple[list[Index], list[Term]]:
    """The bound indices and factors of nested sums and products, bound indices all different."""
    indices: list[Index] = []
    factors: list[Term] = []
    outside = free_indices(term)

    def visit(part: Term) -> None:
        if isinstance(part, Mul):
            for factor in part.parts:
                visit(factor)
        elif isinstance(part, Sum):
            index, body = part.index, part.body
            if index in indices or index in outside:
                index = index.fresh()
                body = substituted(body, {part.index: Affine.of(index)})
            indices.append(index)
            visit(body)
        elif part != Num(1):
            factors.append(part)

    visit(term)
    return indices, factors


def _classes(
    indices: Sequence[Index],
    factors: Sequence[Term],
    levels: Levels,
    depth: int,
    symmetric: frozenset[Tensor],
) -> list[list[Index]]:
    """The indices in groups whose surroundings look alike after two rounds of comparison."""
    colours = {index: _number(("size", index.size)) for index in indices}
    for _ in range(2):
        shown = {i: 10**6 + colour for i, colour in colours.items()}
        colours = {
            i: _number(
                (
                    colours[i],
                    tuple(
                        sorted(
                            _key(f, {**levels, **shown, i: -2}, depth, symmetric)
                            for f in factors
                            if i in free_indices(f)
                        )
                    ),
                )
            )
            for i in indices
        }
    groups: dict[int, list[Index]] = {}
    for index in indices:
        groups.setdefault(colours[index], []).append(index)
    return [groups[colour] for colour in sorted(groups)]


def _orders(classes: Sequence[Sequence[Index]]) -> Iterable[list[Index]]:
    """Orders that differ inside groups only, at most a fixed number of them."""
    for count, choice in enumerate(product(*(permutations(group) for group in classes))):
        if count >= TRIED_ORDERS:
            return
        yield [index for group in choice for index in group]


@lru_cache(maxsize=50_000)
def depends(term: Term, tensor: Tensor) -> bool:
    """Whether a term has a derivative by a tensor, through definitions too."""
    return any(
        isinstance(part, At) and tensor_depends(part.tensor, tensor) for part in subterms(term)
    )


@lru_cache(maxsize=50_000)
def tensor_depends(tensor: Tensor, other: Tensor) -> bool:
    """Whether a tensor is another, or is made from it; a choice does not change off ties."""
    if tensor == other:
        return True
    if isinstance(tensor.origin, Choice):
        return False
    return any(tensor_depends(part, other) for part in constituents(tensor))


@lru_cache(maxsize=50_000)
def length(term: Term) -> int:
    """How long a term is to read: its symbols, without signs and brackets."""
    own = int(not isinstance(term, Add | Mul) and term not in (Num(1), Num(-1)))
    if isinstance(term, Delta | Guard | D):
        own += 1
    if isinstance(term, Pow) and isinstance(term.exponent, Num):
        return length(term.base) + 1
    ones = sum(part in (Num(1), Num(-1)) for part in term.children) if isinstance(term, Add) else 0
    return own + ones + sum(length(child) for child in term.children)


def holds(term: Term, *kinds: type[Term]) -> bool:
    """Whether a node of one of these kinds occurs."""
    return any(isinstance(part, kinds) for part in subterms(term))


@lru_cache(maxsize=50_000)
def is_open(term: Term) -> bool:
    """Whether a derivative is left inside."""
    return holds(term, D)


def is_lazy(term: Term) -> bool:
    """Whether a factor decides first: 0 times anything is 0."""
    return isinstance(term, Delta | Guard | Cond)
