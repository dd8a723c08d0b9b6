"""How the arguments of `numerics` are drawn in the tests, and batches of few or no rows."""

from collections.abc import Callable

import numpy as np

Maker = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]

BATCHES = ({"...": (0,)}, {"...": (3, 0)}, {"...": (1,)}, {"...": ()})


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.normal(size=shape)


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return 0.1 + rng.exponential(size=shape)


def squares(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.normal(size=shape) ** 2


def mask(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.integers(2, size=shape)


def signs(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(rng.choice([-1.0, 1.0], size=shape))


def simplex(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    weights = rng.exponential(size=shape)
    return weights / weights.sum(axis=-1, keepdims=True)


def one_hot(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    if not shape[-1]:
        return np.zeros(shape)
    return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
