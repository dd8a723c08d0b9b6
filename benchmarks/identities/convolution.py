"""Convolution and max pooling, as cross-correlation: stride, padding and dilation are symbols."""

from benchmarks.identities.entries import identity
from benchmarks.statements import equation
from derive.terms.arrays import (
    Array,
    array,
    choice,
    define,
    derivative,
    entries,
    sum_over,
    variable,
)
from derive.terms.contexts import Context
from derive.terms.functions import delta
from derive.terms.indices import Affine, AffineLike, Index
from derive.terms.sizes import sizes

N, M, K, n, m, p = sizes("N M K n m p")
stride, padding, dilation = sizes("s P d")
PADDED = Context({"P": 0})
x, w, g = variable("x", (N,)), variable("w", (K,)), variable("g", (M,))
i, k, u = Index("i", M), Index("k", K), Index("u", N)


def place(out: AffineLike, offset: AffineLike) -> Affine:
    """Where in the input an offset of the kernel meets an output."""
    return stride * Affine.of(out) + dilation * Affine.of(offset) - padding


def strided_convolution() -> Array:
    """y_i = sum_k x[s i + d k - P] w_k"""
    return array((i,), sum_over(k, x[place(i, k)] * w[k]))


def transposed_convolution() -> Array:
    """What an output's gradient g sends back to each input."""
    return array((u,), sum_over((i, k), delta(u, place(i, k)) * g[i] * w[k]))


@identity
def strided_gather_is_a_contraction_with_deltas():
    """x[s i + d k - P] = sum_u [u = s i + d k - P] x_u"""
    met = sum_over((k, u), delta(u, place(i, k)) * x[u] * w[k])
    return equation(strided_convolution(), array((i,), met), PADDED)


@identity
def convolution_gradient_by_input_is_a_transposed_convolution():
    """dL/dx = convT(g, w), for any stride, padding and dilation"""
    loss = (g * strided_convolution()).sum()
    return equation(derivative(loss, x), transposed_convolution(), PADDED)


@identity
def convolution_gradient_by_kernel():
    """dL/dw_k = sum_i g_i x[s i + d k - P]"""
    loss = (g * strided_convolution()).sum()
    return equation(derivative(loss, w), array((k,), sum_over(i, g[i] * x[place(i, k)])), PADDED)


@identity
def transposed_convolution_is_the_adjoint():
    """<g, conv(x, w)> = <x, convT(g, w)>"""
    left = (g * strided_convolution()).sum()
    return equation(left, (x * transposed_convolution()).sum(), PADDED)


@identity
def convolution_gradient_by_input_is_a_correlation_with_the_flipped_kernel():
    """dL/dx_u = sum_k g[u + k - (K - 1 - P)] w[K - 1 - k], at stride 1"""
    outputs = N + 2 * padding - K + 1
    i, G = Index("i", outputs), variable("g", (outputs,))
    flipped = define("flipped", array((k,), w[K - 1 - k]))
    loss = (G * array((i,), sum_over(k, x[i + k - padding] * w[k]))).sum()
    back = sum_over(k, G[u + k - (K - 1 - padding)] * flipped[k])
    fits = Context({"P": 0}, (outputs - 1,))
    return equation(derivative(loss, x), array((u,), back), fits)


def full_convolution(a: Array, b: Array) -> Array:
    """(a * b)_o = sum_k a[o - k] b_k, at all places where they meet."""
    (length,), (width,) = a.shape, b.shape
    o, k = Index("o", length + width - 1), Index("k", width)
    return array((o,), sum_over(k, a[o - k] * b[k]))


@identity
def convolution_commutes():
    """a * b = b * a"""
    a, b = variable("a", (n,)), variable("b", (p,))
    return equation(full_convolution(a, b), full_convolution(b, a))


@identity
def convolution_associates():
    """(a * b) * c = a * (b * c)"""
    a, b, c = variable("a", (n,)), variable("b", (p,)), variable("c", (m,))
    ab = define("ab", full_convolution(a, b))
    bc = define("bc", full_convolution(b, c))
    return equation(full_convolution(ab, c), full_convolution(a, bc))


@identity
def max_pooling_gradient():
    """dL/dx_u = sum of g_i over the windows that chose u; windows may overlap"""
    windows = array((i, k), x[stride * i + k])
    weights = entries(choice("c", windows, (1,)))
    loss = (g * (weights * windows).sum(1)).sum()
    back = sum_over((i, k), delta(u, stride * i + k) * weights[i, k] * g[i])
    fits = Context({}, (N - stride * (M - 1) - K,))
    return equation(derivative(loss, x), array((u,), back), fits)


@identity
def convolution_of_images_gradient_by_input():
    """dL/dx[c, a, b] through a 2-D convolution with channels, any stride and padding"""
    C, F, H, W, R, S, Y, X = sizes("C F H W R S Y X")
    image, kernel = variable("x", (C, H, W)), variable("w", (F, C, R, S))
    G = variable("g", (F, Y, X))
    f, c, a, b, h, v, o, t = map(Index, "fcabhvot", (F, C, H, W, R, S, Y, X))
    met = image[c, stride * o + h - padding, stride * t + v - padding] * kernel[f, c, h, v]
    output = array((f, o, t), sum_over((c, h, v), met))
    routed = delta(a, stride * o + h - padding) * delta(b, stride * t + v - padding)
    back = sum_over((f, o, t, h, v), routed * G[f, o, t] * kernel[f, c, h, v])
    return equation(derivative((G * output).sum(), image), array((c, a, b), back), PADDED)
