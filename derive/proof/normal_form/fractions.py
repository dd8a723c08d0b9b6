"""Powers that are not natural: numbers, primitive bases, roots."""

from __future__ import annotations

from fractions import Fraction
from math import floor, isqrt
from typing import TYPE_CHECKING

from derive.proof.normal_form import cases, positivity
from derive.proof.normal_form.content import base_factor, primitive
from derive.proof.normal_form.factors import (
    LAZY,
    Exponent,
    Factor,
    Number,
    Polynomial,
    Product,
    Undecided,
    as_exponent,
    denominator,
    exponent_times,
    frozen,
)
from derive.terms.indices import Affine

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]


def power_of_zero(ring: Ring, exponent: Exponent) -> Polynomial:
    """``0 ** exponent``; a symbolic one is >= 0 wherever the power is defined.

    Raises:
        Undecided: for a negative number.
    """
    if isinstance(exponent, Affine):
        form = exponent_times(exponent, denominator(exponent))
        assert isinstance(form, Affine)
        return ring.settled({ring.table.factor("delta", form, indices=form.indices): 1})
    if exponent <= 0:
        raise Undecided("a denominator is 0")
    return {}


def power(ring: Ring, poly: Polynomial, exponent: Exponent) -> Polynomial:
    """A power with a negative, fractional or symbolic exponent."""
    negative = _is_negative(exponent)
    chosen = cases.by_cases(
        ring, lambda each: ring.power(each, exponent) if each or not negative else None, poly
    )
    if chosen is not None:
        return chosen
    if len(poly) == 1:
        ((product, coefficient),) = poly.items()
        return _power_of_product(ring, product, coefficient, exponent)
    content, coefficient, rest = primitive(ring, poly)
    root = perfect_root(ring, ring.scaled(rest, coefficient))
    if root is not None and isinstance(exponent, int):
        outside = _power_of_product(ring, content, 1, exponent)
        return ring.multiplied(outside, _root_power(ring, root, exponent))
    if root is not None and isinstance(exponent, Fraction) and content is ring.table.one:
        return _root_power(ring, root, exponent)
    if denominator(exponent) > 1:
        content, rest = _positive_content(ring, content, rest)
        if coefficient < 0:
            coefficient, rest = -coefficient, ring.scaled(rest, -1)
    outside = _power_of_product(ring, content, coefficient, exponent)
    return ring.multiplied(outside, _power_of_primitive(ring, rest, exponent))


def _power_of_primitive(ring: Ring, poly: Polynomial, exponent: Exponent) -> Polynomial:
    if len(poly) == 1:
        return power(ring, poly, exponent)
    root = perfect_root(ring, poly)
    if root is not None and not isinstance(exponent, Affine):
        return _root_power(ring, root, exponent)
    if isinstance(exponent, int) and exponent < 0 and len(poly) == 2:
        square = ring.multiplied(poly, poly)
        if list(square) == [ring.table.one]:  # a sign: 1 / s = s
            own = ring.power(poly, exponent % 2)
            number = Fraction(square[ring.table.one])
            return ring.scaled(own, number ** ((exponent - exponent % 2) // 2))
    whole = floor(exponent) if isinstance(exponent, Fraction) else 0
    result = ring.of(base_factor(ring, poly), exponent - whole)
    return ring.multiplied(result, ring.power(poly, whole)) if whole else result


def _power_of_product(
    ring: Ring, product: Product, coefficient: Number, exponent: Exponent
) -> Polynomial:
    if denominator(exponent) == 1:
        if any(f.kind in LAZY for f, _ in product.factors):
            raise Undecided("a power of an indicator")
        number = _power_of_number(ring, coefficient, exponent)
        powers = dict(_raised(ring, f, e, exponent) for f, e in product.factors)
        return ring.multiplied(number, ring.settled(powers))
    return _root_of_product(ring, product, coefficient, exponent)


def _raised(ring: Ring, factor: Factor, e: Exponent, exponent: Exponent) -> tuple[Factor, Exponent]:
    """A power of a power; where both exponents depend on indices the inner one is the base."""
    symbolic = isinstance(e, Affine) and isinstance(exponent, Affine)
    if symbolic and e.coefficients and exponent.coefficients:  # type: ignore[union-attr]
        return base_factor(ring, ring.of(factor, e)), exponent
    return factor, _times(e, exponent)


def _times(exponent: Exponent, factor: Exponent) -> Exponent:
    """The exponent of a power of a power; a root is of something >= 0, so they multiply."""
    if isinstance(exponent, Affine) and isinstance(factor, Affine):
        if factor.coefficients:
            exponent, factor = factor, exponent
        if factor.coefficients:
            raise Undecided("a power with a symbolic exponent, to a power")
        return as_exponent(exponent * factor.constant)
    if isinstance(exponent, Affine):
        return exponent_times(exponent, factor)  # type: ignore[arg-type]
    if isinstance(factor, Affine):
        return exponent_times(factor, exponent)
    return exponent * factor


def _root_of_product(
    ring: Ring, product: Product, coefficient: Number, exponent: Exponent
) -> Polynomial:
    """Positive factors leave the root; an even power leaves as an absolute value."""
    result = ring.unit
    rest: Powers = {}
    for factor, e in product.factors:
        outer = _times(e, exponent)
        if positivity.factor_is_positive(ring, factor):
            result = ring.multiplied(result, ring.settled({factor: outer}))
        elif _is_even(e) and denominator(outer) == 1 and not _is_negative(outer):
            absolute = positivity.absolute(ring, ring.of(factor))
            result = ring.multiplied(result, ring.power(absolute, outer))
        else:
            rest[factor] = e
    return ring.multiplied(result, _unsplit_root(ring, rest, coefficient, exponent))


def _is_even(exponent: Exponent) -> bool:
    half = _times(exponent, Fraction(1, 2))
    return denominator(half) == 1


def _is_negative(exponent: Exponent) -> bool:
    return not isinstance(exponent, Affine) and exponent < 0


def _number(value: Fraction | int) -> int | Fraction:
    return int(value) if Fraction(value).denominator == 1 else value


def _unsplit_root(ring: Ring, rest: Powers, coefficient: Number, exponent: Exponent) -> Polynomial:
    """The root of factors whose product is positive although their signs are not known."""
    if coefficient > 0:
        number = _power_of_number(ring, coefficient, exponent)
        if not rest:
            return number
        if len(rest) == 1 and next(iter(rest.values())) in (1, -1):
            ((factor, e),) = rest.items()
            root = exponent if e == 1 else _times(exponent, -1)
            return ring.multiplied(number, ring.of(factor, root))
        inner = {ring.table.product(rest): 1}
        return ring.multiplied(number, ring.of(base_factor(ring, inner), exponent))
    if not rest:
        raise Undecided("a root of a negative number")
    inner = {ring.table.product(rest): -1}
    number = _power_of_number(ring, -coefficient, exponent)
    return ring.multiplied(number, ring.of(base_factor(ring, inner), exponent))


def _power_of_number(ring: Ring, value: Number, exponent: Exponent) -> Polynomial:
    if isinstance(exponent, int):
        return ring.number(Fraction(value) ** exponent)
    value = Fraction(value)
    result = ring.unit
    for number, sign in ((value.numerator, 1), (value.denominator, -1)):
        for prime, count in primes(number).items():
            factor = ring.table.factor("number", prime)
            result = ring.multiplied(result, ring.settled({factor: _times(exponent, count * sign)}))
    return result


def primes(number: int) -> dict[int, int]:
    """The factorisation of an integer by small primes; what is left is kept as one number."""
    found: dict[int, int] = {}
    if number < 0:
        found[-1] = 1
        number = -number
    divisor = 2
    while divisor * divisor <= number and divisor < 10_000:
        while number % divisor == 0:
            found[divisor] = found.get(divisor, 0) + 1
            number //= divisor
        divisor += 1
    if number > 1:
        found[number] = found.get(number, 0) + 1
    return found


def _positive_content(ring: Ring, content: Product, rest: Polynomial) -> tuple[Product, Polynomial]:
    """Only factors known to be positive may leave a root; the others go back inside."""
    outside = {f: e for f, e in content.factors if positivity.factor_is_positive(ring, f)}
    inside = {f: e for f, e in content.factors if f not in outside}
    if inside:
        rest = ring.multiplied(rest, {ring.table.product(inside): 1})
    return ring.table.product(outside), rest


def perfect_root(ring: Ring, poly: Polynomial) -> Polynomial | None:
    """``u`` when the polynomial is ``u^2`` for a binomial ``u``."""
    if len(poly) != 3:
        return None
    squares = [(p, c) for p, c in poly.items() if _half(ring, p, c) is not None]
    for k, (p, c) in enumerate(squares):
        for q, d in squares[k + 1 :]:
            one, two = _half(ring, p, c), _half(ring, q, d)
            assert one is not None and two is not None
            for sign in (1, -1):
                root = ring.added(one, ring.scaled(two, sign))
                if frozen(ring.multiplied(root, root)) == frozen(poly):
                    return root
    return None


def _half(ring: Ring, product: Product, coefficient: Number) -> Polynomial | None:
    """The square root of a term whose exponents are even and whose coefficient is a square."""
    value = Fraction(coefficient)
    if value <= 0:
        return None
    roots = [isqrt(value.numerator), isqrt(value.denominator)]
    if roots[0] ** 2 != value.numerator or roots[1] ** 2 != value.denominator:
        return None
    if any(not isinstance(e, int) or e % 2 for _, e in product.factors):
        return None
    powers = {f: e // 2 for f, e in product.factors}  # type: ignore[operator]
    return {ring.table.product(powers): Fraction(*roots)}


def _root_power(ring: Ring, root: Polynomial, exponent: int | Fraction) -> Polynomial:
    outer = _number(exponent * 2)
    if isinstance(outer, int) and outer % 2 == 0:
        return ring.power(root, outer)
    if positivity.is_positive(ring, root):
        return ring.power(root, outer)
    return ring.power(positivity.absolute(ring, root), outer)
