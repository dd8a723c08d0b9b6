"""Signs that are plain from how a term is written, and a closed table of inequalities.

Squares, exponentials, declared facts, sums and products of these, ``log t <= t - 1``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from derive.proof.normal_form import positivity
from derive.proof.normal_form.factors import Polynomial
from derive.proof.normal_form.lowering import Lowering
from derive.terms.contexts import Context
from derive.terms.nodes import (
    Add,
    At,
    Cond,
    Count,
    Delta,
    Fn,
    Guard,
    Mul,
    Num,
    Pow,
    Sum,
    Term,
)
from derive.terms.structure import alpha_key, unfolded
from derive.terms.tensors import Definition, Kind

NONNEGATIVE_FACTS = (Kind.POSITIVE, Kind.NONNEGATIVE, Kind.SIMPLEX, Kind.ONE_HOT, Kind.MASK)
NONNEGATIVE_FUNCTIONS = ("exp", "sigmoid", "softplus", "relu", "abs", "cosh")


def is_nonnegative(term: Term, low: Lowering) -> bool:
    """Whether a term is >= 0 wherever it is defined."""
    row = ROWS.get(type(term))
    if row is not None and row(term, low):
        return True
    return _by_normal_form(term, low)


def _by_normal_form(term: Term, low: Lowering) -> bool:
    poly = low(term)
    ring = low.ring
    return not poly or positivity.is_nonnegative(ring, poly) or _logarithm_gap(low, poly)


def _logarithm_gap(low: Lowering, poly: Polynomial) -> bool:
    """``c (t - 1 - log t) >= 0`` for c > 0."""
    logs = [
        (p, f)
        for p in poly
        for f, e in p.factors
        if f.kind == "apply" and f.data[0] == "log" and e == 1 and len(p.factors) == 1
    ]
    for product, factor in logs:
        scale = -poly[product]
        if scale <= 0:
            continue
        inner = dict(factor.data[1])
        gap = low.ring.added(inner, low.ring.number(-1), {product: -1})
        difference = low.ring.added(poly, low.ring.scaled(gap, -scale))
        if not difference:
            return True
    return False


def _all(term: Any, low: Lowering) -> bool:
    return all(is_nonnegative(part, low) for part in term.parts)


def _product(term: Any, low: Lowering) -> bool:
    """Factors that are >= 0, and pairs of equal factors."""
    doubtful = [part for part in term.parts if not is_nonnegative(part, low)]
    keys = [alpha_key(part) for part in doubtful]
    return all(keys.count(key) % 2 == 0 for key in keys)


def _power(term: Any, low: Lowering) -> bool:
    exponent = term.exponent
    if isinstance(exponent, Num) and exponent.value.denominator == 1:
        return exponent.value % 2 == 0 or is_nonnegative(term.base, low)
    # Any other exponent needs a base that is >= 0, and gives a value that is.
    return not isinstance(exponent, Count) or is_nonnegative(term.base, low)


def _entry(term: Any, low: Lowering) -> bool:
    tensor = term.tensor
    for fact in sorted(tensor.facts, key=str):
        if fact.kind in NONNEGATIVE_FACTS:
            low.ring.facts_used.setdefault((tensor, fact))
            return True
    if isinstance(tensor.origin, Definition):
        return is_nonnegative(unfolded(term), low)
    return False


def _count(term: Any, low: Lowering) -> bool:
    context: Context = low.ring.context
    return context.always_nonnegative(term.form)


def _always(term: Any, low: Lowering) -> bool:
    return True


ROWS: dict[type, Callable[[Any, Lowering], bool]] = {
    Add: _all,
    Mul: _product,
    Pow: _power,
    Sum: lambda term, low: is_nonnegative(term.body, low),
    Fn: lambda term, low: term.function in NONNEGATIVE_FUNCTIONS,
    At: _entry,
    Num: lambda term, low: term.value >= 0,
    Count: _count,
    Cond: _always,
    Delta: _always,
    Guard: _always,
}
