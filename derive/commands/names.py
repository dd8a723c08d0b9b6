"""What a NAME stands for: one of the catalogue, or a user's own `FILE.py:function`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING

from derive import catalogue
from derive.commands import UsageError

if TYPE_CHECKING:
    from derive.derivation import Derivation, Record


def pairs(given: Iterable[str], option: str) -> dict[str, str]:
    """``a=b`` and ``a=b,c=d``, repeated or not, as a mapping."""
    found: dict[str, str] = {}
    for text in (piece for word in given for piece in word.split(",")):
        name, sign, value = text.partition("=")
        if not (name and sign and value):
            raise UsageError(f"{option} takes NAME=VALUE, got {text!r}")
        found[name.strip()] = value.strip()
    return found


def derivations(name: str) -> list[Derivation]:
    """The derivations that a name stands for: one, or all of a file, a module or a topic."""
    place, colon, function = name.partition(":")
    if not colon and not place.endswith(".py"):
        return _of_catalogue(name)
    module = _module(place)
    found = _all(module)
    if not function:
        if not found:
            raise UsageError(f"{place} has no derivation")
        return found
    named = [d for d in found if d.name == function]
    if not named:
        raise UsageError(f"{place} has no derivation {function!r}{_known(found)}")
    return named


def _known(found: list[Derivation]) -> str:
    return f"; it has {', '.join(d.name for d in found)}" if found else ""


def _of_catalogue(name: str) -> list[Derivation]:
    if name in catalogue.topics() and name not in catalogue.entries():
        names = [e.name for e in catalogue.entries().values() if e.topic == name]
        return [_listed(each) for each in names]
    return [_listed(name)]


def _listed(name: str) -> Derivation:
    try:
        return catalogue.derivation(name)
    except catalogue.UnknownName as error:
        raise UsageError(str(error)) from None
    except Exception as error:
        raise _unusable(name, error) from None


def record(name: str, conventions: Mapping[str, str]) -> Record:
    """The record of a name, `conv2d_backward.dw` for one of its parts."""
    name, part = part_of(name)
    found = derivations(name)
    if len(found) > 1:
        raise UsageError(f"{name} holds several derivations: {', '.join(d.name for d in found)}")
    try:
        whole = found[0].record(**conventions)
        return whole.part(part) if part else whole
    except ValueError as error:  # a DerivationError or a ShapeError, from the author's own lines
        raise UsageError(str(error)) from None


def part_of(name: str) -> tuple[str, str]:
    first, _, last = name.rpartition(".")
    if ":" in name:
        place, _, function = name.partition(":")
        function, _, part = function.partition(".")
        return f"{place}:{function}", part
    known = catalogue.entries()
    if last not in known and first.rpartition(".")[2] in known:
        return first, last
    return name, ""


def _module(place: str) -> ModuleType:
    """A user's module, run because it was named.

    Raises:
        UsageError: where there is none, or it fails by itself; the failure is shown in one line.
    """
    from derive.derivation.importing import module_at

    try:
        return module_at(place)
    except FileNotFoundError as error:
        raise UsageError(str(error)) from None
    except Exception as error:
        raise _unusable(place, error) from None


def _unusable(place: str, error: Exception) -> UsageError:
    return UsageError(f"{place} cannot be imported: {type(error).__name__}: {error}")


def _all(module: ModuleType) -> list[Derivation]:
    """The derivations that a module defines itself."""
    from derive.derivation import Derivation

    values = vars(module).values()
    own = [v for v in values if isinstance(v, Derivation)]
    return [d for d in own if d.function.__module__ == module.__name__]
