"""Least squares: the residual sum of squares, its gradient, and the projection it leads to."""

from typing import Literal

from derive.derivation import (
    D,
    chain,
    define,
    derivation,
    differentiation,
    inverses,
    matrix_form,
    witness,
)
from derive.spaces import FullColumnRank, Index, Matrix, Nonsingular, Orthonormal, Real, Vector
from derive.terms.arrays import array, constant, identity, trace
from derive.terms.functions import delta, inv
from derive.terms.indices import Index as Position
from derive.terms.sizes import sizes

n, p = sizes("n p")
Reduction = Literal["mean", "sum"]
Singular = Literal["error", "minimum_norm"]


@derivation
def affine_prediction(X: Matrix[n, p], beta: Vector[p], beta_0: Real):
    """An intercept is the coefficient of a column of ones in front of the inputs."""
    i, k = Position("i", n), Position("k", p + 1)
    with_ones = define("Z", array((i, k), delta(k, 0) + X[i, k - 1]))
    theta = define("theta", array((k,), delta(k, 0) * beta_0 + beta[k - 1]))
    return chain(with_ones @ theta).eq(X @ beta + beta_0, by=[with_ones, theta])


@derivation(symbolic_only="a property of affine_prediction, which is computed there")
def linear_in_parameters(X: Matrix[n, p], beta: Vector[p], gamma: Vector[p], a: Real, b: Real):
    """Predictions are linear in the coefficients, whatever functions of the data the inputs are."""
    return chain(X @ (a * beta + b * gamma)).eq(a * (X @ beta) + b * (X @ gamma))


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


@derivation
def residual_sum_of_squares_hessian(
    X: Matrix[n, p], y: Vector[n], beta: Vector[p], j: Index[p], k: Index[p]
):
    """The Hessian of the residual sum of squares is twice the Gram matrix, at all coefficients."""
    return (
        chain(D(normal_equations(X, y, beta, j), beta[k]))
        .eq(2 * (X[:, j] * X[:, k]).sum(), by=differentiation)
        .eq((2 * X.T @ X)[j, k], by=matrix_form)
    )


@derivation(symbolic_only="a property of residual_sum_of_squares_hessian, which is computed there")
def gram_matrix_positive_definite(X: FullColumnRank[n, p], d: Vector[p]):
    """The Gram matrix is positive definite when the columns are linearly independent.

    Its quadratic form is a squared norm, and X d is zero for d = 0 only, as d is a linear function
    of X d.
    """
    return {
        "nonnegative": chain(0).le(d @ (X.T @ X) @ d, by=witness(((X @ d) ** 2).sum())),
        "zero at zero only": chain(d).eq(inv(X.T @ X) @ (X.T @ (X @ d)), by=inverses),
    }


@derivation(symbolic_only="a property of symmetric matrices")
def quadratic_form_by_eigenvalues(Q: Orthonormal[p, p], d: Vector[p], x: Vector[p]):
    """A quadratic form is a sum of squares weighted by the eigenvalues d.

    So it is positive off zero where all eigenvalues are; and where one, of eigenvector x, is not,
    the form is not positive at x.
    """
    A = define("A", (Q * d) @ Q.T)
    return {
        "form": chain(x @ A @ x).eq((d * (Q.T @ x) ** 2).sum(), by=A),
        "eigenvectors": chain(A @ Q).eq(Q * d, by=[A, Q.facts]),
    }


@derivation
def least_squares(
    X: FullColumnRank[n, p], y: Vector[n], beta: Vector[p], *, singular: Singular = "error"
):
    """One Newton step from anywhere ends at the least-squares coefficients.

    So they are the only coefficients at which the gradient is zero. What is wanted where columns
    are dependent changes nothing where they are not.
    """
    return (
        chain(beta - inv(X.T @ X) @ (X.T @ (X @ beta - y)))
        .eq(beta - inv(X.T @ X) @ (X.T @ X) @ beta + inv(X.T @ X) @ (X.T @ y))
        .eq(coefficients(X, y), by=inverses)
    )


def coefficients(X, y):
    """(X'X)^-1 X'y, the coefficients that solve the normal equations."""
    return inv(X.T @ X) @ (X.T @ y)


@derivation(symbolic_only="a property of least_squares, which is computed there")
def least_squares_minimum(X: FullColumnRank[n, p], y: Vector[n], beta: Vector[p]):
    """No other coefficients have a smaller residual sum of squares: the square is completed.

    The gap is the quadratic form of the Gram matrix in the distance, which is zero at the minimum
    only (gram_matrix_positive_definite).
    """
    best = define("beta_hat", coefficients(X, y))
    least, gap = ((y - X @ best) ** 2).sum(), ((X @ (beta - best)) ** 2).sum()
    return (
        chain(least)
        .le(least + gap, by=witness(gap))
        .eq(((y - X @ beta) ** 2).sum(), by=[best, inverses])
    )


@derivation(symbolic_only="a property of least_squares, which is computed there")
def residuals_orthogonal(X: FullColumnRank[n, p], y: Vector[n]):
    """The residuals of least squares are orthogonal to every column of the inputs."""
    best = define("beta_hat", coefficients(X, y))
    return (
        chain(X.T @ (y - X @ best))
        .eq(X.T @ y - X.T @ X @ inv(X.T @ X) @ (X.T @ y), by=best)
        .eq(X.T @ y - X.T @ y, by=inverses)
        .eq(zeros(p))
    )


def zeros(size):
    """The vector of zeros."""
    return constant(0, (size,))


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


@derivation(symbolic_only="a property of hat_matrix, which is computed there")
def hat_matrix_rank(X: FullColumnRank[n, p]):
    """The rank of the hat matrix is the number of parameters.

    It factors through p dimensions, so its rank is at most p. As the factors the other way round
    give the identity, none of the p dimensions is lost.
    """
    V = define("V", inv(X.T @ X) @ X.T)
    return {
        "at most": chain(projection(X)).eq(X @ V, by=V),
        "at least": chain(V @ X).eq(inv(X.T @ X) @ (X.T @ X), by=V).eq(identity(p), by=inverses),
    }


@derivation(symbolic_only="a statement about sizes")
def columns_at_most_rows(X: Matrix[n, p]):
    """Where the Gram matrix has an inverse there are no more columns than rows.

    So with more parameters than cases it is singular. The trace of a projection is at most that of
    the identity.
    """
    H = define("H", projection(X))
    rest = ((identity(n) - H) ** 2).sum()
    return chain(p).eq(trace(H), by=[H, inverses]).le(n, by=[witness(rest), H, inverses])


@derivation(symbolic_only="an example of a fit without residuals")
def interpolation(X: Nonsingular[n], y: Vector[n]):
    """With as many independent columns as cases every target is fitted exactly.

    The powers 0 to n - 1 of n different numbers are such columns: so a polynomial of degree n - 1
    goes through any n points.
    """
    return (
        chain(y - X @ (inv(X.T @ X) @ (X.T @ y)))
        .eq(y - X @ inv(X) @ (inv(X.T) @ (X.T @ y)), by=inverses)
        .eq(zeros(n), by=inverses)
    )


@derivation
def mean_squared_error(
    X: Matrix[n, p], y: Vector[n], beta: Vector[p], beta_0: Real, *, reduction: Reduction = "mean"
):
    """The squared error of affine predictions, by the mean and the spread of the residuals."""
    r = define("r", X @ beta + beta_0 - y)
    mu = define("mu", r.mean())
    return (
        chain(reduced((X @ beta + beta_0 - y) ** 2, reduction))
        .eq(reduced(r**2, reduction), by=r)
        .eq(reduced((r - mu) ** 2 + mu**2, reduction), by=mu)
    )


@derivation
def mean_squared_error_gradient(
    X: Matrix[n, p],
    y: Vector[n],
    beta: Vector[p],
    beta_0: Real,
    k: Index[p],
    *,
    reduction: Reduction = "mean",
):
    """The gradients of the squared error in the coefficients and in the intercept."""
    loss = mean_squared_error(X, y, beta, beta_0, reduction=reduction).start
    residual = X @ beta + beta_0 - y
    return {
        "dbeta": chain(D(loss, beta[k])).eq(
            reduced(2 * residual * X[:, k], reduction), by=differentiation
        ),
        "dbeta_0": chain(D(loss, beta_0)).eq(reduced(2 * residual, reduction), by=differentiation),
    }


def reduced(losses, reduction):
    """The mean of the losses of the cases, or their sum."""
    return losses.mean() if reduction == "mean" else losses.sum()
