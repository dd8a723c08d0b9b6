"""Gradients of random typed expressions against finite differences of the expressions."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from random_expressions import expression

from derive import grad
from derive.language.derivative import Answer
from derive.language.program import parsed
from derive.proof.evaluator import Point, Undecidable, Undefined, points, value
from derive.proof.statuses import Status
from derive.terms.nodes import At, Term
from derive.terms.tensors import Tensor

STEP = 1e-3
ENTRIES, ATTEMPTS = 3, 12
BROAD = 1e-5  # of the error, as far as the differences themselves agree


def moved(point: Point, tensor: Tensor, offset: int, step: float) -> Point:
    values = [float(v) if isinstance(v, Fraction) else v for v in point.values[tensor]]
    values[offset] = values[offset] + step
    return replace(point, values={**point.values, tensor: values})


def differences(body: Term, point: Point, tensor: Tensor, offset: int) -> tuple[float, float]:
    """The slope by two central differences with extrapolation, and how far they are apart."""
    slopes = [
        (
            value(body, moved(point, tensor, offset, h))
            - value(body, moved(point, tensor, offset, -h))
        )
        / (2 * h)
        for h in (STEP, STEP / 2, STEP / 4)
    ]
    first, second = ((4 * b - a) / 3 for a, b in itertools.pairwise(slopes))
    return second, abs(second - first)


def on_a_kink(body: Term, point: Point, tensor: Tensor, offset: int, limit: float) -> bool:
    """Whether the slopes on both sides stay apart: a tie, as of two equal values drawn."""
    apart = [
        (
            value(body, moved(point, tensor, offset, h))
            + value(body, moved(point, tensor, offset, -h))
            - 2 * value(body, point)
        )
        / h
        for h in (STEP, STEP / 2)
    ]
    return abs(apart[1]) > max(limit, 0.75 * abs(apart[0]))


def checked(answer: Answer, body: Term, by: Tensor, seed: int) -> int:
    """At how many entries the closed form agrees; fails where it does not."""
    (result,) = answer.results.values()
    rng = random.Random(seed)
    count = 0
    variables = [variable.body for variable in answer.arguments.values()]
    for point in itertools.islice(
        points([body, result.body, *variables], answer.context), ATTEMPTS
    ):
        places = list(itertools.product(*(range(s.value(point.sizes)) for s in result.shape)))
        for offset in rng.sample(range(len(places)), min(ENTRIES, len(places))):
            try:
                got = value(
                    result.body, point, dict(zip(result.indices, places[offset], strict=True))
                )
                wanted, spread = differences(body, point, by, offset)
                size = max(1.0, abs(wanted), abs(value(body, point)))
                tied = on_a_kink(body, point, by, offset, BROAD * size)
            except (Undecidable, Undefined):
                continue
            if tied or spread > BROAD * size:  # a kink near by, or roundoff
                continue
            assert abs(got - wanted) <= 10 * spread + BROAD * size, (got, wanted, point.by_name())
            count += 1
        if count >= 2 * ENTRIES:
            break
    return count


def outcome(seed: int, most: int = 32) -> Status:
    """The status of one random gradient that was compared; wrong ones fail."""
    text, let, wrt = expression(seed, most)
    program = parsed(text, let)
    answer = grad(text, let, wrt)
    tensor = program.variables[wrt].body
    assert isinstance(tensor, At)
    assert answer.status is not Status.REFUTED, text
    if answer.status >= Status.CHECKED:  # nothing is claimed of what has no derivative anywhere
        checked(answer, program.result.body, tensor.tensor, seed)
    return answer.status


def proved(seeds: range) -> float:
    found = [outcome(seed) for seed in seeds]
    return sum(status is Status.PROVED for status in found) / len(found)


@pytest.mark.parametrize("seed", range(40))
def test_a_random_gradient_is_right(seed: int):
    status = outcome(seed, most=8)
    # A maximum that ties everywhere, as of equal diagonal entries, has no derivative to prove.
    assert status >= Status.CHECKED or "max(" in expression(seed, 8)[0]


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_random_gradients_are_right_and_nearly_all_proved(block: int):
    assert proved(range(1000 + 100 * block, 1100 + 100 * block)) >= 0.95
