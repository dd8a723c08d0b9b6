"""Values of `numerics` where they are known, and stability where a naive formula fails."""

import numpy as np
import pytest

import numerics
from numerics._arguments import arguments

EXTREME = np.array([[1000, 0, -1000], [-1000, -1000, -1000], [88.8, 88.8, -104]], np.float32)
THIRD = np.float32(1 / 3)


def test_softmax_of_extreme_logits():
    wanted = np.array([[1, 0, 0], [THIRD, THIRD, THIRD], [0.5, 0.5, 0]], np.float32)
    np.testing.assert_allclose(numerics.softmax(EXTREME), wanted, rtol=1e-6)
    exact = numerics.log_softmax(EXTREME.astype(np.float64))
    np.testing.assert_allclose(numerics.log_softmax(EXTREME), exact, rtol=1e-6)
    np.testing.assert_allclose(numerics.logsumexp(EXTREME)[0], 1000)
    assert np.isfinite(numerics.softmax_jacobian(EXTREME)).all()


def test_cross_entropy_of_extreme_logits_neither_overflows_nor_cancels():
    y = np.array([0, 1, 0], np.float32)
    near = np.array([1000, 1000.0625, 1000], np.float32)  # exact in float32
    wanted = np.log1p(2 * np.exp(-0.0625))
    np.testing.assert_allclose(numerics.softmax_cross_entropy(near, y), wanted, rtol=1e-6)
    assert numerics.softmax_cross_entropy(EXTREME[0], y) == 1000
    gradient = numerics.softmax_cross_entropy_gradient(EXTREME[0], y)
    np.testing.assert_array_equal(gradient, [1, -1, 0])


def test_softmax_of_masked_logits():
    inf = np.inf
    np.testing.assert_array_equal(numerics.softmax([0, -inf, 0]), [0.5, 0, 0.5])
    assert numerics.logsumexp([-inf, -inf]) == -inf
    assert numerics.logsumexp([0, inf]) == inf
    np.testing.assert_array_equal(numerics.log_softmax([0, -inf]), [0, -inf])


def test_a_class_that_is_masked_and_not_the_right_one_costs_nothing():
    y = np.array([[0, 1, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    z = np.array([[0, 0, -np.inf], [0, -np.inf, -np.inf], [0, 0, 0]], np.float32)
    found = numerics.softmax_cross_entropy(z, y)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [np.log(2), 0, np.log(3)], rtol=1e-6)
    np.testing.assert_array_equal(numerics.multiclass_hinge(z, y), [1, 0, 2])
    slopes = [[1, -1, 0], [0, 0, 0], [1, -2, 1]]
    np.testing.assert_array_equal(numerics.multiclass_hinge_gradient(z, y), slopes)
    assert numerics.softmax_cross_entropy(z[0], [0, 0, 1]) == np.inf


@pytest.mark.parametrize("K", [1, 2, 31, 32, 33, 1000])
def test_extreme_logits_of_few_and_many_classes(K: int):
    z = np.full((2, 3, K), -np.inf)
    z[0] = np.random.default_rng(K).normal(size=(3, K))
    z[1, :, -1] = 0
    for shift in (-2048.0, 0.0, 2048.0):  # powers of two, so that little is lost
        np.testing.assert_allclose(numerics.softmax(z + shift), numerics.softmax(z), atol=1e-12)
        np.testing.assert_allclose(numerics.logsumexp(z + shift), numerics.logsumexp(z) + shift)
    assert np.isneginf(numerics.logsumexp(np.full(K, -np.inf)))


@pytest.mark.parametrize("K", [31, 32, 33, 1000])
def test_softmax_of_few_and_many_classes(K: int):
    z = np.random.default_rng(K).normal(size=(3, K))
    weights = np.exp(z)
    wanted = weights / weights.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(numerics.softmax(z), wanted, rtol=1e-13)
    np.testing.assert_allclose(numerics.logsumexp(z), np.log(weights.sum(axis=-1)), rtol=1e-13)


def test_the_diagonal_of_the_softmax_jacobian_does_not_cancel():
    jacobian = numerics.softmax_jacobian([50.0, 0.0])
    small = np.exp(-50.0)
    np.testing.assert_allclose(jacobian, small * np.array([[1, -1], [-1, 1]]), rtol=1e-14)


def test_the_mean_is_over_the_whole_batch_and_of_nothing_is_nan():
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(2, 3, 5)), np.eye(5)[rng.integers(5, size=(2, 3))]
    losses = numerics.softmax_cross_entropy(z, y)
    mean = numerics.softmax_cross_entropy(z, y, reduction="mean")
    np.testing.assert_allclose(mean, losses.mean(), rtol=1e-14)
    empty = np.ones((0, 5), np.float32)
    assert np.isnan(numerics.softmax_cross_entropy(empty, empty, reduction="mean"))
    assert numerics.softmax_cross_entropy(empty, empty, reduction="sum") == 0


@pytest.mark.parametrize(
    "function", [numerics.softmax_cross_entropy, numerics.softmax_cross_entropy_gradient]
)
def test_an_unknown_reduction_is_refused(function):
    with pytest.raises(ValueError, match=r"^reduction: got 'average', wanted"):
        function([0.0, 1.0], [0.0, 1.0], reduction="average")


def test_sigmoid_of_extreme_values():
    x = np.array([-1000, -80, 80, 1000], np.float32)
    np.testing.assert_allclose(numerics.sigmoid(x), [0, np.exp(-80.0), 1, 1], rtol=1e-6)
    tails = [0, np.exp(-80.0), np.exp(-80.0), 0]
    np.testing.assert_allclose(numerics.sigmoid_derivative(x), tails, rtol=1e-6)


def test_sigmoid_of_an_array_longer_than_a_block():
    x = np.random.default_rng(0).normal(size=(5, 20_011))[:, ::-1]
    wanted = 1 / (1 + np.exp(-x))
    np.testing.assert_allclose(numerics.sigmoid(x), wanted, rtol=1e-14)
    np.testing.assert_allclose(numerics.sigmoid_derivative(x), wanted * (1 - wanted), rtol=1e-11)


def test_the_hat_matrix_is_the_projection_onto_the_columns():
    X = np.random.default_rng(0).normal(size=(7, 3)) * [1, 1e-12, 1e12]
    H = numerics.hat_matrix(X)
    np.testing.assert_array_equal(H, H.T)
    np.testing.assert_allclose(H @ H, H, atol=1e-14)
    np.testing.assert_allclose(H @ X, X, rtol=1e-10)
    np.testing.assert_allclose(np.trace(H), 3)


def test_the_hat_matrix_survives_what_the_normal_equations_do_not():
    powers = np.vander(np.linspace(0, 1, 40), 12)  # condition number 1e9, of X'X 1e18
    H = numerics.hat_matrix(powers)
    np.testing.assert_allclose(H @ powers, powers, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("columns", "first"),
    [("aa", 1), ("aba", 2), ("0", 0), ("ab0", 2), ("abcdef", 4)],
)
def test_a_dependent_column_is_named(columns: str, first: int, dtype: type):
    rng = np.random.default_rng(0)
    vectors = {name: rng.normal(size=4) for name in "abcdef"} | {"0": np.zeros(4)}
    X = np.stack([vectors[name] for name in columns], axis=1).astype(dtype)
    with pytest.raises(ValueError, match=rf"^X: .* column {first} depends .* p = {len(columns)}$"):
        numerics.hat_matrix(X)


def test_differences_are_as_good_as_they_can_be():
    rng = np.random.default_rng(0)
    A, x = rng.normal(size=(30, 30)) / 6, rng.normal(size=30)
    v = rng.choice([-1.0, 1.0], size=30)
    wanted = np.cos(A @ x) @ (A @ v)

    def f(x: np.ndarray) -> np.ndarray:
        return np.sin(A @ x).sum()

    assert abs(numerics.directional_difference(f, x, v) - wanted) < 1e-9
    assert abs(numerics.directional_difference(f, x, v, h=1e-2) - wanted) > 1e-7
    assert abs(numerics.complex_step_derivative(f, x, v) - wanted) < 1e-13


@pytest.mark.parametrize(("x", "scale"), [(0.0, 1), (-0.5, 1), (3.0, 3), (-1e6, 1e6)])
def test_the_step_of_a_difference_is_on_the_scale_of_the_place(x: float, scale: float):
    met: list[float] = []
    numerics.directional_difference(lambda z: met.append(z) or z, x, 1.0)
    h = np.finfo(np.float64).eps ** (1 / 3) * scale
    assert met == [x + h, x - h]


@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_a_jacobian_in_nothing_has_the_shape_of_one(shape: tuple[int, ...]):
    jacobian = numerics.finite_difference_jacobian(lambda x: np.ones((2, 4)), np.ones(shape))
    assert jacobian.shape == (2, 4, *shape)


def test_a_jacobian_has_the_axes_of_the_output_first_and_takes_two_calls_an_entry():
    A, calls = np.arange(6.0).reshape(2, 3), []

    def f(X: np.ndarray) -> np.ndarray:
        calls.append(X)
        return A @ X

    jacobian = numerics.finite_difference_jacobian(f, np.ones((3, 5)))
    np.testing.assert_allclose(jacobian, np.einsum("ij,kl->ikjl", A, np.eye(5)), atol=1e-9)
    assert jacobian.shape == (2, 5, 3, 5) and len(calls) == 30


def test_a_batch_is_what_stands_before_the_named_axes():
    z, y = arguments("... K; ...", z=np.ones((2, 5, 3)), y=np.ones((2, 5)))
    assert z.shape == (2, 5, 3) and y.shape == (2, 5)
    with pytest.raises(ValueError, match=r"^y: got shape \(5,\), wanted \(\.\.\.\)"):
        arguments("... K; ...", z=np.ones((2, 5, 3)), y=np.ones(5))
