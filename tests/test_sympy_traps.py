"""Where SymPy is wrong or silent, the engine is right: SymPy's answers are held as they are.

A test of SymPy that fails means that a new version mended something, or broke something else.
"""

import warnings

import pytest
import sympy
from sympy_answers import ANSWERS

from benchmarks.statements import equation, everything
from derive.proof.prover import verdict
from derive.proof.statuses import Status
from derive.terms.arrays import (
    Array,
    apply,
    array,
    choice,
    constant,
    define,
    derivative,
    determinant,
    diagonal_matrix,
    entries,
    inverse,
    log_determinant,
    outer,
    sum_over,
    trace,
    variable,
)
from derive.terms.arrays import identity as unit_matrix
from derive.terms.contexts import Context
from derive.terms.functions import delta, exp, log, sqrt
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Fn, Guard
from derive.terms.sizes import sizes
from derive.terms.statements import Nonzero, Statement
from derive.terms.tensors import Function

n, p, h, K, m, N = sizes("n p h K m N")
A, B, X = variable("A", (n, n)), variable("B", (n, n)), variable("X", (n, p))
A2, A3, I3 = variable("A", (2, 2)), variable("A", (3, 3)), unit_matrix(3)
b, w, x, y = (variable(name, (size,)) for name, size in (("b", p), ("w", p), ("x", n), ("y", n)))
z3 = variable("z", (3,))
z, c, s = variable("z", (K,)), variable("c", (n,)), variable("s")
W1, W2, Y = variable("V", (p, h)), variable("W", (h, m)), variable("Y", (n, m))
i, j, k, t = Index("i", n), Index("j", n), Index("k", n), Index("t", n)
square = (x**2).sum()


def softmax(logits: Array) -> Array:
    return exp(logits) / exp(logits).sum()


def logistic(values: Array) -> Array:
    return apply("sigmoid", values)


def logistic_loss() -> Array:
    return log(1 + exp(-X @ w)).sum()


def guard(form: Affine) -> Array:
    return Array((), Guard(form))


def first_layer() -> Statement:
    f = Function("f")
    inner = X @ W1
    hidden = define("H", Array(inner.indices, Fn(f, (inner.body,))))
    slope = Array(inner.indices, Fn(f.derivative(0), (inner.body,)))
    residual = define("R", hidden @ W2 - Y)
    return equation(derivative((residual**2).sum(), W1), 2 * X.T @ (residual @ W2.T * slope))


def max_pooling() -> Statement:
    """Windows of two beside each other: place u hears of window o if it won there."""
    signal, g = variable("v", (2 * m,)), variable("g", (m,))
    o, k, u = Index("o", m), Index("k", 2), Index("u", 2 * m)
    windows = array((o, k), signal[2 * o + k])
    won = entries(choice("won", windows, (1,)))
    routed = sum_over((o, k), delta(u, 2 * o + k) * won[o, k] * g[o])
    return equation(derivative((g * (won * windows).sum(1)).sum(), signal), array((u,), routed))


def strided_delta() -> Statement:
    """sum_i [j = 2i] g_i, added up over the even places, is all of g."""
    g, j, i = variable("g", (m,)), Index("j", 2 * m), Index("i", m)
    return equation(sum_over((j, i), delta(j, 2 * i) * g[i]), g.sum())


def strided_convolution() -> Statement:
    signal, kernel, g = variable("v", (N,)), variable("w", (h,)), variable("g", (m,))
    o, k, u = Index("o", m), Index("k", h), Index("u", N)
    (stride,) = sizes("stride")
    loss = sum_over((o, k), g[o] * signal[stride * o + k] * kernel[k])
    routed = sum_over((o, k), delta(u, stride * o + k) * g[o] * kernel[k])
    return equation(derivative(loss, signal), array((u,), routed))


def substitution() -> Statement:
    """The sum of a column, at a column whose index has the name of the bound index."""
    F = variable("F", (n, n))
    columns = array((j,), sum_over(i, F[i, j]))
    return equation(array((i,), columns[i]), array((t,), sum_over(k, F[k, t])))


def condition_on_a_bound_index() -> Statement:
    late = sum_over(i, guard(i - 3) * x[i])
    return equation(late, x.sum() - x[0] - x[1] - x[2], Context({"n": 3}))


def inverse_derivative() -> Statement:
    G = inverse(A)
    return equation(derivative(G, A), array((i, j, k, t), -G[i, k] * G[t, j]))


def hadamard_product_with_the_transpose() -> Statement:
    here, across = delta(i, k) * delta(j, t), delta(i, t) * delta(j, k)
    product = here * A[j, i] + A[i, j] * across
    return equation(derivative(A * A.T, A), array((i, j, k, t), product))


def inversion_in_a_sphere() -> Statement:
    return equation(
        derivative(x / square, x), unit_matrix(n) / square - 2 * outer(x, x) / square**2
    )


def sum_of_different_entries() -> Statement:
    first = x[0] + x[1] + x[2]
    return equation(x.sum(), first + sum_over(i, guard(i - 3) * x[i]), Context({"n": 3}))


def both_deltas() -> Statement:
    return equation(sum_over((i, j, k), delta(i, j) * delta(j, k) * x[i]), x.sum())


def softmax_by_indices() -> Statement:
    """One entry: p_i ([i = j] - p_j), without a condition on the ranges of i and j."""
    p, (i, j) = define("p", softmax(z)), (Index("i", K), Index("j", K))
    return equation(derivative(p[i], z[j]), p[i] * (delta(i, j) - p[j]))


def kronecker_trace() -> Statement:
    total = sum_over((i, k), A[i, i] * B[k, k])
    return equation(derivative(total, A), trace(B) * unit_matrix(n))


def logistic_hessian() -> Statement:
    rate = define("s", logistic(-X @ w))
    hessian = derivative(derivative(logistic_loss(), w), w)
    return equation(hessian, X.T @ diagonal_matrix(rate * (1 - rate)) @ X)


RIGHT = {
    "residual_sum_of_squares": lambda: equation(
        derivative((X @ b - y) @ (X @ b - y), b), 2 * X.T @ (X @ b - y)
    ),
    "log_determinant": lambda: equation(derivative(log(determinant(A)), A), inverse(A).T),
    "log_determinant_2x2": lambda: equation(derivative(log_determinant(A2), A2), inverse(A2).T),
    "determinant": lambda: equation(derivative(determinant(A), A), determinant(A) * inverse(A).T),
    "sum_of_two_traces": lambda: equation(derivative(trace(A.T @ A) + trace(B.T @ B), A), 2 * A),
    "squared_trace": lambda: equation(derivative(trace(I3 - A3) ** 2, A3), 2 * trace(A3 - I3) * I3),
    "share_of_a_sum": lambda: equation(
        derivative(z / z.sum(), z),
        unit_matrix(K) / z.sum() - outer(z, constant(1, (K,))) / z.sum() ** 2,
    ),
    "share_of_three": lambda: equation(
        derivative(z3 / z3.sum(), z3),
        unit_matrix(3) / z3.sum() - outer(z3, constant(1, (3,))) / z3.sum() ** 2,
    ),
    "softmax_by_indices": softmax_by_indices,
    "softmax": lambda: equation(
        derivative(softmax(z), z), diagonal_matrix(softmax(z)) - outer(softmax(z), softmax(z))
    ),
    "softmax_sums_to_one": lambda: equation(softmax(z).sum(), 1),
    "sum_of_exponentials": lambda: equation(derivative(exp(z).sum(), z), exp(z)),
    "log_sum_exp": lambda: equation(derivative(log(exp(z).sum()), z), softmax(z)),
    "logistic_loss": lambda: equation(derivative(logistic_loss(), w), -X.T @ logistic(-X @ w)),
    "logistic_hessian": logistic_hessian,
    "exponential_of_a_square": lambda: equation(derivative(exp(square), x), 2 * exp(square) * x),
    "gaussian": lambda: equation(derivative(exp(-square), x), -2 * exp(-square) * x),
    "inversion_in_a_sphere": inversion_in_a_sphere,
    # For the third power; SymPy reads any symbolic power entry by entry.
    "trace_of_a_power": lambda: equation(derivative(trace(A @ A @ A), A), 3 * (A @ A).T),
    "sum_of_a_hadamard_square": lambda: equation(derivative(constant(1, (n,)) @ (x * x), x), 2 * x),
    "norm": lambda: equation(derivative(sqrt(square), x), x / sqrt(square)),
    "frobenius_norm": lambda: equation(derivative(sqrt(trace(X.T @ X)), X), X / sqrt((X**2).sum())),
    "kronecker_trace": kronecker_trace,
    "hadamard_square_of_a_matrix": hadamard_product_with_the_transpose,
    "inverse": inverse_derivative,
    "first_layer": first_layer,
    "max_pooling": max_pooling,
    "strided_delta": strided_delta,
    "strided_convolution": strided_convolution,
    "square_under_a_sum": lambda: equation(
        array((j,), derivative(sum_over(j, x[j] ** 2), x[j])), 2 * x
    ),
    "sum_of_squares": lambda: equation(derivative((x**2).sum(), x), 2 * x),
    "linear_form": lambda: equation(array((i,), derivative(sum_over(i, c[i] * x[i]), x[i])), c),
    "substitution": substitution,
    "replacement": substitution,
    "index_with_a_range": sum_of_different_entries,
    "condition_on_a_bound_index": condition_on_a_bound_index,
    "range_in_a_condition": lambda: equation(sum_over(i, guard(n - 1 - i) * x[i]), x.sum()),
    "two_deltas": both_deltas,
    "delta_in_range": lambda: equation(array((j,), sum_over(i, delta(i, j) * x[i])), x),
    "bound_names": lambda: equation(sum_over(i, x[i]) - sum_over(k, x[k]), 0),
    "quotient_of_equals": lambda: equation(s / s, 1),
}

# SymPy's answer, where it can be stated: the engine must refute it.
FALSE = {
    "residual_sum_of_squares": lambda: equation(derivative(((X @ b - y) ** 2).sum(), b), 0),
    "log_determinant": lambda: equation(derivative(log_determinant(A), A), 0),
    "sum_of_two_traces": lambda: equation(derivative(trace(A.T @ A) + trace(B.T @ B), A), 0),
    "squared_trace": lambda: equation(derivative(trace(I3 - A3) ** 2, A3), 0),
    "share_of_a_sum": lambda: equation(derivative(z / z.sum(), z), unit_matrix(K) / z.sum()),
    "share_of_three": lambda: equation(derivative(z3 / z3.sum(), z3), unit_matrix(3) / z3.sum()),
    "softmax": lambda: equation(derivative(softmax(z), z), diagonal_matrix(softmax(z))),
    "log_sum_exp": lambda: equation(derivative(log(exp(z).sum()), z), 0),
    "gaussian": lambda: equation(derivative(exp(-square), x), 0),
    "inversion_in_a_sphere": lambda: equation(derivative(x / square, x), unit_matrix(n) / square),
    "square_under_a_sum": lambda: equation(
        array((j,), derivative((x**2).sum(), x[j])), array((j,), 2 * x.sum())
    ),
    "linear_form": lambda: equation(derivative(c @ x, x), array((i,), c.sum())),
    "index_with_a_range": lambda: equation(array((k,), x.sum()), array((k,), n * x[k])),
}


def name_of(row: str) -> str:
    return row.partition(",")[0]


def answer(call: object) -> object:
    """What SymPy answers, as text or the class of the exception."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return str(call())
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("row", ANSWERS)
def test_sympy_still_answers_so(row: str):
    call, expected = ANSWERS[row]
    given = answer(call)
    assert given == expected, (
        f"SymPy {sympy.__version__} now answers {given} for {row}: look whether it is right, "
        "and record the new answer or take the row away"
    )


@pytest.mark.parametrize("name", RIGHT)
def test_the_engine_proves_what_is_right(name: str):
    statement = RIGHT[name]()
    found = verdict(statement, everything(statement))
    assert found.status is Status.PROVED, found.reason


@pytest.mark.parametrize("name", FALSE)
def test_the_engine_refutes_what_sympy_says(name: str):
    statement = FALSE[name]()
    assert verdict(statement, everything(statement)).status is Status.REFUTED


def test_a_quotient_of_equals_is_1_only_where_it_exists():
    statement = RIGHT["quotient_of_equals"]()
    assert verdict(statement, everything(statement)).assumptions == (Nonzero(s.body),)


def test_every_answer_of_sympy_has_its_right_one():
    assert {name_of(row) for row in ANSWERS} == set(RIGHT)
    assert set(FALSE) <= set(RIGHT)
