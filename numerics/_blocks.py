"""Work on large arrays in pieces that stay in the processor's cache."""

from collections.abc import Iterator

CACHE = 2**19  # bytes


def spans(count: int, *, size: int, within: int = CACHE) -> Iterator[slice]:
    """Yield slices of `count` things of `size` bytes in all, each of so many bytes if it can be.

    >>> list(spans(5, size=50, within=20))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(within * count // max(size, 1), 1)
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))
