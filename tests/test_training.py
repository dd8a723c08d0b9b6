"""What the derivations of losses, activations and optimisers ask of the prover beyond others."""

import pytest

from derive.proof.prover import verdict
from derive.proof.statuses import Gates, Status
from derive.terms.arrays import variable
from derive.terms.functions import cond, exp, minimum, relu
from derive.terms.statements import Statement

x, y = variable("x"), variable("y")


@pytest.mark.parametrize(
    ("left", "right", "status"),
    [
        (exp(cond(x) * y), 1 + cond(x) * (exp(y) - 1), Status.PROVED),
        (exp(relu(x)) - 1, cond(x) * (exp(x) - 1), Status.PROVED),
        (exp(minimum(x, 0)), cond(x) + cond(-x) * exp(x), Status.PROVED),
        (exp(2 * cond(x) * y), 1 + cond(x) * (exp(y) - 1), Status.REFUTED),
        (exp(cond(x) * y + y), exp(y) + cond(x) * (exp(y) - 1), Status.REFUTED),
    ],
)
def test_the_exponential_of_a_choice(left, right, status):
    assert verdict(Statement(left.body, right.body), Gates()).status is status
