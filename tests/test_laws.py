"""Laws of the normal form beyond the identities: each proved, and a near miss of it refuted."""

import pytest

from benchmarks.statements import equation, everything
from derive.proof.prover import verdict
from derive.proof.statuses import Status
from derive.terms.arrays import identity, inverse, variable
from derive.terms.sizes import sizes

n, p = sizes("n p")
A, B, G = (variable(name, (n, n)) for name in "ABG")
W = variable("W", (n, p))

LAWS = {
    "the inverse of a triple product": (
        equation(inverse(A.T @ G @ A), inverse(A) @ inverse(G) @ inverse(A.T)),
        equation(inverse(A.T @ G @ A), inverse(A.T) @ inverse(G) @ inverse(A)),
    ),
    "a triple product meets its inverse": (
        equation(A.T @ G @ A @ inverse(A.T @ G @ A), identity(n)),
        equation(A.T @ G @ A @ inverse(A.T @ G.T @ A), identity(n)),
    ),
    "a product through a long matrix meets its inverse": (
        equation(W.T @ inverse(G) @ W @ inverse(W.T @ inverse(G) @ W), identity(p)),
        equation(W.T @ inverse(G) @ W @ inverse(W.T @ inverse(G.T) @ W), identity(p)),
    ),
}


@pytest.mark.parametrize("name", LAWS)
def test_law_is_proved_and_its_near_miss_refuted(name):
    law, near_miss = LAWS[name]
    found = verdict(law, everything(law))
    assert found.status is Status.PROVED, found.reason
    assert verdict(near_miss, everything(near_miss)).status is Status.REFUTED
