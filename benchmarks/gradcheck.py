"""`derive.testing.check` against `torch.autograd.gradcheck`, slow mode, in processor time.

Both hold the same function to account, in one warm process and on one thread. gradcheck looks at
one input, by differences of the function itself; `check` looks at the same input, by the formula,
and without one at about 200 draws of all kinds, whatever the function is used for. Ratios below one
mean that `check` takes less.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any

from benchmarks.figures import Figure, Section, one_thread_of_torch
from benchmarks.measuring import median_ratio, seconds
from derive.testing import check

TARGETS = {1000: 1 / 2, 10_000: 1 / 10}
COUNTS = tuple(TARGETS)
FEATURES = 20


def functions() -> Iterator[tuple[str, Any, str, Callable[[int], tuple[Any, ...]]]]:
    """Names, functions, what they are held to, and inputs with a number of entries."""
    import torch

    class BatchNorm(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, gamma, beta, eps=1e-5):
            centred = x - x.mean(0)
            sigma = torch.sqrt((centred**2).mean(0) + eps)
            ctx.save_for_backward(centred / sigma, sigma, gamma)
            return gamma * centred / sigma + beta

        @staticmethod
        def backward(ctx, dout):
            h, sigma, gamma = ctx.saved_tensors
            dh = dout * gamma
            dx = (dh - dh.mean(0) - h * (dh * h).mean(0)) / sigma
            return dx, (dout * h).sum(0), dout.sum(0), None

    class CrossEntropy(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z, y):
            ctx.save_for_backward(torch.softmax(z, 1), y)
            return torch.logsumexp(z, 1) - (z * y).sum(1)

        @staticmethod
        def backward(ctx, dout):
            p, y = ctx.saved_tensors
            return dout[:, None] * (p - y), None

    def random(*shape: int) -> Any:
        return torch.randn(*shape, dtype=torch.float64, requires_grad=True)

    def batch(count: int) -> tuple[Any, ...]:
        return random(count // FEATURES, FEATURES), random(FEATURES), random(FEATURES)

    def scores(count: int) -> tuple[Any, ...]:
        rows = count // FEATURES
        return random(rows, FEATURES), torch.softmax(random(rows, FEATURES).detach(), 1)

    yield "batch norm", BatchNorm, "batch_norm", batch
    yield "softmax and cross-entropy", CrossEntropy, "softmax_cross_entropy", scores


@dataclass(frozen=True)
class Measured:
    """The processor times of one function with a number of inputs, in seconds."""

    at_inputs: float  # held to the formula at these inputs, with three cotangents
    campaign: float  # held to it at all draws of a campaign, whose sizes are its own
    gradcheck: float  # the differences of the function itself, entry by entry


def measured(function: Any, name: str, inputs: tuple[Any, ...], rounds: int) -> list[Measured]:
    """All three in turn, in a warm process: what is made once has been made before."""
    import torch

    for given in (inputs, None):
        if (found := check(function, name, inputs=given).verdict) != "right":
            raise AssertionError(f"{name}: the function is {found}")
    return [
        Measured(
            seconds(lambda: check(function, name, inputs=inputs)),
            seconds(lambda: check(function, name)),
            seconds(lambda: torch.autograd.gradcheck(function.apply, inputs)),
        )
        for _ in range(rounds)
    ]


def section(rounds: int, quick: bool) -> Section:
    """Both functions with a thousand and with ten thousand inputs, the latter once.

    Raises:
        NotMeasured: without PyTorch.
    """
    one_thread_of_torch()
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for title, function, name, inputs in islice(functions(), 1 if quick else None):
            for count in (200,) if quick else COUNTS:
                times = 1 if count == max(COUNTS) else rounds
                found[title, count] = measured(function, name, inputs(count), times)
    return Section(
        "Held to the formula, against torch.autograd.gradcheck in slow mode",
        ("ms at the inputs", "ms a campaign", "ms gradcheck", "at the inputs", "a campaign"),
        {f"{title}, {count} inputs": _row(each) for (title, count), each in found.items()},
        tuple(_figures(found)),
        "one thread, one warm process, the same function: `check` at the inputs that gradcheck is "
        "given,\nand `check` with its own 200 draws, which do not grow with the inputs; "
        f"medians of {rounds} rounds,\nof one with ten thousand inputs",
    )


def _row(each: list[Measured]) -> tuple[float, ...]:
    times = [
        [m.at_inputs for m in each],
        [m.campaign for m in each],
        [m.gradcheck for m in each],
    ]
    return (*(1000 * median(t) for t in times), *_ratios(each))


def _ratios(each: list[Measured]) -> tuple[float, float]:
    return (
        median_ratio((m.at_inputs, m.gradcheck) for m in each),
        median_ratio((m.campaign, m.gradcheck) for m in each),
    )


def _figures(found: Mapping[tuple[str, int], list[Measured]]) -> Iterator[Figure]:
    """The worst of the functions at each number of inputs."""
    for count in dict.fromkeys(count for _, count in found):
        ratios = [_ratios(each) for (_, own), each in found.items() if own == count]
        at_inputs, campaign = (max(part) for part in zip(*ratios, strict=True))
        wanted = TARGETS.get(count, 1.0)
        yield Figure(f"at the inputs / gradcheck, {count} inputs", at_inputs, wanted)
        yield Figure(f"a whole campaign / gradcheck, {count} inputs", campaign, wanted)
