"""Determinants and their logarithms, by the laws of products, scalars and diagonals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.proof.normal_form import positivity
from derive.proof.normal_form.factors import (
    Factor,
    Polynomial,
    Undecided,
    frozen,
    poly_indices,
)
from derive.proof.normal_form.heads import Head, entry
from derive.proof.normal_form.inverses import (
    diagonal_entry,
    inverse_entry,
    lone_entry,
    scalar_content,
    square_factors,
    transposed,
)
from derive.proof.normal_form.logarithms import logarithm
from derive.terms.indices import Affine, Index
from derive.terms.sizes import Size

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring


def determinant(ring: Ring, poly: Polynomial, size: Size) -> Polynomial:
    """``det(c M) = c^n det(M)``, ``det(A B) = det(A) det(B)``, ``det(inv(M)) = 1 / det(M)``."""
    marks = ring.inverses.marked(size)
    content, coefficient, rest = scalar_content(ring, poly, marks)
    scale = ring.power({content: coefficient}, Affine.of(size))
    if not ring.gates.inverses:
        return ring.multiplied(scale, ring.of(_determinant_factor(ring, rest, size)))
    ring.used.setdefault("inverses")
    diagonal = diagonal_entry(ring, rest, size)
    if diagonal is not None and not poly_indices(diagonal.items()):
        return ring.multiplied(scale, ring.power(diagonal, Affine.of(size)))
    found = lone_entry(ring, rest, size)
    if found is not None and found[0].matrix is not None:
        inner = determinant(ring, found[0].matrix.entry, size)
        return ring.multiplied(scale, ring.power(inner, -1))
    lemma = _rank_one_update(ring, rest, size)
    if lemma is not None:
        return ring.multiplied(scale, lemma)
    split = square_factors(ring, rest, size) if diagonal is None else None
    if split is not None:
        parts = [determinant(ring, part, size) for part in split]
        return ring.multiplied_all([scale, *parts])
    return ring.multiplied(scale, ring.of(_determinant_factor(ring, rest, size)))


def _rank_one_update(ring: Ring, poly: Polynomial, size: Size) -> Polynomial | None:
    """``det(M + u v') = det(M) (1 + v' inv(M) u)`` where M is known to have an inverse."""
    row, column = ring.inverses.marked(size)
    for product, coefficient in poly.items():
        left = {f: e for f, e in product.factors if row in f.indices}
        right = {f: e for f, e in product.factors if f not in left}
        if not left or any(column in f.indices for f in left):
            continue
        rest = {p: c for p, c in poly.items() if p is not product}
        if not rest or not _has_inverse(ring, rest, size):
            continue
        i, j = Index("i", size), Index("j", size)
        u = ring.renamed({ring.table.product(left): coefficient}, {row: Affine.of(j)})
        v = ring.renamed({ring.table.product(right): 1}, {column: Affine.of(i)})
        form = ring.multiplied_all([v, inverse_entry(ring, rest, size, (i, j)), u])
        factor = ring.added(ring.unit, ring.summed(form, (i, j)))
        return ring.multiplied(determinant(ring, rest, size), factor)
    return None


def _has_inverse(ring: Ring, poly: Polynomial, size: Size) -> bool:
    """A positive multiple of I, or a matrix whose inverse the statement speaks of."""
    diagonal = diagonal_entry(ring, poly, size)
    if diagonal is not None:
        return positivity.is_positive(ring, diagonal)
    turned = transposed(ring, poly, *ring.inverses.marked(size))
    heads = ring.inverses.heads
    return any(("inverse", frozen(each)) in heads for each in (poly, turned))


def _determinant_factor(ring: Ring, poly: Polynomial, size: Size) -> Factor:

    row, column = ring.inverses.marked(size)
    turned = transposed(ring, poly, row, column)
    keys = [("determinant", frozen(poly)), ("determinant", frozen(turned))]
    heads = ring.inverses.heads
    known = next((key for key in keys if key in heads), keys[0])
    if known not in heads:
        heads[known] = Head(len(heads), None)
    free = [i for i in poly_indices(poly.items()) if i not in (row, column)]
    if free:
        raise Undecided("the determinant of a matrix that depends on an index")
    return entry(ring, heads[known], ())


def log_determinant(ring: Ring, poly: Polynomial, size: Size) -> Polynomial:
    """``log |det(M)|``; of a diagonal matrix the sum of the logs of its entries."""
    diagonal = diagonal_entry(ring, poly, size) if ring.gates.inverses else None
    if diagonal is not None:
        row, _ = ring.inverses.marked(size)
        k = Index("k", size)
        logs = logarithm(ring, ring.renamed(diagonal, {row: Affine.of(k)}))
        return ring.summed(logs, (k,))
    return logarithm(ring, determinant(ring, poly, size))
