"""`derive verify`: the table, the files, the exit status, and how to see a failure again."""

import json
import xml.etree.ElementTree as ElementTree
from importlib import import_module

import numpy as np
import pytest

from derive import catalogue, verification
from derive.commands import GOOD, INTERRUPTED, WRONG, run


def test_verify_writes_table_json_and_junit(capsys, tmp_path):
    paths = [tmp_path / "a.json", tmp_path / "a.xml"]
    files = ["--json", str(paths[0]), "--junit", str(paths[1])]
    assert run(["verify", "softmax", "sigmoid_derivative", *files]) == GOOD
    table = capsys.readouterr().out
    assert "2 proved   of 2 derivations" in table
    assert "agreeing: numbers 2 of 2, slopes 1 of 1, SymPy 2 of 2" in table
    document = json.loads(paths[0].read_text(encoding="utf-8"))
    wanted = {"name", "topic", "title", "status", "assumptions", "steps", "numbers", "trust"}
    assert document["schema"] == 1
    assert all(wanted <= set(each) for each in document["derivations"])
    suites = ElementTree.parse(paths[1]).getroot()
    assert [suite.get("name") for suite in suites] == ["softmax", "sigmoid_derivative"]
    assert all(suite.get("failures") == "0" for suite in suites)


def test_verify_prints_json_alone(capsys):
    assert run(["verify", "sigmoid", "--json", "-"]) == GOOD
    assert json.loads(capsys.readouterr().out)["derivations"][0]["status"] == "proved"


def test_verify_runs_every_convention(capsys):
    assert run(["verify", "softmax_cross_entropy", "--width", "100"]) == GOOD
    table = capsys.readouterr().out
    assert all(f"softmax_cross_entropy [{v}]" in table for v in ("none", "mean", "sum"))


def test_verify_finds_a_wrong_step_and_says_how_to_see_it_again(capsys, mine, tmp_path):
    junit = tmp_path / "a.xml"
    assert run(["verify", str(mine), "--junit", str(junit)]) == WRONG
    page = capsys.readouterr().out
    assert "1 proved  1 wrong   of 2 derivations, 2 steps in" in page
    assert f"again     derive show {mine}:wrong_derivative --seed 0" in page
    failures = [case.find("failure") for case in ElementTree.parse(junit).iter("testcase")]
    assert sum(failure is not None for failure in failures) == 2  # the step, and its numbers


def test_what_numerics_picks_at_a_kink_is_held(capsys, monkeypatch):
    activations = import_module("numerics.activations")
    monkeypatch.setattr(activations, "relu_derivative", lambda x: (x >= 0).astype(x.dtype))
    assert run(["verify", "relu_derivative"]) == WRONG
    page = capsys.readouterr().out
    assert "numerics is 1, the derived formula is 0 (parameters, float64)" in page
    assert "1 derivation  ·  seed 0" in page and "1 wrong   of 1 derivation," in page


@pytest.mark.parametrize(
    ("said", "status"), [("z: got shape (0,), wanted (K)", GOOD), ("no maximum", WRONG)]
)
def test_empty_arrays_give_a_result_or_a_clear_refusal(capsys, monkeypatch, said, status):
    def shifted(z):
        if not z.size:
            raise ValueError(said)
        weights = np.exp(z - z.max())
        return weights / weights.sum()

    monkeypatch.setattr(import_module("numerics.softmax"), "softmax", shifted)
    assert run(["verify", "softmax"]) == status
    assert ("no maximum" in capsys.readouterr().out) == (status == WRONG)


def test_workers_give_the_same_result(capsys):
    names_ = ["sigmoid", "sigmoid_derivative"]
    run(["verify", *names_, "--json", "-"])
    alone = json.loads(capsys.readouterr().out)["derivations"]
    run(["verify", *names_, "--json", "-", "--jobs", "2"])
    together = json.loads(capsys.readouterr().out)["derivations"]
    for document in (*alone, *together):
        del document["seconds"]
    assert alone == together


def test_an_interrupted_run_prints_what_it_has(capsys, monkeypatch):
    done: list[verification.Task] = []
    true = verification.verified

    def interrupted(task):
        if done:
            raise KeyboardInterrupt
        done.append(task)
        return true(task)

    monkeypatch.setattr(verification, "verified", interrupted)
    assert run(["verify", "sigmoid", "softmax"]) == INTERRUPTED
    out, err = capsys.readouterr()
    assert "1 proved" in out and "after 1 of 2" in err


def test_a_contradiction_between_prover_and_evaluator_is_wrong(capsys, monkeypatch):
    from derive.proof import prover

    def alarmed(statement, gates=None, **_):
        raise prover.Alarm("proved, and differs")

    catalogue.load("sigmoid").__dict__.pop("steps", None)
    monkeypatch.setattr(prover, "verdict", alarmed)
    assert run(["verify", "sigmoid"]) == WRONG
    assert "Alarm: proved, and differs" in capsys.readouterr().out
