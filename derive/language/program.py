"""Whole inputs: a program is definitions and a result, a claim is an equation or inequality."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from keyword import iskeyword
from typing import TypeVar

from derive.language.constants import check_growth
from derive.language.declarations import Declarations, name_problem
from derive.language.errors import InputError, suggestion
from derive.language.indexing import index_of
from derive.language.outputs import Outputs, read_with
from derive.language.parsing import NODES
from derive.language.reader import Reader
from derive.language.scope import Named, Scope, closed
from derive.language.source import Piece, read
from derive.terms.arrays import Array, entries
from derive.terms.contexts import Context
from derive.terms.indices import Index
from derive.terms.sizes import Size
from derive.terms.statements import Statement
from derive.terms.tensors import Kind, Tensor

Ranges = Mapping[str, "Index | Size | int | str"]
DEFINITIONS = 200


@dataclass(frozen=True)
class Program:
    """Declared variables, definitions in order, and the array that the last expression is.

    ``outputs`` tells what an output size is: another size, or ``numerator // divisor``.
    """

    text: str
    declarations: Declarations
    definitions: tuple[Named, ...]
    result: Array
    context: Context
    sizes: tuple[str, ...]
    outputs: dict[str, Size | tuple[Size, Size]] = field(default_factory=dict)
    column: int = 1  # of the last expression

    @property
    def variables(self) -> dict[str, Array]:
        """The declared variables in order."""
        return self.declarations.variables

    @property
    def parameters(self) -> tuple[str, ...]:
        """The sizes that no shape tells: strides, paddings, dilations, kernels."""
        known = (*self.declarations.sizes, *self.outputs)
        return tuple(name for name in self.sizes if name not in known)


@dataclass(frozen=True)
class Claim:
    """What is claimed of declared variables: one statement, or several in a chain."""

    text: str
    declarations: Declarations
    definitions: tuple[Named, ...]
    statements: tuple[Statement, ...]
    context: Context
    sizes: tuple[str, ...]
    outputs: dict[str, Size | tuple[Size, Size]] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What a text may use beside its declarations: tensors and sizes by name, opaque functions."""

    tensors: tuple[Tensor, ...] = ()
    sizes: tuple[str, ...] = ()
    functions: Mapping[str, int] = field(default_factory=dict)  # by number of arguments
    context: Context = field(default_factory=Context)


def parsed(
    text: str,
    let: Iterable[str] = (),
    indices: Ranges | None = None,
    known: Known | None = None,
) -> Program:
    """The program of a text: statements, of which the last is the expression that counts.

    ``indices`` declares free indices, each by its size or as an ``Index``.

    >>> parsed("h = X @ b; sum(h**2)", ["X: n,p", "b: p"]).definitions[0].array.shape
    (n,)
    """
    return read_with(tuple(let), lambda *own: _program(text, indices, known, *own))


def _program(
    text: str,
    indices: Ranges | None,
    known: Known | None,
    declarations: Declarations,
    outputs: Outputs,
) -> Program:
    reader, last = _opened(text, _scope(declarations, outputs, indices or {}, known or Known()))
    result = _shallow(reader, last, lambda: _expression(reader, last))
    return Program(
        reader.source,
        reader.scope.declarations,
        tuple(reader.scope.definitions),
        result,
        reader.scope.known,
        tuple(reader.scope.sizes),
        {**reader.scope.context.quotients, **outputs.values},
        last.start + 1,
    )


def claim(
    text: str,
    let: Iterable[str] = (),
    indices: Ranges | None = None,
    known: Known | None = None,
) -> Claim:
    """The equations of a text whose last statement is ``left == right``, or has ``<=``, ``>=``."""
    return read_with(tuple(let), lambda *own: _claim(text, indices, known, *own))


def _claim(
    text: str,
    indices: Ranges | None,
    known: Known | None,
    declarations: Declarations,
    outputs: Outputs,
) -> Claim:
    reader, last = _opened(text, _scope(declarations, outputs, indices or {}, known or Known()))
    made = _shallow(reader, last, lambda: _compared(reader, last))
    return Claim(
        reader.source,
        reader.scope.declarations,
        tuple(reader.scope.definitions),
        tuple(replace(part, context=reader.scope.known) for part in made),
        reader.scope.known,
        tuple(reader.scope.sizes),
        {**reader.scope.context.quotients, **outputs.values},
    )


def statement(
    text: str,
    let: Iterable[str] = (),
    indices: Ranges | None = None,
    known: Known | None = None,
) -> Statement:
    """The one equation or inequality of a text.

    >>> statement("x @ x == sum(x**2)", ["x: n"]).relation
    '='
    """
    found = claim(text, let, indices, known).statements
    if len(found) > 1:
        raise InputError(f"one == or <= is wanted, not {len(found)}", 1, text)
    return found[0]


def checked_wrt(
    program: Program, names: Sequence[str], kind: str = "gradient"
) -> tuple[Array, ...]:
    """The variables to differentiate by, once names and the kind of derivative are checked."""
    if kind != "jacobian" and program.result.ndim:
        shape = f"({', '.join(map(str, program.result.shape))})"
        message = f"the {kind} needs a scalar, the expression has shape {shape}"
        hint = "; --jacobian differentiates arrays, sum(...) makes a scalar"
        raise InputError(message + hint, program.column, program.text)
    if not names:
        known = " ".join(program.variables) or "..."
        raise InputError(f"name what to differentiate by: --wrt {known}")
    return tuple(_differentiable(program, name, names) for name in names)


def _differentiable(program: Program, name: str, names: Sequence[str]) -> Array:
    array = program.variables.get(name)
    if array is None:
        hint = suggestion(name, program.variables)
        raise InputError(f"--wrt {name!r}: no declared variable has this name{hint}")
    if list(names).count(name) > 1:
        raise InputError(f"--wrt {name!r}: the name is given twice")
    if any(named.name == name for named in program.definitions):
        raise InputError(f"--wrt {name!r}: the name is defined in the expression")
    body = array.body
    if body.tensor.has(Kind.CONSTANT):  # type: ignore[attr-defined]
        raise InputError(f"--wrt {name!r}: it is declared constant")
    return array


def _opened(text: str, scope: Scope) -> tuple[Reader, Piece]:
    """A reader that has read all statements but the last, and the last."""
    source = read(text)
    scope.taken.update(token.text for token in source.tokens if token.kind == "name")
    reader = Reader(source, scope, NODES)
    *first, last = source.pieces
    for piece in first:
        _shallow(reader, piece, partial(_assignment, reader, piece))
    if last.name:
        message = f"the last statement must be an expression; add '; {last.name.text}'"
        raise InputError(message, last.name.start + 1, source.text)
    return reader, last


def _scope(declarations: Declarations, outputs: Outputs, indices: Ranges, known: Known) -> Scope:
    """The names that a text starts with."""
    scope = Scope(declarations, known.context, functions=known.functions, outputs=outputs)
    for name, value in indices.items():
        scope.indices[name] = index_of(name, value)
    for tensor in known.tensors:
        scope.arrays[f"{tensor.name}_" if iskeyword(tensor.name) else tensor.name] = entries(tensor)
    sizes = [size for tensor in known.tensors for size in tensor.shape]
    sizes += [*(index.size for index in scope.indices.values()), *known.context.constraints]
    names = [name for size in sizes for name in size.names]
    for name in (*names, *known.context.lower, *known.sizes):
        scope.sizes.setdefault(name, known.context.lower.get(name, 1))
    scope.taken.update(scope.arrays, scope.sizes, scope.indices)
    return scope


def _assignment(reader: Reader, piece: Piece) -> None:
    """Reads ``name = expression`` into a definition."""
    if piece.name is None:
        message = "only the last statement is an expression; give this one a name: h = ..."
        raise InputError(message, piece.start + 1, reader.source)
    name, column = piece.name.text, piece.name.start + 1
    problem = _name_problem(reader.scope, name)
    if problem:
        raise InputError(problem, column, reader.source)
    value = _expression(reader, piece)
    reader.scope.define(name, value, piece.text, column)


def _name_problem(scope: Scope, name: str) -> str | None:
    """Why a statement cannot give a value to a name, or None."""
    if any(named.name == name and not named.generated for named in scope.definitions):
        return f"{name!r} has a value already; names are given once"
    for kind, names in (
        ("variable", scope.arrays),
        ("size", scope.sizes),
        ("index", scope.indices),
    ):
        if name in names:
            return f"{name!r} is declared as a {kind}, so it cannot be given a value"
    if len(scope.definitions) >= DEFINITIONS:
        return f"too many definitions, the limit is {DEFINITIONS}"
    return name_problem(name)


def _expression(reader: Reader, piece: Piece) -> Array:
    """The array of a statement's expression; a definition must not depend on an index."""
    tree = reader.tree(piece.text, piece.start)
    reader.scope.place = (piece.text, piece.start + 1)
    value = reader.value(tree)
    check_growth(reader, tree, value)
    if piece.name:
        name = piece.name.text
        reader.built(tree, lambda: closed(f"the name {name} would stand for", value))
    return value


def _compared(reader: Reader, piece: Piece) -> tuple[Statement, ...]:
    """The statements of a comparison, one for each of its signs."""
    tree = reader.tree(piece.text, piece.start)
    reader.scope.place = (piece.text, piece.start + 1)
    if not isinstance(tree, ast.Compare):
        message = "an equation is wanted: left == right, or left <= right"
        raise InputError(message, piece.start + 1, reader.source)
    sides = [tree.left, *tree.comparators]
    values = [reader.value(side) for side in sides]
    for side, value in zip(sides, values, strict=True):
        check_growth(reader, side, value)
    pairs = zip(tree.ops, values, values[1:], tree.comparators, strict=False)
    return tuple(_statement(reader, *pair) for pair in pairs)


def _statement(
    reader: Reader, sign: ast.cmpop, left: Array, right: Array, tree: ast.expr
) -> Statement:
    """One equation, entry by entry; a scalar may stand for an array of equal entries."""
    if left.ndim and right.ndim and left.shape != right.shape:
        shapes = f"{left.shape} and {right.shape}".replace(",)", ")")
        message = f"the two sides have the shapes {shapes}, in {reader.text(tree)}"
        apart = [pair for pair in zip(left.shape, right.shape, strict=False) if pair[0] != pair[1]]
        sizes = apart[0] if apart and left.ndim == right.ndim else ()
        raise InputError(message, reader.span(tree)[0] + 1, reader.source, sizes=sizes)
    indices, _ = left.fresh() if left.ndim else right.fresh()
    sides = [side.at(indices) if side.ndim else side.body for side in (left, right)]
    if isinstance(sign, ast.GtE):
        sides.reverse()
    return Statement(sides[0], sides[1], "=" if isinstance(sign, ast.Eq) else "<=")


T = TypeVar("T")


def _shallow(reader: Reader, piece: Piece, action: Callable[[], T]) -> T:
    """What an action returns; running out of stack is an error of the input."""
    try:
        return action()
    except RecursionError:
        message = "nested too deep; give parts names, h = ...; sum(h)"
        raise InputError(message, piece.start + 1, reader.source) from None
