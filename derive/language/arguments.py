"""The arguments of a call, each read the way its parameter asks."""

from __future__ import annotations

import ast
from collections.abc import Callable

from derive.language import indexing
from derive.language.errors import InputError, suggestion
from derive.language.functions import Function, Parameter
from derive.language.reader import Reader
from derive.terms.sizes import Size

DEFAULTS: dict[str, object] = {"None": None, "True": True, "False": False, "-1": -1}


def bound(reader: Reader, node: ast.Call, function: Function) -> list[object]:
    """The values for all parameters of a function, in order."""
    given = _matched(reader, node, function)
    values: list[object] = []
    for parameter in function.parameters:
        if parameter.many:
            rest = given.get(parameter.name, [])
            values += [READERS[parameter.kind](reader, argument) for argument in rest]
        elif parameter.name in given:
            values.append(READERS[parameter.kind](reader, given[parameter.name][0]))
        else:
            values.append(_default(parameter))
    return values


def _matched(reader: Reader, node: ast.Call, function: Function) -> dict[str, list[ast.expr]]:
    """The argument trees by parameter name."""
    parameters = {parameter.name: parameter for parameter in function.parameters}
    given: dict[str, list[ast.expr]] = {}
    order = list(parameters.values())
    for position, argument in enumerate(node.args):
        if isinstance(argument, ast.Starred):
            raise _wrong(reader, argument, function, "unexpected '*'")
        last = order[-1]
        if position >= len(order) and not last.many:
            raise _wrong(reader, argument, function, "too many arguments")
        given.setdefault((order[position] if position < len(order) else last).name, []).append(
            argument
        )
    for keyword in node.keywords:
        _add_keyword(reader, keyword, function, parameters, given)
    for parameter in order:
        if parameter.name not in given and parameter.default is None:
            raise _wrong(reader, node, function, f"the argument {parameter.name!r} is missing")
    return given


def _add_keyword(
    reader: Reader,
    keyword: ast.keyword,
    function: Function,
    parameters: dict[str, Parameter],
    given: dict[str, list[ast.expr]],
) -> None:
    name = keyword.arg
    if name is None:
        raise _wrong(reader, keyword.value, function, "unexpected '**'")
    if name not in parameters or parameters[name].many:
        hint = suggestion(name, parameters)
        raise _wrong(reader, keyword.value, function, f"no keyword {name!r}{hint}", len(name) + 1)
    if name in given:
        raise _wrong(reader, keyword.value, function, f"the argument {name!r} is given twice")
    given[name] = [keyword.value]


def _wrong(
    reader: Reader, node: ast.expr, function: Function, message: str, before: int = 0
) -> InputError:
    column = reader.span(node)[0] + 1 - before
    return InputError(f"{message}: {function.signature}", max(column, 1), reader.source)


def _default(parameter: Parameter) -> object:
    text = parameter.default or ""
    if text in DEFAULTS:
        return DEFAULTS[text]
    return (Size.of(int(text)), Size.of(int(text)))


def _flag(reader: Reader, node: ast.expr) -> bool:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return node.value
    raise reader.error(node, f"{reader.text(node)} should be True or False")


def _axis(reader: Reader, node: ast.expr) -> int | tuple[int, ...] | None:
    """A literal integer, a tuple of them, or None."""
    if isinstance(node, ast.Constant) and node.value is None:
        return None
    if isinstance(node, ast.Tuple):
        return tuple(_integer(reader, element) for element in node.elts)
    return _integer(reader, node)


def _integer(reader: Reader, node: ast.expr) -> int:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_integer(reader, node.operand)
    if isinstance(node, ast.Constant) and type(node.value) is int and node.value < 1000:
        return node.value
    raise reader.error(node, f"{reader.text(node)} is no axis: an integer, a tuple or None is")


def _size(reader: Reader, node: ast.expr) -> Size:
    """A positive size made from the dims of declared shapes."""
    size = indexing.size(reader, node)
    if not reader.scope.known.is_positive(size):
        raise reader.error(node, f"the size {reader.text(node)} may be 0 or less")
    return size


def _steps(reader: Reader, node: ast.expr, lower: int = 1) -> tuple[Size, Size]:
    """One size for both axes, or a pair; a name that is not in use yet becomes a size."""
    nodes = node.elts if isinstance(node, ast.Tuple) else [node, node]
    if len(nodes) != 2:
        raise reader.error(node, f"{reader.text(node)} is neither a size nor a pair of sizes")
    first, second = (_step(reader, element, lower) for element in nodes)
    return first, second


def _step(reader: Reader, node: ast.expr, lower: int) -> Size:
    scope = reader.scope
    if isinstance(node, ast.Name) and node.id not in (*scope.arrays, *scope.indices):
        return scope.use_size(node.id, lower)
    size = indexing.size(reader, node)
    if not scope.known.is_nonnegative(size - lower):
        raise reader.error(node, f"the size {reader.text(node)} may be less than {lower}")
    return size


READERS: dict[str, Callable[[Reader, ast.expr], object]] = {
    "array": lambda reader, node: reader.value(node),
    "axis": _axis,
    "flag": _flag,
    "size": _size,
    "form": lambda reader, node: indexing.affine(reader, node),
    "steps": _steps,
    "padding": lambda reader, node: _steps(reader, node, 0),
}
