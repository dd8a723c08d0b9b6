"""A point: sizes, exact numbers for all variables, a polynomial for each opaque function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

from derive.proof.evaluator.arithmetic import Value
from derive.terms.tensors import Tensor

Exponents: TypeAlias = tuple[int, ...]
Polynomial: TypeAlias = Mapping[Exponents, Value]


@dataclass(frozen=True)
class Point:
    """``values`` holds the entries of each variable in row-major order.

    An opaque function of k arguments, by name and k, is a polynomial: exponents -> coefficient.
    """

    sizes: Mapping[str, int]
    values: Mapping[Tensor, Sequence[Value]]
    functions: Mapping[tuple[str, int], Polynomial] = field(default_factory=dict)

    @staticmethod
    def of(sizes: Mapping[str, int], values: Mapping[Tensor, object]) -> Point:
        """A point from nested lists (or anything that iterates so) of numbers."""
        flat = {tensor: tuple(map(_exact, _flattened(v))) for tensor, v in values.items()}
        return Point(dict(sizes), flat)

    def nested(self, tensor: Tensor) -> object:
        """The entries of a variable as nested lists."""
        shape = [size.value(self.sizes) for size in tensor.shape]
        return nested(self.values[tensor], shape)

    def by_name(self) -> dict[str, object]:
        """Nested lists for each variable and a text for each opaque function, by name."""
        found: dict[str, object] = {t.name: self.nested(t) for t in self.values}
        found |= {name: _text(polynomial) for (name, _), polynomial in self.functions.items()}
        return found


def nested(flat: Sequence[Value], shape: Sequence[int]) -> object:
    """Row-major entries as nested lists.

    >>> nested([1, 2, 3, 4, 5, 6], [2, 3])
    [[1, 2, 3], [4, 5, 6]]
    """
    if not shape:
        return flat[0]
    step = len(flat) // shape[0] if shape[0] else 0
    return [nested(flat[k * step : (k + 1) * step], shape[1:]) for k in range(shape[0])]


def _flattened(value: Any) -> Iterable[object]:
    if hasattr(value, "tolist"):  # arrays of NumPy and its kin
        value = value.tolist()
    if isinstance(value, Iterable):
        for part in value:
            yield from _flattened(part)
    else:
        yield value


def _exact(number: Any) -> Fraction:
    return number if isinstance(number, Fraction) else Fraction(number)


def _text(polynomial: Polynomial) -> str:
    letters = "tuvwxyz"
    parts = []
    for exponents, coefficient in polynomial.items():
        powers = [f"{letters[k]}**{e}" for k, e in enumerate(exponents) if e]
        parts.append("*".join([str(coefficient), *powers]))
    return " + ".join(parts)
