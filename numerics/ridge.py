"""Ridge regression: least squares with a penalty on the squared length of the coefficients."""

import numpy as np
import numpy.typing as npt

from numerics._arguments import Array, arguments


def ridge_loss(X: npt.ArrayLike, y: npt.ArrayLike, beta: npt.ArrayLike, *, lambda_: float) -> Array:
    """Return the residual sum of squares plus lambda times the squared length of beta.

    Shapes: X (n, p), y (n,), beta (p,); the result is a scalar.
    Errors: ValueError where the shapes do not fit.
    Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, eq. (3.43).

    >>> ridge_loss([[1, 0], [0, 1]], [1, 2], [1, 1], lambda_=0.5).item()
    2.0
    """
    X, y, beta = arguments("n p; n; p", X=X, y=y, beta=beta)
    residual = X @ beta - y
    return residual @ residual + float(lambda_) * (beta @ beta)


def ridge_gradient(
    X: npt.ArrayLike, y: npt.ArrayLike, beta: npt.ArrayLike, *, lambda_: float
) -> Array:
    """Return the gradient 2 X'(X beta - y) + 2 lambda beta of the ridge loss in beta.

    Shapes: X (n, p), y (n,), beta (p,); the result is (p,).
    Errors: ValueError where the shapes do not fit.
    Source: The Elements of Statistical Learning, eq. (3.43).

    >>> ridge_gradient([[1, 0], [0, 1]], [1, 2], [1, 1], lambda_=0.5)
    array([ 1., -1.])
    """
    X, y, beta = arguments("n p; n; p", X=X, y=y, beta=beta)
    return 2 * (X.T @ (X @ beta - y) + float(lambda_) * beta)


def ridge(X: npt.ArrayLike, y: npt.ArrayLike, *, lambda_: float) -> Array:
    """Return the coefficients (X'X + lambda I)^-1 X'y that minimise the ridge loss.

    With X = U diag(s) V' they are V (s / (s^2 + lambda) * U'y), so X'X is never formed, and X may
    have more columns than rows or dependent ones. The penalty is on the sum of squared errors, as
    in scikit-learn's `Ridge(alpha=lambda_, fit_intercept=False)`.

    Shapes: X (n, p), y (n,); the result is (p,).
    Errors: ValueError where the shapes do not fit or lambda_ is not positive.
    Source: The Elements of Statistical Learning, eqs. (3.44) and (3.47).

    >>> ridge([[1, 0], [0, 2]], [1, 1], lambda_=1)
    array([0.5, 0.4])
    >>> ridge([[1, 1]], [3], lambda_=1)
    array([1., 1.])
    """
    X, y = arguments("n p; n", X=X, y=y)
    if not lambda_ > 0:
        raise ValueError(f"lambda_: got {lambda_}, wanted a positive number")
    U, s, Vh = np.linalg.svd(X, full_matrices=False)
    return Vh.T.conj() @ (s / (s * s + float(lambda_)) * (U.T.conj() @ y))
