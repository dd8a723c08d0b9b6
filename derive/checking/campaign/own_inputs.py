"""Inputs of the user's own, in place of draws: their sizes, their types, what is left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from derive.checking.campaign.binding import Ambiguous, Binding
from derive.checking.campaign.inputs import OWN, Draw
from derive.checking.campaign.subjects import NoSubject, Subject
from derive.checking.campaign.targets import Target
from derive.checking.facts import is_in
from derive.checking.shapes import sizes_told
from derive.spaces import OneHot, Space
from derive.terms.tensors import Kind

Arrays: TypeAlias = Mapping[str, Any] | Sequence[Any]

COTANGENTS = 3  # that a backward pass is given at one input, where none is among the inputs
TYPES = (np.float64, np.float32)


def kept(path: str) -> dict[str, Any]:
    """The arrays of a file, by parameter.

    Raises:
        NoSubject: where it is no file of `numpy.savez`.
    """
    try:
        with np.load(path) as arrays:
            return dict(arrays)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise NoSubject(f"{path} is no file of numpy.savez: {error}") from None


def labelled(
    code: Subject, target: Target, binding: Binding, inputs: Arrays
) -> tuple[Target, Binding]:
    """The target and binding where whole numbers are given for rows of the simplex: labels."""
    given = _by_variable(code, binding, inputs)
    labels = {
        name: Space(OneHot, space.shape)
        for name, space in target.spaces.items()
        if {Kind.SIMPLEX, Kind.ONE_HOT} & set(space.family.kinds)
        and name in given
        and given[name].dtype.kind in "iu"
        and given[name].ndim == len(space.shape) - 1
    }
    if not labels:
        return target, binding
    moved = replace(target, spaces={**target.spaces, **labels})
    return moved, replace(binding, labels=frozenset(labels))


def draws_at(
    code: Subject, target: Target, binding: Binding, inputs: Arrays, seed: int
) -> tuple[Draw, ...]:
    """The inputs as draws; a backward pass is given several cotangents there.

    Raises:
        Ambiguous: where one is missing, or does not fit the formula.
    """
    given = _by_variable(code, binding, inputs)
    labels = {name: given.pop(name) for name in binding.labels}
    _complete(code, target, binding, given)
    shapes = {name: space.shape for name, space in target.spaces.items()}
    try:
        sizes = sizes_told(shapes, target.integers, target.sizes, target.context, given)
    except ValueError as error:
        raise Ambiguous(f"the inputs do not fit: {error}") from None
    given |= {n: np.eye(shapes[n][-1].value(sizes))[label] for n, label in labels.items()}
    arrays = {name: values for name, values in given.items() if name in target.spaces}
    dtype = _type(binding, arrays)
    for name, values in arrays.items():
        if not is_in(values, target.spaces[name]):
            shown = binding.parameters.get(name, name)
            raise Ambiguous(f"the input {shown} is not in {target.spaces[name]!r}")
    rng = np.random.default_rng(seed)
    for name, space in target.spaces.items():
        if name not in arrays and name != target.cotangent:  # nothing depends on it, or it is fixed
            arrays[name] = np.asarray(space.sample(rng, sizes))
    weights = target.cotangent
    if not weights or weights in arrays:
        return (Draw(0, OWN, sizes, arrays, dtype),)
    found = []
    for number in range(COTANGENTS):
        rng = np.random.default_rng([seed, number, 1])
        shape = tuple(size.value(sizes) for size in shapes[weights])
        cotangent = rng.standard_normal(shape).astype(dtype)
        found.append(Draw(number, OWN, sizes, {**arrays, weights: cotangent}, dtype))
    return tuple(found)


def _by_variable(code: Subject, binding: Binding, inputs: Arrays) -> dict[str, Any]:
    """The inputs by variable, as arrays: in the order of the parameters, or by their names."""
    if not isinstance(inputs, Mapping):
        order = [p.name for p in code.parameters] or list(binding.parameters.values())
        if len(inputs) > len(order):
            raise Ambiguous(f"{len(inputs)} inputs for {len(order)} parameters")
        inputs = dict(zip(order, inputs, strict=False))
    known = {parameter: name for name, parameter in binding.parameters.items()}
    found: dict[str, Any] = {}
    for name, values in inputs.items():
        if name not in known and name not in known.values():
            raise Ambiguous(f"there is an input {name}, and the parameters are {', '.join(known)}")
        plain = values.detach().cpu().numpy() if hasattr(values, "detach") else values
        found[known.get(name, name)] = np.array(plain)
    return found


def _complete(code: Subject, target: Target, binding: Binding, given: dict[str, Any]) -> None:
    """Settings that are not among the inputs have the values that the code has for them."""
    defaults = {p.name: p.default for p in code.parameters}
    for name, parameter in binding.parameters.items():
        default = defaults.get(parameter)
        if name not in given and type(default) in (int, float):
            given[name] = np.asarray(default)
        is_needed = name in target.needed or name in target.integers
        if is_needed and name not in given and name not in binding.labels:
            raise Ambiguous(f"no input is given for {parameter}")


def _type(binding: Binding, arrays: Mapping[str, Any]) -> type[np.floating[Any]]:
    """Single precision, if anything is."""
    for name, values in arrays.items():
        if values.dtype.kind not in "iub" and values.dtype not in TYPES:
            shown = binding.parameters.get(name, name)
            raise Ambiguous(f"the input {shown} is {values.dtype}, and not float64 or float32")
    single = any(values.dtype == np.float32 for values in arrays.values())
    return np.float32 if single else np.float64
