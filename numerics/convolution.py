"""Convolution of images and signals as networks compute it, its adjoint, and their gradients."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._conventions import Pair, pair, whole
from numerics._correlation import correlated, met_by_kernels, spread
from numerics._windows import Steps, steps_of


class ConvolutionGradients(NamedTuple):
    """The gradients of a loss in the inputs, the kernels and the biases of a convolution."""

    dx: Array
    dw: Array
    db: Array


def conv2d(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Array:
    """Return y[n,f,i,j] = sum_crt x[n,c, s i + d r - p, s j + d t - p] w[f,c,r,t] + b[f].

    The kernel is not turned round; inputs out of range count as 0. With groups, channels and
    kernels are split into as many parts, and kernels see the channels of their own part.

    Shapes: x (N, C, H, W); w (F, C / groups, R, S); b (F); the result is (N, F, U, V) with
    U = (H + 2 p - d (R - 1) - 1) // s + 1.
    Units: stride s, padding p and dilation d are places of the image: a number, or a pair for rows
    and columns.
    Errors: ValueError where the shapes do not fit, the kernel is larger than the input or a step is
    no whole number.
    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.

    >>> conv2d([[[[1.0, 2.0, 4.0]]]], [[[[-1.0, 1.0]]]], [10.0])
    array([[[[11., 12.]]]])
    """
    x, w, *bias = _with_bias("N C H W; F D R S; F", x, w, b)
    steps = steps_of(stride, padding, dilation)
    grouped = _groups(x, w, groups)
    _sizes(x.shape[2:], w.shape[2:], steps)
    out = correlated(*grouped, steps)
    out = out.reshape(len(x), len(w), *out.shape[3:])
    return _shifted(out, *bias)


def conv2d_backward(
    dy: npt.ArrayLike,
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> ConvolutionGradients:
    """Return the gradients dx, dw, db of a loss whose gradient in the outputs is dy.

    dw[f,c,r,t] = sum_nij dy[n,f,i,j] x[n,c, s i + d r - p, s j + d t - p], and dx adds the products
    dy w up where the inputs came from.

    Shapes: dy (N, F, U, V); x, dx (N, C, H, W); w, dw (F, C / groups, R, S); db (F).
    Units: stride s, padding p and dilation d as for conv2d.
    Errors: ValueError where the shapes do not fit, the kernel is larger than the input or a step is
    no whole number.
    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.

    >>> conv2d_backward([[[[1.0]]]], [[[[1.0], [2.0]]]], [[[[3.0], [4.0]]]]).dx
    array([[[[3.],
             [4.]]]])
    """
    dy, x, w = arguments("N F U V; N C H W; F D R S", dy=dy, x=x, w=w)
    steps = steps_of(stride, padding, dilation)
    inputs, kernels = _groups(x, w, groups)
    _agree(dy, "U V", _sizes(x.shape[2:], w.shape[2:], steps))
    outputs = dy.reshape(len(dy), groups, dy.shape[1] // groups, *dy.shape[2:])
    dx = spread(outputs, kernels, x.shape[2:], steps)
    dw = met_by_kernels(inputs, outputs, w.shape[2:], steps)
    return ConvolutionGradients(dx.reshape(x.shape), dw.reshape(w.shape), dy.sum(axis=(0, 2, 3)))


def conv1d(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Array:
    """Return y[n,f,i] = sum_ck x[n,c, s i + d k - p] w[f,c,k] + b[f].

    Shapes: x (N, C, L); w (F, C / groups, K); b (F); the result is (N, F, U) with
    U = (L + 2 p - d (K - 1) - 1) // s + 1.
    Units: stride s, padding p and dilation d are places of the signal.
    Errors: ValueError where the shapes do not fit, the kernel is longer than the input or a step is
    no whole number.
    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.

    >>> conv1d([[[1.0, 2.0, 4.0]]], [[[-1.0, 1.0]]])
    array([[[1., 2.]]])
    """
    x, w, *bias = _with_bias("N C L; F D K; F", x, w, b)
    steps = _along_rows(stride, padding, dilation)
    return conv2d(x[:, :, None], w[:, :, None], *bias, **steps, groups=groups).squeeze(2)


def conv1d_backward(
    dy: npt.ArrayLike,
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> ConvolutionGradients:
    """Return the gradients dx, dw, db of a loss whose gradient in the outputs is dy.

    Shapes: dy (N, F, U); x, dx (N, C, L); w, dw (F, C / groups, K); db (F).
    Units: stride, padding and dilation as for conv1d.
    Errors: ValueError where the shapes do not fit, the kernel is longer than the input or a step is
    no whole number.
    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.

    >>> conv1d_backward([[[1.0, 1.0]]], [[[1.0, 2.0, 4.0]]], [[[-1.0, 1.0]]]).dw
    array([[[3., 6.]]])
    """
    dy, x, w = arguments("N F U; N C L; F D K", dy=dy, x=x, w=w)
    steps = _along_rows(stride, padding, dilation)
    images = (array[:, :, None] for array in (dy, x, w))
    dx, dw, db = conv2d_backward(*images, **steps, groups=groups)
    return ConvolutionGradients(dx.squeeze(2), dw.squeeze(2), db)


def conv2d_transpose(
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    b: npt.ArrayLike | None = None,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Array:
    """Return the adjoint of conv2d at x, plus a bias: every entry of x spreads a kernel.

    Shapes: x (N, F, U, V); w (F, C / groups, R, S); b (C); the result is (N, C, H, W) with
    H = s (U - 1) - 2 p + d (R - 1) + 1 + output_padding.
    Units: stride s, padding p, dilation d and output_padding are places of the image: a
    number, or a pair for rows and columns.
    Errors: ValueError where the shapes do not fit, output_padding is too large or a step is no
    whole number.
    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.

    >>> conv2d_transpose([[[[1.0, 2.0]]]], [[[[1.0, 3.0]]]], stride=2)
    array([[[[1., 3., 2., 6.]]]])
    """
    x, w, *bias = _with_bias("N F U V; F D R S; C", x, w, b)
    steps = steps_of(stride, padding, dilation)
    inputs, kernels = _transposed_groups(x, w, groups)
    image = _spread_size(x.shape[2:], w.shape[2:], steps, pair("output_padding", output_padding, 0))
    out = spread(inputs, kernels, image, steps)
    out = out.reshape(len(x), groups * w.shape[1], *image)
    if bias and bias[0].shape != out.shape[1:2]:
        raise ValueError(f"b: got shape {bias[0].shape}, wanted (C) with C = {out.shape[1]}")
    return _shifted(out, *bias)


def conv2d_transpose_backward(
    dy: npt.ArrayLike,
    x: npt.ArrayLike,
    w: npt.ArrayLike,
    *,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> ConvolutionGradients:
    """Return the gradients dx, dw, db of a loss whose gradient in the outputs is dy.

    dx is the convolution of dy with w, as the adjoint of an adjoint is the map itself.

    Shapes: dy (N, C, H, W); x, dx (N, F, U, V); w, dw (F, C / groups, R, S); db (C).
    Units: stride, padding, dilation and output_padding as for conv2d_transpose.
    Errors: ValueError where the shapes do not fit, output_padding is too large or a step is no
    whole number.
    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016.

    >>> conv2d_transpose_backward([[[[1.0, 3.0]]]], [[[[2.0]]]], [[[[1.0, 3.0]]]]).dx
    array([[[[10.]]]])
    """
    dy, x, w = arguments("N C H W; N F U V; F D R S", dy=dy, x=x, w=w)
    steps = steps_of(stride, padding, dilation)
    inputs, kernels = _transposed_groups(x, w, groups)
    more = pair("output_padding", output_padding, 0)
    image = _spread_size(x.shape[2:], w.shape[2:], steps, more)
    _agree(dy, "C H W", (groups * w.shape[1], *image))
    outputs = dy.reshape(len(dy), groups, w.shape[1], *dy.shape[2:])
    dx = correlated(outputs, kernels, steps, x.shape[2:])
    dw = met_by_kernels(outputs, inputs, w.shape[2:], steps)
    return ConvolutionGradients(dx.reshape(x.shape), dw.reshape(w.shape), dy.sum(axis=(0, 2, 3)))


def convolution(x: npt.ArrayLike, w: npt.ArrayLike) -> Array:
    """Return y[o] = sum_r x[o - r] w[r], in the mathematical sense, wherever the two meet.

    Shapes: x (L); w (K); the result is (L + K - 1).
    Errors: ValueError where one of them is empty.
    Source: Oppenheim and Schafer, Discrete-time signal processing, eq. (2.49).

    >>> convolution([1.0, 2.0], [10.0, 20.0, 30.0])
    array([10., 40., 70., 60.])
    """
    x, w = arguments("L; K", x=x, w=w)
    if not x.size or not w.size:
        name, got = ("w", w.shape) if x.size else ("x", x.shape)
        raise ValueError(f"{name}: got shape {got}, wanted at least one value")
    return np.convolve(x, w)


# --------------------------------------------------------------------------------------------
# Arguments


def _along_rows(stride: int, padding: int, dilation: int) -> dict[str, Any]:
    """The steps for images of one row, which has nothing around it."""
    return {
        "stride": whole("stride", stride, 1),
        "padding": (0, whole("padding", padding, 0)),
        "dilation": whole("dilation", dilation, 1),
    }


def _groups(x: Array, w: Array, groups: int) -> tuple[Array, Array]:
    """Return inputs and kernels with an axis for the groups."""
    groups = whole("groups", groups, 1)
    if x.shape[1] != groups * w.shape[1] or len(w) % groups:
        wanted = f"(F, C / groups, ...) with groups = {groups} dividing F and C = {x.shape[1]}"
        raise ValueError(f"w: got shape ({len(w)}, {w.shape[1]}, ...), wanted {wanted}")
    inputs = x.reshape(len(x), groups, w.shape[1], *x.shape[2:])
    return inputs, w.reshape(groups, len(w) // groups, *w.shape[1:])


def _transposed_groups(x: Array, w: Array, groups: int) -> tuple[Array, Array]:
    if len(w) % whole("groups", groups, 1):
        raise ValueError(f"groups: got {groups}, wanted a divisor of F = {len(w)}")
    inputs = x.reshape(len(x), groups, len(w) // groups, *x.shape[2:])
    return inputs, w.reshape(groups, len(w) // groups, *w.shape[1:])


def _sizes(image: tuple[int, ...], kernel: tuple[int, ...], steps: Steps) -> tuple[int, ...]:
    """Return the size of the output."""
    found = steps.fits(image, kernel)
    if 0 in kernel or min(found) < 1:
        reach = tuple(reach + 1 for reach in steps.reach(kernel))
        around = tuple(size + 2 * p for size, p in zip(image, steps.padding, strict=True))
        raise ValueError(f"w: got a kernel that covers {reach}, wanted one that fits into {around}")
    return found


def _spread_size(
    outputs: tuple[int, ...], kernel: tuple[int, ...], steps: Steps, more: tuple[int, int]
) -> tuple[int, int]:
    if any(o >= max(s, d) for o, s, d in zip(more, steps.stride, steps.dilation, strict=True)):
        raise ValueError(f"output_padding: got {more}, wanted less than a stride or a dilation")
    rows = zip(outputs, steps.reach(kernel), steps.stride, steps.padding, more, strict=True)
    size = tuple(s * (count - 1) + reach + 1 - 2 * p + o for count, reach, s, p, o in rows)
    if 0 in kernel or min(size) < 1:
        raise ValueError(
            f"x: got shape {outputs}, wanted outputs of at least one place, not {size}"
        )
    return size[0], size[1]


def _agree(dy: Array, axes: str, wanted: tuple[int, ...]) -> None:
    """Hold the last axes of the outputs' gradient to what the other arguments lead to."""
    if dy.shape[-len(wanted) :] != wanted:
        where = ", ".join(f"{name} = {k}" for name, k in zip(axes.split(), wanted, strict=True))
        raise ValueError(
            f"dy: got shape {dy.shape}, wanted (..., {', '.join(axes.split())}) with {where}"
        )


def _shifted(out: Array, b: Array | None = None) -> Array:
    if b is not None:
        out += b[:, None, None]
    return out


def _with_bias(
    layout: str, x: npt.ArrayLike, w: npt.ArrayLike, b: npt.ArrayLike | None
) -> tuple[Array, ...]:
    if b is None:
        return arguments(layout.rpartition(";")[0], x=x, w=w)
    return arguments(layout, x=x, w=w, b=b)
