"""How windows move over images: how often they fit, and what of an image their places meet."""

from collections.abc import Iterator
from typing import NamedTuple

from numerics._conventions import Pair, pair


class Steps(NamedTuple):
    """How a window moves, for rows and columns."""

    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]

    def reach(self, window: tuple[int, ...]) -> tuple[int, ...]:
        """The rows and columns from the first to the last place of a window."""
        return tuple(d * (size - 1) for d, size in zip(self.dilation, window, strict=True))

    def fits(self, image: tuple[int, ...], window: tuple[int, ...]) -> tuple[int, ...]:
        """How often a window fits into an image with padding; 0 or less if it does not."""
        rows = zip(image, self.padding, self.reach(window), self.stride, strict=True)
        return tuple((size + 2 * p - reach - 1) // s + 1 for size, p, reach, s in rows)

    def met(self, axis: int, image: int, window: int, count: int) -> Iterator[tuple[slice, slice]]:
        """Yield, for each place of so many windows, which of them have it in the image, and where.

        >>> list(Steps((1, 2), (0, 1), (1, 1)).met(1, image=4, window=2, count=3))
        [(slice(1, 3, None), slice(1, 4, 2)), (slice(0, 2, None), slice(0, 3, 2))]
        >>> next(Steps((1, 1), (1, 1), (1, 1)).met(0, image=1, window=3, count=1))
        (slice(1, 1, None), slice(0, 0, 1))
        """
        stride = self.stride[axis]
        for k in range(window):
            start = k * self.dilation[axis] - self.padding[axis]
            first = max(0, -(start // stride))
            last = max(first, min(count, (image - 1 - start) // stride + 1))
            stop = max(0, start + stride * (last - 1) + 1)
            yield slice(first, last), slice(start + stride * first, stop, stride)


def steps_of(stride: Pair, padding: Pair, dilation: Pair) -> Steps:
    """Return the steps that are given as numbers or pairs.

    >>> steps_of(2, (0, 1), 1)
    Steps(stride=(2, 2), padding=(0, 1), dilation=(1, 1))
    """
    return Steps(
        pair("stride", stride, 1), pair("padding", padding, 0), pair("dilation", dilation, 1)
    )
