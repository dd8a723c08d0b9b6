"""The text of each operation: operators here, functions by the rows of the backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from derive.codegen.assignments import scatter_text
from derive.codegen.emission import Writer
from derive.codegen.graph import Node
from derive.codegen.loops import loop_text
from derive.codegen.scalars import (
    ATOM,
    CALL,
    COMPARISON,
    CONJUNCTION,
    POWER,
    PRODUCT,
    SIGN,
    SUM,
    Text,
    bracketed,
    number_text,
    places_text,
    shape_text,
)


def rendered(writer: Writer, node: Node) -> Text:
    """The text of a node: an operator or statements, or a function of the backend."""
    return RENDERINGS.get(node.operation, _called)(writer, node)


def _called(writer: Writer, node: Node) -> Text:
    """A function by its row."""
    operands = [writer.operand(operand)[0] for operand in node.operands]
    if node.operation in writer.backend.boxed or all(map(is_of_sizes, node.operands)):
        pairs = zip(node.operands, operands, strict=True)
        operands = [writer.row("scalar", t) if is_of_sizes(o) else t for o, t in pairs]
    return writer.row(node.operation, *operands), CALL


def is_of_sizes(node: Node) -> bool:
    """Whether a node is made from sizes and numbers alone, so a Python number."""
    if node.operation in ("number", "size"):
        return True
    arithmetic = ("add", "subtract", "multiply", "divide", "negative", "power")
    return node.operation in arithmetic and all(map(is_of_sizes, node.operands))


def _number(writer: Writer, node: Node) -> Text:
    return number_text(node.data[0])


def _size(writer: Writer, node: Node) -> Text:
    return writer.size(node.data[0])


def _argument(writer: Writer, node: Node) -> Text:
    return node.data[0], ATOM


def _infix(symbol: str, binding: int) -> Callable[[Writer, Node], Text]:
    def rendering(writer: Writer, node: Node) -> Text:
        left, right = map(writer.operand, node.operands)
        if symbol == "+" and right[1] == SIGN:
            return f"{bracketed(left, binding)} - {right[0][1:]}", binding
        return f"{bracketed(left, binding)} {symbol} {bracketed(right, binding + 1)}", binding

    return rendering


def _matmul(writer: Writer, node: Node) -> Text:
    left, right = map(writer.operand, node.operands)
    chain = node.operands[0].operation == "matmul"
    a = bracketed(left, PRODUCT if chain else SIGN + 1)
    return f"{a} @ {bracketed(right, SIGN + 1)}", PRODUCT


def _factor(writer: Writer, node: Node, binding: int) -> str:
    """An operand of a product; a matrix product in it stands in brackets."""
    text = writer.operand(node)
    return bracketed(text, SIGN if node.operation == "matmul" else binding)


def _multiply(writer: Writer, node: Node) -> Text:
    left, right = node.operands
    number = left.number
    if number is not None and number.numerator in (1, -1) and " / " in number_text(number)[0]:
        sign = "-" if number < 0 else ""
        return f"{sign}{_factor(writer, right, PRODUCT)} / {number.denominator}", PRODUCT
    return f"{_factor(writer, left, PRODUCT)} * {_factor(writer, right, PRODUCT + 1)}", PRODUCT


def _divide(writer: Writer, node: Node) -> Text:
    left, right = node.operands
    return f"{_factor(writer, left, PRODUCT)} / {_factor(writer, right, PRODUCT + 1)}", PRODUCT


def _negative(writer: Writer, node: Node) -> Text:
    return f"-{bracketed(writer.operand(node.operands[0]), SIGN + 1)}", SIGN


def _power(writer: Writer, node: Node) -> Text:
    return _raised(writer.operand(node.operands[0]), number_text(node.data[0])), POWER


def _raised(base: Text, exponent: Text) -> str:
    left, right = bracketed(base, POWER + 1), bracketed(exponent, SIGN)
    plain = left.isidentifier() and right.replace(".", "").isalnum()
    return f"{left}**{right}" if plain else f"{left} ** {right}"


def _pow(writer: Writer, node: Node) -> Text:
    return _raised(*map(writer.operand, node.operands)), POWER


def _compared(symbol: str) -> Callable[[Writer, Node], Text]:
    def rendering(writer: Writer, node: Node) -> Text:
        left = bracketed(writer.operand(node.operands[0]), SUM)
        right = node.operands[1:]
        other = bracketed(writer.operand(right[0]), SUM) if right else "0"
        return f"{left} {symbol} {other}", COMPARISON

    return rendering


def _both(writer: Writer, node: Node) -> Text:
    left, right = (bracketed(writer.operand(o), CONJUNCTION) for o in node.operands)
    return f"{left} & {right}", CONJUNCTION


def _cast(writer: Writer, node: Node) -> Text:
    operand = writer.operand(node.operands[0])
    if not node.ndim:
        return writer.row("scalar", operand[0]), CALL
    return writer.row("cast", bracketed(operand, CALL)), CALL


def _transpose(writer: Writer, node: Node) -> Text:
    text = writer.operand(node.operands[0])
    if node.ndim == 2:
        return f"{bracketed(text, CALL)}.T", CALL
    return writer.row("transpose", text[0], order=node.data[0]), CALL


def _expand(writer: Writer, node: Node) -> Text:
    inner, pattern = node.operands[0], node.data[0]
    if inner.operation in ("sum", "max", "mean") and writer.uses[inner] < 2:
        kept = tuple(k not in inner.data[0] for k in range(inner.operands[0].ndim))
        if kept == pattern:
            return _reduction(writer, inner, "keeping")
    places = places_text([":" if kept else "None" for kept in pattern])
    return f"{bracketed(writer.operand(inner), CALL)}[{places}]", CALL


def _reduced(writer: Writer, node: Node) -> Text:
    whole = len(node.data[0]) == node.operands[0].ndim
    return _reduction(writer, node, "all" if whole else "along")


def _reduction(writer: Writer, node: Node, row: str) -> Text:
    how = writer.backend.rows.get(node.operation, node.operation)
    if row == "all" and how == "amax":
        how = "max"
    operand = writer.operand(node.operands[0])[0]
    return writer.row(row, operand, how=how, axes=_axes(node.data[0])), CALL


def _axes(axes: Sequence[int]) -> str:
    return str(axes[0]) if len(axes) == 1 else str(tuple(axes))


def _along(writer: Writer, node: Node) -> Text:
    operand = writer.operand(node.operands[0])[0]
    return writer.row(node.operation, operand, axes=_axes(node.data[0])), CALL


def _diagonal(writer: Writer, node: Node) -> Text:
    first, second = node.data
    operand = writer.operand(node.operands[0])[0]
    if node.ndim == 1:
        return f"{writer.module}.diagonal({operand})", CALL
    return writer.row("diagonal", operand, first=first, second=second), CALL


def _tensordot(writer: Writer, node: Node) -> Text:
    operands = [writer.operand(operand)[0] for operand in node.operands]
    axes = tuple(list(part) for part in node.data)
    return writer.row("tensordot", *operands, axes=axes), CALL


def _einsum(writer: Writer, node: Node) -> Text:
    operands = [writer.operand(operand)[0] for operand in node.operands]
    return writer.row("einsum", *operands, rule=node.data[0]), CALL


def _take(writer: Writer, node: Node) -> Text:
    places = places_text([":" if place is None else str(place) for place in node.data[0]])
    return f"{bracketed(writer.operand(node.operands[0]), CALL)}[{places}]", CALL


def _gather(writer: Writer, node: Node) -> Text:
    base, *indexes = node.operands
    places = ", ".join(writer.operand(index)[0] for index in indexes)
    return f"{bracketed(writer.operand(base), CALL)}[{places}]", CALL


def _arange(writer: Writer, node: Node) -> Text:
    return writer.row("arange", size=writer.size(node.data[0])[0]), CALL


def _reshape(writer: Writer, node: Node) -> Text:
    base = bracketed(writer.operand(node.operands[0]), CALL)
    return writer.row("reshape", base, shape=shape_text(map(writer.size, node.shape))), CALL


def _full(writer: Writer, node: Node) -> Text:
    (value,) = node.operands
    shape = shape_text(map(writer.size, node.shape))
    constants = {Fraction(0): "zeros", Fraction(1): "ones"}
    if value.number in constants:
        return writer.row(constants[value.number], shape=shape), CALL
    row = "broadcast" if value.ndim else "full"
    return writer.row(row, writer.operand(value)[0], shape=shape), CALL


RENDERINGS: dict[str, Callable[[Writer, Node], Text]] = {
    "number": _number,
    "size": _size,
    "argument": _argument,
    "add": _infix("+", SUM),
    "subtract": _infix("-", SUM),
    "multiply": _multiply,
    "divide": _divide,
    "negative": _negative,
    "matmul": _matmul,
    "power": _power,
    "pow": _pow,
    "greater": _compared(">"),
    "at_most": _compared("<="),
    "nonnegative": _compared(">="),
    "zero": _compared("=="),
    "equal": _compared("=="),
    "both": _both,
    "cast": _cast,
    "transpose": _transpose,
    "expand": _expand,
    "sum": _reduced,
    "max": _reduced,
    "mean": _reduced,
    "argmax": _along,
    "softmax": _along,
    "logsumexp": _along,
    "diagonal": _diagonal,
    "tensordot": _tensordot,
    "einsum": _einsum,
    "take": _take,
    "gather": _gather,
    "arange": _arange,
    "reshape": _reshape,
    "full": _full,
    "scatter": scatter_text,
    "loop": loop_text,
}
