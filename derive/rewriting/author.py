"""The author of a derivation: goes through its ideas in order and keeps each as one step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from derive.rewriting import naming
from derive.rewriting.algebra import is_negative, minus_sum
from derive.rewriting.canonical import canonical, is_open, length
from derive.rewriting.rewriting import Rewriting, anywhere
from derive.rewriting.rules import (
    arithmetic,
    deltas,
    differentiation,
    facts,
    functions,
    inverses,
    names,
    sigmoids,
    sums,
    symmetry,
    weights,
)
from derive.rewriting.steps import Step
from derive.terms.contexts import Context
from derive.terms.nodes import At, D, Fn, Term, subterms
from derive.terms.structure import definitions, reachable, tensors
from derive.terms.tensors import Definition, Tensor

CONTRACTING = (
    *deltas.RULES,
    *sums.RULES,
    *arithmetic.RULES,
    *functions.RULES,
    arithmetic.POWER_OF_PRODUCT,
    *inverses.RULES,
)
COLLECTING = (
    *CONTRACTING,
    deltas.RENAMING,
    weights.SPELT_OUT,
    sums.SPLITTING,
    functions.DENOMINATORS,
    *arithmetic.COLLECTING,
    sums.MERGING,
)
PREPARING = (
    arithmetic.SQUARE_OF_ROOT,
    sigmoids.SIGMOID,
    functions.SOFTPLUS,
    inverses.DETERMINANT,
)
"""What is better written otherwise before it is differentiated."""
ROUNDS = 400
SHORT = 14  # symbols that a last line may have with its names spelt out
LONG = 16  # symbols from which an adjoint gets a name


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
    kept: list[Tensor] = field(default_factory=list)  # names that a last line may keep
    known: dict[Tensor, None] = field(default_factory=dict)
    outside: At | None = None

    def derived(self, start: Term, outside: At | None = None) -> Term:
        """The term with its derivative carried out; ``outside`` is a derivative still around it."""
        self.outside = outside
        self.known.update(dict.fromkeys(definitions(start)))
        work = Rewriting(start, self.context, self.by if outside is not None else None)
        self._idea(work, self._name)
        for _ in range(ROUNDS):
            self._idea(work, self._differentiate)
            self._idea(work, self._contract)
            if not is_open(work.term):
                break
        else:
            raise NoRule(f"no end to the derivative of {_open(work.term)[0].body!r}")
        self._idea(work, self._collect)
        if outside is None:
            self._idea(work, self._show)
        return work.term

    def _idea(self, work: Rewriting, idea: Callable[[Rewriting], object]) -> None:
        """Carry an idea out, and keep what it did as a step."""
        before, mark = work.term, len(work.log)
        idea(work)
        if len(work.log) > mark:
            step = Step(before, work.term, tuple(work.log[mark:]))
            self.steps.append(step if self.outside is None else _under(step, self.outside))

    def _name(self, work: Rewriting) -> None:
        work.exhaust(PREPARING, None, anywhere)
        work.exhaust((sigmoids.OF_NEGATIVE,), None, anywhere)  # after exp(u) / (1 + exp(u))
        if _of_both_signs(work.term):
            work.exhaust((functions.OTHER_SIDE,), None, anywhere)
        taken = naming.taken_names(work.term)
        for tensor in tuple(self.known):
            if naming.stands_for_normaliser(tensor):
                self._probabilities(work, tensor, taken)
        refused: set[Term] = set()
        while (found := self._next_name(work.term, refused)) is not None:
            role, body = found
            refused.add(body)
            tensor = naming.named(naming.free_name(role, taken), body)
            self._introduce(work, tensor, taken)
            if role == "normaliser":
                self._probabilities(work, tensor, taken)

    def _next_name(self, term: Term, refused: set[Term]) -> tuple[str, Term] | None:
        worthy = naming.worth_naming(term, self.by)
        return next((pair for pair in worthy if pair[1] not in refused), None)

    def _probabilities(self, work: Rewriting, normaliser: Tensor, taken: set[str]) -> None:
        if not any(naming.divides_by(tensor, normaliser) for tensor in self.known):
            name = naming.free_name("probabilities", taken)
            self.kept.append(naming.probabilities(normaliser, name))
            self._introduce(work, self.kept[-1], taken)

    def _introduce(self, work: Rewriting, tensor: Tensor, taken: set[str]) -> None:
        taken.add(tensor.name)
        self.own_names.append(tensor)
        self.known[tensor] = None
        work.exhaust((names.FOLD,), tensor, anywhere)

    def _differentiate(self, work: Rewriting) -> None:
        left = _open(work.term)
        named = [
            d.body.tensor for d in left if isinstance(d.body, At) and _is_named(d.body, self.by)
        ]
        if len(named) == len(left):
            self._through_latest(work, named)
        if not work.exhaust(differentiation.RULES) and len(named) < len(left):
            stuck = next(d.body for d in left if not _is_named(d.body, self.by))
            raise NoRule(f"no rule for the derivative of {stuck!r}")

    def _through_latest(self, work: Rewriting, named: list[Tensor]) -> None:
        """Go on with the name that no other open name is made from: one adjoint each."""
        latest = [tensor for tensor in reachable(work.term) if tensor in named][-1]
        if named.count(latest) > 1:
            work.exhaust((sums.COMMON_DERIVATIVE,))
            self._name_adjoint(work, latest)
        work.exhaust((differentiation.THROUGH_NAME,), latest)

    def _name_adjoint(self, work: Rewriting, latest: Tensor) -> None:
        for body in naming.adjoints(work.term, latest):
            if length(body) >= LONG:
                taken = naming.taken_names(work.term) | {t.name for t in self.known}
                name = naming.adjoint_name(latest, taken)
                self._introduce(work, naming.named(name, body), taken)

    def _contract(self, work: Rewriting) -> None:
        self._fold(work)
        work.exhaust(CONTRACTING)
        if self._fold(work):
            work.exhaust(CONTRACTING)
        for tensor in tensors(work.term):
            if tensor != self.by and work.exhaust((weights.SIMPLEX, weights.SOFTMAX), tensor):
                work.exhaust(CONTRACTING)

    def _fold(self, work: Rewriting) -> bool:
        mark = len(work.log)
        for tensor in self.known:
            work.exhaust((names.FOLD,), tensor, anywhere)
        return len(work.log) > mark

    def _collect(self, work: Rewriting) -> None:
        for _ in range(ROUNDS):
            changed = work.exhaust(COLLECTING) | work.exhaust(sigmoids.SIGMOIDS)
            changed |= work.exhaust((symmetry.SYMMETRY,))
            for tensor in tensors(work.term):
                changed |= work.exhaust(facts.ABOUT_ONE, tensor)
            changed |= self._fold(work)
            if not changed:
                return

    def _show(self, work: Rewriting) -> None:
        """Names of our own that a short result shows once are put back."""
        if isinstance(work.term, At) and work.term.tensor in self.own_names:
            work.exhaust((names.UNFOLD,), work.term.tensor)
        for tensor in reversed(self.own_names):
            shown = [p for p in subterms(work.term) if isinstance(p, At) and p.tensor == tensor]
            if len(shown) == 1 and tensor not in self.kept and self._is_short(work, tensor):
                work.exhaust((names.UNFOLD,), tensor, anywhere)
        work.exhaust((arithmetic.SIGN_OF_BRACKET,))

    def _is_short(self, work: Rewriting, tensor: Tensor) -> bool:
        assert isinstance(tensor.origin, Definition)
        return length(work.term) + length(tensor.origin.body) <= SHORT


def _of_both_signs(term: Term) -> bool:
    """Whether a term has both ``sigmoid(u)`` and ``sigmoid(-u)``."""
    found = [
        p.arguments[0] for p in subterms(term) if isinstance(p, Fn) and p.function == "sigmoid"
    ]
    keys = {canonical(u) for u in found}
    return any(canonical(minus_sum(u)) in keys for u in found if is_negative(u))


def _is_named(body: Term, by: Tensor) -> bool:
    """Whether a term is an entry of a name that stands for something."""
    if not isinstance(body, At) or body.tensor == by:
        return False
    return isinstance(body.tensor.origin, Definition)


def _open(term: Term) -> list[D]:
    """The derivatives that are not yet carried out, none inside another."""
    return [p for p in subterms(term) if isinstance(p, D) and not is_open(p.body)]


def _under(step: Step, outside: At) -> Step:
    """The step inside a derivative."""
    moved = tuple(
        replace(rewrite, path=(0, *rewrite.path), inside=True) for rewrite in step.rewrites
    )
    return Step(D(step.before, outside), D(step.after, outside), moved)
