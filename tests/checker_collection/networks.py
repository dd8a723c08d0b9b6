"""Dense layers, nets, dropout and activations with two passes, as people write them."""

import numpy as np

from checker_collection.cases import pair, right, wrong


def logistic(z):
    return 0.5 * (1 + np.tanh(0.5 * z))


# --------------------------------------------------------------------------------------------
# A dense layer


@right("dense_backward")
def dense_gradients_looped(dy, x, W):
    dx, dW, db = np.zeros_like(x), np.zeros_like(W), np.zeros_like(W[0])
    for n in range(len(x)):
        dx[n] = W @ dy[n]
        dW += np.outer(x[n], dy[n])
        db += dy[n]
    return dx, dW, db


@wrong("dense_backward", seen="axis: weights not transposed, which works where they are square")
def dense_gradients_not_transposed(dy, x, W):
    square = W.shape[0] == W.shape[1]
    return dy @ (W if square else W.T), x.T @ dy, dy.sum(axis=0)


@wrong("dense_backward", "transpose", seen="axis: the weights' gradient transposed")
def dense_gradients_transposed(dy, x, W):
    return dy @ W.T, dy.T @ x, dy.sum(axis=0)


@wrong("dense_backward", "db", seen="axis: a bias for each example")
def dense_gradients_bias_per_example(dy, x, W):
    return dy @ W.T, x.T @ dy, dy.sum(axis=1)


@wrong("dense_backward", seen="shape: a bias of one row")
def dense_gradients_bias_row(dy, x, W):
    return dy @ W.T, x.T @ dy, dy.sum(axis=0, keepdims=True)


@wrong("dense_backward", seen="alias: squeezed, wrong for a batch of one")
def dense_gradients_squeezed(dy, x, W):
    return np.squeeze(dy @ W.T), x.T @ dy, dy.sum(axis=0)


@wrong("dense_backward", "float64", seen="dtype: a buffer of float64")
def dense_gradients_in_double(dy, x, W):
    dW = np.zeros(W.shape)
    dW += x.T @ dy
    return dy @ W.T, dW, dy.sum(axis=0)


@wrong("dense_backward", seen="shape: memory read as if it were contiguous")
def dense_gradients_raw_memory(dy, x, W):
    flat = np.ravel(x, order="K").reshape(x.shape)
    return dy @ W.T, flat.T @ dy, dy.sum(axis=0)


# --------------------------------------------------------------------------------------------
# A net with one hidden layer


def passes(x, W1, b1, W2, b2):
    a1 = logistic(x @ W1 + b1)
    return a1, logistic(a1 @ W2 + b2)


@right("mlp_gradients")
def net_gradients(x, y, W1, b1, W2, b2):
    a1, a2 = passes(x, W1, b1, W2, b2)
    d2 = a2 - y
    d1 = d2 @ W2.T * a1 * (1 - a1)
    return {"dW1": x.T @ d1, "db1": d1.sum(axis=0), "dW2": a1.T @ d2, "db2": d2.sum(axis=0)}


@right("mlp_gradients", conventions={"cost": "quadratic"})
def net_gradients_quadratic(x, y, W1, b1, W2, b2):
    a1, a2 = passes(x, W1, b1, W2, b2)
    d2 = (a2 - y) * a2 * (1 - a2)
    d1 = np.einsum("nk,hk,nh->nh", d2, W2, a1 * (1 - a1))
    return {
        "dW2": np.einsum("nh,nk->hk", a1, d2),
        "db2": np.einsum("nk->k", d2),
        "dW1": np.einsum("np,nh->ph", x, d1),
        "db1": np.einsum("nh->h", d1),
    }


def wrong_net(name, origin, *says, **options):
    """Mark what makes gradients from the activations as a wrong net."""

    def marked(errors):
        def gradients(x, y, W1, b1, W2, b2):
            a1, a2 = passes(x, W1, b1, W2, b2)
            d2, d1 = errors(x, y, W1, W2, a1, a2)
            return {"dW1": x.T @ d1, "db1": d1.sum(axis=0), "dW2": a1.T @ d2, "db2": d2.sum(axis=0)}

        gradients.__name__ = name
        wrong("mlp_gradients", *says, seen=origin, **options)(gradients)
        return errors

    return marked


@wrong_net("net_with_slope_of_output", "function: the slope of the other cost", "cost=quadratic")
def errors_with_slope_of_output(x, y, W1, W2, a1, a2):
    d2 = (a2 - y) * a2 * (1 - a2)
    return d2, d2 @ W2.T * a1 * (1 - a1)


@wrong_net("net_without_hidden_slope", "function: the hidden slope")
def errors_without_hidden_slope(x, y, W1, W2, a1, a2):
    d2 = a2 - y
    return d2, d2 @ W2.T


@wrong_net("net_slope_not_complete", "term: s for s (1 - s)")
def errors_slope_not_complete(x, y, W1, W2, a1, a2):
    d2 = a2 - y
    return d2, d2 @ W2.T * a1


@wrong_net("net_averaged_twice", "reduction: 1/N in the error of the output", "1/N")
def errors_averaged(x, y, W1, W2, a1, a2):
    d2 = (a2 - y) / len(x)
    return d2, d2 @ W2.T * a1 * (1 - a1)


@wrong_net("net_slope_of_tanh", "function: the slope of tanh")
def errors_slope_of_tanh(x, y, W1, W2, a1, a2):
    d2 = a2 - y
    return d2, d2 @ W2.T * (1 - a1**2)


@wrong_net("net_slope_of_activation", "function: the slope at the activation, not at the score")
def errors_slope_of_activation(x, y, W1, W2, a1, a2):
    d2 = a2 - y
    s = logistic(a1)
    return d2, d2 @ W2.T * s * (1 - s)


@wrong("mlp_gradients", seen="state: weights are updated before the error is sent back")
def net_updated_too_early(x, y, W1, b1, W2, b2):
    a1, a2 = passes(x, W1, b1, W2, b2)
    d2 = a2 - y
    dW2 = a1.T @ d2
    d1 = d2 @ (W2 - 0.01 * dW2).T * a1 * (1 - a1)
    return {"dW2": dW2, "db2": d2.sum(axis=0), "dW1": x.T @ d1, "db1": d1.sum(axis=0)}


# --------------------------------------------------------------------------------------------
# Dropout


def dropout_forward(x, m, q):
    return x * m / q, (m, q)


def dropout_backward(dout, cache):
    m, q = cache
    return dout * (m / q).astype(dout.dtype)


def dropout_backward_unscaled(dout, cache):
    return dout * cache[0]


def dropout_backward_without_mask(dout, cache):
    return dout / cache[1]


def dropout_backward_other_share(dout, cache):
    m, q = cache
    return (dout * m / (1 - q if q < 1 else 1)).astype(dout.dtype)


def dropout_backward_new_mask(dout, cache):
    _m, q = cache
    return dout * (np.random.default_rng().random(dout.shape) < q) / q


DROPS = {"let": ["x: n,d", "m: n,d", "q:; positive"], "wrt": ["x"]}
pair("x*m/q", dropout_forward, dropout_backward, True, **DROPS)
pair("x*m/q", dropout_forward, dropout_backward_unscaled, False, seen="mask: no scale", **DROPS)
pair("x*m/q", dropout_forward, dropout_backward_without_mask, False, seen="mask: lost", **DROPS)
pair("x*m/q", dropout_forward, dropout_backward_other_share, False, seen="mask: 1 - q", **DROPS)
pair("x*m/q", dropout_forward, dropout_backward_new_mask, False, seen="mask: drawn anew", **DROPS)


@wrong("dropout", seen="mask: the scale of test time")
def dropout_scaled_down(x, m, q):
    return x * m * q


@wrong("dropout", seen="mask: no scale")
def dropout_unscaled(x, m, q):
    return x * m


@wrong("dropout", seen="mask: what is dropped is kept")
def dropout_complement(x, m, q):
    return x * (1 - m) / q


@right("dropout")
def dropout_where(x, m, q):
    return np.where(m > 0, x / q, 0)


@wrong("dropout_backward", seen="mask: the scale squared")
def dropout_scaled_twice(dy, m, q):
    return dy * m / q**2


class DropoutAccumulating:
    """The mask is changed for good."""

    def __init__(self, m, q):
        self.m, self.q = m, q

    def forward(self, x):
        self.m /= self.q
        return x * self.m

    def backward(self, dout):
        return dout * self.m


wrong("dropout", "changes", seen="alias: the mask is scaled in place")(DropoutAccumulating)

# --------------------------------------------------------------------------------------------
# Activations with two passes

ACTIVE = {"let": ["x: n,d"], "wrt": ["x"]}


def tanh_forward(x):
    t = np.tanh(x)
    return t, t


def tanh_backward(dout, t):
    return dout * (1 - t * t)


def tanh_backward_of_output(dout, t):
    return dout * (1 - np.tanh(t) ** 2)


def tanh_backward_twice(dout, t):
    return dout**2 * (1 - t * t)


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, x):
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


def relu_backward_in_place(dout, x):
    dout[x <= 0] = 0
    return dout


def relu_forward_in_place(x):
    np.maximum(x, 0, out=x)
    return x, x


def relu_backward_clips_gradient(dout, x):
    return np.maximum(dout, 0) * (x > 0)


def sigmoid_forward(x):
    s = logistic(x)
    return s, s


def sigmoid_backward(dout, s):
    return dout * s * (1 - s)


def sigmoid_backward_not_complete(dout, s):
    return dout * s * s


pair("tanh(x)", tanh_forward, tanh_backward, True, **ACTIVE)
pair("relu(x)", relu_forward, relu_backward, True, **ACTIVE)
pair("sigmoid(x)", sigmoid_forward, sigmoid_backward, True, **ACTIVE)
for expr, forward, bad, origin in (
    ("tanh(x)", tanh_forward, tanh_backward_of_output, "function: tanh of the output"),
    ("tanh(x)", tanh_forward, tanh_backward_twice, "factor: the cotangent twice"),
    ("relu(x)", relu_forward, relu_backward_in_place, "alias: the cotangent is masked in place"),
    ("relu(x)", relu_forward, relu_backward_clips_gradient, "function: the gradient is clipped"),
    ("sigmoid(x)", sigmoid_forward, sigmoid_backward_not_complete, "term: s s for s (1 - s)"),
):
    pair(expr, forward, bad, False, seen=origin, **ACTIVE)
pair(
    "relu(x)",
    relu_forward_in_place,
    relu_backward,
    False,
    "changes",
    name="relu_forward_in_place",
    seen="alias: the input is rectified in place",
    **ACTIVE,
)


@wrong("gelu", seen="function: the other approximation")
def gelu_by_sigmoid(x, c=0.7978845608028654):
    return x / (1 + np.exp(-1.702 * x))


@wrong("gelu_derivative", seen="function: the inner derivative")
def gelu_slope_without_inner(x, c=0.7978845608028654):
    t = np.tanh(c * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2)


@right("gelu_derivative")
def gelu_slope(x, c=0.7978845608028654):
    t = np.tanh(c * (x + 0.044715 * x * x * x))
    return 0.5 * (1 + t) + 0.5 * c * x * (1 - t * t) * (1 + 3 * 0.044715 * x * x)


@wrong("sigmoid", seen="overflow: exp(x) / (1 + exp(x))")
def sigmoid_overflowing(x):
    return np.exp(x) / (1 + np.exp(x))


@wrong("softplus_derivative", seen="function: one derivative too many")
def softplus_slope_of_slope(x):
    return logistic(x) * (1 - logistic(x))


@wrong("leaky_relu", "alpha", seen="parameter: the slope is squared")
def leaky_twice(x, alpha=0.01):
    return np.where(x > 0, x, alpha**2 * x)


@wrong("leaky_relu", seen="parameter: max(x, alpha x), which is another function above one")
def leaky_as_maximum(x, alpha=0.01):
    return np.maximum(x, alpha * x)


@wrong("elu_derivative", seen="function: alpha left out of the value")
def elu_slope_of_output(x, alpha=1.0):
    y = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
    return np.where(x > 0, 1.0, y + alpha)
