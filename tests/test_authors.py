"""SymPy proposes scalar steps; the prover takes the true ones and refutes the others."""

import pytest
import sympy as sp

from benchmarks.statements import equation, everything
from derive.checking.authors import authored
from derive.checking.sympy_bridge import NoSymPyForm
from derive.proof.prover import verdict
from derive.proof.statuses import Status
from derive.terms.arrays import apply, variable

x, y = variable("x", ("n",)), variable("y", ("n",))


@pytest.mark.parametrize(
    ("line", "simplifier"),
    [
        (x**2 - y**2, sp.factor),
        ((x**2 - 1) / (x - 1), sp.cancel),
        (1 / (x * (x + 1)), lambda e: sp.apart(e, *sorted(e.free_symbols, key=str)[:1])),
        (apply("sin", x) ** 2 + apply("cos", x) ** 2 + x.sum() * y, sp.trigsimp),
        ((x + y.sum()) ** 3, sp.expand),
    ],
)
def test_a_proposal_is_proved(line, simplifier):
    proposal = authored(line, simplifier)
    claim = equation(line, proposal)
    assert proposal.body != line.body
    assert verdict(claim, everything(claim)).status is Status.PROVED


def test_a_false_proposal_is_refuted():
    claim = equation(x**2 + y, authored(x**2 + y, lambda e: e + 1))
    assert verdict(claim, everything(claim)).status is Status.REFUTED


def test_an_answer_that_is_no_term_is_refused():
    with pytest.raises(NoSymPyForm):
        authored(x + 1, lambda e: sp.Integral(e, sp.Symbol("t")))
