"""Parameters in a container: code that goes through them by name, or by place, reads so."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from derive.checking.campaign.source import tree_of

NAMES = ("W", "b")  # of the two parts of what is given by name
BY_NAME = ("items", "keys", "values")
BY_PLACE = ("zip", "enumerate")


def container(code: Iterable[Callable[..., Any]], names: Sequence[str]) -> str:
    """How code goes through what some names stand for: as "dict", as "list", or, "", as an array.

    >>> container((container,), ("code",)), container((container,), ("names",))
    ('list', '')
    """
    found = [_kind(node, names) for each in code for node in ast.walk(tree_of(each))]
    return next((kind for wanted in ("dict", "list") for kind in found if kind == wanted), "")


def _kind(node: ast.AST, names: Sequence[str]) -> str:
    if isinstance(node, ast.Attribute):
        return "dict" if node.attr in BY_NAME and _name(node.value) in names else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        is_gone_through = node.func.id in BY_PLACE and any(_name(a) in names for a in node.args)
        return "list" if is_gone_through else ""
    if isinstance(node, ast.For | ast.comprehension) and _name(node.iter) in names:
        return "dict" if isinstance(node, ast.For) and _is_key(node, names) else "list"
    return ""


def _is_key(loop: ast.For, names: Sequence[str]) -> bool:
    """Whether a loop uses what it goes through as the key: ``for k in params: params[k] = ...``."""
    subscripts = (node for node in ast.walk(loop) if isinstance(node, ast.Subscript))
    return any(_name(s.value) in names and _same(s.slice, loop.target) for s in subscripts)


def _same(one: ast.expr, other: ast.expr) -> bool:
    return isinstance(one, ast.Name) and isinstance(other, ast.Name) and one.id == other.id


def _name(node: ast.expr) -> str:
    """What ``params`` and ``self.params`` are called."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def is_written_to(code: Callable[..., Any], name: str) -> bool:
    """Whether code writes to the entries of a parameter, or takes one after the other from it."""
    stored = (n for n in ast.walk(tree_of(code)) if isinstance(n, ast.Subscript))
    own = (_name(n.value) for n in stored if isinstance(n.ctx, ast.Store))
    return name in own or bool(container((code,), (name,)))


def packed(form: str, array: Any, is_parted: bool = True) -> Any:
    """An array as code takes its parameters: in two parts, so that none is taken for the other.

    >>> packed("list", np.arange(3.0))
    [array([0., 1.]), array([2.])]
    """
    if not form:
        return array
    cut = (len(array) + 1) // 2 if is_parted and np.ndim(array) else None
    parts = [np.array(array)] if cut is None else [np.array(array[:cut]), np.array(array[cut:])]
    return dict(zip(NAMES, parts, strict=False)) if form == "dict" else parts


def joined(value: Any) -> Any:
    """The one array that parts were."""
    parts = list(_parts(value))
    return value if not parts else np.concatenate(parts) if len(parts) > 1 else parts[0]


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from (value[name] for name in NAMES if name in value)
    elif isinstance(value, list | tuple):
        yield from value
