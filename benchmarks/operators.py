"""How fast the operators of `numerics` are against PyTorch's, both ways, on one thread.

Both get the same arrays, take turns in one process, and have to agree; PyTorch's operators are
called by themselves, without a graph. Ratios below one mean that NumPy takes less. The targets are
what NumPy can reach: no operator of it fuses its passes, and its float64 exponential is slow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any

import numpy as np

import numerics
from benchmarks.figures import Figure, Section, one_thread_of_torch
from benchmarks.measuring import median_ratio, seconds

LIMITS = {"float32": 2e-4, "float64": 1e-11}  # of the largest entry
Call = Callable[[], Any]


@dataclass(frozen=True)
class Operator:
    """Ours and PyTorch's, on the same arrays, and the ratios that are wanted in both types."""

    name: str
    made: Callable[[np.dtype[Any]], tuple[Call, Call]]
    targets: tuple[float, float]  # in float32 and in float64


def drawn(dtype: np.dtype[Any], *shape: int) -> np.ndarray:
    """Normal numbers."""
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


def _torch(*arrays: np.ndarray) -> list[Any]:
    import torch

    return [torch.from_numpy(array) for array in arrays]


def convolution(
    images: tuple[int, ...], kernels: tuple[int, ...], stride: int, padding: int, backward: bool
) -> Callable[[np.dtype[Any]], tuple[Call, Call]]:
    """A convolution, or its three gradients."""

    def made(dtype: np.dtype[Any]) -> tuple[Call, Call]:
        import torch

        x, w, b = drawn(dtype, *images), drawn(dtype, *kernels), drawn(dtype, kernels[0])
        steps = {"stride": stride, "padding": padding}
        X, W, B = _torch(x, w, b)
        if not backward:
            return lambda: numerics.conv2d(x, w, b, **steps), lambda: torch.conv2d(X, W, B, **steps)
        dy = drawn(dtype, *numerics.conv2d(x, w, **steps).shape)
        (DY,) = _torch(dy)
        rows = ([len(b)], [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, [True] * 3)
        return (
            lambda: numerics.conv2d_backward(dy, x, w, **steps),
            lambda: torch.ops.aten.convolution_backward(DY, X, W, *rows),
        )

    return made


def max_pooling(
    kernel: int, stride: int, padding: int, backward: bool
) -> Callable[[np.dtype[Any]], tuple[Call, Call]]:
    """Max pooling; backwards together with the way forwards, which finds the places."""

    def made(dtype: np.dtype[Any]) -> tuple[Call, Call]:
        import torch

        x = drawn(dtype, 32, 64, 56, 56)
        steps = {"kernel": kernel, "stride": stride, "padding": padding}
        y = numerics.max_pool2d(x, **steps)
        dy = drawn(dtype, *y.shape)
        X, DY = _torch(x, dy)
        rows = [[kernel] * 2, [stride] * 2, [padding] * 2]
        both = torch.ops.aten.max_pool2d_with_indices

        def ours() -> Any:
            numerics.max_pool2d(x, **steps)
            return numerics.max_pool2d_backward(dy, x, **steps)

        def theirs() -> Any:
            places = both(X, *rows)[1]
            back = torch.ops.aten.max_pool2d_with_indices_backward
            return back(DY, X, *rows, [1, 1], False, places)

        if backward:
            return ours, theirs
        return lambda: numerics.max_pool2d(x, **steps), lambda: both(X, *rows)[0]

    return made


def average_pooling(backward: bool) -> Callable[[np.dtype[Any]], tuple[Call, Call]]:
    """Average pooling over squares of two by two."""

    def made(dtype: np.dtype[Any]) -> tuple[Call, Call]:
        import torch

        x, dy = drawn(dtype, 32, 64, 56, 56), drawn(dtype, 32, 64, 28, 28)
        X, DY = _torch(x, dy)
        rows = ([2, 2], [2, 2], [0, 0], False, True, None)
        if not backward:
            return lambda: numerics.avg_pool2d(x), lambda: torch.ops.aten.avg_pool2d(X, *rows)
        return (
            lambda: numerics.avg_pool2d_backward(dy, x),
            lambda: torch.ops.aten.avg_pool2d_backward(DY, X, *rows),
        )

    return made


def batch_normalisation(backward: bool) -> Callable[[np.dtype[Any]], tuple[Call, Call]]:
    """Batch normalisation of images; backwards by itself."""

    def made(dtype: np.dtype[Any]) -> tuple[Call, Call]:
        import torch

        x, dy = drawn(dtype, 32, 64, 28, 28), drawn(dtype, 64, 32, 28, 28).swapaxes(0, 1).copy()
        gamma, beta = drawn(dtype, 64), drawn(dtype, 64)
        X, DY, G, B = _torch(x, dy, gamma, beta)
        ahead = torch.ops.aten.native_batch_norm
        if not backward:
            return (
                lambda: numerics.batch_norm2d(x, gamma, beta),
                lambda: ahead(X, G, B, None, None, True, 0.1, 1e-5)[0],
            )
        _, mean, scale = ahead(X, G, B, None, None, True, 0.1, 1e-5)
        back = torch.ops.aten.native_batch_norm_backward
        return (
            lambda: numerics.batch_norm2d_backward(dy, x, gamma),
            lambda: back(DY, X, G, None, None, mean, scale, True, 1e-5, [True] * 3),
        )

    return made


def layer_normalisation(backward: bool) -> Callable[[np.dtype[Any]], tuple[Call, Call]]:
    """Layer normalisation of rows; backwards by itself."""

    def made(dtype: np.dtype[Any]) -> tuple[Call, Call]:
        import torch

        x, dy = drawn(dtype, 4096, 512), drawn(dtype, 4096, 513)[:, :512].copy()
        gamma, beta = drawn(dtype, 512), drawn(dtype, 512)
        X, DY, G, B = _torch(x, dy, gamma, beta)
        ahead = torch.ops.aten.native_layer_norm
        if not backward:
            return (
                lambda: numerics.layer_norm(x, gamma, beta),
                lambda: ahead(X, [512], G, B, 1e-5)[0],
            )
        _, mean, scale = ahead(X, [512], G, B, 1e-5)
        back = torch.ops.aten.native_layer_norm_backward
        return (
            lambda: numerics.layer_norm_backward(dy, x, gamma),
            lambda: back(DY, X, [512], mean, scale, G, B, [True] * 3),
        )

    return made


IMAGES, SMALL = (32, 64, 28, 28), (16, 64, 56, 56)
KERNELS = (64, 64, 3, 3)
OPERATORS = (
    Operator("conv2d, 3 x 3", convolution(IMAGES, KERNELS, 1, 1, False), (1.6, 0.7)),
    Operator("conv2d, 3 x 3, stride 2", convolution(SMALL, KERNELS, 2, 1, False), (1.6, 0.7)),
    Operator("conv2d, 1 x 1", convolution(IMAGES, (64, 64, 1, 1), 1, 0, False), (1.1, 1.0)),
    Operator("conv2d backward, 3 x 3", convolution(IMAGES, KERNELS, 1, 1, True), (1.4, 0.9)),
    Operator(
        "conv2d backward, 3 x 3, stride 2", convolution(SMALL, KERNELS, 2, 1, True), (1.4, 1.0)
    ),
    Operator("max pooling, 2 x 2", max_pooling(2, 2, 0, False), (0.25, 0.4)),
    Operator("max pooling, 3 x 3, stride 2", max_pooling(3, 2, 1, False), (0.25, 0.4)),
    Operator("max pooling both ways, 2 x 2", max_pooling(2, 2, 0, True), (0.9, 0.8)),
    Operator("max pooling both ways, 3 x 3, stride 2", max_pooling(3, 2, 1, True), (0.9, 0.8)),
    Operator("average pooling, 2 x 2", average_pooling(False), (0.6, 1.1)),
    Operator("average pooling backward, 2 x 2", average_pooling(True), (0.9, 0.9)),
    Operator("batch normalisation", batch_normalisation(False), (1.0, 1.1)),
    Operator("batch normalisation backward", batch_normalisation(True), (2.5, 1.5)),
    Operator("layer normalisation", layer_normalisation(False), (4.5, 4.0)),
    Operator("layer normalisation backward", layer_normalisation(True), (4.5, 4.0)),
)


class Disagreement(AssertionError):
    """A figure for operators that compute different things would mean nothing."""


def measured(operator: Operator, dtype: str, rounds: int) -> list[tuple[float, float]]:
    """The processor times of both in each round, after one that is thrown away."""
    ours, theirs = operator.made(np.dtype(dtype))
    _compare(operator.name, ours(), theirs(), LIMITS[dtype])
    return [(seconds(ours), seconds(theirs)) for _ in range(rounds)]


def _compare(name: str, one: Any, other: Any, limit: float) -> None:
    if isinstance(one, tuple):
        for left, right in zip(one, other, strict=True):
            _compare(name, left, right, limit)
        return
    difference = np.abs(one - other.numpy()).max() / np.abs(one).max()
    if not difference <= limit:
        raise Disagreement(f"{name}: the results are {difference:.1e} apart")


def section(rounds: int, quick: bool) -> Section:
    """All operators in both types.

    Raises:
        NotMeasured: without PyTorch.
    """
    one_thread_of_torch()
    found = {
        (operator.name, dtype): measured(operator, dtype, rounds)
        for operator in islice(OPERATORS, 1 if quick else None)
        for dtype in islice(LIMITS, 1 if quick else None)
    }
    return Section(
        "Operators of numerics against PyTorch",
        ("ms numerics", "ms PyTorch", "ratio"),
        {f"{name}, {dtype}": _row(each) for (name, dtype), each in found.items()},
        tuple(_figures(found)),
        f"one thread of one process, in turn, the same results; medians of {rounds} rounds",
    )


def _row(each: list[tuple[float, float]]) -> tuple[float, ...]:
    ours, theirs = zip(*each, strict=True)
    return (1000 * median(ours), 1000 * median(theirs), median_ratio(each))


def _figures(found: Mapping[tuple[str, str], list[tuple[float, float]]]) -> Iterator[Figure]:
    for operator in OPERATORS:
        for dtype, target in zip(LIMITS, operator.targets, strict=True):
            if each := found.get((operator.name, dtype)):
                yield Figure(f"{operator.name}, {dtype}", median_ratio(each), target)
