"""What reads syntax trees: the text, the scope, and where in the text an error is."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from derive.language.errors import InputError, shortened
from derive.language.scope import Scope
from derive.language.source import Source
from derive.terms.arrays import Array

DEPTH = 110  # of the syntax tree
SYNTAX = (SyntaxError, ValueError, MemoryError, RecursionError)
Nodes: TypeAlias = Mapping[type[ast.AST], Callable[..., Array]]  # how each kind of tree is read


class Reader:
    """Reads the syntax trees of one source text in one scope."""

    def __init__(self, source: Source, scope: Scope, nodes: Nodes) -> None:
        self.nodes = nodes
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
        reader = self.nodes.get(type(node))
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
