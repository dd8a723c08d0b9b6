"""The terms whose sum a formula is, brackets multiplied out and sums split."""

from __future__ import annotations

from itertools import product

from derive.terms.nodes import Add, Mul, Num, Sum, Term

MOST_TERMS = 14


def additive_terms(term: Term) -> tuple[Term, ...]:
    """The terms whose sum a term is, brackets multiplied out and sums split."""
    return tuple(map(_flat, _terms(term)[:MOST_TERMS]))


def _flat(term: Term) -> Term:
    """A product without products in it, its sign in front."""
    if not isinstance(term, Mul):
        return term
    parts: list[Term] = []
    for part in map(_flat, term.parts):
        parts += part.parts if isinstance(part, Mul) else (part,)
    signs = [p for p in parts if isinstance(p, Num) and p.value == -1]
    rest = [p for p in parts if p not in signs]
    return Mul([*signs[: len(signs) % 2], *rest]) if rest else Num((-1) ** len(signs))


def _terms(term: Term) -> list[Term]:
    if isinstance(term, Add):
        return [part for child in term.parts for part in _terms(child)]
    if isinstance(term, Sum):
        return [Sum(term.index, part) for part in _terms(term.body)]
    if isinstance(term, Mul):
        choices = [_terms(part) for part in term.parts]
        count = 1
        for choice in choices:
            count *= len(choice)
        if 1 < count <= MOST_TERMS:
            return [Mul(parts) for parts in product(*choices)]
    return [term]
