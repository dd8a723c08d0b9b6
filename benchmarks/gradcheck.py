"""`python -m benchmarks.gradcheck`: `derive check` against `torch.autograd.gradcheck`, slow mode.

Both hold the same functions to account, in one run and on one thread: gradcheck at one input, by
differences of the function itself; `derive check` at all of its draws, by the formula. Ratios are
of processor time; below one means that `derive check` takes less.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.measuring import median_ratio, seconds
from derive.testing import check

FEATURES = 20
ROUNDS = 3


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

    def images(count: int) -> tuple[Any, ...]:
        return random(count // FEATURES, FEATURES), random(FEATURES), random(FEATURES)

    def scores(count: int) -> tuple[Any, ...]:
        rows = count // FEATURES
        return random(rows, FEATURES), torch.softmax(random(rows, FEATURES).detach(), 1)

    yield "batch norm", BatchNorm, "batch_norm", images
    yield "softmax and cross-entropy", CrossEntropy, "softmax_cross_entropy", scores


def ratio(function: Any, name: str, inputs: tuple[Any, ...]) -> float:
    """The time of `derive check` over that of gradcheck."""
    import torch

    pairs = []
    for _ in range(ROUNDS):
        ours = seconds(lambda: check(function, name))
        theirs = seconds(lambda: torch.autograd.gradcheck(function.apply, inputs))
        pairs.append((ours, theirs))
    return median_ratio(pairs)


def main() -> None:
    """Print a row a function and a size."""
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    for title, function, name, inputs in functions():
        for count in (1000, 10_000):
            found = ratio(function, name, inputs(count))
            print(f"{title:28}{count:>7} inputs   {found:8.3f} of gradcheck's time")


if __name__ == "__main__":
    main()
