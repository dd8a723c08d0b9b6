"""Python's syntax tree of one expression, read into an array. Nothing that is typed is executed."""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Iterator

from derive.language import arguments, binding, constants, indexing
from derive.language.errors import InputError, shortened, suggestion
from derive.language.functions import FUNCTIONS, WRITTEN
from derive.language.scope import Scope
from derive.language.source import Source
from derive.terms.arrays import Array
from derive.terms.nodes import Count, Fn, Num
from derive.terms.tensors import Function

DEPTH = 110  # of the syntax tree
SYNTAX = (SyntaxError, ValueError, MemoryError, RecursionError)


class Reader:
    """Reads the syntax trees of one source text in one scope."""

    def __init__(self, source: Source, scope: Scope) -> None:
        self.tokens = source.tokens
        self.source = source.text
        self.scope = scope
        self.start = 0

    def tree(self, text: str, start: int) -> ast.expr:
        """The syntax tree of an expression that starts at a position of the source."""
        self.start = start
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                node = ast.parse(text, mode="eval").body
        except SYNTAX as error:
            raise self._syntax_error(text, error) from None
        if any(depth > DEPTH for depth in _depths(node)):
            raise self._too_deep()
        return node

    def value(self, node: ast.AST) -> Array:
        """The array that a syntax tree stands for."""
        reader = NODES.get(type(node))
        if reader is None:
            raise self.error(node, f"{self.text(node)} is not part of the language")
        return reader(self, node)

    def text(self, node: ast.AST) -> str:
        """A tree as it was typed, shortened and quoted."""
        start, end = self.span(node)
        return shortened(self.source[start:end])

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a tree starts and ends in the source."""
        assert isinstance(node, ast.expr)
        return self.start + node.col_offset, self.start + (node.end_col_offset or 0)

    def error(self, node: ast.AST, message: str) -> InputError:
        """An error at a tree."""
        return InputError(message, self.span(node)[0] + 1, self.source)

    def built(
        self, node: ast.AST, builder: Callable[[], Array], column: int | None = None
    ) -> Array:
        """What a builder makes; shapes that do not fit are reported at the tree."""
        try:
            return builder()
        except InputError:
            raise
        except ValueError as error:
            place = column or self.span(node)[0] + 1
            message = f"{error}, in {self.text(node)}"
            sizes = getattr(error, "sizes", ())
            raise InputError(message, place, self.source, sizes=sizes) from None

    def _too_deep(self) -> InputError:
        message = "nested too deep; give parts names, h = ...; sum(h)"
        return InputError(message, self.start + 1, self.source)

    def _syntax_error(self, text: str, error: BaseException) -> InputError:
        if not isinstance(error, SyntaxError):
            return self._too_deep()
        position = min(max((error.offset or 1) - 1, 0), len(text))
        rest = text[position:].strip()
        column = self.start + position + 1
        if not rest:
            return InputError("the expression ends too early", column, self.source)
        return InputError(f"cannot read {shortened(rest, 24)}", column, self.source)


def _depths(node: ast.AST) -> Iterator[int]:
    """The depths of all nodes, without recursion."""
    stack = [(node, 1)]
    while stack:
        current, depth = stack.pop()
        yield depth
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(current))


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


NODES: dict[type[ast.AST], Callable[..., Array]] = {
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
