"""The source of a user's code, as far as there is one."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable
from functools import cache
from textwrap import dedent
from typing import Any


def tree_of(code: Callable[..., Any]) -> ast.Module:
    """The tree of a function, or of a class's constructor; an empty one where there is no source.

    >>> tree_of(len).body
    []
    """
    own = code.__init__ if isinstance(code, type) else code  # type: ignore[misc]
    return _parsed(own) if inspect.isroutine(own) else ast.Module([], [])


def compared_words(code: Iterable[Callable[..., Any]], name: str) -> list[str]:
    """The words that code compares a name with: ``if mode == "train"``."""
    nodes = (node for each in code for node in ast.walk(tree_of(each)))
    found = (n.comparators for n in nodes if isinstance(n, ast.Compare) and _is(n.left, name))
    values = (getattr(part, "value", None) for parts in found for part in parts)
    return list(dict.fromkeys(value for value in values if isinstance(value, str)))


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


@cache
def _parsed(code: Callable[..., Any]) -> ast.Module:
    try:
        return ast.parse(dedent(inspect.getsource(inspect.unwrap(code))))
    except (OSError, TypeError, ValueError, SyntaxError):
        return ast.Module([], [])
