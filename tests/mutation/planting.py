"""A mutant in the place of its module, in this process, for whatever runs afterwards."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec
from types import CodeType, FunctionType, ModuleType
from typing import Any

from .mutants import SPACES, Mutant, source


def planted(mutant: Mutant) -> None:
    """Put a mutant in place. There is no way back: do it in a process that will end."""
    module = import_module(mutant.module)
    if mutant.module.startswith(SPACES):
        _executed(module, mutant.code())
        for name in dependents(mutant.module):
            _executed(import_module(name), _code(name))
    else:
        _transplanted(module, _fresh(module, mutant.code()), whole=not mutant.function)


def _executed(module: ModuleType, code: CodeType) -> None:
    """Run other code in the namespace of a module, as reloading it would."""
    _Loader(code, module.__name__, str(source(module.__name__))).exec_module(module)


class _Loader(SourceFileLoader):
    """Loads given code in the place of that of a file."""

    def __init__(self, code: CodeType, name: str, path: str) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        return self._code


@cache
def _code(name: str) -> CodeType:
    path = source(name)
    return compile(path.read_text(encoding="utf-8"), str(path), "exec")


@cache
def dependents(module: str) -> tuple[str, ...]:
    """The modules beside one that import from it, each after those that it imports from itself."""
    imports = {name: set(_imports(name)) for name in beside(module)}
    order = [name for name in TopologicalSorter(imports).static_order() if name in imports]
    found = {module}
    for name in order:
        if imports[name] & found:
            found.add(name)
    return tuple(name for name in order if name in found - {module})


def beside(module: str) -> Iterator[str]:
    """The modules of the package of a module, itself among them."""
    package = module.rpartition(".")[0]
    for path in sorted(source(module).parent.glob("*.py")):
        if path.stem != "__init__":
            yield f"{package}.{path.stem}"


def _imports(name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source(name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


# --------------------------------------------------------------------------------------------
# Functions that others have imported: their code is replaced


def _fresh(module: ModuleType, code: CodeType) -> ModuleType:
    assert module.__spec__ is not None
    fresh = module_from_spec(module.__spec__)
    sys.modules[module.__name__], kept = fresh, module  # classes look their module up by name
    try:
        _executed(fresh, code)
    finally:
        sys.modules[module.__name__] = kept
    return fresh


def _transplanted(old: ModuleType, new: ModuleType, whole: bool) -> None:
    """The code of every function of a module from another; with `whole`, its constants too."""
    for name, value in vars(new).items():
        before = vars(old).get(name)
        pairs = list(_functions(before, value, old.__name__))
        for function, other in pairs:
            function.__code__ = other.__code__
            function.__defaults__ = other.__defaults__
            function.__kwdefaults__ = other.__kwdefaults__
        if whole and not pairs and not name.startswith("__") and not isinstance(value, type):
            setattr(old, name, value)


def _functions(old: Any, new: Any, module: str) -> Iterator[tuple[FunctionType, FunctionType]]:
    """The functions that both have, of their own: a function itself, a cached one, a class's."""
    if isinstance(old, type) and isinstance(new, type) and old.__module__ == module:
        for name, value in vars(new).items():
            yield from _functions(vars(old).get(name), value, module)
    elif isinstance(old, property) and isinstance(new, property):
        yield from _functions(old.fget, new.fget, module)
    elif hasattr(old, "cache_clear"):
        old.cache_clear()
        yield from _functions(old.__wrapped__, new.__wrapped__, module)
    elif isinstance(old, FunctionType) and isinstance(new, FunctionType):
        yield from [(old, new)] if old.__module__ == module else []
