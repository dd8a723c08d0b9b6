"""Pooling and its opposites: the largest or the mean value of a window, and spreading values out.

A window starts at s i - p and has k rows, d apart; windows may overlap. A maximum leaves padding
out, and its weights a are one-hot: 1 at the place of the largest value. Where two values of a
window are equal the largest has no derivative, and numerics takes the first in reading order.
"""

from typing import Literal

from derive.catalogue._layers import positions, through
from derive.derivation import chain, define, derivation, differentiation
from derive.spaces import Index, Integer, Tensor4
from derive.terms.arrays import Array, array, choice, entries, sum_over
from derive.terms.contexts import Context, floor_quotient
from derive.terms.functions import delta, guard
from derive.terms.sizes import sizes

N, C, H, W, U, V = sizes("N C H W U V")
k, s, p, d = sizes("k s p d")


def outputs(name, inputs):
    """What is known of the number of windows: so many fit, no more, and each holds an input."""
    _, context = floor_quotient(name, inputs + 2 * p - d * (k - 1) - 1 + s, s)
    return context.joined(Context({name: 1, "p": 0}, (d * (k - 1) - p, inputs - d)))


IMAGES = outputs("U", H).joined(outputs("V", W))


def met(window, place):
    """Where in the input a place of a window is."""
    return s * window + d * place - p


def weights(x, name="a"):
    """The one-hot weights of the largest value of each window, of those that are no padding."""
    n, c, i, j, r, t = axes = positions(n=N, c=C, i=U, j=V, r=k, t=k)
    rows, columns = met(i, r), met(j, t)
    values = array(axes, x[n, c, rows, columns])
    return entries(choice(name, values, (4, 5), (rows, H - 1 - rows, columns, W - 1 - columns)))


@derivation(where=IMAGES)
def max_pool2d(
    x: Tensor4[N, C, H, W],
    n: Index[N],
    c: Index[C],
    i: Index[U],
    j: Index[V],
    kernel: Integer[k],
    stride: Integer[s],
    padding: Integer[p],
    dilation: Integer[d],
):
    """The largest value of a window is the sum of its values with one-hot weights."""
    a, largest = weights(x), weights(x, "")
    r, t = positions(r=k, t=k)
    value = x[n, c, met(i, r), met(j, t)]
    return chain(sum_over((r, t), largest[n, c, i, j, r, t] * value)).eq(
        sum_over((r, t), a[n, c, i, j, r, t] * value), by=a
    )


@derivation(where=IMAGES)
def max_pool2d_backward(
    dy: Tensor4[N, C, U, V],
    x: Tensor4[N, C, H, W],
    n: Index[N],
    c: Index[C],
    h: Index[H],
    v: Index[W],
    kernel: Integer[k],
    stride: Integer[s],
    padding: Integer[p],
    dilation: Integer[d],
):
    """Max pooling sends a gradient back to the largest value of each window, and to it alone."""
    a = weights(x)
    y = define("y", max_pool2d(x).end)
    i, j, r, t = positions(i=U, j=V, r=k, t=k)
    read = delta(h, met(i, r)) * delta(v, met(j, t))
    return through(dy, y, x[n, c, h, v], m=N, e=C, i=U, j=V).eq(
        sum_over((i, j, r, t), read * a[n, c, i, j, r, t] * dy[n, c, i, j]), by=differentiation
    )


def places_of(i, j):
    """How many places of a window are in the image."""
    r, t = positions(r=k, t=k)
    rows, columns = met_closely(i, r), met_closely(j, t)
    down = sum_over(r, guard(rows) * guard(H - 1 - rows))
    return down * sum_over(t, guard(columns) * guard(W - 1 - columns))


def met_closely(window, place):
    """Where in the input a place of a window is that has no gaps."""
    return s * window + place - p


def closely(name, inputs):
    """What is known of the number of windows without gaps: each of them holds an input."""
    _, context = floor_quotient(name, inputs + 2 * p - k + s, s)
    return context.joined(Context({name: 1, "p": 0}, (k - 1 - p,)))


CLOSE = closely("U", H).joined(closely("V", W))
Counted = Literal["all", "inside"]


def share(i, j, counted):
    """The weight of one place in the mean of a window."""
    if counted == "all":
        return 1 / Array.of(k) ** 2
    m, q = positions(i=U, j=V)
    return 1 / define("q", array((m, q), places_of(m, q)))[i, j]


@derivation(where=CLOSE)
def avg_pool2d(
    x: Tensor4[N, C, H, W],
    n: Index[N],
    c: Index[C],
    i: Index[U],
    j: Index[V],
    kernel: Integer[k],
    stride: Integer[s],
    padding: Integer[p],
    *,
    counted: Counted = "all",
):
    """The mean of a window can be taken along its rows first, and then of what that gives.

    Padding is 0; it counts as a place, or only the q places inside the image do. z holds the sums
    along rows, which windows below each other share.
    """
    r, t = positions(r=k, t=k)
    m, e, h, q = positions(n=N, c=C, h=H, j=V)
    z = define("z", array((m, e, h, q), sum_over(t, x[m, e, h, met_closely(q, t)])))
    value = x[n, c, met_closely(i, r), met_closely(j, t)]
    part = share(i, j, counted)
    return chain(part * sum_over((r, t), value)).eq(
        part * sum_over(r, z[n, c, met_closely(i, r), j]), by=z
    )


@derivation(where=CLOSE)
def avg_pool2d_backward(
    dy: Tensor4[N, C, U, V],
    x: Tensor4[N, C, H, W],
    n: Index[N],
    c: Index[C],
    h: Index[H],
    v: Index[W],
    kernel: Integer[k],
    stride: Integer[s],
    padding: Integer[p],
    *,
    counted: Counted = "all",
):
    """Average pooling shares a gradient out among all places of each window."""
    y = define("y", avg_pool2d(x, counted=counted))
    i, j, r, t = positions(i=U, j=V, r=k, t=k)
    read = delta(h, met_closely(i, r)) * delta(v, met_closely(j, t))
    return through(dy, y, x[n, c, h, v], m=N, e=C, i=U, j=V).eq(
        sum_over((i, j, r, t), read * dy[n, c, i, j] * share(i, j, counted)), by=differentiation
    )


_, FITS_DOWN = floor_quotient("U", H - k + s, s)
_, FITS_ACROSS = floor_quotient("V", W - k + s, s)
APART = FITS_DOWN.joined(FITS_ACROSS).joined(Context({"U": 1, "V": 1}, (s - k,)))


def apart(x):
    """The one-hot weights of the largest value of windows without padding and gaps."""
    n, c, i, j, r, t = axes = positions(n=N, c=C, i=U, j=V, r=k, t=k)
    values = array(axes, x[n, c, s * i + r, s * j + t])
    return entries(choice("a", values, (4, 5)))


@derivation(where=APART)
def max_unpool2d(
    y: Tensor4[N, C, U, V],
    x: Tensor4[N, C, H, W],
    n: Index[N],
    c: Index[C],
    h: Index[H],
    v: Index[W],
    kernel: Integer[k],
    stride: Integer[s],
):
    """Unpooling puts each value where max pooling found the largest, and zeros around it.

    a are the weights of the largest values of x, and z the windows with what is put into them. No
    two windows overlap.
    """
    a = apart(x)
    z = define("z", a * y[:, :, :, :, None, None])
    window = i, j, r, t = positions(i=U, j=V, r=k, t=k)
    put = delta(h, s * i + r) * delta(v, s * j + t)
    return chain(sum_over(window, put * a[n, c, i, j, r, t] * y[n, c, i, j])).eq(
        sum_over(window, put * z[n, c, i, j, r, t]), by=z
    )


@derivation(where=APART)
def max_unpool2d_backward(
    dy: Tensor4[N, C, H, W],
    y: Tensor4[N, C, U, V],
    x: Tensor4[N, C, H, W],
    n: Index[N],
    c: Index[C],
    i: Index[U],
    j: Index[V],
    kernel: Integer[k],
    stride: Integer[s],
):
    """Unpooling sends back what it finds where it put a value: it is max pooling's adjoint."""
    a, z = apart(x), define("z", max_unpool2d(y, x))
    r, t = positions(r=k, t=k)
    return through(dy, z, y[n, c, i, j], m=N, e=C, h=H, v=W).eq(
        sum_over((r, t), a[n, c, i, j, r, t] * dy[n, c, s * i + r, s * j + t]),
        by=differentiation,
    )


@derivation
def upsample2d(
    x: Tensor4[N, C, H, W],
    n: Index[N],
    c: Index[C],
    u: Index[k * H],
    v: Index[k * W],
    factor: Integer[k],
):
    """Repeating every place along rows and columns can be done one after the other.

    z has its columns repeated already.
    """
    i, j, r, t = positions(i=H, j=W, r=k, t=k)
    m, e, h, q = positions(n=N, c=C, i=H, v=k * W)
    z = define("z", array((m, e, h, q), sum_over((j, t), delta(q, k * j + t) * x[m, e, h, j])))
    repeated = delta(u, k * i + r) * delta(v, k * j + t)
    return chain(sum_over((i, j, r, t), repeated * x[n, c, i, j])).eq(
        sum_over((i, r), delta(u, k * i + r) * z[n, c, i, v]), by=z
    )


@derivation
def upsample2d_backward(
    dy: Tensor4[N, C, k * H, k * W],
    x: Tensor4[N, C, H, W],
    n: Index[N],
    c: Index[C],
    i: Index[H],
    j: Index[W],
    factor: Integer[k],
):
    """A place that was repeated gets back the sum over its square."""
    y = define("y", upsample2d(x))
    r, t = positions(r=k, t=k)
    return through(dy, y, x[n, c, i, j], m=N, e=C, u=k * H, v=k * W).eq(
        sum_over((r, t), dy[n, c, k * i + r, k * j + t]), by=differentiation
    )
