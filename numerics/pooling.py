"""Pooling of images over windows that may overlap, its opposites, and their gradients.

Maxima and sums go along rows first and then along columns, with 2 k passes for windows of k by k.
Places outside the image are left out of every pass, so that no padded copy is made.
"""

from collections.abc import Iterator
from math import prod
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._blocks import spans
from numerics._conventions import Pair, chosen, pair, whole
from numerics._windows import Steps, steps_of

Counted = Literal["all", "inside"]


def max_pool2d(
    x: npt.ArrayLike,
    *,
    kernel: Pair = 2,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
) -> Array:
    """Return the largest value of each window; padding is left out, and nan is the largest.

    Shapes: x (N, C, H, W); the result is (N, C, U, V) with
    U = (H + 2 padding - dilation (kernel - 1) - 1) // stride + 1; the stride is the kernel unless
    it is given. Numbers are for rows and columns alike, or pairs.
    Errors: ValueError where x has other axes, a window is larger than the image or a step is
    no whole number.
    Source: Goodfellow, Bengio and Courville, Deep learning, section 9.3.

    >>> max_pool2d([[[[1.0, 2.0], [4.0, 3.0]]]])
    array([[[[4.]]]])
    """
    (x,) = arguments("N C H W", x=x)
    windows = _windows(x, kernel, stride, padding, dilation)
    out = np.empty((*x.shape[:2], *windows.places), x.dtype)
    for images, largest in _blocks(x, out):
        _write_largest(images, windows, largest)
    return out


def max_pool2d_backward(
    dy: npt.ArrayLike,
    x: npt.ArrayLike,
    *,
    kernel: Pair = 2,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
) -> Array:
    """Return the gradient in the images: dy goes to the largest value of each window.

    Of equal values the first in reading order gets it all.

    Shapes: dy (N, C, U, V); x and the result (N, C, H, W).
    Units: kernel, stride, padding and dilation as for max_pool2d.
    Errors: ValueError where the shapes do not fit, a window is larger than the image or a step is
    no whole number.
    Source: Goodfellow, Bengio and Courville, Deep learning, section 9.3.

    >>> max_pool2d_backward([[[[5.0]]]], [[[[1.0, 2.0], [4.0, 4.0]]]])
    array([[[[0., 0.],
             [5., 0.]]]])
    """
    dy, x = arguments("N C U V; N C H W", dy=dy, x=x)
    windows = _windows(x, kernel, stride, padding, dilation)
    _agree("dy", dy, windows)
    return _routed(dy, x, windows)


def avg_pool2d(
    x: npt.ArrayLike,
    *,
    kernel: Pair = 2,
    stride: Pair | None = None,
    padding: Pair = 0,
    counted: Counted = "all",
) -> Array:
    """Return the mean of each window; padding is 0, and counts unless counted is "inside".

    Shapes: x (N, C, H, W); the result is (N, C, U, V) with U = (H + 2 padding - kernel) // stride
    + 1; the stride is the kernel unless it is given. Numbers are for rows and columns, or pairs.
    Errors: ValueError where x has other axes, a window is larger than the image or a step is
    no whole number.
    Source: Goodfellow, Bengio and Courville, Deep learning, section 9.3.

    >>> avg_pool2d([[[[1.0, 2.0], [4.0, 3.0]]]])
    array([[[[2.5]]]])
    """
    (x,) = arguments("N C H W", x=x)
    windows = _windows(x, kernel, stride, padding, 1)
    out = np.empty((*x.shape[:2], *windows.places), x.dtype)
    shares = windows.shares(counted, x.dtype)
    for images, means in _blocks(x, out):
        _write_folded(np.add, 0, images, windows, means)
        means *= shares
    return out


def avg_pool2d_backward(
    dy: npt.ArrayLike,
    x: npt.ArrayLike,
    *,
    kernel: Pair = 2,
    stride: Pair | None = None,
    padding: Pair = 0,
    counted: Counted = "all",
) -> Array:
    """Return the gradient in the images: every place of a window gets the same share of dy.

    Shapes: dy (N, C, U, V); x and the result (N, C, H, W); of x only the shape matters.
    Units: kernel, stride, padding and counted as for avg_pool2d.
    Errors: ValueError where the shapes do not fit, a window is larger than the image or a step is
    no whole number.
    Source: Goodfellow, Bengio and Courville, Deep learning, section 9.3.

    >>> avg_pool2d_backward([[[[4.0]]]], [[[[1.0, 2.0], [4.0, 3.0]]]])
    array([[[[1., 1.],
             [1., 1.]]]])
    """
    dy, x = arguments("N C U V; N C H W", dy=dy, x=x)
    windows = _windows(x, kernel, stride, padding, 1)
    _agree("dy", dy, windows)
    out, shares = np.zeros(x.shape, x.dtype), windows.shares(counted, x.dtype)
    for gradients, images in _blocks(dy, out):
        columns = np.zeros((*gradients.shape[:2], x.shape[3]), x.dtype)
        _add_along(1, gradients * shares, windows, columns)
        _add_along(0, columns, windows, images)
    return out


def max_unpool2d(
    y: npt.ArrayLike, x: npt.ArrayLike, *, kernel: Pair = 2, stride: Pair | None = None
) -> Array:
    """Return images that are 0 but for the values y, put where max pooling of x found its own.

    Shapes: y (N, C, U, V); x and the result (N, C, H, W).
    Units: kernel and stride as for max_pool2d.
    Errors: ValueError where the shapes do not fit, windows overlap or a step is no whole number.
    Source: Zeiler and Fergus, Visualizing and understanding convolutional networks, ECCV 2014.

    >>> max_unpool2d([[[[5.0]]]], [[[[1.0, 2.0], [4.0, 3.0]]]])
    array([[[[0., 0.],
             [5., 0.]]]])
    """
    y, x = arguments("N C U V; N C H W", y=y, x=x)
    windows = _apart(x, kernel, stride)
    _agree("y", y, windows)
    return _routed(y, x, windows)


def max_unpool2d_backward(
    dy: npt.ArrayLike, x: npt.ArrayLike, *, kernel: Pair = 2, stride: Pair | None = None
) -> Array:
    """Return the gradient in the unpooled values: dy from where max pooling of x found its own.

    Shapes: dy, x (N, C, H, W); the result is (N, C, U, V).
    Units: kernel and stride as for max_pool2d.
    Errors: ValueError where the shapes do not fit, windows overlap or a step is no whole number.
    Source: Zeiler and Fergus, Visualizing and understanding convolutional networks, ECCV 2014.

    >>> max_unpool2d_backward([[[[5.0, 6.0], [7.0, 8.0]]]], [[[[1.0, 2.0], [4.0, 3.0]]]])
    array([[[[7.]]]])
    """
    dy, x = arguments("N C H W; N C H W", dy=dy, x=x)
    windows = _apart(x, kernel, stride)
    out = np.empty((*x.shape[:2], *windows.places), x.dtype)
    for images, given, values in _blocks(x, dy, out):
        values[...] = given.ravel()[_chosen(images, windows)]
    return out


def upsample2d(x: npt.ArrayLike, *, factor: int = 2) -> Array:
    """Return images whose every place is a square of factor by factor equal ones.

    Shapes: x (N, C, H, W); the result is (N, C, factor H, factor W).
    Errors: ValueError where x has other axes or factor is no whole number of at least 1.
    Source: Odena, Dumoulin and Olah, Deconvolution and checkerboard artifacts, Distill 2016.

    >>> upsample2d([[[[1.0, 2.0]]]])
    array([[[[1., 1., 2., 2.],
             [1., 1., 2., 2.]]]])
    """
    (x,) = arguments("N C H W", x=x)
    factor = whole("factor", factor, 1)
    return x.repeat(factor, axis=3).repeat(factor, axis=2)


def upsample2d_backward(dy: npt.ArrayLike, *, factor: int = 2) -> Array:
    """Return the gradient in the images: the sum of dy over each square.

    Shapes: dy (N, C, factor H, factor W); the result is (N, C, H, W).
    Errors: ValueError where dy has other axes or no whole squares, or factor is no whole number.
    Source: Odena, Dumoulin and Olah, Deconvolution and checkerboard artifacts, Distill 2016.

    >>> upsample2d_backward([[[[1.0, 2.0], [3.0, 4.0]]]])
    array([[[[10.]]]])
    """
    (dy,) = arguments("N C H W", dy=dy)
    factor = whole("factor", factor, 1)
    if dy.shape[2] % factor or dy.shape[3] % factor:
        raise ValueError(f"dy: got shape {dy.shape}, wanted multiples with factor = {factor}")
    rows = sum((dy[:, :, r::factor] for r in range(1, factor)), dy[:, :, ::factor])
    return sum((rows[..., t::factor] for t in range(1, factor)), rows[..., ::factor].copy())


# --------------------------------------------------------------------------------------------
# Windows


class _Windows(NamedTuple):
    """The windows of images, for rows and columns."""

    image: tuple[int, ...]
    kernel: tuple[int, int]
    steps: Steps

    @property
    def places(self) -> tuple[int, ...]:
        """How many windows there are."""
        return self.steps.fits(self.image, self.kernel)

    @property
    def apart(self) -> tuple[bool, ...]:
        """Whether no two windows meet, along rows and along columns."""
        reach = self.steps.reach(self.kernel)
        return tuple(s > r for s, r in zip(self.steps.stride, reach, strict=True))

    def along(self, axis: int) -> Iterator[tuple[slice, slice]]:
        """Yield, for each place of a window, the windows that have it in the image, and where."""
        return self.steps.met(axis, self.image[axis], self.kernel[axis], self.places[axis])

    def shares(self, counted: Counted, dtype: np.dtype[Any]) -> Array:
        """One over the number of places of each window that count."""
        counts = [np.full(n, float(k)) for n, k in zip(self.places, self.kernel, strict=True)]
        if chosen("counted", counted, ("all", "inside")) == "inside":
            for axis, count in enumerate(counts):
                count[:] = 0
                for there, _ in self.along(axis):
                    count[there] += 1
        return (1 / np.outer(*counts)).astype(dtype)


def _windows(
    x: Array, kernel: Pair, stride: Pair | None, padding: Pair, dilation: Pair
) -> _Windows:
    windows = _Windows(
        x.shape[2:],
        pair("kernel", kernel, 1),
        steps_of(kernel if stride is None else stride, padding, dilation),
    )
    if min(windows.places) < 1 or 0 in windows.image:
        raise ValueError(f"x: got shape {x.shape}, wanted images as large as windows of {kernel}")
    reach = windows.steps.reach(windows.kernel)
    if any(p > r for p, r in zip(windows.steps.padding, reach, strict=True)):
        raise ValueError(
            f"padding: got {padding}, wanted less than a window with kernel = {kernel}"
        )
    return windows


def _apart(x: Array, kernel: Pair, stride: Pair | None) -> _Windows:
    windows = _windows(x, kernel, stride, 0, 1)
    if not all(windows.apart):
        raise ValueError(f"stride: got {stride}, wanted at least the kernel with kernel = {kernel}")
    return windows


def _agree(name: str, values: Array, windows: _Windows) -> None:
    if values.shape[2:] != windows.places:
        where = f"U = {windows.places[0]}, V = {windows.places[1]}"
        raise ValueError(f"{name}: got shape {values.shape}, wanted (N, C, U, V) with {where}")


def _blocks(x: Array, *others: Array) -> Iterator[tuple[Array, ...]]:
    """Yield blocks of the images of all channels, and what belongs to them of other arrays."""
    images = x.shape[0] * x.shape[1]
    flat = [a.reshape(images, *a.shape[2:]) for a in (x, *others)]
    for block in spans(images, size=x.nbytes):
        yield tuple(a[block] for a in flat)


def _write_largest(images: Array, windows: _Windows, out: Array) -> None:
    """Write the largest value of each window, NaN where there is one."""
    _write_folded(np.maximum, -np.inf, images, windows, out)


def _write_folded(
    fold: np.ufunc, start: float, images: Array, windows: _Windows, out: Array
) -> None:
    """Write what all values of each window are together: of their rows first, then of that."""
    rows = np.empty((len(images), windows.places[0], images.shape[2]), images.dtype)
    down, across = windows.along(0), windows.along(1)
    _fold(fold, start, [((slice(None), to), images[:, at]) for to, at in down], rows)
    _fold(fold, start, [((..., to), rows[..., at]) for to, at in across], out)


def _fold(
    fold: np.ufunc, start: float, parts: list[tuple[tuple[Any, ...], Array]], out: Array
) -> None:
    """Write what parts are together where they are; those of the whole need nothing to start."""
    whole = [values for _, values in parts if values.shape == out.shape]
    if len(whole) > 1:
        fold(whole[0], whole[1], out=out)
    else:
        out[...] = next(iter(whole), start)
    for values in whole[2:]:
        fold(out, values, out=out)
    for place, values in parts:
        if values.shape != out.shape:
            fold(out[place], values, out=out[place])


def _add_along(axis: int, values: Array, windows: _Windows, out: Array) -> None:
    """Add the value of each window to all its places along an axis of images that are 0."""
    for there, here in windows.along(axis):
        given = values[..., there] if axis else values[:, there]
        places = out[..., here] if axis else out[:, here]
        if windows.apart[axis]:
            places[...] = given
        else:
            places += given


def _chosen(images: Array, windows: _Windows) -> Array:
    """Return the flat place of the first largest value of each window; -1 where there is none.

    The number of its place in the window is the number of the places before it, all of them less.
    """
    largest = np.empty((len(images), *windows.places), images.dtype)
    _write_largest(images, windows, largest)
    has_nan = bool(np.isnan(largest).any())
    before = np.zeros(largest.shape, np.min_scalar_type(prod(windows.kernel)))
    sought = np.ones(largest.shape, np.bool_)
    for rows, down in windows.along(0):
        for columns, across in windows.along(1):
            values, here = images[:, down, across], (slice(None), rows, columns)
            less = values != largest[here]
            if has_nan:
                less &= values == values
            sought[here] &= less
            before += sought.view(np.uint8)
    return _decoded(before, windows)


def _decoded(numbers: Array, windows: _Windows) -> Array:
    """Return flat places in images from numbers of places in windows, the last of which is none."""
    steps, (height, width) = windows.steps, windows.image
    (k, t), images = np.indices(windows.kernel), np.arange(len(numbers))
    rows, columns = (
        s * np.arange(count) - p
        for s, count, p in zip(steps.stride, windows.places, steps.padding, strict=True)
    )
    offsets = (k * steps.dilation[0] * width + t * steps.dilation[1]).ravel()
    places = offsets.take(numbers, mode="clip")  # of those that are nowhere, any
    places += (images[:, None, None] * height + rows[:, None]) * width + columns
    if (nowhere := numbers == len(offsets)).any():
        places[nowhere] = -1
    return places


def _routed(values: Array, x: Array, windows: _Windows) -> Array:
    """Return images with the values at the largest of their windows; there they add up."""
    out = np.zeros(x.shape, x.dtype)
    for images, given, results in _blocks(x, values, out):
        places, target = _chosen(images, windows), results.ravel()
        if (nowhere := places < 0).any():
            places, given = places[~nowhere], given[~nowhere]
        if all(windows.apart):
            target[places.ravel()] = given.ravel()
        else:
            np.add.at(target, places.ravel(), given.ravel())
    return out
