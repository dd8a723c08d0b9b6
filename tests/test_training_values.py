"""Values of activations, losses and optimisers: worked examples, extremes, memory, the claims."""

from functools import partial
from math import erf, sqrt

import numpy as np
import pytest

import numerics

# --------------------------------------------------------------------------------------------
# The worked examples of the notes, and numbers of the errata


def test_softmax_of_the_notes():
    np.testing.assert_allclose(numerics.softmax([7, -7.5, 10]), [0.05, 0, 0.95], atol=5e-3)
    z, y = [-2.85, 0.86, 0.28], [0, 0, 1]
    np.testing.assert_allclose(numerics.softmax(z), [0.0154, 0.6312, 0.3534], atol=5e-5)
    assert round(numerics.softmax_cross_entropy(z, y).item(), 2) == 1.04


def test_cross_entropy_tells_the_scores_of_the_notes_apart():
    y = [1, 0, 0]
    near = numerics.softmax_cross_entropy([10, 9, 9], y)
    far = numerics.softmax_cross_entropy([10, -100, -100], y)
    assert round(near.item(), 2) == 0.55
    assert 0 <= far < 1e-15


def test_slopes_of_the_notes():
    saturated = numerics.sigmoid_derivative([-10.0, 10.0])
    assert (saturated < 5e-5).all()
    assert round(numerics.sigmoid_neuron_gradient([2.0], [0.0], 2.0).item(), 2) == 0.21


def test_cross_entropy_is_no_distance():
    p, q = [0.5, 0.5], [0.25, 0.75]
    assert round(numerics.cross_entropy(p, q).item(), 2) == 0.84
    assert round(numerics.cross_entropy(q, p).item(), 2) == 0.69
    np.testing.assert_allclose(numerics.cross_entropy(p, p), np.log(2), rtol=1e-15)


def test_alternating_gradients_do_not_cancel():
    state = numerics.optimisers.Momentum(np.zeros(1), np.zeros(1))
    for k in range(200):
        g = [(-1.0) ** k]
        state = numerics.momentum_step(*state, g, eta=1, alpha=0.9, convention="notes")
    np.testing.assert_allclose(abs(state.h), 1 / 1.9, rtol=1e-8)


def test_a_difference_has_a_best_step():
    def error(h):
        return abs(numerics.directional_difference(np.exp, 0.0, 1.0, h) - 1).item()

    best = numerics.centred_difference_step(1.0, np.finfo(float).eps / 2).item()
    assert 5e-6 < best < 1e-5
    assert error(1e-8) > 10 * error(1e-5)
    assert error(1e-3) > 100 * error(best)


# --------------------------------------------------------------------------------------------
# Extremes

HUGE = np.array([-1e30, -1000, 0, 1000, 1e30], np.float32)


NAMES = ["softplus", "relu", "leaky_relu", "elu", "silu", "gelu", "tanh"]


@pytest.mark.parametrize("name", NAMES)
def test_activations_of_huge_values(name: str):
    with np.errstate(all="raise", under="ignore"):
        value = getattr(numerics, name)(HUGE)
        slope = getattr(numerics, f"{name}_derivative")(HUGE)
    assert np.isfinite(value).all() and np.isfinite(slope).all()
    assert (slope >= 0).all() and (slope <= 1).all()


def test_gelu_is_near_the_normal_distribution():
    x = np.linspace(-6, 6, 1001)
    exact = x * [0.5 * (1 + erf(value / sqrt(2))) for value in x]
    assert abs(numerics.gelu(x) - exact).max() < 5e-4


def test_small_values_keep_their_digits():
    x = np.array([-1e-9, 1e-9])
    np.testing.assert_allclose(numerics.elu(x), x, rtol=1e-8)
    tail = numerics.softplus(np.array([-40.0]))
    np.testing.assert_allclose(tail, np.exp(-40.0), rtol=1e-14)
    np.testing.assert_allclose(numerics.tanh_derivative([20.0]), 4 * np.exp(-40.0), rtol=1e-14)


def test_kinks_take_the_slope_of_the_left():
    assert numerics.relu_derivative(0.0) == 0
    assert numerics.leaky_relu_derivative(0.0, alpha=0.25) == 0.25
    assert numerics.elu_derivative(0.0, alpha=2.0) == 2
    gradient = numerics.maxout_gradient([1.0], [[1.0], [1.0]], [0.0, 0.0])
    np.testing.assert_array_equal(gradient.db, [1, 0])


def test_margins_that_are_just_met_have_no_slope():
    met, labels = np.array([1.0, -1.0]), np.array([1, -1])
    for name in ("hinge", "squared_hinge"):
        np.testing.assert_array_equal(getattr(numerics, f"{name}_gradient")(met, labels), [0, 0])
    scores, classes = [[3.0, 2.0, 0.0], [2.0, 2.0, 3.0]], [[1, 0, 0], [0, 0, 1]]
    np.testing.assert_array_equal(numerics.multiclass_hinge_gradient(scores, classes), 0)


def test_losses_of_huge_scores():
    s, y = np.array([-1e4, 1e4]), np.array([1.0, 1.0])
    np.testing.assert_array_equal(numerics.logistic_loss(s, y), [1e4, 0])
    np.testing.assert_array_equal(numerics.logistic_loss_gradient(s, y), [-1, 0])
    np.testing.assert_array_equal(numerics.exponential_loss(s, y), [np.inf, 0])


def test_divergence_of_close_and_of_partial_distributions():
    p = np.array([0.4, 0.6])
    q = p + np.array([1e-9, -1e-9])
    wanted = (1e-18 / 2 / p).sum()
    np.testing.assert_allclose(numerics.kullback_leibler_divergence(p, q), wanted, rtol=1e-6)
    np.testing.assert_allclose(numerics.kullback_leibler_divergence([0, 1], [0.5, 0.5]), np.log(2))
    assert numerics.kullback_leibler_divergence([0.5, 0.5], [0.0, 1.0]) == np.inf
    assert numerics.cross_entropy([1, 0], [1, 0]) == 0


# --------------------------------------------------------------------------------------------
# Optimisers

STEPS = {
    "momentum_step": {"eta": 0.1},
    "nesterov_step": {"eta": 0.1},
    "adagrad_step": {"eta": 0.1},
    "rmsprop_step": {"eta": 0.1},
    "adam_step": {"eta": 0.1, "t": 2},
}


def memory(name: str) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    count = 4 if name == "adam_step" else 3
    return [rng.random(3) for _ in range(count)]


@pytest.mark.parametrize("name", STEPS)
def test_a_step_may_be_taken_in_place(name: str):
    step, keywords = getattr(numerics, name), STEPS[name]
    *state, g = memory(name)
    wanted = step(*state, g, **keywords)
    found = step(*state, g, **keywords, out=state)
    for got, new, place in zip(found, wanted, state, strict=True):
        assert got is place
        np.testing.assert_array_equal(place, new)


@pytest.mark.parametrize("name", STEPS)
def test_a_place_that_does_not_fit_is_refused(name: str):
    step, keywords = getattr(numerics, name), STEPS[name]
    *state, g = memory(name)
    short = [*state[:-1], np.zeros(2)]
    before = [array.copy() for array in state]
    with pytest.raises(ValueError, match=r"^out\[\d\]: got shape \(2,\) of float64, wanted \(3,\)"):
        step(*state, g, **keywords, out=short)
    with pytest.raises(ValueError, match=r"^out: got 1 arrays, wanted \d"):
        step(*state, g, **keywords, out=state[:1])
    for array, old in zip(state, before, strict=True):
        np.testing.assert_array_equal(array, old)


@pytest.mark.parametrize(
    ("step", "batch"),
    [
        (partial(numerics.gradient_descent_step, eta=0.1), 0),
        (partial(numerics.minibatch_step, eta=0.1), 5),
        (partial(numerics.weight_decay_step, eta=0.1, lambda_=0.5), 0),
    ],
)
def test_one_array_may_be_given_for_one_result(step, batch):
    rng = np.random.default_rng(0)
    w, g = rng.random(3), rng.random((batch, 3) if batch else 3)
    wanted, place = step(w, g), np.zeros(3)
    assert step(w, g, out=place) is place
    np.testing.assert_array_equal(place, wanted)
    with pytest.raises(ValueError, match=r"^out: got shape \(2,\) of float64, wanted \(3,\) of"):
        step(w, g, out=np.zeros(2))
    with pytest.raises(
        ValueError, match=r"^out: got shape \(3,\) of float32, wanted .* of float64"
    ):
        step(w, g, out=np.zeros(3, np.float32))


@pytest.mark.parametrize("name", STEPS)
def test_an_unknown_convention_is_refused(name: str):
    *state, g = memory(name)
    with pytest.raises(ValueError, match=r"^convention: got 'keras', wanted"):
        getattr(numerics, name)(*state, g, **STEPS[name], convention="keras")


def test_conventions_differ_where_they_should():
    w, h, g = (np.array([x]) for x in (1.0, 0.5, 2.0))
    torch = numerics.momentum_step(w, h, g, eta=0.1, alpha=0.9)
    notes = numerics.momentum_step(w, 0.1 * h, g, eta=0.1, alpha=0.9, convention="notes")
    np.testing.assert_allclose(torch.w, notes.w, rtol=1e-15)
    np.testing.assert_allclose(0.1 * torch.h, notes.h, rtol=1e-15)
    for step in (numerics.momentum_step, numerics.nesterov_step):
        torch = step(w, h, g, eta=0.1, alpha=0.9)
        velocity = step(w, -0.1 * h, g, eta=0.1, alpha=0.9, convention="velocity")
        np.testing.assert_allclose(torch.w, velocity.w, rtol=1e-15)
        np.testing.assert_allclose(-0.1 * torch.h, velocity.h, rtol=1e-15)
    inside = numerics.adagrad_step(w, 0 * g, g, eta=1, epsilon=5.0, convention="notes")
    outside = numerics.adagrad_step(w, 0 * g, g, eta=1, epsilon=5.0)
    np.testing.assert_allclose([inside.w[0], outside.w[0]], [1 - 2 / 3, 1 - 2 / 7], rtol=1e-15)


def test_the_points_ahead_are_the_parameters_of_pytorch():
    def gradient(x):
        return 3 * x - 1

    alpha, eta = 0.8, 0.05
    w, h = np.array([2.0]), np.zeros(1)
    ahead, v = w.copy(), np.zeros(1)
    for _ in range(20):
        g = gradient(w - alpha * h)
        w, h = numerics.nesterov_step(w, h, g, eta=eta, alpha=alpha, convention="notes")
        ahead, v = numerics.nesterov_step(ahead, v, gradient(ahead), eta=eta, alpha=alpha)
        np.testing.assert_allclose(w - alpha * h, ahead, rtol=1e-12)


def test_where_nothing_was_seen_nothing_moves():
    zeros = np.zeros(2)
    for name in ("adagrad_step", "rmsprop_step"):
        found = getattr(numerics, name)(np.ones(2), zeros, zeros, epsilon=0)
        np.testing.assert_array_equal(found.w, [1, 1])
        with np.errstate(divide="ignore"):  # a square that is lost is not taken for no gradient
            lost = getattr(numerics, name)(np.ones(2), zeros, np.array([1e-200, 0]), epsilon=0)
        np.testing.assert_array_equal(lost.w, [-np.inf, 1])
    first = numerics.adam_step(np.ones(2), zeros, zeros, [3.0, 0.0], t=1, eta=0.1, epsilon=0)
    np.testing.assert_allclose(first.w, [0.9, 1], rtol=1e-15)
    with pytest.raises(ValueError, match=r"^t: got 0, wanted a whole number of at least 1"):
        numerics.adam_step(zeros, zeros, zeros, zeros, t=0)


def test_steps_find_the_minimum_of_a_quadratic():
    scales = np.array([1.0, 10.0])
    w = np.array([3.0, -2.0])
    eta = 2 / scales.sum()
    for _ in range(200):
        w = numerics.gradient_descent_step(w, scales * w, eta=eta)
    np.testing.assert_allclose(w, 0, atol=1e-8)
    state = numerics.optimisers.Adam(np.array([3.0, -2.0]), np.zeros(2), np.zeros(2))
    for t in range(1, 2000):
        state = numerics.adam_step(*state, scales * state.w, t=t, eta=0.02)
    np.testing.assert_allclose(state.w, 0, atol=1e-4)


def test_samples_without_replacement_have_the_covariance_of_all_samples():
    from itertools import combinations, product

    G = np.random.default_rng(1).normal(size=(5, 2))
    drawn = {
        "with_replacement": np.array(
            [G[list(s)].mean(axis=0) for s in product(range(5), repeat=3)]
        ),
        "without_replacement": np.array(
            [G[list(s)].mean(axis=0) for s in combinations(range(5), 3)]
        ),
    }
    for sampling, means in drawn.items():
        found = numerics.minibatch_covariance(G, size=3, sampling=sampling)
        np.testing.assert_allclose(found, numerics.gradient_covariance(means), rtol=1e-12)
    with pytest.raises(ValueError, match=r"^size: got 6, wanted at most N = 5"):
        numerics.minibatch_covariance(G, size=6)


def test_accuracy_counts_the_first_of_the_largest():
    assert numerics.accuracy([[1, 1], [0, 1]], [[1, 0], [1, 0]]) == 0.5
    with pytest.raises(ValueError, match=r"^z: got shape \(2, 0\), wanted"):
        numerics.accuracy(np.ones((2, 0)), np.ones((2, 0)))
