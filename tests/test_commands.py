"""The command line: results on stdout, one line of complaint on stderr, an honest exit status."""

import json
import os
import shlex
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from derive import catalogue, commands, load, names
from derive.commands import GOOD, USAGE, WRONG, flags, run, screen
from derive.proof.statuses import Status
from derive.testing import check

ROOT = Path(__file__).resolve().parent.parent


def derive(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "derive", *words],
        capture_output=True,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80", **environment},
    )


def refused(capsys, *words: str) -> str:
    """The one line with which a command line is refused."""
    assert run(words) == USAGE
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("derive: ") and err.count("\n") == 1, err
    return err


# --------------------------------------------------------------------------------------------
# What is refused


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "softmax_jacobain"], "did you mean softmax_jacobian"),
        (["show", "sigmoid.softmax"], "no derivation is called 'sigmoid.softmax'"),
        (["sohw", "softmax"], "invalid choice: 'sohw'"),
        (["show"], "NAME"),
        (["show", "softmax", "--notation", "svg"], "invalid choice: 'svg'"),
        (["show", "softmax", "--with", "reduction"], "--with takes NAME=VALUE, got 'reduction'"),
        (["show", "softmax", "--with", "a=b"], "no convention 'a'"),
        (["show", "softmax_cross_entropy", "--with", "reduction=max"], "none, mean, sum"),
        (["show", "softmax.dw"], "softmax has no part 'dw'"),
        (["show", "nowhere.py:f"], "there is no file nowhere.py"),
        (["show", "no_such_package.x:f"], "cannot be imported: ModuleNotFoundError"),
        (["list", "--topic", "x"], "no topic 'x'"),
        (["list", "--width", "3"], "at least 20 columns"),
        (["verify", "nothing"], "no derivation is called 'nothing'"),
        (["verify", "sigmoid", "--json", "/no/such/folder/a.json"], "cannot be written"),
        (["latex", "softmax", "-o", "/no/such/folder/a.tex"], "cannot be written"),
        (["rules", "no_such_rule"], "no rule is called 'no_such_rule'"),
        (["completion", "tcsh"], "invalid choice: 'tcsh'"),
    ],
)
def test_bad_input_gets_one_line(capsys, words, said):
    if "--json" in words:
        assert run(words) == USAGE
        assert said in capsys.readouterr().err
        return
    assert said in refused(capsys, *words)


def test_a_file_that_fails_is_named(capsys, tmp_path):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    said = refused(capsys, "show", f"{tmp_path / 'broken.py'}:f")
    assert "cannot be imported: ZeroDivisionError" in said


def test_a_topic_of_the_catalogue_that_fails_is_named(capsys, monkeypatch):
    def failing(name: str) -> None:
        raise ImportError("no module named sympy")

    monkeypatch.setattr(catalogue, "import_module", failing)
    said = refused(capsys, "show", "softmax_jacobian")
    assert "softmax_jacobian cannot be imported: ImportError: no module named sympy" in said


def test_a_derivation_that_is_badly_made_is_a_usage_error(capsys, mine):
    path = mine.with_name("same.py")
    path.write_text(mine.read_text().replace("3 * x**2, by=differentiation", "D(x**3, x)"))
    assert "same.py:8: both sides of the link are the same" in refused(
        capsys, "show", f"{path}:cube_derivative"
    )


def test_an_unknown_function_of_a_file_lists_what_there_is(capsys, mine):
    said = refused(capsys, "show", f"{mine}:square")
    assert "cube_derivative, wrong_derivative" in said


# --------------------------------------------------------------------------------------------
# What is shown


def test_bare_derive_prints_three_commands_that_work(capsys):
    assert run([]) == GOOD
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    for line in lines:
        words = line.split("  ")[0].split()
        assert words[0] == "derive" and words[1] in commands.COMMANDS
        assert all(word in catalogue.entries() for word in words[2:3])


def test_list_shows_every_name_once(capsys):
    assert run(["list"]) == GOOD
    words = capsys.readouterr().out.split()
    assert all(words.count(name) >= 1 for name in catalogue.entries())


def test_list_of_a_topic_as_json(capsys):
    assert run(["list", "--topic", "softmax", "--json"]) == GOOD
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert {entry["topic"] for entry in document["derivations"]} == {"softmax"}
    assert set(document["derivations"][0]) == {"name", "topic", "title"}


def test_show_prints_the_steps_with_marks(capsys):
    assert run(["show", "softmax_jacobian", "--width", "80"]) == GOOD
    page = capsys.readouterr().out
    assert "diag(s) − s sᵀ" in page
    assert "✔ 3 of 3 steps proved" in page
    assert "numbers agree to" in page and "SymPy agrees at" in page
    assert max(map(len, page.splitlines())) <= 80


@pytest.mark.parametrize("width", [50, 80, 120])
@pytest.mark.parametrize("name", ["normal_equations", "hat_matrix", "softmax_cross_entropy"])
def test_no_row_is_wider_than_asked_for(capsys, name, width):
    run(["show", name, "--detail", "--width", str(width)])
    page = capsys.readouterr().out
    assert max(map(len, page.splitlines())) <= width, page


def test_names_are_shown_as_others(capsys):
    assert run(["show", "softmax_jacobian", "--rename", "z=a,s=q"]) == GOOD
    page = capsys.readouterr().out
    assert "qᵢ (δᵢⱼ − qⱼ)" in page and "zⱼ" not in page


def test_a_convention_changes_what_is_shown(capsys):
    run(["show", "softmax_cross_entropy_gradient", "--with", "reduction=mean"])
    page = capsys.readouterr().out
    assert "(reduction=mean)" in page and "/ N" in page


def test_show_as_json(capsys):
    assert run(["show", "sigmoid_derivative", "--json"]) == GOOD
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1 and document["status"] == "proved"
    assert document["steps"][-1]["text"].endswith(" = s * (1 - s)")


@pytest.mark.parametrize("notation", ["linear", "ascii"])
def test_other_notations(capsys, notation):
    assert run(["show", "softmax_jacobian", "--notation", notation]) == GOOD
    page = capsys.readouterr().out
    assert "─" not in page
    assert (notation == "ascii") == page.isascii()


def test_detail_says_what_it_rests_on(capsys):
    assert run(["show", "hat_matrix_idempotent", "--detail", "--width", "100"]) == GOOD
    page = capsys.readouterr().out
    assert "the evaluator agrees" in page and "linear_regression.py:" in page
    assert "full column rank" in page


def test_a_users_file_is_shown(capsys, mine):
    assert run(["show", f"{mine}:cube_derivative"]) == GOOD
    assert "✔ 1 of 1 step proved" in capsys.readouterr().out


def test_a_wrong_step_is_refuted_with_the_smallest_counterexample(capsys, mine):
    assert run(["show", f"{mine}:wrong_derivative"]) == WRONG
    page = capsys.readouterr().out
    assert "✘ wrong_derivative, step 1 of 1: `differentiation` does not give this" in page
    assert "false at" in page and "mine.py:14" in page


def test_rules_are_listed_and_shown(capsys):
    assert run(["rules"]) == GOOD
    listed = capsys.readouterr().out
    name = listed.split("  ")[0]
    assert run(["rules", *name.split()]) == GOOD
    assert capsys.readouterr().out.startswith(name)


def test_latex_is_the_same_with_and_without_a_file(capsys, tmp_path):
    assert run(["latex", "softmax_jacobian", "sigmoid"]) == GOOD
    printed = capsys.readouterr().out
    path = tmp_path / "a.tex"
    assert run(["latex", "softmax_jacobian", "sigmoid", "-o", str(path)]) == GOOD
    assert not capsys.readouterr().out
    assert path.read_text(encoding="utf-8") == printed
    assert printed.count(r"\begin{") == printed.count(r"\end{") == 2
    assert "\n\n" not in printed


def test_latex_can_be_a_document(capsys):
    assert run(["latex", "--standalone", "sigmoid"]) == GOOD
    text = capsys.readouterr().out
    assert text.startswith(r"\documentclass") and text.rstrip().endswith(r"\end{document}")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_and_names(capsys, shell):
    assert run(["completion", shell]) == GOOD
    script = capsys.readouterr().out
    assert "verify" in script and "softmax_jacobian" in script


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_every_command_has_help_with_an_example_that_it_takes(capsys, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as stop:
        run([name, "--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert f"derive {name}" in said and max(map(len, said.splitlines())) <= 80
    example = said.rpartition("example: ")[2].removeprefix("source <(").rstrip(")\n")
    assert vars(commands._parser(name).parse_args(shlex.split(example)[1:]))["command"] == name


# --------------------------------------------------------------------------------------------
# Streams


def test_an_ascii_stream_gets_ascii():
    for words in (["verify", "softmax_jacobian"], ["list"]):
        done = derive(*words, PYTHONIOENCODING="ascii")
        assert done.returncode == 0, done.stderr
        assert done.stdout.isascii() and b"?" not in done.stdout
        assert b"Traceback" not in done.stderr


def test_colour_is_for_those_who_ask(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    asked = {"always": True, "auto": True, "never": False}
    for choice, coloured in asked.items():
        run(["show", "sigmoid", "--color", choice])
        assert ("\x1b[" in capsys.readouterr().out) is coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert not screen.has_colour(Namespace(color="auto"))
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.delenv("FORCE_COLOR")
    assert not screen.has_colour(Namespace(color="auto"))  # what is captured is no terminal


def test_colour_marks_only_marks():
    options = Namespace(color="always")
    assert screen.has_colour(options)
    page = "1   a ? b   reason   ✔"
    painted = screen.MARKED.sub("!", page)
    assert painted == "1   a ? b   reason   !"


def test_a_closed_pipe_is_no_error():
    shell = f"{sys.executable} -m derive list | head -1"
    done = subprocess.run(shell, shell=True, capture_output=True, cwd=ROOT)
    assert done.returncode == 0 and not done.stderr


def test_rich_prints_a_record_as_it_is():
    from io import StringIO

    from rich.console import Console

    stream = StringIO()
    console = Console(file=stream, width=80, color_system=None)
    console.print(catalogue.load("softmax_jacobian"))
    assert "sᵢ (δᵢⱼ − sⱼ)" in stream.getvalue()
    # Rich takes [i] for a style: a formula that is given as a string loses its subscripts.
    bracketed = StringIO()
    console = Console(file=bracketed, width=40, color_system=None, legacy_windows=True)
    console.print(catalogue.load("normal_equations"))
    assert bracketed.getvalue().count("β") > 3


def test_a_notebook_gets_text_latex_and_markdown():
    bundle = catalogue.load("normal_equations")._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/latex", "text/markdown"}
    paragraphs = bundle["text/markdown"].split("\n\n")
    assert paragraphs[0].startswith("`normal_equations` &nbsp; ")
    assert r"$X \in \mathbb{R}^{n \times p}$" in paragraphs[1]
    assert paragraphs[2].startswith("$$\n% derive: normal_equations\n")
    assert paragraphs[-1].startswith("✔ ") and "steps proved" in paragraphs[-1]


def test_pairs_are_read():
    assert flags.pairs(["a=b,c=d", "e=f"], "--rename") == {"a": "b", "c": "d", "e": "f"}


def test_a_module_of_the_current_folder_is_found(mine, monkeypatch):
    mine.rename(mine.with_name("my_own_derivations.py"))
    monkeypatch.chdir(mine.parent)
    monkeypatch.syspath_prepend(str(mine.parent))
    found = names.derivations("my_own_derivations:cube_derivative")
    assert [each.name for each in found] == ["cube_derivative"]


def test_derivations_of_your_own_have_names_in_python_too(mine):
    own = f"{mine}:cube_derivative"
    assert load(own).status is Status.PROVED
    assert check(lambda x: 3 * x**2, own, share=0.1).verdict == "right"
    with pytest.raises(catalogue.UnknownName, match="holds several derivations: cube_derivative"):
        load(str(mine))


@pytest.mark.parametrize("words", [["--help"], ["list"], ["completion", "bash"]])
def test_light_commands_import_nothing_heavy(words):
    code = (
        "import sys; from derive.commands import run\n"
        "try:\n    run(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "heavy = {'sympy', 'numpy', 'rich', 'hypothesis', 'derive.terms.arrays'}\n"
        "sys.exit(len(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True)
    assert done.returncode == 0
