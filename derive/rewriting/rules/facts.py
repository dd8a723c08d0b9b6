"""The rules that use what is declared of a tensor, or follows from what a name stands for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from derive.rewriting.algebra import factors, power, product, raised, rebuilt, split, total, without
from derive.rewriting.canonical import canonical, same, tensor_depends
from derive.rewriting.rules.arithmetic import LIKE_TERMS, POWER_OF_PRODUCT, expanded
from derive.rewriting.rules.arithmetic import RULES as POWERS
from derive.rewriting.rules.names import is_normalised
from derive.rewriting.rules.rule import Given, Rule
from derive.rewriting.rules.sums import RULES as SUMS
from derive.rewriting.rules.sums import SPLITTING
from derive.terms.indices import Affine, Index
from derive.terms.nodes import NOUGHT, UNIT, Add, At, Count, Num, Sum, Term, subterms
from derive.terms.sizes import Size
from derive.terms.structure import definitions, free_indices, substituted, unfolded
from derive.terms.tensors import Definition, Inverse, Kind, Tensor

if TYPE_CHECKING:
    from derive.rewriting.rewriting import Rewrite

SYMMETRIC = (Kind.SYMMETRIC, Kind.POSITIVE_DEFINITE)


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
    for rule in (SUMS[1], SOFTMAX):
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
    rules = (SPLITTING, *SUMS[:2], *POWERS, POWER_OF_PRODUCT)
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


Used: TypeAlias = "tuple[tuple[Tensor, Kind], ...]"


def symmetric_by(tensor: Tensor) -> Used | None:
    """The declared facts by which a matrix equals its transpose; None if that is not plain."""
    declared = [kind for kind in SYMMETRIC if tensor.has(kind)]
    origin = tensor.origin
    if isinstance(origin, Inverse):
        return symmetric_by(origin.matrix)
    if declared:
        return ((tensor, declared[0]),)
    if not isinstance(origin, Definition) or len(origin.indices) < 2:
        return None
    i, j = origin.indices[-2:]
    if i.size != j.size:
        return None
    swapped = substituted(origin.body, {i: Affine.of(j), j: Affine.of(i)})
    inside = {part.tensor: None for part in subterms(origin.body) if isinstance(part, At)}
    used = {t: symmetric_by(t) for t in inside if len(t.shape) > 1}
    symmetric = frozenset(t for t, by in used.items() if by is not None)
    if canonical(swapped, symmetric) != canonical(origin.body, symmetric):
        return None
    if canonical(swapped) == canonical(origin.body):
        return ()
    return tuple(dict.fromkeys(pair for by in used.values() for pair in by or ()))


def is_symmetric(tensor: Tensor) -> bool:
    """Whether a matrix equals its transpose: declared, or plain from what it stands for."""
    return symmetric_by(tensor) is not None


def symmetric_tensors(term: Term, given: Given) -> tuple[Tensor, ...]:
    """The symmetric matrices of a term whose symmetry may be used."""
    entries = [part for part in subterms(term) if isinstance(part, At) and len(part.slots) > 1]
    found = dict.fromkeys(entry.tensor for entry in entries)
    return tuple(t for t in found if _may_use(symmetric_by(t), given))


def _may_use(facts: Used | None, given: Given) -> bool:
    """Whether no fact is about a variable by which a derivative is still to be taken."""
    varied = given.varied
    if facts is None:
        return False
    return varied is None or not any(tensor_depends(tensor, varied) for tensor, _ in facts)


def _alike(term: Term, symmetric: frozenset[Tensor]) -> Term | None:
    """A sum with parts that are equal by symmetry written alike; None if there are none."""
    assert isinstance(term, Add)
    seen: dict[int, Term] = {}
    new: list[Term] = []
    changed = False
    for part in term.parts:
        number, rest = split(part)
        kept = product(rest)
        first = seen.setdefault(canonical(kept, symmetric), kept)
        changed = changed or not same(first, kept)
        new.append(product((Num(number), first)))
    return Add(new) if changed else None


def _symmetry(term: Term, given: Given) -> Term | None:
    if not isinstance(term, Add):
        return None
    return _alike(term, frozenset(symmetric_tensors(term, given)))


def matrices_transposed(rewrite: Rewrite) -> tuple[Tensor, ...]:
    """The matrices that a rewrite takes to equal their transposes."""
    if rewrite.rule == TRANSPOSED.name:
        return tuple(filter(None, (rewrite.given.tensor,)))
    if rewrite.rule != SYMMETRY.name:
        return ()
    needed = symmetric_tensors(rewrite.before, rewrite.given)
    for tensor in needed:
        fewer = frozenset(needed) - {tensor}
        if _alike(rewrite.before, fewer) == rewrite.after:
            needed = tuple(t for t in needed if t in fewer)
    return needed


def _transposed(term: Term, given: Given) -> Term | None:
    """The slots of a symmetric matrix in the order in which a matrix product reads them."""
    if not isinstance(term, Sum) or given.tensor is None:
        return None
    if not _may_use(symmetric_by(given.tensor), given):
        return None
    all_factors = factors(term.body)
    for factor in all_factors:
        if isinstance(factor, At) and factor.tensor == given.tensor:
            others = without(all_factors, factor)
            swapped = _in_reading_order(factor, term.index, others)
            if swapped != factor:
                rest = (swapped if f is factor else f for f in all_factors)
                return Sum(term.index, product(rest))
    return None


def _in_reading_order(entry: At, bound: Index, others: Sequence[Term]) -> At:
    """The bound slot first where another factor has an older index to its left, else last."""
    *stack, first, second = entry.slots
    if sorted([first.plain is bound, second.plain is bound]) != [False, True]:
        return entry
    inner, outer = (first, second) if first.plain is bound else (second, first)
    around = [i.serial for f in others for i in free_indices(f) if i is not bound]
    older = bool(around) and min(around) < max((i.serial for i in outer.indices), default=-1)
    return At(entry.tensor, (*stack, *((inner, outer) if older else (outer, inner))))


def transposes_inverse(rewrite: Rewrite) -> bool:
    """Whether a rewrite uses that the inverse of a symmetric matrix is symmetric."""
    return any(isinstance(tensor.origin, Inverse) for tensor in matrices_transposed(rewrite))


def meanings_used(rewrite: Rewrite) -> tuple[Tensor, ...]:
    """The names that make a sum cancel, or are symmetric, by what they stand for."""
    if rewrite.rule == SPELT_OUT.name:
        return definitions(rewrite.before)
    found = matrices_transposed(rewrite)
    return tuple(t for t in found if isinstance(t.origin, Definition) and not t.has(*SYMMETRIC))


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


def facts_of(rewrite: Rewrite) -> Used:
    """The declared facts that a rewrite by a rule of this module rests on."""
    tensor = rewrite.given.tensor
    matrices = matrices_transposed(rewrite)
    if tensor is None or matrices:
        return tuple(dict.fromkeys(pair for t in matrices for pair in symmetric_by(t) or ()))
    kinds = [kind for kind in NEEDED.get(rewrite.rule, ()) if tensor.has(kind)]
    return tuple((tensor, kind) for kind in kinds[:1])


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
SYMMETRY = Rule(
    "symmetry",
    "Σ_j A[i, j] x[j] + Σ_j A[j, i] x[j] = Σ_j A[i, j] x[j] + Σ_j A[i, j] x[j]",
    _symmetry,
    "facts",
)
TRANSPOSED = Rule("symmetric matrix", "A.T @ x = A @ x", _transposed, "facts", "fact")
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
