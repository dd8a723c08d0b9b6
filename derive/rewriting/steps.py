"""A step of a derivation: what it says, what it rests on, and how it is replayed."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from derive.rewriting.canonical import is_open
from derive.rewriting.rewriting import Rewrite, replayed
from derive.rewriting.rules import RULES, facts, names, sums, symmetry, weights
from derive.rewriting.rules.differentiation import THROUGH_NAME
from derive.terms.nodes import At, Term
from derive.terms.structure import definitions
from derive.terms.tensors import Fact, Tensor

ROUTINE = (
    "linearity",
    "constant factor",
    "derivative of a constant",
    "factors leave a sum",
    "value of a number",
    "like terms",
    "powers of one base",
    "power of a product",
    "order of summation",
    "delta is multiplied out of brackets",
    "sign of a bracket",
    sums.SPLITTING.name,
    "sum rule",
    "derivative of an entry",
    THROUGH_NAME.name,
    names.FOLD.name,
)
"""What goes without saying where something else is said, the most routine first."""
HOUSEKEEPING = {
    "factors leave a sum",
    "order of summation",
    "like terms",
    "powers of one base",
    "power of a product",
    "value of a number",
    "sign of a bracket",
}
# Rules that look into what a name stands for, and into the names in that.
ABOUT_MEANINGS = {
    rule.name for rule in (weights.SOFTMAX, weights.DEVIATIONS, weights.WEIGHTED, weights.OFFSET)
}
MOST = 10  # visible steps
SAID = 3  # rules that a reason names


@dataclass(frozen=True)
class Step:
    """One visible step ``before = after``: what it rests on, and the rewrites that it groups."""

    before: Term
    after: Term
    rewrites: tuple[Rewrite, ...]

    @property
    def rule(self) -> str:
        """The rule that says most about the step."""
        return max(self.rules, key=_weight)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that were used, each once, in order."""
        return tuple(dict.fromkeys(rewrite.rule for rewrite in self.rewrites))

    @property
    def reason(self) -> str:
        """The rules that say most, in words and in order."""
        said = sorted(self.rules, key=_weight, reverse=True)[:SAID]
        return ", then ".join(_words(rule, self.rewrites) for rule in self.rules if rule in said)

    @property
    def gates(self) -> frozenset[str]:
        """What a proof needs: "differentiation", "definitions", "facts", "inverses"."""
        gates = {RULES[rule].gate for rule in self.rules if RULES[rule].gate}
        if any(rewrite.inside or is_open(rewrite.before) for rewrite in self.rewrites):
            gates.add("differentiation")
        if any(symmetry.transposes_inverse(rewrite) for rewrite in self.rewrites):
            gates.add("inverses")
        return frozenset(gates if self.facts else gates - {"facts"})

    @property
    def definitions(self) -> tuple[Tensor, ...]:
        """The names that were put for their meaning, or the other way round."""
        about = (tensor for rewrite in self.rewrites for tensor in _named(rewrite))
        return tuple(dict.fromkeys(about))

    @property
    def facts(self) -> tuple[tuple[Tensor, Fact], ...]:
        """The declared facts that were used."""
        used = (pair for rewrite in self.rewrites for pair in facts.facts_of(rewrite))
        return tuple(dict.fromkeys((tensor, Fact(kind)) for tensor, kind in used))

    def replayed(self) -> Term:
        """What the rules make of ``before`` when they are applied anew."""
        return replayed(self.before, self.rewrites)


def _named(rewrite: Rewrite) -> tuple[Tensor, ...]:
    """The names that a rewrite looks behind."""
    tensor = rewrite.given.tensor
    if tensor is None or RULES[rewrite.rule].about != "name":
        return facts.meanings_used(rewrite)
    if rewrite.rule in ABOUT_MEANINGS:
        return definitions(At(tensor, [0] * len(tensor.shape)))
    return (tensor,)


def _weight(rule: str) -> int:
    return ROUTINE.index(rule) if rule in ROUTINE else len(ROUTINE)


def _words(rule: str, rewrites: Sequence[Rewrite]) -> str:
    """A rule's name, with the names that it is about."""
    mine = [rewrite for rewrite in rewrites if rewrite.rule == rule]
    if RULES[rule].about != "name":
        meant = _listed(dict.fromkeys(t.name for r in mine for t in facts.meanings_used(r)))
        return f"{rule} by definition of {meant}" if meant else rule
    tensors = dict.fromkeys(rewrite.given.tensor for rewrite in mine)
    known = _listed(t.name for t in tensors if t is not None and t.name)
    if rule == THROUGH_NAME.name:
        return f"chain rule through {known}" if known else "chain rule"
    if rule in (names.FOLD.name, names.UNFOLD.name) and known:
        return f"definition of {known}"
    return rule


def _listed(words: Iterable[str]) -> str:
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def joined(first: Step, second: Step) -> Step:
    """Two steps that follow each other as one."""
    return Step(first.before, second.after, first.rewrites + second.rewrites)


def grouped(steps: Sequence[Step]) -> tuple[Step, ...]:
    """At most ten steps: housekeeping joins the step before it, then the shortest pairs join."""
    shown: list[Step] = []
    for step in steps:
        if shown and set(step.rules) <= HOUSEKEEPING:
            shown[-1] = joined(shown[-1], step)
        else:
            shown.append(step)
    while len(shown) > MOST:
        sizes = [len(a.rewrites) + len(b.rewrites) for a, b in itertools.pairwise(shown)]
        k = sizes.index(min(sizes))
        shown[k : k + 2] = [joined(shown[k], shown[k + 1])]
    return tuple(shown)
