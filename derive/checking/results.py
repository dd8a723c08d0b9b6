"""What a record says at given arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from derive.checking.values import Point, Reals
from derive.derivation import Chain, Record
from derive.terms.sizes import Size
from derive.terms.structure import free_indices


def called(
    record: Record, *arrays: npt.ArrayLike, **named: npt.ArrayLike
) -> Reals | dict[str, Reals]:
    """The result of a record at arrays, in the order of its variables; several by their names."""
    given = dict(zip(record.variables, map(np.asarray, arrays), strict=False)) | named
    point = Point(sizes_of(record, given), given)
    found = {part: _concluded(point, record, chain) for part, chain in record.chains.items()}
    return found if len(found) > 1 else next(iter(found.values()))


def _concluded(point: Point, record: Record, chain: Chain) -> Reals:
    alone = len(record.chains) == 1
    used = [free_indices(line.body) for line in chain.lines]
    axes = [i for i in record.indices.values() if alone or any(i in free for free in used)]
    return point.array(chain.end, axes).numbers.astype(float)[()]


def sizes_of(record: Record, given: Mapping[str, npt.ArrayLike]) -> dict[str, int]:
    """The named sizes that the shapes of the arrays tell.

    Raises:
        ValueError: where two shapes disagree, or an array has another number of axes.
    """
    sizes: dict[str, int] = {}
    for name, variable in record.variables.items():
        if name not in given:
            continue
        got = np.shape(given[name])
        wanted = f"({', '.join(map(str, variable.shape))})"
        if len(got) != variable.ndim:
            raise ValueError(f"{name}: got shape {got}, wanted {wanted}")
        for size, number in zip(variable.shape, got, strict=True):
            is_name = size == Size.of(str(size))
            known = sizes.setdefault(str(size), number) if is_name else number
            if known != number:
                raise ValueError(f"{name}: got shape {got}, wanted {wanted} with {size} = {known}")
    return sizes
