"""Inverses: matrices known by the normal form of their entries."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from derive.proof.normal_form.content import primitive
from derive.proof.normal_form.factors import (
    Exponent,
    Factor,
    Polynomial,
    Product,
    Undecided,
    frozen,
    poly_indices,
)
from derive.proof.normal_form.heads import Head, Matrix, entry
from derive.terms.indices import Affine, Index
from derive.terms.sizes import Size
from derive.terms.tensors import Kind, Tensor

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]


def plain_head(ring: Ring, tensor: Tensor) -> Head:
    """The head of a tensor that is not looked into."""
    heads = ring.inverses.heads
    if tensor not in heads:
        symmetric = any(ring.holds(tensor, k) for k in (Kind.SYMMETRIC, Kind.POSITIVE_DEFINITE))
        heads[tensor] = Head(len(heads), tensor, symmetric=symmetric)
    return heads[tensor]


def inverse_entry(ring: Ring, poly: Polynomial, size: Size, slots: Any) -> Polynomial:
    """An entry of the inverse of the matrix whose entry at the marked indices is given."""
    row, column = ring.inverses.marked(size)
    content, coefficient, rest = scalar_content(ring, poly, (row, column))
    scale = ring.scaled(ring.power({content: 1}, -1), 1 / Fraction(coefficient))
    laws = (_inverse_of_number, _inverse_of_diagonal, _inverse_of_inverse, _inverse_of_product)
    for law in laws if ring.gates.inverses else ():
        result = law(ring, rest, size, slots)
        if result is not None:
            ring.used.setdefault("inverses")
            return ring.multiplied(scale, result)
    head, transposed = _inverse_head(ring, rest, size)

    return ring.multiplied(scale, ring.of(entry(ring, head, slots[::-1] if transposed else slots)))


def _inverse_head(ring: Ring, poly: Polynomial, size: Size) -> tuple[Head, bool]:

    row, column = ring.inverses.marked(size)
    heads = ring.inverses.heads
    key = frozen(poly)
    turned = frozen(transposed(ring, poly, row, column)) if ring.gates.inverses else ()
    if ("inverse", turned) in heads and ("inverse", key) not in heads:
        return heads["inverse", turned], True
    if ("inverse", key) not in heads:
        matrix = Matrix(row, column, poly, size)
        heads["inverse", key] = Head(len(heads), None, symmetric=key == turned, matrix=matrix)
    return heads["inverse", key], False


def transposed(ring: Ring, poly: Polynomial, row: Index, column: Index) -> Polynomial:
    return ring.renamed(poly, {row: Affine.of(column), column: Affine.of(row)})


def scalar_content(
    ring: Ring, poly: Polynomial, marks: tuple[Index, ...]
) -> tuple[Product, Any, Polynomial]:
    """Factors that every entry shares and that depend on neither row nor column."""
    if not poly:
        raise Undecided("the inverse or determinant of a zero matrix")
    common, coefficient, rest = primitive(ring, poly)
    outside = {f: e for f, e in common.factors if not any(m in f.indices for m in marks)}
    inside = {f: e for f, e in common.factors if f not in outside}
    if inside:
        rest = ring.multiplied(rest, {ring.table.product(inside): 1})
    return ring.table.product(outside), coefficient, rest


def diagonal_entry(ring: Ring, poly: Polynomial, size: Size) -> Polynomial | None:
    """The entry of a diagonal matrix at the row, with its delta removed."""
    row, column = ring.inverses.marked(size)
    result: dict[Product, Any] = {}
    for product, coefficient in poly.items():
        marked = [f for f, _ in product.factors if is_identity(f, row, column)]
        if not marked:
            return None
        rest = {f: e for f, e in product.factors if f is not marked[0]}
        if any(column in f.indices for f in rest) and any(row in f.indices for f in rest):
            return None
        result[ring.table.product(rest)] = coefficient
    used = poly_indices(result.items())
    return ring.renamed(result, {column: Affine.of(row)}) if column in used else result


def is_identity(factor: Factor, row: Index, column: Index) -> bool:
    """Whether a factor is ``[row = column]``; ``[row = 2 column]`` and others are not."""
    return factor.kind == "delta" and factor.data[0] in (row - column, column - row)


def _inverse_of_number(ring: Ring, poly: Polynomial, size: Size, slots: Any) -> Polynomial | None:
    """The inverse of a matrix of one entry."""
    if size.constant != 1:
        return None
    only = ring.renamed(poly, {mark: Affine.of(0) for mark in ring.inverses.marked(size)})
    return ring.power(only, -1)


def _inverse_of_diagonal(ring: Ring, poly: Polynomial, size: Size, slots: Any) -> Polynomial | None:
    diagonal = diagonal_entry(ring, poly, size)
    if diagonal is None:
        return None
    row, _ = ring.inverses.marked(size)
    form = Affine.of(slots[0]) - slots[1]
    delta = ring.table.factor("delta", form, indices=form.indices)
    value = ring.renamed(ring.power(diagonal, -1), {row: Affine.of(slots[0])})
    return ring.multiplied(ring.settled({delta: 1}), value)


def _inverse_of_inverse(ring: Ring, poly: Polynomial, size: Size, slots: Any) -> Polynomial | None:
    """``inv(inv(M)) = M``."""
    found = lone_entry(ring, poly, size)
    if found is None or found[0].matrix is None:
        return None
    head, turned = found
    matrix = head.matrix
    assert matrix is not None
    ends = slots[::-1] if turned else slots
    values = {matrix.row: Affine.of(ends[0]), matrix.column: Affine.of(ends[1])}
    return ring.renamed(matrix.entry, values)


def lone_entry(ring: Ring, poly: Polynomial, size: Size) -> tuple[Head, bool] | None:
    """The head when the matrix is one entry with the marked slots, and whether transposed."""
    row, column = ring.inverses.marked(size)
    if len(poly) != 1:
        return None
    ((product, coefficient),) = poly.items()
    if coefficient != 1 or len(product.factors) != 1:
        return None
    factor, exponent = product.factors[0]
    if factor.kind != "entry" or exponent != 1 or set(factor.data[1]) != {row, column}:
        return None
    if len(factor.data[1]) != 2:
        return None
    return factor.data[0], factor.data[1] == (column, row)


def _inverse_of_product(ring: Ring, poly: Polynomial, size: Size, slots: Any) -> Polynomial | None:
    """``inv(A B) = inv(B) inv(A)`` for square factors."""
    split = square_factors(ring, poly, size)
    if split is None:
        return None
    left, right = split
    k = Index("k", size)
    one = inverse_entry(ring, right, size, (slots[0], k))
    two = inverse_entry(ring, left, size, (k, slots[1]))
    return ring.summed(ring.multiplied(one, two), (k,))


def square_factors(
    ring: Ring, poly: Polynomial, size: Size
) -> tuple[Polynomial, Polynomial] | None:
    """Two square matrices whose product this is, each at the marked indices."""
    row, column = ring.inverses.marked(size)
    if len(poly) != 1:
        return None
    ((product, coefficient),) = poly.items()
    if coefficient != 1 or len(product.factors) != 1 or product.factors[0][0].kind != "sum":
        return _scaled_factors(ring, product, coefficient, size)
    if product.factors[0][1] != 1:
        return None
    names, inner = with_fresh_names(ring, product.factors[0][0])
    for k in names:
        parts = _cut(inner, names, row, column, k)
        if k.size != size or parts is None:
            continue
        left, right = (_summed_part(ring, part, names, k) for part in parts)
        return ring.renamed(left, {k: Affine.of(column)}), ring.renamed(right, {k: Affine.of(row)})
    return None


def with_fresh_names(ring: Ring, factor: Factor) -> tuple[tuple[Index, ...], Powers]:
    """The summed indices and the summand; a canonical name left free would be captured by a sum."""
    names, powers, rest = ring.opened(factor)
    return (names, powers) if not rest else ((), powers)


def _scaled_factors(
    ring: Ring, product: Product, coefficient: Any, size: Size
) -> tuple[Polynomial, Polynomial] | None:
    """``A_ij d_j`` and ``d_i A_ij`` are products with a diagonal matrix."""
    row, column = ring.inverses.marked(size)
    if coefficient != 1:
        return None
    both = {f: e for f, e in product.factors if row in f.indices and column in f.indices}
    rows = {f: e for f, e in product.factors if row in f.indices and f not in both}
    scales = rows or {f: e for f, e in product.factors if column in f.indices and f not in both}
    if not both or not scales:
        return None
    form = Affine.of(row) - column
    delta = ring.table.factor("delta", form, indices=form.indices)
    main: Polynomial = {
        ring.table.product({f: e for f, e in product.factors if f not in scales}): 1
    }
    side = ring.settled({**scales, delta: 1})
    return (side, main) if rows else (main, side)


def _cut(
    inner: Powers, names: tuple[Index, ...], row: Index, column: Index, k: Index
) -> tuple[Powers, Powers] | None:
    """The factors on the row's side and on the column's side of an index, if it separates them."""
    others = [n for n in names if n is not k]
    left, right, seen = {}, {}, {row}
    pending = dict(inner)
    grown = True
    while grown:
        grown = False
        for factor, e in list(pending.items()):
            if any(i in seen for i in factor.indices):
                left[factor] = e
                seen.update(i for i in factor.indices if i in others or i is row)
                del pending[factor]
                grown = True
    right = pending
    if any(column in f.indices for f in left) or not left or not right:
        return None
    if any(isinstance(e, Affine) for e in (*left.values(), *right.values())):
        return None
    return left, right


def _summed_part(ring: Ring, part: Powers, names: tuple[Index, ...], k: Index) -> Polynomial:
    own = tuple(n for n in names if n is not k and any(n in f.indices for f in part))
    return ring.settled(part, own)
