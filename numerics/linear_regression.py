"""Least squares: the residual sum of squares, its gradient, and the projection it leads to."""

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments


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
    dependent = _first_dependent_column(R, max(X.shape) * np.finfo(X.dtype).eps)
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
