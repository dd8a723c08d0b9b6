"""Optimisers of many arrays, in dicts and lists, changed in place; settings in tuples."""

import numpy as np

from checker_collection.cases import right, wrong


@right("momentum_step", conventions={"convention": "notes"})
class MomentumByName:
    def __init__(self, lr=0.01, momentum=0.9):
        self.lr, self.momentum, self.v = lr, momentum, None

    def update(self, params, grads):
        if self.v is None:
            self.v = {key: np.zeros_like(value) for key, value in params.items()}
        for key in params:
            self.v[key] = self.momentum * self.v[key] - self.lr * grads[key]
            params[key] += self.v[key]


@wrong("momentum_step", conventions={"convention": "notes"}, seen="state")
class MomentumOfOneVelocity:
    """One velocity for all arrays: it is right for a single one."""

    def __init__(self, lr=0.01, momentum=0.9):
        self.lr, self.momentum, self.v = lr, momentum, 0.0

    def update(self, params, grads):
        for key in params:
            self.v = self.momentum * np.resize(self.v, grads[key].shape) - self.lr * grads[key]
            params[key] += self.v


@right("adam_step")
class AdamByPlace:
    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m = self.v = None
        self.t = 0

    def step(self, params, grads):
        if self.m is None:
            self.m = [np.zeros_like(p) for p in params]
            self.v = [np.zeros_like(p) for p in params]
        self.t += 1
        for k, (p, g) in enumerate(zip(params, grads, strict=True)):
            self.m[k] = self.beta1 * self.m[k] + (1 - self.beta1) * g
            self.v[k] = self.beta2 * self.v[k] + (1 - self.beta2) * g * g
            first = self.m[k] / (1 - self.beta1**self.t)
            second = self.v[k] / (1 - self.beta2**self.t)
            p -= self.lr * first / (np.sqrt(second) + self.eps)


@wrong("adam_step", "step", seen="correction")
class AdamCountingArrays:
    """The counter goes up with every array, not with every step."""

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.m, self.v, self.t = {}, {}, 0

    def update(self, params, grads):
        for k in params:
            self.t += 1
            self.m[k] = self.beta1 * self.m.get(k, 0) + (1 - self.beta1) * grads[k]
            self.v[k] = self.beta2 * self.v.get(k, 0) + (1 - self.beta2) * grads[k] ** 2
            first = self.m[k] / (1 - self.beta1**self.t)
            second = self.v[k] / (1 - self.beta2**self.t)
            params[k] -= self.lr * first / (np.sqrt(second) + self.eps)


@right("adagrad_step")
class AdagradWithItsEpsilon:
    """An epsilon of its own, which nobody can set."""

    def __init__(self, lr=0.01):
        self.lr, self.h = lr, {}

    def update(self, params, grads):
        for key, g in grads.items():
            self.h[key] = self.h.get(key, 0) + g * g
            params[key] -= self.lr * g / (np.sqrt(self.h[key]) + 1e-7)


@wrong("adagrad_step", "epsilon", seen="epsilon")
class AdagradWithoutEpsilon:
    def __init__(self, lr=0.01):
        self.lr, self.h = lr, {}

    def update(self, params, grads):
        for key, g in grads.items():
            self.h[key] = self.h.get(key, 0) + g * g
            params[key] -= self.lr * g / np.sqrt(self.h[key])


@right("rmsprop_step")
class RmspropCalled:
    def __init__(self, lr=0.01, rho=0.99, eps=1e-8):
        self.lr, self.rho, self.eps, self.cache = lr, rho, eps, 0.0

    def __call__(self, w, grad):
        self.cache = self.rho * self.cache + (1 - self.rho) * grad**2
        return w - self.lr * grad / (np.sqrt(self.cache) + self.eps)


@right("gradient_descent_step")
def descent_in_place(params, grads, lr=0.1):
    for p, g in zip(params, grads, strict=True):
        p -= lr * g


@wrong("gradient_descent_step", "first step", seen="sign")
def ascent_in_place(params, grads, lr=0.1):
    for p, g in zip(params, grads, strict=True):
        p += lr * g


@right("momentum_step", conventions={"convention": "notes"})
def momentum_with_velocities(params, grads, velocity, lr=0.1, mu=0.9):
    for key in params:
        velocity[key] = mu * velocity[key] + lr * grads[key]
        params[key] -= velocity[key]


@wrong("momentum_step", conventions={"convention": "notes"}, seen="factor")
def momentum_that_dampens(params, grads, velocity, lr=0.1, mu=0.9):
    for key in params:
        velocity[key] = mu * velocity[key] + (1 - mu) * lr * grads[key]
        params[key] -= velocity[key]


class _MomentsOfParameters:
    """Parameters with the constructor, two rates in one tuple."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.params, self.lr, self.betas, self.eps, self.t = params, lr, betas, eps, 0
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]

    def moved(self, k, g, share):
        first, second = self.betas
        self.m[k] = first * self.m[k] + (1 - first) * g
        self.v[k] = second * self.v[k] + (1 - share) * g * g
        mean = self.m[k] / (1 - first**self.t)
        square = self.v[k] / (1 - second**self.t)
        self.params[k] -= self.lr * mean / (np.sqrt(square) + self.eps)


@right("adam_step")
class AdamOfItsParameters(_MomentsOfParameters):
    def step(self, grads):
        self.t += 1
        for k, g in enumerate(grads):
            self.moved(k, g, self.betas[1])


@wrong("adam_step", "step", seen="parameter")
class AdamOfOneShare(_MomentsOfParameters):
    def step(self, grads):
        self.t += 1
        for k, g in enumerate(grads):
            self.moved(k, g, self.betas[0])


@right("conv2d")
def convolution_of_pairs(x, weight, bias, stride=(1, 1), padding=(0, 0)):
    (down, right_), (high, wide) = stride, padding
    x = np.pad(x, [(0, 0), (0, 0), (high, high), (wide, wide)])
    seen = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(2, 3))
    found = np.einsum("nchwij,fcij->nfhw", seen[:, :, ::down, ::right_], weight, optimize=True)
    return found + bias.reshape(1, -1, 1, 1)
