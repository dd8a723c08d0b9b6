"""How certain a statement is, and what that rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from derive.terms.nodes import Term
from derive.terms.statements import Assumption, Statement
from derive.terms.tensors import Fact, Tensor


class Status(IntEnum):
    """From the weakest to the strongest; a record's status is its weakest step's."""

    REFUTED = 0
    UNPROVED = 1
    CHECKED = 2
    CITED = 3
    PROVED = 4

    @property
    def mark(self) -> str:
        """The sign shown beside a step."""
        return "✘?≈†✔"[self]

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Counterexample:
    """A concrete real point at which the two sides differ, with certified separation.

    ``values`` holds an entry ``name -> nested lists`` of exact fractions for each variable,
    ``indices`` the values of the free indices by name.
    """

    sizes: Mapping[str, int]
    indices: Mapping[str, int]
    values: Mapping[str, object]
    left: float
    right: float


@dataclass(frozen=True)
class Evidence:
    """What the independent evaluator saw. Agreement is evidence, never proof."""

    outcome: Literal["agrees", "differs", "undecided"]
    points: int = 0
    shapes: tuple[Mapping[str, int], ...] = ()
    method: str = ""  # "modulo a 61-bit prime", "intervals of 50 digits"
    counterexample: Counterexample | None = None
    reason: str = ""


@dataclass(frozen=True)
class Gates:
    """What a proof may use beyond algebra. Nothing is used that is not named here."""

    differentiation: bool = False
    definitions: frozenset[Tensor] = frozenset()
    facts: frozenset[tuple[Tensor, Fact]] = frozenset()
    inverses: bool = False  # inv(M) M = I, laws of det and logdet
    clearing: tuple[Tensor, ...] = ()  # multiply an equation by these matrices
    log_laws: bool = False  # log(a b) = log a + log b for positive a, b
    lemmas: tuple[Statement, ...] = ()  # statements proved elsewhere, already instantiated
    induction: str = ""  # the named size that an induction runs over
    witness: Term | None = None  # right - left, as a term whose sign is plain


@dataclass(frozen=True)
class Verdict:
    """A status with what it rests on: assumptions, the evaluator's evidence, the reason if none."""

    status: Status
    assumptions: tuple[Assumption, ...] = ()
    evidence: Evidence | None = None
    reason: str = ""
    used: frozenset[str] = field(default_factory=frozenset)  # names of the gates that worked
