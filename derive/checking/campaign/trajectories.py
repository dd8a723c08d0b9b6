"""Optimisers with a state: not one step is held to the formula, but a trajectory of steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from derive.checking.campaign.branches import Key, Open
from derive.checking.campaign.explanations import Explanation
from derive.checking.campaign.options import keys, spread
from derive.checking.campaign.subjects import Named, Parameter, Subject, invoked, parameters_of
from derive.checking.campaign.targets import NoTarget, Output, Target, of_parts
from derive.checking.rounding import Value
from derive.checking.values import Point
from derive.derivation import Record
from derive.spaces import Family, Matrix, Space
from derive.terms.arrays import Array, entries
from derive.terms.contexts import Context
from derive.terms.sizes import Size
from derive.terms.tensors import Tensor

STEPS = "steps_made"
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


def _roles(record: Record) -> tuple[str, str]:
    """Which variable is stepped, and which is the gradient."""
    if "" in record.chains:
        names = [name for name in PARAMETERS if name in record.variables]
        record = replace(record, chains={names[0]: record.chain} if names else {})
    stepped = [name for name in record.chains if name in record.variables]
    found = [name for name in GRADIENTS if name in record.variables]
    first = [name for name in PARAMETERS if name in stepped]
    if not first or not found:
        raise NoTarget(f"{record.name} is no step of an optimiser")
    return first[0], found[0]


# --------------------------------------------------------------------------------------------
# The user's side


class OptimiserSession:
    """An optimiser that makes its steps."""

    forward: Any = None

    def __init__(self, subject: OptimiserSubject, values: Mapping[str, Any]) -> None:
        self.subject, self.values = subject, values

    def results(self, cotangent: Any) -> Named:
        """The parameters after every step."""
        w, g = self.subject.roles
        weights = np.array(self.values[w])
        stepper = self.subject.made({**self.values, w: weights})
        found = []
        for gradient in self.values[g]:
            weights = stepper(weights, np.array(gradient))
            found.append(np.array(weights))
        return [("", np.stack(found))]


@dataclass
class OptimiserSubject(Subject):
    """A class with a method ``step``: the parameters come back, or change in place."""

    made_by: Callable[..., Any]
    is_optimiser = True

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters and gradients of a step, then the settings of the constructor."""
        step = parameters_of(self.made_by.step)[1:]  # type: ignore[attr-defined]
        known = {parameter.name for parameter in step}
        return (*step, *(p for p in parameters_of(self.made_by) if p.name not in known))

    @property
    def roles(self) -> tuple[str, str]:
        """The names of the parameters that are stepped and of the gradient."""
        names = [parameter.name for parameter in self.parameters]
        w = next((n for n in PARAMETERS if n in names), names[0])
        return w, next((n for n in GRADIENTS if n in names), names[1] if len(names) > 1 else "")

    def made(self, values: Mapping[str, Any]) -> Callable[[Any, Any], Any]:
        """A new optimiser as a function from parameters and gradient to parameters."""
        optimiser = invoked(self.calls, self.made_by, values)
        w, g = self.roles

        def step(weights: Any, gradient: Any) -> Any:
            given = {**values, w: weights, g: gradient}
            found = invoked(self.calls, optimiser.step, given)
            if found is not None:
                return found[0] if isinstance(found, tuple) else found
            return getattr(optimiser, w, weights)

        return step

    def session(self, values: Mapping[str, Any]) -> OptimiserSession:
        """A new optimiser."""
        return OptimiserSession(self, values)


@dataclass
class StatefulSubject(OptimiserSubject):
    """A step that keeps its state in a dictionary: ``w, config = adam(w, dw, config)``."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters and the gradient, then the settings that the dictionary holds."""
        written = set().union(*(own.written for own in keys(self.made_by).values()))
        taken = parameters_of(spread(self.made_by))
        return tuple(p for p in taken if p.name not in written)

    def made(self, values: Mapping[str, Any]) -> Callable[[Any, Any], Any]:
        """The step with a new dictionary, and with the one that came back after that."""
        w, g = self.roles
        (name,) = keys(self.made_by)
        state = {key: value for key, value in values.items() if key not in (w, g)}

        def step(weights: Any, gradient: Any) -> Any:
            nonlocal state
            given = {w: weights, g: gradient, name: state}
            found = invoked(self.calls, self.made_by, given)
            if not isinstance(found, tuple):
                return found
            state = next((part for part in found if isinstance(part, dict)), state)
            return found[0]

        return step


def is_stateful_step(code: Callable[..., Any]) -> bool:
    """Whether a function steps parameters by a gradient, with a dictionary that it writes to."""
    found = list(keys(code).values())
    names = [parameter.name for parameter in parameters_of(code)]
    roles = any(n in PARAMETERS for n in names) and any(n in GRADIENTS for n in names)
    return len(found) == 1 and bool(found[0].written) and roles


@dataclass
class TorchOptimiserSubject(OptimiserSubject):
    """A ``torch.optim.Optimizer``: the gradients lie in the parameters."""

    framework = "torch"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters and their gradient, then the numbers among the settings."""
        settings = parameters_of(self.made_by)[1:]
        numbers = [p for p in settings if type(p.default) in (int, float) or p.is_required]
        return (Parameter("w"), Parameter("g"), *numbers)

    def made(self, values: Mapping[str, Any]) -> Callable[[Any, Any], Any]:
        """A new optimiser of one tensor."""
        import torch

        tensor = torch.tensor(values["w"], requires_grad=True)
        settings = {name: v for name, v in values.items() if name not in ("w", "g")}
        optimiser = self.calls(lambda: self.made_by([tensor], **settings))

        def step(weights: Any, gradient: Any) -> Any:
            tensor.grad = torch.tensor(gradient)
            self.calls(optimiser.step)
            return tensor.detach().numpy().copy()

        return step


# --------------------------------------------------------------------------------------------
# Why


def explained(target: Target, draw: Any, variables: Mapping[str, Any], got: Any) -> Explanation:
    """From which step on a trajectory is wrong, and whether another convention is meant."""
    for other in target.other():
        if _is_near(got, _values(other, draw, variables)):
            own = target.conventions
            said = ",".join(f"{k}={v}" for k, v in other.conventions.items() if own.get(k) != v)
            words = f"it is the formula with {said}, which --with {said} selects"
            return Explanation(words, source=target.show, convention=said)
    wanted = _values(target, draw, variables)
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


def _is_near(got: Any, wanted: Any) -> bool:
    scale = float(np.max(abs(wanted), initial=1e-300))
    return bool(np.all(abs(np.asarray(got, float) - wanted) <= 1e-9 * scale))
