"""Optimisers with a state: not one step is held to the formula, but a trajectory of steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from derive.checking.campaign.branches import Key, Open
from derive.checking.campaign.explanations import Explanation
from derive.checking.campaign.targets import NoTarget, Output, Target, of_parts
from derive.checking.rounding import Value
from derive.checking.values import Point
from derive.derivation import Record
from derive.spaces import Family, Matrix, Space
from derive.terms.arrays import Array, entries
from derive.terms.contexts import Context
from derive.terms.nodes import Sum, subterms
from derive.terms.sizes import Size
from derive.terms.structure import reachable
from derive.terms.tensors import Choice, Definition, Tensor

STEPS = "steps_made"
NEAR = 1e-9  # of the size of the parameters: agreement of an explanation
SHORTEST = 4  # steps, so that a second memory and a counter have their say
GRADIENTS = ("g", "grad", "grads", "gradient", "gradients", "dw")
PARAMETERS = ("w", "params", "param", "weights", "theta", "x", "p")


@dataclass(frozen=True)
class Trajectory:
    """The values of a formula's trajectory, each step from the state that the last one left."""

    record: Record
    sizes: Mapping[str, int]
    variables: Mapping[str, Any]
    names: tuple[str, str]  # of the parameters and of the gradient
    lines: Mapping[str, tuple[Array, ...]] = field(default_factory=dict)

    def at(self, weights: Mapping[Key, float] | None = None) -> tuple[dict[str, Value], Open]:
        """The parameters after every step."""
        w = self.names[0]
        state: dict[str, Any] = {
            name: np.zeros(np.shape(self.variables[w])) for name in self.record.chains
        }
        state[w] = self.variables[w]
        numbers: list[Any] = []
        bounds: list[Any] = []
        for k in range(self.sizes[STEPS]):
            values = self._step(state, k)
            state = {name: value.numbers for name, value in values.items()}
            numbers.append(values[w].numbers)
            # Every step starts from what rounding left of the one before.
            bounds.append(values[w].bound + (bounds[-1] if bounds else 0))
        axes = self.lines[w][0].indices
        return {w: Value(axes, np.stack(numbers), np.stack(bounds))}, Open()

    def _step(self, state: Mapping[str, Any], k: int) -> dict[str, Value]:
        whole = {name: k + 1 for size in self.record.integers.values() for name in size.names}
        given = {**self.variables, **state, self.names[1]: self.variables[self.names[1]][k]}
        point = Point({**self.sizes, **whole}, given)
        axes = tuple(self.record.indices.values())
        return {
            name: point.array(Array((*axes, *chain.end.indices), chain.end.body))
            for name, chain in self.record.chains.items()
        }


def of_steps(record: Record, show: str = "", others: Sequence[Record] = ()) -> Target:
    """The target of an optimiser: the parameters after each of several steps."""
    record = _with_names(record)
    w, g = _roles(record)
    size = Size.of(STEPS)
    shape = record.variables[w].shape
    plain = Family("Array", tuple(range(9)), (), Matrix.draw)
    spaces = {
        name: space
        for name, space in record.spaces.items()
        if isinstance(space, Space) and (name == w or name not in record.chains)
    }
    spaces[g] = Space(plain, (size, *shape))
    body = entries(Tensor(w, (size, *shape)))
    output = Output(w, (body,), inputs=tuple(spaces))
    lower = {**record.context.lower, STEPS: SHORTEST}

    target = of_parts(record, spaces, (output,), show, others, of_steps)
    context = Context(lower, record.context.constraints)
    return replace(target, context=context, integers={}, trajectory=(w, g))


def is_elementwise(record: Record) -> bool:
    """Whether a step of one entry looks at no other, so that parameters may be parted."""
    bodies = [chain.end.body for chain in record.chains.values()]
    names = (tensor.origin for body in bodies for tensor in reachable(body))
    bodies += [origin.body for origin in names if isinstance(origin, Definition | Choice)]
    return not any(isinstance(term, Sum) for body in bodies for term in subterms(body))


def _with_names(record: Record) -> Record:
    """A step without a state has one chain, which is that of the parameters."""
    names = [name for name in PARAMETERS if name in record.variables]
    has_names = "" not in record.chains or not names
    return record if has_names else replace(record, chains={names[0]: record.chain})


def _roles(record: Record) -> tuple[str, str]:
    """Which variable is stepped, and which is the gradient."""
    stepped = [name for name in record.chains if name in record.variables]
    found = [name for name in GRADIENTS if name in record.variables]
    first = [name for name in PARAMETERS if name in stepped]
    if not first or not found:
        raise NoTarget(f"{record.name} is no step of an optimiser")
    return first[0], found[0]


# --------------------------------------------------------------------------------------------
# Why


def explained(target: Target, draw: Any, variables: Mapping[str, Any], got: Any) -> Explanation:
    """From which step on a trajectory is wrong, and whether another convention is meant."""
    wanted = _values(target, draw, variables)
    error = float(np.max(abs(np.asarray(got, float) - wanted), initial=0.0))
    for other in target.other():
        if _is_near(got, _values(other, draw, variables), error):
            own = target.conventions
            said = ",".join(f"{k}={v}" for k, v in other.conventions.items() if own.get(k) != v)
            words = f"it is the formula with {said}, which --with {said} selects"
            return Explanation(words, source=target.show, convention=said)
    right = next((k for k in range(len(wanted)) if not _is_near(got[k], wanted[k])), len(wanted))
    words = "wrong from the first step on"
    if right:
        steps = f"step{'s' * (right > 1)} {right if right == 1 else f'1 to {right}'}"
        words = f"right at {steps}, wrong after that: what is carried from step to step is wrong"
    return Explanation(words, source=target.show)


def _values(target: Target, draw: Any, variables: Mapping[str, Any]) -> Any:
    assert target.record is not None and target.trajectory is not None
    w = target.trajectory[0]
    lines = {w: target.outputs[0].lines}
    found, _ = Trajectory(target.record, draw.sizes, variables, target.trajectory, lines).at()
    return found[w].numbers


def _is_near(got: Any, wanted: Any, error: float = np.inf) -> bool:
    """Whether values agree, far better than with an error that they are to explain."""
    scale = float(np.max(abs(wanted), initial=1e-300))
    return bool(np.all(abs(np.asarray(got, float) - wanted) <= min(NEAR * scale, error / 1000)))
