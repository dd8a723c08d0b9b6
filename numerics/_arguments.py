"""What every function does with its arguments first: one floating type, checked shapes."""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def arguments(layout: str, **given: npt.ArrayLike) -> tuple[Array, ...]:
    """Return the named arguments as floating-point arrays whose shapes fit the layout.

    A layout has one entry an argument, separated by semicolons; equal names are equal sizes, and
    `...` is a batch shape that all arguments share. Floating-point arguments decide the type;
    integers and booleans on their own become float64.

    >>> X, y = arguments("n p; n", X=np.ones((3, 2), np.float32), y=[0, 1, 0])
    >>> y.dtype
    dtype('float32')
    >>> arguments("n p; n", X=np.ones((3, 2)), y=[0, 1])
    Traceback (most recent call last):
    ValueError: y: got shape (2,), wanted (n) with n = 3, p = 2
    """
    arrays = _floating(given)
    sizes: dict[str, Any] = {}
    for name, array, axes in zip(given, arrays, _axes(layout), strict=True):
        _bind(name, array.shape, axes, sizes)
    return arrays


def _floating(given: dict[str, npt.ArrayLike]) -> tuple[Array, ...]:
    arrays = {name: np.asarray(value) for name, value in given.items()}
    for name, array in arrays.items():
        if array.dtype.kind not in "biufc":
            raise TypeError(f"{name}: got {array.dtype}, wanted numbers")
    types = [array.dtype for array in arrays.values() if array.dtype.kind in "fc"]
    dtype = np.result_type(*types) if types else np.dtype(np.float64)
    return tuple(array.astype(dtype, copy=False) for array in arrays.values())


@cache
def _axes(layout: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(entry.split()) for entry in layout.split(";"))


def _bind(name: str, shape: tuple[int, ...], axes: tuple[str, ...], sizes: dict[str, Any]) -> None:
    known = dict(sizes)
    parts: tuple[Any, ...] = shape
    if "..." in axes:
        batch = len(shape) - len(axes) + 1
        parts = (shape[:batch], *shape[batch:])
    pairs = list(zip(axes, parts, strict=False))
    if len(parts) != len(axes) or any(sizes.setdefault(axis, got) != got for axis, got in pairs):
        where = ", ".join(f"{axis} = {size}" for axis, size in known.items())
        wanted = f"({', '.join(axes)})" + (f" with {where}" if where else "")
        raise ValueError(f"{name}: got shape {shape}, wanted {wanted}")
