"""Which parameter stands for which variable, and which result for which output."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, permutations
from typing import Any

import numpy as np

from derive.checking.campaign.subjects import Named, Parameter
from derive.checking.campaign.targets import VALUE, Target

# Names that people give to the same thing; a name may be in several rows.
ALIASES: tuple[frozenset[str], ...] = tuple(
    frozenset(row.split())
    for row in (
        "eps epsilon",
        "padding pad pads p padh padheight ph",
        "stride strides s strideh strideheight sh",
        "kernel kernelsize ksize poolsize k kernelheight kernelh kh poolheight poolh size window",
        "dy dout gradoutput gradout upstream dupstream g grad doutput",
        "x input inputs data features images",
        "y target targets label labels t",
        "z logits scores logit",
        "w weight weights kernel filters coef coefficients theta beta params",
        "b bias intercept beta0 offset",
        "gamma weight scale",
        "beta bias shift",
        "lr learningrate eta stepsize rate alpha",
        "g grad grads gradient gradients dw",
        "w params param theta x p weights",
        "rho decay decayrate beta alpha",
        "beta1 b1",
        "beta2 b2",
        "lam lambda lmbda alpha weightdecay penalty reg",
        "momentum mu beta alpha",
        "h v velocity momentumbuffer buf",
        "G v cache accumulated sumofsquares state",
        "m expavg firstmoment",
        "v expavgsq squareavg secondmoment cache",
        "q keep keepprob",
        "m mask",
        "mean runningmean mu",
        "variance runningvar runningvariance var",
    )
)


class Ambiguous(ValueError):
    """What the names and shapes leave open; the message asks."""


def plain(name: str) -> str:
    """A name without case and underscores."""
    return name.replace("_", "").lower()


def are_alike(one: str, other: str, cased: Collection[str] = ()) -> bool:
    """Whether two names are usual for the same thing; the case of some counts."""
    own = one if one in cased else plain(one)
    return any(own in row and plain(other) in row for row in ALIASES)


@dataclass(frozen=True)
class Binding:
    """Parameters by variable, variables that are fixed in the code, and results by output."""

    parameters: Mapping[str, str]  # variable, integer or convention: parameter
    hidden: Mapping[str, float] = field(default_factory=dict)
    twins: Mapping[str, str] = field(default_factory=dict)  # parameter for a width: its height's
    labels: frozenset[str] = frozenset()  # variables given as class labels
    constants: Mapping[str, Any] = field(default_factory=dict)  # parameters with a fixed value
    results: Mapping[str, int] = field(default_factory=dict)  # output: place among the results
    notes: tuple[str, ...] = ()


def bound_parameters(
    parameters: Sequence[Parameter],
    target: Target,
    given: Mapping[str, str],
    constants: Mapping[str, Any],
) -> Binding:
    """Parameters for the variables: as told, by name, by usual names, then by order.

    Raises:
        Ambiguous: where a required parameter stands for nothing, or a variable for no parameter.
    """
    free = [p for p in parameters if p.name not in constants]
    if not parameters:
        order = [name for name in target.needed if name != target.cotangent]
        return Binding({name: name for name in order}, constants=constants)
    wanted = [name for name in target.spaces if name != target.cotangent or not _is_layer(target)]
    wanted += [name for name in (*target.integers, *target.conventions) if name not in wanted]
    found: dict[str, str] = {}
    notes: list[str] = []
    for variable, parameter in given.items():
        _told(variable, parameter, wanted, [p.name for p in free])
        found[variable] = parameter
    # Where there are both g and G, case says which is which.
    cased = [v for v in wanted if v != plain(v) and plain(v) in wanted]
    for same in (
        lambda v, n: v == n,
        lambda v, n: v not in cased and plain(v) == plain(n),
        lambda v, n: are_alike(v, n, cased),
    ):
        _paired(found, wanted, [p.name for p in free], same)
    needed = [n for n in target.needed if n in wanted and n not in found]
    needed += [n for n in target.integers if n not in found]
    twins = {
        p.name: height
        for p in free
        if (height := _height(p.name)) in found.values() and p.name not in found.values()
    }
    bound = (*found.values(), *twins)
    left = [p for p in free if p.is_required and p.name not in bound]
    both = list(zip(needed, left, strict=False))
    found |= {variable: own.name for variable, own in both}
    if both:
        notes.append("by order: " + ", ".join(f"{p.name} is {v}" for v, p in both))
    _first_alike(found, target, wanted, free, cased)
    _single_scalar(found, target, wanted, free)
    surplus = [p.name for p in left[len(both) :]]
    _spare(found, target, wanted, surplus)
    if surplus:
        raise Ambiguous(
            f"nothing in {target.name} stands for the parameter {surplus[0]}; give it a value, "
            f"--fix {surplus[0]}=..., or say what it is, --args VARIABLE={surplus[0]}"
        )
    return Binding(found, constants=constants, twins=twins, notes=tuple(notes))


def _height(name: str) -> str:
    """What a height is called where the width is called so: pool_height, kh, stride_h."""
    return re.sub("w$", "h", name.replace("width", "height"))


def _is_layer(target: Target) -> bool:
    return any(output.is_forward for output in target.outputs)


def _told(variable: str, parameter: str, wanted: Sequence[str], known: Sequence[str]) -> None:
    if variable not in wanted:
        raise Ambiguous(f"--args {variable}={parameter}: the formula has {', '.join(wanted)}")
    if parameter not in known:
        raise Ambiguous(f"--args {variable}={parameter}: the function has {', '.join(known)}")


def _paired(
    found: dict[str, str],
    wanted: Sequence[str],
    names: Sequence[str],
    same: Callable[[str, str], bool],
) -> None:
    """Pair what is alike, where one of the two is like nothing else that is left."""
    while True:
        variables = [v for v in wanted if v not in found]
        free = [n for n in names if n not in found.values()]
        alike = [(v, n) for v in variables for n in free if same(v, n)]
        of_variable, of_name = Counter(v for v, _ in alike), Counter(n for _, n in alike)
        certain = [(v, n) for v, n in alike if of_name[n] == 1]
        certain += [(v, n) for v, n in alike if of_variable[v] == 1]
        taken = Counter(
            part for pair in dict.fromkeys(certain) for part in (("v", pair[0]), ("n", pair[1]))
        )
        pairs = {v: n for v, n in certain if taken["v", v] == taken["n", n] == 1}
        if not pairs:
            return
        found |= pairs


def _first_alike(
    found: dict[str, str],
    target: Target,
    wanted: Sequence[str],
    free: Sequence[Parameter],
    cased: Collection[str],
) -> None:
    """A scalar that several settings are usual names for is the first of them."""
    for name in wanted:
        if name in target.needed and name not in found and not target.spaces[name].shape:
            left = (p for p in free if p.name not in found.values() and not p.is_required)
            alike = next((p.name for p in left if are_alike(name, p.name, cased)), "")
            found |= {name: alike} if alike else {}


def _single_scalar(
    found: dict[str, str], target: Target, wanted: Sequence[str], free: Sequence[Parameter]
) -> None:
    """A scalar that is left and the only parameter with a number for default belong together."""
    scalars = [
        v for v in wanted if v in target.needed and v not in found and not target.spaces[v].shape
    ]
    numbers = [p for p in free if p.name not in found.values() and type(p.default) in (int, float)]
    if len(scalars) == len(numbers) == 1:
        found[scalars[0]] = numbers[0].name


def _spare(
    found: dict[str, str], target: Target, wanted: Sequence[str], surplus: list[str]
) -> None:
    """Parameters that are left may be variables on which no output depends."""
    spare = [v for v in wanted if v in target.spaces and v not in found and v not in target.needed]
    for variable, name in zip(spare, list(surplus), strict=False):
        found[variable] = name
        surplus.remove(name)


def unbound(binding: Binding, target: Target) -> list[str]:
    """The variables that the formula needs and the function does not take."""
    own = [n for n in target.needed if n != target.cotangent or not _is_layer(target)]
    return [n for n in own if n not in binding.parameters and n not in binding.hidden]


# --------------------------------------------------------------------------------------------
# Results


def bound_results(
    results: Named,
    target: Target,
    shapes: Mapping[str, tuple[int, ...]],
    binding: Binding,
    order: Sequence[str] = (),
) -> tuple[dict[str, int], str]:
    """The place of each output among the results: as told, by name, then by order.

    Raises:
        Ambiguous: where there are too few results, or one and no telling which it is.
    """
    outputs = [output.name for output in target.outputs if not output.is_forward]
    if order:
        return _ordered(order, outputs, results), ""
    found: dict[str, int] = {}
    for name in outputs:
        places = [k for k, (own, _) in enumerate(results) if own and _names(own, name, binding)]
        if len(places) == 1:
            found[name] = places[0]
    missing = [name for name in outputs if name not in found]
    free = [k for k in range(len(results)) if k not in found.values()]
    unnamed = [k for k in free if not results[k][0]] or free
    if len(missing) == len(unnamed) or (missing and len(unnamed) > len(missing) == 1):
        return _in_order(found, missing, unnamed, results, shapes)
    if not missing:
        return found, ""
    if len(unnamed) < len(missing) and (unnamed or found):
        return _by_shape(found, missing, unnamed, results, shapes)
    wanted = ", ".join(filter(None, outputs)) or "one array"
    raise Ambiguous(
        f"{len(results)} result{'s' * (len(results) != 1)} for {wanted}; "
        "say which they are: --results NAME,NAME"
    )


def _in_order(
    found: dict[str, int],
    missing: Sequence[str],
    places: Sequence[int],
    results: Named,
    shapes: Mapping[str, tuple[int, ...]],
) -> tuple[dict[str, int], str]:
    """At least as many results as outputs: by order, unless shapes allow one other order only."""
    own = [np.shape(results[k][1]) if hasattr(results[k][1], "shape") else () for k in places]
    orders = [
        order
        for order in islice(permutations(range(len(own)), len(missing)), 1000)
        if all(own[k] == shapes[name] for k, name in zip(order, missing, strict=True))
    ]
    first = tuple(range(len(missing)))
    if len(orders) > 1 and first not in orders:
        raise Ambiguous(
            f"results of shapes {', '.join(map(str, own))} for {', '.join(missing)}: several "
            "orders fit; say which is which: --results NAME,NAME"
        )
    order = first if first in orders or not orders else orders[0]
    taken = {places[k]: name for k, name in zip(order, missing, strict=True)}
    note = ""
    if order != first:
        said = (taken.get(place) or "result" if place in taken else "_" for place in places)
        note = f"results by their shapes: {', '.join(said)}"
    elif len(own) > len(missing):
        more = len(own) - len(missing)
        note = f"{more} more result{'s' * (more > 1)} not looked at"
    return {**found, **{name: place for place, name in taken.items()}}, note


def _by_shape(
    found: dict[str, int],
    missing: Sequence[str],
    places: Sequence[int],
    results: Named,
    shapes: Mapping[str, tuple[int, ...]],
) -> tuple[dict[str, int], str]:
    """Fewer results than outputs: each has to have a shape that only one output has.

    Beside a value they are gradients of the first inputs of their shapes: of predictions, where
    targets come after these.
    """
    for place in places:
        shape = np.shape(results[place][1])
        fitting = [n for n in missing if n not in found and shapes[n] == shape]
        if len(fitting) != 1 and not (fitting and VALUE in found):
            named = ", ".join(missing)
            raise Ambiguous(
                f"a result of shape {shape} could be "
                f"{' or '.join(fitting) or 'none'} of {named}; say which: --results NAME,NAME"
            )
        found[fitting[0]] = place
    absent = [name for name in missing if name not in found]
    return found, f"not returned, so not checked: {', '.join(absent)}"


def _ordered(order: Sequence[str], outputs: Sequence[str], results: Named) -> dict[str, int]:
    known = {output or "result": output for output in outputs}
    for name in order:
        if name not in (*known, "_"):
            raise Ambiguous(f"--results {name}: the outputs are {', '.join(known)}, and _ for none")
    if len(order) > len(results):
        raise Ambiguous(f"--results names {len(order)}, and {len(results)} came back")
    return {known[name]: k for k, name in enumerate(order) if name != "_"}


def _names(own: str, output: str, binding: Binding) -> bool:
    """Whether a result's name says an output: dx, grad_x, x_grad, dL_dx, or the parameter's."""
    variable = output[1:] if output.startswith("d") else output
    known = {plain(output), plain(variable)}
    if variable in binding.parameters:
        known.add(plain(binding.parameters[variable]))
    return any(plain(own) in _spelt(name) for name in known if name)


def _spelt(name: str) -> set[str]:
    return {name, f"d{name}", f"grad{name}", f"{name}grad", f"dld{name}", f"g{name}", f"dl{name}"}


def other_orders(
    found: Mapping[str, int], shapes: Mapping[str, tuple[int, ...]]
) -> Iterable[dict[str, int]]:
    """The other ways to read results that came without names, as far as shapes allow."""
    names = list(found)
    for order in islice(permutations(names), 1, 200):
        if all(shapes[a] == shapes[b] for a, b in zip(names, order, strict=True)):
            yield {name: found[other] for name, other in zip(names, order, strict=True)}
