"""Convolution as networks compute it: cross-correlation with stride, padding and dilation.

An input out of range counts as 0, which is what padding means. All sizes are symbols, and there
are as many outputs as fit: an output is at i, a weight at r, and they meet in the input at
s i + d r - p.
"""

from derive.catalogue._layers import positions, through
from derive.derivation import chain, define, derivation, differentiation
from derive.spaces import Index, Integer, Tensor4, Vector
from derive.terms.arrays import array, sum_over
from derive.terms.contexts import Context, floor_quotient
from derive.terms.functions import delta
from derive.terms.sizes import sizes

N, C, F, H, W, R, S, U, V = sizes("N C F H W R S U V")
s, p, d = sizes("s p d")


def fitting(name, inputs, kernel):
    """What is known of the number of outputs: the kernel fits so many times, and no more."""
    _, context = floor_quotient(name, inputs + 2 * p - d * (kernel - 1) - 1 + s, s)
    return context.joined(Context({name: 1, "p": 0}))


IMAGES = fitting("U", H, R).joined(fitting("V", W, S))


def met(out, weight):
    """Where in the input an output and a weight meet."""
    return s * out + d * weight - p


@derivation(where=IMAGES)
def conv2d(
    x: Tensor4[N, C, H, W],
    w: Tensor4[F, C, R, S],
    b: Vector[F],
    n: Index[N],
    f: Index[F],
    i: Index[U],
    j: Index[V],
    stride: Integer[s],
    padding: Integer[p],
    dilation: Integer[d],
):
    """A convolution is a product of matrices: kernels times the columns of what they meet.

    In the columns u every input stands as often as a kernel meets it.
    """
    c, r, t = positions(c=C, r=R, t=S)
    axes = positions(n=N, c=C, r=R, t=S, i=U, j=V)
    u = define("u", array(axes, x[axes[0], axes[1], met(axes[4], axes[2]), met(axes[5], axes[3])]))
    return chain(sum_over((c, r, t), x[n, c, met(i, r), met(j, t)] * w[f, c, r, t]) + b[f]).eq(
        sum_over((c, r, t), w[f, c, r, t] * u[n, c, r, t, i, j]) + b[f], by=u
    )


@derivation(where=IMAGES)
def conv2d_backward(
    dy: Tensor4[N, F, U, V],
    x: Tensor4[N, C, H, W],
    w: Tensor4[F, C, R, S],
    b: Vector[F],
    n: Index[N],
    f: Index[F],
    c: Index[C],
    h: Index[H],
    v: Index[W],
    r: Index[R],
    t: Index[S],
    stride: Integer[s],
    padding: Integer[p],
    dilation: Integer[d],
):
    """Every gradient of a convolution is a sum over the places where weights meet the input.

    dy is the gradient of a loss in the outputs y. An input gets back what it gave, from all
    outputs that read it; a weight, being shared, adds up over all places.
    """
    y = define("y", conv2d(x, w, b))
    outputs = {"m": N, "g": F, "i": U, "j": V}
    m, g, i, j, k, q = positions(**outputs, k=R, q=S)
    read = delta(h, met(i, k)) * delta(v, met(j, q))
    return {
        "dx": through(dy, y, x[n, c, h, v], **outputs).eq(
            sum_over((g, i, j, k, q), read * dy[n, g, i, j] * w[g, c, k, q]),
            by=differentiation,
        ),
        "dw": through(dy, y, w[f, c, r, t], **outputs).eq(
            sum_over((m, i, j), dy[m, f, i, j] * x[m, c, met(i, r), met(j, t)]),
            by=differentiation,
        ),
        "db": through(dy, y, b[f], **outputs).eq(
            sum_over((m, i, j), dy[m, f, i, j]), by=differentiation
        ),
    }
