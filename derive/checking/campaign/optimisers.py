"""Optimisers as people write them: classes, functions with a state, PyTorch's, of many arrays."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from derive.checking.campaign.containers import (
    container,
    is_written_to,
    joined,
    packed,
)
from derive.checking.campaign.options import keys, spread
from derive.checking.campaign.subjects import (
    Named,
    Parameter,
    Subject,
    gathered,
    invoked,
    method_parameters,
    parameters_of,
)
from derive.checking.campaign.trajectories import GRADIENTS, PARAMETERS

METHODS = ("step", "update", "__call__")  # those that make a step, where there are several


def role(names: Sequence[str], usual: Sequence[str]) -> str:
    """The first of some usual names that is among the names, in whatever case; "" if none is."""
    plain = {name.replace("_", "").lower(): name for name in reversed(names)}
    return next((plain[name] for name in usual if name in plain), "")


def stepping(code: type) -> str:
    """The method of a class that takes a gradient, and parameters unless the constructor does."""
    own = [name for name, value in inspect.getmembers(code, inspect.isfunction)]
    public = [name for name in own if not name.startswith("_")]
    made_with = [p.name for p in parameters_of(code)]
    for name in dict.fromkeys((*(m for m in METHODS if m in own), *public)):
        taken = [p.name for p in method_parameters(code, name)]
        steps = role(taken, PARAMETERS) or role(made_with, PARAMETERS)
        if role(taken, GRADIENTS) and steps:
            return name
    return ""


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
    """A class with a method that steps: the parameters come back, or change in place.

    Parameters that the code goes through by name or by place are given to it in two parts, so
    that what is kept for one must not be taken for the other.
    """

    made_by: Callable[..., Any]
    method: str = "step"
    is_elementwise = True  # the formula: only then may its parameters be parted

    @property
    def stepper(self) -> Callable[..., Any]:
        """The function that makes a step."""
        found: Callable[..., Any] = getattr(self.made_by, self.method)
        return found

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters and gradients of a step, then the settings of the constructor."""
        step = method_parameters(self.made_by, self.method)
        known = {parameter.name for parameter in step}
        return (*step, *(p for p in parameters_of(self.made_by) if p.name not in known))

    @cached_property
    def roles(self) -> tuple[str, str]:
        """The names of the parameters that are stepped and of the gradient."""
        names = [parameter.name for parameter in self.parameters]
        w = role(names, PARAMETERS) or names[0]
        return w, role(names, GRADIENTS) or (names[1] if len(names) > 1 else "")

    @cached_property
    def form(self) -> str:
        """How the code goes through its parameters: as a dict, as a list, or as one array."""
        return container((self.stepper, self.made_by), self.roles)

    def made(self, values: Mapping[str, Any]) -> Callable[[Any, Any], Any]:
        """A new optimiser as a function from parameters and gradient to parameters."""
        w, g = self.roles
        form, apart = self.form, self.is_elementwise
        kept = packed(form, values[w], apart)
        optimiser = invoked(self.calls, self.made_by, {**values, w: kept})

        def step(weights: Any, gradient: Any) -> Any:
            nonlocal kept
            kept = kept if form else weights
            given = {**values, w: kept, g: packed(form, gradient, apart)}
            found = invoked(self.calls, getattr(optimiser, self.method), given)
            kept = _stepped(found, getattr(optimiser, w, kept))
            return joined(kept)

        return step

    def session(self, values: Mapping[str, Any]) -> OptimiserSession:
        """A new optimiser."""
        return OptimiserSession(self, values)


def _stepped(found: Any, kept: Any) -> Any:
    """The parameters after a step: what came back, before a state, or what changed in place."""
    if found is None:
        return kept
    is_state_beside = isinstance(found, tuple) and not isinstance(kept, list)
    is_list_beside = isinstance(found, tuple) and isinstance(found[0], list)
    return found[0] if is_state_beside or is_list_beside else found


@dataclass
class StatefulSubject(OptimiserSubject):
    """A step that keeps its state in a dictionary: ``w, config = adam(w, dw, config)``.

    What else it writes to by name or place, ``velocity[key]``, is kept for it, zero at first.
    """

    @property
    def stepper(self) -> Callable[..., Any]:
        """The function itself."""
        return self.made_by

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters and the gradient, then the settings that the dictionary holds."""
        written = set().union(*(own.written for own in keys(self.made_by).values()))
        taken = parameters_of(spread(self.made_by))
        return tuple(p for p in taken if p.name not in (*written, *self._kept))

    @cached_property
    def _kept(self) -> list[str]:
        """What holds an array for each of the parameters."""
        own = keys(self.made_by)
        names = [p.name for p in parameters_of(self.made_by) if p.is_required]
        w, g = role(names, PARAMETERS), role(names, GRADIENTS)
        rest = [name for name in names if name not in (w, g, *own)]
        form = container((self.made_by,), (w, g))
        return [name for name in rest if form and is_written_to(self.made_by, name)]

    def made(self, values: Mapping[str, Any]) -> Callable[[Any, Any], Any]:
        """The step with a new state, and with what came back after that."""
        w, g = self.roles
        form, apart = self.form, self.is_elementwise
        kept = packed(form, values[w], apart)
        state = dict(self._states(values, (w, g)))
        state |= {name: packed(form, 0 * values[w], apart) for name in self._kept}
        rest = {name: value for name, value in values.items() if name not in (w, g)}

        def step(weights: Any, gradient: Any) -> Any:
            nonlocal kept
            kept = kept if form else weights
            given = {**rest, **state, w: kept, g: packed(form, gradient, apart)}
            found = invoked(self.calls, self.made_by, given)
            for name in keys(self.made_by):
                state[name] = _returned_state(found, state[name])
            kept = _stepped(found, kept)
            return joined(kept)

        return step

    def _states(self, values: Mapping[str, Any], roles: Sequence[str]) -> Iterator[tuple[str, Any]]:
        for name in keys(self.made_by):
            yield name, {key: value for key, value in values.items() if key not in roles}


def _returned_state(found: Any, state: Any) -> Any:
    """The dictionary that came back beside the parameters, if one did."""
    parts = found[1:] if isinstance(found, tuple) else ()
    return next((part for part in parts if isinstance(part, dict)), state)


def is_stateful_step(code: Callable[..., Any]) -> bool:
    """Whether a function steps parameters by a gradient, with a dictionary that it writes to, or
    goes through its parameters by name or place."""
    found = list(keys(code).values())
    names = [parameter.name for parameter in parameters_of(code)]
    roles = role(names, PARAMETERS), role(names, GRADIENTS)
    if not all(roles):
        return False
    has_state = len(found) == 1 and bool(found[0].written)
    return has_state or bool(not found and container((code,), roles))


@dataclass
class TorchOptimiserSubject(OptimiserSubject):
    """A ``torch.optim.Optimizer``: the gradients lie in the parameters."""

    framework = "torch"

    @cached_property
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
        given = gathered(self.made_by, settings)
        optimiser = self.calls(lambda: self.made_by([tensor], **given))

        def step(weights: Any, gradient: Any) -> Any:
            tensor.grad = torch.tensor(gradient)
            self.calls(optimiser.step)
            return tensor.detach().numpy().copy()

        return step
