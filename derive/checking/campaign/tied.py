"""The user's code tied to what it is held to: what it is called with at a draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.checking.campaign.binding import Binding
from derive.checking.campaign.inputs import Draw
from derive.checking.campaign.subjects import Subject
from derive.checking.campaign.targets import Target

Reals: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class Tied:
    """The user's code, what it is held to, and how the two are tied together."""

    subject: Subject
    target: Target
    binding: Binding

    @property
    def lines(self) -> dict[str, Any]:
        """The formulas of the outputs that are bound."""
        bound = self.binding.results
        outputs = [o for o in self.target.outputs if not bound or o.is_forward or o.name in bound]
        return {output.name: output.lines for output in outputs}

    def given(self, draw: Draw) -> dict[str, Any]:
        """Values for the parameters of the user's code, in memory of its own."""
        values: dict[str, Any] = dict(self.binding.constants)
        for name, parameter in self.binding.parameters.items():
            if name in self.target.integers:
                values[parameter] = self.target.integers[name].value(draw.sizes)
            elif name in self.target.conventions:
                values[parameter] = self.target.conventions[name]
            elif name in self.binding.labels:
                values[parameter] = draw.arrays[name].argmax(axis=-1)
            else:
                values[parameter] = self._own(name, parameter, draw)
        values |= {width: values[height] for width, height in self.binding.twins.items()}
        order = [parameter.name for parameter in self.subject.parameters] or list(values)
        return {name: values[name] for name in order if name in values}

    def _own(self, name: str, parameter: str, draw: Draw) -> Any:
        """An array that the code may spoil; a number as Python has it, or of the draw's type.

        A parameter with a default is a setting, which takes part in no decision about types.
        """
        array = draw.arrays[name]
        optional = [p.name for p in self.subject.parameters if not p.is_required]
        if not array.ndim and draw.dtype == np.float32 and parameter not in optional:
            return np.float32(array)
        return _own(array)

    def cotangent(self, draw: Draw) -> Any:
        """The cotangent, where the subject is given one apart from its parameters."""
        name = self.target.cotangent
        return _own(draw.arrays[name]) if name and name in draw.arrays else None


def _own(array: Reals) -> Any:
    """An array that the user's code may spoil; a scalar as a number."""
    if not array.ndim:
        return float(array)
    if not array.flags.writeable:
        return array
    if array.flags.c_contiguous or array.flags.f_contiguous:
        return array.copy(order="K")
    if any(stride < 0 for stride in array.strides):
        return np.flip(np.flip(array).copy())
    wide = np.repeat(array, 2, axis=-1)
    return wide[..., ::2]
