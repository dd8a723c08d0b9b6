"""Counterexamples on activations, losses, classification, optimisation, numerical gradients."""

import numpy as np

from docs.counterexamples import Finding, said
from numerics import (
    accuracy,
    adagrad_step,
    adam_step,
    cross_entropy,
    elu,
    minibatch_step,
    momentum_step,
    nesterov_step,
    rmsprop_step,
    softmax,
    softmax_cross_entropy,
)


def open_ranges() -> Finding:
    gaps = 1 / (1 + np.exp(30.0)), 2 / (1 + np.exp(2 * 15.0))
    text = "At x = 30 the sigmoid misses 1 by"
    end = "and only rounding makes them 1 further out"
    return f"{text} {said(gaps[0])}, at x = 15 tanh by {said(gaps[1])}; {end}.", min(gaps) > 0


def inactive_on_all_data() -> Finding:
    x, b = np.array([-1.0, 1.0]), 0.0
    slopes = (1.0 * x + b > 0) * x
    text = "w = 1, b = 0: the examples x = -1 and x = 1 have the gradients"
    return f"{text} {said(slopes)} in w: silent on one example, it learns from the other.", bool(
        slopes[0] == 0 != slopes[1]
    )


def leaky_slope_nonzero() -> Finding:
    x = np.array([-2.0, -1.0])
    values = np.maximum(0 * x, x)
    text = f"a = 0: max(a x, x) at {said(x)} is {said(values + 0.0)}, with the slope 0"
    return f"{text}: the rectifier, which can die.", bool((values == 0).all())


def maxout_pieces_may_die() -> Finding:
    x = np.array([-1.0, 0.5, 1.0])
    pieces = np.stack([x, x - 3])
    active = np.bincount(pieces.argmax(0), minlength=2)
    text = f"The pieces x and x - 3 at x = {said(x)}: they are the largest"
    return f"{text} {active[0]} and {active[1]} times; the second gets no gradient.", active[1] == 0


def identity_activation() -> Finding:
    a, b = 1.5, -4.0
    identity = lambda x: x  # noqa: E731, the activation itself
    text = "The identity, which line 609 of the same notes has for output layers:"
    sums = identity(a + b), identity(a) + identity(b)
    return f"{text} f(1.5 - 4) = {said(sums[0])} = f(1.5) + f(-4).", sums[0] == sums[1]


def elu_kink() -> Finding:
    h, alpha = 1e-6, 2.0
    slopes = [
        (elu(np.float64(h), alpha=alpha) - elu(np.float64(0), alpha=alpha)) / h,
        (elu(np.float64(0), alpha=alpha) - elu(np.float64(-h), alpha=alpha)) / h,
    ]
    text = "alpha = 2: the slope at 0 is"
    return f"{text} {said(slopes[1])} from the left and {said(slopes[0])} from the right.", bool(
        abs(slopes[0] - slopes[1]) > 0.5
    )


def sign_not_sine() -> Finding:
    scores = np.array([3.0, 4.0, 5.0])
    text = f"The positive scores {said(scores)} have the sines"
    return f"{text} {said(np.sin(scores))}: neither 1 nor -1, and not of one sign.", bool(
        (np.sign(np.sin(scores)) != np.sign(scores)).any()
    )


def accuracy_has_a_gradient() -> Finding:
    rng = np.random.default_rng(0)
    z, y = rng.standard_normal((50, 3)), np.eye(3)[rng.integers(0, 3, 50)]
    values = [accuracy(z + 1e-6 * rng.standard_normal(z.shape), y) for _ in range(100)]
    text = "50 random score vectors: 100 random changes of 1e-6 give accuracies from"
    return f"{text} {said(min(values))} to {said(max(values))}: the gradient is 0.", bool(
        max(values) == min(values)
    )


def rows_rotate_and_move() -> Finding:
    b, rows = 1.0, np.array([[1.0, 0.0], [2.0, 0.0]])
    offsets = [-b / np.linalg.norm(w) for w in rows]
    text = f"b = 1: from w = {said(rows[0])} to {said(rows[1])} the direction stays, and the line"
    return f"{text} moves from x_1 = {said(offsets[0])} to {said(offsets[1])}.", bool(
        offsets[0] != offsets[1]
    )


def cross_entropy_is_no_distance() -> Finding:
    p, q = np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]])
    itself, there, back = (cross_entropy(*pair)[0] for pair in ((p, p), (p, q), (q, p)))
    text = f"p = {said(p[0])}, q = {said(q[0])}: H(p, p) = {said(itself)}, H(p, q) ="
    return f"{text} {said(there)}, H(q, p) = {said(back)}.", bool(itself > 0 and there != back)


def one_probability_is_no_distribution() -> Finding:
    q = softmax(np.array([0.0, 0.0, 0.0]))
    text = "For three scores of 0 the expression is the number"
    return f"{text} {said(q[0])}; a distribution is {said(q)}.", bool(q[0] != q.sum())


def overflow_not_division() -> Finding:
    quotient = np.float64(1e300) / np.float64(4e300)
    with np.errstate(over="ignore", invalid="ignore"):
        lost = np.exp(np.float64(1000)) / np.exp(np.float64(1000))
    text = "1e300 / 4e300 is"
    words = "exp(1000) is no floating-point number, and exp(1000) / exp(1000) gives"
    return f"{text} {said(quotient)}, exactly; {words} {lost}.", bool(
        quotient == 0.25 and np.isnan(lost)
    )


def positive_constant() -> Finding:
    scores = np.array([1.0, 2.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        values = [np.exp(scores + np.log(c)) / np.exp(scores + np.log(c)).sum() for c in (3.0, 0.0)]
    text = "The scores (1, 2): C = 3 gives"
    return f"{text} {said(values[0])}, C = 0 gives {said(values[1])}.", bool(
        np.isnan(values[1]).all()
    )


def zero_centred_range() -> Finding:
    x = np.array([0.0, 1.0, 2.0])
    text = f"The weighted sums {said(x)}: the outputs of tanh are {said(np.tanh(x))}, of mean"
    return f"{text} {said(np.tanh(x).mean())}.", bool(np.tanh(x).mean() > 0.1)


def at_least_two_classes() -> Finding:
    loss = softmax_cross_entropy(np.array([[7.0]]), np.array([[1.0]]))[0]
    return f"With one class, of score 7, the loss is {said(abs(loss))}.", bool(loss == 0)


def margin_needs_penalty() -> Finding:
    w = np.linspace(0, 8, 8001)
    best = [w[(np.maximum(delta - w, 0) + w**2 / 8).argmin()] for delta in (1, 5)]
    text = "One example with the score difference w, lambda = 1/8: max(0, Delta - w) + w^2 / 8 is"
    return f"{text} least at w = {said(best[0])} for Delta = 1 and {said(best[1])} for 5.", bool(
        abs(best[1] - 5 * best[0]) > 0.5
    )


def descent_need_not_minimise() -> Finding:
    w = [-3.0]
    for _ in range(4):
        w.append(w[-1] - 0.1 * (3 * w[-1] ** 2 - 3))
    top = 0.0 - 0.1 * (-2 * 0.0)
    text = f"w^3 - 3 w from w = -3 with the step size 0.1 goes through {said(w[1:])};"
    return f"{text} -w^2 from w = 0 stays at its maximum, {said(top)}.", w[-1] < -1e3 and top == 0


def against_the_gradient() -> Finding:
    w = 1 + 0.1 * 2.0
    text = "w^2 at w = 1: a step of 0.1 in the direction of the gradient 2 raises it from 1 to"
    return f"{text} {said(w**2)}.", w**2 > 1


def small_steps_are_slow() -> Finding:
    w = {eta: abs((1 - eta) ** 1000) for eta in (0.001, 0.01, 0.1)}
    text = "On w^2 / 2, which has one minimum, 1,000 steps of size 0.001, 0.01 and 0.1 from w = 1"
    return f"{text} come to {said([*w.values()])}: slow, and stuck nowhere.", w[0.001] > 0.3


def oscillation_needs_large_steps() -> Finding:
    eigenvalues, eta = np.array([1.0, 100.0]), 0.005
    factors = 1 - eta * eigenvalues
    text = f"Eigenvalues {said(eigenvalues)}, an ellipse of ratio 10, with eta = {said(eta)}: the"
    return f"{text} factors of a step are {said(factors)}, none negative.", bool(
        (factors > 0).all()
    )


def alternating_gradients_do_not_cancel() -> Finding:
    w = h = np.zeros(1)
    for t in range(400):
        w, h = momentum_step(w, h, np.array([(-1.0) ** t]), eta=1.0, convention="notes")
    text = "alpha = 0.9, eta = 1 and gradients that alternate between 1 and -1: after 400 steps h"
    return f"{text} has the size {said(abs(h[0]))}, more than half of that without momentum.", bool(
        abs(h[0]) > 0.5
    )


def lookahead_by_the_last_momentum() -> Finding:
    w, h = np.array([1.0]), np.array([0.5])
    ahead = w - 0.9 * h
    after = nesterov_step(w, h, 2 * ahead, eta=0.1, alpha=0.9, convention="notes")
    text = "w^2 at w = 1 with h = 0.5, alpha = 0.9, eta = 0.1: the gradient is taken at"
    later = w - after.h
    return f"{text} {said(ahead[0])}; w - h_t, {said(later[0])}, is known only after it.", bool(
        abs(later[0] - ahead[0]) > 1e-3
    )


def not_by_adagrad() -> Finding:
    w = G = v = r = np.zeros(1)
    for _ in range(1000):
        before, kept = w, r
        w, G = adagrad_step(w, G, np.ones(1), eta=1.0)
        r, v = rmsprop_step(r, v, np.ones(1), eta=1.0)
    steps = abs(w - before)[0], abs(r - kept)[0]
    text = "Gradients of 1 and eta = 1: the 1,000th step of AdaGrad has the size"
    return f"{text} {steps[0]:.3f}, that of RMSprop {steps[1]:.3f}.", bool(
        steps[0] < 0.05 < steps[1]
    )


def rates_of_parameters() -> Finding:
    w, g = np.zeros(2), np.array([1.0, 2.0])
    after, _ = adagrad_step(w, np.zeros(2), g, eta=1.0)
    rates = -after / g
    text = "One example, whose gradient is (1, 2), eta = 1: the first step of AdaGrad has the rates"
    return f"{text} {said(rates)}, one a parameter.", bool(rates[0] != rates[1])


def all_examples_count() -> Finding:
    w, v, seen = np.zeros(1), np.zeros(1), []
    for g in (2.0, 0.0, 0.0, 0.0):
        w, v = rmsprop_step(w, v, np.array([g]), alpha=0.5)
        seen.append(v[0])
    text = "alpha = 1/2 and the gradients 2, 0, 0, 0: the average is"
    return f"{text} {said(seen)}, and never 0.", min(seen) > 0


def squared_gradients() -> Finding:
    w = m = v = np.zeros(1)
    for t, g in enumerate((1.0, -2.0), 1):
        w, m, v = adam_step(w, m, v, np.array([g]), t=t, beta_1=0.5, beta_2=0.5)
    weighted = 0.5 * 0.5 * 1.0 + 0.5 * -2.0
    text = "beta_2 = 1/2 and the gradients 1 and -2: v is"
    return f"{text} {said(v[0])}, the weighted sum of the gradients {said(weighted)}.", bool(
        v[0] != weighted
    )


def an_average() -> Finding:
    w = m = v = np.zeros(1)
    for t in (1, 2):
        w, m, v = adam_step(w, m, v, np.ones(1), t=t, beta_1=0.5)
    text = "beta_1 = 1/2 and the gradients 1 and 1: m is"
    return f"{text} {said(m[0])}, their sum 2.", bool(m[0] != 2)


def gradient_is_a_vector() -> Finding:
    gradient = np.array([2.0, 2.0])
    angles = np.linspace(0, 2 * np.pi, 9)[:-1]
    slopes = np.stack([np.cos(angles), np.sin(angles)], 1) @ gradient
    text = "x^2 + y^2 at (1, 1) has the gradient (2, 2), and in eight directions slopes from"
    return f"{text} {said(slopes.min())} to {said(slopes.max())}.", bool(np.ptp(slopes) > 5)


def increase_is_a_theorem() -> Finding:
    partials = [((1 + h) ** 2 + 1 - 2) / h for h in (1e-6,)] * 2
    angles = np.linspace(0, 2 * np.pi, 3601)
    best = angles[(np.cos(angles) * partials[0] + np.sin(angles) * partials[1]).argmax()]
    text = f"x^2 + y^2 at (1, 1): the definition gives the partial derivatives {said(partials)};"
    return (
        f"{text} the steepest of 3,600 directions, at {np.degrees(best):.0f} degrees, is found.",
        (round(np.degrees(best)) == 45),
    )


def learning_rate_is_no_difference() -> Finding:
    after = {eta: 1 - eta * 2 * 1.0 for eta in (0.1, 0.4)}
    text = "w^2 at w = 1 has the derivative 2, exactly; steps with the learning rates 0.1 and 0.4"
    return f"{text} go to {said([*after.values()])}.", after[0.1] != after[0.4]


def iterations_are_steps() -> Finding:
    examples, batch, epochs = 2000, 500, 10
    steps = sum(1 for _ in range(epochs) for _ in range(0, examples, batch))
    text = f"{epochs} epochs of {examples} examples in batches of {batch} are"
    return f"{text} {steps} iterations, not {examples // batch}.", steps != examples // batch


def average_within_a_batch() -> Finding:
    G, eta = np.array([[1.0], [2.0], [3.0], [6.0]]), 1.0
    steps = [-minibatch_step(np.zeros(1), G[k : k + 2], eta=eta)[0] for k in (0, 2)]
    text = "Gradients 1, 2, 3 and 6 in two batches: the estimates are"
    return f"{text} {said(steps)}, one a step; the average over the batches is {said(G.mean())}.", (
        steps[0] != G.mean()
    )


def ten_to_the_power() -> Finding:
    u = -3.0
    text = f"u = {said(u)}: 10^u is"
    return f"{text} {said(10**u)}, u^10 is {said(u**10)}.", 10**u != u**10


def best_step_is_not_smallest() -> Finding:
    def cube(x: float) -> float:
        return x * x * x

    errors = {h: abs((cube(1 + h) - cube(1 - h)) / (2 * h) - 3) for h in (1e-3, 1e-5, 1e-8)}
    text = "x^3 at 1 in float64, centred differences with h = 1e-3, 1e-5 and 1e-8: errors of about"
    sizes = ", ".join(f"{e:.0e}" for e in errors.values())
    return f"{text} {sizes}.", bool(errors[1e-5] < min(errors[1e-3], errors[1e-8]))


def range_of_new_data() -> Finding:
    train, new = np.array([0.0, 4.0, 8.0]), 10.0
    scale = np.abs(train - train.mean()).max()
    inside, outside = (train - train.mean()) / scale, (new - train.mean()) / scale
    text = f"Training data {said(train)} become {said(inside)}; the new value {said(new)} becomes"
    return f"{text} {said(outside)}.", abs(outside) > 1
