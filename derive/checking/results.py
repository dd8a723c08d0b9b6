"""What a record says at given arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from derive.checking.shapes import sizes_of
from derive.checking.values import Point, Reals
from derive.derivation import Chain, Record
from derive.terms.structure import free_indices


def called(
    record: Record, *arrays: npt.ArrayLike, **named: npt.ArrayLike
) -> Reals | dict[str, Reals]:
    """The result of a record at arrays, in the order of its variables; several by their names.

    Sizes that are arguments are given by name, ``stride=2``.
    """
    given = dict(zip(record.variables, map(np.asarray, arrays), strict=False)) | named
    point = Point(sizes_of(record, given), given)
    found = {part: _concluded(point, record, chain) for part, chain in record.chains.items()}
    return found if len(found) > 1 else next(iter(found.values()))


def _concluded(point: Point, record: Record, chain: Chain) -> Reals:
    alone = len(record.chains) == 1
    used = [free_indices(line.body) for line in chain.lines]
    axes = [i for i in record.indices.values() if alone or any(i in free for free in used)]
    return point.array(chain.end, axes).numbers.astype(float)[()]
