"""Least squares: the residual sum of squares, its gradient, and the projection it leads to."""

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments
from numerics._conventions import TOTALS, Total, chosen, reduced, shared

Singular = Literal["error", "minimum_norm"]


class MeanSquaredErrorGradients(NamedTuple):
    """The gradients of the squared error in the coefficients and in the intercept."""

    dbeta: Array
    dbeta_0: Array


def affine_prediction(X: npt.ArrayLike, beta: npt.ArrayLike, beta_0: npt.ArrayLike) -> Array:
    """Return the predictions X beta + beta_0 of a linear model with an intercept.

    Shapes: X (n, p), beta (p,), beta_0 a scalar; the result is (n,).
    Errors: ValueError where the shapes do not fit.
    Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, eq. (3.1).

    >>> affine_prediction([[1, 0], [0, 1]], [2, 3], 10)
    array([12., 13.])
    """
    X, beta, beta_0 = arguments("n p; p; ", X=X, beta=beta, beta_0=beta_0)
    return X @ beta + beta_0


def residual_sum_of_squares(X: npt.ArrayLike, y: npt.ArrayLike, beta: npt.ArrayLike) -> Array:
    """Return the sum of squared residuals, RSS(beta) = (y - X beta)' (y - X beta).

    Shapes: X (n, p), y (n,), beta (p,); the result is a scalar.
    Errors: ValueError where the shapes do not fit.
    Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, eq. (3.3).

    >>> residual_sum_of_squares([[1, 0], [1, 1], [1, 2]], [1, 3, 4], [1, 2]).item()
    1.0
    """
    X, y, beta = arguments("n p; n; p", X=X, y=y, beta=beta)
    residual = X @ beta - y
    return residual @ residual


def normal_equations(X: npt.ArrayLike, y: npt.ArrayLike, beta: npt.ArrayLike) -> Array:
    """Return the gradient 2 X' (X beta - y) of the residual sum of squares in beta.

    It is zero exactly where beta solves the normal equations X'X beta = X'y.

    Shapes: X (n, p), y (n,), beta (p,); the result is (p,).
    Errors: ValueError where the shapes do not fit.
    Source: The Elements of Statistical Learning, eqs. (3.4) and (3.5).

    >>> normal_equations([[1, 0], [1, 1], [1, 2]], [1, 3, 4], [1, 2])
    array([2., 4.])
    """
    X, y, beta = arguments("n p; n; p", X=X, y=y, beta=beta)
    return 2 * (X.T @ (X @ beta - y))


def residual_sum_of_squares_hessian(X: npt.ArrayLike) -> Array:
    """Return the Hessian 2 X'X of the residual sum of squares, the same at all coefficients.

    Shapes: X (n, p); the result is (p, p).
    Errors: ValueError where X is no matrix.
    Source: The Elements of Statistical Learning, eq. (3.4).

    >>> residual_sum_of_squares_hessian([[1, 0], [1, 1], [1, 2]])
    array([[ 6.,  6.],
           [ 6., 10.]])
    """
    (X,) = arguments("n p", X=X)
    return 2 * (X.T @ X)


def least_squares(X: npt.ArrayLike, y: npt.ArrayLike, *, singular: Singular = "error") -> Array:
    """Return the coefficients (X'X)^-1 X'y that minimise the residual sum of squares.

    With X = Q R they solve R beta = Q'y, so X'X is never formed. Where columns are dependent many
    coefficients fit as well; `singular="minimum_norm"` returns the shortest, as
    `numpy.linalg.lstsq` does, and counts singular values below max(n, p) eps times the largest as
    zero.

    Shapes: X (n, p), y (n,); the result is (p,).
    Errors: ValueError where the shapes do not fit, or the columns are dependent and
    `singular` is "error".
    Source: The Elements of Statistical Learning, eq. (3.6) and section 3.2.3.

    >>> least_squares([[1, 0], [1, 1], [1, 2]], [1, 3, 5])
    array([1., 2.])
    >>> least_squares([[1, 1], [1, 1]], [2, 4])
    Traceback (most recent call last):
    ValueError: X: got rank 1, wanted p = 2; singular="minimum_norm" gives the shortest solution
    >>> least_squares([[1, 1], [1, 1]], [2, 4], singular="minimum_norm")
    array([1.5, 1.5])
    """
    X, y = arguments("n p; n", X=X, y=y)
    if chosen("singular", singular, ("error", "minimum_norm")) == "minimum_norm":
        return _shortest(X, y)
    Q, R = np.linalg.qr(X)
    if _first_dependent_column(R, _roundoff(X)) is not None:
        advice = 'singular="minimum_norm" gives the shortest solution'
        raise ValueError(f"X: got rank {_rank(X)}, wanted p = {X.shape[1]}; {advice}")
    return np.linalg.solve(R, Q.T.conj() @ y)


def _shortest(X: Array, y: Array) -> Array:
    """Return X+ y by the singular values that are not zero up to rounding."""
    U, s, Vh = np.linalg.svd(X, full_matrices=False)
    kept = s > _roundoff(X) * s.max(initial=0)
    return Vh[kept].T.conj() @ ((U[:, kept].T.conj() @ y) / s[kept])


def _rank(X: Array) -> int:
    """Count the columns, each on its own scale, that rounding does not make dependent."""
    lengths = np.sqrt((np.abs(X) ** 2).sum(axis=0))
    s = np.linalg.svd(X / np.where(lengths, lengths, 1), compute_uv=False)
    return int((s > _roundoff(X)).sum())


def _roundoff(X: Array) -> float:
    return max(X.shape) * float(np.finfo(X.dtype).eps)


def hat_matrix(X: npt.ArrayLike) -> Array:
    """Return H = X (X'X)^-1 X', the orthogonal projection onto the columns of X.

    With X = Q R it is Q Q', so X'X, whose condition number is the square of X's, is never formed.

    Shapes: X (n, p) with independent columns, so p <= n; the result is (n, n).
    Errors: ValueError where X is not a matrix, or a column depends on those before it.
    Source: The Elements of Statistical Learning, eqs. (3.7) and (3.33).

    >>> hat_matrix([[1, 0], [0, 2], [0, 0]])
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 0.]])
    >>> hat_matrix([[1, 2], [1, 2], [1, 2]])
    Traceback (most recent call last):
    ValueError: X: got columns of which column 1 depends on those before it, wanted rank p = 2
    """
    (X,) = arguments("n p", X=X)
    Q, R = np.linalg.qr(X)
    dependent = _first_dependent_column(R, _roundoff(X))
    if dependent is not None:
        got = f"got columns of which column {dependent} depends on those before it"
        raise ValueError(f"X: {got}, wanted rank p = {X.shape[1]}")
    return Q @ Q.T.conj()


def _first_dependent_column(R: Array, tolerance: float) -> int | None:
    """Find a column of which almost nothing is orthogonal to those before it, on its own scale."""
    rows, columns = R.shape
    remainder, length = np.abs(np.diagonal(R)), np.sqrt((np.abs(R) ** 2).sum(axis=0))
    small = np.flatnonzero(remainder <= tolerance * length[:rows])
    if small.size:
        return int(small[0])
    return rows if rows < columns else None


def mean_squared_error(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    beta: npt.ArrayLike,
    beta_0: npt.ArrayLike,
    *,
    reduction: Total = "mean",
) -> Array:
    """Return the mean, or the sum, of the squared errors of the predictions X beta + beta_0.

    There is no factor 1/2, as in PyTorch's MSELoss; the mean of no cases is nan.

    Shapes: X (n, p), y (n,), beta (p,), beta_0 a scalar; the result is a scalar.
    Errors: ValueError where the shapes do not fit or the reduction is unknown.
    Source: The Elements of Statistical Learning, eq. (3.2).

    >>> mean_squared_error([[1], [2]], [1, 4], [1], 0).item()
    2.0
    """
    _, residual = _residual(X, y, beta, beta_0)
    return reduced(np.square(residual), chosen("reduction", reduction, TOTALS))


def mean_squared_error_gradient(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    beta: npt.ArrayLike,
    beta_0: npt.ArrayLike,
    *,
    reduction: Total = "mean",
) -> MeanSquaredErrorGradients:
    """Return the gradients of the squared error in the coefficients and in the intercept.

    With r = X beta + beta_0 - y they are 2 X'r and 2 sum(r), over n for the mean.

    Shapes: X (n, p), y (n,), beta and dbeta (p,), beta_0 and dbeta_0 scalars.
    Errors: ValueError where the shapes do not fit or the reduction is unknown.
    Source: The Elements of Statistical Learning, eq. (3.4).

    >>> mean_squared_error_gradient([[1], [2]], [1, 4], [1], 0).dbeta
    array([-4.])
    """
    X, residual = _residual(X, y, beta, beta_0)
    slopes = shared(2 * residual, residual.size, chosen("reduction", reduction, TOTALS))
    return MeanSquaredErrorGradients(X.T @ slopes, slopes.sum())


def _residual(
    X: npt.ArrayLike, y: npt.ArrayLike, beta: npt.ArrayLike, beta_0: npt.ArrayLike
) -> tuple[Array, Array]:
    X, y, beta, beta_0 = arguments("n p; n; p; ", X=X, y=y, beta=beta, beta_0=beta_0)
    return X, X @ beta + beta_0 - y
