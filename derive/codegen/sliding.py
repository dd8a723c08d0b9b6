"""Which entries slide: those at slots that are more than one whole axis or one place."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from derive.codegen.sizes import Typical
from derive.terms.indices import Affine
from derive.terms.nodes import At, Delta, Guard, Sum, Term, subterms
from derive.terms.sizes import Size
from derive.terms.structure import free_indices


def _is_window(form: Affine, size: Size) -> bool:
    """Whether a slot is more than one whole axis or one place."""
    return bool(form.coefficients) and (form.plain is None or form.plain.size != size)


def has_window(term: Term) -> bool:
    """Whether an entry or guard in a term itself has a slot that slides."""
    for part in subterms(term):
        if isinstance(part, Guard | Delta) or (isinstance(part, At) and _slides(part)):
            return True
    return False


def _slides(entry: At) -> bool:
    return any(_is_window(f, s) for f, s in zip(entry.slots, entry.tensor.shape, strict=True))


def slides(factors: Sequence[Term]) -> bool:
    """Whether a product has entries that slide, or guards that keep a window in a range."""
    guards = [factor.form for factor in factors if isinstance(factor, Guard)]
    if any(not (low + high).coefficients for low, high in combinations(guards, 2)):
        return True
    return any(isinstance(factor, At | Delta) and has_window(factor) for factor in factors)


def is_window_sum(term: Sum, typical: Typical) -> bool:
    """Whether a sum over windows gives an array no larger than what it is made from."""
    if not has_window(term):
        return False
    entries = [part for part in subterms(term) if isinstance(part, At)]
    largest = max((typical.volume(entry.tensor.shape) for entry in entries), default=0)
    return typical.volume(index.size for index in free_indices(term)) <= largest
