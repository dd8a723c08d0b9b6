"""Sums of terms, and sums over indices of products."""

from __future__ import annotations

from collections.abc import Sequence

from derive.codegen import exponentials
from derive.codegen.contraction import Contraction, Factor
from derive.codegen.costs import work
from derive.codegen.diagonals import has_delta
from derive.codegen.planning import Hint, Planner
from derive.codegen.products import Product, flattened, gain_wanted, opened
from derive.codegen.sliding import slides
from derive.codegen.values import Value, combined, union
from derive.codegen.windows import loop_value
from derive.terms.indices import Index
from derive.terms.nodes import Count, Mul, Num, Pow, Sum, Term
from derive.terms.structure import free_indices

DEEPEST = 3  # brackets opened on trial inside one another


def sum_value(planner: Planner, parts: Sequence[Term], hint: Hint) -> Value:
    """A sum of terms; those on fewer axes are added up first where there are many."""
    values = [_signed(planner, part, hint) for part in parts]
    order = union([value for _, value in values], hint)
    groups: dict[frozenset[Index], tuple[int, Value]] = {}
    for sign, value in values:
        key = frozenset(value.axes)
        known = groups.get(key)
        groups[key] = _plus(planner, known, (sign, value), order) if known else (sign, value)
    joined = list(groups.values())
    if len(joined) > 2:
        joined.sort(key=lambda pair: len(pair[1].axes))
    total = joined[0]
    for pair in joined[1:]:
        total = _plus(planner, total, pair, order)
    sign, value = total
    return value if sign > 0 else Value(planner.graph.negative(value.node), value.axes)


def _plus(
    planner: Planner, left: tuple[int, Value], right: tuple[int, Value], order: Hint
) -> tuple[int, Value]:
    if left[0] == right[0]:
        return left[0], combined(planner.graph, "add", left[1], right[1], order)
    first, second = (left, right) if left[0] > 0 else (right, left)
    return 1, combined(planner.graph, "subtract", first[1], second[1], order)


def _signed(planner: Planner, term: Term, hint: Hint) -> tuple[int, Value]:
    """A sign, and the term without it."""
    if isinstance(term, Num):
        return (-1 if term.value < 0 else 1), planner.value(Num(abs(term.value)))
    if isinstance(term, Mul | Sum) and not has_delta(term):
        product = flattened(term, planner.shared)
        if product.coefficient < 0:
            return -1, product_value(planner, product.negated(), hint)
    return 1, planner.real(term, hint)


def product_value(planner: Planner, product: Product, hint: Hint) -> Value:
    """A product summed over bound indices; a bracket is opened where that costs less."""
    whole = _closed(planner, product, hint)
    for k in range(len(product.factors)):
        gain = gain_wanted(product, k)
        if gain is not None and planner.opened < DEEPEST:
            planner.opened += 1
            parts = sum_value(planner, opened(product, k), hint)
            planner.opened -= 1
            if gain * work([parts.node]) < work([whole.node]):
                return parts
    return whole


def _closed(planner: Planner, product: Product, hint: Hint) -> Value:
    """A product of factors as they are, summed over bound indices."""
    if not product.coefficient:
        return Value(planner.graph.number(0))
    if slides(product.factors):
        sliding = _sliding(planner, product, hint)
        if sliding is not None:
            return sliding
    terms, shares = exponentials.settled(product.factors)
    factors = [_softmax(planner, share) for share in shares]
    factors += [part for term in terms for part in _factors(planner, term, hint)]
    scalars = [planner.graph.number(product.coefficient)] if product.coefficient != 1 else []
    present = {index for factor in factors for index in factor.axes}
    scalars += [planner.graph.size(i.size) for i in product.bound if i not in present]
    factors = [*(Factor(Value(node)) for node in scalars), *factors]
    if not factors:
        return Value(planner.graph.number(1))
    kept = present - set(product.bound)
    return Contraction(planner.graph, kept, hint).value(factors)


def _sliding(planner: Planner, product: Product, hint: Hint) -> Value | None:
    """A product with entries that slide, the scalars multiplied in afterwards."""
    scalars = [f for f in product.factors if not free_indices(f)]
    arrays = [f for f in product.factors if free_indices(f)]
    used = {index for factor in arrays for index in free_indices(factor)}
    loop = loop_value(planner, arrays, [i for i in product.bound if i in used], hint)
    if loop is None:
        return None
    scalars += [Count(i.size) for i in product.bound if i not in used]
    scalars.append(Num(product.coefficient))
    factors = [part for term in scalars for part in _factors(planner, term, ())]
    return Contraction(planner.graph, loop.axes, hint).value([*factors, Factor(loop)])


def _factors(planner: Planner, term: Term, hint: Hint) -> list[Factor]:
    """One factor of a product, or those that its power is made from."""
    if isinstance(term, Pow) and isinstance(term.exponent, Num) and term.exponent.value < 0:
        positive = Pow(term.base, Num(-term.exponent.value))
        return [Factor(planner.real(positive, hint), "below")]
    value = planner.value(term, hint)
    return [Factor(value, "mask" if value.node.kind == "mask" else "above")]


def _softmax(planner: Planner, share: exponentials.Share) -> Factor:
    """``exp(z) / sum exp(z)`` as a softmax."""
    value = planner.real(share.argument)
    axes = [value.axes.index(index) for index in share.summed]
    node = planner.functions.along("softmax", value.node, axes)
    names = dict(zip(share.summed, share.shown, strict=True))
    return Factor(Value(node, value.axes).renamed(names))
