"""The mutation runs: sources are broken where they should be, and what fails then is noticed."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from mutation import trials
from mutation.equivalents import equivalents, stale
from mutation.mutants import mutants
from mutation.operators import OPERATORS
from mutation.planting import dependents
from mutation.trials import Check, trial

import numerics
from derive import catalogue
from derive.proof.statuses import Status

ROOT = Path(__file__).resolve().parent.parent


def jacobian_agrees():
    p = np.array([0.25, 0.75])
    np.testing.assert_allclose(numerics.softmax_jacobian(np.log(p)), np.diag(p) - np.outer(p, p))


def jacobian_is_proved():
    assert catalogue.load("softmax_jacobian").verified().status is Status.PROVED


def regression_is_a_mean():
    X, W, b, y = np.ones((4, 2)), np.zeros((2, 2)), np.zeros(2), np.eye(2)[[0, 1, 0, 1]]
    loss = catalogue.load("softmax_regression", reduction="mean")(X, W, b, y)
    np.testing.assert_allclose(loss, np.log(2))


def means_are_of_what_is_inside():
    means = numerics.avg_pool2d(np.ones((1, 1, 2, 2)), kernel=2, padding=1, counted="inside")
    assert (means == 1).all()


def gelu_is_scaled():
    np.testing.assert_allclose(numerics.gelu(1.0), 0.8411919906)


def momentum_is_a_tenth():
    assert numerics.running_average([1.0, 1.0], 0.0)[1] == pytest.approx(0.1)


def reading(module, after):
    """The mutants of a module with a statement that reads so."""
    return [mutant for mutant in mutants(module) if mutant.after == after]


@pytest.mark.parametrize(
    ("module", "after", "check"),
    [
        ("numerics.softmax", "jacobian = p[..., :, None] * p[..., None, :]", jacobian_agrees),
        ("numerics.softmax", "diagonal -= jacobian.mean(axis=-1)", jacobian_agrees),
        ("numerics.softmax", "pass", jacobian_agrees),
        ("numerics.activations", "GELU_SCALE = 1", gelu_is_scaled),
        (
            "numerics.batch_norm",
            "def running_average(batches: npt.ArrayLike, start: npt.ArrayLike, *, "
            "momentum: float=1) -> Array:",
            momentum_is_a_tenth,
        ),
        ("numerics.pooling", "count[:] = 1", means_are_of_what_is_inside),  # a method of a class
        ("derive.catalogue.softmax", "same = delta(i, K)", jacobian_is_proved),
        ("derive.catalogue.softmax", "s = define('s', exp(z))", jacobian_is_proved),
        (  # used by another topic
            "derive.catalogue.softmax",
            "return term if rows == 1 else term * rows",
            regression_is_a_mean,
        ),
    ],
)
def test_a_broken_source_fails(module, after, check):
    check()
    found = reading(module, after)
    outcomes = {trial(mutant, [Check("sound", list), Check("told", check)]) for mutant in found}
    assert "told" in outcomes
    check()  # what was broken was so in another process


def test_an_equivalent_mutant_survives():
    (mutant,) = reading("numerics.softmax", "diagonal -= jacobian.sum(axis=-2)")  # symmetric
    assert trial(mutant, [Check("agrees", jacobian_agrees)]) == ""


def test_what_does_not_end_is_ended(monkeypatch):
    def never():
        while True:
            pass

    monkeypatch.setattr(trials, "SECONDS", 0.05)
    (mutant, *_) = mutants("numerics.lasso")
    assert trial(mutant, [Check("never", never)]).startswith("ended by signal")


def test_every_way_of_breaking_is_used():
    modules = ("numerics.layer_norm", "numerics.linear_regression", "numerics.ridge")
    modules += ("numerics.losses", "derive.catalogue.optimisers", "derive.catalogue.softmax")
    found = Counter(mutant.operator for module in modules for mutant in mutants(module))
    known = {*(operator.__name__ for operator in OPERATORS), "other_index", "other_default"}
    assert set(found) == known


def test_mutants_are_told_apart():
    found = [mutant.key for mutant in mutants("numerics.softmax")]
    assert len(set(found)) == len(found)
    assert all(before != after for _, _, before, after in found)


def test_what_means_nothing_is_not_broken_and_what_it_holds_is():
    found = [mutant.after for mutant in mutants("numerics._conventions")]
    assert not any("('mean', 'none', 'sum')" in after for after in found)  # a choice of names
    found = [mutant.after for mutant in mutants("derive.catalogue.pooling")]
    assert any("(d * (k - 1) + p, inputs - d)" in after for after in found)
    assert not any("(inputs - d, d * (k - 1) - p)" in after for after in found)  # what is known
    found = [mutant.before for mutant in mutants("numerics._blocks")]
    assert found and not any("CACHE =" in before for before in found)  # the size of a piece


def test_what_rests_on_a_topic_is_stated_anew():
    assert "derive.catalogue.likelihood" in dependents("derive.catalogue.softmax")
    assert "derive.catalogue.lasso" not in dependents("derive.catalogue.softmax")


def test_every_equivalent_mutant_has_a_reason():
    assert all(len(reason) > 10 for reason in equivalents().values())


@pytest.mark.long
def test_every_equivalent_mutant_is_one_of_the_sources():
    assert stale() == []


@pytest.mark.long
@pytest.mark.parametrize("topic", ["hinge", "losses"])
def test_a_sample_of_mutants_is_killed(topic: str):
    command = [sys.executable, "-m", "tests.mutation", "--topic", topic, "--sample", "40"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
