"""Rules of the prover that penalties and estimators need, and the values of their numerics."""

import numpy as np
import pytest

import numerics
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


# --------------------------------------------------------------------------------------------
# Values of the numerics


def tall(rows=9, columns=4):
    return np.random.default_rng(rows).normal(size=(rows, columns))


def test_least_squares_is_exact_where_the_gram_matrix_is_lost():
    X = np.vander(np.linspace(0, 1, 40), 12)  # condition number 1e9, of X'X 1e18
    beta = np.arange(12.0)
    np.testing.assert_allclose(numerics.least_squares(X, X @ beta), beta, atol=1e-6)


@pytest.mark.parametrize("columns", [4, 9, 12])
def test_the_shortest_coefficients_are_those_of_lstsq(columns: int):
    X, y = tall(9, columns), tall(9, 1)[:, 0]
    X[:, 1] = 3 * X[:, 0]
    wanted = np.linalg.lstsq(X, y)[0]
    got = numerics.least_squares(X, y, singular="minimum_norm")
    np.testing.assert_allclose(got, wanted, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("rows", "rank"), [(9, 3), (2, 2)])
def test_dependent_columns_are_refused_with_their_rank(rows: int, rank: int, dtype: type):
    X = tall(rows, 4)
    X[:, 3] = X[:, 0] - X[:, 2]
    with pytest.raises(ValueError, match=f"^X: got rank {rank}, wanted p = 4; singular="):
        numerics.least_squares(X.astype(dtype), np.ones(rows, dtype))


@pytest.mark.parametrize("scale", [1e-40, 1, 1e40])
def test_the_scale_of_a_matrix_says_nothing_of_its_rank(scale: float):
    X, y = tall(), tall(9, 1)[:, 0]
    np.testing.assert_allclose(numerics.hat_matrix(scale * X), numerics.hat_matrix(X), atol=1e-14)
    X[:, 2], X[:, 3] = X[:, 0] - X[:, 1], X[:, 1] / 2
    with pytest.raises(ValueError, match=r"^X: got columns of which column 2 depends"):
        numerics.hat_matrix(scale * X)
    got = numerics.least_squares(scale * X, y, singular="minimum_norm")
    np.testing.assert_allclose(scale * got, np.linalg.lstsq(X, y)[0], rtol=1e-12)


@pytest.mark.parametrize("unit", [1, 1j])
def test_columns_count_on_their_own_scales(unit: complex):
    X = tall() * np.array([1, unit, 1, 1])
    X[:, 3] = X[:, 0] - X[:, 2]
    X = np.c_[X, np.zeros(9)] * [1, 1e-20, 1e40, 1, 1]
    with pytest.raises(ValueError, match=r"^X: got rank 3, wanted p = 5"):
        numerics.least_squares(X, np.ones(9))
    with pytest.raises(ValueError, match=r"^X: got rank 0, wanted p = 2"):
        numerics.least_squares(np.zeros((3, 2)), np.ones(3))
    with pytest.raises(ValueError, match=r"^X: got rank 3, wanted p = 4"):
        numerics.least_squares(np.c_[X[:, :3], 3 * X[:, 0]], np.ones(9))
    zero = numerics.least_squares(np.zeros((3, 2)), np.ones(3), singular="minimum_norm")
    np.testing.assert_array_equal(zero, [0, 0])


def test_columns_of_complex_numbers_have_lengths():
    X = tall() + 0j
    X[:, 1], X[:, 3] = 0, X[:, 0] - X[:, 2]
    X[:2, 1] = 1e-20, 1e-20j  # the squares, without absolute values, sum to nought
    with pytest.raises(ValueError, match=r"^X: got rank 3, wanted p = 4"):
        numerics.least_squares(X, np.ones(9))
    Q, _ = np.linalg.qr(tall(9, 2))
    with pytest.raises(ValueError, match=r"^X: got columns of which column 2 depends"):
        numerics.hat_matrix(np.c_[Q, Q @ [1, 1j]])


def test_columns_are_dependent_if_rounding_could_make_them_so():
    eps = np.finfo(np.float64).eps
    X = np.eye(40, 2)
    X[0, 1], X[1, 1] = 1, 28 * eps  # of 40 cases
    with pytest.raises(ValueError, match=r"^X: got rank 1, wanted p = 2"):
        numerics.least_squares(X, np.ones(40))
    X[1, 1] = 100 * eps
    np.testing.assert_array_equal(numerics.least_squares(X, X[:, 0]), [1, 0])


def test_ridge_is_least_squares_with_more_cases():
    X, y = tall(), tall(9, 1)[:, 0]
    rows = np.vstack([X, np.sqrt(0.3) * np.eye(4)])
    wanted = numerics.least_squares(rows, np.r_[y, np.zeros(4)])
    np.testing.assert_allclose(numerics.ridge(X, y, lambda_=0.3), wanted, rtol=1e-12)
    with pytest.raises(ValueError, match=r"^lambda_: got 0, wanted a positive number"):
        numerics.ridge(X, y, lambda_=0)


def test_the_soft_threshold_keeps_signs_and_makes_zeros():
    z = np.array([-2.5, -1.0, -0.0, 0.25, 1.0, np.inf, np.nan], np.float32)
    wanted = np.array([-1.5, 0, 0, 0, 0, np.inf, np.nan], np.float32)
    np.testing.assert_array_equal(numerics.soft_threshold(z, threshold=1), wanted)
    with pytest.raises(ValueError, match=r"^threshold: got -1, wanted"):
        numerics.soft_threshold(z, threshold=-1)


def test_a_step_can_be_written_to_the_weights():
    w, g = np.array([1.0, 2.0]), np.array([0.5, -0.5])
    wanted = w - 0.1 * (g + 0.01 * w)
    got = numerics.weight_decay_step(w, g, eta=0.1, lambda_=0.01, out=w)
    assert got is w
    np.testing.assert_allclose(w, wanted, rtol=1e-15)


@pytest.mark.parametrize("q", [0, 1.5, float("nan")])
def test_a_probability_is_between_nought_and_one(q: float):
    with pytest.raises(ValueError, match=r"^q: got .*, wanted a probability"):
        numerics.dropout([1.0], [1], q=q)


def test_a_layer_of_rectifiers_keeps_the_mean_square():
    rng = np.random.default_rng(0)
    x = rng.normal(size=2000) + 1
    W = numerics.he_scaled(rng.standard_normal((2000, 2000)))
    outputs = np.maximum(x @ W, 0)
    np.testing.assert_allclose((outputs**2).mean(), (x**2).mean(), rtol=0.1)
