"""Typed expressions: steps that replay and are proved, code that agrees, pages that say it."""

import ast
import io
import json
from collections import Counter

import numpy as np
import pytest
from typed_cases import TYPED

from derive import grad
from derive.codegen.agreement import WrongCode, agreement
from derive.commands import GOOD, USAGE, WRONG, run
from derive.language.program import parsed
from derive.proof.statuses import Status
from derive.render.answers import answer_page, document, numpy_line, source
from derive.render.terminal import Look
from derive.rewriting.derivation import gradient_steps
from derive.rewriting.rules import RULES
from derive.terms.structure import alpha_equal


def steps_of(expr: str, let: list[str], wrt: str, kind: str):
    program = parsed(expr, let)
    return gradient_steps(program.result, program.variables[wrt], program.context, kind).steps


@pytest.mark.parametrize(("expr", "let", "wrt", "kind"), TYPED)
def test_each_step_replays(expr: str, let: list[str], wrt: str, kind: str):
    steps = steps_of(expr, let, wrt, kind)
    assert steps
    for step in steps:
        assert step.rule in RULES
        assert alpha_equal(step.replayed(), step.after), step.rule


def test_no_rule_covers_more_than_a_third_of_the_steps():
    rules = Counter(step.rule for case in TYPED for step in steps_of(*case))
    ((most, count),) = rules.most_common(1)
    assert 3 * count <= rules.total(), f"{most}: {count} of {rules.total()}"
    assert len(rules) > 15


@pytest.mark.parametrize(("expr", "let", "wrt", "kind"), TYPED)
def test_the_formula_is_proved_and_the_code_agrees(expr: str, let: list[str], wrt: str, kind: str):
    found = document(grad(expr, let, wrt, kind))
    assert found["status"] == "proved"
    assert found["numbers"]["draws"] and found["numbers"]["max_error"] <= found["numbers"]["limit"]
    imported = [n for n in ast.walk(ast.parse(found["numpy"])) if isinstance(n, ast.Import)]
    assert {alias.name for node in imported for alias in node.names} <= {"numpy"}


@pytest.mark.parametrize(
    ("expr", "let", "by", "closed"),
    [
        (
            "-sum(y * log(sigmoid(X @ w)) + (1 - y) * log(1 - sigmoid(X @ w)))",
            ["X: n,p", "w: p", "y: n"],
            "w",
            "X.T @ (sigmoid(X @ w) - y)",
        ),
        (
            "sum(y * log(sigmoid(X @ w)) + (1 - y) * log(sigmoid(-(X @ w))))",
            ["X: n,p", "w: p", "y: n"],
            "w",
            "X.T @ (y - sigmoid(X @ w))",
        ),
        (
            "sum(y * (X @ b) - log(1 + exp(X @ b)))",
            ["X: n,p", "b: p", "y: n"],
            "b",
            "X.T @ (y - sigmoid(X @ b))",
        ),
        ("sum(x / (1 + abs(x)))", ["x: n"], "x", "1 / (1 + abs(x))**2"),
        ("sum(abs(x)**2)", ["x: n"], "x", "2 * x"),
        ("exp(s) / (1 + exp(s))", ["s:"], "s", "sigmoid(s) * (1 - sigmoid(s))"),
        ("sum(maximum(x, 0.01*x))", ["x: n"], "x", "cond(x) + 1/100 * cond(-x)"),
        ("sum(log(cosh(x)))", ["x: n"], "x", "tanh(x)"),
        ("log(det(A @ X @ B))", ["A: n,n", "X: n,n", "B: n,n"], "X", "inv(X).T"),
        ("det(X @ X)", ["X: n,n"], "X", "2 * det(X)**2 * inv(X).T"),
        (
            "tr(inv(X.T @ diag(w) @ X))",
            ["X: n,p", "w: n; positive"],
            "w",
            "-sum((X @ inv(X.T @ diag(w) @ X))**2, axis=1)",
        ),
        (
            "p = sigmoid(z); -sum((1 - p)**g * log(p))",
            ["z: n", "g:; positive"],
            "z",
            "p = sigmoid(z); (1 - p)**g * (p - 1 + g * (log(p) * p))",
        ),
        (
            "sum((t/l)**k - log(k/l*(t/l)**(k - 1)))",
            ["t: n; positive", "l:; positive", "k:; positive"],
            "l",
            "k * (n - sum((t / l)**k)) / l",
        ),
        (
            "H = relu(A @ X @ W); sum(G * (A @ H @ V))",
            ["A: n,n; symmetric", "X: n,d", "W: d,h", "V: h,k", "G: n,k"],
            "W",
            "X.T @ A @ ((A @ (G @ V.T)) * cond(A @ X @ W))",
        ),
        (
            "sum(x**a * (1 - x)**b)",
            ["x: n; positive", "a:", "b:"],
            "x",
            "x**(a - 1) * (1 - x)**(b - 1) * (a * (1 - x) - b * x)",
        ),
    ],
)
def test_the_best_known_form_is_the_last(expr: str, let: list[str], by: str, closed: str):
    answer = grad(expr, let, by)
    assert answer.status is Status.PROVED
    assert document(answer)["result"] == closed


def test_the_jacobian_of_a_direction_reads_as_a_projection():
    found = document(grad("x / norm(x)", ["x: n"], "x", "jacobian"))
    assert found["result"] == "d = norm(x); (eye(n) - outer(x, x) / d**2) / d"


def test_a_clipped_ratio_has_its_slope_where_both_sides_are_equal():
    objective = "minimum(r * A, maximum(minimum(r, 1 + e), 1 - e) * A)"
    found = document(grad(objective, ["r:", "A:", "e:; positive"], "r"))
    names: dict[str, object] = {}
    exec(found["numpy"], names)
    slope = names["derivative"]
    slopes = [slope(r, a, 0.2) for r in (0.5, 1.1, 1.5) for a in (-2.0, 3.0)]  # type: ignore[operator]
    np.testing.assert_array_equal(slopes, [0, 3, -2, 3, -2, 0])


def test_weights_of_features_are_products_of_matrices():
    over = "(P @ sum(F, axis=0, keepdims=True).T)"
    weighted = f"P = exp(Q); F = exp(K); sum(C * (P @ (F.T @ V)) / {over})"
    let = ["Q: n,d", "K: m,d", "V: m,p", "C: n,p"]
    for by in ("Q", "K", "V"):
        assert ":, None]" in (code := document(grad(weighted, let, by))["numpy"])
        assert ":, :" not in code


def test_one_of_two_slopes_is_one_choice():
    found = document(grad("sum(maximum(abs(u) * x, u * y))", ["u: n", "x: n", "y: n"], "u"))
    assert found["status"] == "proved"
    assert found["numpy"].count("np.where(") == 1 and "<=" not in found["numpy"]


def test_wrong_code_is_not_shown():
    answer = grad("sum(x**3)", ["x: n"], "x")
    right = source(answer, "numpy")
    formula = (answer.results["x"], list(answer.arguments.values()))
    assert agreement(right, *formula)["draws"]
    with pytest.raises(WrongCode, match="off by"):
        agreement(right.replace("3 *", "2 *"), *formula)
    with pytest.raises(WrongCode, match="shape"):
        agreement("import numpy as np\ndef derivative(x):\n    return np.sum(x)\n", *formula)


def test_a_page_ends_with_result_code_and_numbers():
    answer = grad("sum((X@b - y)**2)", ["X: n,p", "b: p", "y: n"], "b")
    last = answer_page(answer, Look()).split("\n\n")[-2:]
    assert last[0].startswith("∇b = 2 Xᵀ (X b − y)      NumPy   2 * ")
    assert last[1].startswith("✔ 5 of 5 steps proved\n  numbers agree to ")
    assert "seed 0)" in last[1]
    assert answer_page(answer, Look(notation="ascii")).isascii()


def test_an_index_that_is_not_shown_has_no_range():
    page = answer_page(grad("tr(A @ B)", ["A: n,m", "B: m,n"], "A"), Look())
    assert "i, k ∈ 1…n    j, l ∈ 1…m\n" in page
    page = answer_page(grad("s * t", ["s:", "t:"], "s"), Look())
    assert "…" not in page.replace("0…", "")


def test_several_variables_share_a_page_and_a_function():
    answer = grad("sum((X@b - y)**2)", ["X: n,p", "b: p", "y: n"], ["b", "X"])
    found = document(answer)
    names: dict[str, object] = {}
    exec(found["numpy"], names)
    X, b, y = np.arange(6.0).reshape(3, 2), np.ones(2), np.zeros(3)
    db, dX = names["derivative"](X, b, y)  # type: ignore[operator]
    np.testing.assert_allclose(db, 2 * X.T @ (X @ b))
    np.testing.assert_allclose(dX, 2 * np.outer(X @ b, b))
    assert {step["part"] for step in found["steps"]} == {"b", "X"}
    page = answer_page(answer, Look())
    assert "∇b = " in page and "∇X = " in page


@pytest.mark.parametrize("width", [60, 80])
def test_a_broken_row_in_ascii_keeps_its_number_and_goes_on_to_the_right(width: int):
    let = ["Q: n,d", "K: m,d", "V: m,p", "C: n,p"]
    answer = grad("sum(C * (softmax(Q @ K.T / sqrt(d)) @ V))", let, "Q")
    rows = answer_page(answer, Look(width=width, notation="ascii")).split("\n")
    numbers = [row.split()[0] for row in rows if row[:1].isdigit()]
    assert numbers == [str(k) for k in range(1, len(answer.steps) + 1)]
    assert not any(row.startswith("    - ") for row in rows)


def test_a_tensor_called_delta_is_no_kronecker():
    answer = grad("sum(delta @ delta * delta)", ["delta: n,n"], "delta")
    assert answer.status is Status.PROVED
    page = answer_page(answer, Look())
    assert "[m = j]" in page and "δₖₘ" in page
    assert any("kronecker[" in step["text"] for step in document(answer)["steps"])


def test_code_of_one_line_is_shown_as_such():
    assert numpy_line("def derivative(x):\n    return 2 * x\n") == "2 * x"
    assert numpy_line("def derivative(x):\n    y = 2 * x\n    return y\n") is None


def test_a_claim_page(capsys):
    assert run(["prove", "tr(A @ B) == tr(B @ A)", "--let", "A: n,m", "B: m,n"]) == GOOD
    page = capsys.readouterr().out
    assert page.startswith("tr(A @ B) == tr(B @ A)   claimed for all sizes m, n and all A, B\n")
    assert "∈ 1…" not in page  # no index is shown


def test_a_witness_keeps_the_brackets_of_what_is_claimed(capsys):
    covariance = "mean((x - mean(x)) * (y - mean(y)))**2 <= var(x) * var(y)"
    assert run(["prove", covariance, "--let", "x: n", "--let", "y: n"]) == GOOD
    page = capsys.readouterr().out
    assert "the difference is Σᵢⱼ (" in page and "Σᵢⱼₖ" not in page


def test_latex_of_everything(capsys):
    assert run(["latex"]) == USAGE
    assert "--all" in capsys.readouterr().err
    assert run(["latex", "--all", "softmax"]) == USAGE


def test_json_is_one_document(capsys):
    words = ["grad", "x @ x", "--let", "x: n", "--wrt", "x", "--emit", "json"]
    assert run(words) == GOOD
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == 1 and found["result"] == "2 * x" and found["latex"] == "2 x"


def test_code_that_contradicts_its_formula_is_not_printed(capsys, monkeypatch):
    from derive.codegen import records

    def wrong(*_: object) -> str:
        return "def derivative(x):\n    return x\n"

    monkeypatch.setattr(records, "code", wrong)
    for form in ("text", "numpy", "torch", "json"):
        words = ["grad", "x @ x", "--let", "x: n", "--wrt", "x", "--emit", form]
        assert run(words) == WRONG
        out, err = capsys.readouterr()
        assert not out and "contradict" in err and err.count("\n") == 1


def test_what_has_no_code_is_told_in_one_line(capsys, monkeypatch):
    from derive.codegen import records
    from derive.codegen.errors import NoCode

    def none(*_: object) -> str:
        raise NoCode("no code for f")

    monkeypatch.setattr(records, "code", none)
    words = ["grad", "x @ x", "--let", "x: n", "--wrt", "x"]
    assert run(words) == GOOD
    assert "there is no code for this" in capsys.readouterr().out
    assert run([*words, "--emit", "numpy"]) == USAGE
    assert capsys.readouterr().err == "derive: there is no code for this: no code for f\n"


def test_standard_input_is_read_once(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("x @ w"))
    assert run(["grad", "-", "--let", "x: n", "--wrt", "x"]) == USAGE
    assert "derive grad 'x @ w' --let 'x: n' --let 'w: ?' --wrt x" in capsys.readouterr().err


def test_a_transposed_difference_is_not_computed_again():
    let = ["M: m,n", "U: m,k", "V: n,k"]
    answer = grad("sum((M - U @ V.T)**2)", let, ["U", "V"])
    assert "    r = U @ V.T - M\n    return (2 * (r @ V), 2 * (r.T @ U))\n" in answer.numpy()
