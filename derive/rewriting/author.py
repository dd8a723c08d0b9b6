"""The author of a derivation: goes through its ideas in order and keeps each as one step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from derive.rewriting import naming
from derive.rewriting.canonical import length, tensor_depends
from derive.rewriting.rewriting import Rewrite, Rewriting, anywhere
from derive.rewriting.rules import arithmetic, deltas, differentiation, facts, inverses, names, sums
from derive.rewriting.rules.rule import Rule
from derive.rewriting.steps import Step
from derive.terms.contexts import Context
from derive.terms.nodes import At, D, Term, subterms
from derive.terms.structure import definitions, reachable, tensors
from derive.terms.tensors import Definition, Tensor

CONTRACTING = (
    *deltas.RULES,
    *sums.RULES,
    *arithmetic.RULES,
    arithmetic.POWER_OF_PRODUCT,
    *inverses.RULES,
)
COLLECTING = (*CONTRACTING, deltas.RENAMING, *arithmetic.COLLECTING, sums.MERGING)
ROUNDS = 50
SHORT = 14  # symbols that a last line may have with its names spelt out


class NoRule(ValueError):
    """A derivative for which there is no rule; the message quotes it."""


@dataclass
class Author:
    """Derives by one variable; remembers the names that are in use."""

    body: Term
    by: Tensor
    context: Context
    steps: list[Step] = field(default_factory=list)
    own_names: list[Tensor] = field(default_factory=list)
    outside: At | None = None

    def derived(self, start: Term, outside: At | None = None) -> Term:
        """The term with its derivative carried out; ``outside`` is a derivative still around it."""
        work = Rewriting(start, self.context)
        self.outside = outside
        self._idea(work, self._name)
        for _ in range(ROUNDS):
            self._idea(work, self._differentiate)
            self._idea(work, self._contract)
            if not _open(work.term):
                break
        else:
            raise NoRule(f"no rule for the derivative of {_open(work.term)[0].body!r}")
        self._idea(work, self._collect)
        self._idea(work, self._show)
        return work.term

    def _idea(self, work: Rewriting, idea: Callable[[Rewriting], object]) -> None:
        """Carry an idea out, and keep what it did as a step."""
        before, mark = work.term, len(work.log)
        idea(work)
        if len(work.log) > mark:
            step = Step(before, work.term, tuple(work.log[mark:]), self.context)
            self.steps.append(step if self.outside is None else _under(step, self.outside))

    def _known(self, term: Term) -> tuple[Tensor, ...]:
        """The names that may be put into a term."""
        return tuple(dict.fromkeys((*definitions(term), *self.own_names)))

    def _name(self, work: Rewriting) -> None:
        taken = naming.taken_names(work.term)
        for _ in range(ROUNDS):
            found = next(naming.worth_naming(work.term, self.by), None)
            if found is None:
                return
            role, body = found
            self._introduce(work, naming.named(naming.free_name(role, taken), body), taken)
            if role == "normaliser":
                name = naming.free_name("probabilities", taken)
                tensor = naming.probabilities(self.own_names[-1], name)
                self._introduce(work, tensor, taken)

    def _introduce(self, work: Rewriting, tensor: Tensor, taken: set[str]) -> None:
        taken.add(tensor.name)
        self.own_names.append(tensor)
        work.exhaust((names.FOLD,), tensor, anywhere)

    def _differentiate(self, work: Rewriting) -> None:
        left = _open(work.term)
        named = [d.body.tensor for d in left if isinstance(d.body, At)]
        named = [t for t in named if isinstance(t.origin, Definition) and t != self.by]
        if len(named) == len(left):
            latest = [t for t in reachable(work.term) if t in named][-1]
            work.exhaust(differentiation.THROUGH_NAMES, latest)
        if not work.exhaust(differentiation.RULES) and len(named) < len(left):
            raise NoRule(f"no rule for the derivative of {left[0].body!r}")

    def _contract(self, work: Rewriting) -> None:
        self._fold(work)
        work.exhaust(CONTRACTING)
        if self._fold(work):
            work.exhaust(CONTRACTING)

    def _fold(self, work: Rewriting) -> bool:
        known = self._known(work.term)
        return any([work.exhaust((names.FOLD,), tensor, anywhere) for tensor in known])

    def _collect(self, work: Rewriting) -> None:
        for _ in range(ROUNDS):
            changed = work.exhaust(COLLECTING) | work.exhaust(arithmetic.SIGMOIDS)
            for tensor in tensors(work.term):
                if self._may_use(tensor, self.outside):
                    changed |= work.exhaust(facts.RULES, tensor)
            if not changed:
                return

    def _may_use(self, tensor: Tensor, outside: At | None) -> bool:
        """A fact about the variable says nothing of entries that vary one by one."""
        return outside is None or not self.by.facts or not tensor_depends(tensor, self.by)

    def _show(self, work: Rewriting) -> None:
        """Names of our own that the result shows once are put back."""
        for tensor in reversed(self.own_names):
            shown = [p for p in subterms(work.term) if isinstance(p, At) and p.tensor == tensor]
            if len(shown) == 1 and self._is_short(work, tensor):
                work.exhaust((names.UNFOLD,), tensor, anywhere)

    def _is_short(self, work: Rewriting, tensor: Tensor) -> bool:
        assert isinstance(tensor.origin, Definition)
        return length(work.term) + length(tensor.origin.body) <= SHORT


def _open(term: Term) -> list[D]:
    """The derivatives that are not yet carried out, none inside another."""
    return [p for p in subterms(term) if isinstance(p, D) and not _has_derivative(p.body)]


def _has_derivative(term: Term) -> bool:
    return any(isinstance(part, D) for part in subterms(term))


def _under(step: Step, outside: At) -> Step:
    """The step inside a derivative."""
    moved = tuple(replace(rewrite, path=(0, *rewrite.path)) for rewrite in step.rewrites)
    before, after = D(step.before, outside), D(step.after, outside)
    return replace(step, before=before, after=after, rewrites=moved)


__all__ = ["Author", "NoRule", "Rewrite", "Rule", "length"]
