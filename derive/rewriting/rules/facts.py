"""The rules that use what is declared of a tensor, and the facts on which a rewrite rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.rewriting.algebra import power, raised
from derive.rewriting.rules.rule import Given, Rule
from derive.rewriting.rules.symmetry import (
    SYMMETRIC,
    SYMMETRY,
    TRANSPOSED,
    Used,
    matrices_transposed,
    symmetric_by,
)
from derive.rewriting.rules.weights import (
    DEVIATIONS,
    OFFSET,
    SIMPLEX,
    SOFTMAX,
    SPELT_OUT,
    WEIGHTED,
)
from derive.terms.nodes import At, Num, Term
from derive.terms.structure import definitions
from derive.terms.tensors import Definition, Kind, Tensor

if TYPE_CHECKING:
    from derive.rewriting.rewriting import Rewrite


def _idempotent(term: Term, given: Given) -> Term | None:
    base, exponent = power(term)
    if not isinstance(base, At) or base.tensor != given.tensor or not isinstance(exponent, Num):
        return None
    if base.tensor == given.varied:
        return None
    whole = exponent.value.denominator == 1 and exponent.value > 1
    if base.tensor.has(Kind.MASK, Kind.ONE_HOT) and whole:
        return base
    if base.tensor.has(Kind.SIGNS) and whole:
        return raised(base, Num(exponent.value % 2))
    return None


def meanings_used(rewrite: Rewrite) -> tuple[Tensor, ...]:
    """The names that make a sum cancel, or are symmetric, by what they stand for."""
    if rewrite.rule == SPELT_OUT.name:
        return definitions(rewrite.before)
    found = matrices_transposed(rewrite)
    return tuple(t for t in found if isinstance(t.origin, Definition) and not t.has(*SYMMETRIC))


def facts_of(rewrite: Rewrite) -> Used:
    """The declared facts that a rewrite rests on."""
    tensor = rewrite.given.tensor
    matrices = matrices_transposed(rewrite)
    if tensor is None or matrices:
        return tuple(dict.fromkeys(pair for t in matrices for pair in symmetric_by(t) or ()))
    kinds = [kind for kind in NEEDED.get(rewrite.rule, ()) if tensor.has(kind)]
    return tuple((tensor, kind) for kind in kinds[:1])


IDEMPOTENT = Rule("square of a mask", "m^2 = m", _idempotent, "facts", "fact")
ABOUT_ONE: tuple[Rule, ...] = (
    SIMPLEX,
    SOFTMAX,
    DEVIATIONS,
    WEIGHTED,
    OFFSET,
    TRANSPOSED,
    IDEMPOTENT,
)
RULES: tuple[Rule, ...] = (SPELT_OUT, SYMMETRY, *ABOUT_ONE)
NEEDED: dict[str, tuple[Kind, ...]] = {
    SIMPLEX.name: (Kind.SIMPLEX, Kind.ONE_HOT),
    IDEMPOTENT.name: (Kind.MASK, Kind.ONE_HOT, Kind.SIGNS),
}
