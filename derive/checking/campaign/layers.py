"""Layers: a forward pass together with the gradients that are sent back through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derive.checking.campaign.targets import (
    COTANGENT,
    FORWARD,
    VALUE,
    NoTarget,
    Output,
    Target,
    grad_command,
    of_record,
    space_of,
    tensor_of,
)
from derive.derivation import Record
from derive.language.derivative import told_chain
from derive.language.program import checked_wrt, parsed
from derive.rewriting.author import NoRule
from derive.rewriting.derivation import gradient_steps
from derive.spaces import Space
from derive.terms.arrays import Array, entries
from derive.terms.nodes import At, D
from derive.terms.sizes import Size
from derive.terms.structure import alpha_key, reachable
from derive.terms.tensors import Kind, Tensor

DISCRETE = {Kind.ONE_HOT, Kind.MASK, Kind.SIGNS, Kind.CONSTANT}


def layer(base: Target, wrt: Sequence[str] = ()) -> Target:
    """A value function as a layer: its own output, and a gradient for each input.

    The gradients are derived here, from the sum of the output's entries times a cotangent.
    """
    if len(base.outputs) != 1 or base.outputs[0].loss is not None:
        raise NoTarget(f"{base.name} is no single array, so that it is no layer's output")
    value = base.outputs[0].lines[-1]
    needed = [name for name in base.spaces if name in base.outputs[0].needs]
    smooth = [name for name in needed if _is_smooth(base.spaces[name])]
    # No layer sends a gradient back to its targets, unless it has no other inputs.
    inputs = [name for name in smooth if Kind.SIMPLEX not in base.spaces[name].family.kinds]
    chosen = list(wrt) or inputs or smooth
    cotangent = Tensor(COTANGENT, value.shape)
    weighted = (entries(cotangent) * value).sum()
    found = tuple(_gradient(base, weighted, name) for name in chosen)
    forward = replace(base.outputs[0], name=FORWARD, is_forward=True)
    spaces = {**base.spaces, COTANGENT: space_of(cotangent)}
    return replace(
        base, spaces=spaces, outputs=(forward, *found), cotangent=COTANGENT, other=lambda: iter(())
    )


def with_gradients(base: Target, inputs: Sequence[str]) -> Target:
    """A number together with its gradients, as code that minimises a loss returns them."""
    (value,) = base.outputs
    smooth = [n for n in inputs if n in value.needs and _is_smooth(base.spaces[n])]
    outputs = (replace(value, name=VALUE), *(_gradient(base, value.array, n) for n in smooth))
    others = base.other
    return replace(
        base, outputs=outputs, other=lambda: (with_gradients(other, inputs) for other in others())
    )


def _is_smooth(space: Space) -> bool:
    return not set(space.family.kinds) & DISCRETE


def _gradient(base: Target, weighted: Array, name: str) -> Output:

    by = next(t for t in reachable(weighted.body) if t.is_variable and t.name == name)
    try:
        derived = gradient_steps(weighted, entries(by), base.context)
    except NoRule as error:
        raise NoTarget(f"no derivation of the gradient in {name}: {error}") from None
    entry = entries(by).body
    assert isinstance(entry, At)
    return Output(f"d{name}", (derived.result,), weighted, entry, chain=told_chain(derived))


def layer_of_records(backward: Record, cotangent: str, forward: Record, show: str) -> Target:
    """A catalogued backward pass together with the forward pass that it belongs to."""
    gradients = of_record(backward, show)
    if len(gradients.outputs) == 1:
        (only,) = gradients.outputs
        name = only.name or (f"d{only.by.tensor.name}" if only.by is not None else "")
        gradients = replace(gradients, outputs=(replace(only, name=name),))
    value = of_record(forward)
    first = replace(value.outputs[0], name=FORWARD, is_forward=True, show=value.show)
    return replace(
        gradients,
        name=f"{forward.name} and {backward.name}",
        spaces={**value.spaces, **gradients.spaces},
        outputs=(first, *gradients.outputs),
        context=gradients.context.joined(value.context),
        cotangent=cotangent,
    )


def backward_of(record: Record, candidates: Sequence[Record]) -> tuple[str, Record] | None:
    """Among records the backward pass of one, and the name of its cotangent."""
    value = of_record(record).outputs[0]
    for other in candidates:
        for name, weights in other.variables.items():
            for line in value.lines:
                if name in record.variables or line.shape != weights.shape:
                    continue
                wanted = alpha_key((weights * line).sum().body)
                body = other.chain.start.body
                if isinstance(body, D) and alpha_key(body.body) == wanted:
                    return name, other
    return None


def layer_of_expression(expr: str, let: Sequence[str], wrt: Sequence[str]) -> Target:
    """A typed expression as a layer, with a forward and a backward pass."""

    program = parsed(expr, let)
    checked_wrt(program, list(wrt), "jacobian") if wrt else None
    spaces = {name: space_of(tensor_of(array)) for name, array in program.variables.items()}
    integers = {name: Size.of(name) for name in program.parameters}
    base = Target(
        " ".join(expr.split()),
        "a forward and a backward pass",
        spaces,
        (Output("", (program.result,)),),
        program.context,
        integers,
        show=grad_command(f"sum({COTANGENT} * ({expr}))", [*let, _declared(program.result)], wrt),
    )
    return layer(base, wrt)


def _declared(result: Array) -> str:
    return f"{COTANGENT}: {','.join(map(str, result.shape))}"
