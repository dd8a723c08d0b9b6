"""A step of a derivation: what it says, what it rests on, and how it is replayed."""

from __future__ import annotations

from dataclasses import dataclass

from derive.rewriting.rewriting import Rewrite, replayed
from derive.rewriting.rules import RULES, facts
from derive.terms.contexts import Context
from derive.terms.nodes import Term
from derive.terms.tensors import Fact, Tensor


@dataclass(frozen=True)
class Step:
    """One visible step ``before = after``: what it rests on, and the rewrites that it groups."""

    before: Term
    after: Term
    rewrites: tuple[Rewrite, ...]
    context: Context

    @property
    def rule(self) -> str:
        """The rule that says most about the step."""
        return self.rules[0]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that were used, each once, in order."""
        return tuple(dict.fromkeys(rewrite.rule for rewrite in self.rewrites))

    @property
    def reason(self) -> str:
        """The rules in words."""
        return ", then ".join(self.rules)

    @property
    def gates(self) -> frozenset[str]:
        """What a proof needs: "differentiation", "definitions", "facts", "inverses"."""
        return frozenset(RULES[rule].gate for rule in self.rules if RULES[rule].gate)

    @property
    def definitions(self) -> tuple[Tensor, ...]:
        """The names that were put for their meaning, or the other way round."""
        about = [r.tensor for r in self.rewrites if RULES[r.rule].about == "name"]
        return tuple(dict.fromkeys(tensor for tensor in about if tensor is not None))

    @property
    def facts(self) -> tuple[tuple[Tensor, Fact], ...]:
        """The declared facts that were used."""
        found = {
            (tensor, Fact(kind)): None
            for r in self.rewrites
            if r.tensor is not None
            for tensor, kind in facts.facts_of(RULES[r.rule], r.tensor)
        }
        return tuple(found)

    def replayed(self) -> Term:
        """What the rules make of ``before`` when they are applied anew."""
        return replayed(self.before, self.rewrites, self.context)
