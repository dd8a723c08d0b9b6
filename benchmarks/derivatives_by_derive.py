"""The same derivatives with their closed forms, proved for all sizes and looked at by numbers.

As a program: prints for each case named, or for all, the processor times of the verdict and of the
proof alone, in seconds, and the number of points at which it was evaluated, as JSON.
"""

import json
import sys
from collections.abc import Callable

from benchmarks.identities.normalisation import batch_normalisation_jacobian
from benchmarks.identities.softmax import (
    cross_entropy_gradient,
    log_sum_exp_gradient,
    softmax_jacobian,
)
from benchmarks.measuring import seconds
from benchmarks.statements import equation, everything
from derive.proof.prover import proved, verdict
from derive.proof.statuses import Status
from derive.terms.arrays import (
    Array,
    array,
    derivative,
    diagonal_matrix,
    inverse,
    outer,
    sum_over,
    trace,
    variable,
)
from derive.terms.functions import exp
from derive.terms.indices import Index
from derive.terms.sizes import sizes
from derive.terms.statements import Statement
from derive.terms.tensors import Kind

n, p, r, N, m, s = sizes("n p r N m s")
X, b, y = variable("X", (n, p)), variable("b", (p,)), variable("y", (n,))
A, B, M = variable("A", (n, n)), variable("B", (n, n)), variable("M", (n, p))
x, a = variable("x", (n,)), variable("a", (n,))
U, V = variable("U", (n, r)), variable("V", (r, p))
penalty = variable("lambda", (), Kind.POSITIVE)


def squared_error() -> Array:
    """The residual sum of squares."""
    return (X @ b - y) @ (X @ b - y)


def inverse_derivative() -> Statement:
    """The inverse by its matrix."""
    G = inverse(A)
    i, j, k, t = (Index(name, n) for name in "ijkt")
    return equation(derivative(G, A), array((i, j, k, t), -G[i, k] * G[t, j]))


def inverse_form() -> Statement:
    """A quadratic form with an inverse, by its matrix."""
    G = inverse(A)
    return equation(derivative(x @ G @ x, A), -outer(G.T @ x, G @ x))


def inverse_trace() -> Statement:
    """A trace with an inverse, by its matrix."""
    G = inverse(A)
    return equation(derivative(trace(G @ B), A), -(G @ B @ G).T)


def hadamard_trace() -> Statement:
    """tr((A o B)'A) by A."""
    return equation(derivative(trace((A * B).T @ A), A), 2 * A * B)


def factorisation() -> Statement:
    """|M - U V|^2 by U."""
    error = M - U @ V
    return equation(derivative(trace(error.T @ error), U), -2 * error @ V.T)


def convolution() -> Statement:
    """A strided convolution by its kernel."""
    signal, kernel, g = variable("u", (N,)), variable("c", (p,)), variable("v", (m,))
    i, j = Index("i", m), Index("j", p)
    loss = sum_over((i, j), g[i] * signal[s * i + j] * kernel[j])
    return equation(derivative(loss, kernel), array((j,), sum_over(i, g[i] * signal[s * i + j])))


def least_squares() -> Statement:
    """The gradient of the residual sum of squares."""
    return equation(derivative(squared_error(), b), 2 * X.T @ (X @ b - y))


CASES: dict[str, Callable[[], Statement]] = {
    "least squares gradient": least_squares,
    "least squares Hessian": lambda: equation(
        derivative(derivative(squared_error(), b), b), 2 * X.T @ X
    ),
    "ridge gradient": lambda: equation(
        derivative(squared_error() + penalty * b @ b, b), 2 * X.T @ (X @ b - y) + 2 * penalty * b
    ),
    "x'A x by x": lambda: equation(derivative(x @ A @ x, x), A @ x + A.T @ x),
    "a'A x by A": lambda: equation(derivative(a @ A @ x, A), outer(a, x)),
    "x'inv(A) x by A": inverse_form,
    "inv(A)": inverse_derivative,
    "elementwise exponential": lambda: equation(derivative(exp(x), x), diagonal_matrix(exp(x))),
    "tr(A B A')": lambda: equation(derivative(trace(A @ B @ A.T), A), A @ B + A @ B.T),
    "tr(inv(A) B)": inverse_trace,
    "tr(X'X)": lambda: equation(derivative(trace(X.T @ X), X), 2 * X),
    "tr(A^3)": lambda: equation(derivative(trace(A @ A @ A), A), 3 * (A @ A).T),
    "tr((A o B)'A)": hadamard_trace,
    "factorisation by U": factorisation,
    "least squares, by indices": least_squares,
    "softmax, by indices": lambda: softmax_jacobian().statement,
    "softmax, by indices, simplified": lambda: softmax_jacobian().statement,
    "log-sum-exp, by indices": lambda: log_sum_exp_gradient().statement,
    "cross-entropy, by indices": lambda: cross_entropy_gradient().statement,
    "cross-entropy, by indices, simplified": lambda: cross_entropy_gradient().statement,
    "batch normalisation, by indices": lambda: batch_normalisation_jacobian().statement,
    "convolution by kernel, by indices": convolution,
}


def times(name: str) -> tuple[float, float, int]:
    """Of the verdict, and of the proof alone, each of a statement of its own; and the points."""
    stated = CASES[name]()
    found = []
    whole = seconds(lambda: found.append(verdict(stated, everything(stated))))
    if found[0].status is not Status.PROVED:
        raise AssertionError(f"{name} is {found[0].status}: {found[0].reason}")
    again = CASES[name]()
    alone = seconds(lambda: proved(again, everything(again)))
    return whole, alone, found[0].evidence.points


def warm_up() -> None:
    """Two verdicts, for what is imported on first use: one of them needs intervals."""
    for stated in (
        equation(derivative(trace(B @ A @ B), A), (B @ B).T),
        equation(exp(x) * exp(x), exp(2 * x)),
    ):
        verdict(stated, everything(stated))


if __name__ == "__main__":
    warm_up()
    print(json.dumps({name: times(name) for name in sys.argv[1:] or CASES}))
