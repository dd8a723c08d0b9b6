"""Pooling, as people write it."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from checker_collection.cases import pair, right, wrong


def output_size(size, k, stride, padding):
    return (size + 2 * padding - k) // stride + 1


def bordered(x, p, value):
    return np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), constant_values=value)


@right("avg_pool2d", conventions={"counted": "all"})
def mean_of_windows(x, kernel=2, stride=2, padding=0):
    windows = sliding_window_view(bordered(x, padding, 0), (kernel, kernel), axis=(2, 3))
    return windows[:, :, ::stride, ::stride].mean(axis=(-2, -1))


@right("avg_pool2d", conventions={"counted": "inside"})
def mean_of_what_is_inside(x, kernel=2, stride=2, padding=0):
    H, W = x.shape[2:]
    U, V = (output_size(size, kernel, stride, padding) for size in (H, W))
    y = np.empty((*x.shape[:2], U, V), dtype=np.result_type(x, np.float32))
    for i in range(U):
        for j in range(V):
            top, left = i * stride - padding, j * stride - padding
            part = x[:, :, max(top, 0) : top + kernel, max(left, 0) : left + kernel]
            y[:, :, i, j] = part.mean(axis=(2, 3))
    return y


@wrong("avg_pool2d", "inside", conventions={"counted": "all"}, seen="padding: counted or not")
def mean_inside_for_all(x, kernel=2, stride=2, padding=0):
    return mean_of_what_is_inside(x, kernel, stride, padding)


@wrong("avg_pool2d", conventions={"counted": "all"}, seen="factor: k for k squared")
def mean_over_side(x, kernel=2, stride=2, padding=0):
    return mean_of_windows(x, kernel, stride, padding) * kernel


@wrong("avg_pool2d", conventions={"counted": "all"}, seen="parameter: the stride divides")
def mean_over_stride(x, kernel=2, stride=2, padding=0):
    windows = sliding_window_view(bordered(x, padding, 0), (kernel, kernel), axis=(2, 3))
    return windows[:, :, ::stride, ::stride].sum(axis=(-2, -1)) / np.float32(stride) ** 2


def average_forward(x, kernel=2, stride=2, padding=0):
    return mean_of_windows(x, kernel, stride, padding), (x.shape, kernel, stride, padding)


def average_backward(dout, cache):
    shape, k, stride, p = cache
    N, C, H, W = shape
    dx = np.zeros((N, C, H + 2 * p, W + 2 * p), dtype=dout.dtype)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            share = dout[:, :, i, j][:, :, None, None] / k**2
            dx[:, :, i * stride : i * stride + k, j * stride : j * stride + k] += share
    return dx[:, :, p : p + H, p : p + W].copy()


def average_backward_undivided(dout, cache):
    return average_backward(dout, cache) * cache[1] ** 2


def average_backward_overwrites(dout, cache):
    shape, k, stride, p = cache
    N, C, H, W = shape
    dx = np.zeros((N, C, H + 2 * p, W + 2 * p), dtype=dout.dtype)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            share = dout[:, :, i, j][:, :, None, None] / k**2
            dx[:, :, i * stride : i * stride + k, j * stride : j * stride + k] = share
    return dx[:, :, p : p + H, p : p + W].copy()


pair("avg_pool2d", average_forward, average_backward, True)
pair("avg_pool2d", average_forward, average_backward_undivided, False, seen="factor: 1/k^2")
pair("avg_pool2d", average_forward, average_backward_overwrites, False, seen="comparison: = for +=")


# --------------------------------------------------------------------------------------------
# The largest of a window


@right("max_pool2d")
def largest_of_windows(x, kernel=2, stride=2, padding=0, dilation=1):
    reach = dilation * (kernel - 1) + 1
    windows = sliding_window_view(bordered(x, padding, -np.inf), (reach, reach), axis=(2, 3))
    return windows[:, :, ::stride, ::stride, ::dilation, ::dilation].max(axis=(-2, -1))


@wrong("max_pool2d", seen="padding: the border takes part as 0")
def largest_with_zeros(x, kernel=2, stride=2, padding=0, dilation=1):
    reach = dilation * (kernel - 1) + 1
    windows = sliding_window_view(bordered(x, padding, 0), (reach, reach), axis=(2, 3))
    return windows[:, :, ::stride, ::stride, ::dilation, ::dilation].max(axis=(-2, -1))


@wrong("max_pool2d", seen="function: the largest absolute value")
def largest_absolute(x, kernel=2, stride=2, padding=0, dilation=1):
    return abs(largest_of_windows(x, kernel, stride, padding, dilation))


@wrong("max_pool2d", seen="parameter: windows as far apart as they are wide")
def largest_with_stride_of_kernel(x, kernel=2, stride=2, padding=0, dilation=1):
    whole = largest_of_windows(x, kernel, 1, padding, dilation)
    return whole[:, :, ::kernel, ::kernel].copy()


def entries_of(x, k, stride, p, dilation):
    """The windows, flat, with the places of their entries in the padded image."""
    xp = bordered(x, p, -np.inf)
    U = (xp.shape[2] - dilation * (k - 1) - 1) // stride + 1
    V = (xp.shape[3] - dilation * (k - 1) - 1) // stride + 1
    for i in range(U):
        for j in range(V):
            rows, cols = np.meshgrid(
                i * stride + dilation * np.arange(k),
                j * stride + dilation * np.arange(k),
                indexing="ij",
            )
            yield i, j, rows.ravel(), cols.ravel(), xp[:, :, rows.ravel(), cols.ravel()]


def largest_forward(x, kernel=2, stride=2, padding=0, dilation=1):
    y = largest_of_windows(x, kernel, stride, padding, dilation)
    return y, (x, kernel, stride, padding, dilation)


def spread(dout, cache, weights):
    """The cotangent handed to the entries of each window by their weights."""
    x, k, stride, p, dilation = cache
    N, C, H, W = x.shape
    dx = np.zeros((N, C, H + 2 * p, W + 2 * p), dtype=dout.dtype)
    for i, j, rows, cols, window in entries_of(x, k, stride, p, dilation):
        dx[:, :, rows, cols] += dout[:, :, i, j, None] * weights(window)
    return dx[:, :, p : p + H, p : p + W].copy()


def first_one(window):
    return (np.arange(window.shape[-1]) == window.argmax(axis=-1)[..., None]).astype(float)


def last_one(window):
    return first_one(window[..., ::-1])[..., ::-1]


def shared_out(window):
    top = window == window.max(axis=-1, keepdims=True)
    return top / top.sum(axis=-1, keepdims=True)


def all_of_them(window):
    return window == window.max(axis=-1, keepdims=True)


def largest_backward_first(dout, cache):
    return spread(dout, cache, first_one)


def largest_backward_last(dout, cache):
    return spread(dout, cache, last_one)


def largest_backward_shared(dout, cache):
    return spread(dout, cache, shared_out)


def largest_backward_all(dout, cache):
    return spread(dout, cache, all_of_them)


def largest_backward_positive(dout, cache):
    return spread(dout, cache, lambda window: first_one(window) * (window > 0))


def largest_backward_everywhere(dout, cache):
    return spread(dout, cache, lambda window: np.ones(window.shape))


def largest_backward_second(dout, cache):
    return spread(dout, cache, lambda w: first_one(np.where(first_one(w) > 0, -np.inf, w)))


def largest_backward_overwrites(dout, cache):
    x, k, stride, p, dilation = cache
    N, C, H, W = x.shape
    dx = np.zeros((N, C, H + 2 * p, W + 2 * p), dtype=dout.dtype)
    for i, j, rows, cols, window in entries_of(x, k, stride, p, dilation):
        at = window.argmax(axis=-1)
        n, c = np.indices(at.shape)
        dx[n, c, rows[at], cols[at]] = dout[:, :, i, j]
    return dx[:, :, p : p + H, p : p + W].copy()


def largest_backward_mask_of_image(dout, cache):
    """Whatever equals the largest entry of any window of the image gets its share."""
    x, k, stride, p, dilation = cache
    y = largest_of_windows(x, k, stride, p, dilation)
    dx = np.zeros_like(x, dtype=dout.dtype)
    for i in range(y.shape[2]):
        for j in range(y.shape[3]):
            dx += dout[:, :, i, j, None, None] * (x == y[:, :, i, j, None, None])
    return dx


for good in (largest_backward_first, largest_backward_last, largest_backward_shared):
    pair("max_pool2d", largest_forward, good, True)
for bad, origin in (
    (largest_backward_all, "ties: each gets everything"),
    (largest_backward_positive, "function: a rectifier's mask mixed in"),
    (largest_backward_everywhere, "ties: each entry of the window gets everything"),
    (largest_backward_second, "comparison: the second largest"),
    (largest_backward_overwrites, "comparison: = for +=, seen where windows overlap"),
    (largest_backward_mask_of_image, "ties: the mask is that of the image, not of the window"),
):
    pair("max_pool2d", largest_forward, bad, False, seen=origin)


@wrong("upsample2d_backward", seen="reduction: mean for sum")
def upsampling_averaged(dy, factor=2):
    N, C, H, W = dy.shape
    blocks = dy.reshape(N, C, H // factor, factor, W // factor, factor)
    return blocks.mean(axis=(3, 5))


@right("upsample2d_backward")
def upsampling_summed(dy, factor=2):
    rows = np.add.reduceat(dy, np.arange(0, dy.shape[2], factor), axis=2)
    return np.add.reduceat(rows, np.arange(0, dy.shape[3], factor), axis=3)
