"""What is true of every convolution: shared weights, its matrix, its adjoint, the turned kernel.

One row shows it: an output at i and a weight at r meet in the input at s i + d r - p.
"""

from derive.catalogue._layers import positions
from derive.catalogue.convolution import SIGNALS, K, L, M, d, met, p, s
from derive.derivation import D, chain, define, derivation, differentiation
from derive.spaces import Index, Integer, Matrix, Tensor3, Vector
from derive.terms.arrays import array, sum_over
from derive.terms.contexts import Context
from derive.terms.functions import delta
from derive.terms.sizes import sizes


@derivation(symbolic_only="conv2d_backward computes it", where=SIGNALS)
def weight_sharing(
    dy: Vector[M],
    x: Vector[L],
    w: Vector[K],
    v: Matrix[M, K],
    r: Index[K],
    stride: Integer[s],
    padding: Integer[p],
    dilation: Integer[d],
):
    """The gradient in a shared weight is the sum of the gradients that its copies would have.

    y is a convolution, and z the same with weights v of its own for each output.
    """
    i, k = positions(i=M, k=K)
    y = define("y", array((i,), sum_over(k, x[met(i, k)] * w[k])))
    z = define("z", array((i,), sum_over(k, x[met(i, k)] * v[i, k])))
    return (
        chain(D((dy * y).sum(), w[r]))
        .eq(sum_over(i, dy[i] * x[met(i, r)]), by=differentiation)
        .eq(sum_over(i, D((dy * z).sum(), v[i, r])), by=differentiation)
    )


@derivation(symbolic_only="it is sparse, and conv1d computes the product", where=SIGNALS)
def convolution_matrix(
    x: Vector[L],
    w: Vector[K],
    i: Index[M],
    u: Index[L],
    stride: Integer[s],
    padding: Integer[p],
    dilation: Integer[d],
):
    """A convolution is a product with a matrix that repeats the kernel, shifted, in every row.

    The matrix T is the Jacobian too, and its transpose sends gradients back.
    """
    r, o, q = positions(r=K, o=M, k=L)
    y = array((o,), sum_over(r, x[met(o, r)] * w[r]))
    T = define("T", array((o, q), sum_over(r, delta(q, met(o, r)) * w[r])))
    return {
        "product": chain(y).eq(T @ x, by=T),
        "jacobian": chain(D(y[i], x[u]))
        .eq(sum_over(r, delta(u, met(i, r)) * w[r]), by=differentiation)
        .eq(T[i, u], by=T),
    }


@derivation(symbolic_only="conv2d_transpose computes the adjoint", where=SIGNALS)
def convolution_adjoint(
    x: Vector[L],
    w: Vector[K],
    g: Vector[M],
    stride: Integer[s],
    padding: Integer[p],
    dilation: Integer[d],
):
    """A transposed convolution is the adjoint: both give the same inner product."""
    i, r, u = positions(i=M, r=K, u=L)
    y = define("y", array((i,), sum_over(r, x[met(i, r)] * w[r])))
    z = define("z", array((u,), sum_over((i, r), delta(u, met(i, r)) * g[i] * w[r])))
    return chain(g @ y).eq(sum_over((i, r), g[i] * x[met(i, r)] * w[r]), by=y).eq(z @ x, by=z)


SINGLE = Context({"p": 0}, (L + 2 * p - K,))


@derivation(symbolic_only="conv2d_backward computes it", where=SINGLE)
def convolution_input_gradient(
    dy: Vector[L + 2 * p - K + 1], x: Vector[L], w: Vector[K], u: Index[L], padding: Integer[p]
):
    """At stride 1 the gradient in the input is the correlation of dy with the kernel turned round.

    The padding is then K - 1 - p.
    """
    i, r, k = positions(i=L + 2 * p - K + 1, r=K, k=K)
    y = array((i,), sum_over(r, x[i + r - p] * w[r]))
    turned = define("v", array((k,), w[K - 1 - k]))
    return (
        chain(D((dy * y).sum(), x[u]))
        .eq(sum_over((i, r), delta(u, i + r - p) * dy[i] * w[r]), by=differentiation)
        .eq(sum_over(r, dy[u - r + p] * w[r]))
        .eq(sum_over(k, dy[u + k - (K - 1 - p)] * turned[k]), by=turned)
    )


(h,) = sizes("h")
MOVED = Context({"p": 0, "h": 0}, (L + 2 * p - K,))


@derivation(symbolic_only="conv1d computes both sides", where=MOVED)
def convolution_equivariance(
    x: Vector[L],
    w: Vector[K],
    o: Index[L + 2 * p - K + 1],
    padding: Integer[p],
    shift: Integer[h],
):
    """At stride one the outputs move along with the inputs, as long as nothing leaves the image."""
    r, u, j = positions(r=K, u=L + h, j=L + h + 2 * p - K + 1)
    moved = define("m", array((u,), x[u - h]))
    z = define("z", array((j,), sum_over(r, w[r] * moved[j + r - p])))
    return (
        chain(z[o + h])
        .eq(sum_over(r, w[r] * moved[o + h + r - p]), by=z)
        .eq(sum_over(r, w[r] * x[o + r - p]), by=moved)
    )


@derivation(symbolic_only="convolution computes both sides")
def convolution_commutes(x: Vector[L], w: Vector[K], o: Index[L + K - 1]):
    """Convolution does not care which of the two is the kernel; cross-correlation does."""
    r, u = positions(r=K, u=L)
    return chain(sum_over(r, x[o - r] * w[r])).eq(sum_over(u, w[o - u] * x[u]))


C, F, G = sizes("C F G")


@derivation(symbolic_only="conv2d and conv2d_backward compute it, given groups", where=SIGNALS)
def grouped_convolution(
    dy: Matrix[G * F, M],
    x: Matrix[G * C, L],
    w: Tensor3[G * F, C, K],
    g: Index[G],
    f: Index[F],
    c: Index[C],
    u: Index[L],
    r: Index[K],
    stride: Integer[s],
    padding: Integer[p],
    dilation: Integer[d],
):
    """With groups, kernels see the channels of their own group, and gradients stay in it as well.

    Channel c of group g is channel C g + c of all. dy is the gradient of a loss in the outputs.
    """
    e, q, h, i, k = positions(e=G, q=F, h=C, i=M, k=K)
    values = sum_over((h, k), x[C * e + h, met(i, k)] * w[F * e + q, h, k])
    y = define("y", array((e, q, i), values))
    loss = sum_over((e, q, i), dy[F * e + q, i] * y[e, q, i])
    own = F * g + f
    return {
        "dx": chain(D(loss, x[C * g + c, u])).eq(
            sum_over((q, i, k), delta(u, met(i, k)) * dy[F * g + q, i] * w[F * g + q, c, k]),
            by=differentiation,
        ),
        "dw": chain(D(loss, w[own, c, r])).eq(
            sum_over(i, dy[own, i] * x[C * g + c, met(i, r)]), by=differentiation
        ),
    }


A, B = sizes("A B")


@derivation(symbolic_only="np.concatenate and slices compute it")
def concatenated_channels(
    dy: Matrix[A + B, L], a: Matrix[A, L], b: Matrix[B, L], i: Index[A], j: Index[B], u: Index[L]
):
    """Of channels side by side the depths add up, and the gradient is cut where they meet.

    The outputs y are those of a and behind them those of b; dy is the gradient of a loss in them.
    """
    k, t = positions(k=A + B, t=L)
    y = define("y", array((k, t), a[k, t] + b[k - A, t]))
    loss = sum_over((k, t), dy[k, t] * y[k, t])
    return {
        "da": chain(D(loss, a[i, u])).eq(dy[i, u], by=differentiation),
        "db": chain(D(loss, b[j, u])).eq(dy[A + j, u], by=differentiation),
    }
