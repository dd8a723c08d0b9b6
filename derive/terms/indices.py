"""Indices with their ranges, and affine forms over them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TypeAlias

from derive.terms.sizes import ONE, ZERO, Size, SizeLike

AffineLike: TypeAlias = "Affine | Index | Size | int"

_serial = itertools.count()


class Index:
    """A name that runs over ``0 .. size - 1``; every index made is different from all others."""

    __slots__ = ("form", "name", "serial", "size")

    def __init__(self, name: str, size: SizeLike) -> None:
        self.name = name
        self.size = Size.of(size)
        self.serial = next(_serial)
        self.form = Affine(ZERO, {self: ONE})  # the index as an affine form

    def fresh(self) -> Index:
        """Another index with the same name and range."""
        return Index(self.name, self.size)

    def __repr__(self) -> str:
        return self.name

    def __add__(self, other: AffineLike) -> Affine:
        return Affine.of(self).__add__(other)

    __radd__ = __add__

    def __sub__(self, other: AffineLike) -> Affine:
        return Affine.of(self).__sub__(other)

    def __rsub__(self, other: AffineLike) -> Affine:
        return Affine.of(other) - Affine.of(self)

    def __mul__(self, factor: SizeLike) -> Affine:
        return Affine.of(self).__mul__(factor)

    __rmul__ = __mul__

    def __neg__(self) -> Affine:
        return Affine.of(self) * -1


def _serial_of(pair: tuple[Index, Size]) -> int:
    return pair[0].serial


class Affine:
    """``constant + sum_i coefficient_i * index_i`` with sizes as coefficients.

    >>> i, k = Index("i", "n"), Index("k", 3)
    >>> 2 * i + k - Size.of("p")
    2*i + k - p
    """

    __slots__ = ("_hash", "coefficients", "constant")

    def __init__(self, constant: Size, coefficients: Mapping[Index, Size]) -> None:
        self.constant = constant
        kept = [pair for pair in coefficients.items() if pair[1].coefficients]
        if len(kept) > 1:
            kept.sort(key=_serial_of)
        self.coefficients = tuple(kept)
        self._hash = hash((constant, self.coefficients))

    @staticmethod
    def _ordered(constant: Size, coefficients: tuple[tuple[Index, Size], ...]) -> Affine:
        """A form whose coefficients are in order, none of them 0."""
        form = object.__new__(Affine)
        form.constant = constant
        form.coefficients = coefficients
        form._hash = hash((constant, coefficients))
        return form

    @staticmethod
    def of(value: AffineLike) -> Affine:
        """The affine form that an index, a size or an integer stands for."""
        if isinstance(value, Affine):
            return value
        if isinstance(value, Index):
            return value.form
        return Affine(Size.of(value), {})

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Affine)
            and self._hash == other._hash
            and self.constant == other.constant
            and self.coefficients == other.coefficients
        )

    def __add__(self, other: AffineLike) -> Affine:
        if type(other) is not Affine:
            if not isinstance(other, Index | Size | int):
                return NotImplemented
            other = Affine.of(other)
        constant = self.constant + other.constant
        if not other.coefficients or not self.coefficients:
            return Affine._ordered(constant, self.coefficients or other.coefficients)
        total = dict(self.coefficients)
        for index, coefficient in other.coefficients:
            total[index] = total.get(index, ZERO) + coefficient
        return Affine(constant, total)

    __radd__ = __add__

    def __sub__(self, other: AffineLike) -> Affine:
        if type(other) is not Affine:
            if not isinstance(other, Index | Size | int):
                return NotImplemented
            other = Affine.of(other)
        return self + -other

    def __rsub__(self, other: AffineLike) -> Affine:
        return Affine.of(other) - self

    def __neg__(self) -> Affine:
        return Affine._ordered(-self.constant, tuple([(i, -c) for i, c in self.coefficients]))

    def __mul__(self, factor: SizeLike) -> Affine:
        if type(factor) is not Size:
            if not isinstance(factor, int | str):
                return NotImplemented
            factor = Size.of(factor)
        if factor == ONE:
            return self
        return Affine(self.constant * factor, {i: c * factor for i, c in self.coefficients})

    __rmul__ = __mul__

    def coefficient(self, index: Index) -> Size:
        """The coefficient of an index, zero where it does not occur."""
        return next((c for i, c in self.coefficients if i is index), ZERO)

    @property
    def indices(self) -> tuple[Index, ...]:
        """The indices that occur."""
        return tuple(i for i, _ in self.coefficients)

    @property
    def plain(self) -> Index | None:
        """The index when the form is nothing but that index, else None."""
        if not self.constant and len(self.coefficients) == 1:
            index, coefficient = self.coefficients[0]
            return index if coefficient == ONE else None
        return None

    def substituted(self, values: Mapping[Index, Affine]) -> Affine:
        """The form with indices replaced by forms."""
        if not any(i in values for i, _ in self.coefficients):
            return self
        total = Affine(self.constant, {})
        for index, coefficient in self.coefficients:
            total = total + values.get(index, Affine.of(index)) * coefficient
        return total

    def value(self, sizes: Mapping[str, int], indices: Mapping[Index, int]) -> int:
        """The integer at an assignment of sizes and indices."""
        parts = (c.value(sizes) * indices[i] for i, c in self.coefficients)
        return self.constant.value(sizes) + sum(parts)

    def __str__(self) -> str:
        parts = [_product(index, coefficient) for index, coefficient in self.coefficients]
        if self.constant or not parts:
            parts.append(str(self.constant))
        return " + ".join(parts).replace("+ -", "- ")

    __repr__ = __str__


def _product(index: Index, coefficient: Size) -> str:
    number = coefficient.constant
    if number in (1, -1):
        return f"{'-' if number < 0 else ''}{index.name}"
    text = str(coefficient)
    return f"({text})*{index.name}" if " " in text else f"{text}*{index.name}"
