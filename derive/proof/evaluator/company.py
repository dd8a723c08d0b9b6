"""Terms evaluated at the same points, each value once: the lines of a derivation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Generic, TypeAlias, TypeVar

from derive.proof.evaluator.arithmetic import Arithmetic, Undecidable
from derive.proof.evaluator.closures import CLOSURES
from derive.proof.evaluator.degrees import Degrees
from derive.proof.evaluator.draws import Source
from derive.proof.evaluator.points import Point
from derive.proof.evaluator.programs import Program
from derive.proof.evaluator.sampling import drawn, residue_sources, sources
from derive.proof.evaluator.selection import Selection
from derive.proof.evaluator.shapes import Shape
from derive.proof.evaluator.survey import Survey, statement_indices
from derive.terms.contexts import Context
from derive.terms.nodes import Term
from derive.terms.sizes import Size

Item = TypeVar("Item")
Draws: TypeAlias = "dict[tuple[tuple[str, int], ...], Repeatable[Point]]"  # by shape
DRAWS = 40  # before a shape is given up for lost


class Company:
    """The points at which some terms are looked at, and the programs that know them.

    The right side of a step is the left side of the next: what was found of one serves the other.
    """

    def __init__(self, found: Survey, seed: int) -> None:
        self.found = found
        self.seed = seed
        self.programs: dict[tuple[object, ...], Program] = {}
        self.bounds: dict[tuple[tuple[str, int], ...], Degrees] = {}
        self.real: Draws = {}
        self.modular: Draws = {}
        self.selections: dict[tuple[object, ...], tuple[Selection, Repeatable[Shape]]] = {}

    def covers(self, found: Survey) -> bool:
        """Whether the points have values of all that a statement speaks of."""
        known, derivatives = self.found, self.found.derivatives
        return (
            derivatives >= found.derivatives
            and set(known.tensors) >= {t for t in found.tensors if t.is_variable}
            and set(known.functions) >= set(found.functions)
        )

    def program(self, shape: Shape, arithmetic: Arithmetic) -> Program:
        """The program for a shape and a kind of numbers."""
        key = (tuple(shape.items()), arithmetic.name)
        if key not in self.programs:
            self.programs[key] = Program(CLOSURES, shape, arithmetic)
        return self.programs[key]

    def degrees(self, shape: Shape) -> Degrees:
        """The bounds for degrees at a shape."""
        return self.bounds.setdefault(tuple(shape.items()), Degrees(shape))

    def points(self, shape: Shape) -> Iterator[Point]:
        """Points of a shape, dyadic numbers for all variables; each shape has its first scale."""
        return self._points(shape, self.real, sources(self.seed, len(self.real)))

    def residues(self, shape: Shape) -> Iterator[Point]:
        """Points of a shape, residues for all variables."""
        return self._points(shape, self.modular, residue_sources(self.seed))

    def _points(self, shape: Shape, known: Draws, fresh: Iterator[Source]) -> Iterator[Point]:
        key = tuple(shape.items())
        if key not in known:
            known[key] = Repeatable(self._drawn(shape, islice(fresh, DRAWS)))
        return iter(known[key])

    def _drawn(self, shape: Shape, left: Iterator[Source]) -> Iterator[Point]:
        for source in left:
            try:
                yield drawn(self.found, shape, source)
            except Undecidable:
                continue

    def selection(
        self, context: Context, sides: Sequence[Term], bounds: Sequence[Size]
    ) -> tuple[Selection, Repeatable[Shape]]:
        """The shapes for a statement: those of the first that has its free indices."""
        key = (context, statement_indices(sides), tuple(bounds))
        if key not in self.selections:
            chosen = Selection(self.found, context, sides, bounds)
            self.selections[key] = chosen, Repeatable(chosen.shapes(self.seed))
        return self.selections[key]


class Repeatable(Generic[Item]):
    """What an iterator gives, as often as it is asked for."""

    def __init__(self, left: Iterator[Item]) -> None:
        self.left = left
        self.known: list[Item] = []

    def __iter__(self) -> Iterator[Item]:
        position = 0
        while position < len(self.known) or self._one_more():
            yield self.known[position]
            position += 1

    def _one_more(self) -> bool:
        more = list(islice(self.left, 1))
        self.known += more
        return bool(more)
