"""What an entry is an entry of: a tensor, an inverse, a determinant, the weights of a maximum."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from derive.proof.normal_form.factors import Factor, Pin, Polynomial
from derive.terms.indices import Index
from derive.terms.sizes import Size
from derive.terms.tensors import Tensor

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Slots = tuple[Index | None, ...]


@dataclass(frozen=True, eq=False)
class Matrix:
    """A square matrix by the normal form of its entry at two marked indices."""

    row: Index
    column: Index
    entry: Polynomial
    size: Size


@dataclass
class Matrices:
    """The heads made so far: one a tensor, one an inverse, one a determinant."""

    heads: dict[Any, Head] = field(default_factory=dict)
    marks: dict[Size, tuple[Index, Index]] = field(default_factory=dict)

    def all(self) -> tuple[Head, ...]:
        """All heads."""
        return tuple(self.heads.values())

    def marked(self, size: Size) -> tuple[Index, Index]:
        """The marked row and column of matrices of a size."""
        if size not in self.marks:
            self.marks[size] = (Index("row", size), Index("column", size))
        return self.marks[size]


class Head:
    """What an entry is an entry of: a tensor, an inverse, or the weights of a maximum."""

    __slots__ = ("chosen", "id", "matrix", "symmetric", "tensor")

    def __init__(
        self,
        serial: int,
        tensor: Tensor | None,
        *,
        symmetric: bool = False,
        chosen: int = 0,
        matrix: Matrix | None = None,
    ) -> None:
        self.id = serial
        self.tensor = tensor
        self.symmetric = symmetric
        self.chosen = chosen
        self.matrix = matrix

    def size(self, axis: int) -> Size:
        """The size of an axis."""
        if self.matrix is not None:
            return self.matrix.size
        assert self.tensor is not None
        return self.tensor.shape[axis]

    def __repr__(self) -> str:
        return str(self.tensor.name if self.tensor else f"inverse{self.id}")


def entry(ring: Ring, head: Head, slots: Slots) -> Factor:
    """The factor of an entry; a symmetric one has its last two slots in order."""
    if head.symmetric and slots[-1] is not None and slots[-2] is not None:
        last = sorted(slots[-2:], key=lambda index: index.serial)  # type: ignore[union-attr]
        slots = (*slots[:-2], *last)
    moving = (slot for slot in slots if slot is not None and not isinstance(slot, Pin))
    indices = tuple(dict.fromkeys(moving))
    return ring.table.factor("entry", head, slots, indices=indices)
