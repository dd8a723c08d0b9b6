"""Binders: ``sum[i](t)``, ``max[k](t)``, ``argmax[k](t)[j]``, ``matrix[i,j](t)``.

The range of a bound index is the size of the axis in which it stands alone, or given: ``sum[i:n]``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from derive.language import indexing
from derive.language.reader import Reader
from derive.language.scope import Scope
from derive.terms import arrays
from derive.terms.arrays import Array
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, multiplied, summed
from derive.terms.structure import ordered_free_indices, substituted

Bound = tuple[Index, ...]
Conditions = tuple[Affine, ...]


def bound(reader: Reader, node: ast.Call, callee: ast.Subscript) -> Array:
    """A binder with its indices, the conditions on them, and its body."""
    name = callee.value.id if isinstance(callee.value, ast.Name) else ""
    if name not in BINDERS:
        raise reader.error(callee, f"{reader.text(callee)} cannot be called")
    if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
        raise reader.error(node, f"{reader.text(node)} needs one expression in its brackets")
    outer = dict(reader.scope.indices)
    trees = indexing.slots(callee)
    chosen = tuple(_index(reader, tree) for tree in trees if not _is_condition(tree))
    conditions = tuple(_condition(reader, tree, name) for tree in trees if _is_condition(tree))
    body = reader.value(node.args[0])
    reader.scope.indices = outer
    return _ranged(reader, callee, name, chosen, conditions, body)


def _is_condition(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Subscript)


def _condition(reader: Reader, tree: ast.expr, name: str) -> Affine:
    """The form of ``guard[form]``: only those choices count at which it is >= 0."""
    guard = isinstance(tree, ast.Subscript) and isinstance(tree.value, ast.Name)
    if not guard or tree.value.id != "guard" or name not in CONDITIONAL:  # type: ignore[attr-defined]
        raise reader.error(tree, f"{reader.text(tree)} is no index of {name}")
    return indexing.affine(reader, tree.slice)  # type: ignore[attr-defined]


def _index(reader: Reader, tree: ast.expr) -> Index:
    """The index that ``i`` or ``i:n`` declares."""
    scope = reader.scope
    name, upper = (tree.lower, tree.upper) if isinstance(tree, ast.Slice) else (tree, None)
    if not isinstance(name, ast.Name) or (isinstance(tree, ast.Slice) and (tree.step or not upper)):
        raise reader.error(tree, f"{reader.text(tree)} is no index: a name, or name:size, is")
    if name.id in (*scope.indices, *scope.arrays, *scope.sizes):
        raise reader.error(tree, f"the name {name.id!r} is in use already, it cannot be an index")
    index = Index(name.id, indexing.size(reader, upper) if upper else 1)
    if upper is None:
        scope.ranges[index] = []
    scope.indices[name.id] = index
    scope.taken.add(name.id)
    return index


def _ranged(
    reader: Reader,
    callee: ast.Subscript,
    name: str,
    chosen: Bound,
    conditions: Conditions,
    body: Array,
) -> Array:
    """The bound array, once the ranges of all bound indices are known."""
    known = tuple(_known(reader, callee, name, index) for index in chosen)
    values = {old: Affine.of(new) for old, new in zip(chosen, known, strict=True) if old is not new}
    moved = Array(body.indices, substituted(body.body, values))
    limits = tuple(form.substituted(values) for form in conditions)
    return reader.built(callee, lambda: BINDERS[name](reader.scope, known, limits, moved))


def _known(reader: Reader, callee: ast.Subscript, name: str, index: Index) -> Index:
    """An index with the range that its slots tell, or its own."""
    try:
        known = _measured(reader.scope, index)
    except arrays.ShapeError as error:
        message = f"{error}; give it: {name}[{index.name}:n](...)"
        raise reader.error(callee, message) from None
    reader.scope.ranges.pop(index, None)
    return known


def _measured(scope: Scope, index: Index) -> Index:
    """The index itself, or one with the range that the slots read so far tell."""
    if index not in scope.ranges:
        return index
    sizes = list(dict.fromkeys(scope.ranges[index]))
    if len(sizes) == 1:
        return Index(index.name, sizes[0])
    found = f"both {sizes[0]} and {sizes[1]}" if sizes else "unknown"
    raise arrays.ShapeError(f"the range of {index.name!r} is {found}")


def _sum(scope: Scope, chosen: Bound, conditions: Conditions, body: Array) -> Array:
    return arrays.sum_over(chosen, body)


def _matrix(scope: Scope, chosen: Bound, conditions: Conditions, body: Array) -> Array:
    return Array((*chosen, *body.indices), body.body)


def _weights(scope: Scope, chosen: Bound, conditions: Conditions, body: Array) -> At:
    """The one-hot weight of the largest entry, for all outer indices that the body depends on."""
    if body.ndim:
        raise arrays.ShapeError("the largest is taken of entries, not of arrays")
    outer = tuple(i for i in ordered_free_indices(body.body) if i not in chosen)
    own = tuple(_measured(scope, index).fresh() for index in (*outer, *chosen))
    values = dict(zip((*outer, *chosen), map(Affine.of, own), strict=True))
    value = Array(own, substituted(body.body, values))
    limits = tuple(form.substituted(values) for form in conditions)
    weights = arrays.choice("", value, range(len(outer), len(own)), limits)
    return At(weights, (*outer, *chosen))


def _max(scope: Scope, chosen: Bound, conditions: Conditions, body: Array) -> Array:
    weight = _weights(scope, chosen, conditions, body)
    return Array((), summed(chosen, multiplied(weight, body.body)))


def _argmax(scope: Scope, chosen: Bound, conditions: Conditions, body: Array) -> Array:
    return Array(chosen, _weights(scope, chosen, conditions, body))


BINDERS: dict[str, Callable[[Scope, Bound, Conditions, Array], Array]] = {
    "sum": _sum,
    "matrix": _matrix,
    "max": _max,
    "argmax": _argmax,
}
CONDITIONAL = ("max", "argmax")
