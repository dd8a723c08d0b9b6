"""Guards in one orientation: ``[u >= 1] = 1 - [u = 0]``, ``[-u > 0] = 1 - [u >= 0]``, symmetry."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from derive.proof.normal_form.factors import Exponent, Factor, Polynomial
from derive.terms.indices import Affine, Index
from derive.terms.sizes import ONE, Size

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]
LARGEST_SHIFT = 3


def split(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial | None:
    """The product with one guard replaced by guards in canonical orientation, if one is not."""
    for factor in powers:
        if factor.kind != "guard":
            continue
        form = factor.data[0]
        replaced = _near_an_end(form) or _free(form, bound)
        if replaced is not None:
            rest = {f: e for f, e in powers.items() if f is not factor}
            return _expanded(ring, rest, replaced, bound)
    return None


Combination = list[tuple[int, str, Affine | None]]


def _expanded(
    ring: Ring, rest: Powers, combination: Combination, bound: tuple[Index, ...]
) -> Polynomial:
    parts = []
    for sign, kind, form in combination:
        powers = dict(rest)
        if form is not None:
            powers[ring.table.factor(kind, form, indices=form.indices)] = 1
        parts.append(ring.scaled(ring.settled(powers, bound), sign))
    return ring.added(*parts)


def _near_an_end(form: Affine) -> Combination | None:
    """``[k >= c]`` and ``[k <= size - 1 - c]`` for a small c: all but c values, or c values."""
    if len(form.coefficients) != 1:
        return None
    index, coefficient = form.coefficients[0]
    if coefficient not in (ONE, Size.of(-1)):
        return None
    step = 1 if coefficient == ONE else -1
    ends = (Affine.of(0), Affine.of(index.size) - 1)
    first, last = ends if step == 1 else ends[::-1]
    short = (form.substituted({index: first}) * -1).constant.constant
    if short is not None and 0 < short <= LARGEST_SHIFT:
        missing = [Affine.of(index) - (first + step * t) for t in range(short)]
        return [(1, "guard", None), *((-1, "delta", gone) for gone in missing)]
    left = form.substituted({index: last}).constant.constant
    if left is not None and 0 <= left < LARGEST_SHIFT:
        # At a place out of range, if the size is smaller yet, a delta is 0 as it should be.
        return [(1, "delta", Affine.of(index) - (last - step * t)) for t in range(left + 1)]
    return None


def _free(form: Affine, bound: tuple[Index, ...]) -> Combination | None:
    """A guard over free indices: first coefficient positive, small integer constants removed."""
    if any(index in bound for index in form.indices) or not form.coefficients:
        return None
    return _oriented(form)


def _oriented(form: Affine) -> Combination | None:
    lead = form.coefficients[0][1].coefficients[-1][1]
    if lead < 0:
        return [(1, "guard", None), (-1, "guard", -form - 1)]
    shift = _shift(form.constant)
    if not 0 < abs(shift) <= LARGEST_SHIFT:
        return None
    if len(form.coefficients) < 2 and form.constant.constant is not None:
        return None
    plain = form - shift
    if shift > 0:
        values = [plain + t for t in range(1, shift + 1)]
        return [(1, "guard", plain), *((1, "delta", value) for value in values)]
    values = [plain - t for t in range(-shift)]
    return [(1, "guard", plain), *((-1, "delta", value) for value in values)]


def _shift(constant: Size) -> int:
    """How far a constant is from its canonical one: 0, or ``u - 1`` for named sizes u."""
    parts = dict(constant.coefficients)
    number = parts.pop((), 0)
    return number + 1 if parts and Size(parts).coefficients[-1][1] > 0 else number


def symmetrised(
    ring: Ring, powers: Mapping[Factor, Exponent], bound: tuple[Index, ...]
) -> Polynomial | None:
    """``sum [i >= k] F(i, k) = (sum F + sum_{i = k} F) / 2`` for a symmetric F."""
    guards = [f for f in powers if f.kind == "guard"]
    if len(guards) != 1 or any(f.kind == "delta" for f in powers):
        return None
    form = guards[0].data[0]
    shift = form.constant.constant
    if shift not in (0, -1) or len(form.coefficients) != 2:
        return None
    (i, c), (k, d) = form.coefficients
    if c + d or c not in (ONE, Size.of(-1)) or i not in bound or k not in bound or i.size != k.size:
        return None
    rest = {f: e for f, e in powers.items() if f is not guards[0]}
    swapped, others = ring.renamed_powers(rest.items(), {i: Affine.of(k), k: Affine.of(i)})
    if others or ring.table.product(swapped) is not ring.table.product(rest):
        return None
    equal = ring.table.factor("delta", Affine.of(i) - k, indices=(i, k))
    everything = ring.settled(dict(rest), bound)
    diagonal = ring.settled({**rest, equal: 1}, bound)
    sign = 1 if shift == 0 else -1
    return ring.scaled(ring.added(everything, ring.scaled(diagonal, sign)), Fraction(1, 2))


def oriented_sum(
    ring: Ring, powers: Mapping[Factor, Exponent], bound: tuple[Index, ...]
) -> Polynomial | None:
    """A sum with one guard over its indices, in canonical orientation under canonical names."""
    guards = [f for f in powers if f.kind == "guard"]
    if len(guards) != 1:
        return None
    replaced = _oriented(guards[0].data[0])
    if replaced is None:
        return None
    rest = {f: e for f, e in powers.items() if f is not guards[0]}
    return _expanded(ring, rest, replaced, bound)
