"""Rules of the prover that penalties and estimators need, and the values of their numerics."""

import pytest

from derive.proof.prover import verdict
from derive.proof.statuses import Gates, Status
from derive.terms.arrays import Array, variable
from derive.terms.functions import delta, relu
from derive.terms.indices import Index
from derive.terms.sizes import sizes
from derive.terms.statements import Statement
from derive.terms.tensors import Kind

(n,) = sizes("n")
i, k = Index("i", n), Index("k", n)
a, x = variable("a", (), Kind.NONNEGATIVE), variable("x")
m, w = variable("m", (n,), Kind.MASK), variable("w", (n,))


def status(left, relation, right):
    sides = [Array.of(side).body for side in (left, right)]
    return verdict(Statement(*sides, relation), Gates()).status


@pytest.mark.parametrize("share", [delta(i, k), m[k], delta(i, k) * m[k]])
def test_one_minus_a_share_is_not_negative(share):
    assert status(0, "<=", (1 - share) * w[k] ** 2) is Status.PROVED


@pytest.mark.parametrize("no_share", [2 * delta(i, k), delta(i, k) * x, w[k]])
def test_one_minus_anything_may_be_negative(no_share):
    assert status(0, "<=", (1 - no_share) * w[k] ** 2) < Status.PROVED


def test_the_positive_part_of_what_is_not_negative_is_itself():
    assert status(relu(a), "=", a) is Status.PROVED
    assert status(relu(x), "=", x) is Status.REFUTED
