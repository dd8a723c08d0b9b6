"""The catalogue: one module a topic, one function a derivation.

What there is is read from the source files, so listing imports nothing that is listed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from derive.derivation import Derivation, Record

FOLDER = Path(__file__).parent


class UnknownName(LookupError):
    """A name that is not in the catalogue."""


class Entry(NamedTuple):
    """What the catalogue says of a derivation without loading it."""

    name: str
    topic: str
    title: str
    line: int


@cache
def entries() -> dict[str, Entry]:
    """All entries by name, in the order of topics and of lines.

    >>> entries()["softmax_jacobian"].title
    'The Jacobian of softmax is diagonal minus rank one.'
    """
    paths = sorted(FOLDER.glob("[!_]*.py"))
    return {entry.name: entry for path in paths for entry in _entries(path)}


def _entries(path: Path) -> Iterator[Entry]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and any(map(_is_derivation, node.decorator_list)):
            # Not cleaned, for cleaning imports `inspect`, which takes as long as all the rest.
            title = (ast.get_docstring(node, clean=False) or "").strip().partition("\n")[0]
            yield Entry(node.name, path.stem, title, node.lineno)


def _is_derivation(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Name) and called.id == "derivation"


def topics() -> tuple[str, ...]:
    """The topics, each a module."""
    return tuple(dict.fromkeys(entry.topic for entry in entries().values()))


def derivation(name: str) -> Derivation:
    """The derivation of a name, `softmax_jacobian` or `softmax.softmax_jacobian`.

    Raises:
        UnknownName: with the names that look like it.
    """
    topic, _, short = name.rpartition(".")
    entry = entries().get(short)
    if entry is None or topic not in ("", entry.topic):
        raise UnknownName(f"no derivation is called {name!r}{_meant(short)}")
    found: Derivation = getattr(import_module(f"{__name__}.{entry.topic}"), entry.name)
    return found


def load(name: str, **conventions: str) -> Record:
    """The record of a derivation, for given conventions.

    >>> load("softmax_cross_entropy", reduction="mean").conventions
    {'reduction': 'mean'}
    """
    return derivation(name).record(**conventions)


def _meant(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, entries(), n=3, cutoff=0.5)
    close += [known for known in entries() if name and name in known and known not in close][:3]
    return f"; did you mean {', '.join(close)}?" if close else "; `derive list` shows all"
