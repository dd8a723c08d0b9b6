"""Derivatives of inverses, determinants, traces, quadratic forms and norms."""

from benchmarks.identities.entries import identity
from benchmarks.statements import equation
from derive.terms.arrays import (
    array,
    derivative,
    determinant,
    inverse,
    log_determinant,
    outer,
    trace,
    variable,
)
from derive.terms.functions import sqrt
from derive.terms.indices import Index
from derive.terms.sizes import sizes

n, p, q = sizes("n p q")
A, B, X = variable("A", (n, n)), variable("B", (n, n)), variable("X", (n, p))
x = variable("x", (n,))


@identity
def log_determinant_gradient():
    """d logdet A / dA = inv(A)'"""
    return equation(derivative(log_determinant(A), A), inverse(A).T)


@identity
def determinant_gradient():
    """d det A / dA = det A inv(A)'"""
    return equation(derivative(determinant(A), A), determinant(A) * inverse(A).T)


@identity
def inverse_derivative():
    """d inv(A)_ij / dA_km = -inv(A)_ik inv(A)_mj"""
    G = inverse(A)
    i, j, k, m = (Index(name, n) for name in "ijkm")
    return equation(derivative(G, A), array((i, j, k, m), -G[i, k] * G[m, j]))


@identity
def inverse_of_a_product():
    """inv(A B) = inv(B) inv(A)"""
    return equation(inverse(A @ B), inverse(B) @ inverse(A))


@identity
def quadratic_form_gradient():
    """d x'A x / dx = (A + A')x"""
    return equation(derivative(x @ A @ x, x), (A + A.T) @ x)


@identity
def inverse_quadratic_form_gradient():
    """d x'inv(A)x / dA = -inv(A)'x x'inv(A)'"""
    G = inverse(A)
    return equation(derivative(x @ G @ x, A), -outer(G.T @ x, G @ x))


@identity
def trace_gradient():
    """d tr(A M B) / dM = A'B'"""
    L, M, R = variable("L", (q, n)), variable("M", (n, p)), variable("R", (p, q))
    return equation(derivative(trace(L @ M @ R), M), L.T @ R.T)


@identity
def quadratic_trace_gradient():
    """d tr(X'A X) / dX = (A + A')X"""
    return equation(derivative(trace(X.T @ A @ X), X), (A + A.T) @ X)


@identity
def inverse_trace_gradient():
    """d tr(inv(A) B) / dA = -(inv(A) B inv(A))'"""
    G = inverse(A)
    return equation(derivative(trace(G @ B), A), -(G @ B @ G).T)


@identity
def frobenius_norm_gradient():
    """d |X| / dX = X / |X|"""
    norm = sqrt((X**2).sum())
    return equation(derivative(norm, X), X / norm)
