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
    """What a rule may look at besides the node.

    ``tensor`` is the name or variable that the rule is about; declared facts of ``varied`` may not
    be used, nor those of what is made from it: a derivative by it is still to come.
    """

    context: Context = field(default_factory=Context)
    tensor: Tensor | None = None
    varied: Tensor | None = None


Action: TypeAlias = Callable[[Term, Given], "Term | None"]


@dataclass(frozen=True, eq=False)
class Rule:
    """A row of a table: ``apply`` gives what a node becomes, or None where the rule says nothing.

    It depends on nothing but the node and what is given.

    ``gate`` is what a proof of the step needs beyond algebra: "differentiation", "definitions",
    "facts", "inverses", "log laws", or nothing.
    """

    name: str
    statement: str
    apply: Action
    gate: str = ""
    about: str = ""  # what ``Given.tensor`` must be: a "name", a tensor with a "fact", or nothing

    @property
    def sample(self) -> Callable[[], tuple[Term, Given]] | None:
        """A term at which the rule acts, with what it is given."""
        from derive.rewriting.rules.samples import SAMPLES

        return SAMPLES.get(self.name)
