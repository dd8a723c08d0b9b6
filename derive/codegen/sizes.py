"""Which sizes are read from shapes, which are computed, and which are short."""

from __future__ import annotations

from collections.abc import Iterable

from derive.codegen.costs import TYPICAL
from derive.terms.contexts import Context
from derive.terms.sizes import Size

SHORT = 3  # what the size of a kernel is taken to be


class Typical:
    """Sizes as they usually are: kernels and strides short, images long."""

    def __init__(self, context: Context, given: Iterable[str] = ()) -> None:
        """What has to fit into something else is short, and so is what is given as a number."""
        own = context.quotients
        told = [c for c in context.constraints if not set(c.names) & set(own)]
        told += [numerator for numerator, _ in own.values()]
        self.short = {
            name
            for size in told
            for monomial, coefficient in size
            if coefficient < 0
            for name, _ in monomial
        } | set(given)

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
