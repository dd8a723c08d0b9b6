"""Windows that move over an image, along one axis: how many there are, and what they meet.

A window starts at stride i - padding and has its places so far apart as the dilation says.
"""

from collections.abc import Iterator


def fits(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """Return how many windows fit into an image with padding; 0 or less if none does.

    >>> fits(5, 3, 2, 0, 1)
    2
    """
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def meetings(
    count: int, size: int, kernel: int, stride: int, padding: int, dilation: int
) -> Iterator[tuple[int, slice, slice]]:
    """Yield each place of windows, those of so many that have it in the image, and where there.

    >>> list(meetings(2, 5, 2, 2, 1, 1))
    [(0, slice(1, 2, None), slice(1, 2, 2)), (1, slice(0, 2, None), slice(0, 3, 2))]
    """
    for k in range(kernel):
        start = k * dilation - padding
        first = max(0, -(start // stride))
        last = min(count, (size - 1 - start) // stride + 1)
        if first < last:
            stop = start + stride * (last - 1) + 1
            yield k, slice(first, last), slice(start + stride * first, stop, stride)
