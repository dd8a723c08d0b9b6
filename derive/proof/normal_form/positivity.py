"""Signs that are plain from the form of a polynomial and from declared open conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.proof.normal_form import cases
from derive.proof.normal_form.content import base_factor, primitive
from derive.proof.normal_form.factors import (
    Factor,
    Frozen,
    Polynomial,
    Product,
    affine_form,
    frozen,
    poly_height,
    poly_indices,
)
from derive.proof.normal_form.zero import cleared, denominators_of
from derive.terms.tensors import Kind

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

POSITIVE = ("cosh", "sigmoid", "softplus")  # functions that have no other values


def is_positive(ring: Ring, poly: Polynomial) -> bool:
    """Whether every term is >= 0 and one is > 0, or the polynomial is assumed positive."""
    if ring.assumed and len(poly) > 1 and _is_assumed(ring, poly):
        return True
    if _is_plainly_nonnegative(ring, poly):
        return any(product_is_positive(ring, product) for product in poly)
    whole = _over_positive(ring, poly)
    return whole is not None and is_positive(ring, whole)


def assume(ring: Ring, poly: Polynomial) -> None:
    """Note that a polynomial is positive, as an assumption of the statement."""
    lone = _lone_factor(ring, poly)
    if lone is not None:
        factor, sign = lone
        ring.assumed.setdefault(factor, sign)


def _is_assumed(ring: Ring, poly: Polynomial) -> bool:
    lone = _lone_factor(ring, poly)
    return lone is not None and ring.assumed.get(lone[0]) == lone[1]


def _lone_factor(ring: Ring, poly: Polynomial) -> tuple[Factor, int] | None:
    """The factor whose sign, or whose opposite sign, a polynomial has; 1 or -1 says which."""
    if not poly:
        return None
    if len(poly) > 1:
        content, coefficient, rest = primitive(ring, poly)
        plain = product_is_positive(ring, content) and len(rest) > 1
        return (base_factor(ring, rest), 1 if coefficient > 0 else -1) if plain else None
    ((product, coefficient),) = poly.items()
    doubtful = [(f, e) for f, e in product.factors if not factor_is_positive(ring, f)]
    if len(doubtful) == 1 and doubtful[0][1] in (1, -1):
        return doubtful[0][0], 1 if coefficient > 0 else -1
    return None


def is_nonnegative(ring: Ring, poly: Polynomial) -> bool:
    """Whether every term is >= 0, multiplied by denominators that are > 0 if need be."""
    if _is_plainly_nonnegative(ring, poly):
        return True
    whole = _over_positive(ring, poly)
    return whole is not None and _is_plainly_nonnegative(ring, whole)


def _is_plainly_nonnegative(ring: Ring, poly: Polynomial) -> bool:
    return bool(poly) and all(c > 0 and product_is_nonnegative(ring, p) for p, c in poly.items())


def _over_positive(ring: Ring, poly: Polynomial) -> Polynomial | None:
    """A polynomial times its denominators that are > 0: ``1 - 1 / (1 + e)`` becomes ``e``."""
    found = denominators_of(poly)
    if not found or len(poly) < 2:
        return None
    if not all(f.kind == "base" and _is_plain_sum(ring, f) for f in found):
        return None
    return cleared(ring, poly)


def _is_plain_sum(ring: Ring, factor: Factor) -> bool:
    inner = dict(factor.data[0])
    plain = _is_plainly_nonnegative(ring, inner)
    return plain and any(product_is_positive(ring, product) for product in inner)


def product_is_positive(ring: Ring, product: Product) -> bool:
    """Whether every factor is > 0."""
    return all(factor_is_positive(ring, f) for f, _ in product.factors)


def product_is_nonnegative(ring: Ring, product: Product) -> bool:
    """Whether every factor is >= 0, or under an even power."""
    return all(
        (isinstance(e, int) and e % 2 == 0) or factor_is_nonnegative(ring, f)
        for f, e in product.factors
    )


def factor_is_positive(ring: Ring, factor: Factor) -> bool:
    """Whether a factor is > 0 wherever it is defined."""
    if factor.kind == "exp" or ring.assumed.get(factor) == 1:
        return True
    if factor.kind == "number":
        return bool(factor.data[0] > 0)
    if factor.kind == "size":
        return ring.context.lower.get(factor.data[0], 1) >= 1
    if factor.kind == "entry":
        known = factor.data[0].tensor in ring.positive or _entry_has(ring, factor, Kind.POSITIVE)
        return known or _stands_for_positive(ring, factor)
    if factor.kind == "base":
        return is_positive(ring, dict(factor.data[0]))
    if factor.kind == "apply":
        return factor.data[0] in POSITIVE or _log_is_positive(ring, factor)
    if factor.kind == "sum":
        names, product = factor.data
        return all(ring.context.is_positive(n.size) for n in names) and product_is_positive(
            ring, product
        )
    return False


def _log_is_positive(ring: Ring, factor: Factor) -> bool:
    """``log u > 0`` where ``u > 1``."""
    function, *polys = factor.data
    return function == "log" and is_positive(ring, _less_one(ring, polys[0]))


def _less_one(ring: Ring, poly: Frozen) -> Polynomial:
    return ring.added(dict(poly), ring.number(-1))


def factor_is_nonnegative(ring: Ring, factor: Factor) -> bool:
    """Whether a factor is >= 0 wherever it is defined."""
    if factor.kind in ("delta", "guard", "cond", "count", "size"):
        return True
    if factor.kind == "entry":
        kinds = (Kind.POSITIVE, Kind.NONNEGATIVE, Kind.SIMPLEX, Kind.ONE_HOT, Kind.MASK)
        known = factor.data[0].tensor in ring.positive or _entry_has(ring, factor, *kinds)
        return known or _stands_for_positive(ring, factor)
    if factor.kind == "sum":
        return product_is_nonnegative(ring, factor.data[1])
    if factor.kind == "base":
        return is_nonnegative(ring, dict(factor.data[0]))
    return factor_is_positive(ring, factor)


def _entry_has(ring: Ring, factor: Factor, *kinds: Kind) -> bool:
    """Whether an entry carries one of the facts, is in range, and the use is noted."""
    head, slots = factor.data
    tensor = head.tensor
    if tensor is None or not tensor.is_variable or not _in_range(ring, tensor.shape, slots):
        return False
    for fact in sorted(tensor.facts, key=str):
        if fact.kind in kinds:
            ring.facts_used.setdefault((tensor, fact))
            return True
    return False


def _stands_for_positive(ring: Ring, factor: Factor) -> bool:
    """Whether an entry of a name is in range, and what the name stands for is > 0 everywhere."""
    head, slots = factor.data
    facts = ring.signed.get(head.tensor)
    if facts is None or not _in_range(ring, head.tensor.shape, slots):
        return False
    ring.facts_used.update(dict.fromkeys(facts))
    return True


def _in_range(ring: Ring, shape: tuple[object, ...], slots: tuple[object, ...]) -> bool:
    return all(slot is None or slot.size == size for slot, size in zip(slots, shape, strict=True))  # type: ignore[attr-defined]


def absolute(ring: Ring, poly: Polynomial) -> Polynomial:
    """``|u| = u (2 [u > 0] - 1)``, exact at 0 as well."""
    if is_nonnegative(ring, poly):
        return poly
    positive = condition(ring, poly)
    sign = ring.added(ring.scaled(positive, 2), ring.number(-1))
    return ring.multiplied(poly, sign)


def condition(ring: Ring, poly: Polynomial) -> Polynomial:
    """``[u > 0]``, known where the sign is, else of the primitive part with positive lead."""
    if not poly or is_nonnegative(ring, ring.scaled(poly, -1)):
        return {}
    if is_positive(ring, poly):
        return ring.unit
    if not _varies(tuple(poly)):
        return _fixed_condition(ring, poly)
    chosen = cases.by_cases(ring, lambda each: condition(ring, each), poly)
    if chosen is not None:
        return chosen
    content, coefficient, rest = primitive(ring, poly)
    inside = {f: e for f, e in content.factors if not factor_is_positive(ring, f)}
    if inside:
        others = ring.unit if is_positive(ring, rest) else rest
        rest = ring.multiplied(others, {ring.table.product(inside): 1})
    factor = _condition_factor(ring, rest)
    if coefficient > 0:
        return ring.of(factor)
    ring.kinks = True
    return ring.added(ring.unit, ring.scaled(ring.of(factor), -1))


def _condition_factor(ring: Ring, poly: Polynomial) -> Factor:
    terms = frozen(poly)
    return ring.table.factor("cond", terms, indices=poly_indices(terms), height=poly_height(terms))


def _varies(part: object) -> bool:
    """Whether a value of a variable occurs: only then may a kink be assumed away."""
    if isinstance(part, Product):
        return any(f.kind in ("entry", "opaque") or _varies(f.data) for f, _ in part.factors)
    return isinstance(part, tuple) and any(map(_varies, part))


def _fixed_condition(ring: Ring, poly: Polynomial) -> Polynomial:
    """``[u > 0] = [u - 1 >= 0]`` for integers; u may be 0, which no assumption excludes."""
    form = affine_form(poly)
    if form is None:
        return ring.of(_condition_factor(ring, poly))
    return ring.settled({ring.table.factor("guard", form - 1, indices=form.indices): 1})
