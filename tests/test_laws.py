"""Laws of the normal form beyond the identities: each proved, and a near miss of it refuted."""

from fractions import Fraction

import pytest

from benchmarks.statements import equation, everything
from derive.proof.prover import verdict
from derive.proof.statuses import Status
from derive.terms.arrays import (
    Array,
    apply,
    define,
    derivative,
    diagonal_matrix,
    identity,
    inverse,
    recurrence,
    sum_over,
    variable,
)
from derive.terms.indices import Index
from derive.terms.nodes import Cond, Delta, Fn, Guard
from derive.terms.sizes import sizes
from derive.terms.statements import Nonsingular
from derive.terms.tensors import Function, Kind

n, p, T = sizes("n p T")
A, B, G = (variable(name, (n, n)) for name in "ABG")
W = variable("W", (n, p))
x, y, z = (variable(name) for name in "xyz")
r, s = (variable(name, (), Kind.POSITIVE) for name in "rs")
u, v = variable("u", (n,)), variable("v", (n,))
weight = variable("o", (n,), Kind.POSITIVE)
f = Function("f")
i, j, k = Index("i", n), Index("j", n), Index("k", n)
ones = define("one", weight / weight)
above_half = Array((), Guard(n - 1 - 2 * i))
beyond, column = Index("l", n + 2), Index("c", p + 1)
same = Array((), Delta(i - j))
times = Index("t", T)


def where(condition, one, other):
    """One of two values, by whether a term is positive."""
    holds = Array(condition.indices, Cond(condition.body))
    return holds * one + (1 - holds) * other


def above(one, other):
    """Whether one number is larger than another one."""
    return Array((), Cond((one - other + 0 * x).body))


def opaque(value):
    return Array(value.indices, Fn(f, (value.body,)))


def log(value):
    return apply("log", value)


def sin(value):
    return apply("sin", value)


def cos(value):
    return apply("cos", value)


def root(value):
    return value ** Fraction(1, 2)


def to(value, form):
    return value ** Array.of(form)


LAWS = {
    "the inverse of a triple product": (
        equation(inverse(A.T @ G @ A), inverse(A) @ inverse(G) @ inverse(A.T)),
        equation(inverse(A.T @ G @ A), inverse(A.T) @ inverse(G) @ inverse(A)),
    ),
    "a triple product meets its inverse": (
        equation(A.T @ G @ A @ inverse(A.T @ G @ A), identity(n)),
        equation(A.T @ G @ A @ inverse(A.T @ G.T @ A), identity(n)),
    ),
    "a product through a long matrix meets its inverse": (
        equation(W.T @ inverse(G) @ W @ inverse(W.T @ inverse(G) @ W), identity(p)),
        equation(W.T @ inverse(G) @ W @ inverse(W.T @ inverse(G.T) @ W), identity(p)),
    ),
    "the log of a choice": (
        equation(log(where(z, r, s)), where(z, log(r), log(s))),
        equation(log(where(z, r, s)), where(z, log(s), log(r))),
    ),
    "the log of the exponential of a choice": (
        equation(log(apply("exp", apply("relu", x) * y)), apply("relu", x) * y),
        equation(log(apply("exp", apply("relu", x) * y)), x * y),
    ),
    "the reciprocal of a choice": (
        equation(1 / where(z, r, s), where(z, 1 / r, 1 / s)),
        equation(1 / where(z, r, s), where(z, 1 / s, 1 / r)),
    ),
    "the root of a choice": (
        equation(root(where(z, r, s)), where(z, root(r), root(s))),
        equation(root(where(z, r, s)), where(z, root(s), root(r))),
    ),
    "an opaque function of a choice": (
        equation(opaque(where(z, x, y)), where(z, opaque(x), opaque(y))),
        equation(opaque(where(z, x, y)), where(z, opaque(y), opaque(x))),
    ),
    "a function of a diagonal": (
        equation(sum_over(j, opaque(same * v[j])), opaque(v[i]) + (n - 1) * opaque(0 * x)),
        equation(sum_over(j, opaque(same * v[j])), opaque(v[i]) + n * opaque(0 * x)),
    ),
    "a symbolic power of nothing": (
        equation(sum_over(k, to(x - x, k)), 1),
        equation(sum_over(k, to(x - x, k)), 0),
    ),
    "a symbolic power of a diagonal": (
        equation(to(same * v[j], n), same * to(v[i], n)),
        equation(to(same * v[j], n), same),
    ),
    "a symbolic power of a root": (
        equation(to(root(r), 2 * n), to(r, n)),
        equation(to(root(r), 2 * n), to(r, n + 1)),
    ),
    "a root of a symbolic power": (
        equation(root(to(r, n)) * root(r), root(to(r, n + 1))),
        equation(root(to(r, n)) * r, root(to(r, n + 1))),
    ),
    "a symbolic power of a symbolic power": (
        equation(to(to(x, i), j) ** 2, to(to(x, i), 2 * j)),
        equation(to(to(x, i), j) ** 2, to(to(x, i), j + 1)),
    ),
    "an exponential of a multiple of a logarithm": (
        equation(apply("exp", Array.of(n) * log(r)), to(r, n)),
        equation(apply("exp", Array.of(n) * log(r)), to(r, n + 1)),
    ),
    "a comparison that implies another": (
        equation(above(z, r) * above(z, 0), above(z, r)),
        equation(above(z, r) * above(z, 0), above(z, 0)),
    ),
    "a comparison that implies another by a factor": (
        equation(above(x, 2 * z + r) * above(x, 2 * z), above(x, 2 * z + r)),
        equation(above(x, 2 * z + r) * above(x, 2 * z + 3 * r), above(x, 2 * z + r)),
    ),
    "comparisons that exclude each other": (
        equation(above(z, r) * above(0, z), 0),
        equation(above(z, r) * above(1, z), 0),
    ),
    "comparisons one of which holds": (
        equation(above(r, z) * above(z, 0), above(r, z) + above(z, 0) - 1),
        equation(above(r, z) * above(z, 1), above(r, z) + above(z, 1) - 1),
    ),
    "soft thresholds at two levels": (
        equation(above(z, r + s) * apply("relu", z - r), above(z, r + s) * (z - r)),
        equation(above(z, r - s) * apply("relu", z - r), above(z, r - s) * (z - r)),
    ),
    "a cosine beside that of half the angle": (
        equation(cos(x) * sin(x), (2 * cos(x / 2) ** 2 - 1) * sin(x)),
        equation(cos(x) * sin(x), (2 * cos(x / 2) ** 2 + 1) * sin(x)),
    ),
    "squares of sines and cosines of halves": (
        equation((2 * sin(x / 2) * cos(x / 2)) ** 2 + cos(x) ** 2, 1),
        equation((2 * sin(x / 2) * cos(x / 2)) ** 2 + cos(2 * x) ** 2, 1),
    ),
    "a sum that runs beyond the axis": (
        equation(sum_over(beyond, u[beyond]), u.sum()),
        equation(sum_over(beyond, u[beyond] + 1), u.sum() + n),
    ),
    "a matrix that is read beyond its columns": (
        equation(sum_over(column, W[i, column] * W[j, column]), (W @ W.T)[i, j]),
        equation(sum_over(column, W[i, column] * W[j, column] + 1), (W @ W.T)[i, j] + p),
    ),
    "a factor beside an inner sum": (
        equation(sum_over(i, u[i] * (v[i] + sum_over(j, A[i, j]))), u @ v + (u @ A).sum()),
        equation(sum_over(i, u[i] * (v[i] + sum_over(j, A[i, j]))), u @ v + (A @ u).sum()),
    ),
    "a factor beside an inner sum of exponentials": (
        equation(
            sum_over(i, u[i] / (1 + sum_over(j, apply("exp", A[i, j])))),
            u.sum()
            - sum_over(
                (i, k), u[i] * apply("exp", A[i, k]) / (1 + sum_over(j, apply("exp", A[i, j])))
            ),
        ),
        equation(
            sum_over(i, u[i] / (1 + sum_over(j, apply("exp", A[i, j])))),
            u.sum()
            - sum_over(
                (i, k), u[k] * apply("exp", A[i, k]) / (1 + sum_over(j, apply("exp", A[i, j])))
            ),
        ),
    ),
    "an even symbolic power of a sign": (
        equation(to(-x, 2 * n), to(x, 2 * n)),
        equation(to(-x, 2 * n + 1), to(x, 2 * n + 1)),
    ),
    "a quotient of equals beyond an axis": (
        equation(ones[2 * i] * v[i], above_half * v[i]),
        equation(ones[2 * i] * v[i], ones[i] * v[i]),
    ),
    "a common factor under a symbolic power": (
        equation(to(x * y + x, n), to(x, n) * to(y + 1, n)),
        equation(to(x * y + x, n), x * to(y + 1, n)),
    ),
}


@pytest.mark.parametrize("name", LAWS)
def test_law_is_proved_and_its_near_miss_refuted(name):
    law, near_miss = LAWS[name]
    found = verdict(law, everything(law))
    assert found.status is Status.PROVED, found.reason
    assert verdict(near_miss, everything(near_miss)).status is Status.REFUTED


# --------------------------------------------------------------------------------------------
# Matrices that are positive definite by their form need no assumption

K = variable("K", (p, p))
first, second = variable("F", (n, T)), variable("H", (T, p))
defined = define("X", first @ second + W)
weights, signed = variable("w", (n,), Kind.POSITIVE), variable("q", (n,))
multiple = r * identity(p)

DEFINITE = {
    "a defined product": defined.T @ defined + multiple,
    "a product written out": (first @ second).T @ (first @ second) + multiple,
    "a defined sum of both": define("S", defined.T @ defined + multiple),
    "positive weights": W.T @ diagonal_matrix(weights) @ W + multiple,
    "a square of a Gram matrix": (W.T @ W) @ (W.T @ W) + multiple,
}
OPEN = {
    "weights of any sign": W.T @ diagonal_matrix(signed) @ W + multiple,
    "two different halves": (first @ second).T @ W + multiple,
    "a Gram matrix alone": defined.T @ defined,
    "a square that is no Gram matrix": K @ K + multiple,
}


@pytest.mark.parametrize("name", [*DEFINITE, *OPEN])
def test_definite_matrices_have_inverses_without_an_assumption(name):
    matrix = {**DEFINITE, **OPEN}[name]
    claim = equation(matrix @ inverse(matrix), identity(p))
    found = verdict(claim, everything(claim))
    assert found.status is Status.PROVED
    assert any(isinstance(each, Nonsingular) for each in found.assumptions) == (name in OPEN)


# --------------------------------------------------------------------------------------------
# A derivative through a recurrence follows a recurrence of its own

gains = variable("g", (T,))
decayed = recurrence("v", T, 0, lambda value, t: x * value + gains[t])
slope = recurrence("s", T, 0, lambda value, t: x * value + decayed[t])
moved = recurrence("w", T, u, lambda value, t: A @ value)
product = recurrence("P", T, identity(n), lambda value, t: A @ value)

INDUCTIONS = {
    "the slope of a decayed sum": (
        equation(derivative(decayed[times], x), slope[times]),
        equation(derivative(decayed[times], x), 2 * slope[times]),
    ),
    "a linear system by its start": (
        equation(derivative(moved[times, i], u[j]), product[times, i, j]),
        equation(derivative(moved[times, i], u[j]), product[times, j, i]),
    ),
}


@pytest.mark.parametrize("name", INDUCTIONS)
def test_derivative_of_a_recurrence_is_proved_by_induction(name):
    law, near_miss = INDUCTIONS[name]
    found = verdict(law, everything(law, induction="t"))
    assert found.status is Status.PROVED, found.reason
    assert {"induction", "differentiation"} <= found.used
    assert verdict(near_miss, everything(near_miss, induction="t")).status is Status.REFUTED


def test_second_derivative_of_a_recurrence_keeps_the_product_rule():
    once, value = derivative(decayed[times], x), decayed[times]
    law = equation(
        derivative(derivative(value**2, x), x), 2 * once**2 + 2 * value * derivative(once, x)
    )
    assert verdict(law, everything(law)).status is Status.PROVED


def test_derivative_through_a_kink_in_a_recurrence_is_not_taken():
    bent = recurrence("b", T, 0, lambda value, t: apply("relu", x * value + gains[t]))
    law = equation(derivative(2 * bent[times], x), 2 * derivative(bent[times], x))
    found = verdict(law, everything(law))
    assert found.status is not Status.PROVED
    assert "recurrence" in found.reason
