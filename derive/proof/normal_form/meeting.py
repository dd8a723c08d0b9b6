"""An inverse meets its matrix: ``sum_k inv(M)[i, k] M[k, j] = [i = j]``."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from derive.proof.normal_form.content import leading
from derive.proof.normal_form.factors import Exponent, Factor, Polynomial, Product, without
from derive.proof.normal_form.heads import Matrix
from derive.terms.indices import Affine, Index

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]
Renaming = dict[Index, Index]


def contracted(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial | None:
    """An inverse meets the leading term of its matrix: ``inv(M) lead = 1 - inv(M) rest``."""
    if not ring.gates.inverses or not bound:
        return None
    for factor, exponent in powers.items():
        if factor.kind != "entry" or factor.data[0].matrix is None:
            continue
        if isinstance(exponent, Affine) or exponent <= 0:
            continue
        for position in (0, 1):
            result = _contracted_at(ring, powers, factor, position, bound)
            if result is not None:
                ring.used.setdefault("inverses")
                return result
    return None


def _contracted_at(
    ring: Ring, powers: Powers, factor: Factor, position: int, bound: tuple[Index, ...]
) -> Polynomial | None:

    head, slots = factor.data
    k, end = slots[position], slots[1 - position]
    matrix: Matrix = head.matrix
    if k not in bound or k is end or k.size != matrix.size:
        return None
    lead = _leading_entry(ring, matrix)
    # inv[end, k] M[k, j] when k is the column of the inverse, M[j, k] inv[k, end] otherwise;
    # the inverse of a symmetric matrix has sorted slots, and both hold.
    near, far = (matrix.row, matrix.column) if position == 1 else (matrix.column, matrix.row)
    rest = without(powers, factor)
    if factor in rest:
        return None
    for names, left_over in _matches(ring, lead, rest, {near: k}, far):
        j = names[far]
        inner = [names[i] for i in names if i not in (near, far)]
        if not _separate(left_over, k, inner, bound):
            continue
        remaining = tuple(i for i in bound if i not in inner)
        coefficient = Fraction(matrix.entry[lead])
        form = Affine.of(end) - j
        identity = {**left_over, ring.table.factor("delta", form, indices=form.indices): 1}
        if not form.coefficients and not form.constant:
            identity = left_over
        first = ring.settled(identity, tuple(i for i in remaining if i is not k))
        others = {p: -c for p, c in matrix.entry.items() if p is not lead}
        moved = ring.renamed(others, {near: Affine.of(k), far: Affine.of(j)}) if others else {}
        together = dict(left_over)
        together[factor] = together.get(factor, 0) + 1
        second = ring.spread(together, moved, remaining) if moved else {}
        return ring.scaled(ring.added(first, second), 1 / coefficient)
    return None


def _leading_entry(ring: Ring, matrix: Matrix) -> Product:
    """The leading term of a matrix, one without deltas where there is one."""
    dense = {
        p: c for p, c in matrix.entry.items() if not any(f.kind == "delta" for f, _ in p.factors)
    }
    return leading(ring, dense or matrix.entry, last=ring.last_leads)


def _separate(powers: Powers, k: Index, inner: list[Index], bound: tuple[Index, ...]) -> bool:
    """Whether the summed indices of the matched factors occur nowhere else."""
    gone = [k, *inner]
    if any(index not in bound for index in gone) or len(set(gone)) < len(gone):
        return False
    return not any(
        any(i in f.indices for i in gone)
        or (isinstance(e, Affine) and any(e.coefficient(i) for i in gone))
        for f, e in powers.items()
    )


def _matches(
    ring: Ring, lead: Product, powers: Powers, names: Renaming, far: Index
) -> Iterator[tuple[Renaming, Powers]]:
    """Ways to find the factors of the leading term, opened, among the powers."""
    pattern: list[Factor] = []
    variables = {far}
    for factor, exponent in lead.factors:
        if factor.kind == "sum":
            inner_names, product = factor.data
            variables.update(inner_names)
            parts = product.factors
        else:
            parts = ((factor, exponent),)
        if exponent != 1 and factor.kind == "sum":
            return
        for part, e in parts:
            if not isinstance(e, int) or e < 1:
                return
            pattern.extend([part] * e)
    yield from _assigned(ring, pattern, powers, names, variables)


def _assigned(
    ring: Ring, pattern: list[Factor], powers: Powers, names: Renaming, variables: set[Index]
) -> Iterator[tuple[Renaming, Powers]]:
    if not pattern:
        if all(v in names for v in variables):
            yield names, {f: e for f, e in powers.items() if e != 0}
        return
    first, *others = sorted(
        pattern, key=lambda f: sum(i in variables and i not in names for i in f.indices)
    )
    for factor, exponent in powers.items():
        if isinstance(exponent, Affine) or exponent < 1:
            continue
        for extended in _unified(first, factor, names, variables):
            rest = {**powers, factor: exponent - 1}
            yield from _assigned(ring, others, rest, extended, variables)


def _unified(
    pattern: Factor, factor: Factor, names: Renaming, variables: set[Index]
) -> Iterator[Renaming]:
    """Extensions of a renaming under which the pattern is the factor."""
    if pattern is factor and not any(i in variables or i in names for i in pattern.indices):
        yield names
        return
    if pattern.kind != "entry" or factor.kind != "entry" or pattern.data[0] is not factor.data[0]:
        return
    orders = [factor.data[1]]
    if pattern.data[0].symmetric:
        orders.append((*factor.data[1][:-2], factor.data[1][-1], factor.data[1][-2]))
    for slots in orders:
        extended = dict(names)
        if all(
            _bind(extended, p, s, variables) for p, s in zip(pattern.data[1], slots, strict=True)
        ):
            yield extended


def _bind(
    names: Renaming, pattern: Index | None, slot: Index | None, variables: set[Index]
) -> bool:
    if pattern is None or slot is None:
        return pattern is slot
    if pattern in names:
        return names[pattern] is slot
    if pattern not in variables:
        return pattern is slot
    if slot.size != pattern.size or slot in names.values():
        return False
    names[pattern] = slot
    return True
