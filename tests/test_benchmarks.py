"""The benchmarks run, say what they measured, and measure proofs that are proofs. No clock here."""

import doctest
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import (
    code,
    derivatives_by_derive,
    derivatives_by_sympy,
    figures,
    identities,
    measuring,
    proofs,
    statements,
    typed,
)
from benchmarks.__main__ import SECTIONS, main
from benchmarks.figures import Figure, Section, page
from benchmarks.identities.entries import Identity
from benchmarks.identities.entries import identity as entered
from benchmarks.statements import equation, everything
from derive.proof.prover import verdict
from derive.proof.statuses import Gates, Status
from derive.terms.arrays import define, derivative, variable
from derive.terms.functions import exp, log
from derive.terms.tensors import Kind

ROOT = Path(__file__).resolve().parent.parent
z = variable("z", ("K",))


@pytest.mark.parametrize("module", [figures, measuring, statements, typed])
def test_the_examples_in_the_documentation_hold(module):
    found = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert found.attempted and not found.failed


BESIDE_TORCH = {"gradcheck", "operators"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.torch] * (n in BESIDE_TORCH)) for n in SECTIONS],
)
def test_one_row_of_each_section_is_measured(name: str, capsys: pytest.CaptureFixture[str]):
    if name in BESIDE_TORCH:
        pytest.importorskip("torch", reason="the section compares with PyTorch")
    assert main(["--only", name, "--quick", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (section,) = document["sections"]
    (row,) = section["rows"]
    assert document["schema"] == 1
    assert all(value > 0 for key, value in row.items() if key != "name")
    assert {figure["outcome"] for figure in section["figures"]} <= {"ok", "missed"}


def test_the_command_prints_a_table():
    command = [sys.executable, "-m", "benchmarks", "--only", "start", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "derive --help / python -c pass" in done.stdout
    assert "at most 5.00" in done.stdout
    assert done.stderr == "measuring start ...\n"


def test_a_page_says_what_was_missed():
    slow = Section("Speed", ("ms",), {"softmax": (12.0,)}, (Figure("ratio", 3.0, 2.0),))
    assert page(slow).splitlines() == [
        "Speed",
        "",
        "           ms",
        "softmax  12.0",
        "",
        "       ratio        target",
        "ratio   3.00  at most 2.00  missed",
    ]


def test_what_cannot_be_measured_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(figures, "find_spec", lambda name: None)
    assert main(["--only", "gradcheck", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["sections"] == []
    assert "gradcheck is not measured: PyTorch is not installed" in said.err


def test_a_process_that_fails_gives_no_time():
    with pytest.raises(RuntimeError, match="exit status 3"):
        measuring.process_seconds("-c", "import sys; sys.exit(3)")


def test_what_is_not_proved_gives_no_time(monkeypatch: pytest.MonkeyPatch):
    false = equation(derivative(exp(z).sum(), z), 0)
    monkeypatch.setitem(identities.IDENTITIES, "false", lambda: Identity(false, everything(false)))
    with pytest.raises(measuring.NotProved, match="false is refuted"):
        proofs.times(["false"])


def test_a_derivation_that_is_not_proved_gives_no_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(typed, "derived", lambda *expression: Status.CHECKED)
    with pytest.raises(measuring.NotProved, match=r"by b is checked"):
        typed.times([0])


def test_code_that_computes_something_else_gives_no_time(monkeypatch: pytest.MonkeyPatch):
    case = code.CASES["Hessian of x'Ax"]()
    wrong = replace(case, written=lambda A, x: 2 * A)
    monkeypatch.setitem(code.CASES, "wrong", lambda: wrong)
    with pytest.raises(code.Disagreement, match="wrong: "):
        code.times("wrong")


def test_both_sides_of_the_race_run_over_the_same_course():
    assert list(derivatives_by_sympy.CASES) == list(derivatives_by_derive.CASES)


def test_a_name_is_entered_once():
    with pytest.raises(ValueError, match="two identities are called softmax_jacobian"):
        entered(identities.IDENTITIES["softmax_jacobian"])


def test_everything_opens_what_occurs_and_no_more():
    target = variable("t", ("K",), Kind.SIMPLEX)
    p = define("p", exp(z) / exp(z).sum())
    claim = equation(derivative(-(target * log(p)).sum(), z), p - target)
    assert verdict(claim, everything(claim)).status is Status.PROVED
    assert verdict(claim, everything(claim, facts=frozenset())).status is Status.CHECKED
    assert verdict(claim, Gates()).status is Status.CHECKED
    assert everything(equation(z, z)) == Gates(differentiation=True, inverses=True, log_laws=True)
