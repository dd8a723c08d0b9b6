"""Rules of the prover that penalties and estimators need, and the values of their numerics."""

import pytest

from derive.derivation.moments import expectation, random
from derive.proof.prover import verdict
from derive.proof.statuses import Gates, Status
from derive.terms.arrays import Array, identity, outer, variable
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


# --------------------------------------------------------------------------------------------
# Declared moments


def proved(left, right, *given):
    gates = Gates(facts=frozenset(f for noise in given for f in noise.reason.gates.facts))
    axes, body = Array.of(left).fresh()
    return verdict(Statement(body, Array.of(right).at(axes)), gates).status


q = variable("q", (), Kind.POSITIVE)
mask = random("m", (n,), mean=q, variance=q * (1 - q))
noise = random("e", (n,), variance=q**2)


@pytest.mark.parametrize(
    ("value", "wanted", "wrong"),
    [
        (noise, 0 * w, 0 * w + 1),
        (mask, 0 * w + q, 0 * w + q**2),
        (outer(noise, noise), q**2 * identity(n), q * identity(n)),
        (mask * w, q * w, w),
        ((mask * w) @ w, q * (w @ w), w @ w),
        (((mask - q) * w) @ w, 0, 1),
        ((mask**2) @ w, q * w.sum(), q**2 * w.sum()),
        (w + noise, w, 2 * w),
    ],
)
def test_expectations_follow_from_declared_moments(value, wanted, wrong):
    assert proved(expectation(value), wanted, mask, noise) is Status.PROVED
    assert proved(expectation(value), wrong, mask, noise) is Status.REFUTED
    assert proved(expectation(value), wanted) < Status.PROVED


def test_what_is_declared_apart_is_independent():
    other = random("f", (n,), mean=q, variance=1)
    assert proved(expectation(noise * other), 0 * w, noise, other) is Status.PROVED
    assert proved(expectation(other * mask), 0 * w + q**2, mask, other) is Status.PROVED


def test_third_moments_are_not_known():
    assert proved(expectation(noise**3), 0 * w, noise) < Status.PROVED
    assert proved(expectation(noise**2 * mask), 0 * w, noise) < Status.PROVED
