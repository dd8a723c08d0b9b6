"""The ways of breaking an expression: from a node of the syntax to what may stand in its place."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import pairwise

Operator = Callable[[ast.AST], Iterator[ast.AST]]

OTHER_SIGN = {ast.Add: ast.Sub, ast.Sub: ast.Add}
OTHER_FACTOR = {ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv}
OTHER_LOGIC = {ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.Or: ast.And, ast.And: ast.Or}
OTHERS = OTHER_SIGN | OTHER_FACTOR | OTHER_LOGIC
OTHER_ORDER: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
# Functions whose arguments may come in any order; that take several things in any order; guards.
SYMMETRIC = (
    *("delta", "maximum", "minimum", "logaddexp", "add", "multiply", "einsum"),
    *("max", "min", "array", "Array", "swapaxes", "vecdot", "convolve", "fold"),
)
ANY_ORDER = ("sum_over", "maximum_over", "chosen", "choice", "Context")
GUARDS = ("strict",)
SWAPPED = (ast.MatMult, ast.Sub, ast.Div, ast.Pow)
TURNS = ("T", "swapaxes", "transpose")
TWINS = (
    ("sum", "mean"),
    ("prod", "sum"),
    ("max", "min"),
    ("maximum", "minimum"),
    ("argmax", "argmin"),
    ("any", "all"),
    ("exp", "expm1"),
    ("log", "log1p"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("logaddexp", "add"),
    ("eq", "le"),
)
TWIN = {a: b for pair in TWINS for a, b in (pair, pair[::-1])} | {"sum": "mean"}
WITHOUT = ("sqrt", "abs", "sign", "square", "log", "exp", "relu", "sigmoid", "tanh")


def other_operation(node: ast.AST) -> Iterator[ast.AST]:
    """Plus for minus and times for divided by, also where a variable is updated."""
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp) and type(node.op) in OTHERS:
        changed = deepcopy(node)
        changed.op = OTHERS[type(node.op)]()
        yield changed


def without_sign(node: ast.AST) -> Iterator[ast.AST]:
    """A minus, or a negation, left out."""
    if isinstance(node, ast.UnaryOp):
        yield node.operand


def part_left_out(node: ast.AST) -> Iterator[ast.AST]:
    """A term or factor left out; of a power, the exponent."""
    if isinstance(node, ast.BinOp) and type(node.op) in (ast.Add, ast.Mult, ast.Sub, ast.Div):
        yield node.left
    if isinstance(node, ast.BinOp) and type(node.op) in (ast.Add, ast.Mult):
        yield node.right
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.FloorDiv | ast.Mod):
        yield node.left


def exponent(node: ast.AST) -> Iterator[ast.AST]:
    """An exponent that is no number increased by one."""
    is_power = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)
    if is_power and not isinstance(node.right, ast.Constant):
        yield ast.BinOp(node.left, ast.Pow(), ast.BinOp(node.right, ast.Add(), ast.Constant(1)))


def swapped(node: ast.AST) -> Iterator[ast.AST]:
    """The operands of a product of matrices, a difference, a fraction or a power swapped."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, SWAPPED):
        yield ast.BinOp(node.right, node.op, node.left)


def other_number(node: ast.AST) -> Iterator[ast.AST]:
    """A number one more and one less, nought and one; a truth value the other one."""
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        others = (node.value + 1, node.value - 1, 0, 1)
        for other in dict.fromkeys(other for other in others if other != node.value):
            yield ast.Constant(other)


def other_order(node: ast.AST) -> Iterator[ast.AST]:
    """A comparison with or without equality, and the other way round."""
    if isinstance(node, ast.Compare):
        for place, op in enumerate(node.ops):
            for other in OTHER_ORDER[type(op)]:
                yield ast.Compare(
                    node.left,
                    [other() if k == place else o for k, o in enumerate(node.ops)],
                    node.comparators,
                )


def other_branch(node: ast.AST) -> Iterator[ast.AST]:
    """The branches of a choice swapped."""
    if isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    if isinstance(node, ast.If | ast.While):
        changed = deepcopy(node)
        changed.test = ast.UnaryOp(ast.Not(), node.test)
        yield changed


def other_slice(node: ast.AST) -> Iterator[ast.AST]:
    """A bound of a slice left out or shifted by one, and a step left out or turned round."""
    if not isinstance(node, ast.Slice):
        return
    for bound, shift in (("lower", ast.Add()), ("upper", ast.Sub())):
        value = getattr(node, bound)
        if value is not None:
            yield _sliced(node, **{bound: None})
        if value is not None and not isinstance(value, ast.Constant):
            yield _sliced(node, **{bound: ast.BinOp(value, shift, ast.Constant(1))})
    if node.step is not None:
        yield _sliced(node, step=None)


def _sliced(node: ast.Slice, **changed: ast.expr | None) -> ast.Slice:
    return ast.Slice(**{"lower": node.lower, "upper": node.upper, "step": node.step, **changed})


def not_turned(node: ast.AST) -> Iterator[ast.AST]:
    """A transposition left out."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    is_method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    if is_method and node.func.attr in TURNS:
        yield node.func.value


def other_function(node: ast.AST) -> Iterator[ast.AST]:
    """A mean for a sum, a smallest for a largest, a function left out."""
    if not isinstance(node, ast.Call):
        return
    name = name_of(node.func)
    if name in TWIN:
        changed = deepcopy(node)
        _rename(changed.func, TWIN[name])
        yield changed
    if name in WITHOUT and len(node.args) == 1 and not node.keywords:
        yield node.args[0]


def other_arguments(node: ast.AST) -> Iterator[ast.AST]:
    """Two neighbouring arguments swapped; a keyword left out."""
    if not isinstance(node, ast.Call) or name_of(node.func) in SYMMETRIC:
        return
    for k, (a, b) in enumerate(pairwise(node.args)):
        if not isinstance(a, ast.Starred) and not isinstance(b, ast.Starred):
            yield ast.Call(node.func, [*node.args[:k], b, a, *node.args[k + 2 :]], node.keywords)
    for k, keyword in enumerate(node.keywords):
        if keyword.arg in ("axis", "keepdims"):
            left = [*node.keywords[:k], *node.keywords[k + 1 :]]
            yield ast.Call(node.func, node.args, left)


def swapped_pair(node: ast.AST) -> Iterator[ast.AST]:
    """Two neighbouring entries of a pair or of several indices swapped."""
    if isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
        for k in range(len(node.elts) - 1):
            a, b = node.elts[k : k + 2]
            if ast.dump(a) != ast.dump(b):
                yield ast.Tuple([*node.elts[:k], b, a, *node.elts[k + 2 :]], ast.Load())


def letters_of_einsum(node: ast.AST) -> Iterator[ast.AST]:
    """Two letters of a contraction swapped in its result, or in one of its factors."""
    if isinstance(node, ast.Call) and name_of(node.func) == "einsum":
        first = node.args[0]
        if isinstance(first, ast.Constant):
            for other in _other_letters(str(first.value)):
                yield ast.Call(node.func, [ast.Constant(other), *node.args[1:]], node.keywords)


def _other_letters(said: str) -> Iterator[str]:
    for k, (a, b) in enumerate(pairwise(said)):
        if a.isalpha() and b.isalpha() and a != b:
            yield said[:k] + b + a + said[k + 2 :]


def update_left_out(node: ast.AST) -> Iterator[ast.AST]:
    """A variable that is not updated, a call for its effect that is not made."""
    if isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield ast.Pass()


OPERATORS: tuple[Operator, ...] = (
    other_operation,
    without_sign,
    part_left_out,
    exponent,
    swapped,
    other_number,
    other_order,
    other_branch,
    other_slice,
    not_turned,
    other_function,
    other_arguments,
    swapped_pair,
    letters_of_einsum,
    update_left_out,
)


def name_of(function: ast.expr) -> str:
    """The last name of what is called."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _rename(function: ast.expr, name: str) -> None:
    if isinstance(function, ast.Attribute):
        function.attr = name
    elif isinstance(function, ast.Name):
        function.id = name
