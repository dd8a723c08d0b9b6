"""Losses on margins, scores and weights, as people write them."""

import numpy as np

from checker_collection.cases import pair, right, wrong

# --------------------------------------------------------------------------------------------
# Hinge


@right("hinge_gradient", conventions={"reduction": "mean"})
def hinge_slopes_looped(z, y):
    g = np.zeros_like(z)
    for i in range(len(z)):
        if y[i] * z[i] < 1:
            g[i] = -y[i] / len(z)
    return g


@wrong("hinge_gradient", "reduction=mean", seen="reduction: mean for none")
def hinge_slopes_averaged(z, y):
    return -y * (y * z < 1) / len(z)


@wrong("hinge_gradient", seen="comparison: the margin at -1")
def hinge_slopes_other_margin(z, y):
    return -y * (y * z < -1)


@wrong("hinge_gradient", seen="factor: the label")
def hinge_slopes_without_label(z, y):
    return -1.0 * (y * z < 1).astype(z.dtype)


@wrong("hinge_gradient", seen="ties: twice the slope where the margin is just met")
def hinge_slopes_doubled_at_margin(z, y):
    return -y * ((y * z < 1).astype(z.dtype) + 2 * (y * z == 1))


@right("squared_hinge_gradient", conventions={"reduction": "sum"})
def squared_hinge_slopes(z, y):
    return -2 * y * np.clip(1 - y * z, 0, None)


@wrong("squared_hinge_gradient", "1/2", seen="factor: 2")
def squared_hinge_slopes_halved(z, y):
    return -y * np.maximum(0, 1 - y * z)


@wrong("squared_hinge_gradient", seen="function: the loss is not squared")
def squared_hinge_slopes_of_hinge(z, y):
    return -2 * y * (y * z < 1)


@wrong("squared_hinge_gradient", seen="function: the condition is left out")
def squared_hinge_slopes_everywhere(z, y):
    return -2 * y * (1 - y * z)


@wrong("squared_hinge", seen="sign: the margin is added")
def squared_hinge_of_plus(z, y):
    return np.maximum(0, 1 + y * z) ** 2


@right("linear_hinge_gradient")
def svm_gradients(x, w, b, y):
    v = (y * (x @ w + b) < 1) * y
    return -x.T @ v / len(x), -v.mean()


@wrong("linear_hinge_gradient", "db", seen="reduction: db summed, dw averaged")
def svm_gradients_bias_summed(x, w, b, y):
    v = (y * (x @ w + b) < 1) * y
    return -x.T @ v / len(x), -v.sum()


@wrong("linear_hinge_gradient", seen="factor: averaged over those inside the margin")
def svm_gradients_over_the_violating(x, w, b, y):
    inside = y * (x @ w + b) < 1
    v = inside * y
    return -x.T @ v / max(inside.sum(), 1), -v.sum() / max(inside.sum(), 1)


@wrong("linear_hinge_gradient", seen="term: the bias in the margin")
def svm_gradients_without_bias(x, w, b, y):
    v = (y * (x @ w) < 1) * y
    return -x.T @ v / len(x), -v.mean()


@right("multiclass_hinge_gradient")
def svm_scores_gradient(z, y, margin=1.0):
    own = (z * y).sum(axis=1, keepdims=True)
    inside = ((z - own + margin > 0) & (y == 0)).astype(z.dtype)
    inside[y == 1] = -inside.sum(axis=1)
    return inside


@wrong("multiclass_hinge_gradient", seen="factor: the right class gets -1, not the count")
def svm_scores_gradient_uncounted(z, y, margin=1.0):
    own = (z * y).sum(axis=1, keepdims=True)
    inside = ((z - own + margin > 0) & (y == 0)).astype(z.dtype)
    inside[y == 1] = -(inside.sum(axis=1) > 0).astype(z.dtype)
    return inside


@wrong("multiclass_hinge_gradient", seen="term: the right class counts itself")
def svm_scores_gradient_counts_itself(z, y, margin=1.0):
    own = (z * y).sum(axis=1, keepdims=True)
    inside = (z - own + margin > 0).astype(z.dtype)
    inside[y == 1] = -inside.sum(axis=1)
    return inside


@wrong("multiclass_hinge_gradient", "margin", seen="parameter: the margin fixed at one")
def svm_scores_gradient_margin_fixed(z, y, margin=1.0):
    return svm_scores_gradient(z, y, 1.0)


@wrong("multiclass_hinge_gradient", seen="function: only the worst class")
def svm_scores_gradient_worst_class(z, y, margin=1.0):
    own = (z * y).sum(axis=1, keepdims=True)
    gaps = np.where(y == 1, -np.inf, z - own + margin)
    g = np.zeros_like(z)
    rows = np.arange(len(z))
    worst = gaps.argmax(axis=1)
    hit = (gaps[rows, worst] > 0).astype(z.dtype)
    g[rows, worst] += hit
    g[rows, y.argmax(axis=1)] -= hit
    return g


# --------------------------------------------------------------------------------------------
# Logistic and exponential losses, squared error, penalties


@right("logistic_loss_gradient")
def logistic_slope(s, y):
    return -y * np.exp(-np.logaddexp(0, y * s))


@wrong("logistic_loss_gradient", "sign", seen="sign: reversed")
def logistic_slope_reversed(s, y):
    return y / (1 + np.exp(y * s))


@wrong("logistic_loss_gradient", seen="factor: the label")
def logistic_slope_without_label(s, y):
    return -1 / (1 + np.exp(y * s))


@wrong("logistic_loss_gradient", seen="function: labels 0 and 1 for labels -1 and 1")
def logistic_slope_of_other_labels(s, y):
    return 1 / (1 + np.exp(-s)) - y


@wrong("logistic_loss_gradient", seen="overflow: a quotient of exponentials")
def logistic_slope_overflowing(s, y):
    return -y * np.exp(-y * s) / (1 + np.exp(-y * s))


@wrong("logistic_loss", seen="overflow: log(1 + exp)")
def logistic_loss_overflowing(s, y):
    return np.log(1 + np.exp(-y * s))


@wrong("logistic_loss", seen="factor: the base of the logarithm")
def logistic_loss_in_bits(s, y):
    return np.logaddexp(0, -y * s) / np.log(2)


@wrong("exponential_loss_gradient", seen="sign: of the exponent")
def exponential_slope_of_plus(s, y):
    return -y * np.exp(y * s)


CROSS = {"let": ["x: n,p", "w: p", "b:", "y: n"], "wrt": ["w", "b"]}
BINARY = "-mean(y*log(sigmoid(x@w + b)) + (1 - y)*log(1 - sigmoid(x@w + b)))"


@right(BINARY, **CROSS)
def binary_gradients(x, w, b, y):
    t = x @ w + b
    p = np.where(t > 0, 1 / (1 + np.exp(-abs(t))), 1 - 1 / (1 + np.exp(-abs(t))))
    r = (p - y) / len(y)
    return r @ x, r.sum()


@wrong(BINARY, "n", **CROSS, seen="reduction: sum for mean")
def binary_gradients_summed(x, w, b, y):
    r = 1 / (1 + np.exp(-(x @ w + b))) - y
    return r @ x, r.sum()


@wrong(BINARY, **CROSS, seen="function: the derivative of the sigmoid once more")
def binary_gradients_with_slope(x, w, b, y):
    p = 1 / (1 + np.exp(-(x @ w + b)))
    r = (p - y) * p * (1 - p) / len(y)
    return r @ x, r.sum()


@wrong(BINARY, **CROSS, seen="term: of the negative class")
def binary_gradients_of_positives(x, w, b, y):
    p = 1 / (1 + np.exp(-(x @ w + b)))
    r = -y * (1 - p) / len(y)
    return r @ x, r.sum()


SQUARES = {"let": ["a: n,k", "y: n,k"], "wrt": ["a"]}


@right("mean((a - y)**2)", **SQUARES)
def squares_gradient(a, y):
    return (a - y) * (2 / a.size)


@wrong("mean((a - y)**2)", "k", **SQUARES, seen="reduction: over examples alone")
def squares_gradient_over_examples(a, y):
    return 2 * (a - y) / len(a)


@wrong("mean((a - y)**2)", "2", **SQUARES, seen="factor: 2")
def squares_gradient_halved(a, y):
    return (a - y) / a.size


@wrong("mean((a - y)**2)", **SQUARES, seen="function: the absolute error")
def squares_gradient_of_signs(a, y):
    return 2 * np.sign(a - y) / a.size


def squares_forward(a, y):
    return ((a - y) ** 2).mean(), (a, y)


def squares_backward(dout, cache):
    a, y = cache
    return dout * 2 * (a - y) / a.size, dout * 2 * (y - a) / a.size


def squares_backward_without_cotangent(dout, cache):
    a, y = cache
    return 2 * (a - y) / a.size, 2 * (y - a) / a.size


def squares_backward_same_sign(dout, cache):
    a, y = cache
    return dout * 2 * (a - y) / a.size, dout * 2 * (a - y) / a.size


BOTH = {"let": ["a: n,k", "y: n,k"], "wrt": ["a", "y"]}
pair("mean((a - y)**2)", squares_forward, squares_backward, True, **BOTH)
pair(
    "mean((a - y)**2)",
    squares_forward,
    squares_backward_without_cotangent,
    False,
    seen="factor: the cotangent, which is one in training",
    **BOTH,
)
pair(
    "mean((a - y)**2)", squares_forward, squares_backward_same_sign, False, seen="sign: dy", **BOTH
)


@wrong("l2_penalty_gradient", "1/2", seen="factor: 2")
def penalty_slope_halved(W):
    return W.copy()


@wrong("l2_penalty_gradient", "shares memory", seen="alias: a view of the weights times one")
def penalty_slope_in_place(W):
    W *= 2
    return W


@right("l2_penalty_gradient")
def penalty_slope_doubled(W):
    return W + W


@wrong("l2_penalty", seen="function: the norm, not its square")
def penalty_of_norm(W):
    return np.sqrt((W**2).sum())


@wrong("l2_penalty", seen="reduction: mean for sum")
def penalty_averaged(W):
    return (W**2).mean()


@right("l2_penalty")
def penalty_by_trace(W):
    return np.trace(W.T @ W)


# --------------------------------------------------------------------------------------------
# Softmax regression


def rows_of_softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@right("softmax_regression_gradient")
def regression_gradients(X, W, b, y):
    d = (rows_of_softmax(X @ W + b) - y) / len(X)
    return np.einsum("nj,nk->jk", X, d), np.einsum("nk->k", d)


@wrong("softmax_regression_gradient", seen="axis: softmax over the batch")
def regression_gradients_over_batch(X, W, b, y):
    d = (rows_of_softmax((X @ W + b).T).T - y) / len(X)
    return X.T @ d, d.sum(axis=0)


@wrong("softmax_regression_gradient", seen="reduction: 1/N of dW alone")
def regression_gradients_half_averaged(X, W, b, y):
    d = rows_of_softmax(X @ W + b) - y
    return X.T @ d / len(X), d.sum(axis=0)


@wrong("softmax_regression_gradient", seen="term: the bias in the scores")
def regression_gradients_without_bias(X, W, b, y):
    d = (rows_of_softmax(X @ W) - y) / len(X)
    return X.T @ d, d.sum(axis=0)


@wrong("softmax_regression_gradient", seen="overflow: exp of large scores")
def regression_gradients_overflowing(X, W, b, y):
    e = np.exp(X @ W + b)
    d = (e / e.sum(axis=1, keepdims=True) - y) / len(X)
    return X.T @ d, d.sum(axis=0)


@wrong("softmax_regression_gradient", seen="overflow: one largest entry for the whole batch")
def regression_gradients_one_maximum(X, W, b, y):
    z = X @ W + b
    e = np.exp(z - z.max(initial=-1e30))
    d = (e / e.sum(axis=1, keepdims=True) - y) / len(X)
    return X.T @ d, d.sum(axis=0)


@wrong("logsumexp", seen="term: the shift is not added again")
def lse_shifted(z):
    return np.log(np.exp(z - z.max()).sum())


@wrong("log_softmax", seen="overflow: the logarithm of probabilities")
def logarithm_of_softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.log(e / e.sum(axis=-1, keepdims=True))


@wrong("log_softmax", seen="epsilon: a small number under the logarithm")
def logarithm_of_clipped_softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.log(e / e.sum(axis=-1, keepdims=True) + 1e-9)
