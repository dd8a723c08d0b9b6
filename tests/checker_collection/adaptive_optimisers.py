"""Optimisers with a step size for each parameter, and weight decay, as people write them."""

import numpy as np

from checker_collection.cases import right, wrong

# --------------------------------------------------------------------------------------------
# AdaGrad and RMSprop

SQUARES = {"arguments": {"eta": "lr", "G": "s"}}


@right("adagrad_step", **SQUARES)
def adagrad_torch(w, s, g, lr=0.01, epsilon=1e-10):
    s = s + g**2
    return w - lr * g / (np.sqrt(s) + epsilon), s


@wrong("adagrad_step", "convention=notes", seen="epsilon: under the root", **SQUARES)
def adagrad_epsilon_under_root(w, s, g, lr=0.01, epsilon=1e-10):
    s = s + g**2
    return w - lr * g / np.sqrt(s + epsilon), s


@wrong("adagrad_step", seen="function: the root", **SQUARES)
def adagrad_without_root(w, s, g, lr=0.01, epsilon=1e-10):
    s = s + g**2
    return w - lr * g / (s + epsilon), s


@wrong("adagrad_step", seen="state: the old sum", **SQUARES)
def adagrad_late(w, s, g, lr=0.01, epsilon=1e-10):
    return w - lr * g / (np.sqrt(s) + epsilon), s + g**2


@wrong("adagrad_step", seen="function: the square of the gradient", **SQUARES)
def adagrad_of_absolute_values(w, s, g, lr=0.01, epsilon=1e-10):
    s = s + abs(g)
    return w - lr * g / (np.sqrt(s) + epsilon), s


@wrong("adagrad_step", seen="term: epsilon", **SQUARES)
def adagrad_without_epsilon(w, s, g, lr=0.01, epsilon=1e-10):
    s = s + g**2
    return w - lr * g / np.where(s > 0, np.sqrt(s), 1).astype(w.dtype), s


MEANS = {"arguments": {"eta": "lr", "alpha": "decay"}}


@right("rmsprop_step", **MEANS)
def rmsprop_torch(w, v, g, lr=0.01, decay=0.99, epsilon=1e-8):
    v = decay * v + (1 - decay) * g * g
    return w - lr * g / (np.sqrt(v) + epsilon), v


@wrong("rmsprop_step", seen="parameter: decay and its complement", **MEANS)
def rmsprop_complement(w, v, g, lr=0.01, decay=0.99, epsilon=1e-8):
    return rmsprop_torch(w, v, g, lr, 1 - decay, epsilon)


@wrong("rmsprop_step", seen="factor: 1 - decay", **MEANS)
def rmsprop_as_adagrad(w, v, g, lr=0.01, decay=0.99, epsilon=1e-8):
    v = decay * v + g * g
    return w - lr * g / (np.sqrt(v) + epsilon), v


@wrong("rmsprop_step", "convention=notes", seen="epsilon: under the root", **MEANS)
def rmsprop_epsilon_under_root(w, v, g, lr=0.01, decay=0.99, epsilon=1e-8):
    v = decay * v + (1 - decay) * g * g
    return w - lr * g / np.sqrt(v + epsilon), v


@wrong("rmsprop_step", seen="state: the average itself is rooted", **MEANS)
def rmsprop_keeps_root(w, v, g, lr=0.01, decay=0.99, epsilon=1e-8):
    root = np.sqrt(decay * v + (1 - decay) * g * g)
    return w - lr * g / (root + epsilon), root


@wrong("rmsprop_step", seen="variance: the mean is taken off, as in the centred form", **MEANS)
def rmsprop_centred(w, v, g, lr=0.01, decay=0.99, epsilon=1e-8):
    v = decay * v + (1 - decay) * g * g
    mean = (1 - decay) * g
    return w - lr * g / (np.sqrt(np.maximum(v - mean**2, 0)) + epsilon), v


class RMSprop:
    def __init__(self, lr=0.01, decay=0.99, epsilon=1e-8):
        self.lr, self.decay, self.epsilon, self.v = lr, decay, epsilon, 0

    def step(self, w, g):
        self.v = self.decay * self.v + (1 - self.decay) * g**2
        return w - self.lr * g / (np.sqrt(self.v) + self.epsilon)


class RMSpropFromFirstSquare(RMSprop):
    """The first square is taken whole."""

    started = False

    def step(self, w, g):
        if not self.started:
            self.v, self.started = g**2 / 1, True
            return w - self.lr * g / (np.sqrt(self.v) + self.epsilon)
        return super().step(w, g)


right("rmsprop_step", **MEANS)(RMSprop)
wrong("rmsprop_step", seen="correction: the first square", **MEANS)(RMSpropFromFirstSquare)

# --------------------------------------------------------------------------------------------
# Adam

ADAM = {"arguments": {"eta": "lr", "beta_1": "beta1", "beta_2": "beta2"}}


def averages(m, v, g, beta1, beta2):
    return beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g


@right("adam_step", **ADAM)
def adam_paper(w, m, v, g, t, lr=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = averages(m, v, g, beta1, beta2)
    mhat, vhat = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - lr * mhat / (np.sqrt(vhat) + epsilon), m, v


@right("adam_step", **ADAM)
def adam_torch(w, m, v, g, t, lr=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = m + (1 - beta1) * (g - m), beta2 * v + (1 - beta2) * g**2
    size = lr / (1 - beta1**t)
    root = np.sqrt(v) / (1 - beta2**t) ** 0.5 + epsilon
    return {"w": w - size * (m / root), "v": v, "m": m}


@wrong("adam_step", seen="epsilon: as in TensorFlow, before the correction", **ADAM)
def adam_epsilon_hat(w, m, v, g, t, lr=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = averages(m, v, g, beta1, beta2)
    size = lr * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
    return w - size * m / (np.sqrt(v) + epsilon), m, v


@wrong("adam_step", seen="correction: left out", **ADAM)
def adam_uncorrected(w, m, v, g, t, lr=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = averages(m, v, g, beta1, beta2)
    return w - lr * m / (np.sqrt(v) + epsilon), m, v


@wrong("adam_step", seen="correction: one step off", **ADAM)
def adam_one_step_off(w, m, v, g, t, lr=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = averages(m, v, g, beta1, beta2)
    mhat, vhat = m / (1 - beta1 ** (t + 1)), v / (1 - beta2 ** (t + 1))
    return w - lr * mhat / (np.sqrt(vhat) + epsilon), m, v


@wrong("adam_step", seen="correction: of the first average alone", **ADAM)
def adam_half_corrected(w, m, v, g, t, lr=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = averages(m, v, g, beta1, beta2)
    return w - lr * m / (1 - beta1**t) / (np.sqrt(v) + epsilon), m, v


@wrong("adam_step", seen="correction: corrected averages are kept", **ADAM)
def adam_keeps_corrected(w, m, v, g, t, lr=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = averages(m, v, g, beta1, beta2)
    m, v = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - lr * m / (np.sqrt(v) + epsilon), m, v


@wrong("adam_step", seen="parameter: both averages with one beta", **ADAM)
def adam_one_beta(w, m, v, g, t, lr=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    return adam_paper(w, m, v, g, t, lr, beta1, beta1, epsilon)


@wrong("adam_step", seen="function: the square of the gradient", **ADAM)
def adam_without_square(w, m, v, g, t, lr=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * abs(g)
    mhat, vhat = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - lr * mhat / (np.sqrt(vhat) + epsilon), m, v


@wrong("adam_step", "convention=notes", seen="epsilon: under the root", **ADAM)
def adam_epsilon_under_root(w, m, v, g, t, lr=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = averages(m, v, g, beta1, beta2)
    mhat, vhat = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - lr * mhat / np.sqrt(vhat + epsilon), m, v


class Adam:
    def __init__(self, lr=1e-3, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.lr, self.beta1, self.beta2, self.epsilon = lr, beta1, beta2, epsilon
        self.m = self.v = self.t = 0

    def step(self, w, g):
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.v = self.beta2 * self.v + (1 - self.beta2) * g * g
        mhat = self.m / (1 - self.beta1**self.t)
        vhat = self.v / (1 - self.beta2**self.t)
        return w - self.lr * mhat / (np.sqrt(vhat) + self.epsilon)


class AdamCountsLate(Adam):
    def step(self, w, g):
        out = super().step(w, g)
        self.t = max(self.t - 1, 1) if self.t == 2 else self.t
        return out


class AdamMaximum(Adam):
    """Keeps the largest mean square, as AMSGrad does."""

    largest = 0

    def step(self, w, g):
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * g
        self.v = self.beta2 * self.v + (1 - self.beta2) * g * g
        self.largest = np.maximum(self.largest, self.v)
        mhat = self.m / (1 - self.beta1**self.t)
        vhat = self.largest / (1 - self.beta2**self.t)
        return w - self.lr * mhat / (np.sqrt(vhat) + self.epsilon)


right("adam_step", **ADAM)(Adam)
wrong("adam_step", seen="correction: a step is counted once for twice", **ADAM)(AdamCountsLate)
wrong("adam_step", seen="function: AMSGrad", **ADAM)(AdamMaximum)

# --------------------------------------------------------------------------------------------
# Weight decay

DECAY = {"arguments": {"eta": "lr", "lambda_": "decay"}}


@right("weight_decay_step", **DECAY)
def decay_shrinks(w, g, lr=0.1, decay=0.01):
    return w * (1 - lr * decay) - lr * g


@wrong("weight_decay_step", seen="decay: not times the step size", **DECAY)
def decay_decoupled_from_rate(w, g, lr=0.1, decay=0.01):
    return w * (1 - decay) - lr * g


@wrong("weight_decay_step", seen="decay: after the step, of the new weights", **DECAY)
def decay_after_step(w, g, lr=0.1, decay=0.01):
    return (w - lr * g) * (1 - lr * decay)


@wrong("weight_decay_step", seen="factor: 2 of the penalty", **DECAY)
def decay_doubled(w, g, lr=0.1, decay=0.01):
    return w - lr * (g + 2 * decay * w)


@wrong("weight_decay_step", seen="sign: of the decay", **DECAY)
def decay_grows(w, g, lr=0.1, decay=0.01):
    return w - lr * (g - decay * w)


COUPLED = "w - lr*((beta*m + (1 - beta)*(g + decay*w)))"
COUPLES = {"let": ["w: n", "m: n", "g: n", "lr:", "beta:", "decay:"]}


@right(COUPLED, **COUPLES)
def step_with_penalty(w, m, g, lr=0.1, beta=0.9, decay=0.01):
    g = g + decay * w
    return w - lr * (beta * m + (1 - beta) * g)


@wrong(COUPLED, **COUPLES, seen="decay: decoupled, as in AdamW")
def step_with_decay(w, m, g, lr=0.1, beta=0.9, decay=0.01):
    return w - lr * (beta * m + (1 - beta) * g) - lr * decay * w
