"""Unsound edits, planted one at a time: the bounded run that the tests contain finds each."""

import subprocess
import sys

import pytest

from tests.fuzzing import everyday
from tests.planted.edits import ROOT, Edit, table
from tests.planted.importing import plant

EDITS = table()
PATIENCE = 400  # seconds for one edit on a busy machine


def test_the_bounded_run_finds_nothing_where_nothing_is_planted():
    assert not list(everyday.findings(range(0)))


def test_there_are_enough_edits_in_the_prover_and_in_the_rewriter():
    modules = [edit.module for edit in EDITS.values()]
    assert sum(name.startswith("derive.proof.") for name in modules) >= 30
    assert sum(name.startswith("derive.rewriting.") for name in modules) >= 15
    assert len(set(modules)) >= 25


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_changes_one_place_of_its_module(name):
    edit = EDITS[name]
    before = edit.path.read_text(encoding="utf-8")
    after = edit.applied(before)
    assert compile(after, str(edit.path), "exec") is not None and after != before


def test_an_edit_of_what_is_not_there_is_refused():
    with pytest.raises(ValueError, match="0 times"):
        Edit("proof.signs", "no such text", "", "").applied("some text")
    with pytest.raises(RuntimeError, match="imported already"):
        plant(EDITS["product_of_unknown_signs"])


@pytest.mark.long
def test_an_edit_that_changes_nothing_is_not_found():
    script = (
        "from dataclasses import replace; from tests.planted import edits, importing;"
        "edit = edits.table()['product_of_unknown_signs'];"
        "importing.plant(replace(edit, instead=edit.text));"
        "from tests.planted.running import findings; print(list(findings()))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE
    )
    assert run.stdout == "[]\n", run.stdout + run.stderr


@pytest.mark.long
@pytest.mark.parametrize("name", EDITS)
def test_planted_edit_is_found(name):
    run = subprocess.run(
        [sys.executable, "-m", "tests.planted", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert run.returncode == 0 and run.stdout.strip(), (EDITS[name], run.stderr[-500:])
    assert "NameError" not in run.stdout and "SyntaxError" not in run.stdout, run.stdout
