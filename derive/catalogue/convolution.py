"""Convolution as networks compute it: cross-correlation with stride, padding and dilation.

An input out of range counts as 0, which is what padding means. All sizes are symbols, and there
are as many outputs as fit: an output is at i, a weight at r, and they meet in the input at
s i + d r - p.
"""

from derive.catalogue._layers import positions, through
from derive.derivation import chain, define, derivation, differentiation
from derive.spaces import Index, Integer, Tensor3, Tensor4, Vector
from derive.terms.arrays import array, sum_over
from derive.terms.contexts import Context, floor_quotient
from derive.terms.functions import delta
from derive.terms.sizes import ONE, sizes

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
    c, k, q = positions(c=C, k=R, l=S)
    axes = positions(n=N, c=C, k=R, l=S, i=U, j=V)
    u = define("u", array(axes, x[axes[0], axes[1], met(axes[4], axes[2]), met(axes[5], axes[3])]))
    return chain(sum_over((c, k, q), x[n, c, met(i, k), met(j, q)] * w[f, c, k, q]) + b[f]).eq(
        sum_over((c, k, q), w[f, c, k, q] * u[n, c, k, q, i, j]) + b[f], by=u
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
    m, g, i, j, k, q = positions(**outputs, k=R, l=S)
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


(extra,) = sizes("q")  # rows and columns of the output that no kernel needs to reach


def filled(name, inputs, kernel):
    """What is known of the size of the output of a transposed convolution: which it is."""
    _, context = floor_quotient(name, s * (inputs - 1) + d * (kernel - 1) + 1 - 2 * p + extra, ONE)
    return context.joined(Context({name: 1, "p": 0, "q": 0}, (s - 1 - extra,)))


SPREAD = filled("H", U, R).joined(filled("W", V, S))


@derivation(where=SPREAD)
def conv2d_transpose(
    x: Tensor4[N, F, U, V],
    w: Tensor4[F, C, R, S],
    b: Vector[C],
    n: Index[N],
    c: Index[C],
    h: Index[H],
    v: Index[W],
    stride: Integer[s],
    padding: Integer[p],
    output_padding: Integer[extra],
    dilation: Integer[d],
):
    """A transposed convolution is a product of matrices, and adds up what comes to one place.

    Every input spreads a kernel over the output, which is q larger than it has to be.
    """
    window = g, a, o, k, t = positions(g=F, a=U, o=V, k=R, l=S)
    axes = positions(n=N, c=C, k=R, l=S, a=U, o=V)
    spread = w[g, axes[1], axes[2], axes[3]] * x[axes[0], g, axes[4], axes[5]]
    u = define("u", array(axes, sum_over(g, spread)))
    put = delta(h, met(a, k)) * delta(v, met(o, t))
    return chain(sum_over(window, put * x[n, g, a, o] * w[g, c, k, t]) + b[c]).eq(
        sum_over(window[1:], put * u[n, c, k, t, a, o]) + b[c], by=u
    )


@derivation(where=SPREAD)
def conv2d_transpose_backward(
    dy: Tensor4[N, C, H, W],
    x: Tensor4[N, F, U, V],
    w: Tensor4[F, C, R, S],
    b: Vector[C],
    n: Index[N],
    f: Index[F],
    c: Index[C],
    i: Index[U],
    j: Index[V],
    r: Index[R],
    t: Index[S],
    stride: Integer[s],
    padding: Integer[p],
    output_padding: Integer[extra],
    dilation: Integer[d],
):
    """The adjoint of a transposed convolution is the convolution: it reads where the other wrote.

    dy is the gradient of a loss in the outputs y.
    """
    y = define("y", conv2d_transpose(x, w, b))
    outputs = {"m": N, "e": C, "h": H, "v": W}
    m, e, h, v, k, q, a, o = positions(**outputs, k=R, l=S, a=U, o=V)
    return {
        "dx": through(dy, y, x[n, f, i, j], **outputs).eq(
            sum_over((e, k, q), dy[n, e, met(i, k), met(j, q)] * w[f, e, k, q]), by=differentiation
        ),
        "dw": through(dy, y, w[f, c, r, t], **outputs).eq(
            sum_over((m, a, o), x[m, f, a, o] * dy[m, c, met(a, r), met(o, t)]), by=differentiation
        ),
        "db": through(dy, y, b[c], **outputs).eq(
            sum_over((m, h, v), dy[m, c, h, v]), by=differentiation
        ),
    }


L, K, M = sizes("L K M")
SIGNALS = fitting("M", L, K)


@derivation(where=SIGNALS)
def conv1d(
    x: Tensor3[N, C, L],
    w: Tensor3[F, C, K],
    b: Vector[F],
    n: Index[N],
    f: Index[F],
    i: Index[M],
    stride: Integer[s],
    padding: Integer[p],
    dilation: Integer[d],
):
    """A convolution of signals is a product of matrices as well, with columns of one row each."""
    c, r = positions(c=C, r=K)
    m, e, q, o = axes = positions(n=N, c=C, r=K, i=M)
    u = define("u", array(axes, x[m, e, met(o, q)]))
    return chain(sum_over((c, r), x[n, c, met(i, r)] * w[f, c, r]) + b[f]).eq(
        sum_over((c, r), w[f, c, r] * u[n, c, r, i]) + b[f], by=u
    )


@derivation(where=SIGNALS)
def conv1d_backward(
    dy: Tensor3[N, F, M],
    x: Tensor3[N, C, L],
    w: Tensor3[F, C, K],
    b: Vector[F],
    n: Index[N],
    f: Index[F],
    c: Index[C],
    u: Index[L],
    r: Index[K],
    stride: Integer[s],
    padding: Integer[p],
    dilation: Integer[d],
):
    """The gradients of a convolution of signals, given the gradient dy of a loss in its outputs."""
    y = define("y", conv1d(x, w, b))
    outputs = {"m": N, "g": F, "i": M}
    m, g, i, k = positions(**outputs, k=K)
    return {
        "dx": through(dy, y, x[n, c, u], **outputs).eq(
            sum_over((g, i, k), delta(u, met(i, k)) * dy[n, g, i] * w[g, c, k]), by=differentiation
        ),
        "dw": through(dy, y, w[f, c, r], **outputs).eq(
            sum_over((m, i), dy[m, f, i] * x[m, c, met(i, r)]), by=differentiation
        ),
        "db": through(dy, y, b[f], **outputs).eq(sum_over((m, i), dy[m, f, i]), by=differentiation),
    }


@derivation
def convolution(x: Vector[L], w: Vector[K], o: Index[L + K - 1]):
    """Convolution is cross-correlation with the kernel turned round, and padding K - 1.

    In the mathematical sense an output adds up what is as far after it as the weight is before.
    """
    r, k = positions(r=K, k=K)
    turned = define("v", array((k,), w[K - 1 - k]))
    return chain(sum_over(r, x[o - r] * w[r])).eq(
        sum_over(k, x[o + k - (K - 1)] * turned[k]), by=turned
    )
