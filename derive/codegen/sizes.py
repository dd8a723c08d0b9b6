"""Which sizes are read from shapes, which are computed, and which are short."""

from __future__ import annotations

from collections.abc import Iterable

from derive.codegen.costs import TYPICAL
from derive.terms.contexts import Context
from derive.terms.sizes import Size

SHORT = 3  # what the size of a kernel is taken to be


def floors(context: Context) -> dict[str, tuple[Size, Size]]:
    """``name = numerator // divisor`` for the sizes that two constraints define so.

    >>> from derive.terms.contexts import floor_quotient
    >>> _, context = floor_quotient("q", Size.of("H") - 1, Size.of("S"))
    >>> floors(context)
    {'q': (H - 1, S)}
    """
    found: dict[str, tuple[Size, Size]] = {}
    for first in context.constraints:
        for second in context.constraints:
            divisor = first + second + 1
            for name in first.names:
                numerator = first + divisor * name
                known = [found[other][0].names for other in numerator.names if other in found]
                if any(name in names for names in known):
                    continue  # the same two constraints, solved for what the quotient is made from
                if name in second.names and name not in (*numerator.names, *divisor.names):
                    found.setdefault(name, (numerator, divisor))
    return found


class Typical:
    """Sizes as they usually are: kernels short, images long, strides and paddings 1."""

    def __init__(self, context: Context) -> None:
        """What has to fit into something else is short: what it is taken from is long."""
        own = floors(context)
        told = [c for c in context.constraints if not set(c.names) & set(own)]
        told += [numerator for numerator, _ in own.values()]
        self.short = {
            name
            for size in told
            for monomial, coefficient in size
            if coefficient < 0
            for name, _ in monomial
        }

    def value(self, size: Size) -> int:
        """A size, about."""
        names = {name: SHORT if name in self.short else TYPICAL for name in size.names}
        return size.value(names)

    def volume(self, sizes: Iterable[Size]) -> int:
        """The number of entries of a shape, about."""
        total = 1
        for size in sizes:
            total *= self.value(size)
        return total
