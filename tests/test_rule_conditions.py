"""A rule acts only where its result is equal: all rules at all corners, judged by numbers."""

from collections.abc import Iterator

import pytest
from rule_corners import NAMES, PLAIN, VARIED

from derive.proof.evaluator import evidence
from derive.rewriting.rewriting import Path, at, replaced
from derive.rewriting.rules import RULES
from derive.rewriting.rules.rule import Given
from derive.terms.nodes import D, Term
from derive.terms.statements import Statement
from derive.terms.structure import tensors
from derive.terms.tensors import Tensor


def places(term: Term, path: Path = ()) -> Iterator[Path]:
    """The paths of all nodes."""
    yield path
    for number, child in enumerate(term.children):
        yield from places(child, (*path, number))


def results(
    term: Term, about: tuple[Tensor | None, ...], varied: Tensor | None = None
) -> Iterator[tuple[str, Term]]:
    """What the rules make of a term at all its nodes, each told of one tensor or of none."""
    for path in places(term):
        node = at(term, path)
        for name, rule in RULES.items():
            for tensor in about:
                new = rule.apply(node, Given(tensor=tensor, varied=varied))
                if new is not None and new != node:
                    yield name, replaced(term, path, new)


def assert_equal(rule: str, before: Term, after: Term) -> None:
    found = evidence(Statement(before, after))
    assert found.outcome != "differs", (rule, before, after, found.counterexample)


@pytest.mark.parametrize("name", PLAIN)
def test_rules_keep_the_value(name: str) -> None:
    term = PLAIN[name]
    for rule, after in dict.fromkeys(results(term, (None, *tensors(term)))):
        assert_equal(rule, term, after)


@pytest.mark.parametrize("name", NAMES)
def test_names_stand_for_their_meaning_only(name: str) -> None:
    term, tensor = NAMES[name]
    for rule, after in dict.fromkeys(results(term, (tensor,))):
        assert_equal(rule, term, after)


@pytest.mark.parametrize("name", VARIED)
def test_facts_of_the_variable_wait_for_its_last_derivative(name: str) -> None:
    term, by = VARIED[name]
    for rule, after in dict.fromkeys(results(term, tensors(term), by.tensor)):
        assert_equal(rule, D(term, by), D(after, by))


def test_most_rules_act_somewhere() -> None:
    acting = {rule for term in PLAIN.values() for rule, _ in results(term, (None, *tensors(term)))}
    acting |= {rule for term, tensor in NAMES.values() for rule, _ in results(term, (tensor,))}
    assert len(acting) >= 40
