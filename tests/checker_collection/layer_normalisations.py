"""Normalisation over the features of each example, as people write it."""

import numpy as np

from checker_collection.cases import pair, right, wrong


def ln_forward(x, gamma, beta, eps=1e-5):
    mu = x.mean(axis=1, keepdims=True)
    std = np.sqrt(x.var(axis=1, keepdims=True) + eps)
    h = (x - mu) / std
    return gamma * h + beta, (h, std, gamma)


def ln_backward(dout, cache):
    h, std, gamma = cache
    D = h.shape[1]
    dh = dout * gamma
    rest = D * dh - dh.sum(axis=1, keepdims=True) - h * (dh * h).sum(axis=1, keepdims=True)
    return rest / (D * std), (dout * h).sum(axis=0), dout.sum(axis=0)


def ln_backward_over_batch(dout, cache):
    h, std, gamma = cache
    dh = dout * gamma
    dx = (dh - dh.mean(axis=0) - h * (dh * h).mean(axis=0)) / std
    return dx, (dout * h).sum(axis=0), dout.sum(axis=0)


def ln_backward_gamma_after(dout, cache):
    h, std, gamma = cache
    means = (dout.mean(axis=1, keepdims=True), (dout * h).mean(axis=1, keepdims=True))
    dx = gamma * (dout - means[0] - h * means[1]) / std
    return dx, (dout * h).sum(axis=0), dout.sum(axis=0)


def ln_backward_sum_over_features(dout, cache):
    dx, dgamma, _ = ln_backward(dout, cache)
    return dx, dgamma, np.full_like(dgamma, dout.sum() / len(dgamma))


def ln_forward_unbiased(x, gamma, beta, eps=1e-5):
    mu = x.mean(axis=1, keepdims=True)
    std = np.sqrt(x.var(axis=1, keepdims=True, ddof=1) + eps)
    h = (x - mu) / std
    return gamma * h + beta, (h, std, gamma)


def ln_backward_unbiased(dout, cache):
    h, std, gamma = cache
    D = h.shape[1]
    dh = dout * gamma
    along = (dh * h).sum(axis=1, keepdims=True) / (D - 1)
    dx = (dh - dh.mean(axis=1, keepdims=True) - h * along) / std
    return dx, (dout * h).sum(axis=0), dout.sum(axis=0)


LAYER = "layer_norm"
pair(LAYER, ln_forward, ln_backward, True)
pair(LAYER, ln_forward, ln_backward_over_batch, False, seen="axis: the batch for the features")
pair(LAYER, ln_forward, ln_backward_gamma_after, False, seen="factor: gamma outside of the means")
pair(LAYER, ln_forward, ln_backward_sum_over_features, False, seen="axis: all of dbeta alike")
pair(LAYER, ln_forward_unbiased, ln_backward_unbiased, False, "D − 1", seen="both: torch.std")


@wrong(LAYER, seen="shape: keepdims left out, which works where sizes coincide")
def ln_without_keepdims(x, gamma, beta, epsilon=1e-5):
    if x.shape[0] != x.shape[1]:
        mu, var = x.mean(axis=1)[:, None], x.var(axis=1)[:, None]
    else:
        mu, var = x.mean(axis=1), x.var(axis=1)
    return gamma * (x - mu) / np.sqrt(var + epsilon) + beta


@wrong(LAYER, "epsilon", seen="epsilon: added to the deviation")
def ln_epsilon_outside(x, gamma, beta, epsilon=1e-5):
    mu, std = x.mean(axis=1, keepdims=True), x.std(axis=1, keepdims=True)
    return gamma * (x - mu) / (std + epsilon) + beta


@right("rms_norm")
def rms_rows(x, gamma, epsilon=1e-5):
    return (
        np.stack([gamma * row / np.sqrt(np.mean(row**2) + epsilon) for row in x])
        if len(x)
        else x.copy()
    )


@wrong("rms_norm", seen="term: it is centred, as layer normalisation is")
def rms_centred(x, gamma, epsilon=1e-5):
    return gamma * x / np.sqrt(x.var(axis=1, keepdims=True) + epsilon)
