"""The list of identities, and what entering one takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from benchmarks.statements import everything
from derive.proof.statuses import Gates
from derive.terms.arrays import Array
from derive.terms.nodes import At
from derive.terms.statements import Statement
from derive.terms.tensors import Tensor


@dataclass(frozen=True)
class Identity:
    """A statement with the gates of its proof."""

    statement: Statement
    gates: Gates


IDENTITIES: dict[str, Callable[[], Identity]] = {}


def identity(function: Callable[[], Identity | Statement]) -> Callable[[], Identity]:
    """Enter a function into the list; a bare statement is proved with the usual gates."""
    if function.__name__ in IDENTITIES:
        raise ValueError(f"two identities are called {function.__name__}")

    @wraps(function)
    def stated() -> Identity:
        found = function()
        return found if isinstance(found, Identity) else with_gates(found)

    IDENTITIES[function.__name__] = stated
    return stated


def with_gates(statement: Statement, **more: Any) -> Identity:
    """An identity whose proof may use all that occurs, and what is named."""
    return Identity(statement, everything(statement, **more))


def tensor_of(named: Array) -> Tensor:
    """The tensor whose entries an array is."""
    assert isinstance(named.body, At)
    return named.body.tensor
