"""Factors, products and polynomials: the data of the normal form, interned by a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import lcm
from typing import Any, TypeAlias

from derive.terms.indices import Affine, Index
from derive.terms.sizes import Size

LAZY = ("delta", "guard", "cond")  # kinds that are 0 or 1, and decide first
Number: TypeAlias = int | Fraction
Exponent: TypeAlias = int | Fraction | Affine


class Undecided(Exception):
    """The normal form has no rule for this; the message says for what."""


def as_exponent(value: Exponent) -> Exponent:
    """An exponent as an integer where it is one."""
    if isinstance(value, Affine):
        number = None if value.coefficients else value.constant.constant
        return value if number is None else whole(number)
    return whole(value)


def whole(number: Number) -> Number:
    """A rational number as an integer where it is one."""
    return int(number) if number == int(number) else number


def exponent_sum(one: Exponent, other: Exponent) -> Exponent:
    """The exponent of a product of two powers of one base."""
    if isinstance(one, Affine) or isinstance(other, Affine):
        return as_exponent(_form(one) + _form(other))
    return as_exponent(one + other)


def exponent_times(form: Affine, number: Number) -> Exponent:
    """A symbolic exponent times a number; the coefficients of a root's exponent are rational."""
    coefficients = {i: _size_times(size, number) for i, size in form.coefficients}
    return as_exponent(Affine(_size_times(form.constant, number), coefficients))


def _form(exponent: Exponent) -> Affine:
    one = Affine.of(1)
    if isinstance(exponent, Fraction):
        return Affine(_size_times(one.constant, exponent), {})
    return Affine.of(exponent)


def _size_times(size: Size, number: Number) -> Size:
    return Size({m: whole(c * number) for m, c in size})  # type: ignore[misc]


def denominator(exponent: Exponent) -> int:
    """The common denominator of an exponent: 1 unless a root is taken."""
    if not isinstance(exponent, Affine):
        return exponent.denominator
    sizes = (exponent.constant, *(size for _, size in exponent.coefficients))
    return lcm(*(c.denominator for size in sizes for _, c in size))


class Factor:
    """One factor: its kind, the data that make it, the indices it depends on.

    Kinds and their data:
      entry   (head, slots)        an entry of a tensor; a slot is an index, or None on an axis of 1
      size    (name,)              a named size, as a number
      count   (index,)             the value of an index, as a number
      number  (prime or -1,)       a base of a power of a number
      exp     (product,)           the exponential of a product with coefficient 1
      apply   (function, polys)    a function of polynomials
      cond    (poly,)              1 where a polynomial is > 0
      base    (poly,)              a polynomial with several terms, under a power
      delta   (form,)              1 where an affine form is 0
      guard   (form,)              1 where an affine form is >= 0
      sum     (indices, product)   the sum of a product over canonically named indices
      opaque  (key, indices)       anything known only up to bound names
    """

    __slots__ = ("data", "height", "id", "indices", "kind")

    def __init__(
        self, kind: str, data: tuple[Any, ...], indices: tuple[Index, ...], height: int, serial: int
    ) -> None:
        self.kind = kind
        self.data = data
        self.indices = indices
        self.height = height
        self.id = serial

    def __repr__(self) -> str:
        return f"{self.kind}{self.data}"


class Product:
    """A product of powers of factors, sorted; interned, so that equality is identity."""

    __slots__ = ("factors", "height", "id", "indices")

    def __init__(self, factors: tuple[tuple[Factor, Exponent], ...], serial: int) -> None:
        self.factors = factors
        self.indices = union(
            (f.indices + (e.indices if isinstance(e, Affine) else ()) for f, e in factors)
        )
        self.height = max((f.height for f, _ in factors), default=0)
        self.id = serial

    def __repr__(self) -> str:
        return "*".join(f"{f}^{e}" if e != 1 else f"{f}" for f, e in self.factors) or "1"


def merged(
    left: Iterable[tuple[Factor, Exponent]], right: Iterable[tuple[Factor, Exponent]]
) -> dict[Factor, Exponent]:
    """The powers of two products together."""
    powers = dict(left)
    for factor, exponent in right:
        powers[factor] = exponent_sum(powers.get(factor, 0), exponent)
    return powers


def without(powers: Mapping[Factor, Exponent], *factors: Factor) -> dict[Factor, Exponent]:
    """The powers with one copy of each of these factors removed."""
    rest = dict(powers)
    for factor in factors:
        rest[factor] = exponent_sum(rest[factor], -1)
    return {f: e for f, e in rest.items() if e != 0}


class Pin(Index):
    """A place on an axis that no index decides: a constant in range, made once for each axis."""

    __slots__ = ()

    def __init__(self, value: Affine, size: Size) -> None:
        super().__init__(str(value), size)
        self.form = value


Polynomial: TypeAlias = Mapping[Product, Number]
Frozen: TypeAlias = tuple[tuple[Product, Number], ...]


def union(groups: Iterable[Iterable[Index]]) -> tuple[Index, ...]:
    """The indices of several groups, each once, in order."""
    return tuple(dict.fromkeys(index for group in groups for index in group))


def frozen(poly: Polynomial) -> Frozen:
    """A polynomial as a hashable value."""
    return tuple(sorted(poly.items(), key=lambda item: item[0].id))


def poly_indices(poly: Iterable[tuple[Product, Number]]) -> tuple[Index, ...]:
    """The indices that a polynomial depends on."""
    return union(product.indices for product, _ in poly)


def poly_height(poly: Iterable[tuple[Product, Number]]) -> int:
    """The largest height of the products of a polynomial."""
    return max((product.height for product, _ in poly), default=0)


def affine_form(poly: Polynomial) -> Affine | None:
    """The affine form that a polynomial in sizes and index values is."""
    total = Affine.of(0)
    for product, coefficient in poly.items():
        if coefficient != int(coefficient):
            return None
        form: Affine | None = Affine.of(1)
        for factor, exponent in product.factors:
            form = _affine_times(form, factor, exponent)
        if form is None:
            return None
        total = total + form * int(coefficient)
    return total


def _affine_times(form: Affine | None, factor: Factor, exponent: Exponent) -> Affine | None:
    if form is None or not isinstance(exponent, int) or exponent < 0:
        return None
    if factor.kind == "size":
        return form * Size.of(factor.data[0]) ** exponent
    if factor.kind == "count" and exponent == 1 and not form.coefficients:
        return Affine.of(factor.data[0]) * form.constant
    return None


class Table:
    """The factors and products that exist, each once."""

    def __init__(self) -> None:
        self._factors: dict[tuple[Any, ...], Factor] = {}
        self._products: dict[tuple[Any, ...], Product] = {}
        self._names: dict[tuple[int, int, Size], Index] = {}
        self._pins: dict[tuple[Affine, Size], Pin] = {}
        self.one = self.product({})

    def factor(
        self, kind: str, *data: Any, indices: tuple[Index, ...] = (), height: int = 0
    ) -> Factor:
        """The factor with these data."""
        key = (kind, *data)
        found = self._factors.get(key)
        if found is None:
            found = Factor(kind, data, indices, height, len(self._factors))
            self._factors[key] = found
        return found

    def product(self, powers: Mapping[Factor, Exponent]) -> Product:
        """The product of these powers."""
        pairs = sorted(((f, e) for f, e in powers.items() if e != 0), key=lambda p: p[0].id)
        key = tuple((f.id, e) for f, e in pairs)
        found = self._products.get(key)
        if found is None:
            found = Product(tuple(pairs), len(self._products))
            self._products[key] = found
        return found

    def pin(self, value: Affine, size: Size) -> Pin:
        """The constant place on an axis of a size."""
        if (value, size) not in self._pins:
            self._pins[value, size] = Pin(value, size)
        return self._pins[value, size]

    def name(self, height: int, position: int, size: Size) -> Index:
        """The canonical index at a position of a sum of a height."""
        key = (height, position, size)
        if key not in self._names:
            self._names[key] = Index(f"q{height}_{position}", size)
        return self._names[key]
