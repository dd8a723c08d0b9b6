"""How much work a formula is at given sizes: the entries of its largest intermediate result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import prod
from typing import TypeAlias

from derive.terms.nodes import Term, subterms
from derive.terms.sizes import Size
from derive.terms.structure import free_indices, reachable
from derive.terms.tensors import Choice, Definition, Determinant, Inverse, LogDeterminant

Extent: TypeAlias = tuple[Size, ...]  # whose product is a number of entries


def extents(bodies: Iterable[Term]) -> frozenset[Extent]:
    """The sizes of all intermediate results, the side thrice for an inverse."""
    return frozenset(extent for body in bodies for extent in _extents(body))


def work(found: Iterable[Extent], sizes: Mapping[str, int]) -> int:
    """The entries of the largest intermediate result.

    >>> work([(Size.of("n"), Size.of("p"))], {"n": 3, "p": 2})
    6
    """
    return max((prod(size.value(sizes) for size in extent) for extent in found), default=1)


def _extents(body: Term) -> Iterator[Extent]:
    yield from _axes(body)
    for tensor in reachable(body):
        origin = tensor.origin
        if isinstance(origin, Inverse | Determinant | LogDeterminant):
            yield (origin.matrix.shape[0],) * 3
        elif isinstance(origin, Definition | Choice):
            yield from _axes(origin.body)


def _axes(body: Term) -> Iterator[Extent]:
    for term in subterms(body):
        yield tuple(sorted((index.size for index in free_indices(term)), key=str))
