"""The rules of index comparisons ``[i = j]``: a delta picks, is multiplied out, or decides."""

from __future__ import annotations

from collections.abc import Sequence

from derive.rewriting.algebra import factors, parts, product, total, without
from derive.rewriting.canonical import holds
from derive.rewriting.rules.rule import Given, Rule
from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import NOUGHT, UNIT, Add, D, Delta, Guard, Mul, Sum, Term
from derive.terms.structure import free_indices, substituted

SEARCH = 1  # constraints of the context that one comparison may combine


def picked(form: Affine, index: Index) -> Affine | None:
    """The value of an index at which a form is 0, where its coefficient is 1 or -1."""
    coefficient = form.coefficient(index)
    rest = form - Affine.of(index) * coefficient
    if coefficient == 1:
        return -rest
    return rest if coefficient == -1 else None


def certain(form: Affine, context: Context) -> bool:
    """Whether a form is >= 0 for all values of its indices, found without a long search."""
    least = context.minimum(form)
    return least is not None and context.is_nonnegative(least, depth=SEARCH)


def in_range(form: Affine, index: Index, context: Context) -> bool:
    """Whether a form is always a value of an index."""
    plain = form.plain
    if plain is not None and plain.size == index.size:
        return True
    return certain(form, context) and certain(index.size - 1 - form, context)


def guards(value: Affine, index: Index, context: Context) -> list[Term]:
    """What must hold for a value to be in the range of an index, beyond what is known."""
    if in_range(value, index, context):
        return []
    bounds = (value, index.size - 1 - value)
    return [Guard(form) for form in bounds if not certain(form, context)]


def _pick(term: Term, given: Given) -> Term | None:
    if not isinstance(term, Sum):
        return None
    all_factors = factors(term.body)
    for k, factor in enumerate(all_factors):
        value = picked(factor.form, term.index) if isinstance(factor, Delta) else None
        if value is not None:
            rest = product(all_factors[:k] + all_factors[k + 1 :])
            moved = substituted(rest, {term.index: value})
            return product((*guards(value, term.index, given.context), moved))
    return None


def carries(part: Term, index: Index) -> bool:
    """Whether multiplying a part out lets a delta pick the index, or frees a derivative."""
    if holds(part, D):
        return True
    if isinstance(part, Delta):
        return index in part.form.indices and picked(part.form, index) is not None
    return isinstance(part, Mul | Add | Sum) and any(carries(p, index) for p in part.children)


def _multiplied_out(term: Term, given: Given) -> Term | None:
    if not isinstance(term, Sum):
        return None
    all_factors = factors(term.body)
    for k, factor in enumerate(all_factors):
        if isinstance(factor, Add) and any(carries(p, term.index) for p in factor.parts):
            others = all_factors[:k], all_factors[k + 1 :]
            return total(
                Sum(term.index, product((*others[0], group, *others[1])))
                for group in _groups(parts(factor), term.index)
            )
    return None


def _groups(all_parts: Sequence[Term], index: Index) -> list[Term]:
    """The parts that carry a delta one by one, and the rest together."""
    rest = [part for part in all_parts if not carries(part, index)]
    place = next((k for k, part in enumerate(all_parts) if part in rest), 0)
    groups = [part for part in all_parts if part not in rest]
    return groups[:place] + ([total(rest)] if rest else []) + groups[place:]


def _decided(term: Term, given: Given) -> Term | None:
    if isinstance(term, Guard):
        if certain(term.form, given.context):
            return UNIT
        return NOUGHT if certain(-term.form - 1, given.context) else None
    if not isinstance(term, Delta):
        return None
    if not term.form.constant and all(i.size == 1 for i in term.form.indices):
        return UNIT
    never = (term.form - 1, -term.form - 1)
    return NOUGHT if any(certain(form, given.context) for form in never) else None


def _renamed(term: Term, given: Given) -> Term | None:
    """``[i = j] f(j)`` as ``[i = j] f(i)``, the older index kept."""
    if not isinstance(term, Mul):
        return None
    for factor in term.parts:
        pair = _pair(factor)
        if pair is None:
            continue
        kept, dropped = pair
        others = without(term.parts, factor)
        if any(dropped in free_indices(other) for other in others):
            values = {dropped: Affine.of(kept)}
            return product(f if f is factor else substituted(f, values) for f in term.parts)
    return None


def _pair(factor: Term) -> tuple[Index, Index] | None:
    """The older and the newer index of ``[i = j]`` with equal ranges."""
    if not isinstance(factor, Delta) or len(factor.form.indices) != 2:
        return None
    old, new = sorted(factor.form.indices, key=lambda index: index.serial)
    fits = old.size == new.size and picked(factor.form, new) == Affine.of(old)
    return (old, new) if fits else None


RULES: tuple[Rule, ...] = (
    Rule("value of a delta", "[i = i] = 1, [i = i + 1] = 0", _decided),
    Rule("delta picks an index out of a sum", "Σ_j X[i, j] [j = k] = X[i, k]", _pick),
    Rule(
        "delta is multiplied out of brackets",
        "Σ_j a[j] ([j = k] + b[j]) = Σ_j a[j] [j = k] + Σ_j a[j] b[j]",
        _multiplied_out,
    ),
)
RENAMING = Rule("delta renames an index", "[i = j] f(j) = [i = j] f(i)", _renamed)
