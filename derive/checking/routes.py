"""Sums whose deltas say where their terms belong: they are added up there, not multiplied out."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.terms.indices import Affine, Index
from derive.terms.nodes import Delta, Mul, Sum, Term
from derive.terms.structure import free_indices

Reals: TypeAlias = npt.NDArray[Any]
Routes: TypeAlias = tuple[tuple[Index, Affine], ...]  # where a free index is, over bound ones


def routed(term: Term) -> tuple[tuple[Index, ...], Routes, Mul] | None:
    """The sums of a term whose deltas say, for all bound indices, where the rest is to be added."""
    bound: list[Index] = []
    while isinstance(term, Sum):
        bound.append(term.index)
        term = term.body
    if not isinstance(term, Mul):
        return None
    deltas = [part for part in term.parts if isinstance(part, Delta)]
    routes = tuple(route for delta in deltas for route in _routes(delta.form, bound)[:1])
    rest = Mul(part for part in term.parts if not isinstance(part, Delta))
    free = {target for target, _ in routes}
    if not routes or len(routes) < len(deltas) or len(free) < len(routes):
        return None
    return None if free & free_indices(rest) else (tuple(bound), routes, rest)


def _routes(form: Affine, bound: list[Index]) -> Routes:
    """The free index that a form gives over bound ones alone."""
    free = [(i, c.constant) for i, c in form.coefficients if i not in bound]
    if len(free) != 1 or free[0][1] not in (1, -1):
        return ()
    target, sign = free[0]
    return ((target, Affine.of(target) - form * (sign or 1)),)


def added_at(at: Sequence[Reals], rows: Reals, shape: Sequence[int]) -> Reals:
    """Rows in which each entry goes to its place in a shape; those outside go nowhere.

    >>> added_at([np.array([0, 1, 1, 2])], np.array([[1.0, 2.0, 3.0, 4.0]]), [2]).tolist()
    [[1.0, 5.0]]
    """
    inside = np.all([(k >= 0) & (k < size) for k, size in zip(at, shape, strict=True)], axis=0)
    places = sum((k[inside] * prod(shape[n + 1 :]) for n, k in enumerate(at)), np.zeros((), int))
    total = np.zeros((len(rows), prod(shape)), rows.dtype)
    order = np.argsort(places, kind="stable")
    found, starts = np.unique(places[order], return_index=True)
    if len(found):
        total[:, found] = np.add.reduceat(rows[:, inside][:, order], starts, axis=1)
    return total
