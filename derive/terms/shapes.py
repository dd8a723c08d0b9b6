"""Shapes: how axes are aligned, chosen, counted and named."""

from __future__ import annotations

from collections.abc import Sequence

from derive.terms.indices import Affine, Index
from derive.terms.nodes import Term
from derive.terms.sizes import ONE, Size
from derive.terms.structure import substituted

NAMES = "ijklrstuv"


class ShapeError(ValueError):
    """Shapes that do not fit together; the message names the operation and both shapes.

    ``sizes`` holds two sizes that should be equal, where that is what is wrong.
    """

    def __init__(self, message: str, sizes: tuple[Size, ...] = ()) -> None:
        super().__init__(message)
        self.sizes = sizes


def stacked(
    left: Sequence[Index], a: Term, right: Sequence[Index], b: Term
) -> tuple[tuple[Index, ...], Term, Term]:
    """Common leading indices for two entries, aligned from the right as NumPy does."""
    indices: list[Index] = []
    for k in range(1, max(len(left), len(right)) + 1):
        i = left[-k] if k <= len(left) else None
        j = right[-k] if k <= len(right) else None
        if i is not None and j is not None:
            i, a, b = _aligned(i, a, j, b)
        indices.append(i or j)  # type: ignore[arg-type]
    return tuple(reversed(indices)), a, b


def _aligned(i: Index, a: Term, j: Index, b: Term) -> tuple[Index, Term, Term]:
    if i.size == j.size:
        return i, a, substituted(b, {j: Affine.of(i)})
    if j.size == ONE:
        return i, a, substituted(b, {j: Affine.of(0)})
    if i.size == ONE:
        return j, substituted(a, {i: Affine.of(0)}), b
    raise ShapeError(f"axes of the sizes {i.size} and {j.size}", (i.size, j.size))


def chosen_axes(axis: int | tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    """The axes that an ``axis=`` argument names, counted from the front; all for None."""
    if axis is None:
        return tuple(range(ndim))
    given = axis if isinstance(axis, tuple) else (axis,)
    for k in given:
        if not -ndim <= k < ndim:
            raise ShapeError(f"axis {k} of an array with {ndim} axes")
    axes = tuple(k % ndim for k in given)
    if len(set(axes)) < len(axes):
        raise ShapeError(f"axis {axis} names an axis twice")
    return axes


def remaining_axes(indices: Sequence[Index], axes: Sequence[int], keepdims: bool) -> list[Index]:
    """The indices that a reduction leaves, with axes of size 1 where dims are kept."""
    kept = [Index(i.name, ONE) if k in axes else i for k, i in enumerate(indices)]
    return kept if keepdims else [i for k, i in enumerate(indices) if k not in axes]


def entry_count(shape: Sequence[Size], axes: Sequence[int]) -> Size:
    """The number of entries along some axes."""
    count = ONE
    for k in axes:
        count = count * shape[k]
    return count


def shape_text(shape: Sequence[Size]) -> str:
    """A shape as NumPy prints it."""
    return f"({', '.join(map(str, shape))})"


def axis_name(axis: int) -> str:
    """The usual name of the index of an axis."""
    return NAMES[axis % len(NAMES)]
