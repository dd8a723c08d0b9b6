"""Subjects: the user's code, of whatever kind, as sessions that give results for arrays."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

from derive.checking.campaign.calls import TIMEOUT, Noise, called

MISSING = inspect.Parameter.empty
Named = list[tuple[str, Any]]  # results with their names, "" where they have none


class NoSubject(ValueError):
    """Code that cannot be found or cannot be checked; the message says why."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of the user's function."""

    name: str
    default: Any = MISSING

    @property
    def is_required(self) -> bool:
        """Whether a call has to give it."""
        return self.default is MISSING


class Session(Protocol):
    """The user's code at one input."""

    forward: Any  # the output of a forward pass, None where there is none

    def results(self, cotangent: Any) -> Named:
        """What it computes, or sends back for a cotangent."""


@dataclass
class Calls:
    """How the user's code is called, and what it did beside returning."""

    limit: float = TIMEOUT
    noise: Noise = field(default_factory=Noise)

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return called(function, *arguments, noise=self.noise, limit=self.limit)


@dataclass
class Subject(ABC):
    """The user's code."""

    name: str
    framework: ClassVar[str] = "numpy"
    is_differentiable: ClassVar[bool] = False  # by a framework, where the target is a function
    is_layer = False  # has a forward and a backward pass of its own
    is_given_cotangent = True  # False: its backward pass starts from the loss itself
    calls: Calls

    @property
    @abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """What a call takes."""

    @abstractmethod
    def session(self, values: Mapping[str, Any]) -> Session:
        """The code at values for its parameters."""


def parameters_of(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The parameters that can be given by name or position; none are known of a builtin.

    Those of a tuple have names of their own: ``betas=(0.9, 0.999)`` is ``beta1`` and ``beta2``,
    and ``stride=(1, 1)`` one number.
    """
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    named = (p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
    return tuple(part for p in named for part in _parts(p))


def method_parameters(kind: Any, name: str) -> tuple[Parameter, ...]:
    """The parameters of a method, without the object that it belongs to."""
    is_bound = not isinstance(inspect.getattr_static(kind, name), staticmethod)
    return parameters_of(getattr(kind, name))[is_bound:]


def _parts(parameter: inspect.Parameter) -> tuple[Parameter, ...]:
    name, default = parameter.name, parameter.default
    kinds = {type(value) for value in default} if isinstance(default, tuple) else set()
    if kinds == {float} and len(default) > 1 and name.endswith("s"):
        return tuple(Parameter(f"{name[:-1]}{k}", v) for k, v in enumerate(default, 1))
    if kinds == {int} and len(set(default)) == 1:
        return (Parameter(name, default[0]),)
    return (Parameter(name, default),)


def gathered(function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a function has parameters for, those of a tuple together.

    >>> gathered(lambda x, betas=(0.9, 0.999): x, {"x": 2, "beta2": 0.5})
    {'x': 2, 'betas': (0.9, 0.5)}
    """
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        parts = _parts(parameter)
        if len(parts) > 1 and any(part.name in values for part in parts):
            found[name] = tuple(values.get(part.name, part.default) for part in parts)
        elif name in values:
            is_one = isinstance(parameter.default, tuple) and isinstance(values[name], int)
            found[name] = (values[name],) * len(parameter.default) if is_one else values[name]
    return found


def invoked(calls: Calls, function: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    """A call with the values that the function has parameters for, positional-only ones too."""
    try:
        found = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return calls(function, *values.values())
    unnamed = all(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in found.values())
    if found and unnamed and not isinstance(function, type):
        return calls(function, *values.values())
    given = gathered(function, values)
    before = [given.pop(n) for n, p in found.items() if p.kind is p.POSITIONAL_ONLY and n in given]
    return calls(lambda: function(*before, **given))


def named_results(value: Any) -> Named:
    """The arrays of a result: of a tuple, a named tuple, a mapping, a dataclass, or just one.

    >>> named_results((0.5, {"W": 2.0}))
    [('', 0.5), ('W', 2.0)]
    """
    if isinstance(value, Mapping):
        return [(str(name), array) for name, array in value.items()]
    own = getattr(value, "_fields", None)
    if own is not None and isinstance(value, tuple):
        return list(zip(own, value, strict=True))
    if is_dataclass(value) and not isinstance(value, type):
        return [(f.name, getattr(value, f.name)) for f in fields(value)]
    if isinstance(value, tuple | list) and not _is_numbers(value):
        return [pair for part in value for pair in _inside(part)]
    return [("", value)]


def _inside(part: Any) -> Named:
    """What a part of a tuple is: the gradients by name in a mapping, or one array."""
    return named_results(part) if isinstance(part, Mapping) else [("", part)]


def _is_numbers(value: Sequence[Any]) -> bool:
    return all(
        isinstance(v, int | float) or (isinstance(v, list) and _is_numbers(v)) for v in value
    )


# --------------------------------------------------------------------------------------------
# Plain NumPy code


@dataclass
class FunctionSession:
    """A function at one input."""

    subject: FunctionSubject
    values: Mapping[str, Any]
    forward: Any = None

    def results(self, cotangent: Any) -> Named:
        """What the function returns."""
        return named_results(invoked(self.subject.calls, self.subject.function, self.values))


@dataclass
class FunctionSubject(Subject):
    """A function of arrays."""

    function: Callable[..., Any]

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the function."""
        return parameters_of(self.function)

    def session(self, values: Mapping[str, Any]) -> FunctionSession:
        """The function at one input."""
        return FunctionSession(self, values)


class FitSession:
    """An estimator that has been fitted."""

    forward: Any = None

    def __init__(self, subject: FitSubject, values: Mapping[str, Any]) -> None:
        self.calls = subject.calls
        self.object = invoked(self.calls, subject.made_by, values)
        invoked(self.calls, self.object.fit, values)

    def results(self, cotangent: Any) -> Named:
        """What the estimator learned: its attributes with an underscore at the end, or all."""
        learned = {n: v for n, v in vars(self.object).items() if n.endswith("_")}
        return [(name.rstrip("_"), v) for name, v in (learned or vars(self.object)).items()]


@dataclass
class FitSubject(Subject):
    """A class with a method ``fit`` that leaves what it learned in attributes."""

    made_by: Callable[..., Any]

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the fit, then those of the constructor."""
        fit = method_parameters(self.made_by, "fit")
        return (*fit, *parameters_of(self.made_by))

    def session(self, values: Mapping[str, Any]) -> FitSession:
        """A fitted estimator."""
        return FitSession(self, values)
