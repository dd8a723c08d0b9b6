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
from derive.terms.structure import alpha_key, range_guards, unfolded
from derive.terms.tensors import Definition, Kind

NONNEGATIVE_FACTS = (Kind.POSITIVE, Kind.NONNEGATIVE, Kind.SIMPLEX, Kind.ONE_HOT, Kind.MASK)
POSITIVE_FUNCTIONS = ("exp", "sigmoid", "softplus", "cosh")
NONNEGATIVE_FUNCTIONS = ("exp", "sigmoid", "softplus", "relu", "abs", "cosh")


def is_nonnegative(term: Term, low: Lowering) -> bool:
    """Whether a term is >= 0 wherever it is defined."""
    row = ROWS.get(type(term))
    if row is not None and row(term, low):
        return True
    return _by_normal_form(term, low)


def is_positive(term: Term, low: Lowering) -> bool:
    """Whether a term is > 0 wherever it is defined."""
    row = STRICT.get(type(term))
    if row is not None and row(term, low):
        return True
    return positivity.is_positive(low.ring, low(term))


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


def _sum_is_positive(term: Any, low: Lowering) -> bool:
    """Terms that are all >= 0, one of them > 0."""
    return _all(term, low) and any(is_positive(part, low) for part in term.parts)


def _power_is_positive(term: Any, low: Lowering) -> bool:
    """A power of something positive, and a root or reciprocal of what is >= 0."""
    if is_positive(term.base, low):
        return True
    exponent = term.exponent
    divides = isinstance(exponent, Num) and exponent.value < 0
    return divides and is_nonnegative(term, low)


def _entry_is_positive(term: Any, low: Lowering) -> bool:
    if isinstance(term.tensor.origin, Definition) and not range_guards(term):
        return is_positive(unfolded(term), low)
    return False


STRICT: dict[type, Callable[[Any, Lowering], bool]] = {
    Add: _sum_is_positive,
    Mul: lambda term, low: all(is_positive(part, low) for part in term.parts),
    Pow: _power_is_positive,
    Sum: lambda term, low: (
        low.ring.context.is_positive(term.index.size) and is_positive(term.body, low)
    ),
    Fn: lambda term, low: term.function in POSITIVE_FUNCTIONS,
    At: _entry_is_positive,
    Num: lambda term, low: term.value > 0,
    Count: lambda term, low: low.ring.context.always_nonnegative(term.form - 1),
}
