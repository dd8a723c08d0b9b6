"""Pooling of images over windows that may overlap, its opposites, and their gradients.

Maxima and sums go along rows first and then along columns, with 2 k passes for windows of k by k.
Places outside the image are left out of every pass, so that no padded copy is made.
"""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._blocks import spans
from numerics._conventions import Pair, chosen, pair, whole
from numerics._windows import fits, meetings

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
    return _largest(x, _windows(x, kernel, stride, padding, dilation))


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
    for images, means in _blocks(x, out):
        _write_folded(np.add, 0, images, windows, means)
        means *= windows.shares(counted, x.dtype)
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
    out = np.empty(x.shape, x.dtype)
    for gradients, images in _blocks(dy, out):
        shares = gradients * windows.shares(counted, x.dtype)
        columns = np.zeros((*shares.shape[:2], x.shape[3]), x.dtype)
        for _, there, here in windows.along(1):
            columns[..., here] += shares[..., there]
        images[...] = 0
        for _, there, here in windows.along(0):
            images[:, here] += columns[:, there]
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
    size = x.shape[2] * x.shape[3]
    for images, given, values in _blocks(x, dy, out):
        places = _chosen(images, windows) + size * np.arange(len(images))[:, None, None]
        values[...] = given.ravel()[places]
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
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]

    @property
    def places(self) -> tuple[int, ...]:
        """How many windows there are."""
        return tuple(map(fits, *self))

    def along(self, axis: int) -> Iterator[tuple[int, slice, slice]]:
        """Yield each place of windows, the windows that have it in the image, and where."""
        return meetings(self.places[axis], *(pair[axis] for pair in self))

    def shares(self, counted: Counted, dtype: np.dtype[Any]) -> Array:
        """One over the number of places of each window that count."""
        counts = [np.full(n, float(k)) for n, k in zip(self.places, self.kernel, strict=True)]
        if chosen("counted", counted, ("all", "inside")) == "inside":
            for axis, count in enumerate(counts):
                count[:] = 0
                for _, there, _ in self.along(axis):
                    count[there] += 1
        return (1 / np.outer(*counts)).astype(dtype)


def _windows(
    x: Array, kernel: Pair, stride: Pair | None, padding: Pair, dilation: Pair
) -> _Windows:
    windows = _Windows(
        x.shape[2:],
        pair("kernel", kernel, 1),
        pair("stride", kernel if stride is None else stride, 1),
        pair("padding", padding, 0),
        pair("dilation", dilation, 1),
    )
    if min(windows.places) < 1 or 0 in windows.image:
        raise ValueError(f"x: got shape {x.shape}, wanted images as large as windows of {kernel}")
    rows = zip(windows.padding, windows.dilation, windows.kernel, strict=True)
    if any(p > d * (k - 1) for p, d, k in rows):
        raise ValueError(
            f"padding: got {padding}, wanted less than a window with kernel = {kernel}"
        )
    return windows


def _apart(x: Array, kernel: Pair, stride: Pair | None) -> _Windows:
    windows = _windows(x, kernel, stride, 0, 1)
    if any(s < k for s, k in zip(windows.stride, windows.kernel, strict=True)):
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


def _largest(x: Array, windows: _Windows) -> Array:
    out = np.empty((*x.shape[:2], *windows.places), x.dtype)
    for images, maxima in _blocks(x, out):
        _write_largest(images, windows, maxima)
    return out


def _write_largest(images: Array, windows: _Windows, maxima: Array) -> None:
    """Write the largest value of each window, NaN where there is one."""
    _write_folded(np.maximum, -np.inf, images, windows, maxima)


def _write_folded(
    fold: np.ufunc, start: float, images: Array, windows: _Windows, out: Array
) -> None:
    """Write what all values of each window are together: of their rows first, then of that."""
    rows = np.empty((len(images), windows.places[0], images.shape[2]), images.dtype)
    down, across = windows.along(0), windows.along(1)
    _fold(fold, start, [((slice(None), to), images[:, at]) for _, to, at in down], rows)
    _fold(fold, start, [((..., to), rows[..., at]) for _, to, at in across], out)


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


def _chosen(images: Array, windows: _Windows) -> Array:
    """Return where in its image the first largest value of each window is; -1 where there is none.

    The last place in reading order is marked first, so that an earlier one overwrites it.
    """
    largest = np.empty((len(images), *windows.places), images.dtype)
    _write_largest(images, windows, largest)
    has_nan = bool(np.isnan(largest).any())
    area = windows.kernel[0] * windows.kernel[1]
    code = np.full(largest.shape, area, np.min_scalar_type(area))
    for k, rows, down in reversed(list(windows.along(0))):
        for t, columns, across in reversed(list(windows.along(1))):
            values, here = images[:, down, across], (slice(None), rows, columns)
            found = values == largest[here]
            if has_nan:
                found |= np.isnan(values)
            # Small integers, modulo their range: several times faster than a masked copy.
            change = k * windows.kernel[1] + t - code[here]
            change *= found.view(np.uint8)
            code[here] += change
    return _decoded(code, windows)


def _decoded(code: Array, windows: _Windows) -> Array:
    """Return flat places in an image from places in windows, of which the last means none."""
    starts = [
        s * np.arange(count) - p
        for s, count, p in zip(windows.stride, windows.places, windows.padding, strict=True)
    ]
    (k, t), width = np.indices(windows.kernel), windows.image[1]
    offsets = (k * windows.dilation[0] * width + t * windows.dilation[1]).ravel()
    places = offsets.take(code, mode="clip")  # of those that are nowhere, any
    places += starts[0][:, None] * width + starts[1]
    if (nowhere := code == len(offsets)).any():
        places[nowhere] = -1
    return places


def _routed(values: Array, x: Array, windows: _Windows) -> Array:
    """Return images with the values at the largest of their windows; there they add up."""
    out = np.zeros(x.shape, x.dtype)
    size = x.shape[2] * x.shape[3]
    for images, given, results in _blocks(x, values, out):
        places = _chosen(images, windows)
        nowhere = places < 0
        places += size * np.arange(len(images))[:, None, None]
        if nowhere.any():
            places, given = places[~nowhere], given[~nowhere]
        np.add.at(results.ravel(), places.ravel(), given.ravel())
    return out
