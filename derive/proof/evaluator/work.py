"""How many scalar operations a term costs at a shape, roughly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from derive.proof.evaluator.survey import Survey, origin_bodies
from derive.terms.nodes import D, Sum, Term
from derive.terms.tensors import Inverse

BUDGET = 20_000  # scalar operations at one point
DUAL = 3  # a product of duals costs about so many products


def work(terms: Iterable[Term], found: Survey, sizes: Mapping[str, int]) -> int:
    """Operations for one value of the free indices, a share of the definitions included."""
    return sum(_work(term, sizes) for term in terms) + definitions_work(found, sizes)


def definitions_work(found: Survey, sizes: Mapping[str, int]) -> int:
    """Operations for all named tensors once."""
    total = 0
    for tensor in found.tensors:
        count = math.prod(size.value(sizes) for size in tensor.shape)
        total += count * sum(_work(body, sizes) for body in origin_bodies(tensor))
        if isinstance(tensor.origin, Inverse):
            total += count * tensor.shape[-1].value(sizes)
    return total * (1 + DUAL * bool(found.derivatives))


def _work(term: Term, sizes: Mapping[str, int]) -> int:
    inside = sum(_work(child, sizes) for child in term.children)
    if isinstance(term, Sum):
        return 1 + term.index.size.value(sizes) * inside
    return 1 + inside * (DUAL if isinstance(term, D) else 1)
