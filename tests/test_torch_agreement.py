"""The layers of `numerics` against PyTorch, in float64, with all parameters of the operators."""

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
)

import numerics

F = torch.nn.functional
pytestmark = COMPARED

MOVES = {
    "stride": (1, 2, (3, 1), 7),
    "padding": (0, 1, (2, 3)),
    "dilation": (1, (2, 1)),
    "groups": (1, 2),
}


@pytest.mark.parametrize("kernel", [(3, 2), (1, 1)])
@cases(**MOVES)
def test_convolution(kernel, keywords):
    x, w, b = draw((2, 4, 9, 8), (6, 4 // keywords["groups"], *kernel), (6,))
    y, gradients, dy = through(lambda x, w, b: F.conv2d(x, w, b, **keywords), x, w, b)
    agree(numerics.conv2d(x, w, b, **keywords), y)
    all_agree(numerics.conv2d_backward(dy, x, w, **keywords), gradients)


@cases(stride=(1, 2, 5), padding=(0, 2), dilation=(1, 3), groups=(1, 2))
def test_convolution_of_signals(keywords):
    x, w, b = draw((2, 4, 11), (6, 4 // keywords["groups"], 3), (6,))
    y, gradients, dy = through(lambda x, w, b: F.conv1d(x, w, b, **keywords), x, w, b)
    agree(numerics.conv1d(x, w, b, **keywords), y)
    all_agree(numerics.conv1d_backward(dy, x, w, **keywords), gradients)


@cases(**{**MOVES, "stride": (2, (3, 2), 7)}, output_padding=(0, (1, 0)))
def test_transposed_convolution(keywords):
    x, w, b = draw((2, 6, 4, 5), (6, 4 // keywords["groups"], 4, 5), (4,))
    y, gradients, dy = through(lambda x, w, b: F.conv_transpose2d(x, w, b, **keywords), x, w, b)
    agree(numerics.conv2d_transpose(x, w, b, **keywords), y)
    all_agree(numerics.conv2d_transpose_backward(dy, x, w, **keywords), gradients)


@pytest.mark.parametrize("ties", [False, True])
@cases(kernel=(2, (2, 4)), stride=(None, 1, (1, 3), 5), padding=(0, 1), dilation=(1, (1, 2)))
def test_max_pooling(ties, keywords):
    (x,) = draw((2, 3, 9, 11))
    x = np.maximum(np.rint(x), 0) if ties else x
    order = [keywords[name] for name in ("kernel", "stride", "padding", "dilation")]
    y, (dx,), dy = through(lambda x: F.max_pool2d(x, *order), x)
    agree(numerics.max_pool2d(x, **keywords), y)
    agree(numerics.max_pool2d_backward(dy, x, **keywords), dx)


def test_max_pooling_of_nan():
    (x,) = draw((2, 3, 6, 6))
    x[0, 1, 2, 3] = x[1, 2, 0, 0] = np.nan
    y, (dx,), dy = through(lambda x: F.max_pool2d(x, 3, 2), x)
    np.testing.assert_array_equal(numerics.max_pool2d(x, kernel=3, stride=2), y.detach())
    np.testing.assert_array_equal(numerics.max_pool2d_backward(dy, x, kernel=3, stride=2), dx)


@pytest.mark.parametrize("counted", ["all", "inside"])
@cases(kernel=(2, (2, 4)), stride=(None, 1, (1, 3), 5), padding=(0, 1))
def test_average_pooling(counted, keywords):
    (x,) = draw((2, 3, 9, 11))
    order = [keywords[name] for name in ("kernel", "stride", "padding")]
    counts = counted == "all"
    y, (dx,), dy = through(lambda x: F.avg_pool2d(x, *order, count_include_pad=counts), x)
    agree(numerics.avg_pool2d(x, **keywords, counted=counted), y)
    agree(numerics.avg_pool2d_backward(dy, x, **keywords, counted=counted), dx)


@cases(kernel=(2, (2, 3)), stride=((2, 3), 5))
def test_unpooling(keywords):
    (x,) = draw((2, 3, 9, 11))
    order = (keywords["kernel"], keywords["stride"])
    pooled, places = F.max_pool2d(torch.tensor(x), *order, return_indices=True)
    (y,) = draw(tuple(pooled.shape))

    def unpooled(y):
        return F.max_unpool2d(y, places, *order, output_size=x.shape[2:])

    z, (dy,), dz = through(unpooled, y)
    agree(numerics.max_unpool2d(y, x, **keywords), z)
    agree(numerics.max_unpool2d_backward(dz, x, **keywords), dy)


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_upsampling(factor):
    (x,) = draw((2, 3, 4, 5))
    y, (dx,), dy = through(lambda x: F.interpolate(x, scale_factor=factor, mode="nearest"), x)
    agree(numerics.upsample2d(x, factor=factor), y)
    agree(numerics.upsample2d_backward(dy, factor=factor), dx)


@pytest.mark.parametrize("epsilon", [1e-5, 0.3])
def test_batch_normalisation(epsilon):
    for name, shape in (("batch_norm", (7, 5)), ("batch_norm2d", (3, 5, 4, 2))):
        x, gamma, beta = draw(shape, (5,), (5,))
        x += 3

        def operator(x, gamma, beta):
            return F.batch_norm(x, None, None, gamma, beta, training=True, eps=epsilon)

        y, gradients, dy = through(operator, x, gamma, beta)
        agree(getattr(numerics, name)(x, gamma, beta, epsilon=epsilon), y)
        backward = getattr(numerics, f"{name}_backward")
        all_agree(backward(dy, x, gamma, epsilon=epsilon), gradients)


def test_batch_normalisation_afterwards():
    x, gamma, beta, mean, spread = draw((7, 5), (5,), (5,), (5,), (5,))
    found = numerics.batch_norm_inference(x, gamma, beta, mean, spread**2, epsilon=0.1)
    given = map(torch.tensor, (x, mean, spread**2, gamma, beta))
    agree(found, F.batch_norm(*given, training=False, eps=0.1))


@pytest.mark.parametrize("epsilon", [1e-5, 0.3])
def test_normalisation_of_rows(epsilon):
    x, gamma, beta = draw((3, 4, 6), (6,), (6,))
    y, gradients, dy = through(
        lambda *given: F.layer_norm(given[0], (6,), *given[1:], epsilon), x, gamma, beta
    )
    agree(numerics.layer_norm(x, gamma, beta, epsilon=epsilon), y)
    all_agree(numerics.layer_norm_backward(dy, x, gamma, epsilon=epsilon), gradients)
    y, gradients, dy = through(lambda x, gamma: F.rms_norm(x, (6,), gamma, epsilon), x, gamma)
    agree(numerics.rms_norm(x, gamma, epsilon=epsilon), y)
    all_agree(numerics.rms_norm_backward(dy, x, gamma, epsilon=epsilon), gradients)


def test_a_dense_layer():
    x, W, b = draw((7, 4), (4, 3), (3,))
    y, gradients, dy = through(lambda x, W, b: F.linear(x, W.T, b), x, W, b)
    agree(numerics.dense(x, W, b), y)
    all_agree(numerics.dense_backward(dy, x, W), gradients)
    y, gradients, dy = through(F.linear, x, W.T, b)
    agree(numerics.linear(x, W.T, b), y)
    all_agree(numerics.linear_backward(dy, x, W.T), gradients)


@pytest.mark.parametrize("cost", ["quadratic", "cross_entropy"])
def test_a_net(cost):
    x, y, W1, b1, W2, b2 = draw((7, 4), (7, 3), (4, 5), (5,), (5, 3), (3,))
    y = np.abs(np.sin(y))

    def total(W1, b1, W2, b2):
        hidden = torch.sigmoid(F.linear(torch.tensor(x), W1.T, b1))
        z = F.linear(hidden, W2.T, b2)
        if cost == "quadratic":
            return ((torch.sigmoid(z) - torch.tensor(y)) ** 2).sum() / 2
        return F.binary_cross_entropy_with_logits(z, torch.tensor(y), reduction="sum")

    parameters = [torch.tensor(array, requires_grad=True) for array in (W1, b1, W2, b2)]
    value = total(*parameters)
    value.backward()
    given = (x, y, W1, b1, W2, b2)
    agree(numerics.mlp_cost(*given, cost=cost), value)
    found = numerics.mlp_gradients(*given, cost=cost)
    for got, parameter in zip(found, parameters, strict=True):
        agree(got, parameter.grad)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("margin", [1.0, 0.5])
def test_the_multiclass_hinge(reduction, margin):
    (z,) = draw((7, 4))
    labels = np.arange(7) % 4
    y = np.eye(4)[labels]

    def operator(z):
        # PyTorch divides by the number of classes, as Weston and Watkins do not.
        return F.multi_margin_loss(z, torch.tensor(labels), margin=margin, reduction=reduction) * 4

    tensor = torch.tensor(z, requires_grad=True)
    losses = operator(tensor)
    losses.sum().backward()
    keywords = {"margin": margin, "reduction": reduction}
    agree(numerics.multiclass_hinge(z, y, **keywords), losses)
    agree(numerics.multiclass_hinge_gradient(z, y, **keywords), tensor.grad)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_the_hinge(reduction):
    (z,) = draw((9,))
    y = np.where(np.arange(9) % 2, 1.0, -1.0)
    for name, power in (("hinge", 1), ("squared_hinge", 2)):
        tensor = torch.tensor(z, requires_grad=True)
        losses = torch.relu(1 - torch.tensor(y) * tensor) ** power
        value = getattr(losses, reduction)()
        value.backward()
        agree(getattr(numerics, name)(z, y, reduction=reduction), value)
        agree(getattr(numerics, f"{name}_gradient")(z, y, reduction=reduction), tensor.grad)
