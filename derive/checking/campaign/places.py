"""The user's code: what a place such as ``FILE.py:forward,backward`` names, and what it is."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable
from copy import deepcopy
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from derive.checking.campaign import frameworks
from derive.checking.campaign.calls import TIMEOUT, UserError
from derive.checking.campaign.options import spread
from derive.checking.campaign.subjects import (
    Calls,
    FitSubject,
    FunctionSubject,
    NoSubject,
    ObjectSubject,
    PairSubject,
    Subject,
)
from derive.checking.campaign.trajectories import (
    OptimiserSubject,
    StatefulSubject,
    is_stateful_step,
)


def loaded(place: str, calls: Calls | None = None) -> Any:
    """The code that ``module:function``, ``FILE.py:function`` or ``module:forward,backward`` names.

    Raises:
        NoSubject: where there is none, or its module fails by itself.
    """
    where, colon, wanted = place.rpartition(":")
    if not colon or not where or not wanted:
        raise NoSubject(f"{place!r} names no function: write MODULE:FUNCTION or FILE.py:FUNCTION")
    module = (calls or Calls(60.0))(_module, where)
    found = tuple(_attribute(module, where, name.strip()) for name in wanted.split(","))
    return found[0] if len(found) == 1 else found


def _module(where: str) -> ModuleType:
    path = Path(where)
    if not where.endswith(".py"):
        if "" not in sys.path and str(Path.cwd()) not in sys.path:
            sys.path.insert(0, str(Path.cwd()))
        return importlib.import_module(where)
    if not path.is_file():
        raise UserError(f"there is no file {path}")
    if str(path.resolve().parent) not in sys.path:
        sys.path.insert(0, str(path.resolve().parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def _attribute(module: ModuleType, where: str, name: str) -> Any:
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            close = get_close_matches(part, dir(value), n=3)
            hint = f"; did you mean {', '.join(close)}?" if close else ""
            raise NoSubject(f"{where} has no {name!r}{hint}")
        value = getattr(value, part)
    return value


# --------------------------------------------------------------------------------------------
# What it is


def subject(code: Any, name: str = "", framework: str = "", timeout: float = TIMEOUT) -> Subject:
    """The subject that a function, a pair of functions, a class or a module is.

    >>> subject(abs).name
    'abs'
    """
    shown = name or name_of(code)
    calls = Calls(timeout)
    if isinstance(code, tuple | list):
        if len(code) != 2 or not all(map(callable, code)):
            raise NoSubject("a pair is a forward and a backward function")
        return PairSubject(shown, calls, spread(code[0]), code[1])
    found = frameworks.subject(code, shown, framework, calls)
    if found is not None:
        return found
    if isinstance(code, type) and hasattr(code, "step"):
        return OptimiserSubject(shown, calls, code)
    if hasattr(code, "forward") and hasattr(code, "backward"):
        return ObjectSubject(shown, calls, code if isinstance(code, type) else _copies(code))
    if isinstance(code, type) and hasattr(code, "fit"):
        return FitSubject(shown, calls, code)
    if not callable(code):
        raise NoSubject(f"{shown} is no function, class or pair: it is {_a(code)}")
    if is_stateful_step(code):
        return StatefulSubject(shown, calls, code)
    return FunctionSubject(shown, calls, spread(code))


def _copies(thing: Any) -> Callable[..., Any]:
    """A constructor of copies of an object."""

    def made() -> Any:
        return deepcopy(thing)

    made.forward = type(thing).forward  # type: ignore[attr-defined]
    return made


def name_of(code: Any) -> str:
    """The name under which code is shown."""
    if isinstance(code, tuple | list):
        return ", ".join(map(name_of, code))
    return str(getattr(code, "__name__", type(code).__name__))


def _a(value: Any) -> str:
    return f"a {type(value).__name__}"
