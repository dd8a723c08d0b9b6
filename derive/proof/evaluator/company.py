"""Terms evaluated at the same points, each value once: the lines of a derivation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from derive.proof.evaluator.arithmetic import Arithmetic, Undecidable
from derive.proof.evaluator.draws import Source
from derive.proof.evaluator.points import Point
from derive.proof.evaluator.programs import Program
from derive.proof.evaluator.sampling import drawn, residue_sources, sources
from derive.proof.evaluator.shapes import Shape
from derive.proof.evaluator.survey import Survey

DRAWS = 40  # before a shape is given up for lost


class Company:
    """The points at which some terms are looked at, and the programs that know them.

    The right side of a step is the left side of the next: what was found of one serves the other.
    """

    def __init__(self, found: Survey, seed: int) -> None:
        self.found = found
        self.seed = seed
        self.programs: dict[tuple[object, ...], Program] = {}
        self.draws: dict[tuple[object, ...], Draws] = {}

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
            self.programs[key] = Program(shape, arithmetic)
        return self.programs[key]

    def points(self, shape: Shape) -> Iterator[Point]:
        """Points of a shape, dyadic numbers for all variables."""
        return self._points(shape, sources)

    def residues(self, shape: Shape) -> Iterator[Point]:
        """Points of a shape, residues for all variables."""
        return self._points(shape, residue_sources)

    def _points(self, shape: Shape, kind: Callable[[int], Iterator[Source]]) -> Iterator[Point]:
        key = (tuple(shape.items()), kind.__name__)
        if key not in self.draws:
            self.draws[key] = Draws(self.found, shape, islice(kind(self.seed), DRAWS))
        return iter(self.draws[key])


class Draws:
    """The points drawn so far, and ever more as they are asked for."""

    def __init__(self, found: Survey, shape: Shape, left: Iterator[Source]) -> None:
        self.found = found
        self.shape = shape
        self.left = left
        self.known: list[Point] = []

    def __iter__(self) -> Iterator[Point]:
        position = 0
        while position < len(self.known) or self._one_more():
            yield self.known[position]
            position += 1

    def _one_more(self) -> bool:
        for source in self.left:
            try:
                self.known.append(drawn(self.found, self.shape, source))
            except Undecidable:
                continue
            return True
        return False
