"""SymPy's second opinion: both ends of a record, at small sizes, by its own scalar derivative."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice, product
from typing import Any

import numpy as np
import sympy as sp

from derive.checking.shapes import Sizes, few_and_small, random_tensors
from derive.checking.sympy_bridge import Expansion, NoSymPyForm
from derive.checking.values import Point, Unevaluable
from derive.derivation import Record
from derive.proof.evaluator.arithmetic import Undecidable
from derive.proof.evaluator.intervals import enclosure
from derive.proof.evaluator.sampling import drawn, sources
from derive.proof.evaluator.survey import survey
from derive.terms.indices import Index
from derive.terms.statements import Nonsingular
from derive.terms.structure import ordered_free_indices
from derive.terms.tensors import Choice, Determinant, Kind, Tensor

DIGITS = 30
TOLERANCE = sp.Rational(1, 10**20)
DRAWS = 40  # tries to draw numbers with declared moments
ENTRIES = 4  # of a large result only some entries are compared


@dataclass(frozen=True)
class Opinion:
    """Whether SymPy agrees, at which sizes, and if it has no opinion why."""

    agrees: bool | None
    sizes: tuple[Sizes, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        at = "; ".join(", ".join(f"{k}={v}" for k, v in sizes.items()) for sizes in self.sizes)
        said = {True: "SymPy agrees", False: "SymPy disagrees", None: "SymPy has no opinion"}
        tail = f" ({self.reason})" if self.reason else f" at {at}" if at else ""
        return said[self.agrees] + tail

    def to_dict(self) -> dict[str, Any]:
        """The JSON object."""
        return {
            "agrees": self.agrees,
            "sizes": [dict(sizes) for sizes in self.sizes],
            "reason": self.reason,
        }


def second_opinion(record: Record, seed: int = 0) -> Opinion:
    """What SymPy says of every chain of a record."""
    seen: list[Sizes] = []
    try:
        for sizes in few_and_small(record, 6):
            if len(seen) == 2:
                break
            if not _has_inverses(record, sizes, seed):
                continue
            for part in record.chains:
                found = _difference(record.part(part) if part else record, sizes, seed)
                if found:
                    return Opinion(False, (sizes,), found)
            seen.append(sizes)
    except (NoSymPyForm, Unevaluable) as error:
        return Opinion(None, (), str(error))
    return Opinion(True, tuple(seen))


def _has_inverses(record: Record, sizes: Sizes, seed: int) -> bool:
    """Whether the matrices that are assumed nonsingular are so at a point of given sizes."""
    rng = np.random.default_rng([seed, *record.name.encode()])
    for assumption in record.assumptions:
        if isinstance(assumption, Nonsingular):
            expansion = Expansion(sizes)
            determinant = expansion.entry(Tensor("", (), (), Determinant(assumption.matrix)), ())
            if not determinant.xreplace(_point(record, expansion, rng)):
                return False
    return True


def _difference(record: Record, sizes: Sizes, seed: int) -> str:
    """Where both ends of a chain differ, or nothing."""
    if record.chain.relation == "!=":
        return ""  # one point certainly proves it, and another says nothing
    expansion = Expansion(sizes)
    rng = np.random.default_rng([seed, *record.name.encode()])
    start, end = record.chain.start, record.chain.end
    indices, left = start.fresh()
    right = end.at(indices)
    axes = (*record.indices.values(), *indices)
    axes += tuple(i for i in ordered_free_indices(left) if i not in axes)
    for at in _some(axes, Expansion(sizes), seed):
        drawn = _drawn(record, sizes, rng)
        expansion = Expansion(sizes, partial(_digits, drawn=drawn, sizes=sizes))
        value = _number(expansion.value(left, at) - expansion.value(right, at))
        wrong = value > TOLERANCE if record.chain.relation == "<=" else abs(value) > TOLERANCE
        if wrong:
            where = ", ".join(f"{index.name}={k}" for index, k in at.items())
            return f"the ends differ by {float(value):.6g} at {where or 'a rational point'}"
    return ""


def _some(axes: tuple[Index, ...], expansion: Expansion, seed: int) -> list[dict[Index, int]]:
    every = [
        dict(zip(axes, values, strict=True))
        for values in product(*(expansion.range(axis) for axis in axes))
    ]
    if len(every) <= ENTRIES:
        return every
    return random.Random(seed).sample(every, ENTRIES)


def _number(expression: Any) -> Any:
    """The value of an expression without symbols."""
    value = expression.evalf(DIGITS)
    if not value.is_Number:
        raise NoSymPyForm(f"{expression} is no number")
    return value


def _point(record: Record, expansion: Expansion, rng: np.random.Generator) -> dict[Any, Any]:
    """Rational numbers for all symbols, which keep the declared facts."""
    drawn = _drawn(record, expansion.sizes, rng)
    return {
        symbol: _value(tensor, where, drawn, expansion.sizes)
        for (tensor, where), symbol in expansion.symbols.items()
        if tensor.is_variable or isinstance(tensor.origin, Choice)  # names are written out by now
    }


def _drawn(record: Record, sizes: Sizes, rng: np.random.Generator) -> dict[str, Any]:
    """Rational numbers for the entries of all variables, which keep the declared facts."""
    if random_tensors(record):
        return _with_moments(record, sizes, int(rng.integers(1000)))
    return {
        name: _rational(variable.space, variable.tensor, sizes, rng)
        for name, variable in record.variables.items()
    }


def _with_moments(record: Record, sizes: Sizes, seed: int) -> dict[str, Any]:
    """Numbers with the declared moments, as the evaluator draws them."""
    found = survey(line.body for chain in record.chains.values() for line in chain.lines)
    for source in islice(sources(seed), DRAWS):
        try:
            point = drawn(found, sizes, source)
        except Undecidable:
            continue
        return {t.name: _array(values, t, sizes) for t, values in point.values.items()}
    raise Unevaluable("no draw has the declared moments")


def _array(values: Any, tensor: Tensor, sizes: Sizes) -> Any:
    """Entries in row-major order as an array of rational numbers."""
    numbers = np.empty(len(values), dtype=object)
    for k, value in enumerate(values):
        low, high = enclosure(value)
        numbers[k] = sp.Rational(*((low + high) / 2).as_integer_ratio())
    return numbers.reshape([size.value(sizes) for size in tensor.shape])


def _rational(space: Any, tensor: Tensor, sizes: Sizes, rng: np.random.Generator) -> Any:
    """A draw rounded to eighths; a simplex gets the rest into its last entry."""
    eighths = _in_eighths(space.sample(rng, sizes))
    if tensor.has(Kind.ORTHONORMAL):
        return _reflection(_in_eighths(rng.standard_normal(len(eighths))))[:, : eighths.shape[1]]
    if tensor.has(Kind.POSITIVE):
        eighths = eighths + sp.Rational(1, 8)
    if tensor.has(Kind.SIMPLEX) and tensor.has(Kind.POSITIVE):
        return eighths / eighths.sum(axis=-1, keepdims=True)
    if tensor.has(Kind.SIMPLEX):
        eighths[..., -1] = 1 - eighths[..., :-1].sum(axis=-1)
    return eighths


def _in_eighths(values: Any) -> Any:
    return np.vectorize(lambda v: sp.Rational(round(8 * v), 8), otypes=[object])(values)


def _reflection(normal: Any) -> Any:
    """The orthogonal matrix I - 2 v v' / v'v, all of whose entries are rational."""
    normal[0] += 2
    projection = np.outer(normal, normal) / (normal @ normal)
    return np.eye(len(normal), dtype=int) - 2 * projection


def _digits(tensor: Tensor, where: tuple[int, ...], drawn: Mapping[str, Any], sizes: Sizes) -> Any:
    """The value to many digits, in which SymPy computes at once; integers stay exact."""
    value = _value(tensor, where, drawn, sizes)
    return value if value.is_Integer else value.evalf(2 * DIGITS)


def _value(tensor: Tensor, where: tuple[int, ...], drawn: Mapping[str, Any], sizes: Sizes) -> Any:
    if tensor.is_variable:
        return np.asarray(drawn[tensor.name], dtype=object)[where]
    assert isinstance(tensor.origin, Choice)
    given = {name: np.asarray(values, dtype=float) for name, values in drawn.items()}
    return sp.Integer(int(Point(sizes, given).tensor(tensor).numbers[where]))
