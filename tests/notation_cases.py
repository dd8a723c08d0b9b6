"""Derivations as a page shows them: each a list of lines ``(term, reason)``, the first the left."""

from collections.abc import Callable
from fractions import Fraction

from derive.terms.arrays import (
    Array,
    apply,
    define,
    derivative,
    determinant,
    inverse,
    log_determinant,
    maximum_over,
    sum_over,
    variable,
)
from derive.terms.indices import Index
from derive.terms.nodes import Cond, Delta, Guard
from derive.terms.sizes import Size, sizes

Page = list[tuple[Array, str]]
n, p, K, N, C, O = sizes("n p K N C O")  # noqa: E741
HALF = Fraction(1, 2)


def same(left: Index, right: Index) -> Array:
    return Array((), Delta(left - right))


def softmax() -> Page:
    z, i, j = variable("z", (K,)), Index("i", K), Index("j", K)
    S = define("S", apply("exp", z).sum())
    s = define("s", apply("exp", z) / S)
    e = apply("exp", z)
    quotient = S * derivative(e[i], z[j]) - e[i] * derivative(S, z[j])
    return [
        (derivative(s[i], z[j]), ""),
        (derivative(e[i] / S, z[j]), "definition of s"),
        (quotient / S**2, "quotient rule, S > 0, since exp > 0"),
        ((S * same(i, j) * e[i] - e[i] * e[j]) / S**2, "∂zₖ/∂zⱼ = δₖⱼ, picks k = j out of Σₖ"),
        (e[i] / S * (same(i, j) - e[j] / S), "factor out exp zᵢ / S"),
        (s[i] * (same(i, j) - s[j]), "definition of s, twice"),
    ]


def least_squares() -> Page:
    X, b, y = variable("X", (n, p)), variable("b", (p,)), variable("y", (n,))
    i, j, k = Index("i", n), Index("j", p), Index("k", p)
    r = define("r", X @ b - y)
    L = define("L", (r**2).sum())
    inner = sum_over(j, X[i, j] * same(j, k))
    return [
        (derivative(L, b[k]), ""),
        (derivative(sum_over(i, r[i] ** 2), b[k]), "definition of L"),
        (sum_over(i, 2 * r[i] * derivative(r[i], b[k])), "sum rule, then power rule"),
        (sum_over(i, 2 * r[i] * inner), "r is linear in b, ∂bⱼ/∂bₖ = δⱼₖ"),
        (2 * sum_over(i, X[i, k] * r[i]), "δⱼₖ picks j = k out of Σⱼ"),
    ]


def least_squares_matrices() -> Page:
    X, b, y = variable("X", (n, p)), variable("b", (p,)), variable("y", (n,))
    beta = define("beta_hat", inverse(X.T @ X) @ (X.T @ y))
    return [
        (X.T @ (y - X @ beta), ""),
        (X.T @ y - X.T @ X @ inverse(X.T @ X) @ (X.T @ y), "definition of beta"),
        (X.T @ y - X.T @ y, "X'X is nonsingular"),
        (0 * b, "a - a = 0"),
    ]


def batch_norm() -> Page:
    x, eps, i, j = variable("x", (N,)), variable("eps"), Index("i", N), Index("j", N)
    mu = define("mu", x.mean())
    v = define("v", ((x - mu) ** 2).mean())
    x_hat = define("x_hat", (x - mu) / (v + eps) ** HALF)
    spread = (v + eps) ** HALF
    return [
        (derivative(x_hat[i], x[j]), ""),
        (
            (same(i, j) - derivative(mu, x[j])) / spread
            - (x[i] - mu) * derivative(v, x[j]) / (2 * (v + eps) ** Fraction(3, 2)),
            "quotient rule, v + eps > 0",
        ),
        (
            (same(i, j) - 1 / Array.of(N)) / spread
            - (x[i] - mu) * (x[j] - mu) / (N * (v + eps) ** Fraction(3, 2)),
            "derivatives of mean and variance",
        ),
        (
            1 / spread * (same(i, j) - 1 / Array.of(N) - x_hat[i] * x_hat[j] / N),
            "definition of x_hat, twice; then 1 / sqrt(v + eps) is taken out of the three terms",
        ),
    ]


def convolution() -> Page:
    R, s, d, q = sizes("R s d q")
    x, w = variable("x", (N, C, "H")), variable("w", (O, C, R))
    batch, c, o, i = Index("n", N), Index("c", C), Index("o", O), Index("i", "P")
    e, b, k, h = Index("e", O), Index("b", C), Index("k", R), Index("h", R)
    row = i * s + k * d - q
    y = sum_over((c, k), x[batch, c, row] * w[o, c, k])
    guard = Array((), Guard(row)) * Array((), Guard(Size.of("H") - 1 - row))
    return [
        (derivative(y, w[e, b, h]), ""),
        (sum_over((c, k), x[batch, c, row] * same(o, e) * same(c, b) * same(k, h)), "linear in w"),
        (same(o, e) * x[batch, b, i * s + h * d - q], "deltas pick c and k"),
        (
            same(o, e) * sum_over(k, guard * same(k, h) * x[batch, b, row]),
            "x is zero outside 0 ... H - 1",
        ),
    ]


def logistic() -> Page:
    X, w, y, i, k = (
        variable("X", (n, p)),
        variable("w", (p,)),
        variable("y", (n,)),
        Index("i", n),
        Index("k", p),
    )
    z = define("z", X @ w)
    p_hat = define("p_hat", 1 / (1 + apply("exp", -z)))
    loss = -(y * apply("log", p_hat) + (1 - y) * apply("log", 1 - p_hat)).sum()
    slope = y[i] / p_hat[i] - (1 - y[i]) / (1 - p_hat[i])
    return [
        (derivative(loss, w[k]), ""),
        (
            -sum_over(i, slope * derivative(p_hat[i], w[k])),
            "sum rule, ∂log u/∂u = 1/u",
        ),
        (-sum_over(i, slope * p_hat[i] * (1 - p_hat[i]) * X[i, k]), "p' = p (1 - p)"),
        (sum_over(i, (p_hat[i] - y[i]) * X[i, k]), "multiply out"),
        ((X.T @ (p_hat - y))[k], "order of factors"),
    ]


def nonsmooth() -> Page:
    X, w, y, m = variable("X", (n, p)), variable("w", (p,)), variable("y", (n,)), variable("lam")
    k, i = Index("k", p), Index("i", n)
    margin = 1 - y * (X @ w)
    active = Array((), Cond(margin[i].body))
    return [
        (derivative(apply("relu", margin).sum() + m / 2 * (w**2).sum(), w[k]), ""),
        (m * w[k] - sum_over(i, active * y[i] * X[i, k]), "off the kink"),
        (m * w[k] + maximum_over(X, 0)[k] - maximum_over(X, 0)[k] - 0, "adding 0"),
    ]


def determinants() -> Page:
    A, i, j = variable("A", (n, n)), Index("i", n), Index("j", n)
    return [
        (derivative(log_determinant(A), A[i, j]), ""),
        (1 / determinant(A) * derivative(determinant(A), A[i, j]), "chain rule"),
        (inverse(A)[j, i], "derivative of the determinant"),
        (inverse(A).T[i, j], "transpose"),
    ]


def expressions() -> list[Array]:
    """Small expressions whose parentheses are easily wrong."""
    X, u, v, c = variable("X", (n, p)), variable("u", (n,)), variable("v", (n,)), variable("c")
    T = variable("T", (n, p, K))
    i, j = Index("i", n), Index("j", n)
    a, b, s, exp = u[j], v[j], sum_over(i, u[i] * v[j]), apply("exp", u[j])
    return [
        2 * s / c, s * c, c * s, c - s - c, -s, -(s + c), (s + c) * 2, 1 / s, s**2, HALF * s,
        a / b * c, c * (a / b), a / b / c, a / (b * c), a / (b / c), 1 / a * b, a - (b - c),
        a + (b + c), (a + b) ** 2, (a * b) ** 2, (a / b) ** 2, exp**2, -(a**2), (-a) ** 2,
        a ** (-c), 2**a, HALF**a, (a - c) ** HALF, (a - c) ** -HALF, a**-2, b * a**-2,
        a * HALF, a * 2, 3 * HALF * a, a * -2, a - 2, Array.of(Fraction(1, 10**5)) * a,
        apply("exp", -a), apply("exp", a * c), apply("exp", s), apply("log", exp), exp * exp,
        apply("abs", a - c) * 2, apply("maximum", a, c) * 2, Array((), Cond((a - c).body)) * a,
        derivative(a * c, c), derivative(a + c, c), derivative(exp, c) * 2,
        derivative(exp, c) / c, derivative(derivative(a, c), c), derivative(a, c) * exp,
        derivative(derivative(a, u[i]), c), 2 * N * a, a / (2 * N), a / Array.of(N * K),
        X.sum(0), X.sum(1) * u, T.sum((0, 2)), T.sum(1), X.sum(), u.sum(), (X**2).sum(1),
        X / X.sum(1)[:, None], 2 * T, -X.T, (X + 1).T, (X.T @ u) * 2, u * v * u, u / (v * u),
    ]  # fmt: skip


PAGES: dict[str, Callable[[], Page]] = {
    page.__name__: page
    for page in (
        softmax,
        least_squares,
        least_squares_matrices,
        batch_norm,
        convolution,
        logistic,
        nonsmooth,
        determinants,
    )
}
