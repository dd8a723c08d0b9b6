"""`derive check` and `derive.testing`: whatever the user's code does ends in a clear report."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from derive.checking.campaign.binding import Ambiguous
from derive.commands import run
from derive.derivation import D, chain, derivation, differentiation
from derive.spaces import Real
from derive.testing import assert_derives, assert_gradient, check, check_gradient

ROOT = Path(__file__).resolve().parent.parent
RSS = ["--against", "sum((X@b - y)**2)", "--let", "X: n,p", "b: p", "y: n", "--wrt", "b"]
LET = ["X: n,p", "b: p", "y: n"]

CODE = """\
import time

import numpy as np


def halved(X, b, y):
    return X.T @ (X @ b - y)


def right(X, b, y):
    return 2 * X.T @ (X @ b - y)


def raising(z):
    raise ValueError("not [yet]\\nwritten")


def hanging(z):
    while True:
        time.sleep(0.01)


def leaving(z):
    raise SystemExit(3)


def noisy(z):
    print("computing")
    np.random.seed(0)
    e = np.exp(z - z.max())
    return e / e.sum()


def nothing(z):
    np.exp(z)


def words(z):
    return "probabilities"


def stable(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def complexes(z):
    return stable(z) + 0j


def objects(z):
    return np.array(list(stable(z)), dtype=object)


def listed(z):
    return list(stable(z))


def generated(z):
    yield from stable(z)


async def awaited(z):
    return stable(z)


class Unreadable:
    dtype = "float64"

    def __array__(self, *arguments, **options):
        raise RuntimeError("not here")


def unreadable(z):
    return Unreadable()


def recursing(z):
    return recursing(z)


def opening(z):
    return open("no such file").read()


def spoiling(z):
    z -= z.max()
    return stable(z)


def closing(z):
    import sys

    sys.stdout.close()
    return stable(z)


def warning(z):
    import warnings

    warnings.warn("old", DeprecationWarning)
    return stable(z)


def three(z):
    return stable(z), 1, None


def swallowing(z):
    while True:
        try:
            time.sleep(1)
        except Exception:
            pass


starred = lambda *arrays: stable(arrays[0])


def more(z, temperature):
    return z


def batch_norm(x, gamma, beta):
    return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5) + beta


def labelled(z, y):
    e = np.exp(z - z.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    return p


def swapped(dy, x, gamma, epsilon):
    sigma = np.sqrt(x.var(0) + epsilon)
    h = (x - x.mean(0)) / sigma
    g = dy * gamma
    return (g - g.mean(0) - h * (g * h).mean(0)) / sigma, dy.sum(0), (dy * h).sum(0)
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    (tmp_path / "mine.py").write_text(CODE)
    return "mine.py"


def screen(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """The exit status, and what is said on both streams."""
    status = run(["check", *words])
    said = capsys.readouterr()
    assert "campaign" not in said.out + said.err  # no frame of ours
    return status, said.out + said.err


# --------------------------------------------------------------------------------------------
# The screen and the documents


def test_the_screen_says_who_is_right_where_and_why(mine, capsys):
    status, said = screen(capsys, f"{mine}:halved", *RSS)
    assert status == 1
    assert "✘  result  wrong after 1 draw" in said
    assert not [head for head in ("yours", "formula", "finite diff.") if head not in said]
    assert "yours is 1/2 times the formula: the factor 2 is missing" in said
    assert "formula proved" in said and "--replay 0-0" in said


def test_right_code_exits_with_nought(mine, capsys):
    status, said = screen(capsys, f"{mine}:right", *RSS)
    assert status == 0 and "1 right" in said and "because" not in said


def test_a_replay_makes_the_one_draw_again(mine, capsys):
    status, said = screen(capsys, f"{mine}:halved", *RSS, "--replay", "0-3")
    assert status == 1 and "1 draws" in said
    assert screen(capsys, f"{mine}:halved", *RSS, "--replay", "x")[0] == 2


def test_documents_hold_the_same(mine, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    files = ["--json", "out.json", "--junit", "out.xml", "--write-test", "test_mine.py"]
    _, said = screen(capsys, f"{mine}:halved", *RSS, *files)
    found = json.loads(Path("out.json").read_text())
    (output,) = found["outputs"]
    assert (found["schema"], found["verdict"], output["verdict"]) == (1, "wrong", "wrong")
    assert output["agrees"] == "8 of 8" and output["entries"][0]["formula"]
    assert ElementTree.parse("out.xml").getroot()[0].get("failures") == "1"
    assert "::error file=mine.py,line=6,title=" in said
    test = Path("test_mine.py").read_text()
    assert "assert_gradient(" in test and "wrt=['b']" in test
    compile(test, "test_mine.py", "exec")


def test_json_alone_on_stdout(mine, capsys):
    run(["check", f"{mine}:right", *RSS, "--json", "-"])
    assert json.loads(capsys.readouterr().out)["verdict"] == "right"


def test_nothing_is_written_unless_asked(mine, capsys, tmp_path):
    screen(capsys, f"{mine}:halved", *RSS)
    assert {path.name for path in tmp_path.iterdir()} <= {"mine.py", "__pycache__"}


# --------------------------------------------------------------------------------------------
# Code that misbehaves


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("raising", ["raises ValueError: not [yet] written", "in raising", "z = ["]),
        ("hanging", ["takes longer than 0.2 s"]),
        ("swallowing", ["takes longer than 0.2 s"]),
        ("leaving", ["raises SystemExit(3), which ends the program"]),
        ("complexes", ["holds complex128, wanted real numbers"]),
        ("objects", ["holds object, wanted real numbers"]),
        ("listed", ["is a list, wanted an array"]),
        ("generated", ["is a generator, wanted an array"]),
        ("awaited", ["returns a coroutine"]),
        ("unreadable", ["returns a Unreadable that cannot be read as an array: not here"]),
        ("recursing", ["raises RecursionError", "in recursing"]),
        ("opening", ["raises FileNotFoundError", "in opening"]),
        ("spoiling", ["changes its argument z"]),
        ("nothing", ["nothing is returned"]),
        ("words", ["is a str, wanted an array"]),
    ],
)
# Where the stack ends or time is up, other libraries' callbacks of the collector may be running.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_bad_code_ends_in_a_report(mine, capsys, name, words):
    status, said = screen(capsys, f"{mine}:{name}", "--as", "softmax", "--timeout", "0.2")
    assert status == 1
    assert not [part for part in words if part not in said], said


@pytest.mark.parametrize("name", ["closing", "warning", "three", "starred"])
def test_odd_manners_are_no_mistake(mine, capsys, name):
    status, said = screen(capsys, f"{mine}:{name}", "--as", "softmax")
    assert status == 0, said
    assert ("2 more results not looked at" in said) == (name == "three")


def test_noise_is_kept_away_and_noted(mine, capsys):
    status, said = screen(capsys, f"{mine}:noisy", "--as", "softmax")
    assert status == 0
    assert "prints: 'computing'" in said and "global generator of numpy.random" in said


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["mine.py:more", "--as", "softmax"], "parameter temperature"),
        (["mine.py:noise", "--as", "softmax"], "did you mean noisy?"),
        (["mine.py", "--as", "softmax"], "names no function"),
        (["nowhere.py:f", "--as", "softmax"], "there is no file nowhere.py"),
        (["mine.py:noisy", "--as", "softmaks"], "did you mean"),
        (["mine.py:noisy"], "say what it is held to"),
        (["mine.py:right", "--against", "sum(X@b)", "--let", "X: n,p", "--wrt", "X"], "'b: ?'"),
        (["mine.py:swapped", "--as", "batch_norm_backward"], "--results dx,dbeta,dgamma"),
    ],
)
def test_what_is_left_open_is_asked_in_one_line(mine, capsys, words, complaint):
    status, said = screen(capsys, *words)
    assert status == 2 and complaint in said
    assert len(said.splitlines()) == 1


def test_an_answer_to_the_question_is_taken(mine, capsys):
    order = ["--results", "dx,dbeta,dgamma"]
    assert screen(capsys, f"{mine}:swapped", "--as", "batch_norm_backward", *order)[0] == 0


def test_a_constant_in_the_code_is_found(mine, capsys):
    status, said = screen(capsys, f"{mine}:batch_norm", "--as", "batch_norm")
    assert status == 0 and "epsilon is fixed in the code, at 1e-05" in said


def test_targets_may_be_class_labels(mine, capsys):
    status, said = screen(capsys, f"{mine}:labelled", "--as", "softmax_cross_entropy_gradient")
    assert status == 0 and "y is given as class labels" in said


# --------------------------------------------------------------------------------------------
# Python


def halved(X, b, y):
    return X.T @ (X @ b - y)


def test_the_failure_text_is_the_screen():
    with pytest.raises(AssertionError, match=r"the factor 2 is missing"):
        assert_gradient(halved, "sum((X@b - y)**2)", wrt="b", let=LET, share=0.1)


def test_an_own_derivation_is_a_target():
    @derivation
    def cube_derivative(x: Real):
        """The derivative of a cube."""
        return chain(D(x**3, x)).eq(3 * x**2, by=differentiation)

    assert_derives(lambda x: 3.0 * x * x, cube_derivative)
    with pytest.raises(AssertionError):
        assert_derives(lambda x: 3.0 * x, cube_derivative)


def test_a_value_can_be_checked_without_a_derivative():
    assert_gradient(lambda X, b: X @ b, "X @ b", let=["X: n,p", "b: p"], share=0.2)


def test_any_executor_gives_the_same_report():
    with ThreadPoolExecutor(2) as pool:
        spread = check_gradient(halved, "sum((X@b - y)**2)", "b", LET, share=0.2, executor=pool)
    alone = check_gradient(halved, "sum((X@b - y)**2)", "b", LET, share=0.2)
    assert str(spread) == str(alone)


def test_an_interruption_leaves_what_is_known():
    from derive.checking.campaign import choices
    from derive.checking.campaign.examining import Settings, examined
    from derive.checking.campaign.report import report
    from derive.checking.campaign.running import campaign
    from derive.checking.campaign.subjects import subject

    def stopped(made: int, planned: int) -> None:
        if made == 10:
            raise KeyboardInterrupt

    code = subject(halved)
    target = choices.target_of_expression(code, "sum((X@b - y)**2)", LET, ["b"])
    found = report(campaign(examined(code, target, Settings()), Settings(), progress=stopped))
    assert found.status == 130
    assert "10 of " in str(found) and "interrupted" in str(found) and "✘" in str(found)


def test_draws_depend_on_the_seed_alone():
    one, two = (check(np.tanh, "tanh", seed=3, share=0.1) for _ in range(2))
    for a, b in zip(one.campaign.outcomes, two.campaign.outcomes, strict=True):
        assert all(np.array_equal(a.draw.arrays[k], b.draw.arrays[k]) for k in a.draw.arrays)


def test_a_cotangent_is_never_a_function_of_the_inputs():
    from derive.checking.campaign.inputs import drawn, plan
    from derive.checking.campaign.targets import layer_of_expression

    target = layer_of_expression("relu(x@w)", ["x: n,d", "w: d,h"], ["x", "w"])
    draw = drawn(target, 0, 0, plan(target))
    assert len(set(np.ravel(draw.arrays["dout"]))) == draw.arrays["dout"].size
    assert not np.intersect1d(draw.arrays["dout"], draw.arrays["x"]).size


def test_too_few_results_are_ambiguous():
    with pytest.raises(Ambiguous, match="could be dgamma or dbeta"):
        check(lambda dy, x, gamma, epsilon: dy.sum(0), "batch_norm_backward")


class Momentum:
    def __init__(self, lr=0.1, momentum=0.9):
        self.lr, self.momentum, self.v = lr, momentum, 0

    def step(self, w, g):
        self.v = self.momentum * self.v + g
        return w - self.lr * self.v


class Forgetful(Momentum):
    def step(self, w, g):
        self.v = 0
        return super().step(w, g)


def test_an_optimiser_is_held_to_its_trajectory():
    names = {"alpha": "momentum"}
    assert_derives(Momentum, "momentum_step", arguments=names, share=0.2)
    found = check(Forgetful, "momentum_step", arguments=names, share=0.2)
    assert found.verdict == "wrong"
    assert "right at step 1, wrong after that" in str(found)


class LeastSquares:
    def fit(self, X, y):
        self.coef_ = np.linalg.lstsq(X, y, rcond=None)[0]


def test_a_fit_is_held_to_what_it_minimises():
    assert_derives(LeastSquares, "least_squares", share=0.3)


# --------------------------------------------------------------------------------------------
# The plugin and the examples


def test_the_plugin_imports_nothing_heavy():
    heavy = "numpy", "sympy", "hypothesis", "derive.language"
    code = f"import derive.pytest_plugin, sys; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert found.stdout.strip() == "[]", found.stderr


def test_batch_norm_with_the_wrong_divisor_both_ways(capsys):
    place = f"{ROOT / 'examples' / 'batch_norm_unbiased.py'}:forward,backward"
    status, said = screen(capsys, place, "--as", "batch_norm")
    assert status == 1
    assert "N − 1 in place of N, in the definition of sigma" in said
    assert "the derivative of your forward pass" in said
    assert "✔  dbeta" in said


def test_the_tests_among_the_examples_pass(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    import test_your_code

    tests = [test for name, test in vars(test_your_code).items() if name.startswith("test_")]
    assert len(tests) == 3
    for test in tests:
        test()


@pytest.mark.torch
def test_gradcheck_accepts_what_the_formula_does_not(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    import batch_norm_torch

    assert batch_norm_torch.gradcheck()
    found = check(batch_norm_torch.BatchNorm, "batch_norm", share=0.3)
    assert found.verdict == "wrong"
    assert "N − 1 in place of N" in str(found)


@pytest.mark.torch
def test_autograd_goes_back_through_a_module():
    torch = pytest.importorskip("torch")
    module = torch.nn.Linear(3, 5)
    let = ["x: n,d", "w: h,d", "b: h"]
    assert_gradient(module, "x@w.T + b", wrt=["x", "w", "b"], let=let, share=0.2)
    assert_derives(torch.optim.SGD, "momentum_step", arguments={"alpha": "momentum"}, share=0.2)


@pytest.mark.jax
def test_a_custom_vjp_of_jax_is_held_to_the_formula():
    jax = pytest.importorskip("jax")

    @jax.custom_vjp
    def softmax(z):
        return jax.nn.softmax(z)

    softmax.defvjp(lambda z: (jax.nn.softmax(z),) * 2, lambda p, g: (p * g,))
    found = check(softmax, "softmax", share=0.05)
    assert found.verdict == "wrong" and "is missing" in str(found)
    assert not jax.config.jax_enable_x64
    assert_derives(jax.nn.softmax, "softmax", share=0.05)
