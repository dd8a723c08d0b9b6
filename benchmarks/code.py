"""How fast generated NumPy code is against code written by hand for the same array.

As a program: prints for each case named, or for all, the processor times of one call of the
generated and of the written function, in seconds as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import numpy as np

import derive
import numerics
from benchmarks.figures import Figure, Section
from benchmarks.measuring import answer, seconds
from derive.codegen.agreement import function_of
from derive.render.answers import source

SIZE = 200
REPEATS = 15
TOLERANCE = 1e-12  # of the largest entry
ENOUGH = 5e-3  # seconds


@dataclass(frozen=True)
class Case:
    """A generated function, one written by hand, what both take, and the ratio that is wanted."""

    generated: Callable[..., Any]
    written: Callable[..., Any]
    arguments: tuple[Any, ...]
    target: float


def drawn(*shape: int) -> np.ndarray:
    """Normal numbers."""
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def hessian(text: str, let: list[str], wrt: str) -> Callable[..., Any]:
    """The code that is generated for a Hessian."""
    return function_of(source(derive.grad(text, let, wrt, "hessian"), "numpy"))


def quadratic_form() -> Case:
    """The Hessian of x'Ax."""
    generated = hessian("x @ A @ x", ["A: n,n", "x: n"], "x")
    return Case(generated, lambda A, x: A + A.T, (drawn(SIZE, SIZE), drawn(SIZE)), 1.5)


def logistic_regression() -> Case:
    """The Hessian of the loss of logistic regression, with twice as many rows as columns."""
    let = ["X: m,n", "w: n", "y: m"]
    generated = hessian("sum(softplus(-y * (X @ w)))", let, "w")
    labels = np.sign(drawn(2 * SIZE))
    return Case(generated, _logistic, (drawn(2 * SIZE, SIZE), drawn(SIZE), labels), 1.5)


def _logistic(X: np.ndarray, w: np.ndarray, y: np.ndarray) -> np.ndarray:
    share = 1 / (1 + np.exp(-y * (X @ w)))
    scaled = X * (np.abs(y) * np.sqrt(share * (1 - share)))[:, None]
    return scaled.T @ scaled  # of one matrix with itself: half the work


def factorisation() -> Case:
    """The Hessian of |M - U V'|^2 by U: one small matrix, which stands on the diagonal."""
    let = ["M: m,n", "U: m,k", "V: n,k"]
    generated = hessian("sum((M - U @ V.T)**2)", let, "U")
    given = (drawn(SIZE, SIZE), drawn(SIZE, 5), drawn(SIZE, 5))
    return Case(generated, _factorisation, given, 1.5)


def _factorisation(M: np.ndarray, U: np.ndarray, V: np.ndarray) -> np.ndarray:
    rows, rank = U.shape
    whole = np.zeros((rows, rank, rows, rank))
    each = np.arange(rows)
    whole[each, :, each, :] = 2 * V.T @ V
    return whole


def convolution() -> Case:
    """The three gradients of a convolution."""
    generated = function_of(derive.load("conv2d_backward").numpy(), "conv2d_backward")
    dy, x, w, b = drawn(8, 16, 32, 32), drawn(8, 16, 32, 32), drawn(16, 16, 3, 3), drawn(16)
    return Case(
        lambda *given: generated(*given, stride=1, padding=1, dilation=1),
        lambda dy, x, w, b: tuple(numerics.conv2d_backward(dy, x, w, padding=1)),
        (dy, x, w, b),
        3.0,
    )


CASES: dict[str, Callable[[], Case]] = {
    "Hessian of x'Ax": quadratic_form,
    "Hessian of logistic regression": logistic_regression,
    "Hessian of matrix factorisation": factorisation,
    "conv2d_backward, 8x16x32x32, k3": convolution,
}


class Disagreement(AssertionError):
    """A figure for code that computes something else would mean nothing."""


def times(name: str) -> tuple[float, float, float]:
    """Of the generated and of the written function, called in turn; and the ratio of each turn."""
    case = CASES[name]()
    both = (case.generated(*case.arguments), case.written(*case.arguments))
    if not _agree(*both):
        raise Disagreement(f"{name}: the generated code returns other numbers")
    pairs = [
        tuple(_once(function, case.arguments) for function in (case.generated, case.written))
        for _ in range(REPEATS)
    ]
    ours, theirs = zip(*pairs, strict=True)
    return median(ours), median(theirs), median(a / b for a, b in pairs)


def _agree(one: Any, other: Any) -> bool:
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_agree, one, other))
    return np.shape(one) == np.shape(other) and bool(
        np.all(np.abs(one - other) <= TOLERANCE * np.max(np.abs(other)))
    )


def _once(function: Callable[..., Any], arguments: tuple[Any, ...]) -> float:
    """The time of one call, from as many as the processor's clock can tell."""
    calls = 1
    while (taken := seconds(partial(_called, function, arguments, calls))) < ENOUGH:
        calls *= 4
    return taken / calls


def _called(function: Callable[..., Any], arguments: tuple[Any, ...], times: int) -> None:
    for _ in range(times):
        function(*arguments)


def section(rounds: int, quick: bool) -> Section:
    """All cases, each round in a fresh process."""
    names = list(CASES)[:1] if quick else list(CASES)
    measured = [answer("-m", "benchmarks.code", *names) for _ in range(rounds)]
    rows = {
        name: tuple(
            median(found[name][k] for found in measured) * (1000, 1000, 1)[k] for k in range(3)
        )
        for name in names
    }
    return Section(
        f"Generated NumPy code against code written by hand, at n = {SIZE}",
        ("generated ms", "written ms", "ratio"),
        rows,
        tuple(Figure(name, rows[name][2], CASES[name]().target) for name in names),
        f"one thread, both return the same array; medians of {rounds} rounds",
    )


if __name__ == "__main__":
    print(json.dumps({name: times(name) for name in sys.argv[1:] or CASES}))
