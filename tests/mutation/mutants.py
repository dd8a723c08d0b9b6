"""All mutants of a module: where a source can be broken, and what each breakage reads like."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from warnings import catch_warnings, simplefilter

from .operators import ANY_ORDER, GUARDS, OPERATORS, Operator, name_of, swapped, swapped_pair

ROOT = Path(__file__).resolve().parents[2]
# Messages of errors are text for people; what is imported is not computed.
NEVER_BROKEN = (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom, ast.JoinedStr)
BODIES = ("body", "orelse", "finalbody", "handlers")
SPACES = "derive.catalogue"  # where annotations are no types but what is assumed
# Whether a reason is needed is another question, and a guard only says that something is wrong.
UNBROKEN_KEYWORDS = ("by", "symbolic_only", *GUARDS)

# How much is worked on at a time decides how fast that is, and nothing else.
PIECES = ("BUFFER", "CACHE", "SHORT")


@dataclass(frozen=True)
class Mutant:
    """A module with one place broken, known by the statement before and after, not by its line."""

    module: str
    function: str  # "" at the level of the module
    before: str
    after: str
    operator: str
    line: int
    break_: _Break

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What stands in the table of equivalent mutants."""
        return (self.module, self.function, self.before, self.after)

    def __str__(self) -> str:
        where = f"{self.module}:{self.line} {self.function or '(module)'}"
        return f"{where} ({self.operator})\n    {self.before}\n    {self.after}"

    def code(self) -> CodeType:
        """The whole module, broken, as code."""
        with self.break_, catch_warnings():
            simplefilter("ignore", SyntaxWarning)
            return compile(self.break_.tree, str(source(self.module)), "exec")


@dataclass(frozen=True)
class _Place:
    """A node, the field that holds it, and the statement and function around it."""

    node: ast.AST
    holder: ast.AST
    name: str
    number: int | None
    statement: ast.stmt
    function: str

    def put(self, node: ast.AST) -> None:
        if self.number is None:
            setattr(self.holder, self.name, node)
        else:
            getattr(self.holder, self.name)[self.number] = node


@dataclass(frozen=True)
class _Break:
    """Another node at a place, for as long as it is entered."""

    tree: ast.Module
    place: _Place
    other: ast.AST

    def __enter__(self) -> None:
        self.place.put(self.other)
        ast.fix_missing_locations(ast.copy_location(self.other, self.place.node))

    def __exit__(self, *_: object) -> None:
        self.place.put(self.place.node)

    @property
    def after(self) -> str:
        """The statement as it reads then."""
        with self:
            is_whole = self.place.node is self.place.statement
            return _header(self.other if is_whole else self.place.statement)


def source(module: str) -> Path:
    """The file of a module of this repository."""
    return ROOT / Path(*module.split(".")).with_suffix(".py")


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of a module once, in the order of its functions and lines."""
    tree = ast.parse(source(module).read_text(encoding="utf-8"))
    literals = dict(_literals(tree))
    seen = set()
    for place in _places(tree, None, "", module.startswith(SPACES)):
        before = _header(place.statement)
        for operator, other in _others(place, tree, literals):
            broken = _Break(tree, place, other)
            line = getattr(place.node, "lineno", place.statement.lineno)
            found = Mutant(module, place.function, before, broken.after, operator, line, broken)
            if found.after != before and found.key not in seen:
                seen.add(found.key)
                yield found


def _header(statement: ast.AST) -> str:
    """A statement as one line of text, without the statements in it."""
    alone = copy(statement)
    for name in BODIES:
        if isinstance(getattr(alone, name, None), list):
            setattr(alone, name, [])
    return " ".join(ast.unparse(alone).split())


# --------------------------------------------------------------------------------------------
# Where


def _places(
    holder: ast.AST, statement: ast.stmt | None, function: str, with_annotations: bool
) -> Iterator[_Place]:
    """Every node below a holder that may be broken."""
    for name, value in ast.iter_fields(holder):
        if name in ("annotation", "returns") and not with_annotations:
            continue
        several = isinstance(value, list)
        for number, node in enumerate(value if several else [value]):
            if not isinstance(node, ast.AST) or isinstance(node, NEVER_BROKEN) or _is_prose(node):
                continue
            if isinstance(node, ast.keyword) and node.arg in UNBROKEN_KEYWORDS:
                continue
            if _literal(node) or _decides_speed(node, holder):
                continue
            inside = statement if not isinstance(node, ast.stmt) else node
            inner = _inner(node, holder, function)
            if inside is not None and isinstance(node, ast.expr | ast.stmt):
                yield _Place(node, holder, name, number if several else None, inside, inner)
            yield from _places(node, inside, inner, with_annotations)


def _decides_speed(node: ast.AST, holder: ast.AST) -> bool:
    """Whether a node only says into how large pieces work is cut, or which way is the faster."""
    if isinstance(node, ast.keyword):
        return isinstance(holder, ast.Call) and name_of(holder.func) == "spans"
    names = node.targets if isinstance(node, ast.Assign) else []
    names = [node.left, *node.comparators] if isinstance(node, ast.Compare) else names
    return any(isinstance(name, ast.Name) and name.id in PIECES for name in names)


def _is_prose(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _inner(node: ast.AST, holder: ast.AST, function: str) -> str:
    """The name of the outermost function, or of the method of a class."""
    is_named = isinstance(node, ast.FunctionDef | ast.ClassDef)
    if is_named and isinstance(holder, ast.Module | ast.ClassDef):
        return f"{function}.{node.name}".lstrip(".")
    return function


# --------------------------------------------------------------------------------------------
# By what


def _others(
    place: _Place, tree: ast.Module, literals: dict[str, tuple[str, ...]]
) -> Iterator[tuple[str, ast.AST]]:
    """What may stand at a place, with the name of the operator."""
    for operator in OPERATORS:
        if operator in _idle(place):
            continue
        for other in operator(place.node):
            yield operator.__name__, other
    for other in _other_index(place, tree):
        yield "other_index", other
    for other in _other_default(place.node, literals):
        yield "other_default", other


def _idle(place: _Place) -> tuple[Operator, ...]:
    """What changes nothing: axes or names in another order, a difference turned in a square."""
    holder = place.holder
    if isinstance(place.node, ast.Tuple) and _is_set(place):
        return (swapped_pair,)
    is_sum = isinstance(holder, ast.Call) and name_of(holder.func) in ("sum", "mean")
    if is_sum or (isinstance(holder, ast.keyword) and holder.arg == "axis"):
        return (swapped_pair,)
    is_square = isinstance(holder, ast.Call) and name_of(holder.func) == "square"
    if isinstance(holder, ast.BinOp) and isinstance(holder.op, ast.Pow) and place.name == "left":
        is_square = isinstance(holder.right, ast.Constant) and holder.right.value == 2
    is_difference = isinstance(place.node, ast.BinOp) and isinstance(place.node.op, ast.Sub)
    return (swapped,) if is_square and is_difference else ()


def _is_set(place: _Place) -> bool:
    """Whether several things stand somewhere in any order: what is summed over, what is known."""
    holder = place.holder
    if isinstance(holder, ast.Call):
        return name_of(holder.func) in ANY_ORDER
    if isinstance(holder, ast.Compare):
        return isinstance(holder.ops[-1], ast.In | ast.NotIn)
    texts = all(map(_is_text, getattr(place.node, "elts", ())))
    return isinstance(holder, ast.Assign) and not place.function and texts  # choices, in a message


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _other_index(place: _Place, tree: ast.Module) -> Iterator[ast.AST]:
    """The name of an index, or of a size, by the next one of the same function."""
    node = place.node
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    is_indexed = place.name == "value" and isinstance(place.holder, ast.Subscript)
    if is_indexed or place.name == "func":
        return
    top = place.function.partition(".")[0]
    around = next((s for s in tree.body if getattr(s, "name", None) == top), place.statement)
    names = sorted(_index_names(around))
    if node.id in names and len(names) > 1:
        yield ast.Name(names[(names.index(node.id) + 1) % len(names)], ast.Load())


def _index_names(around: ast.AST) -> set[str]:
    """The names that stand alone between the brackets of a subscript, or beside others there."""
    found = set()
    for node in ast.walk(around):
        if isinstance(node, ast.Subscript):
            inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            found |= {part.id for part in inside if isinstance(part, ast.Name)}
    return found


def _other_default(node: ast.AST, literals: dict[str, tuple[str, ...]]) -> Iterator[ast.AST]:
    """Another convention as the default of a parameter."""
    if not isinstance(node, ast.FunctionDef):
        return
    rows = list(zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True))
    for k, (argument, default) in enumerate(rows):
        if isinstance(default, ast.Constant) and isinstance(default.value, str):
            for value in _choices(argument.annotation, literals):
                if value != default.value:
                    changed = copy(node)
                    changed.args = copy(node.args)
                    changed.args.kw_defaults = [d for _, d in rows]
                    changed.args.kw_defaults[k] = ast.Constant(value)
                    yield changed


def _choices(annotation: ast.expr | None, literals: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    if isinstance(annotation, ast.Name):
        return literals.get(annotation.id, ())
    return _literal(annotation)


def _literal(node: ast.AST | None) -> tuple[str, ...]:
    is_literal = isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
    if is_literal and node.value.id in ("Literal", "OneOf") and isinstance(node.slice, ast.Tuple):
        return tuple(part.value for part in node.slice.elts if isinstance(part, ast.Constant))
    return ()


def _literals(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in tree.body:
        is_named = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        if is_named and (choices := _literal(node.value)):
            yield node.targets[0].id, choices
