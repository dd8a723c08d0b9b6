"""Derivatives that SymPy gets right in general dimension, by matrices and by indices.

As a program: prints the processor times of the cases named, or of all, in seconds as JSON.
"""

import json
import sys
from collections.abc import Callable

import sympy as sp

from benchmarks.measuring import seconds

n, p, r, m, s = sp.symbols("n p r m s", integer=True, positive=True)
i, j, k, t = sp.symbols("i j k t", integer=True)
penalty, epsilon = sp.symbols("lambda epsilon", positive=True)

X, b, y = sp.MatrixSymbol("X", n, p), sp.MatrixSymbol("b", p, 1), sp.MatrixSymbol("y", n, 1)
A, B, M = sp.MatrixSymbol("A", n, n), sp.MatrixSymbol("B", n, n), sp.MatrixSymbol("M", n, p)
x, a = sp.MatrixSymbol("x", n, 1), sp.MatrixSymbol("a", n, 1)
U, V = sp.MatrixSymbol("U", n, r), sp.MatrixSymbol("V", r, p)
residual = X * b - y

F, c, u, v, z = map(sp.IndexedBase, "Fcuvz")


def least_squares_by_indices() -> sp.Expr:
    """The gradient of a sum of squares of inner sums."""
    error = sp.Sum(F[i, j] * c[j], (j, 0, p - 1)) - u[i]
    return sp.Sum(error**2, (i, 0, n - 1)).diff(c[k]).doit()


def softmax_by_indices() -> sp.Expr:
    """An entry of the Jacobian of softmax."""
    return (sp.exp(z[i]) / sp.Sum(sp.exp(z[j]), (j, 0, n - 1))).diff(z[k]).doit()


def log_sum_exp_by_indices() -> sp.Expr:
    """The gradient of log-sum-exp."""
    return sp.log(sp.Sum(sp.exp(z[j]), (j, 0, n - 1))).diff(z[k]).doit()


def cross_entropy_by_indices() -> sp.Expr:
    """The gradient of softmax cross-entropy."""
    share = sp.exp(z[i]) / sp.Sum(sp.exp(z[j]), (j, 0, n - 1))
    return -sp.Sum(v[i] * sp.log(share), (i, 0, n - 1)).diff(z[k]).doit()


def batch_normalisation_by_indices() -> sp.Expr:
    """An entry of the Jacobian of batch normalisation."""
    mean = sp.Sum(u[j], (j, 0, n - 1)) / n
    variance = sp.Sum((u[j] - mean.xreplace({j: t})) ** 2, (j, 0, n - 1)) / n
    return ((u[i] - mean) / sp.sqrt(variance + epsilon)).diff(u[k]).doit()


def convolution_by_indices() -> sp.Expr:
    """The gradient of a strided convolution by its kernel."""
    return sp.Sum(v[i] * u[s * i + j] * c[j], (i, 0, m - 1), (j, 0, p - 1)).diff(c[k]).doit()


CASES: dict[str, Callable[[], object]] = {
    "least squares gradient": lambda: (residual.T * residual).diff(b),
    "least squares Hessian": lambda: (residual.T * residual).diff(b).diff(b),
    "ridge gradient": lambda: (residual.T * residual + penalty * b.T * b).diff(b),
    "x'A x by x": lambda: (x.T * A * x).diff(x),
    "a'A x by A": lambda: (a.T * A * x).diff(A),
    "x'inv(A) x by A": lambda: (x.T * A.I * x).diff(A),
    "inv(A)": lambda: A.I.diff(A),
    "elementwise exponential": lambda: x.applyfunc(sp.exp).diff(x),
    "tr(A B A')": lambda: sp.Trace(A * B * A.T).diff(A),
    "tr(inv(A) B)": lambda: sp.Trace(A.I * B).diff(A),
    "tr(X'X)": lambda: sp.Trace(X.T * X).diff(X),
    "tr(A^3)": lambda: sp.Trace(A**3).diff(A),
    "tr((A o B)'A)": lambda: sp.Trace(sp.HadamardProduct(A, B).T * A).diff(A),
    "factorisation by U": lambda: sp.Trace((M - U * V).T * (M - U * V)).diff(U),
    "least squares, by indices": least_squares_by_indices,
    "softmax, by indices": softmax_by_indices,
    "softmax, by indices, simplified": lambda: sp.simplify(softmax_by_indices()),
    "log-sum-exp, by indices": log_sum_exp_by_indices,
    "cross-entropy, by indices": cross_entropy_by_indices,
    "cross-entropy, by indices, simplified": lambda: sp.simplify(cross_entropy_by_indices()),
    "batch normalisation, by indices": batch_normalisation_by_indices,
    "convolution by kernel, by indices": convolution_by_indices,
}


def warm_up() -> None:
    """One derivative of each kind, for what SymPy imports when it first takes one."""
    sp.Trace(B * A * B).diff(A)
    sp.Sum(u[j] ** 3, (j, 0, n - 1)).diff(u[k]).doit()


if __name__ == "__main__":
    warm_up()
    print(json.dumps({name: seconds(CASES[name]) for name in sys.argv[1:] or CASES}))
