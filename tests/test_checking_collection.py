"""The checker against the collection: every wrong implementation found, no right one accused."""

import importlib
import pkgutil
import warnings

import checker_collection
import pytest
from checker_collection.cases import CASES, ORIGINS, Case

from derive.checking.campaign import choices
from derive.checking.campaign.examining import Settings, examined
from derive.checking.campaign.places import subject
from derive.checking.campaign.report import Report, report
from derive.checking.campaign.running import Campaign, numbers_of, outcomes_of

MODULES = [
    importlib.import_module(f"checker_collection.{module.name}")
    for module in pkgutil.iter_modules(checker_collection.__path__)
]
RIGHT = [case for case in CASES if case.right]
WRONG = [case for case in CASES if not case.right]

# Everyday, a few of the explanations; one more is the README's, and all are in the long run.
EXPLAINED = {
    "jacobian_without_rank_one",
    "entropy_gradient_averaged",
    "rss_gradient_halved",
    "bn_without_variance",
    "bn_unbiased",
    "bn_epsilon_outside",
    "bn_pair_spoils_cache",
    "pool_to_all",
    "softplus_overflowing",
    "quadratic_gradient_as_if_symmetric",
}


def judged(
    case: Case, seed: int, share: float = 1.0, *, first: bool = True, only: int | None = None
) -> Campaign:
    """The campaign of a case, up to the first draw that is wrong unless all are wanted."""
    settings = Settings(
        seed,
        arguments=case.arguments,
        constants=case.constants,
        results=tuple(case.results),
        only=only,
        share=share,
    )
    code = subject(case.subject, case.name)
    if case.let:
        kind = "" if case.kind == "gradient" else case.kind
        target = choices.target_of_expression(code, case.against, case.let, case.wrt, kind)
    else:
        target = choices.given(code, case.against, case.conventions)
    examination = examined(code, target, settings)
    numbers = numbers_of(examination, settings)
    found = Campaign(examination, len(numbers))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for outcome in outcomes_of(examination, settings, numbers):
            found.outcomes.append(outcome)
            if first and not outcome.is_right and found.is_wrong:
                break
    return found


def verdict(found: Campaign) -> str:
    """Right, wrong or undecided."""
    return "wrong" if found.is_wrong else "undecided" if found.is_undecided else "right"


def explained(case: Case, share: float) -> Report:
    return report(judged(case, 0, share, first=False))


# --------------------------------------------------------------------------------------------
# The collection itself


def test_the_collection_is_large_and_says_where_its_errors_come_from():
    assert len(WRONG) >= 290 and len(RIGHT) >= 120
    assert len({case.name for case in CASES}) == len(CASES)
    assert not [case.name for case in WRONG if case.seen.partition(":")[0] not in ORIGINS]
    assert {case.name for case in WRONG if case.says} >= EXPLAINED


def test_every_module_of_the_collection_has_cases():
    homes = {home.__module__ for case in CASES for home in _subjects(case)}
    own = {module.__name__ for module in MODULES} - {"checker_collection.cases"}
    assert own <= homes


def _subjects(case: Case):
    return case.subject if isinstance(case.subject, tuple) else (case.subject,)


# --------------------------------------------------------------------------------------------
# Everyday: a share of the draws


@pytest.mark.parametrize("case", RIGHT[::3], ids=str)
def test_a_right_implementation_is_not_accused(case: Case):
    found = judged(case, 0, 0.1)
    assert verdict(found) == "right", str(report(found))


def test_many_ties_in_overlapping_windows_are_given_weights():
    """A draw that leaves 38 weights open, nearly all of them at an end of their range."""
    (case,) = (case for case in RIGHT if case.name == "largest_backward_last")
    found = judged(case, 9, only=103)
    assert verdict(found) == "right" and found.outcomes[0].open == 38


@pytest.mark.parametrize("case", WRONG[::4], ids=str)
def test_a_wrong_implementation_is_found(case: Case):
    assert verdict(judged(case, 0)) == "wrong"


@pytest.mark.parametrize("case", [c for c in CASES if c.name in EXPLAINED], ids=str)
def test_a_wrong_implementation_is_explained(case: Case):
    found = explained(case, 0.2)
    assert found.verdict == "wrong"
    assert not [words for words in case.says if words not in str(found)], str(found)


# --------------------------------------------------------------------------------------------
# All of it, over ten seeds


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_no_right_implementation_is_accused_at_any_draw(seed: int):
    found = {case.name: verdict(judged(case, seed)) for case in RIGHT}
    assert not [name for name, said in found.items() if said != "right"]


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_nearly_every_wrong_implementation_is_found(seed: int):
    missed = [case.name for case in WRONG if verdict(judged(case, seed)) != "wrong"]
    assert len(missed) <= 0.01 * len(WRONG), missed


@pytest.mark.long
@pytest.mark.parametrize("case", [case for case in WRONG if case.says], ids=str)
def test_what_is_wrong_is_said(case: Case):
    found = explained(case, 1.0)
    assert not [words for words in case.says if words not in str(found)], str(found)
