"""Sizes: integer polynomials in named sizes, such as ``n``, ``2 H + 1`` or ``n p - 1``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

Monomial: TypeAlias = tuple[tuple[str, int], ...]
SizeLike: TypeAlias = "Size | int | str"


_UNIT: tuple[tuple[Monomial, int], ...] = (((), 1),)
_KNOWN: dict[int | str, Size] = {}  # sizes of names and integers, each made once


class Size:
    """An integer polynomial in named sizes; immutable, equal when the polynomials are.

    >>> n = Size.of("n")
    >>> (n + 1) * (n - 1)
    n**2 - 1
    """

    __slots__ = ("_hash", "_names", "coefficients")
    _names: tuple[str, ...] | None

    def __init__(self, coefficients: Mapping[Monomial, int]) -> None:
        kept = [(m, c) for m, c in coefficients.items() if c]
        if len(kept) > 1:
            kept.sort()
        self.coefficients = tuple(kept)
        self._hash = hash(self.coefficients)
        self._names = None

    @staticmethod
    def _ordered(coefficients: tuple[tuple[Monomial, int], ...]) -> Size:
        """A size whose coefficients are in order, none of them 0."""
        size = object.__new__(Size)
        size.coefficients = coefficients
        size._hash = hash(coefficients)
        size._names = None
        return size

    @staticmethod
    def of(value: SizeLike) -> Size:
        """The size that a name, an integer or a size stands for."""
        if isinstance(value, Size):
            return value
        known = _KNOWN.get(value)
        if known is None:
            known = Size({((value, 1),): 1} if isinstance(value, str) else {(): int(value)})
            _KNOWN[value] = known
        return known

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, int):
            other = Size.of(other)
        return isinstance(other, Size) and self.coefficients == other.coefficients

    def __lt__(self, other: Size) -> bool:
        """An arbitrary total order, for canonical sorting only."""
        return self.coefficients < other.coefficients

    def __add__(self, other: SizeLike) -> Size:
        if type(other) is not Size:
            if not isinstance(other, int | str):
                return NotImplemented
            other = Size.of(other)
        return _combined(self, other, 1)

    __radd__ = __add__

    def __sub__(self, other: SizeLike) -> Size:
        if type(other) is not Size:
            if not isinstance(other, int | str):
                return NotImplemented
            other = Size.of(other)
        return _combined(self, other, -1)

    def __rsub__(self, other: SizeLike) -> Size:
        return Size.of(other) - self

    def __neg__(self) -> Size:
        return Size._ordered(tuple([(m, -c) for m, c in self.coefficients]))

    def __mul__(self, other: SizeLike) -> Size:
        if type(other) is not Size:
            if not isinstance(other, int | str):
                return NotImplemented
            other = Size.of(other)
        if other.coefficients == _UNIT:
            return self
        if self.coefficients == _UNIT:
            return other
        if not other.coefficients or not self.coefficients:
            return ZERO
        product: dict[Monomial, int] = {}
        for m, c in self.coefficients:
            for m2, c2 in other.coefficients:
                key = _monomial_product(m, m2)
                product[key] = product.get(key, 0) + c * c2
        return Size(product)

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Size:
        power = ONE
        for _ in range(exponent):
            power = power * self
        return power

    def __bool__(self) -> bool:
        return bool(self.coefficients)

    @property
    def names(self) -> tuple[str, ...]:
        """The named sizes that occur, sorted."""
        if self._names is None:
            self._names = tuple(sorted({name for m, _ in self.coefficients for name, _ in m}))
        return self._names

    @property
    def constant(self) -> int | None:
        """The value of a size without names, else None."""
        if not self.coefficients:
            return 0
        if len(self.coefficients) == 1 and self.coefficients[0][0] == ():
            return self.coefficients[0][1]
        return None

    def value(self, sizes: Mapping[str, int]) -> int:
        """The integer at an assignment of the named sizes."""
        total = 0
        for monomial, value in self.coefficients:
            for name, power in monomial:
                value *= sizes[name] ** power
            total += value
        return total

    def substituted(self, sizes: Mapping[str, Size]) -> Size:
        """The size with names replaced by sizes."""
        result = ZERO
        for monomial, c in self.coefficients:
            term = Size.of(c)
            for name, power in monomial:
                term = term * sizes.get(name, Size.of(name)) ** power
            result = result + term
        return result

    def __iter__(self) -> Iterator[tuple[Monomial, int]]:
        return iter(self.coefficients)

    def __str__(self) -> str:
        if not self.coefficients:
            return "0"
        ordered = sorted(self.coefficients, key=_display_key)
        text = "".join(_signed(m, c, first=k == 0) for k, (m, c) in enumerate(ordered))
        return text

    __repr__ = __str__


def _display_key(item: tuple[Monomial, int]) -> tuple[bool, int, Monomial]:
    """Positive terms first, then high degrees, then names."""
    monomial, coefficient = item
    return (coefficient < 0, -sum(power for _, power in monomial), monomial)


def _signed(monomial: Monomial, coefficient: int, *, first: bool) -> str:
    sign = ("-" if coefficient < 0 else "") if first else (" - " if coefficient < 0 else " + ")
    names = "*".join(name if power == 1 else f"{name}**{power}" for name, power in monomial)
    number = abs(coefficient)
    if not names:
        return f"{sign}{number}"
    return f"{sign}{names}" if number == 1 else f"{sign}{number}*{names}"


def _combined(left: Size, right: Size, sign: int) -> Size:
    if not right.coefficients:
        return left
    if not left.coefficients:
        return right if sign == 1 else -right
    total = dict(left.coefficients)
    for monomial, coefficient in right.coefficients:
        total[monomial] = total.get(monomial, 0) + sign * coefficient
    return Size(total)


def _monomial_product(left: Monomial, right: Monomial) -> Monomial:
    powers = dict(left)
    for name, power in right:
        powers[name] = powers.get(name, 0) + power
    return tuple(sorted(powers.items()))


ZERO = Size({})
ONE = Size.of(1)


def sizes(names: str) -> tuple[Size, ...]:
    """Several named sizes at once.

    >>> n, p = sizes("n p")
    """
    return tuple(Size.of(name) for name in names.split())
