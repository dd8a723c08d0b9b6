"""Functions of polynomials: exponentials, logarithms, sines, conditions; factors renamed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from derive.proof.normal_form import cases, positivity
from derive.proof.normal_form.content import leading
from derive.proof.normal_form.factors import (
    LAZY,
    Exponent,
    Factor,
    Number,
    Polynomial,
    Product,
    Undecided,
    affine_form,
    as_exponent,
    exponent_times,
    whole,
)
from derive.proof.normal_form.heads import entry
from derive.proof.normal_form.logarithms import applied, logarithm
from derive.terms.indices import Affine, Index
from derive.terms.tensors import Function

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

LARGEST_ANGLE = 8
MOST_ANGLES = 5


# --------------------------------------------------------------------------------------------
# Functions


def exponential(ring: Ring, poly: Polynomial) -> Polynomial:
    """``exp`` of a sum is the product of the exponentials; ``exp(c log u) = u^c``."""
    result = ring.unit
    for product, coefficient in poly.items():
        result = ring.multiplied(result, _exponential_of_term(ring, product, coefficient))
    return result


def _exponential_of_term(ring: Ring, product: Product, coefficient: Number) -> Polynomial:
    """``exp(c log |u|) = |u|^c``, and ``exp(k b log |u|) = |u|^(k b)`` for an integer form."""
    if any(f.kind in LAZY for f, _ in product.factors):
        return _exponential_of_choice(ring, product, coefficient)
    logs = [f for f, e in product.factors if f.kind == "apply" and f.data[0] == "log" and e == 1]
    for log in logs:
        form = _form_before(ring, product, log, coefficient)
        if form is not None:
            return ring.power(positivity.absolute(ring, dict(log.data[1])), form)
    factor = ring.table.factor("exp", product, indices=product.indices, height=product.height)
    return ring.of(factor, whole(coefficient))


def _form_before(ring: Ring, product: Product, log: Factor, number: Number) -> Exponent | None:
    """What stands before a logarithm, as a number or as an affine form in sizes and indices."""
    rest = ring.table.product({f: e for f, e in product.factors if f is not log})
    form = affine_form({rest: 1})
    return None if form is None else as_exponent(exponent_times(form, number))


def _exponential_of_choice(ring: Ring, product: Product, coefficient: Number) -> Polynomial:
    """``exp(c u) = 1 + c (exp u - 1)`` where c is 0 or 1."""
    chosen = {f: e for f, e in product.factors if f.kind in LAZY}
    rest = {f: e for f, e in product.factors if f.kind not in LAZY}
    gain = exponential(ring, {ring.table.product(rest): coefficient})
    gain = ring.added(gain, ring.number(-1))
    return ring.added(ring.unit, ring.multiplied({ring.table.product(chosen): 1}, gain))


def sine_and_cosine(ring: Ring, poly: Polynomial) -> tuple[Polynomial, Polynomial]:
    """Sine and cosine of a sum of terms, by the addition theorems while the terms are few."""
    if len(poly) > MOST_ANGLES or sum(map(_times, poly.values())) > LARGEST_ANGLE:
        return _unopened_angle(ring, poly)
    sine: Polynomial = {}
    cosine = ring.unit
    for product, coefficient in poly.items():
        s, c = _multiple_angle(ring, product, coefficient)
        sine, cosine = (
            ring.added(ring.multiplied(sine, c), ring.multiplied(cosine, s)),
            ring.added(ring.multiplied(cosine, c), ring.scaled(ring.multiplied(sine, s), -1)),
        )
    return sine, cosine


def _unopened_angle(ring: Ring, poly: Polynomial) -> tuple[Polynomial, Polynomial]:
    """Sine and cosine as they are, of an angle with a positive lead."""
    sign = -1 if poly[leading(ring, poly)] < 0 else 1
    angle = ring.scaled(poly, sign)
    return ring.scaled(applied(ring, "sin", angle), sign), applied(ring, "cos", angle)


def _times(coefficient: Number) -> int:
    """How often the addition theorem is used for a multiple; a large one is not taken apart."""
    times = abs(Fraction(coefficient).numerator)
    return times if times <= LARGEST_ANGLE else 1


def _multiple_angle(
    ring: Ring, product: Product, coefficient: Number
) -> tuple[Polynomial, Polynomial]:
    number = Fraction(coefficient)
    parts = ring.angle_parts(product, number.denominator)
    times = int(abs(number) * parts)
    if times > LARGEST_ANGLE:
        unit: Polynomial = {product: abs(number)}
        times = 1
    else:
        unit = {product: Fraction(1, parts)}
    s1, c1 = applied(ring, "sin", unit), applied(ring, "cos", unit)
    s, c = s1, c1
    for _ in range(times - 1):
        s, c = (
            ring.added(ring.multiplied(s, c1), ring.multiplied(c, s1)),
            ring.added(ring.multiplied(c, c1), ring.scaled(ring.multiplied(s, s1), -1)),
        )
    return (ring.scaled(s, -1), c) if number < 0 else (s, c)


def _sine(ring: Ring, u: Polynomial) -> Polynomial:
    return sine_and_cosine(ring, u)[0]


def _cosine(ring: Ring, u: Polynomial) -> Polynomial:
    return sine_and_cosine(ring, u)[1]


def _tangent(ring: Ring, u: Polynomial) -> Polynomial:
    sine, cosine = sine_and_cosine(ring, u)
    return ring.multiplied(sine, ring.power(cosine, -1))


def _sigmoid(ring: Ring, u: Polynomial) -> Polynomial:
    e = exponential(ring, u)
    return ring.multiplied(e, ring.power(ring.added(ring.unit, e), -1))


def _tanh(ring: Ring, u: Polynomial) -> Polynomial:
    e = exponential(ring, ring.scaled(u, 2))
    quotient = ring.power(ring.added(e, ring.unit), -1)
    return ring.multiplied(ring.added(e, ring.number(-1)), quotient)


def _hyperbolic(sign: int) -> Callable[[Ring, Polynomial], Polynomial]:
    def function(ring: Ring, u: Polynomial) -> Polynomial:
        e, inverse = exponential(ring, u), exponential(ring, ring.scaled(u, -1))
        return ring.scaled(ring.added(e, ring.scaled(inverse, sign)), Fraction(1, 2))

    return function


def _softplus(ring: Ring, u: Polynomial) -> Polynomial:
    return logarithm(ring, ring.added(ring.unit, exponential(ring, u)))


def _relu(ring: Ring, u: Polynomial) -> Polynomial:
    if positivity.is_nonnegative(ring, u):
        return u
    return ring.multiplied(u, positivity.condition(ring, u))


def _sign(ring: Ring, u: Polynomial) -> Polynomial:
    minus = positivity.condition(ring, ring.scaled(u, -1))
    return ring.added(positivity.condition(ring, u), ring.scaled(minus, -1))


def _maximum(ring: Ring, u: Polynomial, v: Polynomial) -> Polynomial:
    return ring.added(v, _relu(ring, ring.added(u, ring.scaled(v, -1))))


def _minimum(ring: Ring, u: Polynomial, v: Polynomial) -> Polynomial:
    return ring.added(u, ring.scaled(_relu(ring, ring.added(u, ring.scaled(v, -1))), -1))


FUNCTIONS: dict[str, Callable[..., Polynomial]] = {
    "exp": exponential,
    "log": logarithm,
    "sin": _sine,
    "cos": _cosine,
    "tan": _tangent,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "sinh": _hyperbolic(-1),
    "cosh": _hyperbolic(1),
    "softplus": _softplus,
    "relu": _relu,
    "abs": positivity.absolute,
    "sign": _sign,
    "maximum": _maximum,
    "minimum": _minimum,
}


# Functions that may be kept as they are: of a negative argument they are themselves times this.
PARITY = {
    "sin": -1,
    "tanh": -1,
    "sinh": -1,
    "tan": -1,
    "cos": 1,
    "cosh": 1,
    "sigmoid": 0,
    "softplus": 0,
}


def _kept(ring: Ring, function: str, u: Polynomial) -> Polynomial:
    """A function that is not looked into, of an argument with a positive lead where it may be."""
    parity = PARITY[function]
    if parity and u and u[leading(ring, u)] < 0:
        return ring.scaled(applied(ring, function, ring.scaled(u, -1)), parity)
    return {} if parity < 0 and not u else applied(ring, function, u)


# Functions that choose by cases themselves, term by term or by a condition.
CHOSEN = ("exp", "log", "softplus", "relu", "abs", "sign", "maximum", "minimum")


def function_of(ring: Ring, function: str | Function, *polys: Polynomial) -> Polynomial:
    """A function of polynomials, chosen by the indicators in them; without a rule as it is."""
    if ring.closed.functions and function in PARITY:
        return _kept(ring, str(function), *polys)
    if function not in CHOSEN:
        chosen = cases.by_cases(ring, lambda *each: function_of(ring, function, *each), *polys)
        if chosen is not None:
            return chosen
    if isinstance(function, Function) or function not in FUNCTIONS:
        return applied(ring, function, *polys)
    return FUNCTIONS[function](ring, *polys)


# --------------------------------------------------------------------------------------------
# Factors with indices replaced


def renamed_factor(ring: Ring, factor: Factor, values: Mapping[Index, Affine]) -> Polynomial:
    """A factor with free indices replaced, brought to normal form again."""
    return _RENAMED[factor.kind](ring, factor, values)


def _entry(ring: Ring, factor: Factor, values: Mapping[Index, Affine]) -> Polynomial:

    head, slots = factor.data[0], list(factor.data[1])
    deltas: dict[Factor, Exponent] = {}
    bound: list[Index] = []
    for axis, slot in enumerate(slots):
        form = values.get(slot) if slot is not None else None
        place = slot if form is None else ring.place(form, head.size(axis))
        if slot is None or place is not None:
            slots[axis] = place
            continue
        # T[form] = sum_u T[u] [u = form]: slots hold plain indices and constant places only.
        assert form is not None
        slots[axis] = Index("u", head.size(axis))
        bound.append(slots[axis])
        equality = Affine.of(slots[axis]) - form
        deltas[ring.table.factor("delta", equality, indices=equality.indices)] = 1
    own = entry(ring, head, tuple(slots))
    return ring.settled({own: 1, **deltas}, tuple(bound)) if bound else ring.of(own)


def _count(ring: Ring, factor: Factor, values: Mapping[Index, Affine]) -> Polynomial:
    return ring.affine(values[factor.data[0]])


def _exp(ring: Ring, factor: Factor, values: Mapping[Index, Affine]) -> Polynomial:
    return exponential(ring, ring.renamed_product(factor.data[0], values))


def _apply(ring: Ring, factor: Factor, values: Mapping[Index, Affine]) -> Polynomial:
    function, *polys = factor.data
    return function_of(ring, function, *(ring.renamed(dict(p), values) for p in polys))


def _cond(ring: Ring, factor: Factor, values: Mapping[Index, Affine]) -> Polynomial:
    return positivity.condition(ring, ring.renamed(dict(factor.data[0]), values))


def _base(ring: Ring, factor: Factor, values: Mapping[Index, Affine]) -> Polynomial:
    return ring.renamed(dict(factor.data[0]), values)


def _indicator(ring: Ring, factor: Factor, values: Mapping[Index, Affine]) -> Polynomial:
    form = factor.data[0].substituted(values)
    changed = ring.table.factor(factor.kind, form, indices=form.indices)
    # Canonical order is the settling's work: a form that became constant is decided there.
    return ring.settled({changed: 1}) if not form.indices else ring.of(changed)


def _sum(ring: Ring, factor: Factor, values: Mapping[Index, Affine]) -> Polynomial:
    names, powers, rest = ring.opened(factor, values)
    return ring.spread(powers, ring.multiplied_all(rest), names)


def _opaque(ring: Ring, factor: Factor, values: Mapping[Index, Affine]) -> Polynomial:
    key, indices = factor.data
    forms = (values.get(index, Affine.of(index)) for index in indices)
    slots = [ring.place(form, i.size) for form, i in zip(forms, indices, strict=True)]
    places = tuple(slot for slot in slots if slot is not None)
    if len(places) < len(slots):
        raise Undecided("an affine form in a part that is not opened")
    return ring.of(ring.table.factor("opaque", key, places, indices=places))


def _raise_same(ring: Ring, factor: Factor, values: Mapping[Index, Affine]) -> Polynomial:
    return ring.of(factor)


_RENAMED: dict[str, Callable[[Any, Factor, Mapping[Index, Affine]], Polynomial]] = {
    "entry": _entry,
    "size": _raise_same,
    "number": _raise_same,
    "count": _count,
    "exp": _exp,
    "apply": _apply,
    "cond": _cond,
    "base": _base,
    "delta": _indicator,
    "guard": _indicator,
    "sum": _sum,
    "opaque": _opaque,
}
