"""Modules that a user names: by their path of modules, or by their file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def module_at(place: str) -> ModuleType:
    """The module ``package.module`` or ``FILE.py``, run because it was named.

    As with ``python -m`` and ``python FILE.py``, its neighbours can be imported.

    Raises:
        FileNotFoundError: where there is no such file; and whatever the module raises itself.

    >>> module_at("derive.derivation.importing").__name__
    'derive.derivation.importing'
    """
    if not place.endswith(".py"):
        _find_in(Path.cwd(), "")
        return importlib.import_module(place)
    path = Path(place)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    _find_in(path.resolve().parent)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def _find_in(folder: Path, *others: str) -> None:
    """Let modules of a folder be imported, unless they can be already."""
    if not {str(folder), *others} & set(sys.path):
        sys.path.insert(0, str(folder))
