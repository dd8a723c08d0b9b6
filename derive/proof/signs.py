"""Signs that are plain from how a term is written, and a closed table of inequalities.

Squares, exponentials, declared facts, sums and products of these, ``log t <= t - 1``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from derive.proof.normal_form import positivity
from derive.proof.normal_form.factors import Factor, Number, Polynomial, Product, Undecided
from derive.proof.normal_form.fractions import perfect_root
from derive.proof.quadratic_forms import definite_diagonal, definite_form
from derive.proof.statuses import Gates
from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import (
    MINUS,
    UNIT,
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
from derive.terms.tensors import Definition, Fact, Kind, Recurrence, Tensor

if TYPE_CHECKING:
    from derive.proof.normal_form.lowering import Lowering

NONNEGATIVE_FACTS = (Kind.POSITIVE, Kind.NONNEGATIVE, Kind.SIMPLEX, Kind.ONE_HOT, Kind.MASK)
SHARES = (Kind.SIMPLEX, Kind.ONE_HOT, Kind.MASK)
POSITIVE_FUNCTIONS = ("exp", "sigmoid", "softplus", "cosh")
SMALL_EFFORT = 300  # for the sign of what a name stands for
BOUNDED_FUNCTIONS = ("sin", "cos", "tanh", "sigmoid", "sign")  # between -1 and 1
NONNEGATIVE_FUNCTIONS = ("exp", "sigmoid", "softplus", "relu", "abs", "cosh")


def is_nonnegative(term: Term, low: Lowering) -> bool:
    """Whether a term is >= 0 wherever it is defined."""
    row = ROWS.get(type(term))
    if row is not None and row(term, low):
        return True
    return _by_normal_form(term, low)


def is_positive(term: Term, low: Lowering) -> bool:
    """Whether a term is > 0 wherever it is defined."""
    return is_written_positive(term, low) or positivity.is_positive(low.ring, low(term))


def is_written_positive(term: Term, low: Lowering) -> bool:
    """Whether a term is > 0 by the way in which it is written."""
    row = STRICT.get(type(term))
    return row is not None and row(term, low)


@lru_cache(maxsize=5_000)
def signed_facts(tensor: Tensor, context: Context) -> tuple[tuple[Tensor, Fact], ...] | None:
    """The facts by which what a name stands for is > 0 everywhere; None where that is not plain."""
    from derive.proof.normal_form.lowering import Lowering
    from derive.proof.normal_form.ring import FUNCTIONS, Ring, Work

    low = Lowering(Ring(context, Gates(), work=Work(SMALL_EFFORT), closed=FUNCTIONS))
    entry = At(tensor, tuple(Index(f"i{k}", size) for k, size in enumerate(tensor.shape)))
    try:
        return tuple(low.ring.facts_used) if is_written_positive(entry, low) else None
    except Undecided:
        return None


def _by_normal_form(term: Term, low: Lowering) -> bool:
    poly = low(term)
    ring = low.ring
    if not poly or positivity.is_nonnegative(ring, poly):
        return True
    return perfect_root(ring, poly) is not None or any(
        _is_rest_nonnegative(low, poly, gap) for gap in _gaps(low, poly)
    )


def _gaps(low: Lowering, poly: Polynomial) -> Iterator[tuple[Number, Polynomial]]:
    """``t - 1 - log t >= 0`` for logarithms in a polynomial, and with ``t = exp u``."""
    number = low.ring.number(-1)
    for product, coefficient in poly.items():
        factor = _lone_factor(product)
        if factor and coefficient < 0 and factor.kind == "apply" and factor.data[0] == "log":
            inner = dict(factor.data[1])
            yield -coefficient, low.ring.added(inner, number, {product: -1})
        exponents = _exponents(product)
        if exponents and coefficient > 0:
            less = [low.ring.scaled({u: 1}, -times) for u, times in exponents]
            yield coefficient, low.ring.added({product: 1}, number, *less)


def _lone_factor(product: Product) -> Factor | None:
    (factor, power), *others = product.factors or ((None, 0),)
    return factor if power == 1 and not others else None


def _exponents(product: Product) -> list[tuple[Product, Number]]:
    """The products u and numbers c of ``exp(c u + ...)``; nothing for other products."""
    found = [
        (f.data[0], e) for f, e in product.factors if f.kind == "exp" and not isinstance(e, Affine)
    ]
    return found if len(found) == len(product.factors) else []


def _is_rest_nonnegative(low: Lowering, poly: Polynomial, gap: tuple[Number, Polynomial]) -> bool:
    scale, term = gap
    rest = low.ring.added(poly, low.ring.scaled(term, -scale))
    return not rest or positivity.is_nonnegative(low.ring, rest)


def _all(term: Any, low: Lowering) -> bool:
    return all(is_nonnegative(part, low) for part in term.parts)


def _sum(term: Any, low: Lowering) -> bool:
    """Terms that are all >= 0, or ``1 - u`` for a product u of numbers between 0 and 1."""
    if _all(term, low):
        return True
    one, *others = term.parts
    if one != UNIT or len(others) != 1 or not isinstance(others[0], Mul):
        return False
    sign, *factors = others[0].parts
    return sign == MINUS and all(_is_share(factor, low) for factor in factors)


def _is_share(term: Term, low: Lowering) -> bool:
    """Whether a term is between 0 and 1."""
    if isinstance(term, At):
        shares = [f for f in sorted(term.tensor.facts, key=str) if f.kind in SHARES]
        for fact in shares[:1]:
            low.ring.facts_used.setdefault((term.tensor, fact))
        return bool(shares)
    return isinstance(term, Delta | Guard | Cond)


def _product(term: Any, low: Lowering) -> bool:
    """Factors that are >= 0, and pairs of equal factors or of factors that are <= 0."""
    parts = [part for part in _flat(term) if not is_nonnegative(part, low)]
    below = [part for part in parts if _is_nonpositive(part, low)]
    doubtful = [part for part in parts if part not in below]
    if len(below) % 2:
        return False
    keys = [alpha_key(part) for part in doubtful]
    return all(keys.count(key) % 2 == 0 for key in keys)


def _flat(term: Term) -> list[Term]:
    return [f for part in term.parts for f in _flat(part)] if isinstance(term, Mul) else [term]


def _is_nonpositive(term: Term, low: Lowering) -> bool:
    """A negative number, and the logarithm of a number between 0 and 1."""
    if isinstance(term, Num):
        return term.value < 0
    return isinstance(term, Fn) and term.function == "log" and _is_share(term.arguments[0], low)


def _total(term: Any, low: Lowering) -> bool:
    """A sum of what is >= 0, or ``sum_ij v_i P_ij v_j`` of a positive definite matrix."""
    return is_nonnegative(term.body, low) or _is_quadratic_form(term, low)


def _is_quadratic_form(term: Any, low: Lowering) -> bool:
    found = definite_form(term)
    if found is None or not is_nonnegative(found[1], low):
        return False
    low.ring.facts_used.setdefault((found[0], Fact(Kind.POSITIVE_DEFINITE)))
    return True


def _power(term: Any, low: Lowering) -> bool:
    exponent = term.exponent
    if isinstance(exponent, Num) and exponent.value.denominator == 1:
        return exponent.value % 2 == 0 or is_nonnegative(term.base, low)
    # Any other exponent needs a base that is >= 0, and gives a value that is.
    return not isinstance(exponent, Count) or is_nonnegative(term.base, low)


def _entry(term: Any, low: Lowering) -> bool:
    tensor = term.tensor
    for fact in sorted(tensor.facts, key=str) if tensor.is_variable else ():
        if fact.kind in NONNEGATIVE_FACTS:
            low.ring.facts_used.setdefault((tensor, fact))
            return True
    matrix = definite_diagonal(term)
    if matrix is not None:
        low.ring.facts_used.setdefault((matrix, Fact(Kind.POSITIVE_DEFINITE)))
        return True
    if isinstance(tensor.origin, Definition):
        return is_nonnegative(unfolded(term), low)
    return _recurs(tensor, low, Kind.NONNEGATIVE, is_nonnegative)


def _recurs(
    tensor: Tensor, low: Lowering, kind: Kind, has_sign: Callable[[Term, Lowering], bool]
) -> bool:
    """A recurrence keeps a sign that its start has, and its step whenever the entry before has."""
    origin = tensor.origin
    if not isinstance(origin, Recurrence) or not has_sign(origin.start, low):
        return False
    signed = Tensor(origin.previous.name, origin.previous.shape, (Fact(kind),))
    found = has_sign(_renamed(origin.step, origin.previous, signed), low)
    low.ring.facts_used.pop((signed, Fact(kind)), None)
    return found


def _renamed(term: Term, old: Tensor, new: Tensor) -> Term:
    if isinstance(term, At) and term.tensor == old:
        return At(new, term.slots)
    if not term.children:
        return term
    return term.rebuilt(_renamed(child, old, new) for child in term.children)


def _count(term: Any, low: Lowering) -> bool:
    context: Context = low.ring.context
    return context.always_nonnegative(term.form)


def _always(term: Any, low: Lowering) -> bool:
    return True


ROWS: dict[type, Callable[[Any, Lowering], bool]] = {
    Add: _sum,
    Mul: _product,
    Pow: _power,
    Sum: _total,
    Fn: lambda term, low: term.function in NONNEGATIVE_FUNCTIONS,
    At: _entry,
    Num: lambda term, low: term.value >= 0,
    Count: _count,
    Cond: _always,
    Delta: _always,
    Guard: _always,
}


def _sum_is_positive(term: Any, low: Lowering) -> bool:
    """A number larger than all that is taken off, or terms that are all >= 0, one of them > 0."""
    if _outweighs(term, low):
        return True
    return _all(term, low) and any(is_positive(part, low) for part in term.parts)


def _outweighs(term: Any, low: Lowering) -> bool:
    """Whether a sum is ``c + u + v`` with u between -1 and 1, a number c > 1, and v >= 0."""
    number = sum(part.value for part in term.parts if isinstance(part, Num))
    others = [part for part in term.parts if not isinstance(part, Num)]
    bounded = [part for part in others if _is_bounded(part)]
    return number > len(bounded) > 0 and all(
        is_nonnegative(part, low) for part in others if part not in bounded
    )


def _is_bounded(term: Term) -> bool:
    """Whether a term is between -1 and 1."""
    if isinstance(term, Mul):
        return all(part == MINUS or _is_bounded(part) for part in term.parts)
    return isinstance(term, Fn) and term.function in BOUNDED_FUNCTIONS


def _power_is_positive(term: Any, low: Lowering) -> bool:
    """A power of something positive, and a root or reciprocal of what is >= 0."""
    if is_positive(term.base, low):
        return True
    exponent = term.exponent
    divides = isinstance(exponent, Num) and exponent.value < 0
    return divides and is_nonnegative(term, low)


def _entry_is_positive(term: Any, low: Lowering) -> bool:
    if range_guards(term):
        return False
    if isinstance(term.tensor.origin, Definition):
        return is_positive(unfolded(term), low)
    return _recurs(term.tensor, low, Kind.POSITIVE, is_positive)


def _total_is_positive(term: Any, low: Lowering) -> bool:
    """A sum over at least one place of what is > 0."""
    context: Context = low.ring.context
    return context.is_positive(term.index.size) and is_positive(term.body, low)


def _count_is_positive(term: Any, low: Lowering) -> bool:
    context: Context = low.ring.context
    return context.always_nonnegative(term.form - 1)


STRICT: dict[type, Callable[[Any, Lowering], bool]] = {
    Add: _sum_is_positive,
    Mul: lambda term, low: all(is_positive(part, low) for part in term.parts),
    Pow: _power_is_positive,
    Sum: _total_is_positive,
    Fn: lambda term, low: term.function in POSITIVE_FUNCTIONS,
    At: _entry_is_positive,
    Num: lambda term, low: term.value > 0,
    Count: _count_is_positive,
}
