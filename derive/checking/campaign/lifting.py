"""Elementwise functions as they are called: on arrays, not on one number at a time."""

from __future__ import annotations

from dataclasses import replace

from derive.checking.campaign.targets import Output, Target
from derive.derivation import Record
from derive.spaces import Space
from derive.terms.arrays import Array
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Term, summed
from derive.terms.sizes import Size
from derive.terms.structure import unfolded
from derive.terms.tensors import Definition, Kind, Tensor

SHAPE = (Size.of("n"), Size.of("m"))


def lifted(target: Target) -> Target | None:
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
    spaces = {n: Space(s.family, SHAPE if n in names else ()) for n, s in target.spaces.items()}
    outputs = tuple(_lifted(output, names) for output in target.outputs)
    others = target.other
    return replace(
        target,
        spaces=spaces,
        outputs=outputs,
        is_of_numbers=True,
        other=lambda: filter(None, map(lifted, others())),
    )


def _lifted(output: Output, names: list[str]) -> Output:
    """An output for each entry; what is differentiated by a parameter is summed over them."""
    indices = tuple(Index(name, size) for name, size in zip("ij", SHAPE, strict=True))
    is_array = output.by is None or output.by.tensor.name in names
    lines = tuple(_on_arrays(line, names, indices, is_array) for line in output.lines)
    if output.loss is None or output.by is None:
        return replace(output, lines=lines)
    loss = _on_arrays(output.loss, names, tuple(i.fresh() for i in indices), False)
    entry = _entry(output.by, names, indices)
    assert isinstance(entry, At)
    return replace(output, lines=lines, loss=loss, by=entry)


def _on_arrays(array: Array, names: list[str], indices: tuple[Index, ...], is_array: bool) -> Array:
    body = _entry(array.body, names, indices)
    return Array(indices, body) if is_array else Array((), summed(indices, body))


def _entry(term: Term, names: list[str], indices: tuple[Index, ...]) -> Term:
    """A term with entries of arrays in place of numbers, and its definitions opened."""
    if isinstance(term, At) and term.tensor.name in names and term.tensor.is_variable:
        own = Tensor(term.tensor.name, SHAPE, term.tensor.facts)
        return At(own, tuple(map(Affine.of, indices)))
    if isinstance(term, At) and isinstance(term.tensor.origin, Definition):
        return _entry(unfolded(term), names, indices)
    if not term.children:
        return term
    return term.rebuilt(_entry(child, names, indices) for child in term.children)
