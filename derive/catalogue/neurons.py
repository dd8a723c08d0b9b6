"""Neurons: an activation of an affine map, what its gradient says, and what maxout generalises."""

from derive.catalogue.activations import relu, sigmoid
from derive.derivation import D, chain, define, derivation, differentiation, induction, witness
from derive.spaces import Index, Matrix, Positive, Real, Tensor3, Vector
from derive.terms.arrays import Array, choice, constant, entries, identity, recurrence
from derive.terms.functions import amax, cond, exp, maximum
from derive.terms.nodes import Fn
from derive.terms.sizes import sizes
from derive.terms.tensors import Function

n, p, K, T = sizes("n p K T")
f = Function("f")


def of(function, x):
    """An opaque function of a scalar."""
    return Array(x.indices, Fn(function, (x.body,)))


@derivation
def sigmoid_neuron(x: Vector[p], w: Vector[p], b: Real):
    """A neuron of probabilities: the logistic function of a weighted sum and a bias."""
    z = w @ x + b
    return chain(sigmoid(z)).eq(1 - sigmoid(-z))


@derivation
def sigmoid_neuron_gradient(x: Vector[p], w: Vector[p], b: Real, j: Index[p]):
    """The gradient of a logistic neuron in its weights is s (1 - s) x.

    The weighted sum alone has the gradient x; the factor s (1 - s) is the activation's.
    """
    s = define("s", sigmoid_neuron(x, w, b))
    z = define("z", w @ x + b)
    return (
        chain(D(sigmoid_neuron(x, w, b), w[j]))
        .eq(sigmoid(z) * (1 - sigmoid(z)) * D(z, w[j]), by=[differentiation, z])
        .eq(s * (1 - s) * x[j], by=[differentiation, z, s])
    )


@derivation
def relu_neuron(x: Vector[p], w: Vector[p], b: Real):
    """A rectified neuron is the weighted sum where that is positive, else 0."""
    z = w @ x + b
    return chain(maximum(0, z)).eq(cond(z) * z)


@derivation
def relu_neuron_gradient(x: Vector[p], w: Vector[p], b: Real, j: Index[p]):
    """The gradient of a rectified neuron in its weights is x where it is active, else 0.

    So a neuron that no example activates does not learn, as long as its inputs stay the same.
    """
    return chain(D(relu_neuron(x, w, b), w[j])).eq(cond(w @ x + b) * x[j], by=differentiation)


@derivation(symbolic_only="a property of any loss of a weighted sum")
def weight_gradient_signs(x: Positive[p], w: Vector[p], b: Real, j: Index[p], k: Index[p]):
    """With positive inputs all weights of a neuron are pushed the same way.

    Whatever smooth loss f the weighted sum has, any two components of its gradient have a
    product that is not negative. The sum over a batch may mix signs.
    """
    z = define("z", w @ x + b)
    slope = of(f.derivative(0), z)
    loss = of(f, w @ x + b)
    return (
        chain(0)
        .le(slope**2 * (x[j] * x[k]))
        .eq(D(loss, w[j]) * D(loss, w[k]), by=[differentiation, z])
    )


@derivation(symbolic_only="a product of sigmoid_derivative, which is computed there")
def vanishing_gradient(z: Vector[T], t: Index[T]):
    """A gradient through t logistic functions carries a factor of at most 1 / 4^t.

    The slope at the weighted sum z is s (1 - s), which is 1/4 less the square of s - 1/2. What the
    product is below 1 / 4^t follows a recurrence without negative terms.
    """
    s = 1 / (1 + exp(-z))
    J = recurrence("J", T, 1, lambda J, t: J * (s[t] * (1 - s[t])))
    r = recurrence("r", T, 0, lambda r, t: r / 4 + J[t] * (s[t] - 0.5) ** 2)
    most = Array.of(0.25) ** Array.of(t)
    return chain(J[t]).eq(most - r[t], by=induction("t")).le(most, by=witness(r[t]))


@derivation(symbolic_only="an identity of graphs; a neuron is computed by sigmoid_neuron")
def bias_shifts_activation(x: Real, w: Real, b: Real):
    """A bias moves the graph of an activation sideways, by -b / w."""
    return chain(of(f, w * x + b)).eq(of(f, w * (x - -b / w)))


@derivation(symbolic_only="without activations there is no network to compute")
def linear_network(W: Tensor3[T, n, n], b: Matrix[T, n], x: Vector[n], t: Index[T]):
    """Without activations a network of any depth is one affine map.

    Every layer multiplies the matrix A and takes the offset c through itself.
    """
    z = recurrence("z", T, x, lambda z, t: W[t] @ z + b[t])
    A = recurrence("A", T, identity(n), lambda A, t: W[t] @ A)
    c = recurrence("c", T, constant(0, [n]), lambda c, t: W[t] @ c + b[t])
    return chain(z[t]).eq(A[t] @ x + c[t], by=induction("t"))


@derivation
def maxout(x: Vector[p], W: Matrix[K, p], b: Vector[K]):
    """Maxout takes the largest of several affine maps.

    It is the first of them plus a rectifier of the differences to it, one of which is 0.
    """
    z = W @ x + b
    return chain(amax(z)).eq(z[0] + amax(z - z[0]))


@derivation
def maxout_gradient(x: Vector[p], W: Matrix[K, p], b: Vector[K], k: Index[K], j: Index[p]):
    """The gradient of maxout reaches the weights of the largest piece alone."""
    w = largest(W @ x + b)
    return {
        "dW": chain(D(maxout(x, W, b), W[k, j])).eq(w[k] * x[j], by=differentiation),
        "db": chain(D(maxout(x, W, b), b[k])).eq(w[k], by=differentiation),
    }


@derivation(symbolic_only="a property of maxout_gradient, which is computed there")
def maxout_never_saturates(x: Vector[p], W: Matrix[K, p], b: Vector[K]):
    """The slopes of maxout in the biases of its pieces sum to one: some piece always learns.

    A single piece may be inactive on all of the data all the same.
    """
    return chain(D(maxout(x, W, b), b).sum()).eq(largest(W @ x + b).sum(), by=differentiation).eq(1)


@derivation(symbolic_only="special cases of maxout, computed by relu and leaky_relu")
def maxout_special_cases(x: Vector[p], w: Vector[p], b: Real, gap: Positive):
    """Maxout of two pieces makes the rectifier and the leaky rectifier.

    One piece is the weighted sum; the other is nought, or the first times alpha = 1 - gap.
    """
    z = w @ x + b
    alpha = define("alpha", 1 - gap)
    return {
        "relu": chain(maximum((0 * w) @ x + 0 * b, z)).eq(relu(z)),
        "leaky": (
            chain(maximum((alpha * w) @ x + alpha * b, z))
            .eq(maximum(alpha * z, z))
            .eq(relu(z) - alpha * relu(-z), by=alpha)
        ),
    }


def largest(z):
    """One-hot weights: 1 for the largest entry."""
    return entries(choice("", z, (0,)))
