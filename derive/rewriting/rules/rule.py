"""What a rule is: a name that reads as a theorem, what it says, and how it acts at a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from derive.terms.contexts import Context
from derive.terms.nodes import Term
from derive.terms.tensors import Tensor


@dataclass(frozen=True)
class Given:
    """What a rule may look at besides the node: sizes, and the name or variable it is about."""

    context: Context = field(default_factory=Context)
    tensor: Tensor | None = None


Action: TypeAlias = Callable[[Term, Given], "Term | None"]


@dataclass(frozen=True)
class Rule:
    """A row of a table: ``apply`` gives what a node becomes, or None where the rule says nothing.

    ``gate`` is what a proof of the step needs beyond algebra: "differentiation", "definitions",
    "facts", "inverses", "log laws", or nothing.
    """

    name: str
    statement: str
    apply: Action
    gate: str = ""
    about: str = ""  # the kind of tensor that ``Given.tensor`` must be: "name", "fact", or none
    sample: Callable[[], tuple[Term, Given]] | None = None
