"""Activations, losses, linear models, dropout and initial weights against PyTorch, in float64."""

import numpy as np
import pytest
from beside_torch import (
    COMPARED,
    agree,
    agree_in_every_place,
    all_agree,
    cases,
    draw,
    torch,
    value_and_gradients,
)

import numerics

F = torch.nn.functional
jacobian = torch.autograd.functional.jacobian
pytestmark = COMPARED

REDUCTIONS = ("none", "mean", "sum")
TOTALS = ("mean", "sum")


def signs(count):
    return np.where(np.arange(count) % 3, 1.0, -1.0)


def simplex(rows, classes):
    weights = np.exp(draw((rows, classes), (1,))[0])  # others than are drawn for logits
    return weights / weights.sum(axis=1, keepdims=True)


# --------------------------------------------------------------------------------------------
# Activations: kinks, tails and what lies between

PLACES = np.concatenate([[-800, -50, -20, -1, 0, 1, 20, 50, 800], 3 * draw((40,))[0]])
ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "silu": F.silu,
    "gelu": lambda x: F.gelu(x, approximate="tanh"),
    "softplus": lambda x: F.softplus(x, threshold=40),  # beyond, PyTorch takes it for x
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name):
    y, (slopes,) = value_and_gradients(ACTIVATIONS[name], PLACES)
    agree_in_every_place(getattr(numerics, name)(PLACES), y)
    agree_in_every_place(getattr(numerics, f"{name}_derivative")(PLACES), slopes)


@pytest.mark.parametrize("alpha", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("name", ["leaky_relu", "elu"])
def test_activations_with_a_slope(name, alpha):
    y, (slopes,) = value_and_gradients(lambda x: ACTIVATIONS[name](x, alpha), PLACES)
    agree_in_every_place(getattr(numerics, name)(PLACES, alpha=alpha), y)
    agree_in_every_place(getattr(numerics, f"{name}_derivative")(PLACES, alpha=alpha), slopes)


@pytest.mark.parametrize("kind", ["sigmoid", "relu"])
def test_neurons(kind):
    x, w, b = draw((6, 4), (4,), ())
    y, (gradients, _) = value_and_gradients(
        lambda w, b: ACTIVATIONS[kind]((torch.tensor(x) * w).sum(1) + b), np.tile(w, (6, 1)), b
    )
    agree(getattr(numerics, f"{kind}_neuron")(x, w, b), y)
    agree(getattr(numerics, f"{kind}_neuron_gradient")(x, w, b), gradients)


def test_maxout():
    x, W, b = draw((6, 4), (3, 4), (3,))
    rows = [np.tile(each, (6, *(1,) * each.ndim)) for each in (W, b)]
    y, gradients = value_and_gradients(
        lambda W, b: (torch.einsum("nkp,np->nk", W, torch.tensor(x)) + b).amax(1), *rows
    )
    agree(numerics.maxout(x, W, b), y)
    all_agree(numerics.maxout_gradient(x, W, b), gradients)


# --------------------------------------------------------------------------------------------
# Softmax and its losses


def test_softmax_and_logsumexp():
    (z,) = draw((3, 5, 7))
    z[0, 0] *= 300
    agree(numerics.softmax(z), torch.softmax(torch.tensor(z), -1))
    agree(numerics.log_softmax(z), F.log_softmax(torch.tensor(z), -1))
    y, (gradient,) = value_and_gradients(lambda z: torch.logsumexp(z, -1), z)
    agree(numerics.logsumexp(z), y)
    agree(numerics.logsumexp_gradient(z), gradient)
    agree(
        numerics.softmax_jacobian(z[0, 1]),
        jacobian(lambda z: torch.softmax(z, 0), torch.tensor(z[0, 1])),
    )


@cases(reduction=REDUCTIONS)
def test_softmax_cross_entropy(keywords):
    (z,), y = draw((6, 5)), simplex(6, 5)
    losses, (gradient,) = value_and_gradients(
        lambda z: F.cross_entropy(z, torch.tensor(y), **keywords), z
    )
    agree(numerics.softmax_cross_entropy(z, y, **keywords), losses)
    agree(numerics.softmax_cross_entropy_gradient(z, y, **keywords), gradient)


@cases(reduction=TOTALS)
def test_softmax_regression(keywords):
    X, W, b = draw((6, 4), (4, 5), (5,))
    y = simplex(6, 5)
    loss, gradients = value_and_gradients(
        lambda W, b: F.cross_entropy(torch.tensor(X) @ W + b, torch.tensor(y), **keywords), W, b
    )
    agree(numerics.softmax_regression(X, W, b, y, **keywords), loss)
    all_agree(numerics.softmax_regression_gradient(X, W, b, y, **keywords), gradients)


def test_entropies():
    p, q = simplex(6, 5), simplex(5, 6).T.copy()
    q /= q.sum(axis=1, keepdims=True)
    P, Q = torch.tensor(p), torch.tensor(q)
    agree(
        numerics.cross_entropy(p, q),
        torch.distributions.Categorical(P).entropy() + divergence(P, Q),
    )
    agree(numerics.kullback_leibler_divergence(p, q), divergence(P, Q))


def divergence(P, Q):
    return F.kl_div(Q.log(), P, reduction="none").sum(1)


# --------------------------------------------------------------------------------------------
# Losses of two classes

LOSSES = {
    "squared": lambda s, y: F.mse_loss(s, y, reduction="none"),
    "logistic": lambda s, y: F.soft_margin_loss(s, y, reduction="none"),
    "exponential": lambda s, y: torch.exp(-y * s),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_of_two_classes(name):
    (s,), y = draw((9,)), signs(9)
    losses, (gradient,) = value_and_gradients(lambda s: LOSSES[name](s, torch.tensor(y)), s)
    agree(getattr(numerics, f"{name}_loss")(s, y), losses)
    agree(getattr(numerics, f"{name}_loss_gradient")(s, y), gradient)


@cases(loss=tuple(LOSSES))
def test_losses_of_linear_scores(keywords):
    X, w, b = draw((9, 4), (4,), ())
    y = signs(9)
    operator = LOSSES[keywords["loss"]]
    loss, gradients = value_and_gradients(
        lambda w, b: operator(torch.tensor(X) @ w + b, torch.tensor(y)).mean(), w, b
    )
    agree(numerics.linear_classification_loss(X, w, b, y, **keywords), loss)
    all_agree(numerics.linear_classification_loss_gradient(X, w, b, y, **keywords), gradients)


@cases(reduction=TOTALS)
def test_the_hinge_of_linear_scores(keywords):
    x, w, b = draw((9, 4), (4,), ())
    y = signs(9)
    loss, gradients = value_and_gradients(
        lambda w, b: total(F.relu(1 - torch.tensor(y) * (torch.tensor(x) @ w + b)), keywords), w, b
    )
    agree(numerics.linear_hinge(x, w, b, y, **keywords), loss)
    all_agree(numerics.linear_hinge_gradient(x, w, b, y, **keywords), gradients)


@cases(reduction=TOTALS, margin=(1.0, 0.4))
def test_the_multiclass_hinge_of_linear_scores(keywords):
    x, W, b = draw((9, 4), (4, 5), (5,))
    labels = np.arange(9) % 5

    def operator(W, b):
        # PyTorch divides by the number of classes, as Weston and Watkins do not.
        z = torch.tensor(x) @ W + b
        return 5 * F.multi_margin_loss(z, torch.tensor(labels), **keywords)

    loss, gradients = value_and_gradients(operator, W, b)
    given = (x, W, b, np.eye(5)[labels])
    agree(numerics.linear_multiclass_hinge(*given, **keywords), loss)
    all_agree(numerics.linear_multiclass_hinge_gradient(*given, **keywords), gradients)


def total(losses, keywords):
    return getattr(losses, keywords["reduction"])()


def test_accuracy():
    z, y = draw((20, 3))[0], np.eye(3)[np.arange(20) % 3]
    right = torch.tensor(z).argmax(1) == torch.tensor(y).argmax(1)
    agree(numerics.accuracy(z, y), right.double().mean())


# --------------------------------------------------------------------------------------------
# Linear models


@pytest.fixture
def regression():
    X, y, beta = draw((9, 4), (9,), (4,))
    return X, y, beta


def test_the_residual_sum_of_squares(regression):
    X, y, beta = regression

    def rss(beta):
        return F.mse_loss(torch.tensor(X) @ beta, torch.tensor(y), reduction="sum")

    value, (gradient,) = value_and_gradients(rss, beta)
    agree(numerics.residual_sum_of_squares(X, y, beta), value)
    agree(numerics.normal_equations(X, y, beta), gradient)
    hessian = torch.autograd.functional.hessian(rss, torch.tensor(beta))
    agree(numerics.residual_sum_of_squares_hessian(X), hessian)


@cases(reduction=TOTALS)
def test_the_mean_squared_error(regression, keywords):
    X, y, beta = regression
    (start,) = draw(())
    operator = torch.nn.MSELoss(**keywords)
    value, gradients = value_and_gradients(
        lambda beta, start: operator(torch.tensor(X) @ beta + start, torch.tensor(y)), beta, start
    )
    agree(numerics.mean_squared_error(X, y, beta, start, **keywords), value)
    all_agree(numerics.mean_squared_error_gradient(X, y, beta, start, **keywords), gradients)
    prediction = F.linear(*map(torch.tensor, (X, beta[None], start[None])))[:, 0]
    agree(numerics.affine_prediction(X, beta, start), prediction)


def test_least_squares(regression):
    X, y, _ = regression
    A = torch.tensor(X)
    agree(numerics.least_squares(X, y), torch.linalg.lstsq(A, torch.tensor(y)[:, None])[0][:, 0])
    agree(numerics.hat_matrix(X), A @ torch.linalg.pinv(A))


@pytest.mark.parametrize("shape", [(9, 4), (4, 9)])
def test_the_shortest_of_many_solutions(shape):
    left, right, y = draw((shape[0], 2), (2, shape[1]), shape[:1])
    X = left @ right
    A, target = torch.tensor(X), torch.tensor(y)
    found = numerics.least_squares(X, y, singular="minimum_norm")
    agree(found, torch.linalg.pinv(A) @ target)
    agree(found, torch.linalg.lstsq(A, target[:, None], driver="gelsd")[0][:, 0])


@pytest.mark.parametrize("penalty", [0.3, 20.0])
@pytest.mark.parametrize("shape", [(9, 4), (4, 9)])
def test_ridge_regression(shape, penalty):
    X, y, beta = draw(shape, shape[:1], shape[1:])
    A, target = torch.tensor(X), torch.tensor(y)

    def penalised(beta):
        return F.mse_loss(A @ beta, target, reduction="sum") + penalty * (beta**2).sum()

    value, (gradient,) = value_and_gradients(penalised, beta)
    agree(numerics.ridge_loss(X, y, beta, lambda_=penalty), value)
    agree(numerics.ridge_gradient(X, y, beta, lambda_=penalty), gradient)
    gram = A.T @ A + penalty * torch.eye(shape[1], dtype=torch.float64)
    agree(numerics.ridge(X, y, lambda_=penalty), torch.linalg.solve(gram, A.T @ target))


def test_penalties():
    (w,) = draw((4, 5))
    w[0, 0] = 0
    norms = {"l1_penalty": lambda w: torch.linalg.vector_norm(w, 1)}
    norms["l2_penalty"] = lambda w: w.square().sum()
    for name, norm in norms.items():
        value, (gradient,) = value_and_gradients(norm, w)
        agree(getattr(numerics, name)(w), value)
        agree(getattr(numerics, f"{name}_gradient")(w), gradient)


@pytest.mark.parametrize("threshold", [0.0, 0.5, 2.0])
def test_the_soft_threshold(threshold):
    shrunk = F.softshrink(torch.tensor(PLACES), threshold)
    agree(numerics.soft_threshold(PLACES, threshold=threshold), shrunk)
