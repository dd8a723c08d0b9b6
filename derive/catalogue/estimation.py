"""Least squares under random errors: unbiased, with known covariance, and how to estimate it.

The errors are uncorrelated with mean zero and one variance; no distribution is assumed of them.
"""

from derive.derivation import chain, define, derivation, inverses, random
from derive.derivation import expectation as E
from derive.spaces import FullColumnRank, Positive, Vector, at_least
from derive.terms.arrays import constant, identity, outer
from derive.terms.functions import exp, inv
from derive.terms.sizes import sizes

n, p = sizes("n p")
ESTIMATOR = "a property of least_squares, which is computed there"


def errors(sigma):
    """Uncorrelated errors of one variance."""
    return random("epsilon", (n,), variance=sigma**2)


def estimator(X):
    """The matrix that maps targets to the least-squares coefficients."""
    return inv(X.T @ X) @ X.T


@derivation(symbolic_only=ESTIMATOR)
def least_squares_unbiased(X: FullColumnRank[n, p], beta: Vector[p], sigma: Positive):
    """The least-squares coefficients have the true ones as their mean."""
    epsilon = errors(sigma)
    return (
        chain(E(estimator(X) @ (X @ beta + epsilon)))
        .eq(E(beta + estimator(X) @ epsilon), by=inverses)
        .eq(beta, by=epsilon)
    )


@derivation(symbolic_only=ESTIMATOR)
def least_squares_covariance(X: FullColumnRank[n, p], beta: Vector[p], sigma: Positive):
    """The covariance of the least-squares coefficients is sigma^2 times the inverse Gram matrix."""
    epsilon = errors(sigma)
    error = estimator(X) @ (X @ beta + epsilon) - beta
    noise = estimator(X) @ epsilon
    return (
        chain(E(outer(error, error)))
        .eq(E(outer(noise, noise)), by=inverses)
        .eq(sigma**2 * (estimator(X) @ estimator(X).T), by=epsilon)
        .eq(sigma**2 * inv(X.T @ X), by=inverses)
    )


@derivation(where=at_least(n, p + 1), symbolic_only=ESTIMATOR)
def residual_variance(X: FullColumnRank[n, p], beta: Vector[p], sigma: Positive):
    """The residual sum of squares over n - p has sigma^2 as its mean.

    Here p counts all columns: with an intercept and p inputs it is n - p - 1.
    """
    epsilon = errors(sigma)
    A = define("A", estimator(X))
    y = X @ beta + epsilon
    return (
        chain(E(((y - X @ (A @ y)) ** 2).sum()) / (n - p))
        .eq(E(((epsilon - X @ (A @ epsilon)) ** 2).sum()) / (n - p), by=[A, inverses])
        .eq(sigma**2 * ((identity(n) - X @ A) ** 2).sum() / (n - p), by=epsilon)
        .eq(sigma**2, by=[A, inverses])
    )


@derivation(symbolic_only=ESTIMATOR)
def coefficients_uncorrelated_with_residuals(
    X: FullColumnRank[n, p], beta: Vector[p], sigma: Positive
):
    """The least-squares coefficients are uncorrelated with the residuals.

    For Gaussian errors they are therefore independent of these, and of the estimated variance.
    """
    epsilon = errors(sigma)
    A = define("A", estimator(X))
    y = X @ beta + epsilon
    return (
        chain(E(outer(A @ y - beta, y - X @ (A @ y))))
        .eq(E(outer(A @ epsilon, epsilon - X @ (A @ epsilon))), by=[A, inverses])
        .eq(sigma**2 * (A @ (identity(n) - X @ A).T), by=epsilon)
        .eq(constant(0, (p, n)), by=[A, inverses])
    )


@derivation(symbolic_only=ESTIMATOR)
def gaussian_likelihood_factors(
    X: FullColumnRank[n, p], y: Vector[n], beta: Vector[p], sigma: Positive
):
    """The Gaussian likelihood is one factor of the residuals and one of the coefficients.

    As a function of the data, the second has the form of a Gaussian density of beta_hat about
    beta, of covariance sigma^2 (X'X)^-1, and no other part depends on beta_hat.
    """
    best = define("beta_hat", estimator(X) @ y)
    away = define("d", best - beta)
    return (
        chain(exp(-((y - X @ beta) ** 2).sum() / (2 * sigma**2)))
        .eq(
            exp(-(((y - X @ best) ** 2).sum() + ((X @ away) ** 2).sum()) / (2 * sigma**2)),
            by=[best, away, inverses],
        )
        .eq(
            exp(-((y - X @ best) ** 2).sum() / (2 * sigma**2))
            * exp(-(away @ (X.T @ X) @ away) / (2 * sigma**2)),
        )
    )
