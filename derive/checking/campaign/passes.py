"""Code with a forward and a backward pass: pairs of functions, classes, closures."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from derive.checking.campaign.source import tree_of
from derive.checking.campaign.subjects import (
    Named,
    Parameter,
    Subject,
    invoked,
    method_parameters,
    named_results,
    parameters_of,
)


class PairSession:
    """A forward pass with what it keeps for the backward pass."""

    def __init__(self, subject: PairSubject, values: Mapping[str, Any]) -> None:
        self.subject, self.values = subject, values
        found = invoked(subject.calls, subject.forward, values)
        own = len(parameters_of(subject.backward))
        self.has_cache = isinstance(found, tuple) and len(found) == 2 and own in (0, 2)
        self.forward: Any
        self.cache: Any
        self.forward, self.cache = found if self.has_cache else (found, None)

    def results(self, cotangent: Any) -> Named:
        """What the backward pass sends back."""
        subject = self.subject
        if subject.takes_inputs and not self.has_cache:
            first = parameters_of(subject.backward)[0].name
            given = {**self.values, first: cotangent}
            return named_results(invoked(subject.calls, subject.backward, given))
        return named_results(subject.calls(subject.backward, cotangent, self.cache))


@dataclass
class PairSubject(Subject):
    """``out, cache = forward(*arrays, **params)`` and ``grads = backward(dout, cache)``.

    A backward function that takes the inputs again instead of a cache is called with these.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    is_layer = True

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the forward function."""
        return parameters_of(self.forward)

    @property
    def takes_inputs(self) -> bool:
        """Whether the backward function has parameters of the forward function."""
        known = {parameter.name for parameter in self.parameters}
        return bool(known & {p.name for p in parameters_of(self.backward)[1:]})

    def session(self, values: Mapping[str, Any]) -> PairSession:
        """A forward pass."""
        return PairSession(self, values)


class ObjectSession:
    """An object after its forward pass."""

    def __init__(self, subject: ObjectSubject, values: Mapping[str, Any]) -> None:
        self.subject, self.calls = subject, subject.calls
        self.object = subject.made(values)
        found = invoked(self.calls, getattr(self.object, subject.method), values)
        self.takes_cache = len(subject.sent_back) > 1
        self.forward: Any
        self.cache: Any
        self.forward, self.cache = found if self.takes_cache else (found, None)

    def results(self, cotangent: Any) -> Named:
        """What the backward pass returns, and the gradients that it leaves in the object."""
        given: tuple[Any, ...] = (cotangent, self.cache) if self.takes_cache else (cotangent,)
        given = given if self.subject.is_given_cotangent else ()
        returned = named_results(self.calls(self.object.backward, *given))
        kept = [(name, v) for name, v in vars(self.object).items() if _is_gradient_name(name)]
        stored = [pair for n, v in kept if isinstance(v, Mapping) for pair in named_results(v)]
        return [*returned, *((n, v) for n, v in kept if not isinstance(v, Mapping)), *stored]


def _is_gradient_name(name: str) -> bool:
    lower = name.strip("_").lower()
    return "grad" in lower or (lower.startswith("d") and 1 < len(lower.replace("_", "")) < 8)


@dataclass
class ObjectSubject(Subject):
    """A class with a forward pass and a method ``backward``; gradients of its arrays stay in it.

    A loss may have ``backward()``, or ``backward(dout=1)``, which starts from the loss itself.
    """

    made_by: Callable[..., Any]
    method: str = "forward"
    is_layer = True

    def __post_init__(self) -> None:
        self.is_given_cotangent = bool(self.sent_back) and self.sent_back[0].is_required

    @cached_property
    def sent_back(self) -> tuple[Parameter, ...]:
        """The parameters of the backward pass."""
        return method_parameters(self.made_by, "backward")

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the constructor, then those of the forward pass."""
        own = parameters_of(self.made_by)
        known = {parameter.name for parameter in own}
        forward = method_parameters(self.made_by, self.method)
        return (*(p for p in forward if p.name not in known), *own)

    def made(self, values: Mapping[str, Any]) -> Any:
        """A new object."""
        return invoked(self.calls, self.made_by, values)

    def session(self, values: Mapping[str, Any]) -> ObjectSession:
        """A new object after its forward pass."""
        return ObjectSession(self, values)


def forward_method(code: Any) -> str:
    """The forward pass of a class or an object that has a backward pass; "" where there is none."""
    kind = code if isinstance(code, type) else type(code)
    own = {name for each in kind.__mro__ for name in vars(each)}
    return next((m for m in ("forward", "__call__") if {m, "backward"} <= own), "")


# --------------------------------------------------------------------------------------------
# A forward pass that returns its backward pass


class ClosureSession:
    """A forward pass with the function that it made to go back."""

    def __init__(self, subject: ClosureSubject, values: Mapping[str, Any]) -> None:
        self.calls = subject.calls
        found = invoked(subject.calls, subject.function, values)
        is_pair = isinstance(found, tuple) and len(found) == 2 and callable(found[1])
        self.forward: Any
        self.backward: Any
        self.forward, self.backward = found if is_pair else (found, None)

    def results(self, cotangent: Any) -> Named:
        """What the backward pass sends back."""
        return named_results(self.calls(self.backward, cotangent)) if self.backward else []


@dataclass
class ClosureSubject(Subject):
    """``out, backward = forward(*arrays)``, and ``grads = backward(dout)``."""

    function: Callable[..., Any]
    is_layer = True

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the forward function."""
        return parameters_of(self.function)

    def session(self, values: Mapping[str, Any]) -> ClosureSession:
        """A forward pass."""
        return ClosureSession(self, values)


def returns_backward(code: Any) -> bool:
    """Whether a function returns, beside its result, a function that it defines.

    >>> returns_backward(returns_backward)
    False
    """
    made, returned = set(), []
    for node in ast.walk(tree_of(code)):
        if isinstance(node, ast.FunctionDef):
            made.add(node.name)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            returned.append(node.value.elts)
    return any(len(parts) == 2 and _is_made(parts[1], made) for parts in returned)


def _is_made(node: ast.expr, made: set[str]) -> bool:
    return isinstance(node, ast.Lambda) or (isinstance(node, ast.Name) and node.id in made)
