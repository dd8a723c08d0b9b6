"""Points drawn at a shape, all declared facts met."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from math import factorial, prod

from derive.proof.evaluator import moments
from derive.proof.evaluator.arithmetic import Undecidable, Value
from derive.proof.evaluator.closures import CLOSURES
from derive.proof.evaluator.draws import ResidueSource, Row, Source, entries
from derive.proof.evaluator.points import Point, Polynomial
from derive.proof.evaluator.programs import Program
from derive.proof.evaluator.selection import Selection
from derive.proof.evaluator.survey import Survey, survey
from derive.terms.contexts import Context
from derive.terms.nodes import Term
from derive.terms.tensors import Fact, Function, Kind, Tensor

ANYWHERE = Context()
SCALES = (1.0, 0.3, 3.0)
DEGREES = {1: 6, 2: 5}  # of the polynomials that stand for opaque functions, by arity


def drawn(found: Survey, sizes: Mapping[str, int], source: Source) -> Point:
    """A point for all variables and opaque functions of a survey.

    Raises:
        Undecidable: when this draw does not meet the facts.
    """
    values: dict[Tensor, Row] = {}
    noisy = [t for t in found.tensors if t.facts and t.is_variable and t.has(Kind.MOMENTS)]
    roots = _free_roots(noisy, sizes, source, values) if noisy else {}
    for tensor in found.tensors:
        if tensor.is_variable and tensor not in values and tensor not in noisy:
            values[tensor] = entries(tensor, _shape(tensor, sizes), source)
    for tensor in noisy:
        values[tensor] = _noise(tensor, sizes, source, values, roots)
    functions = {(f.name, f.arity): _polynomial(f, source, found) for f in found.functions}
    return Point(dict(sizes), values, functions)


def _shape(tensor: Tensor, sizes: Mapping[str, int]) -> list[int]:
    return [size.value(sizes) for size in tensor.shape]


def _declared(tensor: Tensor) -> Fact:
    return next(fact for fact in tensor.facts if fact.kind is Kind.MOMENTS)


def _free_roots(
    noisy: Sequence[Tensor],
    sizes: Mapping[str, int],
    source: Source,
    values: dict[Tensor, Row],
) -> dict[Tensor, Row]:
    """Square roots of the weights, and of the variances, that are variables themselves."""
    roots: dict[Tensor, Row] = {}
    for tensor in noisy:
        weights, variance, *_ = _declared(tensor).arguments
        if weights.is_variable and weights not in roots:
            roots[weights] = moments.outcome_roots(_shape(weights, sizes)[-1], source)
            values[weights] = [v * v for v in roots[weights]]
        if variance.is_variable and variance not in roots:
            roots[variance] = [source.positive()]
            values[variance] = [roots[variance][0] * roots[variance][0]]
    return roots


def _noise(
    tensor: Tensor,
    sizes: Mapping[str, int],
    source: Source,
    values: Mapping[Tensor, Row],
    roots: dict[Tensor, Row],
) -> Row:
    weights, variance, *means = _declared(tensor).arguments
    for given in (weights, variance):
        if given not in roots:
            roots[given] = [
                _root(given, value, source) for value in _entries(given, sizes, source, values)
            ]
    *rows, _ = _shape(tensor, sizes)
    centred = moments.noise(roots[weights], roots[variance][0], prod(rows), source)
    if not means:
        return centred
    (mean,) = _entries(means[0], sizes, source, values)
    return [value + mean for value in centred]


def _entries(
    tensor: Tensor, sizes: Mapping[str, int], source: Source, values: Mapping[Tensor, Row]
) -> Row:
    """The entries of a tensor whose variables have values already."""
    if tensor in values:
        return list(values[tensor])
    program = Program(CLOSURES, sizes, source.calculus.arithmetic)
    holder = program.holder(tensor)
    program.load(Point(sizes, values))
    return [program.entry(holder.number, offset) for offset in range(holder.length)]


def _root(tensor: Tensor, value: Value, source: Source) -> Value:
    """A square root, exact if there is one in the same numbers, else enclosed."""
    root = source.root(value)
    if root is not None:
        return root
    try:
        return source.calculus.arithmetic.power(value, Fraction(1, 2))
    except ArithmeticError:
        raise Undecidable(f"{tensor.name or 'a variance'} has no square root") from None


def _polynomial(function: Function, source: Source, found: Survey) -> Polynomial:
    """A polynomial in general position, of a degree above all derivatives taken of it."""
    degree = max(DEGREES.get(function.arity, 4), found.derivatives + 3)
    calculus = source.calculus
    powers = itertools.product(range(degree + 1), repeat=function.arity)
    return {
        exponents: source.signed() * _over_factorials(exponents, calculus.arithmetic.number)
        for exponents in powers
        if sum(exponents) <= degree
    }


def _over_factorials(exponents: Iterable[int], number: Callable[[Fraction], Value]) -> Value:
    return number(Fraction(1, prod(map(factorial, exponents))))


def sources(seed: int, turn: int = 0) -> Iterator[Source]:
    """Ever new draws: a scale, then the same draws turned around; from the 8th some positive.

    Another turn begins at another scale, so that a few draws at each of several shapes have all.
    """
    for k in itertools.count():
        chance = random.Random(1_000_003 * seed + k // 2)
        positive = k >= 8 and k % 4 < 2
        scale = SCALES[(k // 2 - turn) % len(SCALES)]
        yield Source(chance, scale, negated=bool(k % 2), positive_only=positive)


def residue_sources(seed: int) -> Iterator[Source]:
    """Ever new draws of residues."""
    for k in itertools.count():
        yield ResidueSource(random.Random(1_000_003 * seed + k))


def points(terms: Iterable[Term], context: Context = ANYWHERE, seed: int = 0) -> Iterator[Point]:
    """Points at which terms can be evaluated, over several shapes in turn.

    Raises:
        ValueError: when no small shape obeys the context, or no draw meets the facts.
    """
    given = list(terms)
    found = survey(given)
    known = list(islice(Selection(found, context, given).shapes(seed), 3))
    if not known:
        raise ValueError("no small sizes obey the context")
    failures = 0
    for k, source in enumerate(sources(seed)):
        try:
            yield drawn(found, known[k % len(known)], source)
        except Undecidable as reason:
            failures += 1
            if failures > 100:
                raise ValueError(str(reason)) from None
