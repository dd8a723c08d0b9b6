"""Statements for the evaluator: true identities, and false ones of one edit."""

import math
from collections.abc import Callable
from fractions import Fraction

from derive.terms.arrays import (
    Array,
    apply,
    choice,
    define,
    derivative,
    determinant,
    diagonal_matrix,
    entries,
    identity,
    inverse,
    log_determinant,
    maximum_over,
    outer,
    recurrence,
    sum_over,
    trace,
    variable,
)
from derive.terms.contexts import Context, floor_quotient
from derive.terms.indices import Index
from derive.terms.nodes import At, Cond, Count, Delta, Fn, Guard, Mul, Num, Pow, Sum
from derive.terms.sizes import Size, sizes
from derive.terms.statements import (
    Statement,
)
from derive.terms.tensors import Fact, Function, Kind, Tensor

ANYWHERE = Context()
n, p, K = sizes("n p K")
X, W, A, B = (
    variable("X", (n, p)),
    variable("W", (n, n)),
    variable("A", (n, n)),
    variable("B", (n, n)),
)
b, y, u, z, c = (
    variable("b", (p,)),
    variable("y", (n,)),
    variable("u", (n,)),
    variable("z", (K,)),
    variable("c"),
)
x = variable("x")
i, k = Index("i", n), Index("k", n)
S = variable("S", (n, n), Kind.SYMMETRIC)
P = variable("P", (n, n), Kind.POSITIVE_DEFINITE)
U = variable("U", (n, p), Kind.ORTHONORMAL)
Z = variable("Z", (n, p), Kind.FULL_COLUMN_RANK)
q = variable("q", (K,), Kind.SIMPLEX)
hot = variable("h", (K,), Kind.ONE_HOT)
mask = variable("m", (n,), Kind.MASK)
signs = variable("s", (n,), Kind.SIGNS)
t = variable("t", (), Kind.POSITIVE)
r = variable("r", (K,), Kind.POSITIVE)


def same(left: Array, right: object, relation: str = "=", context: Context = ANYWHERE) -> Statement:
    indices, body = left.fresh()
    other = Array.of(right)  # type: ignore[arg-type]
    return Statement(body, other.at(indices) if other.ndim else other.body, relation, context)  # type: ignore[arg-type]


def exp(v: Array) -> Array:
    return apply("exp", v)


def log(v: Array) -> Array:
    return apply("log", v)


def softmax(v: Array) -> Array:
    return define("p", exp(v) / define("S", exp(v).sum()))


def entry(v: Array, *indices: Index) -> Array:
    return Array((), v.at(indices))


def loss() -> Array:
    return ((X @ b - y) ** 2).sum()


def four(first: Array, second: Array) -> Array:
    """``first[i, k] * second[l, j]`` with the axes i, j, k, l."""
    i, j, k, l = (Index(name, n) for name in "ijkl")  # noqa: E741
    return Array((i, j, k, l), Mul((first.at((i, k)), second.at((l, j)))))


def swapped(factor: int) -> Array:
    """``factor * [i = l] [j = k]``: the Hessian of ``tr(S S)``, entries taken independent."""
    i, j, k, l = (Index(name, n) for name in "ijkl")  # noqa: E741
    return Array((i, j, k, l), Mul((Num(factor), Delta(i - l), Delta(j - k))))


def convolution() -> tuple[Array, Array, Array, Context]:
    """A strided, padded, dilated convolution in one dimension."""
    H, kernel, stride, padding, dilation = sizes("H k stride padding dilation")
    last, context = floor_quotient("L", H + 2 * padding - dilation * (kernel - 1) - 1, stride)
    signal, weight = variable("v", (H,)), variable("w", (kernel,))
    o, k = Index("o", last + 1), Index("k", kernel)
    place = stride * o + dilation * k - padding
    body = Sum(k, Mul((weight.at((k,)), signal.at((place,)))))
    return Array((o,), body), signal, weight, context.joined(Context({"padding": 0}))


def convolution_by_signal(shift: int) -> Array:
    out, signal, weight, _ = convolution()
    (o,) = out.indices
    k, h = Index("k", weight.shape[0]), Index("h", signal.shape[0])
    stride, padding, dilation = sizes("stride padding dilation")
    hit = Delta(stride * o + dilation * k - padding - h + shift)
    return Array((o, h), Sum(k, Mul((weight.at((k,)), hit))))


def convolution_by_weight(shift: int) -> Array:
    out, signal, weight, _ = convolution()
    (o,) = out.indices
    k = Index("k", weight.shape[0])
    stride, padding, dilation = sizes("stride padding dilation")
    return Array((o, k), signal.at((stride * o + dilation * k - padding + shift,)))


def noise() -> tuple[Array, Array, Array]:
    weights, variance = Tensor("pi", (Size.of("O"),)), Tensor("var")
    moments = Fact(Kind.MOMENTS, (weights, variance))
    return variable("e", (n, "O"), moments), entries(weights), entries(variance)


def expectation(of: Callable[[Array, Index], Array]) -> Array:
    e, weights, _ = noise()
    w = Index("w", "O")
    return sum_over(w, weights[w] * of(e, w))


def geometric(lag: int) -> tuple[Array, Array]:
    """``v[t + 1] = c v[t] + y[t]`` and the sum that it is; the lag should be 1."""
    v = recurrence("v", n, 0, lambda v, t: c * v + y[t])
    time, s = Index("t", n), Index("s", n)
    power = Pow(c.body, Count(time - s - lag))
    closed = Sum(s, Mul((Guard(time - s - 1), power, y.at((s,)))))
    return v, Array((time,), closed)


def later() -> Array:
    """A value of a geometric recurrence less its derivative by the value a time earlier."""
    v = geometric(1)[0]
    return v[2] - derivative(v[2], v[1]) - v[2]


def hidden() -> Array:
    return define("h", W @ u)


def pooled() -> tuple[Array, Array]:
    """The maximum over windows of two, and its derivative by way of the choice."""
    o, k = Index("o", n), Index("k", 2)
    signal = variable("v", (2 * n,))
    window = Array((o, k), signal.at((2 * o + k,)))
    weights = choice("chosen", window, (1,))
    h = Index("h", 2 * n)
    hit = Mul((At(weights, (o, k)), Delta(2 * o + k - h)))
    return derivative(maximum_over(window, 1), signal), Array((o, h), Sum(k, hit))


def kinked(function: str) -> Array:
    return derivative(apply(function, x), x)


f, g = Function("f"), Function("g", 2)


def opaque(function: Function, *arguments: Array) -> Array:
    return Array((), Fn(function, [a.body for a in arguments]))


TRUE: dict[str, Callable[[], Statement]] = {
    "binomial": lambda: same((x + c) ** 2, x**2 + 2 * x * c + c**2),
    "shift of softmax": lambda: same(softmax(z + c), softmax(z)),
    "gradient of least squares": lambda: same(derivative(loss(), b), 2 * (X.T @ (X @ b - y))),
    "Hessian of least squares": lambda: same(derivative(derivative(loss(), b), b), 2 * (X.T @ X)),
    "Jacobian of softmax": lambda: same(
        derivative(softmax(z), z), softmax(z)[:, None] * (identity(K) - softmax(z)[None, :])
    ),
    "Hessian of logsumexp": lambda: same(
        derivative(derivative(log(exp(z).sum()), z), z),
        diagonal_matrix(softmax(z)) - outer(softmax(z), softmax(z)),
    ),
    "sigmoid": lambda: same(kinked("sigmoid"), apply("sigmoid", x) * (1 - apply("sigmoid", x))),
    "softplus": lambda: same(kinked("softplus"), apply("sigmoid", x)),
    "tanh": lambda: same(kinked("tanh"), 1 - apply("tanh", x) ** 2),
    "tangent": lambda: same(kinked("tan"), 1 + apply("tan", x) ** 2),
    "hyperbolic": lambda: same(apply("cosh", x) ** 2 - apply("sinh", x) ** 2, 1),
    "relu": lambda: same(kinked("relu"), Array((), Cond(x.body))),
    "abs": lambda: same(kinked("abs"), apply("sign", x)),
    "maximum of two": lambda: same(apply("maximum", x, c), c + apply("relu", x - c)),
    "minimum of two": lambda: same(apply("minimum", x, c), x - apply("relu", x - c)),
    "relu at an exact zero": lambda: same(apply("relu", x / 3 + x / 3 + x / 3 - x), 0),
    "sign of an exact zero": lambda: same(apply("sign", x - x), 0),
    "derivative of an inverse": lambda: same(
        derivative(inverse(A), A), -four(inverse(A), inverse(A))
    ),
    "inverse": lambda: same(inverse(A) @ A, identity(n)),
    "push-through": lambda: same(
        inverse(identity(n) + A @ B) @ A, A @ inverse(identity(n) + B @ A)
    ),
    "determinant of a product": lambda: same(determinant(A @ B), determinant(A) * determinant(B)),
    "derivative of logdet": lambda: same(derivative(log_determinant(A), A), inverse(A).T),
    "derivative of det": lambda: same(derivative(determinant(A), A), determinant(A) * inverse(A).T),
    "trace by a symmetric matrix": lambda: same(derivative(trace(S @ B), S), B.T),
    "Hessian of a trace": lambda: same(derivative(derivative(trace(S @ S), S), S), swapped(2)),
    "symmetric": lambda: same(S, S.T),
    "convolution by its input": lambda: same(
        derivative(convolution()[0], convolution()[1]),
        convolution_by_signal(0),
        context=convolution()[3],
    ),
    "convolution by its weights": lambda: same(
        derivative(convolution()[0], convolution()[2]),
        convolution_by_weight(0),
        context=convolution()[3],
    ),
    "max pooling": lambda: same(*pooled()),
    "the maximum is chosen": lambda: same(maximum_over(z + c), maximum_over(z) + c),
    "mean of noise": lambda: same(expectation(lambda e, w: (u * e[:, w]).sum()), 0),
    "variance of noise": lambda: same(
        expectation(lambda e, w: (u * e[:, w]).sum() ** 2), noise()[2] * (u**2).sum()
    ),
    "covariance of noise": lambda: same(
        expectation(lambda e, w: outer(e[:, w], e[:, w])), noise()[2] * identity(n)
    ),
    "orthonormal columns": lambda: same(U.T @ U, identity(p)),
    "norm kept": lambda: same(((U @ b) ** 2).sum(), (b**2).sum()),
    "projection": lambda: same(
        Z @ inverse(Z.T @ Z) @ Z.T @ Z @ inverse(Z.T @ Z) @ Z.T, Z @ inverse(Z.T @ Z) @ Z.T
    ),
    "simplex": lambda: same(q.sum(), 1),
    "one-hot": lambda: same(hot**2, hot),
    "one-hot products": lambda: same(outer(hot, hot), diagonal_matrix(hot)),
    "mask": lambda: same(mask**2, mask),
    "signs": lambda: same(signs**2, 1),
    "positive definite": lambda: same(Array.of(0), u @ P @ u, "<="),
    "root": lambda: same((x**2 + 1) ** Fraction(1, 2) * (x**2 + 1) ** Fraction(1, 2), x**2 + 1),
    "root of a square": lambda: same((x**2) ** Fraction(1, 2), apply("abs", x)),
    "norm": lambda: same(
        derivative((u**2).sum() ** Fraction(1, 2), u), u / (u**2).sum() ** Fraction(1, 2)
    ),
    "symbolic exponent": lambda: same(derivative(x**K, x), Array.of(K) * x ** (K - 1)),
    "zero to the zero": lambda: same((x - x) ** 0, 1),
    "power of a positive number": lambda: same(derivative(t**x, t), x * t ** (x - 1)),
    "power by its exponent": lambda: same(derivative(t**x, x), log(t) * t**x),
    "chain rule": lambda: same(
        derivative(opaque(f, x**2), x), 2 * x * opaque(f.derivative(0), x**2)
    ),
    "chain rule of two arguments": lambda: same(
        derivative(opaque(g, x, x * c), x),
        opaque(g.derivative(0), x, x * c) + c * opaque(g.derivative(1), x, x * c),
    ),
    "second derivative of a function": lambda: same(
        derivative(derivative(opaque(f, x), x), x), opaque(f.derivative(0).derivative(0), x)
    ),
    "by a defined name": lambda: same(
        derivative((hidden() ** 2).sum() + u.sum(), hidden()), 2 * hidden()
    ),
    "through a defined name": lambda: same(
        derivative((hidden() ** 2).sum(), u), 2 * (W.T @ hidden())
    ),
    "derivatives commute": lambda: same(
        derivative(derivative(exp(x * c), x), c), derivative(derivative(exp(x * c), c), x)
    ),
    "recurrence": lambda: same(*geometric(1)),
    "derivative of a recurrence": lambda: same(*(derivative(v, c) for v in geometric(1))),
    "by an entry of a recurrence, at one time": lambda: same(
        derivative(geometric(1)[0][0], geometric(1)[0][0]), Array.of(1)
    ),
    "by an earlier entry of a recurrence": lambda: same(later(), -c, context=Context({"n": 3})),
    "a column before the first": lambda: same(
        sum_over(k, A[i, k - 1] * y[i]), sum_over(k, A[i, k] * y[i]) - A[i, n - 1] * y[i]
    ),
    "count": lambda: same(Array((), Sum(Index("i", n), Num(1))), Array.of(n)),
    "log of a product": lambda: same(log(r).sum() + log(t), log(t) + log(r).sum()),
    "Gibbs": lambda: same(log(t), t - 1, "<="),
    "smaller than the sum": lambda: same(r, r.sum(), "<="),
}


FALSE: dict[str, Callable[[], Statement]] = {
    "binomial": lambda: same((x + c) ** 2, x**2 + x * c + c**2),
    "shift of softmax": lambda: same(softmax(c * z), softmax(z)),
    "gradient doubled": lambda: same(derivative(loss(), b), 4 * (X.T @ (X @ b - y))),
    "sign of the gradient": lambda: same(derivative(loss(), b), 2 * (X.T @ (y - X @ b))),
    "Hessian by a factor": lambda: same(derivative(derivative(loss(), b), b), X.T @ X),
    "derivative doubled": lambda: same(2 * derivative(exp(x), x), exp(x)),
    "transposed softmax": lambda: same(
        derivative(softmax(z), z), softmax(z)[:, None] * (identity(K) - softmax(z)[:, None])
    ),
    "Hessian of logsumexp": lambda: same(
        derivative(derivative(log(exp(z).sum()), z), z),
        diagonal_matrix(softmax(z)) + outer(softmax(z), softmax(z)),
    ),
    "sigmoid": lambda: same(kinked("sigmoid"), apply("sigmoid", x) * (1 + apply("sigmoid", x))),
    "tiny masked term": lambda: same(exp(x), exp(x) + Fraction(1, 10**20) * x),
    "tiny rational term": lambda: same(x, x + Fraction(1, 10**60)),
    "Taylor polynomial": lambda: same(
        exp(x), sum((x**k / math.factorial(k) for k in range(1, 18)), Array.of(1))
    ),
    "relu": lambda: same(kinked("relu"), Array((), Cond((-x).body))),
    "abs": lambda: same(kinked("abs"), Array.of(1)),
    "condition": lambda: same(apply("sign", 2 * x - c), apply("sign", x - c)),
    "derivative of an inverse": lambda: same(
        derivative(inverse(A), A), four(inverse(A), inverse(A))
    ),
    "inverse of a transpose": lambda: same(derivative(log_determinant(A), A), inverse(A)),
    "order of a product": lambda: same(A @ B, B @ A),
    "determinant of a sum": lambda: same(determinant(A + B), determinant(A) + determinant(B)),
    "a fact under a derivative": lambda: same(derivative(trace(S @ B), S), B),
    "a fact between two derivatives": lambda: same(
        derivative(derivative(trace(S @ S), S), S), 2 * four(identity(n), identity(n))
    ),
    "symmetric": lambda: same(A, A.T),
    "convolution by its input": lambda: same(
        derivative(convolution()[0], convolution()[1]),
        convolution_by_signal(1),
        context=convolution()[3],
    ),
    "convolution by its weights": lambda: same(
        derivative(convolution()[0], convolution()[2]),
        convolution_by_weight(1),
        context=convolution()[3],
    ),
    "max pooling": lambda: same(pooled()[0], 2 * pooled()[1]),
    "maximum of a scaled vector": lambda: same(maximum_over(c * z), c * maximum_over(z)),
    "norm of a scaled vector": lambda: same(
        ((c * u) ** 2).sum() ** Fraction(1, 2), c * (u**2).sum() ** Fraction(1, 2)
    ),
    "variance of noise": lambda: same(
        expectation(lambda e, w: (u * e[:, w]).sum() ** 2), 2 * noise()[2] * (u**2).sum()
    ),
    "noise is not of constant size": lambda: same(
        expectation(lambda e, w: e[:, w] ** 4), noise()[2] ** 2
    ),
    "orthonormal rows": lambda: same(U @ U.T, identity(n)),
    "simplex": lambda: same(q**2, q),
    "one-hot": lambda: same(hot, 1 / Array.of(K)),
    "mask": lambda: same(mask, 1),
    "signs": lambda: same(signs, 1),
    "positive definite": lambda: same(Array.of(0), u @ S @ u, "<="),
    "root of a square": lambda: same((x**2) ** Fraction(1, 2), x),
    "symbolic exponent": lambda: same(derivative(x**K, x), Array.of(K) * x**K),
    "chain rule": lambda: same(derivative(opaque(f, x**2), x), opaque(f.derivative(0), x**2)),
    "arguments of a function": lambda: same(opaque(g, x, c), opaque(g, c, x)),
    "by a defined name": lambda: same(derivative((hidden() ** 2).sum(), hidden()), hidden()),
    "recurrence": lambda: same(*geometric(0)),
    "derivative of a recurrence": lambda: same(derivative(geometric(1)[0], c), geometric(1)[1]),
    "sum over the wrong range": lambda: same(Array((), Sum(Index("i", n), Num(1))), Array.of(p)),
    "by an earlier entry of a recurrence": lambda: same(later(), 0, context=Context({"n": 3})),
    "a column before the first": lambda: same(
        sum_over(k, A[i, k - 1] * y[i]), sum_over(k, A[i, k] * y[i])
    ),
    "lost in a large number": lambda: same(
        (10**60 + exp(c)) - 10**60, exp(c) + Fraction(1, 10**20)
    ),
    "Gibbs": lambda: same(t - 1, log(t), "<="),
    "equality at one point": lambda: same(1 + log(t), t),
}
