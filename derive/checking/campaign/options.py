"""Settings in a dictionary: ``conv_param["stride"]`` as a parameter of its own."""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, wraps
from typing import Any

from derive.checking.campaign.source import tree_of

OPEN = object()  # a setting that may be left out
MISSING = inspect.Parameter.empty
READERS = ("get", "setdefault")


@dataclass
class Keys:
    """The keys that code reads from one of its parameters, and those that it writes."""

    read: dict[str, bool] = field(default_factory=dict)  # whether it is in all cases
    asked: dict[str, Any] = field(default_factory=dict)  # with the defaults of `get`
    written: set[str] = field(default_factory=set)
    are_filled: bool = False  # with defaults, in a loop

    @property
    def defaults(self) -> dict[str, Any]:
        """What each key is where nobody gives it: OPEN if it may be left out, else MISSING."""
        return {key: self.asked.get(key, self._default(key)) for key in (*self.read, *self.asked)}

    def _default(self, key: str) -> Any:
        needed = self.read.get(key, False) and key not in self.written and not self.are_filled
        return MISSING if needed else OPEN


def keys(function: Callable[..., Any]) -> dict[str, Keys]:
    """The parameters of a function that are dictionaries, as its source reads them.

    >>> import textwrap
    >>> keys(textwrap.dedent)
    {}
    """
    return _keys(function) if inspect.isroutine(function) else {}


@cache
def _keys(function: Callable[..., Any]) -> dict[str, Keys]:
    try:
        known = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
    tree = tree_of(function)
    found: dict[str, Keys] = defaultdict(Keys)
    branches = {node for each in ast.walk(tree) for node in _branches(each)}
    for node in ast.walk(tree):
        for name, note in _uses(node, node not in branches):
            if name in known:
                note(found[name])
    return {name: own for name, own in found.items() if own.defaults}


def _branches(node: ast.AST) -> Iterator[ast.AST]:
    """What runs under a condition, where a key need not be there."""
    for part in (*node.body, *node.orelse) if isinstance(node, ast.If) else ():
        yield from ast.walk(part)


def _uses(node: ast.AST, always: bool) -> Iterator[tuple[str, Callable[[Keys], None]]]:
    """What a piece of source says of a dictionary: its name, and what to note of it."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        key = _text(node.slice)
        if key is not None:
            yield node.value.id, _subscript(key, always, isinstance(node.ctx, ast.Store))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        method, owner = node.func, node.func.value
        if isinstance(owner, ast.Name) and method.attr in READERS and node.args:
            key = _text(node.args[0])
            yield owner.id, _filled if key is None else _asked(key, node.args[1:])


def _text(node: ast.expr) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) and value.isidentifier() else None


def _subscript(key: str, always: bool, stored: bool) -> Callable[[Keys], None]:
    def note(own: Keys) -> None:
        own.read[key] = own.read.get(key, False) or always
        if stored:
            own.written.add(key)

    return note


def _asked(key: str, rest: list[ast.expr]) -> Callable[[Keys], None]:
    def note(own: Keys) -> None:
        own.asked[key] = _literal(rest[0]) if rest else OPEN

    return note


def _filled(own: Keys) -> None:
    own.are_filled = True


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return OPEN


def spread(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function with the keys of its dictionaries for parameters; itself where it has none."""
    own = keys(function)
    names = [key for found in own.values() for key in found.defaults]
    signature = inspect.signature(function) if own else inspect.Signature()
    plain = [p for name, p in signature.parameters.items() if name not in own]
    if not own or len({*names, *(p.name for p in plain)}) < len(names) + len(plain):
        return function
    return _with_signature(function, own, signature)


def _with_signature(
    function: Callable[..., Any], own: Mapping[str, Keys], signature: inspect.Signature
) -> Callable[..., Any]:
    @wraps(function)
    def called(**values: Any) -> Any:
        given = {name: value for name, value in values.items() if name in signature.parameters}
        for name, found in own.items():
            given[name] = {key: values[key] for key in found.defaults if key in values}
        return function(**given)

    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = []
    for name, parameter in signature.parameters.items():
        defaults = own[name].defaults if name in own else {name: parameter.default}
        parameters += [inspect.Parameter(key, kind, default=d) for key, d in defaults.items()]
    called.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return called
