"""Canonical names for bound indices: sums that differ in names only become the same factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from derive.proof.normal_form import indicators
from derive.proof.normal_form.constraints import Contradiction, System, reduced
from derive.proof.normal_form.factors import (
    Exponent,
    Factor,
    Polynomial,
    Product,
    Undecided,
    merged,
)
from derive.terms.indices import Affine, Index

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = Mapping[Factor, Exponent]
Part = dict[Factor, Exponent]
Colours = Mapping[Index, object]
MOST_LABELLINGS = 750


def named_sum(ring: Ring, powers: Powers, indices: Sequence[Index]) -> Polynomial:
    """The sum of a connected product over its indices, as a factor with canonical names."""
    if not powers:
        return ring.affine(Affine.of(indices[0].size))
    height = 1 + max(factor.height for factor in powers)
    best: tuple[Any, ...] | None = None
    for count, order in enumerate(_orders(powers, tuple(indices))):
        if count > MOST_LABELLINGS:
            raise Undecided("a sum with too many symmetric indices")
        ring.worked()
        names = tuple(ring.table.name(height, k, index.size) for k, index in enumerate(order))
        labelled = _labelled(ring, powers, dict(zip(order, names, strict=True)))
        if labelled is None:
            return {}
        key = (_key(labelled), names, labelled)
        if best is None or key[0] < best[0]:
            best = key
    assert best is not None
    _, names, poly = best
    if len(poly) == 1:
        ((product, coefficient),) = poly.items()
        oriented = indicators.oriented_sum(ring, dict(product.factors), names)
        if oriented is not None:
            return ring.scaled(oriented, coefficient)
    total: Polynomial = {}
    for product, coefficient in poly.items():
        total = ring.added(
            total, ring.scaled(_sum_factor(ring, names, product, height), coefficient)
        )
    return total


def connected(
    powers: Powers, bound: tuple[Index, ...]
) -> tuple[list[tuple[tuple[Index, ...], Part]], Part]:
    """The powers grouped by shared bound indices, and those that depend on none."""
    groups: list[tuple[list[Index], Part]] = [([index], {}) for index in bound]
    outside: Part = {}
    for factor, exponent in powers.items():
        own = factor.indices + (exponent.indices if isinstance(exponent, Affine) else ())
        touched = [g for g in groups if any(index in own for index in g[0])]
        if not touched:
            outside[factor] = exponent
            continue
        first = touched[0]
        for other in touched[1:]:
            first[0].extend(other[0])
            first[1].update(other[1])
            groups.remove(other)
        first[1][factor] = exponent
    return [(tuple(indices), part) for indices, part in groups], outside


def _labelled(ring: Ring, powers: Powers, names: Mapping[Index, Index]) -> Polynomial | None:
    """The product under new names, as a polynomial with one term or more; None if it is 0."""
    values = {old: Affine.of(new) for old, new in names.items()}
    renamed, rest = ring.renamed_powers(powers.items(), values)
    try:
        renamed = _ordered_system(ring, renamed)
    except Contradiction:
        return None
    product: Polynomial = {ring.table.product(renamed): 1}
    for poly in rest:
        product = _raw_product(ring, product, poly)
    return product or None


def _raw_product(ring: Ring, left: Polynomial, right: Polynomial) -> Polynomial:
    """A product of polynomials without any rule, so that names stay as they are."""

    parts = [
        {ring.table.product(merged(p.factors, q.factors)): c * d}
        for p, c in left.items()
        for q, d in right.items()
    ]
    return ring.added(*parts)


def _ordered_system(ring: Ring, powers: Powers) -> dict[Factor, Exponent]:
    """Equalities and guards in the canonical order of the new names."""
    equalities = tuple(f.data[0] for f in powers if f.kind == "delta")
    guards = tuple(f.data[0] for f in powers if f.kind == "guard")
    if not equalities and not guards:
        return dict(powers)
    system = reduced(System(equalities, guards), ring.context)
    result = {f: e for f, e in powers.items() if f.kind not in ("delta", "guard")}
    for kind, forms in (("delta", system.equalities), ("guard", system.guards)):
        for form in forms:
            result[ring.table.factor(kind, form, indices=form.indices)] = 1
    return result


def _key(poly: Polynomial) -> tuple[Any, ...]:
    return tuple(sorted((product.id, coefficient) for product, coefficient in poly.items()))


def _sum_factor(ring: Ring, names: tuple[Index, ...], product: Product, height: int) -> Polynomial:
    used = tuple(name for name in names if name in product.indices)
    free = tuple(index for index in product.indices if index not in names)
    factor = ring.table.factor("sum", used, product, indices=free, height=height)
    missing = [name for name in names if name not in used]
    result = ring.of(factor) if used else {product: 1}
    for name in missing:
        result = ring.multiplied(result, ring.affine(Affine.of(name.size)))
    return result


# --------------------------------------------------------------------------------------------
# Orders of the indices: colour refinement, then every choice inside the first tied class


def _orders(powers: Powers, indices: tuple[Index, ...]) -> Any:
    """Orders of the indices that isomorphic sums try alike."""
    colours: Colours = {index: (str(index.size),) for index in indices}
    yield from _refined_orders(powers, indices, _stable(powers, indices, colours))


def _refined_orders(powers: Powers, indices: tuple[Index, ...], colours: Colours) -> Any:
    classes: dict[object, list[Index]] = {}
    for index in indices:
        classes.setdefault(colours[index], []).append(index)
    tied = sorted((c for c, members in classes.items() if len(members) > 1), key=repr)
    if not tied:
        yield tuple(sorted(indices, key=lambda index: repr(colours[index])))
        return
    for chosen in classes[tied[0]]:
        marked = {**colours, chosen: ("chosen", colours[chosen])}
        yield from _refined_orders(powers, indices, _stable(powers, indices, marked))


def _stable(powers: Powers, indices: tuple[Index, ...], colours: Colours) -> Colours:
    """Colours refined by the places in which each index occurs, until no class splits."""
    if len(indices) == 1:
        return colours
    while True:
        refined = {index: (colours[index], _signature(powers, index, colours)) for index in indices}
        ranks = {c: k for k, c in enumerate(sorted(set(refined.values()), key=repr))}
        if len(ranks) == len(set(colours.values())):
            return colours
        colours = {index: ranks[refined[index]] for index in indices}


def _signature(powers: Powers, index: Index, colours: Colours) -> tuple[object, ...]:
    found = [
        (_shape(factor, index, colours), str(exponent) if not isinstance(exponent, Affine) else "")
        for factor, exponent in powers.items()
        if index in factor.indices and factor.kind not in ("delta", "guard")
    ]
    return tuple(sorted(found, key=repr))


def _shape(factor: Factor, index: Index, colours: Colours) -> tuple[object, ...]:
    """A factor seen from one of its indices, the other bound ones known by colour only."""
    if factor.kind != "entry":
        return (factor.kind, _skeleton(factor, index, colours))
    head, slots = factor.data
    places = tuple(_place(slot, index, colours) for slot in slots)
    if len(places) >= 2 and _is_symmetric(head):
        places = (*places[:-2], *sorted(places[-2:], key=repr))
    return (factor.kind, head.id, places)


def _is_symmetric(head: object) -> bool:
    return bool(getattr(head, "symmetric", False))


def _place(slot: Index | None, index: Index, colours: Colours) -> object:
    if slot is None:
        return "-"
    if slot is index:
        return "*"
    return ("c", repr(colours[slot])) if slot in colours else ("f", slot.serial)


def _skeleton(factor: Factor, index: Index, colours: Colours) -> object:
    """The nested polynomial of a factor, with its indices known by place or colour."""
    if factor.kind == "entry":
        return _shape(factor, index, colours)
    if factor.kind == "sum":
        _, product = factor.data
        return ("sum", _product_skeleton(product, index, colours))
    if factor.kind == "opaque":
        key, slots = factor.data
        return ("opaque", key, tuple(_place(slot, index, colours) for slot in slots))
    parts: list[object] = []
    for item in factor.data:
        if isinstance(item, Product):
            parts.append(_product_skeleton(item, index, colours))
        elif isinstance(item, tuple) and item and isinstance(item[0], tuple):
            parts.append(_poly_skeleton(item, index, colours))
        elif isinstance(item, str | int):
            parts.append(item)
    return tuple(parts)


def _poly_skeleton(poly: Any, index: Index, colours: Colours) -> object:
    terms = [(_product_skeleton(p, index, colours), str(abs(c))) for p, c in poly]
    return tuple(sorted(terms, key=repr))


def _product_skeleton(product: Product, index: Index, colours: Colours) -> object:
    found = [
        (f.kind, _skeleton(f, index, colours), str(e) if not isinstance(e, Affine) else "")
        for f, e in product.factors
        if index in f.indices or not any(i in colours for i in f.indices)
    ]
    return tuple(sorted(found, key=repr))
