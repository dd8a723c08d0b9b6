"""Places: the code that ``module:function`` or ``FILE.py:forward,backward`` names."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from derive.checking.campaign.calls import UserError
from derive.checking.campaign.subjects import Calls, NoSubject


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
