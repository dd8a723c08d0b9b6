"""Normalisation over batches and features, as people write it."""

import numpy as np

from checker_collection.cases import pair, right, wrong

# --------------------------------------------------------------------------------------------
# Over a batch of images


def bn2d_forward(x, gamma, beta, eps=1e-5):
    N, C, H, W = x.shape
    flat = x.transpose(0, 2, 3, 1).reshape(-1, C)
    mu, var = flat.mean(axis=0), flat.var(axis=0)
    std = np.sqrt(var + eps)
    h = (flat - mu) / std
    y = (gamma * h + beta).reshape(N, H, W, C).transpose(0, 3, 1, 2)
    return y, (h, std, gamma, x.shape)


def bn2d_backward(dout, cache):
    h, std, gamma, (N, C, H, W) = cache
    flat = dout.transpose(0, 2, 3, 1).reshape(-1, C)
    dh = flat * gamma
    dx = (dh - dh.mean(axis=0) - h * (dh * h).mean(axis=0)) / std
    dx = dx.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    return dx, (flat * h).sum(axis=0), flat.sum(axis=0)


def bn2d_backward_over_batch(dout, cache):
    h, std, gamma, (N, C, H, W) = cache
    flat = dout.transpose(0, 2, 3, 1).reshape(-1, C)
    dh = flat * gamma
    dx = (dh - dh.sum(axis=0) / N - h * (dh * h).sum(axis=0) / N) / std
    dx = dx.reshape(N, H, W, C).transpose(0, 3, 1, 2)
    return dx, (flat * h).sum(axis=0), flat.sum(axis=0)


def bn2d_backward_mixed_up(dout, cache):
    _h, _std, _gamma, (N, C, H, W) = cache
    dx, dgamma, dbeta = bn2d_backward(dout, cache)
    return dx.transpose(0, 2, 3, 1).reshape(N, C, H, W), dgamma, dbeta


def bn2d_forward_per_image(x, gamma, beta, eps=1e-5):
    mu = x.mean(axis=(2, 3), keepdims=True)
    var = x.var(axis=(2, 3), keepdims=True)
    h = (x - mu) / np.sqrt(var + eps)
    return gamma[:, None, None] * h + beta[:, None, None]


def bn2d_forward_per_place(x, gamma, beta, eps=1e-5):
    h = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    return gamma[:, None, None] * h + beta[:, None, None]


pair("batch_norm2d", bn2d_forward, bn2d_backward, True)
pair("batch_norm2d", bn2d_forward, bn2d_backward_over_batch, False, seen="factor: N for N H W")
pair(
    "batch_norm2d", bn2d_forward, bn2d_backward_mixed_up, False, seen="axis: reshape for transpose"
)
wrong("batch_norm2d", seen="axis: instance normalisation")(bn2d_forward_per_image)
wrong("batch_norm2d", seen="axis: statistics of each place")(bn2d_forward_per_place)


@right("batch_norm2d")
def bn2d_einsum(x, gamma, beta, epsilon=1e-5):
    count = x.shape[0] * x.shape[2] * x.shape[3]
    mu = np.einsum("nchw->c", x) / count
    centred = x - mu[None, :, None, None]
    var = np.einsum("nchw,nchw->c", centred, centred) / count
    scale = gamma / np.sqrt(var + epsilon)
    return np.einsum("nchw,c->nchw", centred, scale) + beta.reshape(-1, 1, 1)


@wrong("batch_norm2d_backward", "dbeta", seen="reduction: the batch alone is summed")
def bn2d_shift_per_image(dy, x, gamma, epsilon=1e-5):
    _, cache = bn2d_forward(x, gamma, gamma, epsilon)
    dx, dgamma, _ = bn2d_backward(dy, cache)
    return dx, dgamma, dy.sum(axis=0).mean(axis=(1, 2))


# --------------------------------------------------------------------------------------------
# Over a batch of rows


@wrong("batch_norm", seen="axis: statistics of each example, where sizes coincide")
def bn_over_features(x, gamma, beta, epsilon=1e-5):
    mu, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return gamma * (x - mu) / np.sqrt(var + epsilon) + beta


@wrong("batch_norm", seen="cancellation: E[x^2] - E[x]^2")
def bn_one_pass(x, gamma, beta, epsilon=1e-5):
    mu = x.mean(axis=0)
    var = (x**2).mean(axis=0) - mu**2
    return gamma * (x - mu) / np.sqrt(np.maximum(var, 0) + epsilon) + beta


@wrong("batch_norm", seen="function: the variance without its root")
def bn_without_root(x, gamma, beta, epsilon=1e-5):
    return gamma * (x - x.mean(axis=0)) / (x.var(axis=0) + epsilon) + beta


@wrong("batch_norm", seen="parameter: scale and shift exchanged")
def bn_scale_and_shift_exchanged(x, gamma, beta, epsilon=1e-5):
    return beta * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + epsilon) + gamma


@wrong("batch_norm", "in place of epsilon", seen="parameter: epsilon fixed")
def bn_epsilon_fixed(x, gamma, beta, epsilon=1e-5):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5) + beta


def bn_forward_graph(x, gamma, beta, eps=1e-5):
    mu = 1.0 / len(x) * np.sum(x, axis=0)
    xmu = x - mu
    var = 1.0 / len(x) * np.sum(xmu**2, axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    return gamma * xhat + beta, (xhat, gamma, xmu, ivar, sqrtvar, var, eps)


def bn_backward_graph(dout, cache):
    xhat, gamma, xmu, ivar, sqrtvar, var, eps = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1.0 / (sqrtvar**2) * divar
    dvar = 0.5 * 1.0 / np.sqrt(var + eps) * dsqrtvar
    dsq = 1.0 / N * np.ones((N, D), dtype=dout.dtype) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1.0 / N * np.ones((N, D), dtype=dout.dtype) * dmu
    return dx1 + dx2, dgamma, dbeta


def bn_backward_graph_no_half(dout, cache):
    _xhat, gamma, xmu, ivar, _sqrtvar, _var, _eps = cache
    dx, dgamma, dbeta = bn_backward_graph(dout, cache)
    dxhat = dout * gamma
    extra = -(ivar**3) * np.sum(dxhat * xmu, axis=0) * xmu / len(dout)
    return dx + extra, dgamma, dbeta


def bn_backward_scaled_twice(dout, cache):
    dx, dgamma, dbeta = bn_backward_graph(dout, cache)
    return dx * cache[1], dgamma, dbeta


def bn_backward_detached(dout, cache):
    """The statistics are taken for constants."""
    xhat, gamma, _, ivar, *_ = cache
    return dout * gamma * ivar, (dout * xhat).sum(axis=0), dout.sum(axis=0)


def bn_backward_exchanged(dout, cache):
    dx, dgamma, dbeta = bn_backward_graph(dout, cache)
    return {"dx": dx, "dgamma": dbeta, "dbeta": dgamma}


pair("batch_norm", bn_forward_graph, bn_backward_graph, True)
for bad, origin in (
    (bn_backward_graph_no_half, "factor: 1/2 of a root's derivative"),
    (bn_backward_scaled_twice, "factor: gamma twice"),
    (bn_backward_detached, "term: statistics taken for constants"),
    (bn_backward_exchanged, "axis: two results exchanged"),
):
    pair("batch_norm", bn_forward_graph, bad, False, seen=origin)


def bn_forward_outside(x, gamma, beta, eps=1e-5):
    sigma = x.std(axis=0) + eps
    h = (x - x.mean(axis=0)) / sigma
    return gamma * h + beta, (h, x.std(axis=0), sigma, gamma)


def bn_backward_outside(dout, cache):
    h, std, sigma, gamma = cache
    dh = dout * gamma
    along = (dh * h).mean(axis=0) * sigma / np.where(std > 0, std, 1)
    return (dh - dh.mean(axis=0) - h * along) / sigma, (dout * h).sum(axis=0), dout.sum(axis=0)


pair("batch_norm", bn_forward_outside, bn_backward_outside, False, seen="both: epsilon outside")


class BatchNormInPlace:
    def __init__(self, gamma, beta, epsilon=1e-5):
        self.gamma, self.beta, self.epsilon = gamma, beta, epsilon

    def forward(self, x):
        self.std = np.sqrt(x.var(axis=0) + self.epsilon)
        x -= x.mean(axis=0)
        x /= self.std
        self.h = x
        return self.gamma * x + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.h).sum(axis=0), dout.sum(axis=0)
        dh = dout * self.gamma
        return (dh - dh.mean(axis=0) - self.h * (dh * self.h).mean(axis=0)) / self.std


wrong("batch_norm", "changes", seen="alias: the input is normalised in place")(BatchNormInPlace)


class BatchNormOnClass(BatchNormInPlace):
    def forward(self, x):
        cls = type(self)
        cls.std = np.sqrt(x.var(axis=0) + self.epsilon)
        cls.h = (x - x.mean(axis=0)) / self.std
        return self.gamma * self.h + self.beta


wrong("batch_norm", "forward", seen="state: attributes of the class")(BatchNormOnClass)


class BatchNormTidy(BatchNormInPlace):
    def forward(self, x):
        self.std = np.sqrt(x.var(axis=0) + self.epsilon)
        self.h = (x - x.mean(axis=0)) / self.std
        return self.gamma * self.h + self.beta


right("batch_norm")(BatchNormTidy)

# --------------------------------------------------------------------------------------------
# Statistics that are given, and that are kept

INFERENCE = "batch_norm_inference"


@right(INFERENCE)
def inference_merged(x, gamma, beta, mean, variance, epsilon=1e-5):
    a = gamma / np.sqrt(variance + epsilon)
    return x * a + (beta - mean * a)


@wrong(INFERENCE, seen="function: the variance for its root")
def inference_without_root(x, gamma, beta, mean, variance, epsilon=1e-5):
    return gamma * (x - mean) / (variance + epsilon) + beta


@wrong(INFERENCE, seen="axis: statistics of the batch after all")
def inference_of_batch(x, gamma, beta, mean, variance, epsilon=1e-5):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + epsilon) + beta


@wrong(INFERENCE, "sign", seen="sign: the mean is added")
def inference_mean_added(x, gamma, beta, mean, variance, epsilon=1e-5):
    return gamma * (x + mean) / np.sqrt(variance + epsilon) + beta


RUNNING_MEAN = {"let": ["r: d", "x: n,d", "m:"]}
KEPT_MEAN = "(1 - m)*r + m*mean(x, axis=0)"


@right(KEPT_MEAN, **RUNNING_MEAN)
def running_mean(r, x, m=0.1):
    return r + m * (x.mean(axis=0) - r)


@wrong(KEPT_MEAN, **RUNNING_MEAN, seen="parameter: momentum and its complement")
def running_mean_of_the_other_momentum(r, x, m=0.1):
    return m * r + (1 - m) * x.mean(axis=0)


@wrong(KEPT_MEAN, **RUNNING_MEAN, seen="alias: the running mean is updated in place")
def running_mean_in_place(r, x, m=0.1):
    r *= 1 - m
    r += m * x.mean(axis=0)
    return r


RUNNING_VARIANCE = {"let": ["r: d", "x: n,d", "m:"]}
KEPT_VARIANCE = "(1 - m)*r + m*sum((x - mean(x, axis=0))**2, axis=0)/(n - 1)"


@right(KEPT_VARIANCE, **RUNNING_VARIANCE)
def running_variance(r, x, m=0.1):
    return (1 - m) * r + m * x.var(axis=0, ddof=1)


@wrong(KEPT_VARIANCE, **RUNNING_VARIANCE, seen="variance: the biased one is kept")
def running_variance_biased(r, x, m=0.1):
    return (1 - m) * r + m * x.var(axis=0)


@wrong(KEPT_VARIANCE, **RUNNING_VARIANCE, seen="variance: corrected twice")
def running_variance_corrected_twice(r, x, m=0.1):
    n = len(x)
    return (1 - m) * r + m * x.var(axis=0, ddof=1) * n / (n - 1)


@wrong(KEPT_VARIANCE, **RUNNING_VARIANCE, seen="variance: about the running mean, not the batch's")
def running_variance_about_another_mean(r, x, m=0.1):
    return (1 - m) * r + m * ((x - r) ** 2).sum(axis=0) / (len(x) - 1)


@right("running_average")
def running_average_looped(batches, start, momentum=0.1):
    out, average = [], start
    for batch in batches:
        out.append(average)
        average = (1 - momentum) * average + momentum * batch
    return np.array(out, dtype=batches.dtype if batches.dtype.kind == "f" else float)


@wrong("running_average", seen="comparison: the last batch is one too many")
def running_average_late(batches, start, momentum=0.1):
    out, average = np.empty_like(batches), start
    for t, batch in enumerate(batches):
        average = (1 - momentum) * average + momentum * batch
        out[t] = average
    return out


@right("batch_norm")
def normalised_with_odd_epsilon(x, gamma, beta):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 2.5e-5) + beta


@wrong("batch_norm", "epsilon stands outside the root", seen="epsilon")
def normalised_with_own_epsilon_outside(x, gamma, beta):
    return gamma * (x - x.mean(axis=0)) / (np.sqrt(x.var(axis=0)) + 1e-5) + beta
