"""Least squares with dependent columns: many coefficients, one fit, and the shortest of them."""

from derive.derivation import chain, define, derivation, witness
from derive.spaces import Matrix, OneHot, Orthonormal, Positive, Vector
from derive.terms.arrays import array, constant, diagonal_matrix
from derive.terms.functions import delta
from derive.terms.indices import Index as Position
from derive.terms.sizes import sizes

n, p, m, K = sizes("n p m K")


@derivation(symbolic_only="an example of inputs that least_squares refuses")
def dependent_columns(X: Matrix[n, p], a: Vector[p]):
    """A column that is a combination of the others makes coefficients that predict nothing.

    So the Gram matrix of all columns is singular; a column three times another is an example.
    """
    i, k = Position("i", n), Position("k", p + 1)
    Z = define("Z", array((i, k), delta(k, 0) * (X @ a)[i] + X[i, k - 1]))
    c = define("c", array((k,), delta(k, 0) - a[k - 1]))
    return chain(Z @ c).eq(X @ a - X @ a, by=[Z, c]).eq(constant(0, (n,)))


@derivation(symbolic_only="an example of inputs that least_squares refuses")
def redundant_indicators(Y: OneHot[n, K]):
    """The indicators of all levels sum to the column of ones, so they and it are dependent."""
    i, k = Position("i", n), Position("k", K + 1)
    Z = define("Z", array((i, k), delta(k, 0) + Y[i, k - 1]))
    c = define("c", array((k,), 2 * delta(k, 0) - 1))
    return chain(Z @ c).eq(1 - Y.sum(1), by=[Z, c]).eq(constant(0, (n,)), by=Y.facts)


def decomposed(U, s, V):
    """A matrix by its thin singular value decomposition, and its pseudo-inverse."""
    return define("X", (U * s) @ V.T), define("P", (V / s) @ U.T)


@derivation(symbolic_only="computed by least_squares with singular='minimum_norm'")
def pseudo_inverse_fit(U: Orthonormal[n, m], s: Positive[m], V: Orthonormal[p, m], y: Vector[n]):
    """The pseudo-inverse P of a matrix of any rank m gives the projection onto its columns.

    The decomposition X = U diag(s) V' with m positive singular values exists for every matrix of
    rank m; U U' is the orthogonal projection onto its columns.
    """
    X, P = decomposed(U, s, V)
    S, inverted = diagonal_matrix(s), diagonal_matrix(s**-1)
    return (
        chain(X @ (P @ y))
        .eq(U @ S @ (V.T @ V) @ inverted @ (U.T @ y), by=[X, P])
        .eq(U @ S @ inverted @ (U.T @ y), by=V.facts)
        .eq(U @ (U.T @ y))
    )


@derivation(symbolic_only="computed by least_squares with singular='minimum_norm'")
def pseudo_inverse_residuals(
    U: Orthonormal[n, m], s: Positive[m], V: Orthonormal[p, m], y: Vector[n]
):
    """The pseudo-inverse solves the normal equations, at any rank.

    So the residuals are orthogonal to the columns whether or not these are independent.
    """
    X, P = decomposed(U, s, V)
    S = diagonal_matrix(s)
    return (
        chain(X.T @ (y - X @ (P @ y)))
        .eq(V @ S @ (U.T @ (y - U @ (U.T @ y))), by=[X, P, V.facts])
        .eq(V @ S @ (U.T @ y - U.T @ y), by=U.facts)
        .eq(constant(0, (p,)))
    )


@derivation(symbolic_only="a property of all solutions of the normal equations")
def one_fit(
    U: Orthonormal[n, m], s: Positive[m], V: Orthonormal[p, m], y: Vector[n], beta: Vector[p]
):
    """All solutions of the normal equations have the same fit, that of the pseudo-inverse.

    The last term is zero where they hold, X'(y - X beta) = 0.
    """
    X, P = decomposed(U, s, V)
    return chain(X @ beta).eq(
        X @ (P @ y) - P.T @ (X.T @ (y - X @ beta)), by=[X, P, U.facts, V.facts]
    )


@derivation(symbolic_only="a property of all solutions of the normal equations")
def many_coefficients(
    U: Orthonormal[n, m], s: Positive[m], V: Orthonormal[p, m], z: Vector[p], beta: Vector[p]
):
    """What a vector has outside the row space can be added to coefficients without any change.

    Outside the row space there is something unless P X = V V' is the identity, that is m = p.
    """
    X, P = decomposed(U, s, V)
    return (
        chain(X @ (beta + (z - P @ (X @ z))))
        .eq(X @ beta + X @ z - X @ (P @ (X @ z)))
        .eq(X @ beta, by=[X, P, U.facts, V.facts])
    )


@derivation(symbolic_only="computed by least_squares with singular='minimum_norm'")
def minimum_norm(
    U: Orthonormal[n, m], s: Positive[m], V: Orthonormal[p, m], y: Vector[n], z: Vector[p]
):
    """Of all coefficients with the best fit, the pseudo-inverse gives the shortest.

    The others differ from it by what is outside the row space (many_coefficients), which is
    orthogonal to it.
    """
    X, P = decomposed(U, s, V)
    best, rest = P @ y, z - P @ (X @ z)
    return (
        chain((best**2).sum())
        .le((best**2).sum() + (rest**2).sum(), by=witness((rest**2).sum()))
        .eq(((best + rest) ** 2).sum(), by=[X, P, U.facts, V.facts])
    )
