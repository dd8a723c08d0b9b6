"""The user's code: what a place such as ``FILE.py:forward,backward`` names, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from derive.checking.campaign import frameworks
from derive.checking.campaign.calls import TIMEOUT
from derive.checking.campaign.optimisers import (
    OptimiserSubject,
    StatefulSubject,
    is_stateful_step,
    stepping,
)
from derive.checking.campaign.options import spread
from derive.checking.campaign.passes import (
    ClosureSubject,
    ObjectSubject,
    PairSubject,
    forward_method,
    returns_backward,
)
from derive.checking.campaign.subjects import (
    Calls,
    FitSubject,
    FunctionSubject,
    NoSubject,
    Subject,
)
from derive.derivation.importing import module_at


def loaded(place: str, calls: Calls | None = None) -> Any:
    """The code that ``module:function``, ``FILE.py:function`` or ``module:forward,backward`` names.

    Raises:
        NoSubject: where there is none, or its module fails by itself.
    """
    where, colon, wanted = place.rpartition(":")
    if not colon or not where or not wanted:
        raise NoSubject(f"{place!r} names no function: write MODULE:FUNCTION or FILE.py:FUNCTION")
    if where.endswith(".py") and not Path(where).is_file():
        raise NoSubject(f"there is no file {where}")
    module = (calls or Calls(60.0))(module_at, where)
    found = tuple(_attribute(module, where, name.strip()) for name in wanted.split(","))
    return found[0] if len(found) == 1 else found


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
    if method := forward_method(code):
        made_by = code if isinstance(code, type) else _copies(code, method)
        return ObjectSubject(shown, calls, made_by, method)
    if isinstance(code, type) and hasattr(code, "fit"):
        return FitSubject(shown, calls, code)
    if isinstance(code, type) and (method := stepping(code)):
        return OptimiserSubject(shown, calls, code, method)
    if not callable(code):
        raise NoSubject(f"{shown} is no function, class or pair: it is {_a(code)}")
    if is_stateful_step(code):
        return StatefulSubject(shown, calls, code)
    if returns_backward(code):
        return ClosureSubject(shown, calls, spread(code))
    return FunctionSubject(shown, calls, spread(code))


def _copies(thing: Any, method: str) -> Callable[..., Any]:
    """A constructor of copies of an object."""

    def made() -> Any:
        return deepcopy(thing)

    for name in (method, "backward"):
        setattr(made, name, getattr(type(thing), name))
    return made


def name_of(code: Any) -> str:
    """The name under which code is shown."""
    if isinstance(code, tuple | list):
        return ", ".join(map(name_of, code))
    return str(getattr(code, "__name__", type(code).__name__))


def _a(value: Any) -> str:
    return f"a {type(value).__name__}"
