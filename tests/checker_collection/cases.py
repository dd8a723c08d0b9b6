"""How a case of the collection is declared: a function, what it claims to be, and if it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """One implementation, what it is held to, and words that the report has to say of it."""

    subject: Any
    against: str
    right: bool
    says: tuple[str, ...] = ()
    let: Sequence[str] = ()
    wrt: Sequence[str] = ()
    kind: str = "gradient"
    conventions: Mapping[str, str] = field(default_factory=dict)
    name: str = ""

    def __str__(self) -> str:
        return f"{'right' if self.right else 'wrong'}-{self.name}"


CASES: list[Case] = []


def right(against: str, **options: Any) -> Callable[[Any], Any]:
    """Mark a function or class as a right implementation."""
    return _marked(against, True, options)


def wrong(against: str, *says: str, **options: Any) -> Callable[[Any], Any]:
    """Mark a function or class as a wrong implementation, with what should be said of it."""
    return _marked(against, False, {"says": says, **options})


def _marked(against: str, good: bool, options: dict[str, Any]) -> Callable[[Any], Any]:
    def marked(subject: Any) -> Any:
        CASES.append(Case(subject, against, good, name=subject.__name__, **options))
        return subject

    return marked


def pair(against: str, forward: Any, backward: Any, good: bool, *says: str, **options: Any) -> None:
    """Add a forward and a backward function that belong together."""
    name = backward.__name__
    CASES.append(Case((forward, backward), against, good, says, name=name, **options))
