"""Layers with a forward and a backward pass, and batch normalisation, as people write them."""

import numpy as np

from checker_collection.cases import pair, right, wrong

BATCH = "batch_norm_backward"


def statistics(x, eps, ddof=0):
    mu = x.mean(axis=0)
    var = x.var(axis=0, ddof=ddof)
    return mu, 1 / np.sqrt(var + eps)


@right(BATCH)
def bn_textbook(dy, x, gamma, epsilon=1e-5):
    mu, inv = statistics(x, epsilon)
    h = (x - mu) * inv
    dh = dy * gamma
    dx = inv * (dh - dh.mean(axis=0) - h * (dh * h).mean(axis=0))
    return dx, (dy * h).sum(axis=0), dy.sum(axis=0)


@right(BATCH)
def bn_long_way(dout, x, gamma, eps=1e-5):
    N = len(x)
    mu = x.sum(axis=0) / N
    var = ((x - mu) ** 2).sum(axis=0) / N
    dh = dout * gamma
    dvar = (dh * (x - mu) * -0.5 * (var + eps) ** -1.5).sum(axis=0)
    dmu = (-dh / np.sqrt(var + eps)).sum(axis=0) + dvar * (-2 * (x - mu)).mean(axis=0)
    dx = dh / np.sqrt(var + eps) + dvar * 2 * (x - mu) / N + dmu / N
    h = (x - mu) / np.sqrt(var + eps)
    return {"dx": dx, "dbeta": dout.sum(axis=0), "dgamma": (dout * h).sum(axis=0)}


@wrong(BATCH, "missing", "dx", seen="term: the way through the variance")
def bn_without_variance(dy, x, gamma, epsilon=1e-5):
    mu, inv = statistics(x, epsilon)
    h = (x - mu) * inv
    dh = dy * gamma
    return inv * (dh - dh.mean(axis=0)), (dy * h).sum(axis=0), dy.sum(axis=0)


@wrong(BATCH, "missing", "dx", seen="term: the way through the mean")
def bn_without_mean(dy, x, gamma, epsilon=1e-5):
    mu, inv = statistics(x, epsilon)
    h = (x - mu) * inv
    dh = dy * gamma
    return inv * (dh - h * (dh * h).mean(axis=0)), (dy * h).sum(axis=0), dy.sum(axis=0)


@wrong(BATCH, "γ", seen="factor: gamma")
def bn_without_gamma(dy, x, gamma, epsilon=1e-5):
    mu, inv = statistics(x, epsilon)
    h = (x - mu) * inv
    dx = inv * (dy - dy.mean(axis=0) - h * (dy * h).mean(axis=0))
    return dx, (dy * h).sum(axis=0), dy.sum(axis=0)


@wrong(BATCH, "N − 1", seen="variance: N - 1")
def bn_unbiased(dy, x, gamma, epsilon=1e-5):
    mu, inv = statistics(x, epsilon, ddof=1)
    h = (x - mu) * inv
    dh = dy * gamma
    dx = inv * (dh - dh.mean(axis=0) - h * (dh * h).mean(axis=0))
    return dx, (dy * h).sum(axis=0), dy.sum(axis=0)


@wrong(BATCH, "epsilon", seen="epsilon: outside the root")
def bn_epsilon_outside(dy, x, gamma, epsilon=1e-5):
    mu = x.mean(axis=0)
    sigma = x.std(axis=0) + epsilon
    h = (x - mu) / sigma
    dh = dy * gamma
    dx = (dh - dh.mean(axis=0) - h * (dh * h).mean(axis=0)) / sigma
    return dx, (dy * h).sum(axis=0), dy.sum(axis=0)


@wrong(BATCH, "ε", seen="epsilon: left out")
def bn_forgets_epsilon(dy, x, gamma, epsilon=1e-5):
    mu = x.mean(axis=0)
    sigma = x.std(axis=0)
    h = (x - mu) / sigma
    dh = dy * gamma
    dx = (dh - dh.mean(axis=0) - h * (dh * h).mean(axis=0)) / sigma
    return dx, (dy * h).sum(axis=0), dy.sum(axis=0)


@wrong(BATCH, "dgamma", seen="function: x for its normalised form")
def bn_gamma_from_inputs(dy, x, gamma, epsilon=1e-5):
    mu, inv = statistics(x, epsilon)
    h = (x - mu) * inv
    dh = dy * gamma
    dx = inv * (dh - dh.mean(axis=0) - h * (dh * h).mean(axis=0))
    return dx, (dy * x).sum(axis=0), dy.sum(axis=0)


@wrong(BATCH, "dbeta", "1/N", seen="reduction: mean for sum")
def bn_averaged_shift(dy, x, gamma, epsilon=1e-5):
    mu, inv = statistics(x, epsilon)
    h = (x - mu) * inv
    dh = dy * gamma
    dx = inv * (dh - dh.mean(axis=0) - h * (dh * h).mean(axis=0))
    return dx, (dy * h).sum(axis=0), dy.mean(axis=0)


def bn_forward(x, gamma, beta, epsilon=1e-5):
    mu, inv = statistics(x, epsilon)
    h = (x - mu) * inv
    return gamma * h + beta, (h, inv, gamma)


def bn_pair_right(dout, cache):
    h, inv, gamma = cache
    dh = dout * gamma
    dx = inv * (dh - dh.mean(axis=0) - h * (dh * h).mean(axis=0))
    return dx, (dout * h).sum(axis=0), dout.sum(axis=0)


def bn_pair_spoils_cache(dout, cache):
    h, inv, gamma = cache
    dgamma, dbeta = (dout * h).sum(axis=0), dout.sum(axis=0)
    dh = dout * gamma
    h *= (dh * h).mean(axis=0)
    return inv * (dh - dh.mean(axis=0) - h), dgamma, dbeta


def bn_pair_spoils_cotangent(dout, cache):
    h, inv, gamma = cache
    dgamma, dbeta = (dout * h).sum(axis=0), dout.sum(axis=0)
    dout *= gamma
    dx = inv * (dout - dout.mean(axis=0) - h * (dout * h).mean(axis=0))
    return dx, dgamma, dbeta


def bn_pair_returns_cotangent(dout, cache):
    return dout, dout.sum(axis=0), dout.sum(axis=0)


pair("batch_norm", bn_forward, bn_pair_right, True)
pair("batch_norm", bn_forward, bn_pair_spoils_cache, False, "twice", seen="alias: the cache")
pair(
    "batch_norm",
    bn_forward,
    bn_pair_spoils_cotangent,
    False,
    "changes",
    seen="alias: the cotangent",
)
pair(
    "batch_norm",
    bn_forward,
    bn_pair_returns_cotangent,
    False,
    "dx",
    seen="function: nothing is done",
)


def bn_forward_unbiased(x, gamma, beta, epsilon=1e-5):
    mu, inv = statistics(x, epsilon, ddof=1)
    h = (x - mu) * inv
    return gamma * h + beta, (h, inv, gamma)


def bn_pair_unbiased(dout, cache):
    h, inv, gamma = cache
    dh = dout * gamma
    dx = inv * (dh - dh.mean(axis=0) - h * (dh * h).sum(axis=0) / (len(h) - 1))
    return dx, (dout * h).sum(axis=0), dout.sum(axis=0)


pair("batch_norm", bn_forward_unbiased, bn_pair_unbiased, False, "N − 1", seen="both: N - 1")

remembered = {}


def bn_forward_global(x, gamma, beta, epsilon=1e-5):
    out, cache = bn_forward(x, gamma, beta, epsilon)
    remembered["cache"] = cache
    return out, None


def bn_pair_global(dout, cache):
    return bn_pair_right(dout, remembered["cache"])


pair(
    "batch_norm", bn_forward_global, bn_pair_global, False, "forward", seen="state: a global cache"
)

RELU = {"let": ["x: n,d", "w: d,h", "b: h"], "wrt": ["x", "w", "b"]}
HIDDEN = "relu(x@w + b)"


def hidden_forward(x, w, b):
    a = x @ w + b
    return np.maximum(a, 0), (x, w, a)


def hidden_backward(dout, cache):
    x, w, a = cache
    da = dout * (a > 0)
    return da @ w.T, x.T @ da, da.sum(axis=0)


def hidden_backward_at_kink(dout, cache):
    x, w, a = cache
    da = dout * (a >= 0)
    return da @ w.T, x.T @ da, da.sum(axis=0)


def hidden_backward_half_at_kink(dout, cache):
    x, w, a = cache
    da = dout * ((np.sign(a) + 1) / 2).astype(dout.dtype)
    return da @ w.T, x.T @ da, da.sum(axis=0)


def hidden_backward_two_minds(dout, cache):
    x, w, a = cache
    da, other = dout * (a > 0), dout * (a >= 0)
    return da @ w.T, x.T @ da, other.sum(axis=0)


def hidden_backward_double_at_kink(dout, cache):
    x, w, a = cache
    da = dout * ((a > 0) + 2 * (a == 0))
    return da @ w.T, x.T @ da, da.sum(axis=0)


def hidden_backward_without_slope(dout, cache):
    x, w, _ = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def hidden_backward_gate_of_gradient(dout, cache):
    x, w, _ = cache
    da = dout * (dout > 0)
    return da @ w.T, x.T @ da, da.sum(axis=0)


def hidden_backward_averaged(dout, cache):
    x, w, a = cache
    da = dout * (a > 0)
    return da @ w.T, x.T @ da / len(x), da.sum(axis=0)


pair(HIDDEN, hidden_forward, hidden_backward, True, **RELU)
pair(HIDDEN, hidden_forward, hidden_backward_at_kink, True, **RELU)
pair(HIDDEN, hidden_forward, hidden_backward_half_at_kink, True, **RELU)
pair(
    HIDDEN,
    hidden_forward,
    hidden_backward_two_minds,
    False,
    **RELU,
    seen="ties: two decisions on one condition",
)
pair(
    HIDDEN,
    hidden_forward,
    hidden_backward_double_at_kink,
    False,
    **RELU,
    seen="ties: twice the slope at the kink",
)
pair(
    HIDDEN,
    hidden_forward,
    hidden_backward_without_slope,
    False,
    "relu",
    **RELU,
    seen="function: the slope",
)
pair(
    HIDDEN,
    hidden_forward,
    hidden_backward_gate_of_gradient,
    False,
    **RELU,
    seen="function: the gate of the gradient",
)
pair(
    HIDDEN,
    hidden_forward,
    hidden_backward_averaged,
    False,
    "1/n",
    "w",
    **RELU,
    seen="reduction: 1/n in one of three",
)

POOL = {"let": ["x: n,d"], "wrt": ["x"]}


def pool_forward(x):
    return x.max(axis=1), x


def pool_to_first(dout, x):
    dx = np.zeros_like(x)
    dx[np.arange(len(x)), x.argmax(axis=1)] = dout
    return dx


def pool_shared(dout, x):
    ties = x == x.max(axis=1, keepdims=True)
    return (ties * (dout / ties.sum(axis=1).astype(dout.dtype))[:, None]).astype(dout.dtype)


def pool_to_all(dout, x):
    return dout[:, None] * (x == x.max(axis=1, keepdims=True))


def pool_over_columns(dout, x):
    return np.repeat(dout[:, None] / x.shape[1], x.shape[1], axis=1)


pair("max(x, axis=1)", pool_forward, pool_to_first, True, **POOL)
pair("max(x, axis=1)", pool_forward, pool_shared, True, **POOL)
pair(
    "max(x, axis=1)",
    pool_forward,
    pool_to_all,
    False,
    "ties",
    **POOL,
    seen="ties: each gets everything",
)
pair("max(x, axis=1)", pool_forward, pool_over_columns, False, **POOL, seen="function: the mean")


@right("x@w + b", let=["x: n,d", "w: d,h", "b: h"], wrt=["x", "w", "b"])
class Dense:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, dout):
        self.dw = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.w.T


@wrong(
    "x@w + b",
    "accumulate",
    let=["x: n,d", "w: d,h", "b: h"],
    wrt=["x", "w", "b"],
    seen="state: gradients add up",
)
class DenseAccumulating:
    def __init__(self, w, b):
        self.w, self.b = w, b
        self.dw, self.db = np.zeros_like(w), np.zeros_like(b)

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, dout):
        self.dw += self.x.T @ dout
        self.db += dout.sum(axis=0)
        return dout @ self.w.T


@wrong(
    "x@w + b",
    "b",
    let=["x: n,d", "w: d,h", "b: h"],
    wrt=["x", "w", "b"],
    seen="reduction: mean for sum",
)
class DenseAveragedBias:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, dout):
        self.dw = self.x.T @ dout
        self.db = dout.mean(axis=0)
        return dout @ self.w.T
