"""The mathematics of machine learning, derived step by step, every step machine-checked.

The public names are imported on first use, so `import derive` itself loads neither SymPy nor NumPy.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derive.derivation import D as D
    from derive.derivation import chain as chain
    from derive.derivation import define as define
    from derive.derivation import derivation as derivation
    from derive.language import grad as grad
    from derive.language import prove as prove
    from derive.names import load as load
    from derive.verification import verify as verify

__version__ = "0.1.0"

# Each public name and the module that has it: the same table as the imports above, for run time.
_PUBLIC = {
    "D": "derive.derivation",
    "chain": "derive.derivation",
    "define": "derive.derivation",
    "derivation": "derive.derivation",
    "grad": "derive.language",
    "load": "derive.names",
    "prove": "derive.language",
    "verify": "derive.verification",
}


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_PUBLIC, "__version__"])


class _Package(ModuleType):
    """A package in which a public name is never replaced by the module of the same name.

    Importing `derive/derivation.py` binds the attribute `derive.derivation` to that module;
    without this class `from derive import derivation` would then be the module and no decorator.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _PUBLIC and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
