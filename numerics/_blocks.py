"""Work on a large array in pieces that stay in the processor's cache."""

from collections.abc import Iterator

import numpy as np

from numerics._arguments import Array

BLOCK = 32_768


def blocks(x: Array, out: Array) -> Iterator[tuple[Array, Array]]:
    """Yield flat blocks of `x` with the blocks of the contiguous array `out` that belong to them.

    >>> x, out = np.arange(4.0), np.empty(4)
    >>> for x_block, out_block in blocks(x, out):
    ...     np.negative(x_block, out=out_block)
    array([-0., -1., -2., -3.])
    """
    flat_x, flat_out = np.ascontiguousarray(x).reshape(-1), out.reshape(-1)
    for start in range(0, flat_x.size, BLOCK):
        piece = slice(start, start + BLOCK)
        yield flat_x[piece], flat_out[piece]
