"""Generated code: right values and shapes, stable, float32, linear cost, any names."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

from derive.codegen import jax_source, numpy_source, torch_source
from derive.codegen.agreement import WrongCode, agreement, function_of
from derive.codegen.costs import work
from derive.codegen.errors import NoCode
from derive.codegen.planning import Planner
from derive.codegen.readings import READINGS
from derive.language.program import Program, parsed
from derive.rewriting.derivation import gradient_steps
from derive.terms.arrays import Array, apply, derivative, recurrence, variable
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Fn, Guard, Mul, Sum
from derive.terms.tensors import Function

SIZES = {"m": 4, "n": 3, "p": 2, "k": 5, "h": 6, "t": 3, "d": 7}

# expression, declarations, variable, kind
CASES = [
    ("sum((X @ b - y)**2)", "X: m,n / b: n / y: m", "b", "gradient"),
    ("X @ exp(b)", "X: m,n / b: n", "b", "jacobian"),
    ("x - mean(x)", "x: n", "x", "jacobian"),
    ("softmax(x)", "x: n", "x", "jacobian"),
    ("softmax(X, axis=0)", "X: m,n", "X", "jacobian"),
    ("logsumexp(A @ x)", "A: m,n / x: n", "x", "hessian"),
    ("sum(log(1 + exp(-y * (X @ w))))", "X: m,n / y: m / w: n", "w", "hessian"),
    ("logdet(A @ A.T + s*eye(n))", "A: n,m / s: ; positive", "A", "gradient"),
    ("det(M)*tr(inv(M + 2*eye(n)))", "M: n,n", "M", "gradient"),
    ("inv(M + 2*eye(n))", "M: n,n", "M", "jacobian"),
    ("max(X, axis=0)", "X: m,n", "X", "jacobian"),
    ("max(X)", "X: m,n", "X", "gradient"),
    ("sum(maximum(x, y)*minimum(x, 1))", "x: n / y: n", "x", "gradient"),
    ("sum(relu(X @ W) @ V)", "X: m,n / W: n,h / V: h,k", "W", "gradient"),
    ("relu(s - 1)*sum(x**2)", "s: / x: n", "x", "gradient"),
    ("x / norm(x)", "x: n", "x", "jacobian"),
    ("sum(T * T) * tr(A)", "T: k,m,n / A: n,n", "A", "gradient"),
    ("X.T @ X", "X: m,n", "X", "jacobian"),
    ("X.T", "X: m,n", "X", "jacobian"),
    ("sum(X, axis=1)", "X: m,n", "X", "jacobian"),
    ("outer(x, x)", "x: n", "x", "jacobian"),
    ("diag(x) @ A", "x: n / A: n,m", "x", "jacobian"),
    ("sum(G * (T @ B))", "T: k,m,n / B: n,p / G: k,m,p", "B", "gradient"),
    ("sum((T @ B)**2)", "T: k,m,n / B: k,n,p", "B", "gradient"),
    ("sum(cos(outer(x, y)))", "x: n / y: m", "x", "hessian"),
    ("sum(C*((X-mean(X,axis=0))/sqrt(var(X,axis=0)+1e-5)))", "X: m,n / C: m,n", "X", "gradient"),
    ("sum(C*(softmax(Q@K.T)@V))", "Q: n,d / K: m,d / V: m,p / C: n,p", "Q", "gradient"),
    ("s*t**2 + log(t)", "s: / t:", "t", "hessian"),
    ("sum(x)", "x: n", "x", "hessian"),
    ("x[0]*x[2]", "x: 3", "x", "gradient"),
    ("tr(A @ A @ A)", "A: n,n", "A", "hessian"),
    ("sum(x**s)/n_**0.5", "x: n / s: / n_:", "s", "gradient"),
]


def declared(let: str) -> list[str]:
    return [line.strip() for line in let.split("/")]


def drawn(program: Program, sizes: dict[str, int], seed: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    shapes = [[s.value(sizes) for s in a.shape] for a in program.variables.values()]
    return [np.asarray(random.uniform(0.5, 1.5, shape)) for shape in shapes]


def compiled(source: str):
    space: dict = {}
    exec(compile(source, "<generated>", "exec"), space)
    return space["derivative"]


def differences(function, arguments: list[np.ndarray], place: int, **sizes: int) -> np.ndarray:
    """Central differences; the axes of the variable come last."""
    columns = []
    for where in np.ndindex(arguments[place].shape):
        moved = []
        for step in (1e-5, -1e-5):
            changed = arguments[place].copy()
            changed[where] += step
            given = [changed if k == place else a for k, a in enumerate(arguments)]
            moved.append(np.asarray(function(*given, **sizes)))
        columns.append((moved[0] - moved[1]) / 2e-5)
    return np.stack(columns, -1).reshape(columns[0].shape + arguments[place].shape)


def sources(expression: str, let: str, by: str, kind: str, write=numpy_source):
    """The program, and the code of its derivative."""
    program = parsed(expression, declared(let))
    derived = gradient_steps(program.result, program.variables[by], program.context, kind)
    arguments = list(program.variables.values())
    return program, derived.result, write(derived.result, arguments, program.context)


@pytest.mark.parametrize(("expression", "let", "by", "kind"), CASES)
def test_the_code_is_the_derivative(expression: str, let: str, by: str, kind: str):
    program, result, source = sources(expression, let, by, kind)
    arguments, place = drawn(program, SIZES), list(program.variables).index(by)
    primal = compiled(numpy_source(program.result, list(program.variables.values())))
    if kind == "hessian":
        primal = compiled(sources(expression, let, by, "gradient")[2])
    found = compiled(source)(*[a if a.ndim else float(a) for a in arguments])
    np.testing.assert_allclose(found, differences(primal, arguments, place), atol=2e-8, rtol=1e-7)
    assert agreement(source, result, list(program.variables.values()), program.context)["draws"]


@pytest.mark.parametrize(("expression", "let", "by", "kind"), CASES)
def test_float32_stays_and_inputs_too(expression: str, let: str, by: str, kind: str):
    program, _, source = sources(expression, let, by, kind)
    arrays = [a.astype(np.float32) for a in drawn(program, SIZES)]
    given = [a if a.ndim else float(a) for a in arrays]
    before = [np.array(a) for a in given]
    found = compiled(source)(*given)
    assert all(np.array_equal(a, b) for a, b in zip(given, before, strict=True))
    if any(a.ndim for a in arrays):
        assert found.dtype == np.float32
    assert not any(np.shares_memory(found, a) for a in arrays if a.ndim)


def test_the_comparison_can_fail():
    x = variable("x", ("n",))
    source = numpy_source(2 * x, [x])
    for right, wrong, said in (("2", "2.0001", "off by"), ("2 * x", "2 * x[:, None]", "shape")):
        with pytest.raises(WrongCode, match=said):
            agreement(source.replace(right, wrong), 2 * x, [x])


# --------------------------------------------------------------------------------------------
# Stability

LARGE = [
    ("log(sum(exp(x)))", "gradient", lambda x: x * 0 + (x == x.max())),
    ("log(sum(exp(x)))", "hessian", lambda x: np.zeros((3, 3))),
    ("sum(exp(x) / sum(exp(x)) * x)", "gradient", lambda x: x * 0 + (x == x.max())),
    ("sum(log(1 + exp(x)))", "gradient", lambda x: x > 0),
    ("sum(log(1 + exp(x)))", "hessian", lambda x: np.zeros((3, 3))),
    ("sum(1 / (1 + exp(-x)))", "gradient", lambda x: x * 0),
    ("sum(exp(x) / (1 + exp(x)))", "gradient", lambda x: x * 0),
    ("sum(log(sigmoid(x)))", "gradient", lambda x: x < 0),
    ("sum(x * log(softmax(x)))", "gradient", lambda x: 2 * x - 1000 - 980 * (x == x.max())),
    ("e = exp(x); sum((e / sum(e))**2)", "gradient", lambda x: x * 0),
    ("sum(log(exp(x) + exp(-x)))", "gradient", np.sign),
    ("sum((exp(x) - exp(-x)) / (exp(x) + exp(-x)))", "gradient", lambda x: x * 0),
    ("sum(sinh(x) / cosh(x))", "gradient", lambda x: x * 0),
    ("sum(log(cosh(x)))", "gradient", np.sign),
    ("sum(log(3 + exp(x)))", "gradient", lambda x: x > 0),
    ("-sum(softmax(x) * log(softmax(x)))", "gradient", lambda x: x * 0),
]


@pytest.mark.parametrize(("expression", "kind", "limit"), LARGE)
@pytest.mark.parametrize("number", [np.float32, np.float64])
def test_nothing_overflows_at_a_thousand(expression: str, kind: str, limit, number):
    x = np.array([-1000, 1000, 980], number)
    source = sources(expression, "x: n", "x", kind)[2]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = compiled(source)(x) if "cosh" not in source else _quiet(compiled(source), x)
    assert np.isfinite(found).all() and found.dtype == number
    np.testing.assert_allclose(found, limit(x), atol=1e-7, rtol=1e-6)  # exp(-20) is 2e-9


def _quiet(function, x):
    with np.errstate(all="ignore"):
        return function(x)


def test_shares_of_a_matrix_along_each_axis():
    x = np.array([[1000.0, -1000.0], [999.0, 1000.0]])
    shifted = x - x.max(0)
    wanted = np.exp(shifted) / np.exp(shifted).sum(0)
    source = sources("sum(log(sum(exp(X), axis=0)))", "X: n,p", "X", "gradient")[2]
    np.testing.assert_allclose(compiled(source)(x), wanted, rtol=1e-12)


# --------------------------------------------------------------------------------------------
# Names and form

HOSTILE = [
    ("sum((np @ t - I)**2)", "np: n,p / t: p / I: n", "t"),
    ("sum(exp(e)*J) + sum(dtype)", "e: n / J: n / dtype: n", "e"),
    ("sum(log*sum*derivative*result)", "log: n / sum: n / derivative: n / result: n", "log"),
    ("lambda_*sum(E**2)*N", "lambda_: / E: np / N:", "E"),
    ("sum(conv2d(range, max, padding=1)**2)", "range: N,C,H,W / max: K,C,3,3", "range"),
    ("sum(conv2d(x, slice, stride=2, padding=1)**2)", "x: i,r,min,j / slice: k,r,3,3", "x"),
]


@pytest.mark.parametrize(("expression", "let", "by"), HOSTILE)
def test_names_of_arguments_hide_nothing(expression: str, let: str, by: str):
    program, result, source = sources(expression, let, by, "gradient")
    function = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
    assert [a.arg for a in function.args.args] == list(program.variables)
    assert agreement(source, result, list(program.variables.values()), program.context)["draws"]


def test_only_numpy_is_imported_and_nothing_is_private():
    for expression, let, by, kind in CASES:
        tree = ast.parse(sources(expression, let, by, kind)[2])
        imported = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
        attributes = [n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)]
        assert imported == ["numpy"] and not [a for a in attributes if a.startswith("_")]


LINES = [
    ("sum((X @ b - y)**2)", "X: m,n / b: n / y: m", "b", "return 2 * (X.T @ (X @ b - y))"),
    ("b @ (X @ X @ X) @ c", "X: n,n / b: n / c: n", "c", "return X.T @ (X.T @ (X.T @ b))"),
    ("tr(X)", "X: n,n", "X", "return np.eye(n, dtype=dtype)"),
    ("log(sum(exp(x)))", "x: n", "x", "return e / np.sum(e)"),
    ("sum(C - 2*X)", "C: m,n / X: m,n", "X", "return np.full((m, n), -2, dtype)"),
]


@pytest.mark.parametrize(("expression", "let", "by", "line"), LINES)
def test_the_code_reads_well(expression: str, let: str, by: str, line: str):
    assert sources(expression, let, by, "gradient")[2].splitlines()[-1].strip() == line


def test_the_code_does_not_depend_on_hashes():
    script = (
        "from derive.codegen import numpy_source; from derive.language.program import parsed;"
        "from derive.rewriting.derivation import gradient_steps as g;"
        "p = parsed('sum(C*(softmax(Q@K.T)@V))', ['Q: n,d', 'K: m,d', 'V: m,p', 'C: n,p']);"
        "print(numpy_source(g(p.result, p.variables['K']).result, list(p.variables.values())))"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(seen) == 1


# --------------------------------------------------------------------------------------------
# Cost


def cost(results: list[Array], program: Program) -> float:
    planner = Planner(READINGS, (), program.context, results)
    return work([planner.result(result) for result in results])


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "sin"])
def test_all_gradients_of_a_net_cost_at_most_four_times_the_function(activation: str):
    depth = 6
    layers = [f"h{k + 1} = {activation}(h{k} @ W{k})" for k in range(depth)]
    text = "; ".join([*layers, f"sum((h{depth} - Y)**2)"])
    weights = [f"W{k}: d{k},d{k + 1}" for k in range(depth)]
    program = parsed(text, ["h0: n,d0", f"Y: n,d{depth}", *weights])
    by = [program.variables[f"W{k}"] for k in range(depth)]
    results = [gradient_steps(program.result, w, program.context).result for w in by]
    assert cost(results, program) <= 4 * cost([program.result], program)
    source = numpy_source(results, list(program.variables.values()), program.context)
    assert len(source) < 400 * depth


def test_values_that_fan_out_cost_linear():
    costs = []
    for depth in (3, 6):
        names = ["x", *(f"h{k}" for k in range(depth))]
        steps = [f"h{k} = sin({names[k]})*exp({names[k]}/4)" for k in range(depth)]
        program = parsed("; ".join([*steps, f"sum({names[-1]})"]), ["x: n"])
        derived = gradient_steps(program.result, program.variables["x"], program.context)
        costs.append(cost([derived.result], program) / cost([program.result], program))
    assert max(costs) <= 4 and costs[1] < 1.3 * costs[0]


def test_a_bracket_is_opened_where_that_costs_less():
    let = "X: n,p / b: p / d: n / R: n,n"
    source = sources("sum(d*(X@b - log(R@exp(X@b))))", let, "b", "gradient")[2]
    assert "[:, None]" not in source  # no matrix but X and R themselves


def test_no_identity_or_one_hot_array_is_multiplied():
    source = sources("A @ exp(x) + x", "A: n,n / x: n", "x", "jacobian")[2]
    assert "eye" not in source and "J[i, i] += 1" in source


# --------------------------------------------------------------------------------------------
# Windows

CONVOLUTION = "x: N,C,H,W / w: K,C,R,T"
SHAPE = {"N": 2, "C": 3, "H": 6, "W": 5, "K": 2, "R": 3, "T": 2}
WINDOWS = [
    ("sum(conv2d(x, w, stride=S, padding=P)**2)", CONVOLUTION, "x", {"S": 2, "P": 1}),
    ("sum(conv2d(x, w, stride=S, padding=P)**2)", CONVOLUTION, "w", {"S": 2, "P": 1}),
    ("sum(conv2d(x, w, stride=S)**2)", CONVOLUTION, "x", {"S": 4}),
    ("sum(conv2d(x, w, dilation=E)**2)", CONVOLUTION, "x", {"E": 2}),
    ("sum(conv2d(x, w, dilation=E, padding=P)**2)", CONVOLUTION, "w", {"E": 2, "P": 3}),
    ("sum(conv2d(x, w)**3)", CONVOLUTION, "x", {}),
    ("sum(max_pool2d(x, R, stride=S)**2)", "x: N,C,H,W", "x", {"R": 2, "S": 1}),
    ("sum(max_pool2d(x, R, stride=S, padding=P)**2)", "x: N,C,H,W", "x", {"R": 3, "S": 2, "P": 1}),
    ("sum(avg_pool2d(x, R, padding=P)**2)", "x: N,C,H,W", "x", {"R": 3, "P": 1}),
    (
        "sum(avg_pool2d(x, R, stride=S, padding=P, count_include_pad=False)**2)",
        "x: N,C,H,W",
        "x",
        {"R": 3, "S": 2, "P": 1},
    ),
]


@pytest.mark.parametrize(("expression", "let", "by", "sizes"), WINDOWS)
def test_windows_are_strided_slices(expression: str, let: str, by: str, sizes: dict[str, int]):
    program, _, source = sources(expression, let, by, "gradient")
    write = numpy_source(program.result, list(program.variables.values()), program.context)
    arguments = [a - 1.0 for a in drawn(program, {**SHAPE, **sizes})]
    parameters = {name: sizes[name] for name in program.parameters}
    place = list(program.variables).index(by)
    found = compiled(source)(*arguments, **parameters)
    wanted = differences(compiled(write), arguments, place, **parameters)
    np.testing.assert_allclose(found, wanted, atol=1e-7)
    assert "for " in source and "np.arange(H" not in source and "clip" not in source
    single = compiled(source)(*[a.astype(np.float32) for a in arguments], **parameters)
    assert single.dtype == np.float32


def test_ties_go_to_the_first_of_a_window():
    source = sources("sum(max_pool2d(x, 2))", "x: N,C,H,W", "x", "gradient")[2]
    found = compiled(source)(np.zeros((1, 1, 2, 4)))
    np.testing.assert_array_equal(found, [[[[1, 0, 1, 0], [0, 0, 0, 0]]]])


def test_an_entry_out_of_range_is_zero():
    x = variable("x", ("n",))
    i = Index("i", "n")
    shifted = Array((i,), At(x.body.tensor, (Affine.of(i) - 1,)))
    found = compiled(numpy_source(shifted * 2, [x]))(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(found, [0, 2, 4])


def test_guards_between_indices_are_masks():
    x = variable("x", ("n",))
    i, j = Index("i", "n"), Index("j", "n")
    sums = Array((i,), Sum(j, Mul((Guard(Affine.of(i) - j), At(x.body.tensor, (j,))))))
    found = compiled(numpy_source(sums, [x]))(np.array([1.0, 2.0, 4.0]))
    np.testing.assert_array_equal(found, [1, 3, 7])


# --------------------------------------------------------------------------------------------
# What has no code, and other backends


def test_what_has_no_code_is_named():
    x, y = variable("x", ("n",)), variable("y", ("n",))
    opaque = Array(x.indices, Fn(Function("f"), (x.body,)))
    with pytest.raises(NoCode, match="function f is opaque"):
        numpy_source(opaque, [x])
    with pytest.raises(NoCode, match="y is no argument"):
        numpy_source(x * y, [x])
    with pytest.raises(NoCode, match="not carried out"):
        numpy_source(derivative(x.sum(), x), [x])
    with pytest.raises(NoCode, match="recurrence v"):
        numpy_source(recurrence("v", "T", 0, lambda v, t: v + 1), [])
    with pytest.raises(NoCode, match="numpy has no erf"):
        numpy_source(apply("erf", x), [x])


@pytest.mark.torch
@pytest.mark.jax
@pytest.mark.parametrize(("write", "module"), [(torch_source, "torch"), (jax_source, "jax")])
def test_other_backends_compute_the_same(write, module: str):
    library = pytest.importorskip(module)
    if module == "jax":
        library.config.update("jax_enable_x64", True)
    tensor = library.tensor if module == "torch" else library.numpy.asarray
    for expression, let, by, kind in CASES:
        program, _, source = sources(expression, let, by, kind)
        other = sources(expression, let, by, kind, write)[2]
        arguments = drawn(program, SIZES)
        found = np.asarray(compiled(other)(*map(tensor, arguments)))
        np.testing.assert_allclose(found, compiled(source)(*arguments), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("write", [torch_source, jax_source])
def test_other_backends_import_only_themselves(write):
    for expression, let, by, kind in CASES:
        tree = ast.parse(sources(expression, let, by, kind, write)[2])
        imported = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
        assert imported in (["torch"], ["jax.numpy"])


def test_generated_code_sees_numpy_and_a_few_builtins_only():
    with pytest.raises(ImportError), warnings.catch_warnings():
        function_of("import os\ndef derivative():\n    return os.name\n")
    with pytest.raises(NameError):
        function_of("def derivative():\n    return open\n")()
