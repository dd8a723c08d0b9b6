"""A rule acts only where its result is equal: all rules at all corners, judged by numbers."""

from collections.abc import Iterator

import pytest
from rule_corners import NAMES, PLAIN, VARIED

from derive.proof.evaluator import evidence
from derive.rewriting.rules import RULES
from derive.rewriting.rules.rule import Given
from derive.terms.nodes import D, Term
from derive.terms.statements import Statement
from derive.terms.structure import tensors
from derive.terms.tensors import Tensor


def results(term: Term, about: tuple[Tensor | None, ...], **given: Tensor) -> Iterator[tuple]:
    """What the rules make of a term, each told of one tensor or of none."""
    for name, rule in RULES.items():
        for tensor in about:
            after = rule.apply(term, Given(tensor=tensor, **given))
            if after is not None and after != term:
                yield name, after


def assert_equal(rule: str, before: Term, after: Term) -> None:
    found = evidence(Statement(before, after))
    assert found.outcome != "differs", (rule, before, after, found.counterexample)


@pytest.mark.parametrize("name", PLAIN)
def test_rules_keep_the_value(name: str) -> None:
    term = PLAIN[name]
    for rule, after in results(term, (None, *tensors(term))):
        assert_equal(rule, term, after)


@pytest.mark.parametrize("name", NAMES)
def test_names_stand_for_their_meaning_only(name: str) -> None:
    term, tensor = NAMES[name]
    for rule, after in results(term, (tensor,)):
        assert_equal(rule, term, after)


@pytest.mark.parametrize("name", VARIED)
def test_facts_of_the_variable_wait_for_its_last_derivative(name: str) -> None:
    term, by = VARIED[name]
    for rule, after in results(term, tensors(term), varied=by.tensor):
        assert_equal(rule, D(term, by), D(after, by))


def test_most_rules_act_somewhere() -> None:
    acting = {rule for term in PLAIN.values() for rule, _ in results(term, (None, *tensors(term)))}
    acting |= {rule for term, tensor in NAMES.values() for rule, _ in results(term, (tensor,))}
    assert len(acting) >= 40
