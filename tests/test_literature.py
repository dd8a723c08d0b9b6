"""Statements from the literature: instances are cited, and nothing else is."""

import pytest

from derive.derivation import chain, derivation
from derive.derivation.literature import (
    cauchy_schwarz,
    maximum_below_log_sum_exp,
    triangle_inequality,
)
from derive.proof.statuses import Status
from derive.spaces import Vector
from derive.terms.arrays import maximum_over, variable
from derive.terms.functions import exp, log
from derive.terms.nodes import D
from derive.terms.sizes import sizes
from derive.terms.structure import subterms

(n,) = sizes("n")
ROWS = {
    "cauchy_schwarz": cauchy_schwarz,
    "triangle_inequality": triangle_inequality,
    "maximum_below_log_sum_exp": lambda x, y: maximum_below_log_sum_exp(x + y),
}


@derivation(symbolic_only="an inequality")
def bounded(x: Vector[n], y: Vector[n]):
    """A product is bounded by the norms."""
    return chain((x * y).sum() ** 2).le((y**2).sum() * (x**2).sum(), by=cauchy_schwarz(x, y))


@derivation(symbolic_only="an inequality")
def too_strong(x: Vector[n], y: Vector[n]):
    """Half the bound, which is false."""
    half = (y**2).sum() * (x**2).sum() / 2
    return chain((x * y).sum() ** 2).le(half, by=cauchy_schwarz(x, y))


def test_an_instance_is_cited():
    record = bounded.record()
    assert record.status is Status.CITED
    assert record.links[0].reasons[0].reference


def test_a_stronger_statement_is_refuted_whatever_it_cites():
    assert too_strong.record().status is Status.REFUTED


@pytest.mark.parametrize("name", ROWS)
def test_every_row_has_a_source_and_is_no_derivative(name):
    reason = ROWS[name](variable("x", ("n",)), variable("y", ("n",)))
    (lemma,) = reason.gates.lemmas
    assert reason.reference
    assert not any(isinstance(t, D) for side in (lemma.left, lemma.right) for t in subterms(side))


@pytest.mark.parametrize("name", ROWS)
def test_every_row_agrees_with_the_evaluator(name):
    from derive.proof.evaluator import evidence

    reason = ROWS[name](variable("x", ("n",)), variable("y", ("n",)))
    assert evidence(reason.gates.lemmas[0]).outcome == "agrees"


def test_log_sum_exp_above_the_maximum():
    @derivation(symbolic_only="an inequality")
    def maximum(x: Vector[n]):
        """The maximum is a lower bound."""
        return chain(maximum_over(x)).le(log(exp(x).sum()), by=maximum_below_log_sum_exp(x))

    assert maximum.record().status is Status.CITED
