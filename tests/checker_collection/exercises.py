"""Code as exercises of courses ask for it: settings in dictionaries, class labels, a loss with
its gradients, an optimiser's state in a dictionary that comes back."""

import numpy as np

from checker_collection.cases import pair, right, wrong

# --------------------------------------------------------------------------------------------
# A loss and its gradients, for class labels


def hinge_and_gradient(W, X, y, reg, strength):
    rows, scores = np.arange(len(X)), X @ W
    margins = np.maximum(0, scores - scores[rows, y][:, None] + 1)
    margins[rows, y] = 0
    counted = (margins > 0).astype(scores.dtype)
    counted[rows, y] -= counted.sum(axis=1)
    loss = margins.sum() / len(X) + reg * np.sum(W * W)
    return loss, X.T @ counted / len(X) + strength * reg * W


HINGE = {
    "let": ["X: n,p", "W: p,k", "Y: n,k; one_hot", "reg:; positive"],
    "arguments": {"Y": "y"},
}
OBJECTIVE = "(sum(maximum(0, 1 + X@W - sum(Y*(X@W), axis=1, keepdims=True))) - n)/n + reg*sum(W**2)"


@right(OBJECTIVE, **HINGE)
def hinge_with_gradient(W, X, y, reg):
    return hinge_and_gradient(W, X, y, reg, 2)


@wrong(OBJECTIVE, "multiplied by 1/2", **HINGE, seen="factor: the 2 of the penalty's gradient")
def hinge_with_half_penalty(W, X, y, reg):
    return hinge_and_gradient(W, X, y, reg, 1)


def entropy_and_gradient(x, y):
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    slope = np.exp(logs)
    slope[rows, y] -= 1
    return -logs[rows, y].sum() / len(x), slope


@right("softmax_cross_entropy", conventions={"reduction": "mean"})
def entropy_with_gradient(x, y):
    loss, slope = entropy_and_gradient(x, y)
    return loss, slope / len(x)


@wrong(
    "softmax_cross_entropy",
    "1/N is missing",
    conventions={"reduction": "mean"},
    seen="factor: the mean taken in the loss alone",
)
def entropy_with_summed_gradient(x, y):
    return entropy_and_gradient(x, y)


@wrong("softmax_cross_entropy", "reduction=mean", seen="reduction: a mean for a loss each")
def entropy_of_batch(x, y):
    return entropy_and_gradient(x, y)[0]


NET = {"let": ["X: n,p", "W1: p,h", "b1: h", "W2: h,k", "b2: k", "Y: n,k"]}


def net_and_gradients(X, W1, b1, W2, b2, Y, through):
    hidden = np.maximum(0, X @ W1 + b1)
    error = hidden @ W2 + b2 - Y
    back = (error @ W2.T) * through(hidden)
    gradients = {"b2": error.sum(axis=0), "W2": hidden.T @ error}
    return 0.5 * np.sum(error**2), gradients | {"W1": X.T @ back, "b1": back.sum(axis=0)}


@right("sum((relu(X@W1 + b1)@W2 + b2 - Y)**2)/2", **NET)
def net_with_gradients(X, W1, b1, W2, b2, Y):
    return net_and_gradients(X, W1, b1, W2, b2, Y, lambda hidden: hidden > 0)


@wrong("sum((relu(X@W1 + b1)@W2 + b2 - Y)**2)/2", **NET, seen="function: relu's slope left out")
def net_without_gate(X, W1, b1, W2, b2, Y):
    return net_and_gradients(X, W1, b1, W2, b2, Y, np.ones_like)


# --------------------------------------------------------------------------------------------
# Settings in dictionaries


def convolved(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows = (padded.shape[2] - w.shape[2]) // stride + 1
    columns = (padded.shape[3] - w.shape[3]) // stride + 1
    out = np.empty((len(x), len(w), rows, columns), np.result_type(x, w))
    for i, j in np.ndindex(rows, columns):
        out[:, :, i, j] = np.einsum("nchw,fchw->nf", window(padded, w, stride, i, j), w) + b
    return out, (padded, w, conv_param)


def window(padded, w, stride, i, j):
    top, left = i * stride, j * stride
    return padded[:, :, top : top + w.shape[2], left : left + w.shape[3]]


def sent_back(dout, cache, cut):
    padded, w, conv_param = cache
    stride, pad = conv_param["stride"], conv_param["pad"]
    dx, dw = np.zeros(padded.shape, dout.dtype), np.zeros(w.shape, dout.dtype)
    for i, j in np.ndindex(dout.shape[2:]):
        own = dout[:, :, i, j]
        dw += np.einsum("nf,nchw->fchw", own, window(padded, w, stride, i, j))
        window(dx, w, stride, i, j)[...] += np.einsum("nf,fchw->nchw", own, w)
    rows, columns = (size - 2 * pad for size in padded.shape[2:])
    first = cut(pad)
    return dx[:, :, first : first + rows, first : first + columns], dw, dout.sum(axis=(0, 2, 3))


def convolution_sent_back(dout, cache):
    return sent_back(dout, cache, lambda pad: pad)


def convolution_sent_back_uncut(dout, cache):
    return sent_back(dout, cache, lambda pad: 0)


pair("conv2d", convolved, convolution_sent_back, True)
pair(
    "conv2d",
    convolved,
    convolution_sent_back_uncut,
    False,
    seen="padding: the gradient cut out of the padded one at its corner",
)


@right("max_pool2d")
def pooled(x, pool_param):
    high, wide = pool_param["pool_height"], pool_param["pool_width"]
    stride = pool_param.get("stride", 2)
    rows, columns = (x.shape[2] - high) // stride + 1, (x.shape[3] - wide) // stride + 1
    out = np.empty((*x.shape[:2], rows, columns), x.dtype)
    for i, j in np.ndindex(rows, columns):
        part = x[:, :, i * stride : i * stride + high, j * stride : j * stride + wide]
        out[:, :, i, j] = part.max(axis=(2, 3))
    return out, (x, pool_param)


def normalised(x, gamma, beta, bn_param):
    eps, momentum = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    mean, variance = x.mean(axis=0), x.var(axis=0)
    if bn_param["mode"] == "test":
        mean, variance = bn_param["running_mean"], bn_param["running_var"]
    else:
        before = bn_param.get("running_mean", np.zeros(x.shape[1], x.dtype))
        bn_param["running_mean"] = momentum * before + (1 - momentum) * mean
    scale = np.sqrt(variance + eps)
    shape = (x - mean) / scale
    return gamma * shape + beta, (shape, gamma, scale)


def normalisation_sent_back(dout, cache):
    shape, gamma, scale = cache
    d = dout * gamma
    dx = (d - d.mean(axis=0) - shape * (d * shape).mean(axis=0)) / scale
    return dx, (dout * shape).sum(axis=0), dout.sum(axis=0)


def normalisation_sent_back_uncentred(dout, cache):
    shape, gamma, scale = cache
    d = dout * gamma
    dx = (d - shape * (d * shape).mean(axis=0)) / scale
    return dx, (dout * shape).sum(axis=0), dout.sum(axis=0)


TRAINING = {"constants": {"mode": "train"}}
pair("batch_norm", normalised, normalisation_sent_back, True, **TRAINING)
pair(
    "batch_norm",
    normalised,
    normalisation_sent_back_uncentred,
    False,
    **TRAINING,
    seen="term: the mean of what comes back left out",
)

# --------------------------------------------------------------------------------------------
# An optimiser's state in a dictionary


@right("rmsprop_step")
def rmsprop_with_config(w, dw, config=None):
    config = {} if config is None else config
    config.setdefault("learning_rate", 1e-2)
    config.setdefault("decay_rate", 0.99)
    config.setdefault("epsilon", 1e-8)
    config.setdefault("cache", np.zeros_like(w))
    rate = config["decay_rate"]
    config["cache"] = rate * config["cache"] + (1 - rate) * dw**2
    return w - config["learning_rate"] * dw / (np.sqrt(config["cache"]) + config["epsilon"]), config


def adam(w, dw, config, second):
    start = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "t": 0}
    for name, value in start.items():
        config.setdefault(name, value)
    config["t"] += 1
    config["m"] = config["beta1"] * config.get("m", 0 * w) + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config.get("v", 0 * w) + (1 - config["beta2"]) * dw**2
    m = config["m"] / (1 - config["beta1"] ** config["t"])
    v = config["v"] / (1 - config[second] ** config["t"])
    return w - config["learning_rate"] * m / (np.sqrt(v) + config["epsilon"]), config


@right("adam_step")
def adam_with_config(w, dw, config):
    keys = config["learning_rate"], config["beta1"], config["beta2"], config["epsilon"]
    assert len(keys) == 4
    config["t"] = config.get("t", 0)
    return adam(w, dw, config, "beta2")


@right("momentum_step", conventions={"convention": "notes"})
def momentum_with_config(w, dw, config):
    before = config.get("velocity", np.zeros_like(w))
    config["velocity"] = config["momentum"] * before - config["learning_rate"] * dw
    return w + config["velocity"], config


@wrong("momentum_step", seen="state: the velocity begins anew at each step")
def momentum_with_forgotten_config(w, dw, config):
    before = config.get("velocity", np.zeros_like(w))
    velocity = config["momentum"] * before - config["learning_rate"] * dw
    config["velocities"] = velocity
    return w + velocity, config


# --------------------------------------------------------------------------------------------
# Shares and statistics


@right("running_statistics")
def statistics_as_kept(x, running_mean, running_var, momentum=0.1):
    mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)
    kept = 1 - momentum
    return kept * running_mean + momentum * mean, kept * running_var + momentum * variance


@wrong("running_statistics", "estimate=biased", seen="variance: N for N - 1")
def statistics_of_biased_variance(x, running_mean, running_var, momentum=0.1):
    kept = 1 - momentum
    mean = kept * running_mean + momentum * x.mean(axis=0)
    return mean, kept * running_var + momentum * x.var(axis=0)


@wrong("running_statistics", "1 − momentum stands in place of momentum", seen="mask: complement")
def statistics_kept_by_momentum(x, running_mean, running_var, momentum=0.9):
    mean = momentum * running_mean + (1 - momentum) * x.mean(axis=0)
    return mean, momentum * running_var + (1 - momentum) * x.var(axis=0, ddof=1)


@wrong("dropout", "1 − q stands in place of q", seen="mask: the share that is dropped")
def dropped(x, mask, p):
    return x * mask / (1 - p)


@right("adagrad_step")
def adagrad_with_cache(w, grad, cache, lr=0.01, eps=1e-10):
    cache = cache + grad**2
    return w - lr * grad / (np.sqrt(cache) + eps), cache
