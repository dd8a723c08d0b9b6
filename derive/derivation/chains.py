"""Chains: terms, each related to the one before for a reason, as a textbook prints them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from derive.derivation.errors import DerivationError
from derive.derivation.reasons import Reason, reasons_of
from derive.terms.arrays import Array, ArrayLike
from derive.terms.contexts import Context
from derive.terms.nodes import D
from derive.terms.statements import Relation, Statement
from derive.terms.structure import alpha_equal


@dataclass(frozen=True)
class Link:
    """One step of a chain: two terms over the same axes, a relation, and the reasons for it."""

    left: Array
    relation: Relation
    right: Array
    reasons: tuple[Reason, ...] = ()
    place: str = ""

    def statement(self, context: Context) -> Statement:
        """What the link claims, for every entry."""
        left = self.left
        return Statement(left.body, self.right.at(left.indices), self.relation, context)


@dataclass(frozen=True)
class Chain:
    """A first term and the links that follow it.

    >>> from derive.terms.arrays import variable
    >>> x = variable("x")
    >>> chain((x + 1) ** 2).eq(x**2 + 2 * x + 1).relation
    '='
    """

    start: Array
    links: tuple[Link, ...] = ()

    def eq(self, term: ArrayLike, by: object = ()) -> Chain:
        """The next line, equal to the one before."""
        return self.extended("=", term, reasons_of(by), _place())

    def le(self, term: ArrayLike, by: object = ()) -> Chain:
        """The next line, at least as large as the one before."""
        return self.extended("<=", term, reasons_of(by), _place())

    def ne(self, term: ArrayLike, by: object = ()) -> Chain:
        """The next line, not always equal to the one before: a counterexample is its proof."""
        return self.extended("!=", term, reasons_of(by), _place())

    def extended(
        self, relation: Relation, term: ArrayLike, reasons: tuple[Reason, ...], place: str = ""
    ) -> Chain:
        """The chain with one link more.

        Raises:
            DerivationError: where the link says nothing, has another shape than the line before,
                carries a label that is not true of it, or leaves its chain without a relation.
        """
        left, right = self.end, Array.of(term)
        where = f"{place}: " if place else ""
        if left.shape != right.shape:
            raise DerivationError(f"{where}a line of shape {right.shape} after one of {left.shape}")
        if relation != "=" and "!=" in (relation, self.relation) and self.relation != "=":
            raise DerivationError(f"{where}a != beside another relation: its ends have none")
        right = Array(left.indices, right.at(left.indices))
        if alpha_equal(left.body, right.body):
            raise DerivationError(f"{where}both sides of the link are the same term")
        for reason in reasons:
            if reason.holds is not None and not reason.holds(left.body, right.body):
                raise DerivationError(f"{where}`{reason.name}` is not what this link does")
        return Chain(self.start, (*self.links, Link(left, relation, right, reasons, place)))

    @property
    def end(self) -> Array:
        """The last line."""
        return self.links[-1].right if self.links else self.start

    @property
    def lines(self) -> tuple[Array, ...]:
        """All terms, the first one too."""
        return (self.start, *(link.right for link in self.links))

    @property
    def relation(self) -> Relation:
        """What the chain says of its ends."""
        found = [link.relation for link in self.links if link.relation != "="]
        return found[0] if found else "="

    @property
    def derives(self) -> bool:
        """Whether the chain starts from a derivative."""
        return isinstance(self.start.body, D)

    @property
    def value(self) -> Array:
        """What the chain is about: the closed form of a derivative, else its first line."""
        return self.end if self.derives else self.start

    def theorem(self, context: Context) -> Statement:
        """The first line and the last."""
        start = Array(*self.start.fresh())
        return Link(start, self.relation, self.end).statement(context)


def chain(start: ArrayLike) -> Chain:
    """A chain that starts with a term."""
    # Fresh axes are no one else's: aligning later lines with them can capture nothing.
    return Chain(Array(*Array.of(start).fresh()))


def _place() -> str:
    """The file and line in which an author wrote a link."""
    frame = sys._getframe(2)
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
