"""Float64 values of terms at points."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from derive.proof.evaluator.arithmetic import FLOATS, Undecidable
from derive.proof.evaluator.closures import CLOSURES
from derive.proof.evaluator.points import Point, nested
from derive.proof.evaluator.programs import Program
from derive.terms.indices import Index
from derive.terms.nodes import Term

Programs: TypeAlias = dict[tuple[tuple[str, int], ...], Program]  # one for each shape


def value(term: Term, point: Point, indices: Mapping[Index, int] | None = None) -> float:
    """The float64 value of a term at a point, with its free indices at the values given.

    Raises:
        Undefined: when the term has no real value there.
        Undecidable: at a tie or kink where a derivative is taken, or on overflow.
    """
    given = indices or {}
    return _evaluated(term, point, tuple(given), [tuple(given.values())])[0]


def array(
    indices: Sequence[Index], term: Term, point: Point, programs: Programs | None = None
) -> object:
    """The float64 values of a term for all values of its free indices, as nested lists.

    What is evaluated at several points of a shape is compiled once, if it has programs to keep.
    """
    shape = [index.size.value(point.sizes) for index in indices]
    places = list(itertools.product(*map(range, shape)))
    return nested(_evaluated(term, point, tuple(indices), places, programs), shape)


def _evaluated(
    term: Term,
    point: Point,
    indices: Sequence[Index],
    places: Sequence[Sequence[int]],
    programs: Programs | None = None,
) -> list[float]:
    known, shape = {} if programs is None else programs, tuple(point.sizes.items())
    program = known.get(shape) or known.setdefault(shape, Program(CLOSURES, point.sizes, FLOATS))
    run = program.run(term)
    program.load(point)
    slots = [program.slot(i) for i in indices]
    try:
        return [float(program.at(run, slots, place)) for place in places]
    except OverflowError:
        raise Undecidable("a value too large for float64") from None
