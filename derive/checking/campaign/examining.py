"""Tying code and formula together: parameters and results bound, by probing where need be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np

from derive.checking.campaign.binding import (
    Ambiguous,
    Binding,
    are_alike,
    bound_parameters,
    bound_results,
    other_orders,
    plain,
    unbound,
)
from derive.checking.campaign.calls import TIMEOUT, UserError
from derive.checking.campaign.constants import with_constant
from derive.checking.campaign.inputs import Draw
from derive.checking.campaign.layers import with_gradients
from derive.checking.campaign.lifting import is_for_rows, is_for_rows_alone, on_arrays, on_rows
from derive.checking.campaign.own_inputs import Arrays, draws_at, labelled
from derive.checking.campaign.probing import probes, runs
from derive.checking.campaign.protocol import observed
from derive.checking.campaign.sizes import pool
from derive.checking.campaign.source import compared_words
from derive.checking.campaign.subjects import Named, Subject
from derive.checking.campaign.targets import VALUE, Target
from derive.checking.campaign.verdicts import Examination
from derive.spaces import OneHot, Space
from derive.terms.sizes import Size
from derive.terms.tensors import Kind


@dataclass(frozen=True)
class Settings:
    """How a campaign is run."""

    seed: int = 0
    timeout: float = TIMEOUT
    arguments: Mapping[str, str] = field(default_factory=dict)  # variable: parameter
    constants: Mapping[str, Any] = field(default_factory=dict)  # parameter: value
    results: tuple[str, ...] = ()
    framework: str = ""
    only: int | None = None  # the one draw that is to be looked at
    share: float = 1.0  # of the draws of each regime
    inputs: Arrays | None = None  # in place of draws: by parameter, or in their order
    is_deadly: bool = False  # the code ended the process in which it was tried


def examined(code: Subject, target: Target, settings: Settings) -> Examination:
    """The examination of a subject: parameters and results bound, by probing where need be.

    Raises:
        Ambiguous: where names, order and shapes leave something open.
        UserError: where the code fails at every ordinary input.
    """
    for name, known in _unsaid(code, target, settings):
        return _with_word(code, target, settings, name, known)
    for form in _forms(code, target, settings.inputs):
        found = _examined(code, form, settings)
        if settings.is_deadly or is_for_rows_alone(*_functions(code)) or runs(found):
            return found
    return _examined(code, target, settings)


def _unsaid(
    code: Subject, target: Target, settings: Settings
) -> Iterator[tuple[str, Sequence[str]]]:
    """Parameters that have to be given a word, ``mode="train"``, with the words the code knows."""
    wanted = (*target.spaces, *target.integers, *target.conventions)
    told = (*settings.constants, *settings.arguments.values())
    for name in (p.name for p in code.parameters if p.is_required and p.name not in told):
        known = compared_words(_functions(code), name)
        if known and not any(plain(v) == plain(name) or are_alike(v, name) for v in wanted):
            yield name, known


def _with_word(
    code: Subject, target: Target, settings: Settings, name: str, known: Sequence[str]
) -> Examination:
    """The examination with the first word with which the code is right, else with which it runs."""
    tried = []
    for word in known:
        found = examined(
            code, target, replace(settings, constants={**settings.constants, name: word})
        )
        notes = (*found.binding.notes, f"{name} is {word!r}; --fix {name}=... gives another word")
        tried.append(replace(found, binding=replace(found.binding, notes=notes)))
        if not settings.is_deadly and all(found.outcome(d).is_right for d in probes(found)):
            return tried[-1]
    if settings.is_deadly:
        return tried[0]
    return next((found for found in tried if runs(found)), tried[0])


def _functions(code: Subject) -> list[Callable[..., Any]]:
    """The user's functions, as far as they are known."""
    found = (getattr(code, name, None) for name in ("function", "forward", "backward"))
    return [function for function in found if callable(function)]


def _forms(code: Subject, target: Target, inputs: Arrays | None) -> Iterator[Target]:
    """What code may be meant for: arrays of numbers, rows of vectors, or just what is derived."""
    arrays, rows = on_arrays(target), on_rows(target)
    if arrays is not None and _are_arrays(inputs):
        yield arrays
    if rows is not None and inputs is None:
        yield from (rows, target) if is_for_rows(*_functions(code)) else (target, rows)


def _are_arrays(inputs: Arrays | None) -> bool:
    """Whether an elementwise function is given arrays: of two axes, as it is drawn them."""
    if inputs is None:
        return True
    values = inputs.values() if isinstance(inputs, Mapping) else inputs
    return any(np.ndim(value) for value in values)


def _examined(code: Subject, target: Target, settings: Settings) -> Examination:
    binding = bound_parameters(code.parameters, target, settings.arguments, settings.constants)
    target = _with_fixed_sizes(code, target, binding)
    absent = _absent(target, binding)
    if absent:
        return _with_settings(code, target, absent, settings)
    own: tuple[Draw, ...] = ()
    if settings.inputs is not None:
        target, binding = labelled(code, target, binding, settings.inputs)
        own = draws_at(code, target, binding, settings.inputs, settings.seed)
    elif not any(pool(target, kind) for kind in ("different", "equal", "ones")):
        raise Ambiguous(f"no small sizes obey what {target.name} says of them")
    binding = _with_cotangent(code, target, binding)
    missing = unbound(binding, target)
    arrays = [name for name in missing if target.spaces[name].shape]
    if arrays:
        raise Ambiguous(
            f"the formula has {arrays[0]}, the function has no parameter for it"
            f"; say which one is: --args {arrays[0]}=PARAMETER"
        )
    binding = replace(binding, hidden={**binding.hidden, **dict.fromkeys(missing, 1.0)})
    examination = Examination(code, target, binding, settings.seed, own)
    if settings.is_deadly:
        return _by_order(examination)
    examination = _with_results(examination, settings)
    if missing:
        examination = with_constant(examination, missing)
    return _in_right_order(examination, settings)


def _with_cotangent(code: Subject, target: Target, binding: Binding) -> Binding:
    """A backward pass that starts from the loss itself has the gradient 1 to begin with."""
    name = target.cotangent
    if code.is_given_cotangent or name not in target.spaces:
        return binding
    if target.spaces[name].shape and getattr(code, "sent_back", ()):
        code.is_given_cotangent = True  # it may be given one, and an array has no other to start
        return binding
    if target.spaces[name].shape:
        known = "".join(f", --with {key}=..." for key in target.conventions)
        raise Ambiguous(
            f"{target.name} is an array, and a backward pass that is given nothing starts from a "
            f"number: say which{known}"
        )
    return replace(binding, hidden={**binding.hidden, name: 1.0})


def _with_fixed_sizes(code: Subject, target: Target, binding: Binding) -> Target:
    """A module's own parameters have their shapes for good.

    Where they do not fit, its matrices may be the transposes of the formula's, with a row for
    each output, as libraries store them.
    """
    shapes: Mapping[str, tuple[int, ...]] = getattr(code, "shapes", {})
    if not shapes:
        return target
    try:
        return _fixed(target, _sizes(target, binding, shapes))
    except Ambiguous:
        turned = {name: shape[::-1] for name, shape in shapes.items() if len(shape) == 2}
        try:
            found = _fixed(target, _sizes(target, binding, {**shapes, **turned}))
        except Ambiguous:
            turned = {}
        if not turned:
            raise
    code.turned = tuple(turned)  # type: ignore[attr-defined]
    return found


def _sizes(
    target: Target, binding: Binding, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, int]:
    """The sizes that arrays of fixed shapes have."""
    fixed: dict[str, int] = {}
    for variable, parameter in binding.parameters.items():
        if parameter in shapes:
            sizes = target.spaces[variable].shape
            if len(sizes) != len(shapes[parameter]):
                said = f"{parameter} has shape {shapes[parameter]}, {variable} has {sizes}"
                raise Ambiguous(f"{said}; say what it is: --args")
            for size, own in zip(map(str, sizes), shapes[parameter], strict=True):
                if fixed.setdefault(size, own) != own:
                    raise Ambiguous(_apart(target, variable, parameter, shapes, fixed))
    return fixed


def _apart(
    target: Target,
    variable: str,
    parameter: str,
    shapes: Mapping[str, tuple[int, ...]],
    fixed: Mapping[str, int],
) -> str:
    """Why a module's parameter cannot be a variable of the formula."""
    wanted = ", ".join(map(str, target.spaces[variable].shape))
    known = ", ".join(f"{size} = {value}" for size, value in fixed.items())
    return (
        f"{parameter} has shape {shapes[parameter]}, and {variable} of {target.name} has "
        f"({wanted}), where {known}: are its axes in another order?"
    )


def _fixed(target: Target, values: Mapping[str, int]) -> Target:
    """A target with some sizes that have one value for good."""
    lower = {**target.context.lower, **values}
    upper = [Size.of(value) - Size.of(name) for name, value in values.items()]
    context = replace(
        target.context, lower=lower, constraints=(*target.context.constraints, *upper)
    )
    return replace(target, context=context)


def _absent(target: Target, binding: Binding) -> list[str]:
    """The sizes of settings that the code has no parameter for, so that they are fixed in it."""
    sizes = [size for name, size in target.integers.items() if name not in binding.parameters]
    constraints = target.context.constraints
    decided = {c.names[0] for c in constraints if len(c.names) == 1}
    named = [size.names[0] for size in sizes if len(size.names) == 1]
    return [name for name in named if name not in decided] if target.trajectory is None else []


def _with_settings(
    code: Subject, target: Target, absent: Sequence[str], settings: Settings
) -> Examination:
    """The examination with the settings that the code has: the first with which it is right."""
    lows = [target.context.lower.get(name, 1) for name in absent]
    steps = sorted(product(range(3), repeat=len(absent)), key=lambda step: (sum(step), step))
    first: Examination | None = None
    for step in steps:
        values = {n: low + k for n, low, k in zip(absent, lows, step, strict=True)}
        try:
            tried = examined(code, _fixed(target, values), settings)
        except Ambiguous:
            continue
        first = first or tried
        outcomes = [tried.outcome(draw) for draw in probes(tried)]
        taken = [o for o in outcomes if not any(f.kind == "raises" for f in o.failures)]
        if all(o.is_right for o in taken) and any(o.errors for o in taken):
            shown = {n: str(s) for n, s in target.integers.items()}
            said = [
                f"{n} is fixed in the code, at {values[s]}" for n, s in shown.items() if s in values
            ]
            notes = (*tried.binding.notes, *(f"{each} as it seems" for each in said))
            return replace(tried, binding=replace(tried.binding, notes=notes))
    if first is None:
        raise Ambiguous(f"nothing stands for {', '.join(absent)}; say what does: --args")
    return first


def _with_results(examination: Examination, settings: Settings) -> Examination:
    """Places for the outputs; targets on the simplex may turn out to be class labels."""
    for candidate in (examination, *_labelled(examination)):
        for draw in probes(candidate):
            try:
                seen = observed(candidate, draw)
            except UserError as error:
                if error.kind == "hangs":
                    return _by_order(candidate)
                continue
            if not seen.results:
                return _by_order(candidate)
            return _placed(*_with_gradients(candidate, seen.results), draw, settings)
    return _by_order(examination)


def _placed(
    examination: Examination, results: Named, draw: Draw, settings: Settings
) -> Examination:
    """Places for the outputs among results."""
    target, binding = examination.target, examination.binding
    shapes = {o.name: tuple(z.value(draw.sizes) for z in o.array.shape) for o in target.outputs}
    places, note = bound_results(results, target, shapes, binding, settings.results)
    notes = (*binding.notes, *filter(None, [note]))
    return replace(examination, binding=replace(binding, results=places, notes=notes))


def _with_gradients(examination: Examination, results: Named) -> tuple[Examination, Named]:
    """Code that returns a number and arrays beside it is held to the gradients as well."""
    target, taken = examination.target, examination.binding.parameters
    if len(target.outputs) > 1 or target.outputs[0].loss or target.outputs[0].array.ndim:
        return examination, results
    (name, first), *rest = results
    if not rest or np.ndim(first) or not all(_is_real(value) for _, value in results):
        return examination, results
    settings = {p.name for p in examination.subject.parameters if not p.is_required}
    inputs = [own for own, parameter in taken.items() if parameter not in settings]
    extended = replace(examination, target=with_gradients(target, inputs))
    return extended, [(name or VALUE, first), *rest]


def _is_real(value: Any) -> bool:
    return isinstance(value, int | float) or (
        hasattr(value, "dtype") and np.asarray(value).dtype.kind == "f"
    )


def _by_order(examination: Examination) -> Examination:
    """Code that fails wherever it was tried is examined all the same, so that it is seen where."""
    names = [output.name for output in examination.target.outputs if not output.is_forward]
    places = {name: k for k, name in enumerate(names)}
    return replace(examination, binding=replace(examination.binding, results=places))


def _labelled(examination: Examination) -> Iterator[Examination]:
    """The same with targets as class labels, drawn one-hot, where the formula has a simplex."""
    target, binding = examination.target, examination.binding
    names = [
        name
        for name, space in target.spaces.items()
        if {Kind.SIMPLEX, Kind.ONE_HOT} & set(space.family.kinds) and name in binding.parameters
    ]
    if names and not examination.own:
        hot = {name: Space(OneHot, target.spaces[name].shape) for name in names}
        moved = replace(target, spaces={**target.spaces, **hot})
        yield replace(examination, target=moved, binding=replace(binding, labels=frozenset(names)))


def _in_right_order(examination: Examination, settings: Settings) -> Examination:
    """Results without names and of the same shapes may come in another order: then ask."""
    places = examination.binding.results
    if settings.results or len(places) < 2:
        return examination
    draw = next(probes(examination))
    try:
        seen = observed(examination, draw)
    except UserError:
        return examination
    if max(places.values()) >= len(seen.results):
        return examination  # too few came back, which the outcomes tell
    if any(seen.results[k][0] for k in places.values()):
        return examination
    outcome = examination.outcome(draw)
    if not any(f.kind in ("value", "shape") for f in outcome.failures):
        return examination
    shapes = {name: np.shape(seen.results[k][1]) for name, k in places.items()}
    for order in other_orders(places, shapes):
        other = replace(examination, binding=replace(examination.binding, results=order))
        if other.outcome(draw).is_right:
            names = sorted(order, key=lambda name: order[name])
            raise Ambiguous(
                f"the results agree in the order {', '.join(names)}, not {', '.join(places)}"
                f", and shapes do not tell: say so with --results {','.join(names)}"
            )
    return examination
