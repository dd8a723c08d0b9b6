"""Ridge regression: least squares with a penalty on the squared length of the coefficients."""

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
from derive.spaces import (
    FullColumnRank,
    Index,
    Matrix,
    Orthonormal,
    Positive,
    Real,
    Vector,
)
from derive.terms.arrays import diagonal_matrix, identity
from derive.terms.functions import absolute, inv, maximum, sqrt
from derive.terms.sizes import sizes

n, p, m = sizes("n p m")


def gram(X, lambda_):
    """X'X + lambda I, which is nonsingular for every X."""
    return define("G", X.T @ X + lambda_ * identity(X.shape[1]))


@derivation
def ridge_loss(X: Matrix[n, p], y: Vector[n], beta: Vector[p], lambda_: Positive):
    """The penalty is the squared error of further cases, one a parameter, with targets zero.

    Their inputs are sqrt(lambda) times the identity; so ridge is least squares with more cases.
    """
    rss = ((y - X @ beta) ** 2).sum()
    return chain(rss + lambda_ * (beta**2).sum()).eq(rss + ((sqrt(lambda_) * beta) ** 2).sum())


@derivation
def ridge_gradient(X: Matrix[n, p], y: Vector[n], beta: Vector[p], lambda_: Positive, k: Index[p]):
    """The gradient of the ridge loss is that of least squares plus twice the penalised vector."""
    return (
        chain(D(ridge_loss(X, y, beta, lambda_), beta[k]))
        .eq((2 * (y - X @ beta) * -X[:, k]).sum() + 2 * lambda_ * beta[k], by=differentiation)
        .eq((2 * X.T @ (X @ beta - y) + 2 * lambda_ * beta)[k], by=matrix_form)
    )


@derivation
def ridge(X: Matrix[n, p], y: Vector[n], beta: Vector[p], lambda_: Positive):
    """One Newton step from anywhere ends at the ridge coefficients, whatever the inputs are.

    So they are the only coefficients at which the gradient of the ridge loss is zero.
    """
    G = gram(X, lambda_)
    return (
        chain(beta - inv(G) @ (X.T @ (X @ beta - y) + lambda_ * beta))
        .eq(beta - inv(G) @ G @ beta + inv(G) @ (X.T @ y), by=G)
        .eq(inv(G) @ (X.T @ y), by=inverses)
    )


@derivation(symbolic_only="a property of ridge, which is computed there")
def ridge_minimum(X: Matrix[n, p], y: Vector[n], beta: Vector[p], lambda_: Positive):
    """No other coefficients have a smaller ridge loss: the square is completed.

    The gap is zero at the minimum only, as lambda is positive.
    """
    G = gram(X, lambda_)
    best = define("beta_hat", inv(G) @ (X.T @ y))
    least = ((y - X @ best) ** 2).sum() + lambda_ * (best**2).sum()
    gap = ((X @ (beta - best)) ** 2).sum() + lambda_ * ((beta - best) ** 2).sum()
    return (
        chain(least)
        .le(least + gap, by=witness(gap))
        .eq(((y - X @ beta) ** 2).sum() + lambda_ * (beta**2).sum(), by=[best, G, inverses])
    )


@derivation(symbolic_only="a property of ridge, which is computed there")
def ridge_constrained(X: Matrix[n, p], y: Vector[n], beta: Vector[p], lambda_: Positive):
    """Among coefficients that are not longer, those of ridge have the least squared error.

    Every term after the first is nonnegative where |beta| is at most the length of the ridge
    coefficients: so these solve the constrained problem whose bound is their own squared length.
    """
    G = gram(X, lambda_)
    best = define("beta_hat", inv(G) @ (X.T @ y))
    return chain(((y - X @ beta) ** 2).sum()).eq(
        ((y - X @ best) ** 2).sum()
        + ((X @ (beta - best)) ** 2).sum()
        + lambda_ * ((beta - best) ** 2).sum()
        + lambda_ * ((best**2).sum() - (beta**2).sum()),
        by=[best, G, inverses],
    )


@derivation(symbolic_only="a property of ridge, which is computed there")
def ridge_shrinkage(
    U: Orthonormal[n, m], s: Positive[m], V: Orthonormal[p, m], y: Vector[n], lambda_: Positive
):
    """Ridge shrinks the least-squares fit along each singular direction, the short ones most.

    The coefficient U'y / s of least squares along a direction is multiplied by
    s^2 / (s^2 + lambda), and V c solves the equations of ridge, (X'X + lambda I) V c = X'y.
    """
    X = define("X", (U * s) @ V.T)
    c = define("c", s / (s**2 + lambda_) * (U.T @ y))
    best = V @ c
    return (
        chain(X.T @ (X @ best) + lambda_ * best)
        .eq(V @ diagonal_matrix(s**2 + lambda_) @ c, by=[X, U.facts, V.facts])
        .eq(V @ diagonal_matrix(s) @ (U.T @ y), by=c)
        .eq(X.T @ y, by=X)
    )


@derivation(symbolic_only="a property of ridge, which is computed there")
def ridge_length(V: Orthonormal[p, m], s: Positive[m], c: Vector[m], lambda_: Positive):
    """The squared length of the ridge coefficients, by their singular directions, c being U'y."""
    along = s * c / (s**2 + lambda_)
    return (
        chain(((V @ along) ** 2).sum())
        .eq((along**2).sum(), by=V.facts)
        .eq(((s * c) ** 2 / (s**2 + lambda_) ** 2).sum())
    )


@derivation(symbolic_only="a property of ridge, which is computed there")
def ridge_length_derivative(s: Positive[m], c: Vector[m], lambda_: Positive):
    """The ridge coefficients get shorter as the penalty grows, unless they are zero.

    So lambda and the length determine each other, as long as the length is less than that of the
    shortest least-squares coefficients: these are the limit for lambda to 0.
    """
    length = ((s * c / (s**2 + lambda_)) ** 2).sum()
    return (
        chain(D(length, lambda_))
        .eq(-(2 * (s * c) ** 2 / (s**2 + lambda_) ** 3).sum(), by=differentiation)
        .le(0)
    )


@derivation(symbolic_only="a property of ridge, which is computed there")
def ridge_rescaled(X: Matrix[n, p], y: Vector[n], d: Positive[p], lambda_: Positive):
    """Ridge is not equivariant: rescaling the inputs by d is another penalty on each coefficient.

    In the units of X, the coefficients for X diag(d) are those for the penalty lambda / d_j^2 on
    the j-th; in least squares the scales cancel (least_squares_rescaled).
    """
    Z = define("Z", X * d)
    G = gram(Z, lambda_)
    M = define("M", X.T @ X + diagonal_matrix(lambda_ / d**2))
    scale = diagonal_matrix(d)
    return (
        chain(d * (inv(G) @ (Z.T @ y)))
        .eq(d * (inv(scale @ M @ scale) @ (d * (X.T @ y))), by=[Z, G, M])
        .eq(inv(M) @ (X.T @ y), by=inverses)
    )


@derivation(symbolic_only="a property of least_squares, which is computed there")
def least_squares_rescaled(X: FullColumnRank[n, p], y: Vector[n], d: Positive[p]):
    """Least squares is equivariant: rescaled inputs have the same coefficients in other units."""
    Z, G = define("Z", X * d), define("G", X.T @ X)
    scale = diagonal_matrix(d)
    return (
        chain(d * (inv(Z.T @ Z) @ (Z.T @ y)))
        .eq(d * (inv(scale @ G @ scale) @ (d * (X.T @ y))), by=[Z, G])
        .eq(inv(G) @ (X.T @ y), by=inverses)
    )


@derivation(symbolic_only="a counterexample to equivariance")
def ridge_scale_gap(x: Vector[n], y: Vector[n], c: Real, lambda_: Positive):
    """With one input, scaling it by c changes the fit of ridge unless c is 1 or -1, or x'y is 0."""
    S = define("S", (x**2).sum())
    return chain(c * (c * x @ y / (c**2 * S + lambda_)) - x @ y / (S + lambda_)).eq(
        lambda_ * (c**2 - 1) * (x @ y) / ((c**2 * S + lambda_) * (S + lambda_))
    )


@derivation(symbolic_only="a counterexample")
def ridge_not_equivariant(X: Matrix[n, p], y: Vector[n], d: Positive[p], lambda_: Positive):
    """The ridge coefficients for rescaled inputs are not the same in other units."""
    Z, own = X * d, identity(p) * lambda_
    return chain(d * (inv(Z.T @ Z + own) @ (Z.T @ y))).ne(inv(X.T @ X + own) @ (X.T @ y))


@derivation(symbolic_only="a counterexample")
def ridge_coefficient_grows(X: FullColumnRank[n, p], y: Vector[n], lambda_: Positive, k: Index[p]):
    """A single coefficient may get farther from zero by a penalty, though the length never does.

    Where inputs are correlated, ridge shares the weight of one among them.
    """
    free = absolute((inv(X.T @ X) @ (X.T @ y))[k])
    penalised = absolute((inv(X.T @ X + lambda_ * identity(p)) @ (X.T @ y))[k])
    return chain(maximum(penalised, free)).ne(free)
