"""Cross-correlation of images with kernels, and its two adjoints, as products of matrices.

One image at a time, the inputs that each weight meets are copied into a buffer that stays in the
cache: the shifts along columns once, from which the shifts along rows are whole slices. What comes
in is (N, G, C, H, W) for G groups of C channels, and kernels are (G, F, C, R, S).
"""

from collections.abc import Iterator
from math import prod
from typing import NamedTuple

import numpy as np

from numerics._arguments import Array
from numerics._blocks import spans
from numerics._windows import fits, meetings

BUFFER = 2**20  # bytes


class Steps(NamedTuple):
    """How a kernel moves, for rows and columns."""

    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]

    def reach(self, kernel: tuple[int, ...]) -> tuple[int, ...]:
        """The rows and columns from the first to the last weight of a kernel."""
        return tuple(d * (size - 1) for d, size in zip(self.dilation, kernel, strict=True))

    def fits(self, image: tuple[int, ...], kernel: tuple[int, ...]) -> tuple[int, ...]:
        """How often a kernel fits into an image with padding; 0 or less if it does not."""
        return tuple(map(fits, image, kernel, *self))


def correlated(x: Array, w: Array, steps: Steps, places: tuple[int, ...] | None = None) -> Array:
    """Return the correlation of images with kernels, (N, G, F, I, J), at so many places."""
    rows, columns = places or steps.fits(x.shape[-2:], w.shape[-2:])
    out = np.empty((x.shape[0], *w.shape[:2], rows, columns), x.dtype)
    if w.shape[-2:] == (1, 1) and steps.padding == (0, 0):
        spaced = x[..., :: steps.stride[0], :: steps.stride[1]][..., :rows, :columns]
        flat = spaced.reshape(*spaced.shape[:-2], rows * columns)
        np.matmul(w.reshape(w.shape[:3]), flat, out=out.reshape(*out.shape[:3], rows * columns))
        return out
    kernels = _kernel_rows(w)
    for n, band, met in _met(x, w.shape[-2:], steps, rows, columns):
        flat = out[n].reshape(*w.shape[:2], rows * columns)
        np.matmul(kernels, met, out=flat[..., band])
    return out


def met_by_kernels(x: Array, dy: Array, kernel: tuple[int, int], steps: Steps) -> Array:
    """Return what the outputs' gradients dy meet of the images: the gradient in the kernels."""
    (groups, channels), (rows, columns) = x.shape[1:3], dy.shape[-2:]
    total = np.zeros((groups, dy.shape[2], kernel[0] * channels * kernel[1]), x.dtype)
    for n, band, met in _met(x, kernel, steps, rows, columns):
        flat = dy[n].reshape(*dy.shape[1:3], rows * columns)[..., band]
        total += flat @ met.swapaxes(-1, -2)
    by_row = total.reshape(groups, dy.shape[2], kernel[0], channels, kernel[1])
    return np.ascontiguousarray(by_row.swapaxes(2, 3))


def spread(dy: Array, w: Array, image: tuple[int, int], steps: Steps) -> Array:
    """Return the gradient in images of a size: every weight times dy, added where it came from."""
    if steps.stride == (1, 1) and dy.shape[-2:] == steps.fits(image, w.shape[-2:]):
        turned = np.ascontiguousarray(w[..., ::-1, ::-1].swapaxes(1, 2))
        rows, columns = (
            reach - p for reach, p in zip(steps.reach(w.shape[-2:]), steps.padding, strict=True)
        )
        around = (max(rows, 0), max(columns, 0))
        return correlated(_cut(dy, -rows, -columns), turned, Steps((1, 1), around, steps.dilation))
    (up, left), (rows, columns) = steps.padding, dy.shape[-2:]
    size = (n + 2 * p for n, p in zip(image, steps.padding, strict=True))
    out = np.zeros((dy.shape[0], w.shape[0], w.shape[2], *size), dy.dtype)
    kernels = np.ascontiguousarray(_kernel_rows(w).swapaxes(-1, -2))
    by_weight = (w.shape[0], w.shape[-2], w.shape[2], w.shape[-1], rows, columns)
    for n, flat in enumerate(dy.reshape(*dy.shape[:3], rows * columns)):
        parts = (kernels @ flat).reshape(by_weight)
        for k, t in np.ndindex(*w.shape[-2:]):
            out[n][_places(k, t, rows, columns, steps)] += parts[:, k, :, t]
    return np.ascontiguousarray(out[..., up : up + image[0], left : left + image[1]])


def _cut(x: Array, rows: int, columns: int) -> Array:
    """Return images without so many rows and columns at each end; none if that is negative."""
    up, left = max(rows, 0), max(columns, 0)
    return x[..., up : x.shape[-2] - up, left : x.shape[-1] - left]


def _places(k: int, t: int, rows: int, columns: int, steps: Steps) -> tuple[object, ...]:
    top, left = k * steps.dilation[0], t * steps.dilation[1]
    down, across = steps.stride
    return (
        ...,
        slice(top, top + down * rows, down),
        slice(left, left + across * columns, across),
    )


def _kernel_rows(w: Array) -> Array:
    """Return kernels as rows of matrices, in the order of the buffer: (G, F, R C S)."""
    return w.swapaxes(2, 3).reshape(*w.shape[:2], prod(w.shape[2:]))


def _met(
    x: Array, kernel: tuple[int, ...], steps: Steps, rows: int, columns: int
) -> Iterator[tuple[int, slice, Array]]:
    """Yield, for each image and band of rows, the places of the outputs and what kernels meet.

    What they meet is (G, R C S, places), in a buffer that the next one overwrites.
    """
    (groups, channels), (R, S) = x.shape[1:3], kernel
    height, (up, _), (down, _), (s, _) = x.shape[3], steps.padding, steps.dilation, steps.stride
    row = groups * channels * R * S * columns
    bands = list(spans(rows, size=rows * row * x.itemsize, within=BUFFER))
    across = list(meetings(columns, x.shape[4], S, *(move[1] for move in steps)))
    # Zeros stay around the images, as each of them is written to the same places.
    shifts = np.zeros((groups, channels, S, height + 2 * up, columns), x.dtype)
    buffer = np.empty(row * max((len(range(rows)[band]) for band in bands), default=0), x.dtype)
    for n, image in enumerate(x):
        for k, outputs, inputs in across:
            shifts[:, :, k, up : up + height, outputs] = image[..., inputs]
        for band in bands:
            count = band.stop - band.start
            part = buffer[: row * count]
            met = part.reshape(groups, R, channels, S, count, columns)
            for k in range(R):
                top = k * down + s * band.start
                met[:, k] = shifts[..., top : top + s * count : s, :]
            places = slice(columns * band.start, columns * band.stop)
            yield n, places, part.reshape(groups, R * channels * S, count * columns)
