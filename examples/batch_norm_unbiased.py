"""Batch normalisation that divides by N - 1, forward and backward alike.

The backward pass is the exact derivative of this forward pass, so every comparison of the two with
each other accepts it, `torch.autograd.gradcheck` too. But it is not batch normalisation: that
divides by N. Only the formula can tell.

    derive check examples/batch_norm_unbiased.py:forward,backward --as batch_norm
"""

import numpy as np


def forward(x, gamma, beta, eps=1e-5):
    mu = x.mean(axis=0)
    centred = x - mu
    variance = (centred**2).sum(axis=0) / (len(x) - 1)
    sigma = np.sqrt(variance + eps)
    x_hat = centred / sigma
    return gamma * x_hat + beta, (x_hat, sigma, gamma)


def backward(dout, cache):
    x_hat, sigma, gamma = cache
    dx_hat = dout * gamma
    along = (dx_hat * x_hat).sum(axis=0) / (len(dout) - 1)
    dx = (dx_hat - dx_hat.mean(axis=0) - x_hat * along) / sigma
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)
