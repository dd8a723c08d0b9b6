"""The checker against the collection: every wrong implementation found, no right one accused."""

import pytest
from checker_collection import activations, layers, regressions, softmaxes
from checker_collection.cases import CASES, Case

from derive.testing import check, check_gradient

MODULES = (activations, layers, regressions, softmaxes)

# Everyday, a few of the explanations; all of them in the long run.
EXPLAINED = {
    "jacobian_without_rank_one",
    "entropy_gradient_averaged",
    "rss_gradient_halved",
    "bn_without_variance",
    "bn_unbiased",
    "bn_epsilon_outside",
    "bn_pair_unbiased",
    "bn_pair_spoils_cache",
    "pool_to_all",
    "softplus_overflowing",
    "quadratic_gradient_as_if_symmetric",
}


def report(case: Case, share: float):
    if case.let:
        return check_gradient(
            case.subject, case.against, case.wrt, case.let, _kind(case), share=share
        )
    return check(case.subject, case.against, conventions=case.conventions, share=share)


def _kind(case: Case) -> str:
    return "" if case.kind == "gradient" else case.kind


@pytest.mark.parametrize("case", [c for c in CASES if c.right], ids=str)
def test_a_right_implementation_is_not_accused(case: Case):
    found = report(case, 0.2)
    assert found.verdict == "right", str(found)


@pytest.mark.parametrize("case", [c for c in CASES if c.name in EXPLAINED], ids=str)
def test_a_wrong_implementation_is_found_and_explained(case: Case):
    found = report(case, 0.2)
    assert found.verdict == "wrong"
    assert not [words for words in case.says if words not in str(found)], str(found)


@pytest.mark.long
@pytest.mark.parametrize("case", [c for c in CASES if c.right], ids=str)
def test_a_right_implementation_is_not_accused_at_any_draw(case: Case):
    found = report(case, 1.0)
    assert found.verdict == "right", str(found)


@pytest.mark.long
@pytest.mark.parametrize("case", [c for c in CASES if not c.right], ids=str)
def test_every_wrong_implementation_is_found(case: Case):
    found = report(case, 1.0)
    assert found.verdict == "wrong"
    assert not [words for words in case.says if words not in str(found)], str(found)


def test_every_module_of_the_collection_has_cases():
    homes = {subject.__module__ for case in CASES for subject in _subjects(case)}
    assert {module.__name__ for module in MODULES} <= homes


def _subjects(case: Case):
    return case.subject if isinstance(case.subject, tuple) else (case.subject,)
