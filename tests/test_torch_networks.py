"""Backpropagation, dropout, running statistics and initial weights against PyTorch, in float64."""

import numpy as np
import pytest
from beside_torch import (
    COMPARED,
    agree,
    all_agree,
    cases,
    draw,
    through,
    torch,
    value_and_gradients,
)

import numerics

F = torch.nn.functional
jacobian = torch.autograd.functional.jacobian
pytestmark = COMPARED


@cases(cost=("quadratic", "cross_entropy"))
def test_errors_of_layers(keywords):
    z, W, b, y = draw((7, 4), (4, 3), (3,), (7, 3))
    y = np.abs(np.sin(y))
    after = numerics.hidden_layer(z, W, b)

    def cost(z):
        if keywords["cost"] == "quadratic":
            return F.mse_loss(torch.sigmoid(z), torch.tensor(y), reduction="sum") / 2
        return F.binary_cross_entropy_with_logits(z, torch.tensor(y), reduction="sum")

    value, (error,) = value_and_gradients(cost, after)
    agree(numerics.output_cost(after, y, **keywords), value)
    agree(numerics.output_error(after, y, **keywords), error)
    dz = error.numpy()
    layer = torch.tensor(z, requires_grad=True)
    inputs, weights, biases = (torch.sigmoid(layer), torch.tensor(W), torch.tensor(b))
    agree(after, inputs @ weights + biases)
    (inputs @ weights).backward(error)
    agree(numerics.hidden_error(dz, z, W), layer.grad)
    _, gradients = value_and_gradients(lambda W, b: error * (inputs.detach() @ W + b), W, b)
    all_agree(
        (numerics.weight_gradient(dz, inputs.detach().numpy()), numerics.bias_gradient(dz)),
        gradients,
    )
    agree(numerics.mlp(z, *draw((4, 6), (6,), (6, 3), (3,))), perceptron(z))


def perceptron(x):
    W1, b1, W2, b2 = map(torch.tensor, draw((4, 6), (6,), (6, 3), (3,)))
    return torch.sigmoid(torch.tensor(x) @ W1 + b1) @ W2 + b2


@pytest.mark.parametrize("name", ["add", "multiply", "max"])
def test_gates(name):
    a, b = draw((3, 5), (3, 5))
    b = -b[::-1]
    operator = {"add": torch.add, "multiply": torch.mul, "max": torch.maximum}[name]
    y, gradients, dy = through(operator, a, b)
    agree(getattr(numerics, f"{name}_gate")(a, b), y)
    all_agree(getattr(numerics, f"{name}_gate_backward")(dy, a, b), gradients)


@pytest.mark.parametrize("q", [1.0, 0.8, 0.25])
def test_dropout(q):
    (x,) = draw((8, 9))

    def operator(x):
        torch.manual_seed(0)
        return F.dropout(x, 1 - q)

    m = (operator(torch.ones(8, 9, dtype=torch.float64)) != 0).numpy()
    y, (dx,), dy = through(operator, x)
    agree(numerics.dropout(x, m, q=q), y)
    agree(numerics.dropout_backward(dy, m, q=q), dx)


@pytest.mark.parametrize("momentum", [0.1, 0.7])
def test_running_statistics(momentum):
    (batches,) = draw((6, 9, 2))
    mean, variance = torch.zeros(2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)
    before = []
    for batch in batches:
        before.append((mean.clone(), variance.clone()))
        found = numerics.running_statistics(
            batch, mean.numpy(), variance.numpy(), momentum=momentum
        )
        F.batch_norm(torch.tensor(batch), mean, variance, training=True, momentum=momentum)
        agree(found.mean, mean)
        agree(found.variance, variance)
    wanted = torch.stack([torch.stack(pair) for pair in before])
    # PyTorch keeps the unbiased variance.
    kept = (batches.mean(axis=1), batches.var(axis=1, ddof=1))
    for k, (statistics, start) in enumerate(zip(kept, (0.0, 1.0), strict=True)):
        for feature in range(2):
            found = numerics.running_average(statistics[:, feature], start, momentum=momentum)
            agree(found, wanted[:, k, feature])


def test_the_jacobian_of_batch_normalisation():
    (x,) = draw((6,))
    wanted = jacobian(
        lambda x: F.batch_norm(x[:, None], None, None, training=True, eps=0.1)[:, 0],
        torch.tensor(x),
    )
    agree(numerics.batch_norm_jacobian(x, epsilon=0.1), wanted)


def test_covariances_of_gradients():
    (G,) = draw((9, 4))
    wanted = torch.cov(torch.tensor(G).T, correction=0)
    agree(numerics.gradient_covariance(G), wanted)
    agree(numerics.minibatch_covariance(G, size=3), wanted / 3)


FILLED = {"he_scaled": "kaiming_normal_", "xavier_scaled": "xavier_normal_"}


@pytest.mark.parametrize("name", FILLED)
def test_initial_weights(name):
    options = {"nonlinearity": "relu"} if name == "he_scaled" else {}
    drawn = [torch.empty(7, 40, dtype=torch.float64) for _ in range(2)]
    drawn[0].normal_(generator=torch.Generator().manual_seed(0))
    fill = getattr(torch.nn.init, FILLED[name])
    fill(drawn[1], generator=torch.Generator().manual_seed(0), **options)
    agree(getattr(numerics, name)(drawn[0].numpy().T), drawn[1].T)


@pytest.mark.parametrize("sizes", [(9, 4), (3, 5), (6, 1)])
def test_convolution_of_sequences(sizes):
    x, w = draw(*((size,) for size in sizes))
    rows = [torch.tensor(each)[None, None] for each in (x, w[::-1].copy())]
    agree(numerics.convolution(x, w), F.conv1d(*rows, padding=len(w) - 1)[0, 0])
