"""Least squares: the residual sum of squares, its gradient, and the projection it leads to."""

from derive.derivation import (
    D,
    chain,
    define,
    derivation,
    differentiation,
    inverses,
    matrix_form,
)
from derive.spaces import FullColumnRank, Index, Matrix, Vector
from derive.terms.arrays import trace
from derive.terms.functions import inv
from derive.terms.sizes import sizes

n, p = sizes("n p")


@derivation
def residual_sum_of_squares(X: Matrix[n, p], y: Vector[n], beta: Vector[p]):
    """The residual sum of squares as a product of vectors."""
    r = y - X @ beta
    return chain((r**2).sum()).eq(r @ r, by=matrix_form)


@derivation
def normal_equations(X: Matrix[n, p], y: Vector[n], beta: Vector[p], k: Index[p]):
    """The gradient of the residual sum of squares, zero where the normal equations hold.

    Setting it to zero gives the normal equations, X'X beta = X'y.
    """
    r = y - X @ beta
    return (
        chain(D(residual_sum_of_squares(X, y, beta), beta[k]))
        .eq((2 * r * -X[:, k]).sum(), by=differentiation)
        .eq((2 * X.T @ (X @ beta - y))[k], by=matrix_form)
    )


def projection(X):
    """X (X'X)^-1 X', the projection onto the columns of X."""
    return X @ inv(X.T @ X) @ X.T


@derivation
def hat_matrix(X: FullColumnRank[n, p], y: Vector[n], i: Index[n], j: Index[n]):
    """The hat matrix says how the fitted values move with the targets.

    The least-squares coefficients solve the normal equations, so the fitted values are linear in
    the targets.
    """
    beta = define("beta_hat", inv(X.T @ X) @ (X.T @ y))
    return (
        chain(D((X @ beta)[i], y[j]))
        .eq((X @ D(beta, y[j]))[i], by=differentiation)
        .eq((X @ (inv(X.T @ X) @ X[j]))[i], by=differentiation)
        .eq(projection(X)[i, j], by=matrix_form)
    )


@derivation(symbolic_only="a property of hat_matrix, which is computed there")
def hat_matrix_symmetric(X: FullColumnRank[n, p]):
    """The hat matrix is symmetric, as the inverse of a symmetric matrix is."""
    H = define("H", projection(X))
    return chain(H.T).eq(projection(X).T, by=H).eq(projection(X), by=inverses).eq(H, by=H)


@derivation(symbolic_only="a property of hat_matrix, which is computed there")
def hat_matrix_idempotent(X: FullColumnRank[n, p]):
    """Projecting twice is projecting once."""
    H = define("H", projection(X))
    return (
        chain(H @ H)
        .eq(X @ inv(X.T @ X) @ (X.T @ X) @ inv(X.T @ X) @ X.T, by=H)
        .eq(projection(X), by=inverses)
        .eq(H, by=H)
    )


@derivation(symbolic_only="a property of hat_matrix, which is computed there")
def hat_matrix_trace(X: FullColumnRank[n, p]):
    """The trace of the hat matrix is the number of parameters."""
    H = define("H", projection(X))
    return chain(trace(H)).eq(trace(inv(X.T @ X) @ (X.T @ X)), by=H).eq(p, by=inverses)
