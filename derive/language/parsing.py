"""Python's syntax tree of one expression, read into an array. Nothing that is typed is executed."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

from derive.language import arguments, binding, constants, indexing
from derive.language.errors import InputError, suggestion
from derive.language.functions import FUNCTIONS, WRITTEN
from derive.language.reader import Nodes, Reader
from derive.terms.arrays import Array
from derive.terms.nodes import Count, Fn, Num
from derive.terms.tensors import Function


def _number(reader: Reader, node: ast.Constant) -> Array:
    if type(node.value) not in (int, float):
        raise reader.error(node, f"{reader.text(node)} is not a number")
    start, end = reader.span(node)
    return Array((), Num(constants.fraction(reader.source[start:end])))


def _name(reader: Reader, node: ast.Name) -> Array:
    scope = reader.scope
    if node.id in scope.indices:
        return Array((), Count(scope.indices[node.id]))
    if node.id in scope.arrays:
        return scope.arrays[node.id]
    size = scope.size(node.id)
    if size is not None:
        return Array.of(size)
    raise unknown(reader, node)


def unknown(reader: Reader, node: ast.Name) -> InputError:
    """The error for a name that nothing declares."""
    column = reader.span(node)[0] + 1
    if node.id in FUNCTIONS:
        message = f"the function {FUNCTIONS[node.id].signature} needs its arguments in brackets"
        return InputError(message, column, reader.source)
    missing = undeclared(reader)
    hint = suggestion(node.id, reader.scope.known_names())
    let = " ".join(f"'{name}: ?'" for name in missing)
    message = f"unknown name {node.id!r}{hint}{' else' if hint else ';'} declare it: --let {let}"
    return InputError(message, column, reader.source, missing)


def undeclared(reader: Reader) -> tuple[str, ...]:
    """The names in the text that would have to be declared, in order."""
    known = {*reader.scope.known_names(), *FUNCTIONS, *reader.scope.functions}
    names: dict[str, None] = {}
    open_square = 0
    around = zip([None, *reader.tokens], reader.tokens, [*reader.tokens[1:], None], strict=False)
    for before, token, after in around:
        open_square += (token.text == "[") - (token.text == "]")
        if token.kind != "name" or open_square or token.text in known:
            continue
        if after and after.text in ("(", "="):
            known.add(token.text)
        elif not before or before.text != ".":
            names.setdefault(token.text)
    return tuple(name for name in names if name not in known)


OPERATIONS: dict[type[ast.operator], tuple[str, Callable[[Array, Array], Array]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", constants.quotient),
    ast.MatMult: ("@", operator.matmul),
    ast.Pow: ("**", constants.power),
}


def _binary(reader: Reader, node: ast.BinOp) -> Array:
    symbol, operation = OPERATIONS.get(type(node.op), ("", None))
    if operation is None:
        raise reader.error(node, f"the operator of {reader.text(node)} is not in the language")
    left, right = reader.value(node.left), reader.value(node.right)
    column = reader.source.find(symbol, reader.span(node.left)[1]) + 1
    result = reader.built(node, lambda: operation(left, right), column)
    if symbol == "**":  # the one operator that nests instead of making its terms longer
        constants.check_growth(reader, node, result)
    return result


def _unary(reader: Reader, node: ast.UnaryOp) -> Array:
    if isinstance(node.op, ast.USub):
        return -reader.value(node.operand)
    if isinstance(node.op, ast.UAdd):
        return reader.value(node.operand)
    raise reader.error(node, f"the operator of {reader.text(node)} is not in the language")


def _attribute(reader: Reader, node: ast.Attribute) -> Array:
    if node.attr == "T":
        return reader.value(node.value).T
    column = reader.span(node)[1] - len(node.attr)
    refused = f"the attribute '.{node.attr}' is not in the language, only .T is"
    message = f"{refused}{_written(node.attr)}"
    raise InputError(message, column, reader.source)


def _comparison(reader: Reader, node: ast.Compare) -> Array:
    column = reader.source.find("=", reader.span(node.left)[1])
    column -= reader.source[column - 1] in "<>"
    symbol = reader.source[column : column + 2]
    message = f"unexpected {symbol!r}: only a statement for derive prove compares, at its top level"
    raise InputError(message, column + 1, reader.source)


def _tuple(reader: Reader, node: ast.Tuple) -> Array:
    first = node.elts[0] if node.elts else node
    column = reader.source.find(",", reader.span(first)[1]) + 1
    raise InputError("unexpected ',': one expression is wanted", column or 1, reader.source)


def _subscript(reader: Reader, node: ast.Subscript) -> Array:
    name = node.value.id if isinstance(node.value, ast.Name) else ""
    if name in indexing.INDICATORS and name not in reader.scope.arrays:
        return indexing.indicator(reader, node, name)
    array = _whole(reader, node.value)
    return indexing.entry(reader, node, array)


def _whole(reader: Reader, node: ast.expr) -> Array:
    """What is subscripted: an array by name even where an index has that name."""
    if isinstance(node, ast.Name) and node.id in reader.scope.arrays:
        return reader.scope.arrays[node.id]
    return reader.value(node)


def _call(reader: Reader, node: ast.Call) -> Array:
    callee = node.func
    if isinstance(callee, ast.Subscript):
        return binding.bound(reader, node, callee)
    function = _opaque(reader, callee)
    if function:
        return _opaque_call(reader, node, function)
    if isinstance(callee, ast.Name) and callee.id in FUNCTIONS:
        row = FUNCTIONS[callee.id]
        values = arguments.bound(reader, node, row)
        scoped = (reader.scope,) if row.scoped else ()
        result = reader.built(node, lambda: row.builder(*scoped, *values))
        constants.check_growth(reader, node, result)
        return result
    raise _not_callable(reader, callee)


def _not_callable(reader: Reader, callee: ast.expr) -> InputError:
    if isinstance(callee, ast.Attribute):
        reader.value(callee)
    if not isinstance(callee, ast.Name):
        return reader.error(callee, f"{reader.text(callee)} cannot be called")
    if callee.id in reader.scope.known_names():
        return reader.error(callee, f"{callee.id!r} is no function, so it cannot be called")
    known = (*FUNCTIONS, *reader.scope.functions)
    hint = _written(callee.id) or suggestion(callee.id, known)
    return reader.error(callee, f"unknown function {callee.id!r}{hint}")


def _written(name: str) -> str:
    """How what has a name elsewhere is written here, if it is."""
    form = f"{name}(...)" if name in FUNCTIONS else WRITTEN.get(name)
    return f"; write {form}" if form else ""


def _opaque(reader: Reader, callee: ast.expr) -> Function | None:
    """The opaque function ``f``, or its derivative ``f.d1`` by the first argument."""
    if isinstance(callee, ast.Name) and callee.id in reader.scope.functions:
        return Function(callee.id, reader.scope.functions[callee.id])
    if isinstance(callee, ast.Attribute):
        function = _opaque(reader, callee.value)
        position = callee.attr[1:]
        if function and callee.attr[:1] == "d" and position.isdigit():
            if 1 <= int(position[:3]) <= function.arity:
                return function.derivative(int(position) - 1)
            raise reader.error(callee, f"{reader.text(callee)}: no argument {position[:9]}")
    return None


def _opaque_call(reader: Reader, node: ast.Call, function: Function) -> Array:
    if node.keywords or len(node.args) != function.arity:
        message = f"{function.name} takes {function.arity} arguments, got {reader.text(node)}"
        raise reader.error(node, message)
    values = [reader.value(argument) for argument in node.args]
    if len(values) == 1:
        return Array(values[0].indices, Fn(function, (values[0].body,)))
    if any(value.ndim for value in values):
        raise reader.error(node, f"{reader.text(node)}: the arguments must be scalars or entries")
    return Array((), Fn(function, [value.body for value in values]))


NODES: Nodes = {
    ast.Constant: _number,
    ast.Name: _name,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Attribute: _attribute,
    ast.Compare: _comparison,
    ast.Tuple: _tuple,
    ast.Subscript: _subscript,
    ast.Call: _call,
}
