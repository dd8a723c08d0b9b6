"""From what a user names to a target: an entry, an own derivation or an expression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from derive import catalogue, names
from derive.checking.campaign.binding import are_alike
from derive.checking.campaign.examining import Settings, examined
from derive.checking.campaign.inputs import drawn, plan
from derive.checking.campaign.layers import (
    backward_of,
    layer,
    layer_of_expression,
    layer_of_records,
)
from derive.checking.campaign.optimisers import OptimiserSubject
from derive.checking.campaign.subjects import Subject
from derive.checking.campaign.targets import NoTarget, Target, of_expression, of_record
from derive.checking.campaign.trajectories import is_elementwise, of_steps
from derive.derivation import Derivation, Record


def needs_layer(code: Subject) -> bool:
    """Whether the code has a forward and a backward pass, its own or a framework's."""
    return code.is_layer or code.is_differentiable


def target_of_expression(
    code: Subject, expr: str, let: Sequence[str], wrt: Sequence[str], kind: str = ""
) -> Target:
    """The target of a typed expression: a layer for code with two passes, else a derivative."""
    if needs_layer(code) and not kind and wrt:
        whole = layer_of_expression(expr, let, wrt)
        if code.is_layer or returns(code, whole):
            code.is_layer = True
            return whole
    return of_expression(expr, let, wrt, kind or "gradient")


def returns(code: Subject, whole: Target) -> bool:
    """Whether a differentiable function returns the layer's output, and not gradients of it."""
    value = replace(
        whole,
        spaces={n: s for n, s in whole.spaces.items() if n != whole.cotangent},
        outputs=(replace(whole.outputs[0], name="", is_forward=False),),
        cotangent="",
    )
    try:
        examination = examined(code, value, Settings())
        draw = drawn(value, 0, 0, plan(value))
        failures = examination.outcome(draw).failures
        return len(examination.lines) == 1 and not any(f.kind == "shape" for f in failures)
    except ValueError:
        return False


def target_of_derivation(
    code: Subject, found: Derivation, conventions: Mapping[str, str], part: str = "", show: str = ""
) -> Target:
    """The target of a derivation; code with two passes is held to both."""
    record = found.record(**conventions)
    records = list(found.records())
    if part:
        record, records = record.part(part), [each.part(part) for each in records]
    if isinstance(code, OptimiserSubject):
        code.is_elementwise = is_elementwise(record)
        return of_steps(record, show, records)
    if not needs_layer(code) or (not code.is_layer and _takes_cotangent(code, record)):
        return of_record(record, show, records)
    both = _both_passes(record, _related(found, conventions), show)
    if both is None and code.is_layer:
        raise NoTarget(f"{record.name} has no forward pass and no backward pass to hold code to")
    if both is None:
        return of_record(record, show, records)
    code.is_layer = True
    return both


def _takes_cotangent(code: Subject, record: Record) -> bool:
    """Whether a framework's function is a backward pass itself: its first parameter says so."""
    first = next(iter(record.variables), "")
    own = [parameter.name for parameter in code.parameters[:1]]
    return bool(own) and record.chain.derives and are_alike(own[0], "dy") and are_alike(first, "dy")


def _both_passes(record: Record, related: Sequence[Record], show: str) -> Target | None:
    """The forward and the backward pass that a record is one of."""
    for name in record.variables:
        for other in related:
            if not other.symbolic_only and not other.chain.derives:
                found = backward_of(other, [record]) if record.chain.derives else None
                if found is not None and found[0] == name:
                    return layer_of_records(record, name, other, show)
    if record.chain.derives or record.symbolic_only:
        return None
    own = backward_of(record, [r for r in related if r.chain.derives and not r.symbolic_only])
    if own is not None:
        name, backward = own
        own_show = (
            f"derive show {backward.name}" if show.startswith("derive show") or not show else show
        )
        return layer_of_records(backward, name, record, own_show)
    return layer(of_record(record, show))


def _related(found: Derivation, conventions: Mapping[str, str]) -> list[Record]:
    """The records of the same topic, with the same conventions where they have them."""
    entry = catalogue.entries().get(found.name)
    if entry is None or entry.topic != found.topic:
        return []
    related = []
    for other in catalogue.entries().values():
        if other.topic == entry.topic and other.name != found.name:
            derivation = catalogue.derivation(other.name)
            own = {k: v for k, v in conventions.items() if k in derivation.conventions}
            try:
                related.append(derivation.record(**own))
            except ValueError:
                continue
    return related


def named(
    code: Subject, name: str, conventions: Mapping[str, str] | None = None, part: str = ""
) -> Target:
    """The target of a name: ``batch_norm_backward.dx``, ``FILE.py:function``.

    Raises:
        UnknownName: where it stands for no derivation, or for several.
    """
    whole, own = names.parted(name)
    chosen = {key: str(value) for key, value in (conventions or {}).items()}
    show = f"derive show {whole}" + "".join(f" --with {k}={v}" for k, v in chosen.items())
    return target_of_derivation(code, names.derivation(whole), chosen, own or part, show)


def given(
    code: Subject, what: Any, conventions: Mapping[str, str] | None = None, part: str = ""
) -> Target:
    """The target of whatever stands for a derivation: its name, itself, a record or a target."""
    if isinstance(what, Target):
        return what
    if isinstance(what, str):
        return named(code, what, conventions, part)
    if isinstance(what, Derivation):
        chosen = {k: str(v) for k, v in (conventions or {}).items()}
        return target_of_derivation(code, what, chosen, part, show=f"derive show {what.place}")
    if isinstance(what, Record):
        return of_record(what.part(part) if part else what)
    raise NoTarget(f"{what!r} is no derivation and no name of one")
