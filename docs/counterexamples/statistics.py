"""Counterexamples on linear regression, regularisation, dropout and initialisation."""

import numpy as np

from docs.counterexamples import Finding, said
from numerics import (
    hinge,
    least_squares,
    multiclass_hinge,
    ridge,
    soft_threshold,
    softmax_cross_entropy,
    weight_decay_step,
)


def unique_solution() -> Finding:
    X, y = np.array([[1.0, 1.0]]), np.array([1.0])
    betas = np.array([[1.0, 0.0], [0.0, 1.0]])
    losses = [float(((X @ beta - y) ** 2).sum()) for beta in betas]
    text = f"X = {said(X)} and y = {said(y)}: beta = {said(betas[0])} and {said(betas[1])}"
    return f"{text} have the residual sums of squares {said(losses)}.", losses == [0, 0]


def orthogonality_at_any_rank() -> Finding:
    X, y = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([0.0, 2.0])
    residuals = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    rank, products = np.linalg.matrix_rank(X), X.T @ residuals
    text = f"X = {said(X)} has the rank {rank}; for y = {said(y)} the residuals {said(residuals)}"
    orthogonal = np.allclose(products, 0, atol=1e-12)
    return f"{text} are orthogonal to both columns.", rank < 2 and orthogonal


def correlated_is_not_proportional() -> Finding:
    x1 = np.array([1.0, 2.0, 4.0])
    x2 = x1 + 1
    correlation = np.corrcoef(x1, x2)[0, 1]
    rank = np.linalg.matrix_rank(np.stack([x1, x2], 1))
    text = f"{said(x1)} and {said(x2)} have the correlation {said(correlation)}, and the rank of"
    return f"{text} the two columns is {rank}.", bool(np.isclose(correlation, 1)) and rank == 2


def single_coefficients_may_grow() -> Finding:
    X, y = np.linalg.cholesky(np.array([[2.0, 1.0], [1.0, 2.0]])).T, np.array([2.0, 1.0])
    y = np.linalg.solve(X.T, y)
    plain, penalised = least_squares(X, y), ridge(X, y, lambda_=1.0)
    text = "X'X = ((2, 1), (1, 2)) and X'y = (2, 1): least squares gives"
    grows = abs(penalised[1]) > abs(plain[1]) + 0.1
    return f"{text} {said(np.round(plain, 12))}, ridge with lambda = 1 {said(penalised)}.", grows


def bounds_that_bind() -> Finding:
    w = np.linspace(-3, 3, 60001)
    best = [w[w**2 <= bound][((w[w**2 <= bound] - 1) ** 2).argmin()] for bound in (1, 2, 4)]
    text = "One case with x = 1 and y = 1: the least squares with w^2 at most 1, 2 and 4 are at"
    return f"{text} w = {said(best)}.", np.allclose(best, 1)


def some_zeros() -> Finding:
    w = soft_threshold(np.eye(2) @ np.array([3.0, 2.0]), threshold=1.0)
    text = (
        "X = I, y = (3, 2), lambda = 1: |y - X w|^2 / 2 + lambda |w| with the L1 norm is least at"
    )
    return f"{text} {said(w)}.", bool((w != 0).all())


def gradients_and_a_threshold() -> Finding:
    w = 2.0
    for _ in range(60):
        w -= 0.5 * (w - 2 + np.sign(w))
    text = "(w - 2)^2 / 2 + |w| is least at w = 1; gradient steps of size 1/2 from w = 2 come to"
    return f"{text} {said(w)}.", bool(np.isclose(w, 1))


def strength_of_a_prior() -> Finding:
    totals = [sum(np.exp(-hinge(np.float64(s), np.float64(y))) for y in (1, -1)) for s in (0, 1)]
    text = "The hinge loss is no negative log-likelihood: exp(-loss) sums over the two labels to"
    return f"{text} {said(totals[0])} at the score 0 and {said(totals[1])} at 1.", bool(
        abs(totals[0] - totals[1]) > 0.1
    )


def which_penalty_favours_what() -> Finding:
    one, even = np.array([1.0, 0, 0, 0]), np.full(4, 0.25)
    sizes, scores = [np.abs(w).sum() for w in (one, even)], [w.sum() for w in (one, even)]
    text = f"{said(one)} and {said(even)} have the scores {said(scores)} for inputs of one, and"
    return f"{text} the L1 penalties {said(sizes)}: no preference.", sizes[0] == sizes[1]


def decay_against_a_gradient() -> Finding:
    w = np.array([1.0])
    after = weight_decay_step(w, np.array([-1.0]), eta=0.1, lambda_=0.5)
    text = "w = 1 with the gradient -1, weight decay 0.5 and learning rate 0.1 becomes"
    return f"{text} {said(after[0])}.", bool(after[0] > w[0])


def correct_is_not_zero_loss() -> Finding:
    scores = np.array([[1.0, 0.5, 0.0]])
    loss = multiclass_hinge(scores, np.eye(3)[[0]])
    text = f"The scores {said(scores[0])} classify the first class correctly, and with margin 1"
    return f"{text} they cost {said(loss[0])}.", bool(scores[0].argmax() == 0 and loss[0] > 0)


def loss_at_zero_weights() -> Finding:
    scores, label = np.zeros((1, 3)), np.eye(3)[[0]]
    losses = softmax_cross_entropy(scores, label)[0], multiclass_hinge(scores, label)[0]
    text = "W = 0 with three classes: the softmax loss is"
    return f"{text} {said(losses[0])}, the SVM loss {said(losses[1])}.", min(losses) > 0


def keep_or_drop() -> Finding:
    draws = np.random.default_rng(0).random(10_000)
    kept = (draws < 0.8).mean(), (draws >= 0.8).mean()
    text = "p = 0.8 with 10,000 activations: if p is the probability to keep, as in the notes,"
    words = f"{kept[0]:.1%} are kept; if to drop, as in PyTorch's Dropout(p), {kept[1]:.1%}"
    return f"{text} {words}.", abs(kept[0] - kept[1]) > 0.5


def equal_weights_in_and_out() -> Finding:
    x, inward, outward = np.array([1.0, 2.0]), np.full((2, 2), 0.5), np.array([1.0, 2.0])
    slopes = 1 - np.tanh(x @ inward) ** 2
    gradient = np.outer(x, outward * slopes)
    text = "Two tanh units with the weights (0.5, 0.5) in, and 1 and 2 out, at x = (1, 2): their"
    return (
        f"{text} gradients are {said(gradient[:, 0])} and {said(gradient[:, 1])}.",
        not np.allclose(gradient[:, 0], gradient[:, 1]),
    )


def deviation_not_variance() -> Finding:
    x, w = np.random.default_rng(0).standard_normal((2, 100_000, 4))
    variance = ((w / 4**0.25) * x).sum(1).var()
    text = "Weights of variance 1/sqrt(4), four inputs of variance 1: the variance of 100,000"
    return f"{text} scores is {variance:.2f}, not 1.", bool(variance > 1.5)


def _mean_square_after(scale: float, fan_in: int) -> float:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((400, fan_in)), rng.standard_normal((fan_in, 4000)) * scale
    return float((np.maximum(x @ w, 0) ** 2).mean() / (x**2).mean())


def scale_upside_down() -> Finding:
    notes, he = _mean_square_after((8 / 2) ** 0.5, 8), _mean_square_after((2 / 8) ** 0.5, 8)
    text = "fan_in = 8: a layer of 4,000 rectifiers multiplies the mean square of its inputs by"
    return (
        f"{text} {notes:.1f} with sqrt(fan_in/2), and by {he:.2f} with sqrt(2/fan_in).",
        notes > 10 > he,
    )


def xavier_and_he() -> Finding:
    xavier, he = (_mean_square_after(v**0.5, 8) for v in (2 / (8 + 8), 2 / 8))
    text = "8 inputs and 8 outputs: Xavier's variance is 1/8, and rectifiers multiply the mean"
    return f"{text} square by {xavier:.2f}; He's is 1/4, and gives {he:.2f}.", bool(
        he > 1.5 * xavier
    )


def mean_square_only() -> Finding:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1000, 50)), rng.standard_normal((50, 50)) * (2 / 50) ** 0.5
    zeros = [(v == 0).mean() for v in (x, np.maximum(x @ w, 0))]
    text = "A layer of rectifiers with this scale turns normal inputs, none of them 0, into"
    return f"{text} outputs of which {zeros[1]:.0%} are 0.", bool(zeros[1] > 0.4 > zeros[0])
