"""Steps of optimisers, as functions and as classes with a state, as people write them."""

from typing import ClassVar

import numpy as np

from checker_collection.cases import right, wrong

# --------------------------------------------------------------------------------------------
# Momentum

POLYAK = {"arguments": {"eta": "lr", "alpha": "momentum", "h": "v"}}


@right("momentum_step", **POLYAK)
def momentum_torch(w, v, g, lr=0.1, momentum=0.9):
    v = momentum * v + g
    return w - lr * v, v


@right("momentum_step", conventions={"convention": "notes"}, **POLYAK)
def momentum_notes(w, v, g, lr=0.1, momentum=0.9):
    v = momentum * v + lr * g
    return w - v, v


@right("momentum_step", conventions={"convention": "velocity"}, **POLYAK)
def momentum_velocity(w, v, g, lr=0.1, momentum=0.9):
    v = momentum * v - lr * g
    return w + v, v


@wrong(
    "momentum_step",
    "convention=velocity",
    seen="sign: a velocity that is taken for a sum",
    **POLYAK,
)
def momentum_velocity_for_torch(w, v, g, lr=0.1, momentum=0.9):
    return momentum_velocity(w, v, g, lr, momentum)


@wrong(
    "momentum_step",
    seen="sign: a velocity taken off",
    conventions={"convention": "velocity"},
    **POLYAK,
)
def momentum_velocity_taken_off(w, v, g, lr=0.1, momentum=0.9):
    v = momentum * v - lr * g
    return w - v, v


@right("nesterov_step", conventions={"convention": "velocity"}, **POLYAK)
def nesterov_velocity(w, v, g, lr=0.1, momentum=0.9):
    before = v
    v = momentum * v - lr * g
    return w - momentum * before + (1 + momentum) * v, v


@right("momentum_step", **POLYAK)
def momentum_out_of_place(w, v, g, lr=0.1, momentum=0.9):
    memory = np.multiply(v, momentum)
    memory += g
    new = memory * -lr
    new += w
    return {"w": new, "v": memory}


@wrong("momentum_step", "convention=notes", seen="lookahead: the step size inside", **POLYAK)
def momentum_of_notes_for_torch(w, v, g, lr=0.1, momentum=0.9):
    return momentum_notes(w, v, g, lr, momentum)


@wrong("momentum_step", seen="correction: dampened as averages are", **POLYAK)
def momentum_dampened(w, v, g, lr=0.1, momentum=0.9):
    v = momentum * v + (1 - momentum) * g
    return w - lr * v, v


@wrong("momentum_step", seen="state: the old memory makes the step", **POLYAK)
def momentum_late(w, v, g, lr=0.1, momentum=0.9):
    return w - lr * v, momentum * v + g


@wrong("momentum_step", seen="alias: the memory is updated in place", **POLYAK)
def momentum_in_place(w, v, g, lr=0.1, momentum=0.9):
    v *= momentum
    v += g
    return w - lr * v, v


@wrong("momentum_step", seen="sign: uphill", **POLYAK)
def momentum_uphill(w, v, g, lr=0.1, momentum=0.9):
    v = momentum * v + g
    return w + lr * v, v


class Momentum:
    def __init__(self, lr=0.1, momentum=0.9):
        self.lr, self.momentum, self.v = lr, momentum, None

    def step(self, w, g):
        if self.v is None:
            self.v = np.zeros_like(w)
        self.v = self.momentum * self.v + g
        return w - self.lr * self.v


class MomentumOnClass(Momentum):
    v_of_all: ClassVar[dict] = {}

    def step(self, w, g):
        v = self.v_of_all.get(w.shape, np.zeros_like(w))
        self.v_of_all[w.shape] = self.momentum * v + g
        return w - self.lr * self.v_of_all[w.shape]


class MomentumFirstStepLost(Momentum):
    def step(self, w, g):
        self.v = np.zeros_like(w) if self.v is None else self.momentum * self.v + g
        return w - self.lr * self.v


CLASSES = {"arguments": {"eta": "lr", "alpha": "momentum"}}
right("momentum_step", **CLASSES)(Momentum)
wrong("momentum_step", seen="state: of the class", **CLASSES)(MomentumOnClass)
wrong("momentum_step", seen="state: the first gradient", **CLASSES)(MomentumFirstStepLost)

# --------------------------------------------------------------------------------------------
# Nesterov


@right("nesterov_step", **POLYAK)
def nesterov_torch(w, v, g, lr=0.1, momentum=0.9):
    v = momentum * v + g
    return w - lr * (g + momentum * v), v


@wrong("nesterov_step", seen="lookahead: left out", **POLYAK)
def nesterov_without_lookahead(w, v, g, lr=0.1, momentum=0.9):
    return momentum_torch(w, v, g, lr, momentum)


@wrong("nesterov_step", seen="lookahead: with the old memory", **POLYAK)
def nesterov_with_old_memory(w, v, g, lr=0.1, momentum=0.9):
    new = momentum * v + g
    return w - lr * (g + momentum * v), new


@wrong("nesterov_step", seen="lookahead: Bengio's form, the step size inside", **POLYAK)
def nesterov_of_bengio(w, v, g, lr=0.1, momentum=0.9):
    new = momentum * v + lr * g
    return w + momentum * v - (1 + momentum) * new, new


@wrong("nesterov_step", seen="lookahead: the momentum twice", **POLYAK)
def nesterov_twice(w, v, g, lr=0.1, momentum=0.9):
    v = momentum * v + g
    return w - lr * (g + momentum**2 * v), v


class Nesterov(Momentum):
    def step(self, w, g):
        self.v = g if self.v is None else self.momentum * self.v + g
        return w - self.lr * (g + self.momentum * self.v)


class NesterovKeepsGradient(Momentum):
    """What is kept is the step that was made, lookahead included."""

    def step(self, w, g):
        old = 0 if self.v is None else self.v
        self.v = g + self.momentum * (self.momentum * old + g)
        return w - self.lr * self.v


right("nesterov_step", **CLASSES)(Nesterov)
wrong("nesterov_step", seen="lookahead: kept from step to step", **CLASSES)(NesterovKeepsGradient)
