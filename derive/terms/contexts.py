"""Contexts: what is known of the sizes, and which signs follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import gcd

from derive.terms.indices import Affine
from derive.terms.sizes import ONE, Monomial, Size

# Of the sizes at which statements about sizes are tried first: how far from the lower bounds, how
# many are looked at, and how many are kept.
STEPS = (0, 1, 2, 3, 6, 11)
TRIES, EXAMPLES = 2048, 8


@dataclass(frozen=True)
class Context:
    """Lower bounds of named sizes (1 unless said otherwise) and polynomials known to be >= 0.

    >>> n, p = Size.of("n"), Size.of("p")
    >>> Context().is_nonnegative(n * p - n)
    True
    >>> Context().is_nonnegative(n - p), Context(constraints=(n - p,)).is_nonnegative(n - p)
    (False, True)
    """

    lower: Mapping[str, int] = field(default_factory=dict)
    constraints: tuple[Size, ...] = ()
    # Sizes that are floors, as the constraints say: their numerators and divisors.
    quotients: Mapping[str, tuple[Size, Size]] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((frozenset(self.lower.items()), self.constraints)))

    def __hash__(self) -> int:
        found: int = self.__dict__["_hash"]
        return found

    def joined(self, other: Context) -> Context:
        """What both contexts know together."""
        lower = dict(self.lower)
        for name, bound in other.lower.items():
            lower[name] = max(bound, lower[name]) if name in lower else bound
        extra = tuple(c for c in other.constraints if c not in self.constraints)
        return Context(lower, self.constraints + extra, {**self.quotients, **other.quotients})

    def is_nonnegative(self, size: Size, depth: int = 3) -> bool:
        """Whether ``size >= 0`` follows; False means only that it was not found."""
        return _follows(self, size, depth)

    def is_positive(self, size: Size) -> bool:
        """Whether ``size >= 1`` follows."""
        return self.is_nonnegative(size - 1)

    def is_nonzero(self, size: Size) -> bool:
        """Whether ``size`` is positive or negative throughout."""
        return self.is_positive(size) or self.is_positive(-size)

    def minimum(self, affine: Affine) -> Size | None:
        """A lower bound of an affine form over the ranges of its indices, where signs are known."""
        bound = affine.constant
        for index, coefficient in affine.coefficients:
            if self.is_nonnegative(coefficient):
                continue
            if not self.is_nonnegative(-coefficient):
                return None
            bound = bound + coefficient * (index.size - 1)
        return bound

    def always_nonnegative(self, affine: Affine) -> bool:
        """Whether ``affine >= 0`` for all values of its indices."""
        bound = self.minimum(affine)
        return bound is not None and self.is_nonnegative(bound)

    def always_negative(self, affine: Affine) -> bool:
        """Whether ``affine < 0`` for all values of its indices."""
        return self.always_nonnegative(-affine - 1)

    def in_range(self, affine: Affine, size: Size) -> bool:
        """Whether ``0 <= affine < size`` for all values of its indices."""
        plain = affine.plain
        if plain is not None and plain.size == size:
            return True
        return self.always_nonnegative(affine) and self.always_nonnegative(size - 1 - affine)


@lru_cache(maxsize=50_000)
def _follows(context: Context, size: Size, depth: int) -> bool:
    return _is_nonnegative(context, _shifted(context, size), depth)


@lru_cache(maxsize=1_000)
def _examples(context: Context) -> tuple[dict[str, int], ...]:
    """A few sizes that obey the constraints, as far apart as was looked, less their lower bounds.

    A floor has the one value that its numerator and its divisor give it.
    """
    names = sorted({name for constraint in context.constraints for name in constraint.names})
    lowest = {name: context.lower.get(name, 1) for name in names}
    free = [name for name in names if name not in context.quotients]
    count = len(STEPS) ** len(free)
    stride = count // TRIES + 1
    while gcd(stride, len(STEPS)) > 1:
        stride += 1  # else some sizes would keep their values
    found = []
    for number in range(0, count, stride):
        sizes = _completed(context, _sizes(number, free, lowest))
        if sizes and all(c.value(sizes) >= 0 for c in context.constraints):
            found.append({name: sizes[name] - low for name, low in lowest.items()})
    return tuple(found[:: 1 + len(found) // EXAMPLES])


def _sizes(number: int, names: Sequence[str], lowest: Mapping[str, int]) -> dict[str, int]:
    """The sizes that a number stands for, written with one digit each."""
    sizes = {}
    for name in names:
        number, digit = divmod(number, len(STEPS))
        sizes[name] = lowest[name] + STEPS[digit]
    return sizes


def _completed(context: Context, sizes: dict[str, int]) -> dict[str, int] | None:
    """The sizes with the floors that they give, in whatever order they need each other."""
    left = dict(context.quotients)
    while left:
        ready = [n for n, pair in left.items() if all(k in sizes for q in pair for k in q.names)]
        if not ready:
            return None
        for name in ready:
            numerator, divisor = (size.value(sizes) for size in left.pop(name))
            if divisor < 1:
                return None
            sizes[name] = numerator // divisor
    return sizes


@lru_cache(maxsize=50_000)
def _is_nonnegative(context: Context, shifted: Size, depth: int) -> bool:
    """Remembered, because different orders of subtracting constraints meet the same sizes.

    Nothing follows that is false at sizes that obey the constraints, which is seen at once.
    """
    if _all_nonnegative(shifted):
        return True
    if not depth or any(_value(shifted, point) < 0 for point in _examples(context)):
        return False
    return any(
        _is_nonnegative(context, shifted - constraint * _shifted(context, factor), depth - 1)
        for constraint in (_shifted(context, each) for each in context.constraints)
        for factor in _multipliers(shifted, constraint)
    )


def _value(shifted: Size, point: Mapping[str, int]) -> int:
    """The value at an example; sizes of which nothing is known are at their lower bounds."""
    return shifted.value({name: point.get(name, 0) for name in shifted.names})


@lru_cache(maxsize=50_000)
def _shifted(context: Context, size: Size) -> Size:
    """The polynomial in the excess of each size over its lower bound."""
    names = {name: Size.of(name) + context.lower.get(name, 1) for name in size.names}
    return size.substituted(names)


def _all_nonnegative(size: Size) -> bool:
    return all(coefficient >= 0 for _, coefficient in size)


def _multipliers(size: Size, constraint: Size) -> Iterable[Size]:
    """Factors by which a constraint can cancel a negative monomial of a polynomial."""
    negative = [(m, -c) for m, c in size if c < 0]
    for monomial, need in negative:
        for own, have in constraint:
            factor = _quotient(monomial, own)
            if have < 0 and factor is not None:
                yield factor * max(1, -(-need // -have))


def _quotient(monomial: Monomial, divisor: Monomial) -> Size | None:
    powers = dict(monomial)
    for name, power in divisor:
        powers[name] = powers.get(name, 0) - power
    if any(power < 0 for power in powers.values()):
        return None
    return Size({tuple((n, p) for n, p in sorted(powers.items()) if p): 1}) if powers else ONE


def floor_quotient(name: str, numerator: Size, divisor: Size) -> tuple[Size, Context]:
    """A new size ``name = floor(numerator / divisor)`` and the two constraints that define it."""
    quotient = Size.of(name)
    rest = numerator - divisor * quotient
    constraints = (rest, divisor - 1 - rest)
    return quotient, Context({name: 0}, constraints, {name: (numerator, divisor)})
