"""Declarations: ``name: dim, dim; attribute, attribute`` makes a variable."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import prod

from derive.language.errors import InputError, shortened, suggestion
from derive.terms import arrays
from derive.terms.arrays import Array
from derive.terms.sizes import Size
from derive.terms.tensors import Kind

VARIABLES = 100
AXES = 8
LARGEST = 1_000_000  # one dim
WORK = 30_000  # the product of the different literal dims: all that is proved is evaluated too
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}", re.ASCII)

# attribute: the fact it declares, and the number of axes it needs
ATTRIBUTES = {
    "symmetric": (Kind.SYMMETRIC, 2),
    "positive": (Kind.POSITIVE, 0),
    "positive definite": (Kind.POSITIVE_DEFINITE, 2),
    "one-hot": (Kind.ONE_HOT, 1),
    "simplex": (Kind.SIMPLEX, 1),
    "constant": (Kind.CONSTANT, 0),
}
SQUARE = (Kind.SYMMETRIC, Kind.POSITIVE_DEFINITE)


@dataclass(frozen=True)
class Declarations:
    """The declared variables in order, and the names of the sizes in order."""

    variables: dict[str, Array] = field(default_factory=dict)
    sizes: tuple[str, ...] = ()


def declared(let: Iterable[str], values: Mapping[str, Size] | None = None) -> Declarations:
    """The variables of all declarations; names in ``values`` abbreviate a size.

    >>> declared(["X: n,p", "s:"]).variables["X"].shape
    (n, p)
    """
    variables: dict[str, Array] = {}
    sizes: dict[str, str] = {}
    for text in (let,) if isinstance(let, str) else let:
        name, dims, kinds = _parts(text)
        shape = tuple((values or {}).get(str(dim), dim) for dim in dims)
        if name in variables:
            raise _refused(text, f"{name!r} is declared twice")
        variables[name] = arrays.variable(name, shape, *kinds)
        literal = {dim for array in variables.values() for dim in array.shape if dim.constant}
        if prod(dim.constant or 1 for dim in literal) > WORK:
            raise _refused(text, f"the dims are together {_too_large(literal)}")
        sizes.update((own, text) for size in shape for own in size.names)
        if len(variables) > VARIABLES:
            raise InputError(f"too many declarations, the limit is {VARIABLES}")
    for name in variables:
        if name in sizes:
            raise _refused(sizes[name], f"{name!r} is both a size and a variable")
    return Declarations(variables, tuple(sizes))


def _parts(text: str) -> tuple[str, tuple[Size, ...], tuple[Kind, ...]]:
    head, colon, rest = text.partition(":")
    name = head.strip()
    if len(text) > 500:
        raise _refused(text, f"too long: {len(text)} characters, the limit is 500")
    problem = name_problem(name)
    if problem:
        raise _refused(text, problem)
    if not colon:
        raise _refused(text, f"write '{name}:' for a scalar or '{name}: n' for a vector")
    dims, _, attributes = rest.partition(";")
    shape = _shape(text, dims)
    return name, shape, _kinds(text, shape, attributes)


def name_problem(name: str) -> str | None:
    """Why a text cannot be a name, or None."""
    if keyword.iskeyword(name):
        return f"{name!r} is a Python keyword; write '{name}_'"
    if not NAME.fullmatch(name):
        return f"{shortened(name)} is not a name: a letter, then at most 39 letters, digits or _"
    return None


def _shape(text: str, dims: str) -> tuple[Size, ...]:
    if not dims.strip():
        return ()
    shape = tuple(_dim(text, dim.strip()) for dim in dims.split(","))
    if len(shape) > AXES:
        raise _refused(text, f"too many dims, the limit is {AXES}")
    if prod(size.constant or 1 for size in shape) > WORK:
        raise _refused(text, _too_large(shape))
    return shape


def _too_large(dims: Iterable[Size]) -> str:
    """Why literal dims are refused; names for them say more."""
    large = ", ".join(map(str, sorted({d.constant for d in dims if d.constant}, reverse=True)))
    return f"too large to be evaluated: {large}; give large dims names, as in 'X: n,p'"


def _dim(text: str, dim: str) -> Size:
    if not dim:
        raise _refused(text, "a dim between commas is empty")
    if re.fullmatch(r"[0-9]+", dim):
        if len(dim) > 7 or not 0 < int(dim) <= LARGEST:
            raise _refused(text, f"the dim {shortened(dim)} is not between 1 and {LARGEST}")
        return Size.of(int(dim))
    if name_problem(dim):
        raise _refused(text, f"{shortened(dim)} is not a dim: dims are names or positive integers")
    return Size.of(dim)


def _kinds(text: str, shape: tuple[Size, ...], attributes: str) -> tuple[Kind, ...]:
    if not attributes.strip():
        return ()
    kinds: list[Kind] = []
    for written in attributes.split(","):
        kind, axes = _attribute(text, written)
        if kind in kinds:
            raise _refused(text, f"the attribute {kind.value!r} is given twice")
        if len(shape) < axes:
            raise _refused(text, f"{kind.value!r} needs at least {axes} dim{'s' * (axes > 1)}")
        if kind in SQUARE and shape[-1] != shape[-2]:
            raise _refused(text, f"{kind.value!r} needs a square matrix: two equal last dims")
        kinds.append(kind)
    return tuple(kinds)


def _attribute(text: str, written: str) -> tuple[Kind, int]:
    name = " ".join(re.split(r"[\s_-]+", written.strip().lower()))
    for attribute, row in ATTRIBUTES.items():
        if name == attribute.replace("-", " "):
            return row
    known = ", ".join(ATTRIBUTES)
    hint = suggestion(written.strip(), ATTRIBUTES)
    raise _refused(text, f"unknown attribute {shortened(written.strip())}{hint} (known: {known})")


def _refused(text: str, message: str) -> InputError:
    return InputError(f"--let {shortened(text, 80)}: {message}")
