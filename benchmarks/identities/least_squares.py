"""Least squares, ridge, and the inverses that they lead to."""

from benchmarks.identities.entries import identity, tensor_of, with_gates
from benchmarks.statements import equation
from derive.terms.arrays import (
    Array,
    constant,
    define,
    derivative,
    inverse,
    outer,
    trace,
    variable,
)
from derive.terms.arrays import identity as unit_matrix
from derive.terms.sizes import sizes
from derive.terms.tensors import Kind

n, p, K = sizes("n p K")
X, y, b = variable("X", (n, p)), variable("y", (n,)), variable("b", (p,))
A, F = variable("A", (n, n)), variable("F", (n, p), Kind.FULL_COLUMN_RANK)
penalty = variable("lambda", (), Kind.POSITIVE)


def hat_matrix() -> Array:
    """The projection onto the columns of a matrix of full rank."""
    return F @ inverse(F.T @ F) @ F.T


@identity
def least_squares_gradient():
    """2 X'(X b - y)"""
    residual = define("r", X @ b - y)
    return equation(derivative((residual**2).sum(), b), 2 * X.T @ (X @ b - y))


@identity
def least_squares_hessian():
    """2 X'X"""
    loss = ((X @ b - y) ** 2).sum()
    return equation(derivative(derivative(loss, b), b), 2 * X.T @ X)


@identity
def ridge_gradient():
    """2 X'(X b - y) + 2 lambda b"""
    loss = ((X @ b - y) ** 2).sum() + penalty * (b**2).sum()
    return equation(derivative(loss, b), 2 * X.T @ (X @ b - y) + 2 * penalty * b)


@identity
def hat_matrix_is_idempotent():
    """H H = H"""
    return equation(hat_matrix() @ hat_matrix(), hat_matrix())


@identity
def hat_matrix_is_symmetric():
    """H' = H"""
    return equation(hat_matrix().T, hat_matrix())


@identity
def hat_matrix_trace():
    """tr H = p"""
    return equation(trace(hat_matrix()), p)


@identity
def residual_is_orthogonal_to_the_columns():
    """X'(y - H y) = 0"""
    return equation(F.T @ (y - hat_matrix() @ y), constant(0, (p,)))


@identity
def ridge_push_through():
    """inv(X'X + l I) X' = X' inv(X X' + l I)"""
    primal = define("P", X.T @ X + penalty * unit_matrix(p))
    dual = define("D", X @ X.T + penalty * unit_matrix(n))
    claim = equation(inverse(primal) @ X.T, X.T @ inverse(dual))
    return with_gates(claim, clearing=(tensor_of(primal), tensor_of(dual)))


@identity
def woodbury():
    """inv(A + U C V) by inv(A) and a small inverse"""
    U, C, V = variable("U", (n, K)), variable("C", (K, K)), variable("V", (K, n))
    M, G = define("M", A + U @ C @ V), inverse(A)
    small = inverse(inverse(C) + V @ G @ U)
    claim = equation(inverse(M), G - G @ U @ small @ V @ G)
    return with_gates(claim, clearing=(tensor_of(M),))


@identity
def sherman_morrison():
    """inv(A + u v') is inv(A) minus a matrix of rank one"""
    u, v = variable("u", (n,)), variable("v", (n,))
    M, G = define("M", A + outer(u, v)), inverse(A)
    claim = equation(inverse(M), G - outer(G @ u, v @ G) / (1 + v @ G @ u))
    return with_gates(claim, clearing=(tensor_of(M),))
