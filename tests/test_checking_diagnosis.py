"""Single random edits of right code: the explanation names a change that gives the same numbers."""

import warnings

import numpy as np
import pytest
from random_edits import FUNCTIONS, Function, compiled, drawn, edits

from derive.checking.campaign import choices
from derive.checking.campaign.diagnosis import explanations
from derive.checking.campaign.examining import Settings, examined
from derive.checking.campaign.explanations import Explanation
from derive.checking.campaign.places import subject
from derive.checking.campaign.running import Campaign, outcomes_of
from derive.derivation import D, chain, derivation, differentiation
from derive.spaces import Positive, Vector
from derive.terms.functions import exp
from derive.terms.sizes import sizes

DRAWS = 12
WANTED = 0.7

n, _ = sizes("n m")


def told(source: str, target_of) -> dict[str, Explanation] | None:
    """What is said of edited code; nothing where it is right, or does not return an array."""
    code = subject(compiled(source), "edited")
    settings = Settings(seed=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        examination = examined(code, target_of(code), settings)
        found = Campaign(examination, DRAWS)
        found.outcomes += outcomes_of(examination, settings, range(DRAWS))
        kinds = {f.kind for failures in found.failures.values() for f in failures}
        return explanations(found) if kinds == {"value"} else None


def is_named(found: dict[str, Explanation]) -> bool:
    """Whether a change was found that gives the user's numbers at every draw."""
    exact = [e.agrees == e.draws > 0 and "digits" not in e.words for e in found.values()]
    return bool(exact) and all(exact)


def share(sources, target_of) -> float:
    answers = [told(source, target_of) for source in sources]
    wrong = [answer for answer in answers if answer is not None]
    assert len(wrong) > len(answers) / 4
    return sum(map(is_named, wrong)) / len(wrong)


def typed(function: Function):
    def target(code):
        return choices.target_of_expression(code, function.expr, function.let, function.wrt)

    return target


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.expr)
def test_the_sources_that_are_edited_are_right(function):
    assert told(function.source, typed(function)) is None


@pytest.mark.long
def test_most_random_edits_are_named():
    answers = [told(text, typed(function)) for function, text in drawn(FUNCTIONS, 160, 11)]
    wrong = [answer for answer in answers if answer is not None]
    assert len(wrong) >= 60
    unnamed = [found for found in wrong if not is_named(found)]
    assert len(unnamed) <= (1 - WANTED) * len(wrong)


@derivation
def entropic_gradient(x: Vector[n], a: Vector[n], c: Positive):
    """The gradient of a made-up loss that no table knows."""
    loss = (a * exp(c * x)).sum() + c * (x**2).sum()
    return chain(D(loss, x)).eq(c * a * exp(c * x) + 2 * c * x, by=differentiation)


SOURCE = "def f(x, a, c):\n    return c * a * np.exp(c * x) + 2 * c * x"


def test_a_new_derivation_is_diagnosed_as_well():
    sources = edits(SOURCE)
    chosen = [sources[k] for k in np.random.default_rng(2).permutation(len(sources))[:16]]
    assert share(chosen, lambda code: choices.given(code, entropic_gradient)) >= WANTED
