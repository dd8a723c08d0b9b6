"""Matrices of the form ``sum_k w_k g_ki g_kj`` with ``w_k >= 0``, which are semidefinite."""

from __future__ import annotations

from itertools import chain, combinations
from typing import TYPE_CHECKING

from derive.proof.normal_form.factors import Exponent, Factor, Polynomial
from derive.proof.normal_form.inverses import with_fresh_names
from derive.proof.normal_form.positivity import product_is_nonnegative
from derive.terms.indices import Affine, Index

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]
MOST_NAMES = 6


def is_gram(ring: Ring, factor: Factor, row: Index, column: Index) -> bool:
    """Whether a sum is ``sum_k w_k g(k, row) g(k, column)`` for some of its indices k."""
    names, powers = with_fresh_names(ring, factor)
    if not 0 < len(names) <= MOST_NAMES:
        return False
    sizes = range(1, len(names) + 1)
    shared = chain.from_iterable(combinations(names, count) for count in sizes)
    return any(_splits(ring, names, powers, each, row, column) for each in shared)


def _splits(
    ring: Ring,
    names: tuple[Index, ...],
    powers: Powers,
    shared: tuple[Index, ...],
    row: Index,
    column: Index,
) -> bool:
    """Whether the shared indices part a sum into a weight and two halves that are alike."""
    inner = tuple(name for name in names if name not in shared)
    first, own = _reached(powers, row, inner)
    second, others = _reached(powers, column, inner)
    weight = {f: e for f, e in powers.items() if f not in first and f not in second}
    apart = not any(f in first for f in second) and len(own) + len(others) == len(inner)
    if not first or not second or not apart:
        return False
    if not product_is_nonnegative(ring, ring.table.product(weight)):
        return False
    mark = row.fresh()
    return _half(ring, first, own, row, mark) == _half(ring, second, others, column, mark)


def _reached(powers: Powers, end: Index, inner: tuple[Index, ...]) -> tuple[Powers, list[Index]]:
    """The factors that hang together with an end through the inner indices, and these."""
    reached: Powers = {}
    seen = [end]
    grown = True
    while grown:
        found = {f: e for f, e in powers.items() if any(i in seen for i in f.indices)}
        grown = len(found) > len(reached)
        reached = found
        seen += [i for f in found for i in f.indices if i in inner and i not in seen]
    return reached, seen[1:]


def _half(ring: Ring, part: Powers, own: list[Index], end: Index, mark: Index) -> Polynomial:
    """One half of the product, summed over its own indices, at a common mark."""
    total = ring.settled(dict(part), tuple(own))
    return ring.renamed(total, {end: Affine.of(mark)})
