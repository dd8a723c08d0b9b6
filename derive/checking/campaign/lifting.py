"""Functions as they are called: those of numbers on arrays, those of vectors on rows of them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from derive.checking.campaign.source import tree_of
from derive.checking.campaign.targets import Output, Target
from derive.derivation import Record
from derive.spaces import Space
from derive.terms.arrays import Array
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Term, summed
from derive.terms.sizes import Size
from derive.terms.structure import reachable, unfolded
from derive.terms.tensors import Definition, Kind, Tensor

ROWS, COLUMNS = Size.of("n"), Size.of("m")
Sizes = tuple[Size, ...]


def on_arrays(target: Target) -> Target | None:
    """The target on arrays of a derivation of numbers alone, None for any other.

    What comes first is an array, and labels and cotangents with it; parameters stay numbers.
    """
    if type(target.record) is not Record or any(s.shape for s in target.spaces.values()):
        return None
    names = [
        name
        for k, (name, space) in enumerate(target.spaces.items())
        if not k or name == target.cotangent or Kind.SIGNS in space.family.kinds
    ]
    found = _lifted(target, names, (ROWS, COLUMNS))
    return None if found is None else replace(found, is_of_numbers=True)


def on_rows(target: Target) -> Target | None:
    """The target on the rows of matrices of a derivation of vectors, None for any other."""
    names = [name for name, space in target.spaces.items() if space.shape]
    if type(target.record) is not Record or not names or str(ROWS) in target.sizes:
        return None
    if any(len(target.spaces[name].shape) > 1 for name in names):
        return None
    return _lifted(target, names, (ROWS,))


def _lifted(target: Target, names: Collection[str], sizes: Sizes) -> Target | None:
    """The target with further axes before those of some variables, and of the outputs."""
    outputs = [_output(output, names, sizes) for output in target.outputs]
    kept = tuple(output for output in outputs if output is not None)
    if len(kept) < len(outputs):
        return None
    others = target.other
    return replace(
        target,
        spaces={
            name: Space(s.family, (*sizes, *s.shape)) if name in names else s
            for name, s in target.spaces.items()
        },
        outputs=kept,
        other=lambda: filter(None, (_lifted(other, names, sizes) for other in others())),
    )


def _output(output: Output, names: Collection[str], sizes: Sizes) -> Output | None:
    """An output for each entry; what is differentiated by a parameter is summed over them."""
    indices = tuple(Index(name, size) for name, size in zip("uv", sizes, strict=False))
    is_array = output.by is None or output.by.tensor.name in names
    lines = [_on_entries(line, names, indices, is_array) for line in output.lines]
    known = tuple(line for line in lines if line is not None)
    if not known:
        return None
    if output.loss is None or output.by is None or output.loss.ndim:
        return replace(output, lines=known, loss=None, by=None)
    loss = _on_entries(output.loss, names, tuple(i.fresh() for i in indices), False)
    entry = _entry(output.by, names, indices)
    assert isinstance(entry, At)
    return replace(output, lines=known, loss=loss, by=entry)


def _on_entries(
    array: Array, names: Collection[str], indices: tuple[Index, ...], is_array: bool
) -> Array | None:
    body = _entry(array.body, names, indices)
    if any(t.name in names and t.shape[: len(indices)] != _sizes(indices) for t in reachable(body)):
        return None  # an entry stands inside a name that is not opened
    axes = array.indices
    return Array((*indices, *axes), body) if is_array else Array(axes, summed(indices, body))


def _sizes(indices: tuple[Index, ...]) -> Sizes:
    return tuple(index.size for index in indices)


def _entry(term: Term, names: Collection[str], indices: tuple[Index, ...]) -> Term:
    """A term with entries of larger arrays, and its definitions opened."""
    if isinstance(term, At) and term.tensor.name in names and term.tensor.is_variable:
        own = Tensor(term.tensor.name, (*_sizes(indices), *term.tensor.shape), term.tensor.facts)
        return At(own, (*map(Affine.of, indices), *term.slots))
    if isinstance(term, At) and isinstance(term.tensor.origin, Definition):
        return _entry(unfolded(term), names, indices)
    if not term.children:
        return term
    return term.rebuilt(_entry(child, names, indices) for child in term.children)


# --------------------------------------------------------------------------------------------
# Which of them code is meant for


def is_for_rows(*functions: Any) -> bool:
    """Whether code names the last axis, or the second, as code for rows does."""
    return any(_names_rows(call) for call in _calls(functions))


def is_for_rows_alone(*functions: Any) -> bool:
    """Whether code would be written in another way for one vector: it keeps the axes of rows."""
    return any(_names_rows(call) and _keeps_axes(call) for call in _calls(functions))


def _calls(functions: tuple[Any, ...]) -> Iterator[ast.Call]:
    for function in functions:
        yield from (node for node in ast.walk(tree_of(function)) if isinstance(node, ast.Call))


def _names_rows(call: ast.Call) -> bool:
    named = [k.value for k in call.keywords if k.arg in ("axis", "dim")]
    return any(ast.unparse(value) in ("1", "-1") for value in (*named, *call.args))


def _keeps_axes(call: ast.Call) -> bool:
    kept = [k.value for k in call.keywords if k.arg in ("keepdims", "keepdim")]
    return any(isinstance(value, ast.Constant) and value.value is True for value in kept)
