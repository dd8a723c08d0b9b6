"""The rules that put a name for what it stands for, and back."""

from __future__ import annotations

from derive.rewriting.algebra import factors, power, raised
from derive.rewriting.canonical import same
from derive.rewriting.matching import folded
from derive.rewriting.rules.rule import Given, Rule
from derive.terms.indices import Affine
from derive.terms.nodes import MINUS, At, Mul, Sum, Term
from derive.terms.structure import substituted, unfolded
from derive.terms.tensors import Definition, Tensor


def _fold(term: Term, given: Given) -> Term | None:
    tensor = given.tensor
    if tensor is None or not isinstance(tensor.origin, Definition):
        return None
    return folded(term, tensor, given.context)


def _unfold(term: Term, given: Given) -> Term | None:
    entry, exponent = power(term)
    if not isinstance(entry, At) or entry.tensor != given.tensor:
        return None
    if not isinstance(entry.tensor.origin, Definition):
        return None
    return raised(unfolded(entry), exponent)


def is_normalised(tensor: Tensor) -> bool:
    """Whether a name stands for weights divided by their own sum along the last axis."""
    definition = tensor.origin
    if not isinstance(definition, Definition) or not isinstance(definition.body, Mul):
        return False
    for factor in factors(definition.body):
        base, exponent = power(factor)
        if isinstance(base, At) and isinstance(base.tensor.origin, Definition):
            base = unfolded(base)
        if exponent == MINUS and isinstance(base, Sum) and len(factors(definition.body)) == 2:
            over = Affine.of(definition.indices[-1])
            above = next(f for f in factors(definition.body) if f is not factor)
            if base.index.size == definition.indices[-1].size:
                return same(substituted(base.body, {base.index: over}), above)
    return False


FOLD = Rule(
    "abbreviation", "Σ_j X[i, j] b[j] - y[i] = r[i], named so", _fold, "definitions", "name"
)
UNFOLD = Rule(
    "definition of a name",
    "r[i] = Σ_j X[i, j] b[j] - y[i], what r stands for",
    _unfold,
    "definitions",
    "name",
)
RULES: tuple[Rule, ...] = (FOLD, UNFOLD)
