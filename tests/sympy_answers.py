"""What SymPy answers where it is wrong, fails, or gives something that nobody can use.

Each row is a call and the answer that SymPy 1.14 gives to it: text, or the class of an exception.
Why SymPy may neither derive for us nor judge what we derived.
"""

import sympy as sp
from sympy.concrete.delta import deltasummation
from sympy.tensor.array.expressions.from_indexed_to_array import convert_indexed_to_array

n, p, h, K, m, k = sp.symbols("n p h K m k", integer=True, positive=True)
i, j, q = sp.symbols("i j q", integer=True)
A, B, M = (sp.MatrixSymbol(name, n, n) for name in "ABM")
A2, A3 = sp.MatrixSymbol("A", 2, 2), sp.MatrixSymbol("A", 3, 3)
X, b, w = sp.MatrixSymbol("X", n, p), sp.MatrixSymbol("b", p, 1), sp.MatrixSymbol("w", p, 1)
x, y, z = sp.MatrixSymbol("x", n, 1), sp.MatrixSymbol("y", n, 1), sp.MatrixSymbol("z", K, 1)
z3 = sp.MatrixSymbol("z", 3, 1)
W1, W2, Y = sp.MatrixSymbol("V", p, h), sp.MatrixSymbol("W", h, m), sp.MatrixSymbol("Y", n, m)
ones, classes = sp.OneMatrix(n, 1), sp.OneMatrix(K, 1)
a, c, g, u, v = map(sp.IndexedBase, "acguv")
f = sp.Function("f")

exponentials = z.applyfunc(sp.exp)
normaliser = (classes.T * exponentials)[0, 0]
squared = (x.T * x)[0, 0]
softplus = (-X * w).applyfunc(lambda t: sp.log(1 + sp.exp(t)))
error = (X * W1).applyfunc(f) * W2 - Y
pooled = sp.Sum(g[i] * sp.Max(u[2 * i], u[2 * i + 1]), (i, 0, m - 1))
shares = sp.exp(u[i]) / sp.Sum(sp.exp(u[j]), (j, 0, K - 1))
both_deltas = a[i] * sp.KroneckerDelta(i, j) * sp.KroneckerDelta(j, q)
ranges = ((i, 0, n - 1), (j, 0, n - 1), (q, 0, n - 1))


def shape_of_hadamard_factors(result):
    """The shapes of what SymPy multiplies entry by entry."""
    products = sorted(result.find(sp.HadamardProduct), key=str)
    return [[part.shape for part in product.args] for product in products]


def are_odd_places_served(result):
    """Whether g is read at half-integers: where pooling wrote nothing."""
    return result.subs({m: 2, j: 1}).doit().has(g[sp.Rational(1, 2)])


WRONG = {
    "residual_sum_of_squares": (lambda: ((X * b - y).T * (X * b - y))[0, 0].diff(b), "0"),
    "log_determinant": (lambda: sp.log(sp.Determinant(A)).diff(A), "0"),
    "log_determinant_2x2": (
        lambda: sp.log(sp.Determinant(A2)).diff(A2),
        "0",
    ),
    "sum_of_two_traces": (lambda: (sp.Trace(A.T * A) + sp.Trace(B.T * B)).diff(A), "0"),
    "squared_trace": (lambda: (sp.trace(sp.Identity(3) - A3) ** 2).diff(A3), "0"),
    "share_of_a_sum": (
        lambda: (z / (classes.T * z)[0, 0]).diff(z),
        "1/Sum(z[_i_1, 0], (_i_1, 0, K - 1))*I",
    ),
    "share_of_three": (
        lambda: (z3 / (sp.OneMatrix(1, 3) * z3)[0, 0]).diff(z3),
        "1/(z[0, 0] + z[1, 0] + z[2, 0])*I",
    ),
    "softmax": (
        lambda: (exponentials / normaliser).diff(z),
        "1/Sum(exp(z[_i_1, 0]), (_i_1, 0, K - 1))*DiagMatrix(Lambda(_d, exp(_d)).(z))",
    ),
    "log_sum_exp": (lambda: sp.log(normaliser).diff(z), "0"),
    "logistic_loss": (lambda: (ones.T * softplus).diff(w).shape, "(p, n)"),
    "exponential_of_a_square": (lambda: sp.exp(squared).diff(x), "0"),
    "gaussian": (lambda: sp.exp(-squared).diff(x), "0"),
    "inversion_in_a_sphere": (
        lambda: (x / squared).diff(x),
        "1/Sum(x[_i_1, 0]**2, (_i_1, 0, n - 1))*I",
    ),
    "trace_of_a_power": (
        lambda: sp.Trace(M**k).diff(M),
        "ArrayDiagonal(k*HadamardPower(M, k - 1), (0, 1))",
    ),
    "sum_of_a_hadamard_square": (lambda: (ones.T * sp.HadamardProduct(x, x))[0, 0].diff(x), "0"),
    "first_layer": (
        lambda: shape_of_hadamard_factors(sp.Trace(error.T * error).diff(W1)),
        "[[(n, h), (h, n)], [(n, h), (n, h)]]",
    ),
    "max_pooling": (lambda: are_odd_places_served(pooled.diff(u[j]).doit()), "True"),
    "strided_delta": (
        lambda: deltasummation(sp.KroneckerDelta(j, 2 * i) * g[i], (i, -sp.oo, sp.oo)),
        "g[j/2]",
    ),
    "square_under_a_sum": (
        lambda: sp.Sum(u[j] ** 2, (j, 0, n - 1)).diff(u[j]),
        "Sum(2*u[j], (j, 0, n - 1))",
    ),
    "linear_form": (
        lambda: sp.Sum(c[i] * u[i], (i, 1, n)).diff(u[i]),
        "Sum(c[i], (i, 1, n))",
    ),
    "substitution": (lambda: sp.Sum(f(i, j), (i, 0, n)).subs(j, i), "Sum(f(i, i), (i, 0, n))"),
    "replacement": (lambda: sp.Sum(f(i, j), (i, 0, n)).xreplace({j: i}), "Sum(f(i, i), (i, 0, n))"),
    "index_with_a_range": (
        lambda: sp.Sum(u[sp.Idx("k", n)], sp.Idx("k", n)).subs(n, 3).doit(),
        "3*u[k]",
    ),
    "condition_on_a_bound_index": (
        lambda: sp.piecewise_fold(sp.Sum(sp.Piecewise((u[i], i > 2), (0, True)), (i, 0, n))),
        "Piecewise((Sum(u[i], (i, 0, n)), i > 2), (Sum(0, (i, 0, n)), True))",
    ),
    "two_deltas": (lambda: convert_indexed_to_array(sp.Sum(both_deltas, *ranges)), "a"),
    "quotient_of_equals": (lambda: sp.Symbol("x") / sp.Symbol("x"), "1"),
}

FAILING = {
    "norm": (lambda: sp.sqrt(squared).diff(x), TypeError),
    "frobenius_norm": (lambda: sp.sqrt(sp.Trace(X.T * X)).diff(X), TypeError),
    "kronecker_trace": (lambda: sp.Trace(sp.KroneckerProduct(A, B)).diff(A), AttributeError),
    "squared_trace": (lambda: (sp.Trace(sp.Identity(3) - A3) ** 2).diff(A3), AttributeError),
    "log_sum_exp": (lambda: (classes.T * exponentials).applyfunc(sp.log).diff(z), ValueError),
    "logistic_hessian": (lambda: (ones.T * softplus).diff(w).diff(w), RecursionError),
    "sum_of_a_hadamard_square": (lambda: (ones.T * sp.HadamardProduct(x, x)).diff(x), ValueError),
}

UNUSABLE = {
    "determinant": (lambda: sp.Determinant(A).diff(A), "Derivative(Determinant(A), A)"),
    "sum_of_exponentials": (
        lambda: (classes.T * exponentials).diff(z),
        "ArrayDiagonal(1*Lambda(_d, exp(_d)).(z.T), (0, 1))",
    ),
    "softmax": (
        lambda: type((exponentials * (classes.T * exponentials).I).diff(z)).__name__,
        "ArrayAdd",
    ),
    "softmax_by_indices": (
        lambda: shares.diff(u[q]).doit(),
        "-Piecewise((exp(u[q]), (q >= 0) & (q <= K - 1)), (0, True))*exp(u[i])"
        "/Sum(exp(u[j]), (j, 0, K - 1))**2"
        " + exp(u[i])*KroneckerDelta(i, q)/Sum(exp(u[j]), (j, 0, K - 1))",
    ),
    "inverse": (
        lambda: A.I.diff(A),
        "PermuteDims(ArrayTensorProduct(-A.T**(-1), A**(-1)), (3)(1 2))",
    ),
    "hadamard_square_of_a_matrix": (
        lambda: type(sp.hadamard_product(A, A.T).diff(A)).__name__,
        "ArrayAdd",
    ),
    "bound_names": (
        lambda: sp.simplify(sp.Sum(u[i], (i, 0, n - 1)) - sp.Sum(u[q], (q, 0, n - 1))),
        "Sum(u[i], (i, 0, n - 1)) - Sum(u[q], (q, 0, n - 1))",
    ),
    "softmax_sums_to_one": (
        lambda: sp.simplify(sp.Sum(shares, (i, 0, K - 1))),
        "Sum(exp(u[i]), (i, 0, K - 1))/Sum(exp(u[j]), (j, 0, K - 1))",
    ),
    "delta_in_range": (
        lambda: sp.Sum(sp.KroneckerDelta(i, j) * u[i], (i, 1, n)).doit(),
        "Piecewise((u[j], (j >= 1) & (j <= n)), (0, True))",
    ),
    "sum_of_squares": (
        lambda: sp.Sum(u[j] ** 2, (j, 0, n - 1)).diff(u[i]).doit(),
        "Piecewise((2*u[i], (i >= 0) & (i <= n - 1)), (0, True))",
    ),
    "range_in_a_condition": (
        lambda: sp.simplify(sp.Sum(sp.Piecewise((u[i], i < n), (0, True)), (i, 0, n - 1))),
        "Sum(Piecewise((u[i], i < n), (0, True)), (i, 0, n - 1))",
    ),
    "strided_convolution": (
        lambda: (
            sp.Sum(g[i] * u[k * i + j] * v[j], (i, 0, m - 1), (j, 0, h - 1))
            .diff(u[q])
            .doit()
            .has(sp.Piecewise, sp.KroneckerDelta)
        ),
        "True",
    ),
}

ANSWERS = {
    **{f"{name}, wrong": row for name, row in WRONG.items()},
    **{f"{name}, failing": row for name, row in FAILING.items()},
    **{f"{name}, unusable": row for name, row in UNUSABLE.items()},
}
