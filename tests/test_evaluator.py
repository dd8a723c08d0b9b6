"""The independent evaluator accepts true identities and refutes one-edit false ones."""

import itertools
import math
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction

import pytest

from derive.proof.evaluator import Point, Undecidable, Undefined, array, evidence, points, value
from derive.proof.evaluator.intervals import enclosure, reals
from derive.proof.statuses import Evidence
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
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Cond, Count, Delta, Fn, Guard, Mul, Num, Pow, Sum
from derive.terms.sizes import Size, sizes
from derive.terms.statements import (
    Nonzero,
    NoTie,
    OffKink,
    Positive,
    SizeBound,
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
    "Gibbs": lambda: same(t - 1, log(t), "<="),
    "equality at one point": lambda: same(1 + log(t), t),
}


BELOW_FLOAT64 = ("tiny masked term", "tiny rational term", "Taylor polynomial")


@pytest.mark.parametrize("name", TRUE)
def test_true_identities_agree(name: str) -> None:
    found = evidence(TRUE[name]())
    assert found.outcome == "agrees", found
    assert found.points and found.method


@pytest.mark.parametrize("name", FALSE)
def test_one_edit_makes_a_certified_difference(name: str) -> None:
    statement = FALSE[name]()
    found = evidence(statement)
    assert found.outcome == "differs", found
    shown = found.counterexample
    assert shown is not None
    assert max(shown.sizes.values(), default=1) <= 3
    if statement.relation == "=":
        assert shown.left != shown.right or name in BELOW_FLOAT64
    else:
        assert shown.left > shown.right


# --------------------------------------------------------------------------------------------
# Undecided, and what assumptions and domains do


UNDECIDED: dict[str, Callable[[], Statement]] = {
    "no derivative of maximum(x, x)": lambda: same(
        derivative(apply("maximum", x, x), x), Array.of(1)
    ),
    "no value of 1/(x - x)": lambda: same(1 / (x - x), 1 / (x - x)),
    "a sign that intervals cannot tell": lambda: same(
        apply("relu", apply("sin", x) ** 2 + apply("cos", x) ** 2 - 1), 0
    ),
    "sizes that do not exist": lambda: same(u, u, context=Context({}, (p - n - 1, n - p))),
    "the root of a negative number": lambda: same(
        (-(t**2)) ** Fraction(1, 2), Array.of(0) * t**-1 * log(-t)
    ),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_undecided_is_not_agreement(name: str) -> None:
    found = evidence(UNDECIDED[name]())
    assert found.outcome == "undecided", found
    assert found.reason


def test_an_assumption_that_no_point_meets_refuses() -> None:
    one = Statement(x.body, x.body)
    assert evidence(one, [Nonzero(x.body)]).outcome == "agrees"
    for assumption in (Nonzero((x - x).body), Positive((-(x**2)).body), OffKink((x - x).body)):
        found = evidence(one, [assumption])
        assert found.outcome == "undecided", found
        assert "no point satisfies the assumptions" in found.reason


def test_a_tie_throughout_refuses() -> None:
    axis = Index("k", 2)
    both = Array((axis,), x.body)
    tied = NoTie(choice("w", both, (0,)))
    assert evidence(same(x, x), [tied]).outcome == "undecided"


def test_the_domain_is_part_of_the_statement() -> None:
    statement = same(log(x**2), 2 * log(x))
    found = evidence(statement)
    assert found.outcome == "differs"
    assert found.counterexample is not None and math.isnan(found.counterexample.right)
    assert evidence(statement, [Positive(x.body)]).outcome == "agrees"


def test_size_bounds_choose_the_shapes() -> None:
    statement = same(Array((), Cond(Array.of(n - 2).body)), 1)
    assert evidence(statement).outcome == "differs"
    found = evidence(statement, [SizeBound(Array.of(n - 3).body)])
    assert found.outcome == "agrees"
    assert all(shape["n"] >= 3 for shape in found.shapes)


def test_shapes_have_different_sizes_ones_and_large_strides() -> None:
    out, signal, _, context = convolution()
    found = evidence(same(derivative(out, signal), convolution_by_signal(0), context=context))
    assert any(shape["stride"] > shape["k"] for shape in found.shapes)
    shapes = evidence(TRUE["gradient of least squares"]()).shapes
    assert any(shape["n"] != shape["p"] for shape in shapes)
    assert any(1 in shape.values() for shape in shapes)


def test_statements_without_sizes_need_one_shape() -> None:
    found = evidence(same(x + 1, 1 + x))
    assert (found.outcome, found.shapes) == ("agrees", ({},))


def test_one_possible_shape_is_not_enough() -> None:
    found = evidence(same(u, u, context=Context({"n": 2}, (2 - n,))))
    assert (found.outcome, found.reason) == ("undecided", "only one shape could be decided")


def test_lazy_factors_hide_what_is_undefined() -> None:
    i = Index("i", n)
    guarded = Mul((Pow(Count(Affine.of(i)), Num(-1)), Guard(i - 1)))
    assert (
        evidence(Statement(Mul((guarded, Count(Affine.of(i)))), Guard(i - 1))).outcome == "agrees"
    )


def test_a_recurrence_that_hides_its_previous_value_is_refused() -> None:
    v = recurrence("v", n, 0, lambda v, t: define("inside", v * c))
    found = evidence(same(v, v))
    assert found.outcome == "undecided"
    assert "previous value" in found.reason


def test_a_shape_without_points_is_left_out() -> None:
    """The variance of one number is 0, so the assumption cannot hold at size 1."""
    assumption = Nonzero(u.var().body)
    found = evidence(same((u / u.var()) * u.var(), u), [assumption])
    assert found.outcome == "agrees"
    assert len(found.shapes) >= 2
    assert all(shape["n"] > 1 for shape in found.shapes)


def test_the_method_names_the_numbers() -> None:
    rational = evidence(TRUE["binomial"]()).method
    assert rational == "integers modulo 2**61 - 1 (error at most 2 / 2**61)"
    assert evidence(TRUE["maximum of two"]()).method == "exact fractions"
    assert evidence(TRUE["sigmoid"]()).method == "intervals of 50 digits"


def test_counterexamples_are_small_and_exact() -> None:
    found = evidence(FALSE["order of a product"]()).counterexample
    assert found is not None
    assert dict(found.sizes) == {"n": 2}
    flat = [v for name in "AB" for row in found.values[name] for v in row]  # type: ignore[attr-defined]
    assert all(isinstance(v, Fraction) for v in flat)
    assert sum(v != 0 for v in flat) <= 4


def test_a_derivative_by_an_inner_name_keeps_an_outer_tangent() -> None:
    square = define("a", x**2)
    assert evidence(same(derivative(derivative(square**2, x), square), 4 * x)).outcome == "agrees"
    assert evidence(same(derivative(derivative(square**2, square), x), 4 * x)).outcome == "agrees"


def test_values_at_a_point() -> None:
    given = {X.body.tensor: [[1, 2, 3], [4, 5, 6]], b.body.tensor: [1, 0.5, 0]}  # type: ignore[attr-defined]
    point = Point.of({"n": 2, "p": 3}, given)
    product = X @ b
    assert array(product.indices, product.body, point) == [2.0, 6.5]
    assert value(product.body, point, {product.indices[0]: 1}) == 6.5
    with pytest.raises(ValueError, match="no value of y"):
        array((), y.sum().body, point)
    with pytest.raises(Undefined):
        value(log(b.sum() - 2).body, point)
    with pytest.raises(Undecidable):
        value(exp(exp(10 * b.sum())).body, point)


def test_a_point_takes_numpy_arrays() -> None:
    import numpy as np

    given = {X.body.tensor: np.ones((2, 3), np.float32), c.body.tensor: np.array(0.5)}  # type: ignore[attr-defined]
    point = Point.of({"n": 2, "p": 3}, given)
    assert value((c * X.sum()).body, point) == 3.0


@pytest.mark.parametrize("name", "exp log sin cos tan sinh cosh tanh sigmoid softplus".split())
def test_slopes_of_elementary_functions(name: str) -> None:
    """A symmetric difference quotient of the function itself, in float64."""
    step, at = 1e-4, 0.75

    def of(number: float) -> float:
        point = Point.of({}, {x.body.tensor: number})  # type: ignore[attr-defined]
        return value(apply(name, x).body, point)

    point = Point.of({}, {x.body.tensor: at})  # type: ignore[attr-defined]
    slope = value(kinked(name).body, point)
    quotient = (8 * of(at + step) - 8 * of(at - step) - of(at + 2 * step) + of(at - 2 * step)) / (
        12 * step
    )
    assert slope == pytest.approx(quotient, rel=1e-9)


def test_nothing_changes_with_an_entry_out_of_range() -> None:
    i = Index("i", n)
    beyond = D(u.sum().body, At(u.body.tensor, (i + n,)))  # type: ignore[attr-defined]
    assert evidence(Statement(beyond, Num(0))).outcome == "agrees"


def test_every_other_point_has_all_signs_turned() -> None:
    terms = [v.sum().body for v in (u, t)]
    first, second = itertools.islice(points(terms, Context({"n": 3}, (3 - n,))), 2)
    named = [{tensor.name: row for tensor, row in p.values.items()} for p in (first, second)]
    assert [-v for v in named[0]["u"]] == list(named[1]["u"])
    assert named[0]["t"] == named[1]["t"]


def test_points_meet_their_facts() -> None:
    terms = [v.sum().body for v in (q, hot, mask, signs, t, P, U)]
    for point in itertools.islice(points(terms), 6):
        named = {tensor.name: row for tensor, row in point.values.items()}
        assert sum(named["h"]) == 1 and set(named["m"]) <= {0, 1} and set(named["s"]) <= {1, -1}
        assert all(v > 0 for v in named["q"])


def test_intervals_hold_the_true_values() -> None:
    from mpmath import mp, mpf

    arithmetic = reals(50)
    for name in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh"):
        for number in (Fraction(-17, 8), Fraction(1, 32), Fraction(5), Fraction(-30, 4)):
            low, high = enclosure(arithmetic.functions[name](number))
            with mp.workdps(120):
                true = getattr(mp, name)(mpf(number.numerator) / number.denominator)
                bounds = [mpf(v.numerator) / v.denominator for v in (low, high)]
                assert bounds[0] <= true <= bounds[1], (name, number)
            assert high - low < Fraction(1, 10**44) * max(1, abs(low))


def outcomes() -> list[Evidence]:
    """What the test of hash order prints."""
    names = ("Jacobian of softmax", "variance of noise", "one-hot", "max pooling")
    found = [evidence(TRUE[name]()) for name in names]
    return found + [evidence(FALSE[name]()) for name in ("simplex", "arguments of a function")]


def test_the_outcome_does_not_depend_on_hash_order() -> None:
    code = "import test_evaluator; print(test_evaluator.outcomes())"
    here = os.path.dirname(__file__)
    path = os.pathsep.join([here, os.path.dirname(here)])
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": str(k), "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for k in (0, 1, 2)
    }
    assert len(texts) == 1
    assert "differs" in texts.pop()
