"""Products of arrays with shared indices: eliminating the bound ones, joining the free ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from derive.notation import forms as f
from derive.terms.indices import Index

Order: TypeAlias = "tuple[Index, ...]"


class NoMatrixForm(Exception):
    """An expression that has no form in whole arrays."""


@dataclass(frozen=True)
class Group:
    """A factor on some indices: its stored order, and its form for any order wanted."""

    natural: Order
    build: Callable[[Order], f.Form]
    reciprocal: bool = False

    @property
    def indices(self) -> frozenset[Index]:
        return frozenset(self.natural)


def contracted(groups: Sequence[Group], bound: Order, order: Order) -> f.Form:
    """The product of groups, summed over bound indices, as an array over the order."""
    trace = _trace(groups, bound)
    if trace is not None and not order:
        return trace
    groups = list(groups)
    if all(index in bound for g in groups for index in g.natural) and len(groups) == 1:
        return groups[0].build(groups[0].natural) if not bound else _all(groups[0])
    left = list(bound)
    while left:
        index = min(reversed(left), key=lambda i: len(_neighbours(groups, i)))
        groups = _eliminated(groups, index, left)
        left = [i for i in left if i is not index and any(i in g.natural for g in groups)]
    return _joined(groups, order)


def _neighbours(groups: Sequence[Group], index: Index) -> list[Index]:
    found: dict[Index, None] = {}
    for group in groups:
        if index in group.natural:
            found.update(dict.fromkeys(i for i in group.natural if i is not index))
    return list(found)


def _trace(groups: Sequence[Group], bound: Order) -> f.Form | None:
    """``sum_ij A_ij B_ji`` as a trace, ``sum_ij A_ij A_ij`` as a squared norm."""
    if len(groups) == 1:
        return _squared(groups[0], bound)
    if len(bound) < 2 or any(g.indices != {*bound} for g in groups):
        return None
    if len(groups) != 2 or len(bound) != 2 or groups[0].natural == groups[1].natural:
        return _all(merged(groups))
    left, right = groups
    return f.Call("tr", (product(left.build(left.natural), right.build(right.natural)),))


def _squared(group: Group, bound: Order) -> f.Form | None:
    """The sum of the squares of all entries."""
    if {*group.natural} != {*bound}:
        return None
    form = group.build(group.natural)
    if isinstance(form, f.Power) and form.exponent == f.Number(f.ONE.value * 2):
        return f.Norm(form.base, squared=True)
    diagonal = isinstance(form, f.Call) and form.function == "diagonal"
    return f.Call("tr", form.arguments) if diagonal else None  # type: ignore[attr-defined]


def _all(group: Group) -> f.Form:
    return f.Reduction(group.build(group.natural), ndim=len(group.natural))


def _eliminated(groups: list[Group], index: Index, bound: Sequence[Index]) -> list[Group]:
    """The groups after summing over an index."""
    touched = [g for g in groups if index in g.natural]
    rest = [g for g in groups if index not in g.natural]
    by_indices: dict[frozenset[Index], list[Group]] = {}
    for group in touched:
        by_indices.setdefault(group.indices, []).append(group)
    whole = [merged(same) for same in by_indices.values()]
    vectors = [g for g in whole if len(g.natural) == 1]
    matrices = [g for g in whole if len(g.natural) > 1]
    if len(matrices) > 2 or (len(matrices) == 2 and any(len(g.natural) > 2 for g in matrices)):
        raise NoMatrixForm(index)
    rule = (_vectors_only, _one_matrix, _two_matrices)[len(matrices)]
    return [*rest, rule(index, vectors, matrices, by_indices)]


def merged(groups: Sequence[Group]) -> Group:
    """Groups on the same indices as one, entry by entry."""
    if len(groups) == 1:
        return groups[0]
    natural = groups[0].natural
    above = [g for g in groups if not g.reciprocal]
    below = [g for g in groups if g.reciprocal]

    def build(order: Order) -> f.Form:
        form = hadamard([g.build(order) for g in above]) if above else f.ONE
        divisors = [g.build(order).below for g in below]  # type: ignore[attr-defined]
        return f.Over(form, hadamard(divisors)) if divisors else form

    return Group(natural, build, not above)


def hadamard(parts: list[f.Form]) -> f.Form:
    """An elementwise product of given arrays; a square where there are two equal ones."""
    if len(parts) == 2 and parts[0] == parts[1]:
        return f.Power(parts[0], f.Number(f.ONE.value * 2), True)
    return f.Hadamard(tuple(parts)) if len(parts) > 1 else parts[0]


def _vectors_only(
    index: Index,
    vectors: list[Group],
    matrices: list[Group],
    parts: dict[frozenset[Index], list[Group]],
) -> Group:
    """A dot product of two vectors, or the sum of one."""
    own = parts[frozenset({index})]
    if len(own) == 2 and not any(g.reciprocal for g in own):
        left, right = (g.build((index,)) for g in own)
        if left == right:
            return Group((), lambda order: f.Norm(left, squared=True))
        return Group((), lambda order: product(*_dotted(left, right)))
    form = vectors[0].build((index,))
    squared = _squared(vectors[0], (index,))
    if isinstance(form, f.Reduction) and form.operator == "sum" and form.axes:
        form = form.body
    return Group((), lambda order: squared or f.Reduction(form))


def _one_matrix(
    index: Index,
    vectors: list[Group],
    matrices: list[Group],
    parts: dict[frozenset[Index], list[Group]],
) -> Group:
    """A matrix times a vector, or the sums along an axis."""
    (matrix,) = matrices
    free = tuple(i for i in matrix.natural if i is not index)
    if not vectors:
        return Group(free, lambda order: _axis_sum(matrix, index, order))
    if len(free) > 1:
        raise NoMatrixForm(index)
    vector = vectors[0].build((index,))
    return Group(free, lambda order: product(matrix.build((*free, index)), vector))


def _axis_sum(matrix: Group, index: Index, order: Order) -> f.Form:
    """The sums along one axis, the array standing as it is stored if that gives the order."""
    natural = matrix.natural
    if tuple(i for i in natural if i is not index) != order:
        natural = (*order, index)
    form, axis = matrix.build(natural), natural.index(index)
    if isinstance(form, f.Reduction) and form.operator == "sum" and form.axes:
        inner = [k for k in range(len(form.axes) + len(natural)) if k not in form.axes]
        return f.Reduction(form.body, tuple(sorted((*form.axes, inner[axis]))), ndim=form.ndim)
    return f.Reduction(form, (axis,), ndim=len(natural))


def _two_matrices(
    index: Index,
    vectors: list[Group],
    matrices: list[Group],
    parts: dict[frozenset[Index], list[Group]],
) -> Group:
    """A matrix product, with a diagonal matrix between when there is a vector."""
    left, right = matrices
    (a,) = left.indices - {index}
    (b,) = right.indices - {index}
    middle = [f.Call("diag", (vectors[0].build((index,)),))] if vectors else []

    def build(order: Order) -> f.Form:
        if order == (a, b):
            return product(left.build((a, index)), *middle, right.build((index, b)))
        return product(right.build((b, index)), *middle, left.build((index, a)))

    return Group((a, b), build)


def _dotted(left: f.Form, right: f.Form) -> list[f.Form]:
    """A row and a column; ``(A x).T y`` with a symmetric A reads as ``y.T A x``."""
    turned = isinstance(left, f.Product) and len(_row(left)) == 1
    if turned and not isinstance(right, f.Product):
        left, right = right, left
    return [*_row(left), right]


def _row(form: f.Form) -> list[f.Form]:
    """A vector as a row: ``A.T @ u`` as ``u @ A``."""
    if isinstance(form, f.Product) and all(isinstance(p, f.Transposed) for p in form.parts[:-1]):
        *matrices, vector = form.parts
        return [f.Covector(vector), *(m.body for m in reversed(matrices))]  # type: ignore[attr-defined]
    return [f.Covector(form)]


def product(*parts: f.Form) -> f.Form:
    """A matrix product; numbers stand in front of it, products on the left go on."""
    scalars: list[f.Form] = []
    arrays: list[f.Form] = []
    negative = False
    for part in parts:
        if isinstance(part, f.Minus):
            negative, part = not negative, part.body
        if isinstance(part, f.Times):
            scalars += part.parts[:-1]
            part = part.parts[-1]
        arrays.append(part)
    joined = flat_product(f.Product(tuple(arrays)))
    whole = f.Times((*scalars, joined)) if scalars else joined
    return f.Minus(whole) if negative else whole


def flat_product(form: f.Product) -> f.Form:
    """Products on the left go on; so does the product after a vector."""
    first, *rest = form.parts
    flat = list(first.parts) if isinstance(first, f.Product) else [first]
    vector = isinstance(first, f.Covector)
    for part in rest:
        flat += part.parts if vector and isinstance(part, f.Product) else (part,)
    return f.Product(tuple(flat))


def _joined(groups: list[Group], order: Order) -> f.Form:
    """What is left after all eliminations: scalars, vectors and matrices on the free indices."""
    scalars = [g.build(()) for g in groups if not g.natural]
    arrays = [g for g in groups if g.natural]
    if not arrays:
        return f.Times(tuple(scalars)) if len(scalars) > 1 else scalars[0]
    by_indices: dict[frozenset[Index], list[Group]] = {}
    for group in arrays:
        by_indices.setdefault(group.indices, []).append(group)
    whole = {key: merged(same) for key, same in by_indices.items()}
    form = _on_axes(whole, order)
    return f.Times((*scalars, form)) if scalars else form


def _on_axes(whole: dict[frozenset[Index], Group], order: Order) -> f.Form:
    full = whole.pop(frozenset(order), None)
    if not whole and full is not None:
        return full.build(order)
    if len(order) != 2:
        raise NoMatrixForm(order)
    rows, columns = (whole.pop(frozenset({i}), None) for i in order)
    if whole:
        raise NoMatrixForm(order)
    if full is None:
        if rows is None or columns is None:
            raise NoMatrixForm(order)
        return f.Outer(rows.build(order[:1]), columns.build(order[1:]))
    parts: list[f.Form] = [f.Call("diag", (rows.build(order[:1]),))] if rows else []
    parts.append(full.build(order))
    parts += [f.Call("diag", (columns.build(order[1:]),))] if columns else []
    return product(*parts)
