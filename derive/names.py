"""What a NAME stands for: an entry of the catalogue, or a derivation of the user's own.

Of the catalogue ``softmax_jacobian``, ``softmax.softmax_jacobian``, and ``conv2d_backward.dw`` for
one of its parts; of the user ``FILE.py:function`` and ``package.module:function``.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from derive import catalogue
from derive.catalogue import UnknownName

if TYPE_CHECKING:
    from derive.derivation import Derivation, Record


def load(name: str, **conventions: str) -> Record:
    """The record of a name, for given conventions.

    Raises:
        UnknownName: where the name stands for nothing, for several derivations, or for a module
            that fails by itself.
        ValueError: where the derivation has no such convention or part, or is badly made.

    >>> load("conv2d_backward.dw").chains.keys()
    dict_keys(['dw'])
    """
    whole, part = parted(name)
    record = derivation(whole).record(**conventions)
    return record.part(part) if part else record


def derivation(name: str) -> Derivation:
    """The one derivation that a name stands for.

    Raises:
        UnknownName: where there is none, or more than one.
    """
    found = derivations(name)
    if len(found) > 1:
        raise UnknownName(f"{name} holds several derivations: {', '.join(d.name for d in found)}")
    return found[0]


def derivations(name: str) -> list[Derivation]:
    """The derivations that a name stands for: one, or all of a file, a module or a topic.

    Raises:
        UnknownName: where there is none.
    """
    place, colon, function = name.partition(":")
    if not colon and not place.endswith(".py"):
        return [_entry(each) for each in _listed(name)]
    found = _own(place)
    named = [each for each in found if function in ("", each.name)]
    if not named:
        known = f"; it has {', '.join(d.name for d in found)}" if found else ""
        raise UnknownName(f"{place} has no derivation{f' {function!r}' * bool(function)}{known}")
    return named


def parted(name: str) -> tuple[str, str]:
    """A name without the part that it asks for, and that part.

    >>> parted("convolution.conv2d_backward.dw"), parted("softmax.softmax_jacobian")
    (('convolution.conv2d_backward', 'dw'), ('softmax.softmax_jacobian', ''))
    """
    place, colon, function = name.rpartition(":")
    if colon:
        function, _, part = function.partition(".")
        return f"{place}:{function}", part
    known = catalogue.entries()
    first, _, last = name.rpartition(".")
    if last not in known and first.rpartition(".")[2] in known:
        return first, last
    return name, ""


def _listed(name: str) -> list[str]:
    """The entries of a topic, or the one of a name."""
    if name in catalogue.entries():
        return [name]
    return [e.name for e in catalogue.entries().values() if e.topic == name] or [name]


def _entry(name: str) -> Derivation:
    try:
        return catalogue.derivation(name)
    except UnknownName:
        raise
    except Exception as error:
        raise _unusable(name, error) from None


def _own(place: str) -> list[Derivation]:
    """The derivations that a user's module defines itself; it is run because it was named."""
    from derive.derivation import Derivation

    module = _module(place)
    found = [value for value in vars(module).values() if isinstance(value, Derivation)]
    return [each for each in found if each.function.__module__ == module.__name__]


def _module(place: str) -> ModuleType:
    from derive.derivation.importing import module_at

    try:
        return module_at(place)
    except FileNotFoundError as error:
        raise UnknownName(str(error)) from None
    except Exception as error:
        raise _unusable(place, error) from None


def _unusable(place: str, error: Exception) -> UnknownName:
    """What is said of a module that fails by itself, in one line."""
    return UnknownName(f"{place} cannot be imported: {type(error).__name__}: {error}")
