"""What a person types has the value that NumPy gives it."""

from fractions import Fraction

import numpy as np
import pytest

from derive.language.declarations import declared
from derive.language.functions import FUNCTIONS
from derive.language.program import Known, Program, claim, parsed, statement
from derive.proof.evaluator import Point, array
from derive.terms.arrays import Array
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Count, D, Delta, Num, Pow, Sum, subterms
from derive.terms.sizes import Size
from derive.terms.structure import alpha_equal, variables
from derive.terms.tensors import Kind, Tensor

SIZES = {"n": 3, "m": 2, "d": 4, "h": 5}
LET = (
    "x: n|y: n|u: m|s:|t:|X: n,d|Y: n,d|W: d,h|A: n,n|B: n,n; positive|c: d|r: 1,d"
    "|T: h,n,d|V: h,d,m|v: n; positive|P: n,d; positive|Z: 3,n"
).split("|")


def draw(program: Program, sizes: dict[str, int]) -> dict[str, np.ndarray]:
    """A value for each variable; positive ones are positive."""
    rng = np.random.default_rng(7)
    values = {}
    for name, entry in program.variables.items():
        shape = [size.value(sizes) for size in entry.shape]
        positive = entry.body.tensor.has(Kind.POSITIVE)
        values[name] = rng.uniform(0.5, 2, shape) if positive else rng.uniform(-1.5, 1.5, shape)
    return values


def evaluated(program: Program, values: dict[str, np.ndarray], sizes: dict[str, int]) -> np.ndarray:
    tensors = {entry.body.tensor: values[name] for name, entry in program.variables.items()}
    point = Point.of(sizes, {t: v.tolist() for t, v in tensors.items()})
    return np.array(array(program.result.indices, program.result.body, point))


def softmax(x, axis=-1):
    return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)


def logsumexp(x, axis=None, keepdims=False):
    return np.log(np.exp(x).sum(axis=axis, keepdims=keepdims))


SAME = {
    "x + y - x*y/v": lambda x, y, v: x + y - x * y / v,
    "-x**2": lambda x: -(x**2),
    "2**-x": lambda x: 2**-x,
    "v**x**2": lambda v, x: v**x**2,
    "x - (y - x) - -y": lambda x, y: x - (y - x) - -y,
    "x / v / v * y": lambda x, y, v: x / v / v * y,
    "+x": lambda x: x,
    "X @ c": lambda X, c: X @ c,
    "x @ X": lambda x, X: x @ X,
    "x @ y": lambda x, y: x @ y,
    "x @ A @ X @ W": lambda x, A, X, W: x @ A @ X @ W,
    "X.T @ x.T": lambda X, x: X.T @ x,
    "(X.T @ X).T": lambda X: X.T @ X,
    "T @ V": lambda T, V: T @ V,
    "T @ c": lambda T, c: T @ c,
    "A @ T": lambda A, T: A @ T,
    "T.T": lambda T: T.T,
    "Z @ x": lambda Z, x: Z @ x,
    "X + c": lambda X, c: X + c,
    "X * r": lambda X, r: X * r,
    "T - X": lambda T, X: T - X,
    "X - s": lambda X, s: X - s,
    "0.5*x + 1e-1 + .25 + 1_0": lambda x: 0.5 * x + 0.1 + 0.25 + 10,
    "sum(x) / n": lambda x: x.mean(),
    "sum(x) + n*d": lambda x: x.sum() + 12,
    "exp(x) + log(v) + sqrt(v)": lambda x, v: np.exp(x) + np.log(v) + np.sqrt(v),
    "sin(x)*cos(x)*tan(x)": lambda x: np.sin(x) ** 2,
    "sinh(x) + cosh(x) + tanh(x)": lambda x: np.exp(x) + np.tanh(x),
    "abs(x) * sign(x)": lambda x: x,
    "sigmoid(x) + softplus(x)": lambda x: 1 / (1 + np.exp(-x)) + np.log1p(np.exp(x)),
    "relu(x) + maximum(x, y)": lambda x, y: np.maximum(x, 0) + np.maximum(x, y),
    "minimum(0, X)": lambda X: np.minimum(0, X),
    "sum(X) + sum(s)": lambda X, s: X.sum() + s,
    "sum(X, axis=0)": lambda X: X.sum(axis=0),
    "sum(X, 1)": lambda X: X.sum(axis=1),
    "sum(T, axis=(0, -1))": lambda T: T.sum(axis=(0, -1)),
    "X - sum(X, axis=1, keepdims=True)": lambda X: X - X.sum(axis=1, keepdims=True),
    "A - sum(A, axis=1)": lambda A: A - A.sum(axis=1),
    "mean(X, axis=-1) + mean(X)": lambda X: X.mean(axis=-1) + X.mean(),
    "mean(X, axis=None, keepdims=True)": lambda X: X.mean(keepdims=True),
    "var(X) + var(X, axis=0)": lambda X: X.var() + X.var(axis=0),
    "var(X, axis=1, keepdims=True)": lambda X: X.var(axis=1, keepdims=True),
    "max(x) + max(X, axis=1)": lambda x, X: x.max() + X.max(axis=1),
    "max(T, axis=(0, 2), keepdims=True)": lambda T: T.max(axis=(0, 2), keepdims=True),
    "logsumexp(X) + logsumexp(X @ c)": lambda X, c: logsumexp(X) + logsumexp(X @ c),
    "logsumexp(X, axis=1, keepdims=True) - X": lambda X: logsumexp(X, 1, True) - X,
    "softmax(x)": softmax,
    "softmax(X @ W)": lambda X, W: softmax(X @ W),
    "softmax(X, axis=0)": lambda X: softmax(X, 0),
    "softmax(softmax(X), axis=0)": lambda X: softmax(softmax(X), 0),
    "softmax(T, 1)": lambda T: softmax(T, 1),
    "norm(X) + norm(x) + norm1(X)": lambda X, x: (
        (X**2).sum() ** 0.5 + (x**2).sum() ** 0.5 + abs(X).sum()
    ),
    "norm(X, axis=1)": lambda X: np.linalg.norm(X, axis=1),
    "tr(A @ B) + det(A) + logdet(B)": lambda A, B: (
        np.trace(A @ B) + np.linalg.det(A) + np.linalg.slogdet(B)[1]
    ),
    "inv(A + 5*eye(n)) @ x": lambda A, x: np.linalg.solve(A + 5 * np.eye(3), x),
    "diag(x) @ A + diag(diagonal(A))": lambda x, A: np.diag(x) @ A + np.diag(np.diag(A)),
    "outer(x, u) - dot(A, outer(x, u))": lambda x, u, A: np.outer(x, u) - A @ np.outer(x, u),
    "dot(x, y) * dot(s, x)": lambda x, y, s: (x @ y) * s * x,
    "eye(3) + ones(3, 3) + zeros(1, 3)": lambda: np.eye(3) + 1,
    "ones(n, d) - zeros(d)": lambda: np.ones((3, 4)),
    "a = X @ c; g = tanh(a) * a; sum(g)": lambda X, c: (np.tanh(X @ c) * (X @ c)).sum(),
    "a = X @ W\n\n  p = softmax(a,\n axis=1);\n-sum(log(p));": lambda X, W: (
        -np.log(softmax(X @ W)).sum()
    ),
    "S = 2*x; softmax(S) + softmax(S)": lambda x: 2 * softmax(2 * x),
    "D(x @ A @ x, x)": lambda x, A: (A + A.T) @ x,
    "D(sin(X), s)": lambda X: 0 * X,
    "a = A @ x; D(a @ a, a)": lambda x, A: 2 * A @ x,
    "matrix[i,j](X[i,j]*x[i])": lambda X, x: X * x[:, None],
    "matrix[i](sum[j](X[i,j]*c[j]))": lambda X, c: X @ c,
    "sum[i,k](X[i,k]*W[k,0])": lambda X, W: (X @ W)[:, 0].sum(),
    "sum[i:n](i*x[i]) + sum[i:d](2)": lambda x: x[1] + 2 * x[2] + 8,
    "sum[i:n](count(2*i + 1)*x[i])": lambda x: (np.arange(1, 7, 2) * x).sum(),
    "matrix[i,j](delta[i,j]*x[i] + A[j,i])": lambda x, A: np.diag(x) + A.T,
    "matrix[i](sum[j](guard[i - j - 1]*A[i,j]))": lambda A: np.tril(A, -1).sum(axis=1),
    "matrix[i](exp(x)[i] + x[i + 1])": lambda x: np.exp(x) + np.append(x[1:], 0),
    "sum[i](exp(Z @ x)[i + 1]*(Z @ x)[i])": lambda x, Z: np.exp(Z @ x)[1:] @ (Z @ x)[:-1],
    "matrix[i:n](exp(x)[i - 1])": lambda x: np.append(0, np.exp(x)[:-1]),
    "matrix[i](max[k](X[i,k]))": lambda X: X.max(axis=1),
    "matrix[i,j](argmax[k](X[i,k])[j])": lambda X: np.eye(4)[X.argmax(axis=1)],
    "max[k,guard[1 - k]](x[k])": lambda x: x[:2].max(),
    "cond(x)*y": lambda x, y: (x > 0) * y,
    "inv(A)[0,n - 1] + (A @ x)[n - 1]": lambda x, A: np.linalg.inv(A)[0, 2] + (A @ x)[2],
}


@pytest.mark.parametrize("text", SAME)
def test_the_value_is_numpys(text):
    program = parsed(text, LET)
    values = draw(program, SIZES)
    reference = SAME[text]
    names = reference.__code__.co_varnames[: reference.__code__.co_argcount]
    if reference is softmax:
        names = ("x",)
    want = np.asarray(reference(*(values[name] for name in names)))
    got = evaluated(program, values, SIZES)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)


# --------------------------------------------------------------------------------------------
# Images

IMAGES = ["x: N,C,H,W", "w: K,C,R,Q"]
GEOMETRY = {"N": 2, "C": 2, "H": 7, "W": 6, "K": 3, "R": 3, "Q": 2}


def windows(x, kernel, stride, padding, dilation=1, fill=0.0):
    """The windows of a padded image batch: (N, C, rows, columns, kernel rows, kernel columns)."""
    padded = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)], constant_values=fill)
    spans = [dilation * (k - 1) + 1 for k in kernel]
    view = np.lib.stride_tricks.sliding_window_view(padded, spans, axis=(2, 3))
    return view[:, :, :: stride[0], :: stride[1], ::dilation, ::dilation]


def convolved(x, w, stride, padding, dilation=1):
    view = windows(x, w.shape[2:], stride, padding, dilation)
    return np.einsum("ncijrs,kcrs->nkij", view, w)


POOLED = {
    "conv2d(x, w)": ({}, lambda x, w: convolved(x, w, (1, 1), (0, 0))),
    "conv2d(x, w, stride=2, padding=1)": ({}, lambda x, w: convolved(x, w, (2, 2), (1, 1))),
    "conv2d(x, w, stride=S, padding=P, dilation=d)": (
        {"S": 2, "P": 1, "d": 2},
        lambda x, w: convolved(x, w, (2, 2), (1, 1), 2),
    ),
    "conv2d(exp(x), w, stride=(2, 3), padding=(1, 0))": (
        {},
        lambda x, w: convolved(np.exp(x), w, (2, 3), (1, 0)),
    ),
    "max_pool2d(x, 2)": ({}, lambda x, w: windows(x, (2, 2), (2, 2), (0, 0)).max(axis=(4, 5))),
    "max_pool2d(x, k, stride=S, padding=P)": (
        {"k": 3, "S": 2, "P": 1},
        lambda x, w: windows(x, (3, 3), (2, 2), (1, 1), fill=-np.inf).max(axis=(4, 5)),
    ),
    "avg_pool2d(x, (3, 2), stride=S, padding=(1, 0))": (
        {"S": 2},
        lambda x, w: windows(x, (3, 2), (2, 2), (1, 0)).mean(axis=(4, 5)),
    ),
    "avg_pool2d(x, k, padding=P, count_include_pad=False)": (
        {"k": 3, "P": 1},
        lambda x, w: np.nanmean(windows(x, (3, 3), (3, 3), (1, 1), fill=np.nan), axis=(4, 5)),
    ),
}


@pytest.mark.parametrize("text", POOLED)
def test_windows_slide_as_they_should(text):
    extra, reference = POOLED[text]
    program = parsed(text, IMAGES)
    assert program.parameters == tuple(extra)
    sizes = {**GEOMETRY, **extra}
    for name, (numerator, divisor) in program.outputs.items():
        sizes[name] = numerator.value(sizes) // divisor.value(sizes)
    assert all(size.value(sizes) >= 0 for size in program.context.constraints)
    values = draw(program, sizes)
    want = reference(values["x"], values["w"])
    got = evaluated(program, values, sizes)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-10)


def test_output_sizes_are_integers_polynomials_or_named_floors():
    assert parsed("conv2d(x, w, stride=2)", ["x: 1,1,7,6", "w: 1,1,3,2"]).result.shape[2:] == (3, 3)
    program = parsed("conv2d(conv2d(x, w), w)", ["x: N,C,H,W", "w: C,C,R,R"])
    assert program.result.shape[2] == Size.of("H") - 2 * Size.of("R") + 2
    program = parsed("conv2d(x, w, stride=S) + conv2d(2*x, w, stride=S)", IMAGES)
    assert program.result.shape[2:] == (Size.of("H_out"), Size.of("W_out"))
    assert program.context.lower["H_out"] == 1


# --------------------------------------------------------------------------------------------
# What is built


def test_numbers_are_exact():
    body = parsed("0.044715*x**2", ["x: n"]).result.body
    assert body.parts[0] == Num(Fraction(44715, 1000000))
    assert isinstance(body.parts[1], Pow) and body.parts[1].exponent == Num(2)
    assert parsed("x**(1 - 1/2)", ["x: n"]).result.body.exponent == Num(Fraction(1, 2))


def test_statements_are_definitions_in_order():
    program = parsed("a = tanh(X @ W); p = softmax(a); -sum(log(p))", LET)
    assert [d.name for d in program.definitions] == ["a", "S", "p"]
    assert [d.generated for d in program.definitions] == [False, True, False]
    assert [d.column for d in program.definitions][::2] == [1, 18]
    assert program.column == 34


def test_names_have_no_axes_of_size_1():
    text = (
        "m = mean(X, axis=1, keepdims=True); s = softmax(X @ W, axis=0); v = m[0, 0]; (X - m).T @ s"
    )
    program = parsed(text, ["X: n,p", "W: p,1"])
    n, one = Size.of("n"), Size.of(1)
    assert {d.name: (d.array.shape, d.tensor.shape) for d in program.definitions} == {
        "m": ((n, one), (n,)),
        "z": ((n, one), (n,)),
        "S": ((one,), ()),
        "s": ((n, one), (n,)),
        "v": ((), ()),
    }


def test_generated_names_clash_with_nothing():
    program = parsed("S = 2*x; softmax(S * p) + sum(z)", ["x: n", "p: n", "z: n", "Z: q"])
    names = [d.name for d in program.definitions]
    assert names[0] == "S" and len(set(names) | {"p", "z", "Z", "q", "n", "x"}) == len(names) + 6


def test_the_same_softmax_is_named_once():
    program = parsed("sum(softmax(z)*(log(softmax(z)) - logsumexp(z)))", ["z: n"])
    assert [(d.name, d.function) for d in program.definitions] == [
        ("S", "softmax"),
        ("p", "softmax"),
    ]
    program = parsed("q = softmax(z); sum(q) + sum(softmax(z))", ["z: n"])
    assert [d.name for d in program.definitions] == ["S", "q"]


def test_attributes_and_shapes():
    program = parsed("A @ x", ["A: n,n; symmetric, positive", "x:n;One Hot", "c: 3; constant"])
    tensor = program.variables["A"].body.tensor
    assert tensor.has(Kind.SYMMETRIC) and tensor.has(Kind.POSITIVE)
    assert program.variables["x"].body.tensor.has(Kind.ONE_HOT)
    assert program.variables["c"].shape == (3,)
    assert program.sizes == ("n",)
    assert list(declared(LET).variables)[:4] == ["x", "y", "u", "s"]


@pytest.mark.parametrize(
    "name",
    "np T I N E S D t derivative sum max delta lambda_ match print exp cond i Fraction".split(),
)
def test_hostile_names_are_names(name):
    program = parsed(f"sum({name}*exp({name})) + max({name})", [f"{name}: dim"])
    assert [t.name for t in variables(program.result.body)] == [name]
    program = parsed(f"sum[j]({name}[j]*D({name}[j]**2, {name}[j]))", [f"{name}: dim"])
    assert isinstance(program.result.body, Sum)


def test_index_form_uses_the_indices_it_is_given():
    i, j = Index("i", "n"), Index("j", "n")
    x = Tensor("x", (Size.of("n"),))
    got = parsed("D(sum[k](x[k]**2), x[j]) - delta[i,j]", (), {"i": i, "j": j}, Known((x,)))
    first, second = got.result.body.parts
    assert isinstance(first, D) and first.variable == At(x, (j,))
    assert second.parts[1] == Delta(i - j)
    strided = parsed("x[2*i + j - P]", ["x: H"], {"i": i, "j": j}, Known(sizes=("P",)))
    assert strided.result.body.slots == (2 * i + j - Size.of("P"),)
    assert parsed("i + 1", (), {"i": i}).result.body.parts[0] == Count(Affine.of(i))


def test_opaque_functions_and_their_derivatives():
    result = parsed(
        "f.d1(x) * g.d2.d1(s, s)", ["x: n", "s:"], {}, Known(functions={"f": 1, "g": 2})
    )
    functions = [
        part.function for part in subterms(result.result.body) if hasattr(part, "function")
    ]
    assert [(f.name, f.orders) for f in functions] == [("f", (1,)), ("g", (1, 1))]


def test_statements_compare():
    found = statement("D(x @ A @ x, x) == (A + A.T) @ x", LET)
    assert found.relation == "=" and isinstance(found.left, D)
    flipped = statement("s**2 >= 0", LET)
    assert flipped.relation == "<=" and flipped.left == Num(0)
    chained = claim("a = X @ c; a == X @ c == a; ", LET)
    assert len(chained.statements) == 2 and [d.name for d in chained.definitions] == ["a"]
    row, zero = parsed("x", LET).result, statement("x == 0", LET)
    assert alpha_equal(Sum(row.indices[0], row.body), parsed("sum(x)", LET).result.body)
    assert zero.right == Num(0)


def test_every_row_has_a_signature_that_reads():
    for function in FUNCTIONS.values():
        assert function.parameters and function.signature.startswith(function.name + "(")


def test_arrays_are_symbolic():
    assert isinstance(parsed("x", ["x: n"]).result, Array)
