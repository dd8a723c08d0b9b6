"""Backpropagation: the four equations, one layer, a whole net, any depth, and gates.

A batch has one example a row. The gradient of the cost in a value is written with a d before it;
the rest of a net counts by that gradient alone.
"""

from typing import Literal

from derive.derivation import (
    D,
    chain,
    define,
    derivation,
    differentiation,
    induction,
    log_laws,
    matrix_form,
)
from derive.spaces import Index, Matrix, Tensor3, Vector
from derive.terms.arrays import Array, apply, recurrence, sum_over
from derive.terms.functions import absolute, cond, delta, exp, log, maximum
from derive.terms.indices import Index as Position
from derive.terms.nodes import Fn
from derive.terms.sizes import sizes
from derive.terms.tensors import Function

N, P, R, H, K, L, n = sizes("N P R H K L n")
Cost = Literal["quadratic", "cross_entropy"]


def s(z):
    """The logistic function, entry by entry."""
    return apply("sigmoid", z)


def cost_of(a, y, cost):
    """Half the squared error, or the cross-entropy of independent outputs."""
    if cost == "quadratic":
        return ((a - y) ** 2).sum() / 2
    return -(y * log(a) + (1 - y) * log(1 - a)).sum()


@derivation
def output_cost(z: Matrix[N, K], y: Matrix[N, K], *, cost: Cost = "cross_entropy"):
    """The cost of logistic outputs, summed over the batch.

    Cross-entropy is computed from z, as the logarithm of an output that rounds to 0 is none.
    """
    a = define("a", s(z))
    start = chain(cost_of(a, y, cost))
    if cost == "quadratic":
        return start.eq(((s(z) - y) ** 2).sum() / 2, by=a)
    return start.eq((log(1 + exp(z)) - y * z).sum(), by=[a, log_laws])


@derivation
def output_error(
    z: Matrix[N, K], y: Matrix[N, K], i: Index[N], j: Index[K], *, cost: Cost = "cross_entropy"
):
    """BP1: the error of the output is the slope of the cost times that of the activation."""
    a = define("a", s(z))
    start = chain(D(output_cost(z, y, cost=cost), z[i, j])).eq(
        D(cost_of(a, y, cost), a[i, j]) * (a[i, j] * (1 - a[i, j])), by=[differentiation, a]
    )
    if cost == "quadratic":
        return start.eq((a[i, j] - y[i, j]) * a[i, j] * (1 - a[i, j]), by=differentiation)
    slope = (1 - y[i, j]) / (1 - a[i, j]) - y[i, j] / a[i, j]
    return start.eq(slope * (a[i, j] * (1 - a[i, j])), by=differentiation).eq(a[i, j] - y[i, j])


@derivation
def hidden_layer(z: Matrix[N, P], W: Matrix[P, R], b: Vector[R], i: Index[N], j: Index[R]):
    """What the next layer takes in: the activations times its weights, and its biases.

    An example is a row; as a column it is multiplied by the transposed weights.
    """
    a = define("a", s(z))
    return chain((a @ W)[i, j] + b[j]).eq((s(z) @ W)[i, j] + b[j], by=a)


@derivation
def hidden_error(
    dz: Matrix[N, R], z: Matrix[N, P], W: Matrix[P, R], b: Vector[R], i: Index[N], k: Index[P]
):
    """BP2: the error of a layer is that of the next one, sent back by the transposed weights.

    dz is the error of the next layer.
    """
    a = define("a", s(z))
    cost = (dz * hidden_layer(z, W, b)).sum()
    slope = a[i, k] * (1 - a[i, k])
    j = Position("j", R)
    return (
        chain(D(cost, z[i, k]))
        .eq(D(cost, a[i, k]) * slope, by=[differentiation, a])
        .eq(sum_over(j, dz[i, j] * W[k, j]) * slope, by=differentiation)
    )


@derivation
def dense(x: Matrix[N, P], W: Matrix[P, R], b: Vector[R], i: Index[N], j: Index[R]):
    """A dense layer maps every row of a batch alike, by a matrix product and a shift."""
    k = Position("k", P)
    return chain(sum_over(k, W[k, j] * x[i, k]) + b[j]).eq((x @ W)[i, j] + b[j], by=matrix_form)


@derivation
def dense_backward(
    dy: Matrix[N, R],
    x: Matrix[N, P],
    W: Matrix[P, R],
    b: Vector[R],
    i: Index[N],
    k: Index[P],
    j: Index[R],
):
    """A dense layer sends a gradient back by its transposed weights; rows add up in the others.

    dy is the gradient of a loss in the outputs.
    """
    loss = (dy * dense(x, W, b)).sum()
    l, m = Position("l", N), Position("m", R)  # noqa: E741
    return {
        "dx": chain(D(loss, x[i, k]))
        .eq(sum_over((l, m), dy[l, m] * (delta(l, i) * W[k, m])), by=differentiation)
        .eq((dy @ W.T)[i, k], by=matrix_form),
        "dW": chain(D(loss, W[k, j]))
        .eq(sum_over((l, m), dy[l, m] * (delta(m, j) * x[l, k])), by=differentiation)
        .eq((x.T @ dy)[k, j], by=matrix_form),
        "db": chain(D(loss, b[j]))
        .eq(sum_over((l, m), dy[l, m] * delta(m, j)), by=differentiation)
        .eq(dy[:, j].sum()),
    }


@derivation
def linear(x: Matrix[N, P], W: Matrix[R, P], b: Vector[R], i: Index[N], j: Index[R]):
    """A dense layer whose weights have a row for each output, as libraries store them."""
    k = Position("k", P)
    return chain(sum_over(k, W[j, k] * x[i, k]) + b[j]).eq((x @ W.T)[i, j] + b[j])


@derivation
def linear_backward(
    dy: Matrix[N, R],
    x: Matrix[N, P],
    W: Matrix[R, P],
    b: Vector[R],
    i: Index[N],
    j: Index[R],
    k: Index[P],
):
    """With a row of weights for each output, gradients go back through the weights as they are.

    dy is the gradient of a loss in the outputs.
    """
    loss = (dy * linear(x, W, b)).sum()
    m, r = Position("m", N), Position("r", R)
    return {
        "dx": chain(D(loss, x[i, k]))
        .eq(sum_over((m, r), dy[m, r] * (delta(m, i) * W[r, k])), by=differentiation)
        .eq((dy @ W)[i, k], by=matrix_form),
        "dW": chain(D(loss, W[j, k]))
        .eq(sum_over((m, r), dy[m, r] * (delta(r, j) * x[m, k])), by=differentiation)
        .eq((dy.T @ x)[j, k], by=matrix_form),
        "db": chain(D(loss, b[j]))
        .eq(sum_over((m, r), dy[m, r] * delta(r, j)), by=differentiation)
        .eq(dy[:, j].sum(), by=matrix_form),
    }


@derivation
def bias_gradient(dz: Matrix[N, R], x: Matrix[N, P], W: Matrix[P, R], b: Vector[R], j: Index[R]):
    """BP3: the gradient in the biases of a layer is its error, added up over the batch."""
    i = Position("i", N)
    cost = (dz * dense(x, W, b)).sum()
    return (
        chain(D(cost, b[j]))
        .eq(sum_over(i, dz[i, j] * D(dense(x, W, b, i, j).start, b[j])), by=differentiation)
        .eq(dz[:, j].sum(), by=differentiation)
    )


@derivation
def weight_gradient(
    dz: Matrix[N, R], x: Matrix[N, P], W: Matrix[P, R], b: Vector[R], k: Index[P], j: Index[R]
):
    """BP4: the gradient in a weight is the activation it reads times the error it feeds.

    dz is the error of the layer and x what goes into it.
    """
    i = Position("i", N)
    cost = (dz * dense(x, W, b)).sum()
    return (
        chain(D(cost, W[k, j]))
        .eq(sum_over(i, dz[i, j] * D(dense(x, W, b, i, j).start, W[k, j])), by=differentiation)
        .eq((x.T @ dz)[k, j], by=differentiation)
    )


@derivation
def mlp(x: Matrix[N, P], W1: Matrix[P, H], b1: Vector[H], W2: Matrix[H, K], b2: Vector[K]):
    """A net with one hidden layer: logistic units that read the input, and outputs that read them.

    The outputs are logits; for a probability or a class take a logistic function or softmax.
    """
    a1 = define("a1", s(x @ W1 + b1))
    return chain(a1 @ W2 + b2).eq(s(x @ W1 + b1) @ W2 + b2, by=a1)


@derivation
def mlp_cost(
    x: Matrix[N, P],
    y: Matrix[N, K],
    W1: Matrix[P, H],
    b1: Vector[H],
    W2: Matrix[H, K],
    b2: Vector[K],
    *,
    cost: Cost = "cross_entropy",
):
    """The cost of a net with logistic outputs, summed over the batch."""
    _, z2, a2 = net(x, W1, b1, W2, b2)
    why = [a2, log_laws] if cost == "cross_entropy" else a2
    return chain(cost_of(a2, y, cost)).eq(output_cost(z2, y, cost=cost).end, by=why)


def net(x, W1, b1, W2, b2):
    """Names for the activations of the hidden layer, the logits and the outputs."""
    a1 = define("a1", s(define("z1", x @ W1 + b1)))
    z2 = define("z2", a1 @ W2 + b2)
    return a1, z2, define("a2", s(z2))


@derivation
def mlp_gradients(
    x: Matrix[N, P],
    y: Matrix[N, K],
    W1: Matrix[P, H],
    b1: Vector[H],
    W2: Matrix[H, K],
    b2: Vector[K],
    k: Index[P],
    h: Index[H],
    j: Index[K],
    *,
    cost: Cost = "cross_entropy",
):
    """The gradients of a net are found from the last layer to the first, each error once."""
    a1, _, a2 = net(x, W1, b1, W2, b2)
    total = mlp_cost(x, y, W1, b1, W2, b2, cost=cost)
    error = a2 - y if cost == "cross_entropy" else (a2 - y) * a2 * (1 - a2)
    dz2 = define("dz2", error)
    sent = (dz2 @ W2.T) * a1 * (1 - a1)
    dz1 = define("dz1", sent)
    last, first = [differentiation, a2], [differentiation, a1, a2, dz2]
    return {
        "dW2": chain(D(total, W2[h, j]))
        .eq((a1[:, h] * error[:, j]).sum(), by=last)
        .eq((a1.T @ dz2)[h, j], by=dz2),
        "db2": chain(D(total, b2[j])).eq(error[:, j].sum(), by=last).eq(dz2[:, j].sum(), by=dz2),
        "dW1": chain(D(total, W1[k, h]))
        .eq((x[:, k] * sent[:, h]).sum(), by=first)
        .eq((x.T @ dz1)[k, h], by=dz1),
        "db1": chain(D(total, b1[h])).eq(sent[:, h].sum(), by=first).eq(dz1[:, h].sum(), by=dz1),
    }


f = Function("f")


def each(function, values):
    """A function that nothing is known of, entry by entry."""
    return Array(values.indices, Fn(function, (values.body,)))


@derivation(symbolic_only="mlp_gradients computes it, layer by layer")
def backpropagation(
    W: Tensor3[L, n, n],
    b: Matrix[L, n],
    x: Matrix[N, n],
    y: Matrix[N, n],
    d: Index[L],
    i: Index[N],
    j: Index[n],
):
    """The errors of all layers of a net of any depth follow from each other, from the last one on.

    The weighted inputs z of the layers are a recurrence, with activation f; counted from the
    output, so are their errors. By induction over the distance d from the output.
    """
    z = recurrence("z", L, x, lambda z, t: each(f, z) @ W[t] + b[t])
    slope = f.derivative(0)
    a = each(f, z[L - 1])
    cost = ((a - y) ** 2).sum() / 2
    error = recurrence(
        "delta",
        L,
        (a - y) * each(slope, z[L - 1]),
        lambda e, t: (e @ W[L - 2 - t].T) * each(slope, z[L - 2 - t]),
    )
    return chain(D(cost, z[L - 1 - d, i, j])).eq(
        error[d, i, j], by=[differentiation, induction("d")]
    )


@derivation
def add_gate(a: Vector[n], b: Vector[n]):
    """Adding is multiplying, of exponentials."""
    return chain(a + b).eq(log(exp(a) * exp(b)))


@derivation
def add_gate_backward(dy: Vector[n], a: Vector[n], b: Vector[n], i: Index[n]):
    """An add gate hands the gradient on to both of its inputs."""
    loss = (dy * add_gate(a, b)).sum()
    return {
        "da": chain(D(loss, a[i])).eq(dy[i], by=differentiation),
        "db": chain(D(loss, b[i])).eq(dy[i], by=differentiation),
    }


@derivation
def multiply_gate(a: Vector[n], b: Vector[n]):
    """A product is a quarter of a difference of squares: adding and squaring are enough."""
    return chain(a * b).eq(((a + b) ** 2 - (a - b) ** 2) / 4)


@derivation
def multiply_gate_backward(dy: Vector[n], a: Vector[n], b: Vector[n], i: Index[n]):
    """A multiply gate hands on the gradient times the other input."""
    loss = (dy * multiply_gate(a, b)).sum()
    return {
        "da": chain(D(loss, a[i])).eq(dy[i] * b[i], by=differentiation),
        "db": chain(D(loss, b[i])).eq(dy[i] * a[i], by=differentiation),
    }


@derivation
def max_gate(a: Vector[n], b: Vector[n]):
    """The larger of two is their middle plus half their distance."""
    return chain(maximum(a, b)).eq((a + b) / 2 + absolute(a - b) / 2)


@derivation
def max_gate_backward(dy: Vector[n], a: Vector[n], b: Vector[n], i: Index[n]):
    """A max gate hands the gradient on to the larger input alone.

    Where the inputs are equal there is no derivative; the last lines give the first one all of it.
    """
    loss = (dy * max_gate(a, b)).sum()
    return {
        "da": chain(D(loss, a[i]))
        .eq(dy[i] * larger(a[i], b[i]), by=differentiation)
        .eq(dy[i] * (1 - larger(b[i], a[i]))),
        "db": chain(D(loss, b[i])).eq(dy[i] * larger(b[i], a[i]), by=differentiation),
    }


def larger(a, b):
    """1 where a is larger than b, else 0."""
    return cond(a - b)
