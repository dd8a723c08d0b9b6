"""Declared names for the output sizes of windows: in ``g * conv2d(x, w)``, what g's dims are."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import permutations
from typing import TypeVar

from derive.language.declarations import Declarations, declared
from derive.language.errors import InputError
from derive.terms.sizes import Size

Quotient = tuple[Size, Size]  # of which a size is the floor
T = TypeVar("T")


@dataclass
class Outputs:
    """What declared names are, as far as it is known, and the output sizes that a reading met.

    ``values`` holds names that abbreviate a size, ``names`` those that are a floor.
    """

    values: dict[str, Size] = field(default_factory=dict)
    names: dict[Quotient, str] = field(default_factory=dict)
    met: dict[Size, Quotient | None] = field(default_factory=dict)
    inputs: set[str] = field(default_factory=set)  # names of sizes that outputs are made from

    def meet(self, output: Size, quotient: Quotient | None, *made_from: Size) -> Size:
        """Note an output size, and what it is made from."""
        self.met[output] = quotient
        self.inputs.update(name for size in made_from for name in size.names)
        return output

    def learn(self, sizes: Collection[Size], names: Collection[str]) -> bool:
        """Whether two sizes that should be equal tell what a declared name stands for."""
        for own, output in permutations(sizes, 2):
            name = str(own)
            free = name in names and name not in self.inputs and name not in self.names.values()
            if not free or output not in self.met:
                continue
            quotient = self.met[output]
            if quotient is None:
                self.values[name] = output
            else:
                self.names[quotient] = name
            return True
        return False


def read_with(let: Collection[str], read: Callable[[Declarations, Outputs], T]) -> T:
    """What a reading gives, once declared names that stand where an output size does are known."""
    values: dict[str, Size] = {}
    names: dict[Quotient, str] = {}
    while True:
        found, outputs = declared(let, values), Outputs(values, names)
        try:
            return read(found, outputs)
        except InputError as error:
            if not outputs.learn(error.sizes, found.sizes):
                raise
