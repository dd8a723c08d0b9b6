"""What the comparisons with PyTorch share: draws, the gradients of an operator, the tolerance."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")

TOLERANCE = 1e-12  # of the largest entry

COMPARED = [
    pytest.mark.torch,
    # PyTorch says that it makes uneven padding itself; nothing here is about that.
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def draw(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(sum(map(sum, shapes)))
    return [rng.normal(size=shape) for shape in shapes]


def agree(got: np.ndarray, wanted: Any) -> None:
    wanted = wanted.detach().numpy()
    assert got.shape == wanted.shape
    assert got.dtype == wanted.dtype
    assert abs(got - wanted).max() <= TOLERANCE * abs(wanted).max()


def agree_in_every_place(got: np.ndarray, wanted: Any) -> None:
    """To the tolerance of each entry, and of the rounding in a difference of numbers around one."""
    wanted = wanted.detach().numpy()
    assert got.dtype == wanted.dtype
    assert (abs(got - wanted) <= TOLERANCE * abs(wanted) + 1e-14).all()


def all_agree(got: tuple[np.ndarray, ...], wanted: Any) -> None:
    for each, other in zip(got, wanted, strict=True):
        agree(each, other)


def through(operator: Callable[..., Any], *arrays: np.ndarray) -> tuple[Any, list[Any], np.ndarray]:
    """The output of an operator of PyTorch, the gradients in its arguments, and the weights dy."""
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    y = operator(*tensors)
    dy, _ = draw(tuple(y.shape), (1,))  # others than an input of that shape
    y.backward(torch.tensor(dy))
    return y, [tensor.grad for tensor in tensors], dy


def value_and_gradients(operator: Callable[..., Any], *arrays: np.ndarray) -> tuple[Any, list[Any]]:
    """The output of an operator of PyTorch, and the gradients of its sum in the arguments."""
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    y = operator(*tensors)
    y.sum().backward()
    return y, [tensor.grad for tensor in tensors]


def cases(**choices: Any) -> Any:
    rows = [dict(zip(choices, values, strict=True)) for values in product(*choices.values())]
    return pytest.mark.parametrize(
        "keywords", rows, ids=lambda row: "-".join(map(str, row.values()))
    )
