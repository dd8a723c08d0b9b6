"""How many scalar operations a term costs at a shape, roughly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache

from derive.proof.evaluator.survey import Survey, origin_bodies
from derive.terms.nodes import D, Sum, Term
from derive.terms.tensors import Inverse

BUDGET = 20_000  # scalar operations at one point in exact numbers
SCAN = 2_000  # scalar operations at one point of many in float64
DUAL = 3  # a product of duals costs about so many products


def work(terms: Iterable[Term], found: Survey, sizes: Mapping[str, int]) -> int:
    """Operations for one value of the free indices; definitions once more under a derivative."""
    shape = tuple(sizes.items())
    own = sum(_work(term, shape) for term in terms)
    return own + definitions_work(found, sizes) if found.derivatives else own


def definitions_work(found: Survey, sizes: Mapping[str, int]) -> int:
    """Operations for all named tensors, once for each entry that is differentiated by."""
    total, shape = 0, tuple(sizes.items())
    for tensor in found.tensors:
        count = math.prod(size.value(sizes) for size in tensor.shape)
        total += count * sum(_work(body, shape) for body in origin_bodies(tensor))
        if isinstance(tensor.origin, Inverse):
            total += count * tensor.shape[-1].value(sizes)
    return total * DUAL


@lru_cache(maxsize=200_000)
def _work(term: Term, shape: tuple[tuple[str, int], ...]) -> int:
    """Remembered, because the steps of a derivation share most of their terms."""
    inside = sum(_work(child, shape) if child.children else 1 for child in term.children)
    if isinstance(term, Sum):
        return 1 + term.index.size.value(dict(shape)) * inside
    return 1 + inside * (DUAL if isinstance(term, D) else 1)
