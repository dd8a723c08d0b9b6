"""An import hook that compiles one module from its edited source."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

from tests.planted.edits import Edit


class EditedLoader(SourceFileLoader):
    """Loads a module from its source with an edit; nothing is read from or written to a cache."""

    def __init__(self, fullname: str, path: str, edit: Edit) -> None:
        super().__init__(fullname, path)
        self.edit = edit

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode("utf-8")
        return compile(self.edit.applied(source), self.path, "exec", dont_inherit=True)


class Planter(MetaPathFinder):
    """Finds the edited module before the ordinary finders do."""

    def __init__(self, edit: Edit) -> None:
        self.edit = edit

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.edit.module:
            return None
        spec = PathFinder.find_spec(fullname, path)
        assert spec is not None and spec.origin is not None
        spec.loader = EditedLoader(fullname, spec.origin, self.edit)
        return spec


def plant(edit: Edit) -> None:
    """The module of an edit is imported with it.

    Raises:
        RuntimeError: when the module was imported already, and would stay as it is.
    """
    if edit.module in sys.modules:
        raise RuntimeError(f"{edit.module} is imported already")
    sys.meta_path.insert(0, Planter(edit))
    importlib.import_module(edit.module)  # now: other hooks may come before this one later
