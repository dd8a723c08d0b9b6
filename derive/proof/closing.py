"""What a proof may leave closed: names, parts that both sides have, functions.

What holds whatever the values of a part are holds for the values that it has. So the steps of a
deep program are proved one name at a time, where all its names together, multiplied out, are too
large.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from derive.proof.differentiation import differentiated
from derive.proof.normal_form.factors import Undecided
from derive.proof.normal_form.lowering import PARTS, bracket
from derive.proof.normal_form.ring import Closed
from derive.proof.statuses import Gates
from derive.terms.nodes import At, D, Delta, Fn, Guard, Term, subterms
from derive.terms.statements import Statement
from derive.terms.structure import definitions, indices_as_written, unfolded
from derive.terms.tensors import Definition, Tensor

Reading = tuple[Statement, Closed, frozenset[str]]
LONGEST = 8_000  # nodes of a side that is written out


def readings(statement: Statement, gates: Gates) -> Iterator[Reading]:
    """A statement as it may be read, the most closed first, with the gates that this used."""
    names = closed_names(statement, gates)
    yield from _by_parts(statement, gates, names)
    yield statement, Closed(names, functions=True), frozenset()
    if names:
        yield statement, Closed(names), frozenset()


def closed_names(statement: Statement, gates: Gates) -> frozenset[Tensor]:
    """The names that a statement differentiates and does not open."""
    sides = (statement.left, statement.right)
    if not gates.differentiation or not any(_holds(side, (D,)) for side in sides):
        return frozenset()
    return frozenset(t for side in sides for t in definitions(side) if t.name) - gates.definitions


def _by_parts(statement: Statement, gates: Gates, names: frozenset[Tensor]) -> Iterator[Reading]:
    """The statement written out, where parts that both sides have are closed: all, or functions."""
    kept = _names_differentiated(statement) if gates.differentiation else frozenset()
    writing = Writing(gates, names | kept, _bodies(gates) if kept else {})
    try:
        left, right = (writing(writing.folded(side)) for side in (statement.left, statement.right))
    except Undecided:
        return
    written, used = replace(statement, left=left, right=right), frozenset(writing.used)
    for kinds in (PARTS, (Fn,)):
        parts = frozenset(_keys(left, kinds) & _keys(right, kinds))
        yield written, Closed(writing.closed, parts, functions=True), used


def _names_differentiated(statement: Statement) -> frozenset[Tensor]:
    """The names whose derivatives the last line still has."""
    found = (part.body for part in subterms(statement.right) if isinstance(part, D))
    return frozenset(body.tensor for body in found if isinstance(body, At) and body.tensor.name)


@dataclass
class Writing:
    """Terms with their derivatives carried out and their open names opened."""

    gates: Gates
    closed: frozenset[Tensor]
    bodies: dict[object, tuple[Tensor, tuple[int, ...]]]
    used: dict[str, None] = field(default_factory=dict)
    _known: dict[Term, Term] = field(default_factory=dict)
    _lengths: dict[Term, int] = field(default_factory=dict)

    def __call__(self, term: Term) -> Term:
        """The term written out.

        Raises:
            Undecided: where it is so long that looking for common parts costs more than a proof.
        """
        found = self._known.get(term)
        if found is None:
            inner = self._opened(term)
            found = inner.rebuilt(map(self, inner.children)) if inner.children else inner
            self._known[term] = found
            length = 1 + sum(self._lengths.get(child, 1) for child in found.children)
            self._lengths[found] = length
            if length > LONGEST:
                raise Undecided("too long to be written out")
        return found

    def _opened(self, term: Term) -> Term:
        while True:
            if isinstance(term, D) and self.gates.differentiation and not self._stays(term.body):
                self.used["differentiation"] = None
                term = differentiated(term, self.closed)
            elif isinstance(term, At) and self._is_open(term.tensor):
                if term.tensor.name:
                    self.used[f"definition of {term.tensor.name}"] = None
                term = unfolded(term)
            else:
                return term

    def _stays(self, body: Term) -> bool:
        return isinstance(body, At) and body.tensor in self.closed

    def _is_open(self, tensor: Tensor) -> bool:
        named = not tensor.name or tensor in self.gates.definitions
        return named and isinstance(tensor.origin, Definition)

    def folded(self, term: Term) -> Term:
        """A term whose parts that have a name in the last line are written by it.

        Not under a derivative by such a name, of which what it stands for is no function.
        """
        by_name = isinstance(term, D) and term.variable.tensor in self.gates.definitions
        if not self.bodies or not term.children or by_name:
            return term
        term = term.rebuilt(map(self.folded, term.children))
        found = self.bodies.get(bracket(term))
        if found is None:
            return term
        self.used[f"definition of {found[0].name}"] = None
        free = indices_as_written(term)
        return At(found[0], [free[place] for place in found[1]])


def _bodies(gates: Gates) -> dict[object, tuple[Tensor, tuple[int, ...]]]:
    """The names that are open, by what they stand for, with the places of their indices in it."""
    found: dict[object, tuple[Tensor, tuple[int, ...]]] = {}
    for tensor in sorted(gates.definitions, key=str):
        origin = tensor.origin
        if isinstance(origin, Definition):
            free = indices_as_written(origin.body)
            if set(free) == set(origin.indices):
                places = tuple(free.index(index) for index in origin.indices)
                found[bracket(origin.body)] = (tensor, places)
    return found


def _keys(term: Term, kinds: tuple[type[Term], ...]) -> set[object]:
    return {
        bracket(part)
        for part in dict.fromkeys(subterms(term))
        if isinstance(part, kinds) and not _holds(part, (D, Delta, Guard))
    }


def _holds(term: Term, kinds: tuple[type[Term], ...]) -> bool:
    return any(isinstance(part, kinds) for part in subterms(term))
