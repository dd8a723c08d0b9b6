"""Counterexamples on backpropagation, networks, convolution, pooling and batch normalisation."""

import numpy as np

from docs.counterexamples import Finding, said
from numerics import (
    avg_pool2d,
    batch_norm,
    conv1d,
    conv1d_backward,
    conv2d,
    max_pool2d,
    max_pool2d_backward,
    sigmoid,
    sigmoid_derivative,
)


def ties_have_no_gradient() -> Finding:
    h, along = 1e-6, 1.0 + 1.0
    slope = (max(1 + h, 1 + h) - max(1.0, 1.0)) / h
    text = "x = y = 1: both indicators are 1, which makes the slope along (1, 1)"
    return f"{text} {said(along)}; it is {said(round(slope, 6))}.", round(slope, 6) != along


def zero_is_a_gradient() -> Finding:
    x = np.array([[[[1.0, 5.0], [2.0, 3.0]]]])
    gradient = max_pool2d_backward(np.ones((1, 1, 1, 1)), x, kernel=2)[0, 0]
    moved = x.copy()
    moved[0, 0, 0, 0] += 1e-3
    slope = (max_pool2d(moved, kernel=2) - max_pool2d(x, kernel=2)).item() / 1e-3
    text = (
        f"The window {said(x[0, 0])}: a change of its first entry changes the maximum at the rate"
    )
    return f"{text} {said(slope)}, and all its derivatives are {said(gradient)}.", slope == 0


def descent_for_small_steps() -> Finding:
    w = 1.0
    after = w - 1.0 * 4 * w
    text = "2 w^2 at w = 1: a step with the learning rate 1 goes to"
    return (
        f"{text} {said(after)}, where the error is {said(2 * after**2)} and not 2.",
        after**2 > w**2,
    )


def inputs_change_the_scores() -> Finding:
    w, y = 1.0, 0.0
    gradients = [2 * (w * x - y) * x for x in (1.0, 1000.0)]
    text = "The squared loss of w x with w = 1 and y = 0: for x = 1 and x = 1000 the gradients are"
    return f"{text} {said(gradients)}.", gradients[1] != 1000 * gradients[0]


def rate_over_the_square() -> Finding:
    changes = []
    for scale, eta in ((1, 0.1), (1000, 0.1 / 1000), (1000, 0.1 / 1000**2)):
        x, w = 1.0 * scale, 1.0 / scale
        changes.append(-eta * 2 * (w * x) * x * x)
    text = "The squared loss of w x at w x = 1 and y = 0, eta = 0.1: a step changes the score by"
    return (
        f"{text} {said(changes[0])}; with inputs 1,000 times larger and the rate over 1,000 by"
        f" {said(changes[1])}, with the rate over its square by {said(changes[2])}.",
        bool(np.isclose(changes[2], changes[0]) and not np.isclose(changes[1], changes[0])),
    )


def high_activations_learn() -> Finding:
    z = 10.0
    a, slope = float(sigmoid(np.float64(z))), float(sigmoid_derivative(np.float64(z)))
    text = f"An input neuron at z = {said(z)} is flat, with the slope {said(slope)}, and its"
    return f"{text} activation is {a:.4f}: a weight that reads it has that times its error.", (
        slope < 1e-3 and a > 0.9
    )


def inputs_bound_the_change() -> Finding:
    x, change = np.ones(1_000_000), 1e-5
    values = sigmoid(np.array([0.0, (change * x).sum()]))
    text = "A million inputs of 1: a change of their weights from 0 to 1e-5 changes the output from"
    return f"{text} {said(values[0])} to {said(values[1])}.", bool(values[1] - values[0] > 0.4)


def weighted_sums_are_not_activations() -> Finding:
    W, b, x = np.array([[1.0, 2.0], [-1.0, 0.0]]), np.array([0.5, 0.5]), np.array([1.0, 1.0])
    sums, activations = W @ x, np.maximum(W @ x + b, 0)
    text = f"W1 = {said(W)}, b1 = {said(b)}, x = {said(x)}: W1 x is {said(sums)}, and the"
    return f"{text} activations of rectifiers are {said(activations)}.", bool(
        (sums != activations).any()
    )


def compact_and_not_polynomial() -> Finding:
    x = np.linspace(-1, 1, 2001)
    slopes, offsets = np.meshgrid(np.linspace(-1, 1, 41), np.linspace(0, 1, 41))
    errors = np.abs(slopes[..., None] * x + offsets[..., None] - np.abs(x)).max(-1)
    units = np.tanh(np.linspace(-3, 3, 7)[:, None] * np.array([1e2, 1e4]) + 1).sum(0)
    text = (
        "With the identity as activation a network is affine, and of 1,681 such functions none is"
    )
    return (
        f"{text} nearer to |x| on [-1, 1] than {said(errors.min())}. And seven tanh units sum to"
        f" {said(units)} at x = 100 and 10,000: no sum of them follows x on the whole line.",
        bool(errors.min() > 0.45 and abs(units).max() <= 7),
    )


def _pieces(values: np.ndarray) -> int:
    return 1 + int((np.diff(np.sign(np.diff(values))) != 0).sum())


def depth_makes_pieces() -> Finding:
    x = np.arange(0, 2**12 + 1) / 2**12
    tent = x
    for _ in range(5):
        tent = 2 * np.maximum(tent, 0) - 4 * np.maximum(tent - 0.5, 0)
    text = "Five layers of two rectifiers each fold [0, 1] into"
    flat = f"one layer of the same ten has at most {10 + 1}"
    return f"{text} {_pieces(tent)} linear pieces; {flat}.", _pieces(tent) > 11


def images_by_dense_layers() -> Finding:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 1, 9)), rng.standard_normal((1, 1, 3))
    none = np.zeros(1)
    basis = np.eye(9)[:, None, :]
    matrix = conv1d(basis, w, none)[:, 0, :].T
    gap = np.abs(matrix @ x[0, 0] - conv1d(x, w, none)[0, 0]).max()
    text = "The matrix of a convolution of 9 inputs, 7 by 9, is a dense layer; on random inputs it"
    return (
        f"{text} differs from the convolution by {'nothing' if gap < 1e-14 else gap}.",
        gap < 1e-14,
    )


def borders_and_strides() -> Finding:
    none, w = np.zeros(1), np.array([[[1.0, 2.0, 3.0]]])
    x = np.array([[[0.0, 1.0, 4.0, 2.0, 0.0, 0.0]]])
    moved = np.roll(x, 1, axis=-1)
    one = conv1d(x, w, none, stride=2)[0, 0], conv1d(moved, w, none, stride=2)[0, 0]
    edge = np.array([[[0.0, 0.0, 0.0, 0.0, 1.0, 4.0]]])
    off = np.array([[[0.0, 0.0, 0.0, 0.0, 0.0, 1.0]]])
    at = conv1d(edge, w, none, padding=1)[0, 0], conv1d(off, w, none, padding=1)[0, 0]
    text = f"Kernel (1, 2, 3). With stride 2 {said(x[0, 0])} gives {said(one[0])}, and moved by one"
    return (
        f"{text} {said(one[1])}, which is no shift of it. With padding 1 {said(edge[0, 0])} gives"
        f" {said(at[0])}, and moved by one, which pushes the 4 out, {said(at[1])}.",
        bool(one[1][1] != one[0][0] and (at[1][1:] != at[0][:-1]).any()),
    )


def pooling_is_not_invariant() -> Finding:
    x = np.array([[[[1.0, 2.0, 0.0, 5.0, 0.0, 3.0]]]])
    moved = np.roll(x, 1, axis=-1)
    a, b = (max_pool2d(v, kernel=(1, 2))[0, 0, 0] for v in (x, moved))
    text = f"Windows of two over {said(x[0, 0, 0])} have the maxima {said(a)}; moved by one, around"
    return f"{text} the end, {said(b)}.", bool((a != b).any())


def _field(kernel: int, stride: int, layers: int) -> int:
    """The inputs that the first output of stacked convolutions reads, by backpropagation."""
    length, sizes = 1, []
    for _ in range(layers):
        sizes.append(length)
        length = (length - 1) * stride + kernel
    dy, w = np.ones((1, 1, 1)), np.ones((1, 1, kernel))
    for size in sizes:
        x = np.zeros((1, 1, (size - 1) * stride + kernel))
        dy = conv1d_backward(dy, x, w, stride=stride).dx
    return int((dy != 0).sum())


def fields_grow_geometrically() -> Finding:
    K, S = 3, 2
    formula = [K + (n - 1) * S * (K - 1) for n in (1, 2, 3, 4)]
    fields = [_field(K, S, n) for n in (1, 2, 3, 4)]
    text = (
        f"K = {K}, S = {S} and n = 1, 2, 3, 4: the formula gives {said(formula)}; the inputs whose"
    )
    return f"{text} gradient is not 0 are {said(fields)}.", formula != fields


def field_of_the_first_layer() -> Finding:
    fields = [_field(3, 1, n) for n in (1, 2)]
    text = "Filters of size 3: a neuron of the first layer sees"
    return f"{text} {fields[0]} inputs, one of the second {fields[1]}.", fields[1] != 3


def _count(size: int, kernel: int, stride: int, padding: int) -> int:
    x = np.zeros((1, 1, size))
    return conv1d(x, np.zeros((1, 1, kernel)), np.zeros(1), stride=stride, padding=padding).shape[2]


def sizes_are_rounded_down() -> Finding:
    W, F, S, P = 10, 3, 2, 0
    formula, size = (W - F + 2 * P) / S + 1, _count(W, F, S, P)
    return (
        f"W = {W}, F = {F}, S = {S}, P = {P}: the formula gives {said(formula)}, and {size} fit.",
        formula != size,
    )


def odd_filters_keep_sizes() -> Finding:
    sizes = [_count(8, 2, 1, padding) for padding in (0, 1)]
    text = "Filters of size 2 on 8 inputs: padding 0 and 1 give"
    return f"{text} {sizes[0]} and {sizes[1]} outputs, and none gives 8.", 8 not in sizes


def even_sizes_lose_three_quarters() -> Finding:
    kept = max_pool2d(np.zeros((1, 1, 5, 5)), kernel=2).size / 25
    text = "5 by 5 activations: 2 by 2 pooling keeps"
    return f"{text} {kept:.0%} and discards {1 - kept:.0%}.", 1 - kept != 0.75


def parameters_behind_pooling() -> Finding:
    image, w, b = np.zeros((1, 16, 8, 8)), np.zeros((32, 16, 3, 3)), np.zeros(32)
    images = image, avg_pool2d(image, kernel=2)
    channels = [conv2d(each, w, b).shape[1] for each in images]
    dense = [(each.size + 1) * 10 for each in images]
    text = "16 channels of 8 by 8: a 3x3 convolution to 32 channels behind them has"
    text = f"{text} {w.size + b.size:,}"
    return (
        f"{text} parameters, with 2 by 2 pooling or without; a dense layer of 10 units has"
        f" {dense[0]:,} without and {dense[1]:,} with it.",
        channels == [32, 32],
    )


def residual_networks_have_single_weights() -> Finding:
    blocks = (3, 8, 36, 3)
    kernels = {7: 1, 1: 2 * sum(blocks), 3: sum(blocks)}
    layers = sum(kernels.values()) + 1
    text = (
        f"ResNet-152 has {' + '.join(map(str, blocks))} = {sum(blocks)} blocks of a 1x1, a 3x3 and"
    )
    return (
        f"{text} a 1x1 convolution; with one 7x7 before and a dense layer behind them that is"
        f" {layers} layers, of which {kernels[3]} are 3x3 and {kernels[1]} 1x1.",
        layers == 152 and kernels[1] > kernels[3],
    )


def normalised_is_not_gaussian() -> Finding:
    x = np.array([[0.0], [0.0], [10.0], [10.0]])
    y = batch_norm(x, np.ones(1), np.zeros(1), epsilon=1e-12)[:, 0]
    text = f"The batch {said(x[:, 0])} becomes"
    return f"{text} {said(y)}: two values, of mean 0 and variance 1.", len(set(np.round(y, 6))) == 2


def outliers_saturate() -> Finding:
    x = np.zeros((101, 1))
    x[0] = 1.0
    y = batch_norm(x, np.ones(1), np.zeros(1), epsilon=1e-12)[0, 0]
    slope = sigmoid_derivative(y)
    text = "One 1 among a hundred 0: normalised it is"
    return f"{text} {said(y)}, where the slope of the sigmoid is {said(slope)}.", bool(slope < 1e-4)


def constant_batches() -> Finding:
    x = np.full((3, 1), 2.0)
    variance, mean = x.var(), x.mean()
    with np.errstate(invalid="ignore"):
        y = (x[:, 0] - mean) / np.sqrt(variance)
    text = (
        f"The batch {said(x[:, 0])} has the variance {said(variance)}: the formula gives 0/0, not"
    )
    return f"{text} a number in {int(np.isnan(y).sum())} of 3 places.", bool(np.isnan(y).all())


def identity_with_epsilon() -> Finding:
    x, epsilon = np.array([[1.0], [1.002]]), 1e-5
    gammas = x.std(0), np.sqrt(x.var(0) + epsilon)
    back = [batch_norm(x, gamma, x.mean(0), epsilon=epsilon)[:, 0] for gamma in gammas]
    text = f"x = {said(x[:, 0])}, epsilon = 1e-5: with gamma = sqrt(Var) it becomes"
    gone = ", ".join(f"{v:.5f}" for v in back[0])
    kept = ", ".join(f"{v:.5f}" for v in back[1])
    return f"{text} ({gone}), with gamma = sqrt(Var + epsilon) ({kept}).", bool(
        np.allclose(back[1], x[:, 0]) and not np.allclose(back[0], x[:, 0], atol=1e-4)
    )


def shapes_of_patches() -> Finding:
    rng = np.random.default_rng(0)
    kernel = np.array([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
    rank = np.linalg.matrix_rank(kernel)
    u, s, v = np.linalg.svd(kernel)
    x = rng.standard_normal((1, 1, 6, 6))
    none = np.zeros(1)
    best = conv2d(conv2d(x, s[0] * v[:1][None, None], none), u[:, :1][None, None], none)
    gap = np.abs(best - conv2d(x, kernel[None, None], none)).max()
    text = f"The kernel of edges {said(kernel)} has the rank {rank}: the best row and column"
    return f"{text} miss it by {said(gap)} on a random image.", bool(rank > 1 and gap > 0.1)


def padding_in_between() -> Finding:
    rng = np.random.default_rng(0)
    x, none = rng.standard_normal((1, 1, 8)), np.zeros(1)
    w = rng.standard_normal((1, 1, 3))

    def network(v: np.ndarray) -> np.ndarray:
        return conv1d(conv1d(v, w, none, padding=1), rng_head, none)

    rng_head = rng.standard_normal((1, 1, 4))
    whole = network(x)[0, 0]
    crops = np.array([network(x[:, :, k : k + 4])[0, 0, 0] for k in range(5)])
    text = "Two layers, the first with padding 1: on 8 inputs they give"
    return f"{text} {said(whole)}, on the 5 crops of 4 {said(crops)}.", not np.allclose(
        whole, crops
    )
