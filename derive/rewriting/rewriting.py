"""Rewriting a term rule by rule, with a log from which every step can be replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from derive.rewriting.algebra import rebuilt
from derive.rewriting.canonical import is_open
from derive.rewriting.rules import RULES
from derive.rewriting.rules.rule import Given, Rule
from derive.terms.contexts import Context
from derive.terms.nodes import Add, D, Mul, Sum, Term
from derive.terms.tensors import Tensor

LONGEST = 20_000
Path = tuple[int, ...]


class NotFinished(RuntimeError):
    """Rewriting that goes on and on; the message quotes the last rule."""


@dataclass(frozen=True)
class Rewrite:
    """One rule applied at one place of a term, with what it was given."""

    rule: str
    path: Path
    before: Term
    after: Term
    given: Given
    inside: bool = False  # a derivative that stays


def at(term: Term, path: Path) -> Term:
    """The subterm at a path of child numbers."""
    for k in path:
        term = term.children[k]
    return term


def replaced(term: Term, path: Path, new: Term) -> Term:
    """The term with another subterm at a path, products and sums around it kept tidy."""
    if not path:
        return new
    children = list(term.children)
    children[path[0]] = replaced(children[path[0]], path[1:], new)
    return rebuilt(term, children)


def replayed(term: Term, rewrites: Iterable[Rewrite]) -> Term:
    """The term after the named rules are applied anew, at the recorded places."""
    for rewrite in rewrites:
        node = at(term, rewrite.path)
        new = RULES[rewrite.rule].apply(node, rewrite.given)
        if new is None:
            raise ValueError(f"{rewrite.rule} does not apply at {rewrite.path}")
        term = replaced(term, rewrite.path, new)
    return term


def polynomial(term: Term) -> bool:
    """Whether rules go on below a node: sums and products, and derivatives of derivatives."""
    return isinstance(term, Add | Mul | Sum) or (is_open(term) and not is_last(term))


def is_last(term: Term) -> bool:
    """Whether a node is a derivative with none inside."""
    return isinstance(term, D) and not is_open(term.body)


def anywhere(term: Term) -> bool:
    """Whether rules go on below a node: always."""
    return True


class Rewriting:
    """A term under rewriting, with its log."""

    def __init__(self, term: Term, context: Context, varied: Tensor | None = None) -> None:
        self.term = term
        self.given = Given(context, None, varied)
        self.log: list[Rewrite] = []
        # Terms at and below which some rules have nothing to say, by what they were given.
        self.done: dict[object, set[Term]] = {}

    def exhaust(
        self,
        rules: Sequence[Rule],
        tensor: Tensor | None = None,
        enters: Callable[[Term], bool] = polynomial,
    ) -> bool:
        """Apply rules, the deepest place first, until none applies; whether one did."""
        given = replace(self.given, tensor=tensor)
        done = self.done.setdefault((tuple(rules), tensor, enters), set())
        start = len(self.log)
        while (found := self._next(self.term, (), rules, given, enters, done)) is not None:
            self.term = replaced(self.term, found.path, found.after)
            self.log.append(found)
            if len(self.log) > LONGEST:
                raise NotFinished(f"no end to the rule {found.rule!r}")
        return len(self.log) > start

    def _next(
        self,
        term: Term,
        path: Path,
        rules: Sequence[Rule],
        given: Given,
        enters: Callable[[Term], bool],
        done: set[Term],
    ) -> Rewrite | None:
        if term in done:
            return None
        for k, child in enumerate(term.children if enters(term) else ()):
            found = self._next(child, (*path, k), rules, given, enters, done)
            if found is not None:
                return replace(found, inside=True) if isinstance(term, D) else found
        for rule in rules:
            new = rule.apply(term, given)
            if new is not None and new != term:
                return Rewrite(rule.name, path, term, new, given)
        done.add(term)
        return None
