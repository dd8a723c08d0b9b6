"""The source of a user's code, as far as there is one."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
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


@cache
def _parsed(code: Callable[..., Any]) -> ast.Module:
    try:
        return ast.parse(dedent(inspect.getsource(inspect.unwrap(code))))
    except (OSError, TypeError, ValueError, SyntaxError):
        return ast.Module([], [])
