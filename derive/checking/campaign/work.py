"""How much work a formula is at given sizes: the entries of its largest intermediate result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod

from derive.checking.campaign.targets import Target
from derive.terms.nodes import Term, subterms
from derive.terms.structure import free_indices, reachable
from derive.terms.tensors import Choice, Definition, Determinant, Inverse, LogDeterminant


def work(target: Target, sizes: Mapping[str, int]) -> int:
    """The entries of the largest intermediate result, the cube of the side for an inverse."""
    bodies = [line.body for output in target.outputs for line in output.lines]
    return max((count for body in bodies for count in _counts(body, sizes)), default=1)


def _counts(body: Term, sizes: Mapping[str, int]) -> Iterator[int]:
    yield from _entries(body, sizes)
    for tensor in reachable(body):
        origin = tensor.origin
        if isinstance(origin, Inverse | Determinant | LogDeterminant):
            yield origin.matrix.shape[0].value(sizes) ** 3
        elif isinstance(origin, Definition | Choice):
            yield from _entries(origin.body, sizes)


def _entries(body: Term, sizes: Mapping[str, int]) -> Iterator[int]:
    for term in subterms(body):
        yield prod(index.size.value(sizes) for index in free_indices(term))
