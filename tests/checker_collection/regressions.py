"""Least squares and other regressions, as people write them."""

import numpy as np

from checker_collection.cases import right, wrong

RSS = {"let": ["X: n,p", "b: p", "y: n"], "wrt": ["b"]}
LOSS = "sum((X@b - y)**2)"


@right(LOSS, **RSS)
def rss_gradient(X, b, y):
    return 2 * X.T @ (X @ b - y)


@right(LOSS, **RSS)
def rss_gradient_gram(X, b, y):
    return 2 * (X.T @ X @ b - X.T @ y)


@right(LOSS, **RSS)
def rss_gradient_einsum(y, X, b):
    return np.einsum("ij,i->j", X, 2 * (np.einsum("ij,j->i", X, b) - y))


@wrong(LOSS, "1/2", **RSS, seen="factor: 2")
def rss_gradient_halved(X, b, y):
    return X.T @ (X @ b - y)


@wrong(LOSS, "1/n", **RSS, seen="reduction: 1/n")
def rss_gradient_averaged(X, b, y):
    return 2 * X.T @ (X @ b - y) / len(y)


@wrong(LOSS, "sign", **RSS, seen="sign: reversed")
def rss_gradient_reversed(X, b, y):
    return 2 * X.T @ (y - X @ b)


@wrong(LOSS, "missing", **RSS, seen="term: the targets")
def rss_gradient_without_targets(X, b, y):
    return 2 * X.T @ (X @ b)


@wrong(LOSS, **RSS, seen="edge: 0.05 per cent off")
def rss_gradient_nearly(X, b, y):
    return 1.0005 * 2 * X.T @ (X @ b - y)


@wrong(LOSS, **RSS, seen="edge: one entry")
def rss_gradient_one_entry(X, b, y):
    g = 2 * X.T @ (X @ b - y)
    g[0] *= 1.002
    return g


@wrong(LOSS, **RSS, seen="shape: a column")
def rss_gradient_column(X, b, y):
    return (2 * X.T @ (X @ b - y))[:, None]


@wrong(LOSS, **RSS, seen="edge: beyond 5")
def rss_gradient_far_out(X, b, y):
    g = 2 * X.T @ (X @ b - y)
    return np.where(b > 5, 0, g).astype(g.dtype)


@wrong("mean((X@b - y)**2)", "integers", **RSS, seen="dtype: a buffer of the type of the data")
def mean_gradient_truncating(X, b, y):
    g = np.zeros(len(b), dtype=X.dtype)
    for k in range(len(b)):
        g[k] = 2 * np.mean(X[:, k] * (X @ b - y))
    return g


@wrong("1e-6*sum((X@b - y)**2)", **RSS, seen="edge: nothing, where the tolerance is absolute")
def rss_gradient_zero(X, b, y):
    return np.zeros_like(X.T @ y)


@right("mean_squared_error_gradient")
def mse_gradients(X, y, beta, beta_0):
    r = X @ beta + beta_0 - y
    return 2 * X.T @ r / len(y), 2 * r.mean()


@right("mean_squared_error_gradient")
def mse_gradients_by_name(X, y, w, b):
    r = X @ w + b - y
    return {"db": 2 * r.mean(), "dw": 2 * X.T @ r / len(y)}


@wrong("mean_squared_error_gradient", "reduction=sum", seen="reduction: sum for mean")
def mse_gradients_summed(X, y, beta, beta_0):
    r = X @ beta + beta_0 - y
    return 2 * X.T @ r, 2 * r.sum()


@wrong("mean_squared_error_gradient", "missing", seen="term: the intercept")
def mse_gradients_without_intercept(X, y, beta, beta_0):
    r = X @ beta - y
    return 2 * X.T @ r / len(y), 2 * r.mean()


@wrong("mean_squared_error_gradient", "n", seen="reduction: one of two")
def mse_intercept_not_averaged(X, y, beta, beta_0):
    r = X @ beta + beta_0 - y
    return 2 * X.T @ r / len(y), 2 * r.sum()


@right("residual_sum_of_squares_hessian")
def rss_hessian(X):
    return 2 * X.T @ X


@wrong("residual_sum_of_squares_hessian", "1/2", seen="factor: 2")
def rss_hessian_halved(X):
    return X.T @ X


@wrong("residual_sum_of_squares_hessian", seen="axis: the other Gram matrix")
def rss_hessian_other_gram(X):
    return 2 * X @ X.T


@right("least_squares")
def fit_by_qr(X, y):
    Q, R = np.linalg.qr(X)
    return np.linalg.solve(R, Q.T @ y)


@right("least_squares")
def fit_by_normal_equations(X, y):
    return np.linalg.solve(X.T @ X, X.T @ y)


@right("least_squares")
def fit_by_lstsq(X, y):
    return np.linalg.lstsq(X, y, rcond=None)[0]


@wrong("least_squares", seen="epsilon: a ridge against singular matrices")
def fit_with_hidden_ridge(X, y):
    return np.linalg.solve(X.T @ X + 1e-4 * np.eye(X.shape[1], dtype=X.dtype), X.T @ y)


@wrong("least_squares", seen="term: the mean is taken off")
def fit_centred(X, y):
    return np.linalg.lstsq(X - X.mean(axis=0), y, rcond=None)[0]


@right("hat_matrix")
def hat_by_pseudo_inverse(X):
    return X @ np.linalg.pinv(X)


@wrong("hat_matrix", "missing", seen="factor: the inverse")
def hat_without_inverse(X):
    return X @ X.T


LOGISTIC = {"let": ["X: n,p", "w: p", "y: n"], "wrt": ["w"]}


@right("mean(softplus(X@w) - y*(X@w))", **LOGISTIC)
def logistic_gradient(X, w, y):
    t = X @ w
    s = np.where(t >= 0, 1 / (1 + np.exp(-abs(t))), np.exp(-abs(t)) / (1 + np.exp(-abs(t))))
    return X.T @ (s - y) / len(y)


@right("mean(softplus(X@w) - y*(X@w))", **LOGISTIC, kind="hessian")
def logistic_hessian(X, w, y):
    s = 1 / (1 + np.exp(-(X @ w)))
    return (X * (s * (1 - s))[:, None]).T @ X / len(y)


@wrong("mean(softplus(X@w) - y*(X@w))", **LOGISTIC, kind="hessian", seen="term: s for s (1 - s)")
def logistic_hessian_without_complement(X, w, y):
    s = 1 / (1 + np.exp(-(X @ w)))
    return (X * s[:, None]).T @ X / len(y)


@right("sum((X@b - y)**2) + lam*sum(b**2)", let=["X: n,p", "b: p", "y: n", "lam:"], wrt=["b"])
def ridge_gradient(X, b, y, lam=0.1):
    return 2 * X.T @ (X @ b - y) + 2 * lam * b


@wrong(
    "sum((X@b - y)**2) + lam*sum(b**2)",
    "1/2",
    let=["X: n,p", "b: p", "y: n", "lam:"],
    wrt=["b"],
    seen="factor: 2 of the penalty",
)
def ridge_gradient_penalty_halved(X, b, y, lam=0.1):
    return 2 * X.T @ (X @ b - y) + lam * b


@wrong(
    "sum((X@b - y)**2) + lam*sum(b**2)",
    "missing",
    let=["X: n,p", "b: p", "y: n", "lam:"],
    wrt=["b"],
    seen="term: the penalty",
)
def ridge_gradient_without_penalty(X, b, y, lam=0.1):
    return 2 * X.T @ (X @ b - y)
