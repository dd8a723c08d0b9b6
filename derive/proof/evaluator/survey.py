"""What occurs in a statement: tensors, sizes, strides, conditions; whether it is rational."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import prod

from derive.proof.evaluator.arithmetic import Undecidable
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Add, Cond, Count, D, Fn, Mul, Num, Pow, Sum, Term, subterms
from derive.terms.sizes import ONE, ZERO, Size
from derive.terms.structure import forms, free_indices, reachable, recurrence_step
from derive.terms.tensors import (
    Choice,
    Definition,
    Function,
    Kind,
    LogDeterminant,
    Recurrence,
    Tensor,
)

BRANCHING = frozenset({"relu", "abs", "sign", "maximum", "minimum"})


@dataclass(frozen=True)
class Survey:
    """What occurs in some terms and in all that they stand for."""

    tensors: tuple[Tensor, ...]
    functions: tuple[Function, ...]
    ranges: tuple[Size, ...]  # of indices and axes: none may be negative
    counted: frozenset[str]  # named sizes in affine forms
    strides: frozenset[str]  # named sizes that multiply an index
    branches: bool  # conditions, choices, kinks
    discrete: bool  # variables that take few values: any one point tells little
    rational: bool  # no transcendental functions, no order
    derivatives: int  # how deep derivatives nest at most


def survey(terms: Iterable[Term]) -> Survey:
    """Look through terms, their definitions and their other origins."""
    given = tuple(terms)
    tensors = tuple(dict.fromkeys(t for term in given for t in reachable(term)))
    _require_open_steps(tensors)
    bodies = [body for tensor in tensors for body in origin_bodies(tensor)]
    parts = [part for term in (*given, *bodies) for part in subterms(term)]
    affine = [form for part in parts for form in forms(part)] + _allowed(tensors)
    indices = {i for form in affine for i in form.indices}
    indices |= {part.index for part in parts if isinstance(part, Sum)}
    axes = [size for tensor in tensors for size in tensor.shape]
    ordered = sorted(indices, key=lambda i: i.serial)
    chosen = any(isinstance(t.origin, Choice) for t in tensors)
    branches = chosen or any(_branches(part) for part in parts)
    smooth = not branches and not any(isinstance(t.origin, LogDeterminant) for t in tensors)
    return Survey(
        tensors,
        tuple(dict.fromkeys(_functions(parts))),
        tuple(dict.fromkeys([*axes, *(i.size for i in ordered)])),
        frozenset(name for form in affine for name in _names(form)),
        frozenset(name for form in affine for _, c in form.coefficients for name in c.names),
        branches,
        any(t.has(Kind.MASK, Kind.SIGNS, Kind.ONE_HOT) for t in tensors),
        smooth and all(_rational(part) for part in parts),
        sum(isinstance(part, D) for part in parts),
    )


def origin_bodies(tensor: Tensor) -> tuple[Term, ...]:
    """The terms that the origin of a tensor is made of."""
    origin = tensor.origin
    if isinstance(origin, Definition | Choice):
        return (origin.body,)
    return (origin.start, recurrence_step(tensor)) if isinstance(origin, Recurrence) else ()


def _require_open_steps(tensors: tuple[Tensor, ...]) -> None:
    """Refuse recurrences whose previous value is hidden inside another name."""
    for tensor in tensors:
        if isinstance(tensor.origin, Recurrence) and tensor.origin.previous in tensors:
            raise Undecidable(f"a name inside the step of {tensor.name} holds its previous value")


def _allowed(tensors: Iterable[Tensor]) -> list[Affine]:
    return [form for t in tensors if isinstance(t.origin, Choice) for form in t.origin.allowed]


def _names(form: Affine) -> Iterator[str]:
    yield from form.constant.names
    for _, coefficient in form.coefficients:
        yield from coefficient.names


def _functions(parts: Iterable[Term]) -> Iterator[Function]:
    for part in parts:
        if isinstance(part, Fn) and isinstance(part.function, Function):
            yield Function(part.function.name, part.function.arity)


def _branches(part: Term) -> bool:
    return isinstance(part, Cond) or (isinstance(part, Fn) and part.function in BRANCHING)


def _rational(part: Term) -> bool:
    if isinstance(part, Fn):
        return isinstance(part.function, Function)
    return not isinstance(part, Pow) or is_integer(part.exponent)


@lru_cache(maxsize=10_000)
def is_integer(term: Term) -> bool:
    """Whether a term is an integer by its form: counts and whole numbers, added and multiplied."""
    if isinstance(term, Num):
        return term.value.denominator == 1
    return isinstance(term, Count) or (
        isinstance(term, Add | Mul) and all(map(is_integer, term.parts))
    )


def statement_indices(terms: Iterable[Term]) -> tuple[Index, ...]:
    """All free indices of terms, in the order in which they were made."""
    found = {index for term in terms for index in free_indices(term)}
    return tuple(sorted(found, key=lambda index: index.serial))


def size_of(term: Term) -> Size:
    """The size that a term stands for.

    Raises:
        ValueError: when it is not a polynomial in named sizes.
    """
    if isinstance(term, Num) and term.value.denominator == 1:
        return Size.of(int(term.value))
    if isinstance(term, Count) and not term.form.indices:
        return term.form.constant
    if isinstance(term, Add | Mul):
        parts = [size_of(part) for part in term.parts]
        return sum(parts, ZERO) if isinstance(term, Add) else prod(parts, start=ONE)
    raise ValueError(f"not a size: {term!r}")


def implied(tensor: Tensor) -> list[Size]:
    """Sizes that must be >= 0 for the facts of a variable to be possible."""
    shape, needed = tensor.shape, []
    if tensor.has(Kind.FULL_COLUMN_RANK, Kind.ORTHONORMAL):
        needed.append(shape[-2] - shape[-1])
    if tensor.has(Kind.SIMPLEX, Kind.ONE_HOT):
        needed.append(shape[-1] - 1)
    if tensor.has(Kind.MOMENTS):
        rows = Size.of(1)
        for size in shape[:-1]:
            rows = rows * size
        needed.append(shape[-1] - 1 - rows)
    return needed
