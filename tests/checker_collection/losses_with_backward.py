"""Losses whose backward pass is given nothing, forward passes that return their backward pass."""

import numpy as np

from checker_collection.cases import pair, right, wrong

MEAN = {"reduction": "mean"}
SQUARES = {"let": ["pred: n,m", "target: n,m"], "wrt": ["pred"]}


def _probabilities(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@right("softmax_cross_entropy", conventions=MEAN)
class LossOfLabels:
    def forward(self, logits, targets):
        self.p, self.targets = _probabilities(logits), targets
        top = logits.max(axis=1)
        total = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top
        return np.mean(total - logits[np.arange(len(targets)), targets])

    def backward(self):
        found = self.p.copy()
        found[np.arange(len(found)), self.targets] -= 1
        return found / len(found)


@wrong("softmax_cross_entropy", "1/N is missing", conventions=MEAN, seen="reduction")
class LossOfLabelsNotAveraged(LossOfLabels):
    def backward(self):
        found = self.p.copy()
        found[np.arange(len(found)), self.targets] -= 1
        return found


@right("softmax_cross_entropy", conventions=MEAN)
class LossFromOne:
    """A gradient of 1 unless another is given, which nobody does."""

    def forward(self, x, t):
        self.y, self.t = _probabilities(x), t
        shifted = x - x.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        return -np.sum(t * logs) / len(x)

    def backward(self, dout=1):
        return (self.y - self.t) / len(self.t)


@right("mean((pred - target)**2)", **SQUARES)
class SquaresCalled:
    def __call__(self, pred, target):
        self.off = pred - target
        return np.mean(self.off**2)

    def backward(self):
        return 2 * self.off / self.off.size


@wrong("mean((pred - target)**2)", "1/m is missing", seen="reduction", **SQUARES)
class SquaresByRows(SquaresCalled):
    def backward(self):
        return 2 * self.off / len(self.off)


@right("mean((pred - target)**2)", let=SQUARES["let"])
def squares_and_gradient(pred, target):
    off = pred - target
    return np.mean(off**2), 2 * off / off.size


@wrong("mean((pred - target)**2)", "sign", let=SQUARES["let"], seen="sign")
def squares_and_gradient_of_target(pred, target):
    off = pred - target
    return np.mean(off**2), -2 * off / off.size


@right("dense")
def dense_with_its_backward(x, W, b):
    def backward(dy):
        return dy @ W.T, x.T @ dy, dy.sum(axis=0)

    return x @ W + b, backward


@wrong("dense", "1/N", seen="reduction")
def dense_with_averaging_backward(x, W, b):
    def backward(dy):
        return dy @ W.T, x.T @ dy, dy.mean(axis=0)

    return x @ W + b, backward


@right("linear")
class LinearCalled:
    def __init__(self, weight, bias):
        self.weight, self.bias = weight, bias

    def __call__(self, x):
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, dout):
        return dout @ self.weight, dout.T @ self.x, dout.sum(0)


@right("linear_multiclass_hinge_gradient", conventions=MEAN)
def hinge_of_margin_one(W, b, X, y):
    """A margin that is 1 in the code: others explain what ordinary draws show."""
    dW, db = np.zeros_like(W), np.zeros_like(b)
    for x, own in zip(X, y, strict=True):
        s = x @ W + b
        for k in range(W.shape[1]):
            if k != own and s[k] - s[own] + 1 > 0:
                dW[:, k] += x
                dW[:, own] -= x
                db[k] += 1
                db[own] -= 1
    return dW / len(X), db / len(X)


@right("gelu")
def gelu_of_the_paper(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


@wrong("gelu", seen="parameter")
def gelu_of_another_slope(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 * np.pi) * (x + 0.044715 * x**3)))


def batchnorm_forward(x, gamma, beta, settings):
    mode = settings["mode"]
    eps = settings.get("eps", 1e-5)
    mean, variance = x.mean(axis=0), x.var(axis=0)
    if mode == "test":
        mean, variance = settings["running_mean"], settings["running_var"]
    elif mode == "train":
        settings["running_mean"], settings["running_var"] = mean, variance
    scale = np.sqrt(variance + eps)
    return gamma * (x - mean) / scale + beta, (x, gamma, mean, scale)


def _sent_back(dout, cache, power):
    x, gamma, mean, scale = cache
    count, off = len(x), x - mean
    dh = dout * gamma
    dvariance = np.sum(-0.5 * dh * off * scale**power, axis=0)
    dmean = -np.sum(dh / scale, axis=0) - 2 * dvariance * off.mean(axis=0)
    dx = dh / scale + 2 * dvariance * off / count + dmean / count
    return dx, np.sum(dout * off / scale, axis=0), dout.sum(axis=0)


def batchnorm_backward(dout, cache):
    return _sent_back(dout, cache, -3)


def batchnorm_backward_of_squares(dout, cache):
    return _sent_back(dout, cache, -2)


# Nobody says which mode is meant: the code knows "test" and "train".
pair("batch_norm", batchnorm_forward, batchnorm_backward, True)
pair("batch_norm", batchnorm_forward, batchnorm_backward_of_squares, False, seen="function")


@right("relu")
class RectifierOfFunctions:
    """Functions that a class holds together: neither is given an object."""

    @staticmethod
    def forward(x):
        return np.maximum(0, x), x

    @staticmethod
    def backward(dout, cache):
        return dout * (cache > 0)


@wrong("relu", seen="sign")
class RectifierOfOtherFunctions(RectifierOfFunctions):
    @staticmethod
    def backward(dout, cache):
        return dout * (cache < 0)
