"""`derive check` and `derive.testing`: whatever the user's code does ends in a clear report."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from derive.commands import run

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


def test_an_expression_may_begin_with_a_minus(mine, capsys):
    words = ["--against", "-sum((X@b - y)**2)", *RSS[2:]]
    status, said = screen(capsys, f"{mine}:right", *words)
    assert status == 1 and "the sign of the formula is reversed" in " ".join(said.split())


def test_an_answer_to_the_question_is_taken(mine, capsys):
    order = ["--results", "dx,dbeta,dgamma"]
    assert screen(capsys, f"{mine}:swapped", "--as", "batch_norm_backward", *order)[0] == 0


def test_a_constant_in_the_code_is_found(mine, capsys):
    status, said = screen(capsys, f"{mine}:batch_norm", "--as", "batch_norm")
    assert status == 0 and "epsilon is fixed in the code, at 1e-05" in said


def test_targets_may_be_class_labels(mine, capsys):
    status, said = screen(capsys, f"{mine}:labelled", "--as", "softmax_cross_entropy_gradient")
    assert status == 0 and "y is given as class labels" in said
