"""Cross-correlation of images with kernels, and its two adjoints, as products of matrices.

One image at a time, what each column of a kernel meets is copied: its shifts along columns. Those
along rows are slices of it, which are matrices as they are, or are copied once more into a buffer
that stays in the cache. What comes in is (N, G, C, H, W) for G groups of C channels, and kernels
are (G, F, C, R, S).
"""

from collections.abc import Iterator
from math import prod

import numpy as np

from numerics._arguments import Array
from numerics._blocks import spans
from numerics._windows import Steps

BUFFER = 2**20  # bytes


def correlated(x: Array, w: Array, steps: Steps, places: tuple[int, ...] | None = None) -> Array:
    """Return the correlation of images with kernels, (N, G, F, I, J), at so many places."""
    rows, columns = places or steps.fits(x.shape[-2:], w.shape[-2:])
    out = np.empty((x.shape[0], *w.shape[:2], rows, columns), x.dtype)
    flat = out.reshape(*out.shape[:3], rows * columns)
    if w.shape[-2:] == (1, 1) and steps.padding == (0, 0):
        met = x[..., :: steps.stride[0], :: steps.stride[1]][..., :rows, :columns]
        np.matmul(w.reshape(w.shape[:3]), met.reshape(*x.shape[:3], rows * columns), out=flat)
        return out
    kernels = _matrices(w)
    part = np.empty(flat.shape[1:], x.dtype)
    for n, weights, band, met in _met(x, w.shape, steps, rows, columns):
        if weights.start:
            flat[n] += np.matmul(kernels[..., weights], met, out=part)
        else:
            np.matmul(kernels[..., weights], met, out=flat[n][..., band])
    return out


def met_by_kernels(x: Array, dy: Array, kernel: tuple[int, int], steps: Steps) -> Array:
    """Return what the outputs' gradients dy meet of the images: the gradient in the kernels."""
    (groups, channels), (outputs, rows, columns), (R, S) = x.shape[1:3], dy.shape[2:], kernel
    flat = dy.reshape(*dy.shape[:3], rows * columns)
    total = np.zeros((groups, R * channels * S, outputs), x.dtype)
    kernels = (groups, outputs, channels, R, S)
    for n, weights, band, met in _met(x, kernels, steps, rows, columns):
        total[:, weights] += met @ flat[n][..., band].swapaxes(-1, -2)
    by_row = total.reshape(groups, R, channels, S, outputs)
    return np.ascontiguousarray(by_row.transpose(0, 4, 2, 1, 3))


def spread(dy: Array, w: Array, image: tuple[int, int], steps: Steps) -> Array:
    """Return the gradient in images of a size: every weight times dy, added where it came from."""
    if steps.stride == (1, 1) and dy.shape[-2:] == steps.fits(image, w.shape[-2:]):
        turned = np.ascontiguousarray(w[..., ::-1, ::-1].swapaxes(1, 2))
        rows, columns = (
            reach - p for reach, p in zip(steps.reach(w.shape[-2:]), steps.padding, strict=True)
        )
        around = (max(rows, 0), max(columns, 0))
        return correlated(_cut(dy, -rows, -columns), turned, Steps((1, 1), around, steps.dilation))
    (groups, channels, R, S), (rows, columns) = (w.shape[0], *w.shape[2:]), dy.shape[-2:]
    (up, _), (down, _), (s, _) = steps.padding, steps.dilation, steps.stride
    out = np.zeros((len(dy), groups, channels, *image), dy.dtype)
    kernels = np.ascontiguousarray(_matrices(w).swapaxes(-1, -2))
    parts = np.empty((*kernels.shape[:2], rows * columns), dy.dtype)
    by_row = parts.reshape(groups, R, channels, S, rows, columns)
    shifts = np.empty((groups, channels, S, image[0] + 2 * up, columns), dy.dtype)
    for n, flat in enumerate(dy.reshape(*dy.shape[:3], rows * columns)):
        np.matmul(kernels, flat, out=parts)
        shifts[...] = 0
        for k in range(R):
            shifts[..., k * down : k * down + s * rows : s, :] += by_row[:, k]
        for k, (outputs, inputs) in enumerate(steps.met(1, image[1], S, columns)):
            out[n][..., inputs] += shifts[:, :, k, up : up + image[0], outputs]
    return out


def _cut(x: Array, rows: int, columns: int) -> Array:
    """Return images without so many rows and columns at each end; none if that is negative."""
    up, left = max(rows, 0), max(columns, 0)
    return x[..., up : x.shape[-2] - up, left : x.shape[-1] - left]


def _matrices(w: Array) -> Array:
    """Return kernels as rows of matrices, in the order of the buffer: (G, F, R C S)."""
    return w.swapaxes(2, 3).reshape(*w.shape[:2], prod(w.shape[2:]))


def _met(
    x: Array, kernels: tuple[int, ...], steps: Steps, rows: int, columns: int
) -> Iterator[tuple[int, slice, slice, Array]]:
    """Yield what kernels meet, for each image, some of their weights, and a band of rows.

    It comes as the number of the image, the weights as part of the rows of matrices, the places of
    the outputs, and (G, weights, places), in memory that the next one overwrites.
    """
    groups, outputs, channels, R, S = kernels
    row, size = channels * S, groups * R * channels * S * columns
    starts = [divmod(k * steps.dilation[0], steps.stride[0]) for k in range(R)]
    if R == 1 or row >= outputs:  # to add up what is made is less than to copy
        for n, shifts in _shifts(x, S, steps, columns):
            for k, (top, phase) in enumerate(starts):
                met = shifts[:, :, :, phase, top : top + rows]
                weights, band = slice(k * row, (k + 1) * row), slice(0, rows * columns)
                yield n, weights, band, met.reshape(groups, row, rows * columns)
        return
    bands = list(spans(rows, size=rows * size * x.itemsize, within=BUFFER))
    buffer = np.empty(size * max((len(range(rows)[band]) for band in bands), default=0), x.dtype)
    for n, shifts in _shifts(x, S, steps, columns):
        for band in bands:
            count = band.stop - band.start
            met = buffer[: size * count].reshape(groups, R, channels, S, count, columns)
            for k, (top, phase) in enumerate(starts):
                met[:, k] = shifts[:, :, :, phase, top + band.start : top + band.stop]
            places = slice(columns * band.start, columns * band.stop)
            yield n, slice(0, R * row), places, met.reshape(groups, R * row, count * columns)


def _shifts(x: Array, S: int, steps: Steps, columns: int) -> Iterator[tuple[int, Array]]:
    """Yield, for each image, what each column of a kernel meets: (G, C, S, stride, H, columns).

    Rows with padding that are a stride apart are together, and as many as there can be.
    """
    (groups, channels, height, width), up, stride = x.shape[1:], steps.padding[0], steps.stride[0]
    # Zeros stay around the images, as each of them is written to the same places.
    length = -(-(height + 2 * up) // stride)
    shifts = np.zeros((groups, channels, S, stride, length, columns), x.dtype)
    for n, image in enumerate(x):
        for k, (outputs, inputs) in enumerate(steps.met(1, width, S, columns)):
            for phase in range(stride):
                rows = image[..., (phase - up) % stride :: stride, inputs]
                first = -((phase - up) // stride)
                shifts[:, :, k, phase, first : first + rows.shape[-2], outputs] = rows
        yield n, shifts
