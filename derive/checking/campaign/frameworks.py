"""PyTorch and JAX code as subjects; neither is imported unless the user's code did it first."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from derive.checking.campaign.optimisers import TorchOptimiserSubject
from derive.checking.campaign.subjects import (
    Calls,
    Named,
    NoSubject,
    Parameter,
    Subject,
    named_results,
    parameters_of,
)

MODULES = {"torch": "torch", "jax": "jax"}


def subject(code: Any, name: str, framework: str, calls: Calls) -> Subject | None:
    """The subject of code that is written in a framework; None for plain NumPy code."""
    if framework == "numpy":
        return None
    if framework and framework not in MODULES:
        raise NoSubject(f"--framework is numpy, torch or jax, not {framework!r}")
    torch = sys.modules.get("torch")
    if torch is not None and _is_torch(torch, code):
        return _torch_subject(torch, code, name, calls)
    spoken = framework or _spoken(code)
    if spoken not in ("torch", "jax"):
        return None
    if spoken == "torch":
        return TorchSubject(name, calls, code)
    return JaxSubject(name, calls, code)


def _is_torch(torch: ModuleType, code: Any) -> bool:
    if isinstance(code, type):
        kinds = torch.autograd.Function | torch.nn.Module | torch.optim.Optimizer
        return issubclass(code, kinds)
    return isinstance(code, torch.nn.Module)


def _spoken(code: Any) -> str:
    """The framework whose modules a function uses, as its globals tell."""
    if type(code).__module__.partition(".")[0] in ("jax", "jaxlib"):
        return "jax"
    if (type(code).__module__ or "").partition(".")[0] == "torch":
        return "torch"
    inner = getattr(code, "__wrapped__", code)
    inner = getattr(inner, "__func__", inner)
    own = getattr(inner, "__code__", None)
    if own is None:
        return (getattr(code, "__module__", None) or "").partition(".")[0]
    names = _names(own)
    for name, value in getattr(inner, "__globals__", {}).items():
        if name not in names:
            continue
        module = value.__name__ if isinstance(value, ModuleType) else _home(value)
        if module.partition(".")[0] in MODULES:
            return module.partition(".")[0]
    return ""


def _names(code: Any) -> set[str]:
    """The global names in a function, those of functions inside it too."""
    inside = [c for c in code.co_consts if hasattr(c, "co_names")]
    return set(code.co_names).union(*map(_names, inside))


def _home(value: Any) -> str:
    return str(getattr(value, "__module__", "") or "")


# --------------------------------------------------------------------------------------------
# PyTorch


def _torch_subject(torch: ModuleType, code: Any, name: str, calls: Calls) -> Subject:
    is_class = isinstance(code, type)
    if is_class and issubclass(code, torch.optim.Optimizer):
        return TorchOptimiserSubject(name, calls, code)
    if is_class and issubclass(code, torch.autograd.Function):
        own = parameters_of(code.forward)
        skipped = 0 if "setup_context" in vars(code) else 1
        return TorchSubject(name, calls, code.apply, parameters=own[skipped:])
    module = calls(code) if is_class else code
    return ModuleSubject(name, calls, module)


class TorchSession:
    """A torch callable with the graph that autograd goes back through."""

    def __init__(self, subject: Any, call: Callable[[], Any], leaves: Mapping[str, Any]) -> None:
        self.subject, self.leaves = subject, leaves
        self.output = call()
        self.forward = _array(self.output) if subject.is_layer else None

    def results(self, cotangent: Any) -> Named:
        """The gradients of all leaves; of a function that is no layer, what it returned."""
        if not self.subject.is_layer:
            return [(name, _array(value)) for name, value in named_results(self.output)]
        torch = sys.modules["torch"]
        if np.shape(cotangent) != getattr(self.output, "shape", None):
            return []  # nothing goes back through another shape, which the output is told
        names, leaves = list(self.leaves), list(self.leaves.values())
        weights = _tensor(cotangent)
        found = self.subject.calls(
            lambda: torch.autograd.grad(
                self.output, leaves, weights, retain_graph=True, allow_unused=True
            )
        )
        pairs = zip(names, leaves, found, strict=True)
        return [
            (f"d{name}", _array(torch.zeros_like(leaf) if grad is None else grad))
            for name, leaf, grad in pairs
            if leaf.ndim or grad is not None  # a number without a gradient is a setting
        ]


def _array(value: Any) -> Any:
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def _tensor(array: Any) -> Any:
    """A tensor that shares no memory that it could spoil; strides stay where torch has them."""
    torch = sys.modules["torch"]
    if not isinstance(array, np.ndarray):
        return torch.tensor(array, dtype=torch.float64)
    if not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array = np.array(array)
    return torch.from_numpy(array)


@dataclass
class TorchSubject(Subject):
    """A torch callable: with autograd a layer, or a plain function of tensors."""

    function: Callable[..., Any]
    framework = "torch"
    is_differentiable = True
    parameters: tuple[Parameter, ...] = ()

    def __post_init__(self) -> None:
        __import__("torch")
        self.parameters = self.parameters or parameters_of(self.function)

    def session(self, values: Mapping[str, Any]) -> TorchSession:
        """A call that records its graph."""
        leaves, given = {}, {}
        settings = [p.name for p in self.parameters if not p.is_required]
        for name, value in values.items():
            given[name] = value
            is_number = isinstance(value, float | np.floating) and name not in settings
            if isinstance(value, np.ndarray) or is_number:
                given[name] = _tensor(np.asarray(value))
                if given[name].is_floating_point() and self.is_layer:
                    given[name] = leaves[name] = given[name].requires_grad_()
        names = [parameter.name for parameter in self.parameters]

        def call() -> Any:
            if all(name in names for name in given):
                return self.calls(self._positional, names, given)
            return self.calls(self.function, *given.values())

        return TorchSession(self, call, leaves)

    def _positional(self, names: list[str], given: Mapping[str, Any]) -> Any:
        """By position as far as values are given without a gap, as `apply` wants, then by name."""
        count = next((k for k, name in enumerate(names) if name not in given), len(names))
        rest = {name: given[name] for name in names[count:] if name in given}
        return self.function(*(given[name] for name in names[:count]), **rest)


@dataclass
class ModuleSubject(Subject):
    """A ``torch.nn.Module``: its parameters are variables as well as its inputs."""

    module: Any
    turned: tuple[str, ...] = ()  # its matrices that are transposes of the formula's
    framework = "torch"
    is_layer = True
    is_differentiable = True

    @property
    def own(self) -> dict[str, Any]:
        """The module's parameters by name."""
        return {name.replace(".", "_"): p for name, p in self.module.named_parameters()}

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The inputs of the forward pass, then the module's own parameters."""
        return (*parameters_of(self.module.forward), *(Parameter(name) for name in self.own))

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes that the module's parameters have for good."""
        return {name: tuple(p.shape) for name, p in self.own.items()}

    def session(self, values: Mapping[str, Any]) -> TorchSession:
        """A forward pass with the values in place of the module's own."""
        torch = sys.modules["torch"]
        module = deepcopy(self.module).to(_dtype(values))
        tensors = {n: _tensor(v) for n, v in values.items() if isinstance(v, np.ndarray)}
        leaves = {n: t.requires_grad_() for n, t in tensors.items() if t.is_floating_point()}
        names = {name: name.replace(".", "_") for name, _ in self.module.named_parameters()}
        own = {n: leaf.T if n in self.turned else leaf for n, leaf in leaves.items()}
        state = {name: own[short] for name, short in names.items() if short in own}
        inputs = tuple(v for n, v in {**values, **leaves}.items() if n not in names.values())

        def call() -> Any:
            return self.calls(lambda: torch.func.functional_call(module, state, inputs))

        return TorchSession(self, call, leaves)


def _dtype(values: Mapping[str, Any]) -> Any:
    """The floating-point type of the arrays, which a module's buffers have to share."""
    torch = sys.modules["torch"]
    single = any(isinstance(v, np.ndarray) and v.dtype == np.float32 for v in values.values())
    return torch.float32 if single else torch.float64


# --------------------------------------------------------------------------------------------
# JAX


class JaxSession:
    """A JAX function with its vector-Jacobian product."""

    def __init__(self, subject: JaxSubject, values: Mapping[str, Any]) -> None:
        self.subject = subject
        with _double_precision():
            self._run(subject, values)

    def _run(self, subject: JaxSubject, values: Mapping[str, Any]) -> None:
        import jax

        self.leaves = [n for n, v in values.items() if _is_floating(v)]
        arrays = [jax.numpy.asarray(values[name]) for name in self.leaves]
        others = {n: v for n, v in values.items() if n not in self.leaves}
        order = [p.name for p in subject.parameters] or list(values)
        if not subject.is_layer:
            given = {**others, **dict(zip(self.leaves, arrays, strict=True))}
            self.found = subject.calls(subject.called, order, given)
            self.forward = None
            return

        def of_leaves(*leaves: Any) -> Any:
            given = {**others, **dict(zip(self.leaves, leaves, strict=True))}
            return subject.called(order, given)

        self.output, self.back = subject.calls(jax.vjp, of_leaves, *arrays)
        self.forward = np.array(self.output) if hasattr(self.output, "shape") else self.output

    def results(self, cotangent: Any) -> Named:
        """The gradients of all leaves; of a function that is no layer, what it returned."""
        import jax

        if not self.subject.is_layer:
            return [(name, np.array(value)) for name, value in named_results(self.found)]
        if np.shape(cotangent) != getattr(self.output, "shape", None):
            return []
        with _double_precision():
            weights = jax.numpy.asarray(cotangent, dtype=self.output.dtype)
            found = self.subject.calls(self.back, weights)
        return [(f"d{n}", np.array(g)) for n, g in zip(self.leaves, found, strict=True)]


@contextmanager
def _double_precision() -> Iterator[None]:
    """JAX with float64, which it turns into float32 unless it is told not to; then as before."""
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)


def _is_floating(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


@dataclass
class JaxSubject(Subject):
    """A JAX function, ``custom_vjp`` too: a layer, or a plain function of arrays."""

    function: Callable[..., Any]
    framework = "jax"
    is_differentiable = True

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the function."""
        return parameters_of(self.function)

    def called(self, order: list[str], given: Mapping[str, Any]) -> Any:
        """By position as far as values are given without a gap, then by name."""
        count = next((k for k, name in enumerate(order) if name not in given), len(order))
        rest = {name: given[name] for name in order[count:] if name in given}
        return self.function(*(given[name] for name in order[:count]), **rest)

    def session(self, values: Mapping[str, Any]) -> JaxSession:
        """A forward pass."""
        return JaxSession(self, values)
