"""Fits and projections, as people write them."""

import numpy as np

from checker_collection.cases import right, wrong

FIT, RIDGE, HAT = "least_squares", "ridge", "hat_matrix"


@wrong(FIT, seen="cancellation: an explicit inverse of the normal equations, in float32")
def fit_by_inverse_in_single(X, y):
    G = (X.T @ X).astype(np.float32)
    return (np.linalg.inv(G) @ (X.T @ y)).astype(X.dtype)


@wrong(FIT, seen="axis: the other Gram matrix, where sizes coincide")
def fit_of_minimum_norm(X, y):
    return X.T @ np.linalg.pinv(X @ X.T + 1e-9 * np.eye(len(X), dtype=X.dtype)) @ y


@wrong(FIT, seen="term: an intercept is fitted and thrown away")
def fit_with_intercept(X, y):
    with_ones = np.c_[X, np.ones(len(X), dtype=X.dtype)]
    return np.linalg.lstsq(with_ones, y, rcond=None)[0][:-1].copy()


@wrong(FIT, seen="edge: a gradient descent that stops early")
def fit_by_descent(X, y):
    b = np.zeros(X.shape[1], dtype=X.dtype)
    step = X.dtype.type(1 / np.linalg.norm(X, 2) ** 2)
    for _ in range(200):
        b -= step * (X.T @ (X @ b - y))
    return b


@wrong(FIT, seen="edge: small singular values are cut off")
def fit_cut_off(X, y):
    return np.linalg.lstsq(X, y, rcond=0.05)[0]


@wrong(FIT, seen="sign: reversed")
def fit_reversed(X, y):
    return -np.linalg.lstsq(X, y, rcond=None)[0]


@right(FIT)
class Regression:
    def fit(self, X, y):
        self.coef_ = np.linalg.pinv(X) @ y
        return self


@wrong(FIT, seen="term: an intercept is fitted and thrown away")
class RegressionCentred:
    def fit(self, X, y):
        self.coef_ = np.linalg.lstsq(X - X.mean(axis=0), y - y.mean(), rcond=None)[0]
        return self


@right(RIDGE)
def ridge_solved(X, y, lambda_=1.0):
    p = X.shape[1]
    return np.linalg.solve(X.T @ X + lambda_ * np.eye(p, dtype=X.dtype), X.T @ y)


@right(RIDGE)
def ridge_augmented(X, y, lam=1.0):
    p = X.shape[1]
    A = np.vstack([X, lam**0.5 * np.eye(p, dtype=np.result_type(X, np.float32))])
    return np.linalg.lstsq(A, np.r_[y, np.zeros(p, dtype=y.dtype)], rcond=None)[0]


@right(RIDGE)
def ridge_dual(X, y, lambda_=1.0):
    return X.T @ np.linalg.solve(X @ X.T + lambda_ * np.eye(len(X), dtype=X.dtype), y)


@wrong(RIDGE, seen="factor: the penalty times n")
def ridge_penalty_per_example(X, y, lambda_=1.0):
    p = X.shape[1]
    return np.linalg.solve(X.T @ X + len(X) * lambda_ * np.eye(p, dtype=X.dtype), X.T @ y)


@wrong(RIDGE, seen="factor: the penalty halved")
def ridge_penalty_halved(X, y, lambda_=1.0):
    p = X.shape[1]
    return np.linalg.solve(X.T @ X + lambda_ / 2 * np.eye(p, dtype=X.dtype), X.T @ y)


@wrong(RIDGE, seen="sign: of the penalty")
def ridge_penalty_subtracted(X, y, lambda_=1.0):
    p = X.shape[1]
    return np.linalg.solve(X.T @ X - lambda_ * np.eye(p, dtype=X.dtype), X.T @ y)


@wrong(RIDGE, seen="edge: the first coefficient is not penalised")
def ridge_first_is_free(X, y, lambda_=1.0):
    penalty = lambda_ * np.eye(X.shape[1], dtype=X.dtype)
    penalty[0, 0] = 0
    return np.linalg.solve(X.T @ X + penalty, X.T @ y)


@wrong(RIDGE, seen="axis: the penalty at every entry, by broadcasting")
def ridge_penalty_everywhere(X, y, lambda_=1.0):
    return np.linalg.solve(X.T @ X + lambda_, X.T @ y)


@wrong(RIDGE, "lambda", seen="parameter: squared")
def ridge_penalty_squared(X, y, lambda_=1.0):
    p = X.shape[1]
    return np.linalg.solve(X.T @ X + lambda_**2 * np.eye(p, dtype=X.dtype), X.T @ y)


@right("ridge_gradient")
def ridge_slope(X, y, beta, lambda_=1.0):
    return 2 * (X.T @ (X @ beta) - X.T @ y + lambda_ * beta)


@wrong("ridge_gradient", seen="factor: 2 of the penalty")
def ridge_slope_penalty_halved(X, y, beta, lambda_=1.0):
    return 2 * X.T @ (X @ beta - y) + lambda_ * beta


@right(HAT)
def hat_by_qr(X):
    Q = np.linalg.qr(X)[0]
    return Q @ Q.T


@right(HAT)
def hat_solved(X):
    return X @ np.linalg.solve(X.T @ X, X.T)


@wrong(HAT, seen="sign: the residual maker")
def hat_complement(X):
    return np.eye(len(X), dtype=X.dtype) - X @ np.linalg.pinv(X)


@wrong(HAT, seen="term: an intercept")
def hat_with_intercept(X):
    A = np.c_[X, np.ones(len(X), dtype=X.dtype)]
    return A @ np.linalg.pinv(A)


@wrong(HAT, seen="axis: full QR, which projects on everything")
def hat_of_full_qr(X):
    Q = np.linalg.qr(X, mode="complete")[0]
    return Q @ Q.T


@wrong(HAT, seen="axis: only the diagonal")
def hat_leverages(X):
    return np.diag(np.diag(X @ np.linalg.pinv(X)))


@wrong("mean_squared_error", seen="factor: 1/2")
def mse_halved(X, y, beta, beta_0):
    return ((X @ beta + beta_0 - y) ** 2).mean() / 2


@wrong("mean_squared_error", seen="function: the root")
def mse_rooted(X, y, beta, beta_0):
    return np.sqrt(((X @ beta + beta_0 - y) ** 2).mean())


@wrong("mean_squared_error", seen="variance: degrees of freedom")
def mse_unbiased(X, y, beta, beta_0):
    return ((X @ beta + beta_0 - y) ** 2).sum() / (len(y) - X.shape[1] - 1)


@wrong("mean_squared_error_gradient", seen="shape: a column of targets, n by n residuals")
def mse_gradients_broadcast(X, y, beta, beta_0):
    r = (X @ beta + beta_0)[:, None] - y
    return 2 * X.T @ r.mean(axis=1) / len(y), 2 * r.mean()
