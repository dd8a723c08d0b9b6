"""Powers that are not natural: content, primitive bases, roots, and what denominators cancel."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from derive.proof.normal_form import positivity
from derive.proof.normal_form.factors import (
    Exponent,
    Factor,
    Number,
    Polynomial,
    Product,
    Undecided,
    frozen,
    poly_height,
    poly_indices,
)
from derive.terms.indices import Affine, Index

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]


def power_of_zero(exponent: Exponent) -> Polynomial:
    """``0 ** exponent``.

    Raises:
        Undecided: unless the exponent is a positive number.
    """
    if isinstance(exponent, Affine) or exponent <= 0:
        raise Undecided("a denominator is 0")
    return {}


def power(ring: Ring, poly: Polynomial, exponent: Exponent) -> Polynomial:
    """A power with a negative, fractional or symbolic exponent."""
    if len(poly) == 1:
        ((product, coefficient),) = poly.items()
        return _power_of_product(ring, product, coefficient, exponent)
    content, coefficient, rest = primitive(ring, poly)
    if not isinstance(exponent, int):
        content, rest = _positive_content(ring, content, rest)
        if coefficient < 0:
            coefficient, rest = -coefficient, ring.scaled(rest, -1)
    outside = _power_of_product(ring, content, coefficient, exponent)
    return ring.multiplied(outside, _power_of_primitive(ring, rest, exponent))


def _power_of_primitive(ring: Ring, poly: Polynomial, exponent: Exponent) -> Polynomial:
    if len(poly) == 1:
        return power(ring, poly, exponent)
    root = _perfect_root(ring, poly)
    if root is not None and not isinstance(exponent, Affine):
        return _root_power(ring, root, exponent)
    whole = floor(exponent) if isinstance(exponent, Fraction) else 0
    result = ring.of(base_factor(ring, poly), exponent - whole)
    return ring.multiplied(result, ring.power(poly, whole)) if whole else result


def base_factor(ring: Ring, poly: Polynomial) -> Factor:
    """The factor that stands for a polynomial under a power."""
    terms = frozen(poly)
    return ring.table.factor(
        "base", terms, indices=poly_indices(terms), height=poly_height(terms)
    )


def _power_of_product(
    ring: Ring, product: Product, coefficient: Number, exponent: Exponent
) -> Polynomial:
    if isinstance(exponent, int) or isinstance(exponent, Affine):
        if any(f.kind in ("delta", "guard", "cond") for f, _ in product.factors):
            raise Undecided("a power of an indicator")
        number = _power_of_number(ring, coefficient, exponent)
        powers = {f: _times(e, exponent) for f, e in product.factors}
        return ring.multiplied(number, ring.settled(powers))
    return _root_of_product(ring, product, coefficient, exponent)


def _times(exponent: Exponent, factor: Exponent) -> Exponent:
    if isinstance(exponent, Affine) and not isinstance(factor, int):
        raise Undecided("a power with a symbolic exponent, to a power")
    if isinstance(factor, Affine) and not isinstance(exponent, int):
        raise Undecided("a root with a symbolic exponent")
    return exponent * factor  # type: ignore[operator]


def _root_of_product(
    ring: Ring, product: Product, coefficient: Number, exponent: Fraction
) -> Polynomial:
    """Positive factors leave the root; an even power leaves as an absolute value."""
    result = ring.unit
    rest: Powers = {}
    for factor, e in product.factors:
        if isinstance(e, Affine):
            raise Undecided("a root of a power with a symbolic exponent")
        if factor.kind in ("delta", "guard", "cond"):
            raise Undecided("a root of an indicator")
        if positivity.factor_is_positive(ring, factor):
            result = ring.multiplied(result, ring.settled({factor: _number(e * exponent)}))
        elif isinstance(e, int) and e % 2 == 0:
            absolute = positivity.absolute(ring, ring.of(factor))
            outer = _number(e * exponent)
            if not isinstance(outer, int) or outer < 0:
                rest[factor] = e
                continue
            result = ring.multiplied(result, ring.power(absolute, outer))
        else:
            rest[factor] = e
    return ring.multiplied(result, _unsplit_root(ring, rest, coefficient, exponent))


def _number(value: Fraction | int) -> int | Fraction:
    return int(value) if Fraction(value).denominator == 1 else value


def _unsplit_root(ring: Ring, rest: Powers, coefficient: Number, exponent: Fraction) -> Polynomial:
    """The root of factors whose product is positive although their signs are not known."""
    if coefficient > 0:
        number = _power_of_number(ring, coefficient, exponent)
        if not rest:
            return number
        if len(rest) == 1 and next(iter(rest.values())) in (1, -1):
            ((factor, e),) = rest.items()
            return ring.multiplied(number, ring.of(factor, _number(e * exponent)))
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
            result = ring.multiplied(result, ring.settled({factor: exponent * (count * sign)}))
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


# --------------------------------------------------------------------------------------------
# Content


def primitive(ring: Ring, poly: Polynomial) -> tuple[Product, Number, Polynomial]:
    """The common factors, the leading coefficient, and the rest, of a polynomial."""
    products = list(poly)
    common = _common(products)
    inverse = {f: -e for f, e in common.items()}
    rest = poly
    if inverse:
        rest = ring.added(
            *(
                {_quotient(ring, product, inverse): coefficient}
                for product, coefficient in poly.items()
            )
        )
    lead = rest[leading(ring, rest)]
    return ring.table.product(common), lead, ring.scaled(rest, 1 / Fraction(lead))


def _quotient(ring: Ring, product: Product, inverse: Powers) -> Product:
    powers = dict(product.factors)
    for factor, exponent in inverse.items():
        powers[factor] = powers.get(factor, 0) + exponent
    return ring.table.product(powers)


def _common(products: list[Product]) -> Powers:
    """The powers that all products share: lowest exponents; negative ones count where absent."""
    exponents: dict[Factor, list[Exponent]] = {}
    for product in products:
        for factor, exponent in product.factors:
            exponents.setdefault(factor, []).append(exponent)
    common: Powers = {}
    for factor, found in exponents.items():
        if any(isinstance(e, Affine) for e in found) or factor.kind in ("delta", "guard", "cond"):
            continue
        values: list[Number] = list(found)  # type: ignore[arg-type]
        lowest = min([*values, 0] if len(found) < len(products) else values)
        if lowest:
            common[factor] = lowest
    return common


def leading(ring: Ring, poly: Polynomial) -> Product:
    """The leading product: largest by a measure that does not see index names, then by identity."""
    return max(poly, key=lambda p: (_measure(p), -p.id))


def _measure(product: Product) -> tuple[object, ...]:
    degree = sum((e if not isinstance(e, Affine) else 1) for _, e in product.factors)
    kinds = sorted(f"{f.kind}:{f.data[0].id if f.kind == 'entry' else ''}" for f, _ in product.factors)
    return (bool(product.factors), degree, len(product.factors), kinds)


def _positive_content(
    ring: Ring, content: Product, rest: Polynomial
) -> tuple[Product, Polynomial]:
    """Only factors known to be positive may leave a root; the others go back inside."""
    outside = {f: e for f, e in content.factors if positivity.factor_is_positive(ring, f)}
    inside = {f: e for f, e in content.factors if f not in outside}
    if inside:
        rest = ring.multiplied(rest, {ring.table.product(inside): 1})
    return ring.table.product(outside), rest


def _perfect_root(ring: Ring, poly: Polynomial) -> Polynomial | None:
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
    roots = [round(float(part) ** 0.5) for part in (value.numerator, value.denominator)]
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


# --------------------------------------------------------------------------------------------
# What a denominator cancels inside a product


def cancelled(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial | None:
    """The product after one cancellation between a denominator and the rest, if there is one."""
    denominators = [
        f
        for f, e in powers.items()
        if f.kind in ("base", "sum") and not isinstance(e, Affine) and e < 0
    ]
    if not denominators:
        return None
    for factor in denominators:
        for rule in (_gathered, _reduced_by_leading_term, _split_constant, _split_pair):
            result = rule(ring, powers, factor, bound)
            if result is not None:
                return result
    return None


def _gathered(
    ring: Ring, powers: Powers, denominator: Factor, bound: tuple[Index, ...]
) -> Polynomial | None:
    """Sums over the other indices are formed first where they are part of a denominator."""
    from derive.proof.normal_form import naming
    from derive.proof.normal_form.settling import connected, spread

    wanted = _sums_inside(denominator)
    if not bound or not wanted:
        return None
    held = tuple(index for index in bound if index in denominator.indices)
    moving = tuple(index for index in bound if index not in held)
    if not moving:
        return None
    groups, outside = connected(powers, moving)
    for k, (indices, part) in enumerate(groups):
        if not part or any(i in f.indices for f in part if f.kind == "base" for i in indices):
            continue
        total = naming.named_sum(ring, part, indices)
        if any(f in wanted for product in total for f, _ in product.factors):
            rest = dict(outside)
            remaining = held
            for j, (others, other_part) in enumerate(groups):
                if j != k:
                    rest.update(other_part)
                    remaining += others
            return _held_spread(ring, rest, total, remaining, denominator, spread)
    return None


def _held_spread(
    ring: Ring,
    rest: Powers,
    total: Polynomial,
    remaining: tuple[Index, ...],
    denominator: Factor,
    spread: object,
) -> Polynomial | None:
    """Multiply the gathered sum with the rest, and go on only if something cancelled."""
    from derive.proof.normal_form.ring import merged

    parts = []
    for product, coefficient in total.items():
        together = merged(rest.items(), product.factors)
        together = {f: e for f, e in together.items() if e != 0}
        own = [f for f, _ in product.factors if f.kind == "sum"]
        if all(f in together and together[f] == rest.get(f, 0) + 1 for f in own) and all(
            f not in rest for f in own
        ):
            reduced = _reduced_by_leading_term(ring, together, denominator, remaining)
            if reduced is None:
                return None
            parts.append(ring.scaled(reduced, coefficient))
        else:
            parts.append(ring.scaled(ring.settled(together, remaining), coefficient))
    return ring.added(*parts)


def _sums_inside(denominator: Factor) -> list[Factor]:
    if denominator.kind == "sum":
        return [denominator]
    return [f for product, _ in denominator.data[0] for f, _ in product.factors if f.kind == "sum"]


def _reduced_by_leading_term(
    ring: Ring, powers: Powers, denominator: Factor, bound: tuple[Index, ...]
) -> Polynomial | None:
    """``lead / P = 1 - rest / P``."""
    if denominator.kind != "base":
        return None
    poly = dict(denominator.data[0])
    if len(poly) == 1:
        return None
    lead = leading(ring, poly)
    quotient = _divided_powers(powers, lead)
    if quotient is None:
        return None
    rest = {p: -c for p, c in poly.items() if p is not lead}
    one = {**quotient, denominator: powers[denominator] + 1}
    from derive.proof.normal_form.settling import settled, spread

    first = settled(ring, {f: e for f, e in one.items() if e != 0}, bound)
    second = spread(ring, quotient, rest, bound)
    return ring.scaled(ring.added(first, second), 1 / Fraction(poly[lead]))


def _divided_powers(powers: Mapping[Factor, Exponent], divisor: Product) -> Powers | None:
    """A product divided by another one, if it holds it."""
    result = dict(powers)
    if not divisor.factors:
        return None
    for factor, exponent in divisor.factors:
        own = result.get(factor)
        if own is None or isinstance(own, Affine) or isinstance(exponent, Affine):
            return None
        if exponent < 0 or own < exponent:
            return None
        result[factor] = own - exponent
    return {f: e for f, e in result.items() if e != 0}


def _split_constant(
    ring: Ring, powers: Powers, denominator: Factor, bound: tuple[Index, ...]
) -> Polynomial | None:
    """``1 / (f P) = (1 / f - Q / P) / c`` for ``P = c + f Q`` with a number ``c``."""
    if denominator.kind != "base":
        return None
    poly = dict(denominator.data[0])
    number = poly.pop(ring.table.one, 0)
    if not number or not poly:
        return None
    from derive.proof.normal_form.settling import settled, spread

    for factor, exponent in powers.items():
        if factor is denominator or isinstance(exponent, Affine) or exponent >= 0:
            continue
        others = [dict(p.factors).get(factor, 0) for p in poly]
        if not all(not isinstance(e, Affine) and e > 0 for e in others):
            continue
        step: Number = min(others)  # type: ignore[type-var]
        if exponent + step > 0:
            step = -exponent
        one = {**powers, denominator: powers[denominator] + 1}
        first = settled(ring, {f: e for f, e in one.items() if e != 0}, bound)
        second = spread(ring, powers, ring.scaled(poly, -1), bound)
        return ring.scaled(ring.added(first, second), 1 / Fraction(number))
    return None


def _split_pair(
    ring: Ring, powers: Powers, denominator: Factor, bound: tuple[Index, ...]
) -> Polynomial | None:
    """``1 / (P Q) = (1 / P - 1 / Q) / (Q - P)`` where ``Q - P`` is a number."""
    if denominator.kind != "base" or not isinstance(powers[denominator], int):
        return None
    from derive.proof.normal_form.settling import settled

    for other, exponent in powers.items():
        if other.kind != "base" or other is denominator or not isinstance(exponent, int):
            continue
        if exponent >= 0 or powers[denominator] >= 0:
            continue
        difference = ring.added(
            dict(other.data[0]), ring.scaled(dict(denominator.data[0]), -1)
        )
        number = difference.get(ring.table.one)
        if number is None or len(difference) > 1:
            continue
        less_other = {**powers, other: exponent + 1}
        less_own = {**powers, denominator: powers[denominator] + 1}
        first = settled(ring, {f: e for f, e in less_other.items() if e != 0}, bound)
        second = settled(ring, {f: e for f, e in less_own.items() if e != 0}, bound)
        total = ring.added(first, ring.scaled(second, -1))
        return ring.scaled(total, 1 / Fraction(number))
    return None
