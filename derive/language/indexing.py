"""Index form: affine slots, entries, ``delta[...]``, ``guard[...]``."""

from __future__ import annotations

import ast

from derive.language.reader import Reader
from derive.language.scope import at
from derive.terms.arrays import Array
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Delta, Guard
from derive.terms.sizes import Size

MONOMIALS = 50
LARGEST = 10**12
EXPONENT = 4
# each also under a second name, for texts in which a variable has the first
INDICATORS = {"delta": Delta, "kronecker": Delta, "guard": Guard, "nonnegative": Guard}


def size(reader: Reader, node: ast.expr) -> Size:
    """A size: an integer polynomial in named sizes."""
    form = affine(reader, node)
    if form.indices:
        raise reader.error(node, f"{reader.text(node)} is no size, it holds an index")
    return form.constant


def affine(reader: Reader, node: ast.expr) -> Affine:
    """An affine form over indices, with sizes as coefficients."""
    form = _affine(reader, node)
    sizes = (form.constant, *(c for _, c in form.coefficients))
    if any(len(s.coefficients) > MONOMIALS or _largest(s) > LARGEST for s in sizes):
        raise reader.error(node, f"the size {reader.text(node)} is too large")
    return form


def _largest(polynomial: Size) -> int:
    return max((abs(c) for _, c in polynomial), default=0)


def _affine(reader: Reader, node: ast.expr) -> Affine:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return Affine.of(node.value)
    if isinstance(node, ast.Name):
        return _named(reader, node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -affine(reader, node.operand)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return _power(reader, node)
    if isinstance(node, ast.BinOp):
        return _combined(reader, node)
    raise reader.error(node, _not_affine(reader, node))


def _not_affine(reader: Reader, node: ast.expr) -> str:
    shown = reader.text(node) if node.end_col_offset != node.col_offset else "':'"
    if isinstance(node, ast.Slice):
        return f"slices such as {shown} are not in the language"
    return f"{shown} is neither a size nor an index"


def _named(reader: Reader, node: ast.Name) -> Affine:
    scope = reader.scope
    if node.id in scope.indices:
        return Affine.of(scope.indices[node.id])
    size = scope.size(node.id)
    if size is not None:
        return Affine.of(size)
    what = "a variable, not " if node.id in scope.arrays else "not "
    raise reader.error(node, f"{node.id!r} is {what}the dim of a declared shape or an index")


def _combined(reader: Reader, node: ast.BinOp) -> Affine:
    left, right = affine(reader, node.left), affine(reader, node.right)
    if isinstance(node.op, ast.Add):
        return left + right
    if isinstance(node.op, ast.Sub):
        return left - right
    if isinstance(node.op, ast.Mult) and not (left.indices and right.indices):
        return left * right.constant if left.indices else right * left.constant
    raise reader.error(node, f"{reader.text(node)} is not affine in the indices")


def _power(reader: Reader, node: ast.BinOp) -> Affine:
    base, exponent = size(reader, node.left), size(reader, node.right).constant
    if exponent is None or not 0 <= exponent <= EXPONENT:
        raise reader.error(node, f"the power in {reader.text(node)} is no number up to {EXPONENT}")
    return Affine.of(base**exponent)


def slots(node: ast.Subscript) -> list[ast.expr]:
    """The trees between the brackets."""
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


def entry(reader: Reader, node: ast.Subscript, array: Array) -> Array:
    """``X[i, j]``: one affine form for each axis."""
    trees = slots(node)
    forms = [affine(reader, tree) for tree in trees]
    if len(forms) != array.ndim:
        message = f"{reader.text(node)} has {len(forms)} indices for {array.ndim} axes"
        raise reader.error(node, message)
    for tree, form, length in zip(trees, forms, array.shape, strict=True):
        _check_slot(reader, tree, form, length)
    return at(array, forms, reader.scope)


def _check_slot(reader: Reader, tree: ast.expr, form: Affine, length: Size) -> None:
    """A position without an index must be in range; a bound index learns its range here."""
    if not form.indices and not reader.scope.known.in_range(form, length):
        message = f"the position {reader.text(tree)} is not known to be from 0 to {length} - 1"
        raise reader.error(tree, message)
    if form.plain in reader.scope.ranges:
        reader.scope.ranges[form.plain].append(length)


def indicator(reader: Reader, node: ast.Subscript, name: str) -> Array:
    """``delta[i, j]`` is [i = j], ``delta[form]`` is [form = 0], ``guard[form]`` is [form >= 0]."""
    forms = [affine(reader, tree) for tree in slots(node)]
    if len(forms) == 1:
        return Array((), INDICATORS[name](forms[0]))
    if len(forms) == 2 and INDICATORS[name] is Delta:
        return Array((), Delta(forms[0] - forms[1]))
    raise reader.error(node, f"{reader.text(node)} has too many indices")


def index_of(name: str, value: Index | Size | int | str) -> Index:
    """A declared free index, from itself or from its size."""
    return value if isinstance(value, Index) else Index(name, value)
