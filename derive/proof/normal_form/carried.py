"""Forms inside functions, rewritten by the equalities beside them.

``f(x[2 i + r]) [2 i + r = k]`` is ``f(x[k]) [2 i + r = k]``: a slot never receives a form, so this
is done where it leaves a factor with fewer indices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derive.proof.normal_form import elementary
from derive.proof.normal_form.constraints import solved
from derive.proof.normal_form.factors import Exponent, Factor, Polynomial, Undecided, poly_indices
from derive.terms.indices import Affine

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

CARRYING = ("apply", "base", "cond", "exp", "sum")


def shortened(
    ring: Ring, powers: dict[Factor, Exponent], equalities: tuple[Affine, ...]
) -> tuple[Factor, Polynomial] | None:
    """The first factor that an equality leaves with fewer indices, and what it becomes."""
    for row in equalities:
        for factor in powers:
            if factor.kind in CARRYING and _may_shorten(row, factor):
                changed = _changed(ring, factor, row)
                if changed is not None:
                    return factor, changed
    return None


def _may_shorten(row: Affine, factor: Factor) -> bool:
    """Whether a row has more indices that the factor has than others, which would come in."""
    own = sum(index in factor.indices for index in row.indices)
    return own > max(1, len(row.indices) - own)


def _changed(ring: Ring, factor: Factor, row: Affine) -> Polynomial | None:
    for index in row.indices:
        value = solved((row,), index) if index in factor.indices else None
        if value is None:
            continue
        try:
            changed = elementary.renamed_factor(ring, factor, {index: value})
        except Undecided:
            continue
        if len(poly_indices(changed.items())) < len(factor.indices):
            return changed
    return None
