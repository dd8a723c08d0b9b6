"""Convolutions, as people write them: loops, columns, windows and classes."""

from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from checker_collection.cases import pair, right, wrong


def padded(x, p):
    return np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))


def places(size, kernel, stride, padding, dilation):
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


@right("conv2d")
def conv_loops(x, w, b, stride=1, padding=0, dilation=1):
    N, _C, H, W = x.shape
    F, _, R, S = w.shape
    U, V = places(H, R, stride, padding, dilation), places(W, S, stride, padding, dilation)
    xp = padded(x, padding)
    y = np.zeros((N, F, U, V), dtype=np.result_type(x, w, b))
    for i in range(U):
        for j in range(V):
            top, left = i * stride, j * stride
            window = xp[:, :, top : top + dilation * R : dilation, :][:, :, :R]
            window = window[:, :, :, left : left + dilation * S : dilation][:, :, :, :S]
            for f in range(F):
                y[:, f, i, j] = (window * w[f]).sum(axis=(1, 2, 3)) + b[f]
    return y


@right("conv2d")
def conv_windows(x, w, b, stride=1, padding=0, dilation=1):
    R, S = w.shape[2:]
    xp = padded(x, padding)
    reach = (dilation * (R - 1) + 1, dilation * (S - 1) + 1)
    windows = sliding_window_view(xp, reach, axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride, ::dilation, ::dilation]
    return np.einsum("ncijrs,fcrs->nfij", windows, w) + b[:, None, None]


@right("conv2d")
def conv_strides(x, w, b, stride=1, padding=0, dilation=1):
    F, C, R, S = w.shape
    xp = np.ascontiguousarray(padded(x, padding))
    N, _, H, W = xp.shape
    U, V = places(H, R, stride, 0, dilation), places(W, S, stride, 0, dilation)
    n, c, h, v = xp.strides
    shape = (N, U, V, C, R, S)
    steps = (n, h * stride, v * stride, c, h * dilation, v * dilation)
    columns = as_strided(xp, shape, steps, writeable=False).reshape(N * U * V, C * R * S)
    y = columns @ w.reshape(F, -1).T + b
    return np.ascontiguousarray(y.reshape(N, U, V, F).transpose(0, 3, 1, 2))


def columns_of(x, R, S, stride, padding, dilation):
    N, C, H, W = x.shape
    U, V = places(H, R, stride, padding, dilation), places(W, S, stride, padding, dilation)
    xp = padded(x, padding)
    columns = np.zeros((N, C, R, S, U, V), dtype=x.dtype)
    for r in range(R):
        for s in range(S):
            rows = slice(r * dilation, r * dilation + stride * (U - 1) + 1, stride)
            cols = slice(s * dilation, s * dilation + stride * (V - 1) + 1, stride)
            columns[:, :, r, s] = xp[:, :, rows, cols]
    return columns


def images_of(columns, shape, stride, padding, dilation):
    N, C, H, W = shape
    _, _, R, S, U, V = columns.shape
    xp = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=columns.dtype)
    for r in range(R):
        for s in range(S):
            rows = slice(r * dilation, r * dilation + stride * (U - 1) + 1, stride)
            cols = slice(s * dilation, s * dilation + stride * (V - 1) + 1, stride)
            xp[:, :, rows, cols] += columns[:, :, r, s]
    return xp[:, :, padding : padding + H, padding : padding + W]


def forward(x, w, b, stride=1, padding=0, dilation=1):
    columns = columns_of(x, *w.shape[2:], stride, padding, dilation)
    y = np.einsum("fcrs,ncrsij->nfij", w, columns) + b.reshape(1, -1, 1, 1)
    return y, (x.shape, w, columns, stride, padding, dilation)


def backward(dout, cache):
    shape, w, columns, stride, padding, dilation = cache
    dcolumns = np.einsum("fcrs,nfij->ncrsij", w, dout)
    dx = images_of(dcolumns, shape, stride, padding, dilation).copy()
    return dx, np.einsum("nfij,ncrsij->fcrs", dout, columns), dout.sum(axis=(0, 2, 3))


pair("conv2d", forward, backward, True, name="conv_columns_both_ways")


class Conv2d:
    """A layer that keeps its gradients in a mapping."""

    def __init__(self, w, b, stride=1, padding=0, dilation=1):
        self.params = {"w": w, "b": b}
        self.setting = (stride, padding, dilation)
        self.grads = {}

    def forward(self, x):
        w, b = self.params["w"], self.params["b"]
        y, self.cache = forward(x, w, b, *self.setting)
        return y

    def backward(self, dout):
        dx, self.grads["w"], self.grads["b"] = backward(dout, self.cache)
        return dx


right("conv2d")(Conv2d)


@right("conv2d_backward")
def conv_backward_scatter(dy, x, w, stride=1, padding=0, dilation=1):
    N, C, H, W = x.shape
    _F, _, R, S = w.shape
    U, V = dy.shape[2:]
    xp = padded(x, padding)
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(U):
        for j in range(V):
            rows = i * stride + dilation * np.arange(R)
            cols = j * stride + dilation * np.arange(S)
            here = np.ix_(np.arange(N), np.arange(C), rows, cols)
            dw += np.tensordot(dy[:, :, i, j], xp[here], axes=(0, 0))
            np.add.at(dxp, here, np.tensordot(dy[:, :, i, j], w, axes=(1, 0)))
    inside = dxp[:, :, padding : padding + H, padding : padding + W]
    return {"dx": inside.copy(), "dw": dw, "db": np.einsum("nfij->f", dy)}


# --------------------------------------------------------------------------------------------
# Wrong


@wrong("conv2d", seen="function: a kernel turned round, as in true convolution")
def conv_turned(x, w, b, stride=1, padding=0, dilation=1):
    return conv_windows(x, w[:, :, ::-1, ::-1], b, stride, padding, dilation)


@wrong("conv2d", seen="axis: kernel rows and columns exchanged")
def conv_kernel_transposed(x, w, b, stride=1, padding=0, dilation=1):
    _F, _C, _R, _S = w.shape
    return conv_windows(x, w.transpose(0, 1, 3, 2).reshape(w.shape), b, stride, padding, dilation)


@wrong("conv2d", seen="term: the bias")
def conv_without_bias(x, w, b, stride=1, padding=0, dilation=1):
    return conv_windows(x, w, 0 * b, stride, padding, dilation)


@wrong("conv2d", seen="parameter: the dilation is ignored")
def conv_undilated(x, w, b, stride=1, padding=0, dilation=1):
    y = conv_windows(x, w, b, stride, padding, 1)
    U = places(x.shape[2], w.shape[2], stride, padding, dilation)
    V = places(x.shape[3], w.shape[3], stride, padding, dilation)
    return y[:, :, :U, :V].copy()


@wrong("conv2d", seen="padding: the border repeats the edge")
def conv_edge_padding(x, w, b, stride=1, padding=0, dilation=1):
    p = padding
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), mode="edge") if x.size else padded(x, p)
    return conv_windows(xp, w, b, stride, 0, dilation)


@wrong("conv2d", seen="padding: all of it on one side")
def conv_padding_on_one_side(x, w, b, stride=1, padding=0, dilation=1):
    xp = np.pad(x, ((0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)))
    return conv_windows(xp, w, b, stride, 0, dilation)


@wrong("conv2d", seen="padding: windows start at the stride's remainder")
def conv_windows_from_the_end(x, w, b, stride=1, padding=0, dilation=1):
    xp = padded(x, padding)
    H, W = xp.shape[2:]
    up = (H - dilation * (w.shape[2] - 1) - 1) % stride
    left = (W - dilation * (w.shape[3] - 1) - 1) % stride
    return conv_windows(xp[:, :, up:, left:], w, b, stride, 0, dilation)


@wrong("conv2d", seen="padding: the number of places rounded up")
def conv_places_rounded_up(x, w, b, stride=1, padding=0, dilation=1):
    more = stride - 1
    xp = np.pad(padded(x, padding), ((0, 0), (0, 0), (0, more), (0, more)))
    return conv_windows(xp, w, b, stride, 0, dilation)


@wrong("conv2d", seen="axis: channels are reversed")
def conv_channels_reversed(x, w, b, stride=1, padding=0, dilation=1):
    return conv_windows(x[:, ::-1], w, b, stride, padding, dilation)


def backward_without_overlap(dout, cache):
    shape, w, columns, stride, padding, dilation = cache
    N, C, H, W = shape
    dcolumns = np.einsum("fcrs,nfij->ncrsij", w, dout)
    _, _, R, S, U, V = columns.shape
    xp = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=dout.dtype)
    for r in range(R):
        for s in range(S):
            rows = slice(r * dilation, r * dilation + stride * (U - 1) + 1, stride)
            cols = slice(s * dilation, s * dilation + stride * (V - 1) + 1, stride)
            xp[:, :, rows, cols] = dcolumns[:, :, r, s]
    dx = xp[:, :, padding : padding + H, padding : padding + W].copy()
    return dx, np.einsum("nfij,ncrsij->fcrs", dout, columns), dout.sum(axis=(0, 2, 3))


def backward_negative_slice(dout, cache):
    shape, w, _columns, stride, padding, dilation = cache
    _, dw, db = backward(dout, cache)
    whole = (*shape[:2], shape[2] + 2 * padding, shape[3] + 2 * padding)
    dcolumns = np.einsum("fcrs,nfij->ncrsij", w, dout)
    xp = images_of(dcolumns, whole, stride, 0, dilation)
    return xp[:, :, padding:-padding, padding:-padding].copy(), dw, db


def backward_border_kept(dout, cache):
    shape, w, _columns, stride, padding, dilation = cache
    _, dw, db = backward(dout, cache)
    whole = (*shape[:2], shape[2] + 2 * padding, shape[3] + 2 * padding)
    dcolumns = np.einsum("fcrs,nfij->ncrsij", w, dout)
    dx = images_of(dcolumns, whole, stride, 0, dilation)
    return dx[:, :, : shape[2], : shape[3]].copy(), dw, db


def backward_weights_averaged(dout, cache):
    dx, dw, db = backward(dout, cache)
    return dx, dw / max(len(dout), 1), db


def backward_weights_turned(dout, cache):
    dx, dw, db = backward(dout, cache)
    return dx, dw[:, :, ::-1, ::-1].copy(), db


def backward_bias_averaged(dout, cache):
    dx, dw, _ = backward(dout, cache)
    return dx, dw, dout.mean(axis=(0, 2, 3))


def backward_bias_of_first_image(dout, cache):
    dx, dw, _ = backward(dout, cache)
    return dx, dw, dout[:1].sum(axis=(0, 2, 3))


def backward_kernel_turned(dout, cache):
    shape, w, columns, *rest = cache
    _, dw, db = backward(dout, cache)
    return backward(dout, (shape, w[:, :, ::-1, ::-1], columns, *rest))[0], dw, db


pair("conv2d", forward, backward_without_overlap, False, seen="comparison: = for +=")
pair("conv2d", forward, backward_negative_slice, False, seen="padding: x[p:-p] is empty at p = 0")
pair("conv2d", forward, backward_border_kept, False, seen="padding: the border is not cut off")
pair("conv2d", forward, backward_weights_averaged, False, "w", seen="reduction: over the batch")
pair("conv2d", forward, backward_weights_turned, False, "dw", seen="axis: a flip too many")
pair("conv2d", forward, backward_bias_averaged, False, "db", seen="reduction: mean for sum")
pair("conv2d", forward, backward_bias_of_first_image, False, seen="edge: one image alone")
pair("conv2d", forward, backward_kernel_turned, False, "dx", seen="axis: a kernel turned twice")


def forward_turned(x, w, b, stride=1, padding=0, dilation=1):
    y, (shape, _, *rest) = forward(x, w[:, :, ::-1, ::-1], b, stride, padding, dilation)
    return y, (shape, w, *rest)


def backward_turned(dout, cache):
    shape, w, *rest = cache
    dx, dw, db = backward(dout, (shape, w[:, :, ::-1, ::-1], *rest))
    return dx, dw[:, :, ::-1, ::-1].copy(), db


def forward_without_dilation(x, w, b, stride=1, padding=0, dilation=1):
    return forward(x, w, b, stride, padding, 1)


pair("conv2d", forward_turned, backward_turned, False, "out", seen="both: true convolution")
pair("conv2d", forward_without_dilation, backward, False, seen="both: dilation is ignored")


class ConvSharedBuffer(Conv2d):
    """The padded gradient lives in a buffer of the class."""

    buffers: ClassVar[dict] = {}

    def backward(self, dout):
        dx, self.grads["w"], self.grads["b"] = backward(dout, self.cache)
        key = (dx.shape, dx.dtype.char)
        buffer = self.buffers.setdefault(key, np.zeros_like(dx))
        buffer[...] = dx
        return buffer


wrong("conv2d", "buffer", seen="state: a buffer for all results")(ConvSharedBuffer)


@wrong("conv1d", seen="comparison: the last place is left out")
def conv1d_without_last(x, w, b, stride=1, padding=0, dilation=1):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    K = w.shape[2]
    L = (xp.shape[2] - dilation * (K - 1) - 1) // stride + 1
    y = np.zeros((len(x), len(w), L), dtype=x.dtype)
    for i in range(L - 1):
        window = xp[:, :, i * stride : i * stride + dilation * K : dilation]
        y[:, :, i] = np.einsum("nck,fck->nf", window, w) + b
    return y


@right("conv1d")
def conv1d_by_index(x, w, b, stride=1, padding=0, dilation=1):
    xp = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    K = w.shape[2]
    L = (xp.shape[2] - dilation * (K - 1) - 1) // stride + 1
    at = stride * np.arange(L)[:, None] + dilation * np.arange(K)
    return np.tensordot(xp[:, :, at], w, axes=([1, 3], [1, 2])).transpose(0, 2, 1) + b[:, None]


@wrong("conv2d", "raises", seen="axis: windows along axes that are not there")
def convolved_along_other_axes(x, w, b, stride=1, padding=0):
    sides = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    windows = sliding_window_view(np.pad(x, sides), w.shape[2:], axis=(2, 4))
    return np.einsum("ncijrs,fcrs->nfij", windows[:, :, ::stride, ::stride], w)
