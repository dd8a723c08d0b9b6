"""The rules of weights that add up to one, and of sums that cancel by what names stand for."""

from __future__ import annotations

from collections.abc import Callable

from derive.rewriting.algebra import factors, power, product, raised, rebuilt, total, without
from derive.rewriting.rules import sums
from derive.rewriting.rules.arithmetic import LIKE_TERMS, POWER_OF_PRODUCT, expanded
from derive.rewriting.rules.arithmetic import RULES as POWERS
from derive.rewriting.rules.names import is_normalised
from derive.rewriting.rules.rule import Given, Rule
from derive.terms.indices import Index
from derive.terms.nodes import NOUGHT, UNIT, Add, At, Count, Sum, Term
from derive.terms.sizes import Size
from derive.terms.structure import free_indices, unfolded
from derive.terms.tensors import Definition, Kind, Tensor


def _summed_entry(term: Term) -> At | None:
    """The entry ``T[..., i]`` of ``Σ_i T[..., i]``."""
    if not isinstance(term, Sum) or not isinstance(term.body, At) or not term.body.slots:
        return None
    entry, index = term.body, term.index
    *others, last = entry.slots
    fits = last.plain is index and index.size == entry.tensor.shape[-1]
    return entry if fits and not any(index in slot.indices for slot in others) else None


def _sums_to_one(holds: Callable[[Tensor, Given], bool]) -> Callable[[Term, Given], Term | None]:
    def apply(term: Term, given: Given) -> Term | None:
        entry = _summed_entry(term)
        if entry is None or entry.tensor != given.tensor:
            return None
        return UNIT if holds(entry.tensor, given) else None

    return apply


def _is_simplex(tensor: Tensor, given: Given) -> bool:
    return tensor.has(Kind.SIMPLEX, Kind.ONE_HOT) and tensor != given.varied


def _deviations(term: Term, given: Given) -> Term | None:
    """A sum of a named deviation, when what it stands for cancels."""
    bound, entry = [], term
    while isinstance(entry, Sum):
        bound.append(entry.index)
        entry = entry.body
    if not bound or not isinstance(entry, At) or _name(entry) is None:
        return None
    if entry.tensor != given.tensor:
        return None
    spelt: Term = unfolded(entry)
    for index in reversed(bound):
        spelt = Sum(index, spelt)
    return NOUGHT if _settled(spelt, given) == NOUGHT else None


def _spelt_out(term: Term, given: Given) -> Term | None:
    """A sum of a bracket that cancels."""
    if not isinstance(term, Sum) or not isinstance(term.body, Add):
        return None
    return NOUGHT if _settled(term, given) == NOUGHT else None


def _weighted(term: Term, given: Given) -> Term | None:
    """``Σ_k p[k] (c - Σ_j p[j] y[j] ...)`` for weights p that add up to one."""
    if given.tensor is None or not isinstance(term, Sum) or not is_normalised(given.tensor):
        return None
    weights = [f for f in factors(term.body) if isinstance(f, At) and f.tensor == given.tensor]
    brackets = [f for f in factors(term.body) if isinstance(f, Add)]
    if not weights or len(brackets) != 1 or _summed_entry(Sum(term.index, weights[0])) is None:
        return None
    opened = total(Sum(term.index, part) for part in expanded(term.body))
    for rule in (sums.FACTORS_LEAVE, SOFTMAX):
        opened = _everywhere(rule, opened, given)
    new = _everywhere(LIKE_TERMS, opened, given)
    return NOUGHT if new == NOUGHT else None


def _offset(term: Term, given: Given) -> Term | None:
    """``Σ_k p[k] (x[k] + c) = Σ_k p[k] x[k] + c`` for weights p that add up to one."""
    if given.tensor is None or not isinstance(term, Sum) or not is_normalised(given.tensor):
        return None
    found = factors(term.body)
    for weight in found:
        for bracket in found:
            if not isinstance(bracket, Add) or not _is_weight(weight, term.index, given.tensor):
                continue
            fixed = [p for p in bracket.parts if term.index not in free_indices(p)]
            rest = without(found, weight, bracket)
            if fixed and not any(term.index in free_indices(f) for f in rest):
                moving = total(p for p in bracket.parts if p not in fixed)
                inside = Sum(term.index, product((weight, moving)))
                return product((*rest, total((inside, *fixed))))
    return None


def _is_weight(factor: Term, index: Index, tensor: Tensor) -> bool:
    entry = _summed_entry(Sum(index, factor))
    return entry is not None and entry.tensor == tensor


def _everywhere(rule: Rule, term: Term, given: Given) -> Term:
    term = rebuilt(term, (_everywhere(rule, child, given) for child in term.children))
    return rule.apply(term, given) or term


def _name(factor: Term) -> Tensor | None:
    named = isinstance(factor, At) and isinstance(factor.tensor.origin, Definition)
    return factor.tensor if named and isinstance(factor, At) else None


def _settled(term: Term, given: Given) -> Term:
    """The term after the rules of sums and powers, deepest parts first."""
    rules = (sums.SPLITTING, sums.CONSTANT, sums.FACTORS_LEAVE, *POWERS, POWER_OF_PRODUCT)
    term = rebuilt(term, (_settled(child, given) for child in term.children))
    if isinstance(term, At) and isinstance(term.tensor.origin, Definition):
        return _settled(unfolded(term), given)
    sizes = _sizes(term)
    if len(sizes) > 1:
        return _settled(product(sizes), given)
    for rule in rules:
        new = rule.apply(term, given)
        if new is not None:
            return _settled(new, given)
    return term


def _sizes(term: Term) -> list[Term]:
    """A power of a product of sizes, factor by factor."""
    base, exponent = power(term)
    constant = base.form.constant if isinstance(base, Count) and not base.form.indices else None
    monomials = list(constant) if constant is not None else []
    if len(monomials) != 1 or monomials[0][1] != 1:
        return []
    names = [Size.of(name) for name, times in monomials[0][0] for _ in range(times)]
    return [raised(Count(name), exponent) for name in names]


SIMPLEX = Rule(
    "probabilities sum to one",
    "Σ_k y[k] = 1 for declared probabilities",
    _sums_to_one(_is_simplex),
    "facts",
    "fact",
)
SOFTMAX = Rule(
    "weights divided by their sum add up to one",
    "p[k] = a[k] / Σ_j a[j], so Σ_k p[k] = 1",
    _sums_to_one(lambda tensor, given: is_normalised(tensor)),
    "definitions",
    "name",
)
DEVIATIONS = Rule(
    "deviations from the mean sum to zero",
    "Σ_i (x[i] - mean(x)) = 0",
    _deviations,
    "definitions",
    "name",
)
WEIGHTED = Rule(
    "weighted deviations sum to zero",
    "Σ_k p[k] (y[k] - Σ_j p[j] y[j]) = 0, since Σ_k p[k] = 1",
    _weighted,
    "definitions",
    "name",
)
OFFSET = Rule(
    "a constant leaves a weighted mean",
    "Σ_k p[k] (x[k] + c) = Σ_k p[k] x[k] + c, since Σ_k p[k] = 1",
    _offset,
    "definitions",
    "name",
)
SPELT_OUT = Rule("a sum that cancels", "Σ_i (x[i] - (Σ_j x[j]) / n) = 0", _spelt_out)
