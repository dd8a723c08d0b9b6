"""The hand-written function of a derivation: same module, same name, same parameter names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from itertools import permutations
from typing import Any

from derive import catalogue
from derive.derivation import Record
from derive.terms.arrays import Array
from derive.terms.nodes import At, D, Mul, Sum, Term
from derive.terms.sizes import Size
from derive.terms.structure import alpha_key, ordered_free_indices, unfolded
from derive.terms.tensors import Definition

Function = Callable[..., Any]


class NoPartner(LookupError):
    """A derivation to which `numerics` has no function, and that does not say why."""


def partner(record: Record) -> Partner:
    """The function of `numerics` that computes what a record derives, conventions filled in.

    Raises:
        NoPartner: naming the function that is missing.
    """
    name, _, part = record.name.partition(".")
    try:
        function = getattr(import_module(f"numerics.{record.topic}"), name)
    except (ImportError, AttributeError):
        raise NoPartner(f"numerics.{record.topic} has no function {name}") from None
    return Partner(function, record.conventions, part, record.integers)


def is_catalogued(record: Record) -> bool:
    """Whether a record is of the catalogue, so that `numerics` has to have its function."""
    entry = catalogue.entries().get(record.name.partition(".")[0])
    return entry is not None and entry.topic == record.topic


@dataclass(frozen=True)
class Partner:
    """A function called with arrays by name, of which it drops those that it does not take.

    Sizes that are arguments are taken from the assignment that stands among the arrays.
    """

    function: Function
    conventions: Mapping[str, str]
    part: str = ""
    integers: Mapping[str, Size] = field(default_factory=dict)

    def __call__(self, arrays: Mapping[str, Any]) -> Any:
        known = self._parameters
        used = {name: array for name, array in arrays.items() if name in known}
        options = {name: value for name, value in self.conventions.items() if name in known}
        sizes = arrays["sizes"].item() if self.integers else {}
        whole = {name: size.value(sizes) for name, size in self.integers.items()}
        result = self.function(**used, **options, **whole)
        return getattr(result, self.part) if self.part else result

    @property
    def keywords(self) -> tuple[str, ...]:
        """The parameters that do not count when the type of the result is decided."""
        found = self._parameters.values()
        return tuple(p.name for p in found if p.kind is inspect.Parameter.KEYWORD_ONLY)

    @cached_property
    def _parameters(self) -> Mapping[str, inspect.Parameter]:
        return inspect.signature(self.function).parameters


def primal(record: Record) -> tuple[Record, tuple[str, ...]] | None:
    """The record whose value a record differentiates, and which of this one's indices it uses.

    It is another entry of the same topic whose first line is the very term under the derivative.
    """
    start = record.chain.start
    body = start.body
    if not isinstance(body, D) or start.indices:
        return None
    for other in _of_topic(record):
        for line in (other.chain.start, other.chain.end):
            indices = _matched(line, other, body)
            if indices is not None:
                names = {index: name for name, index in record.indices.items()}
                return other, tuple(names[index] for index in indices)
    return None


def weighted_primal(record: Record) -> tuple[str, Record] | None:
    """For the gradient of ``(dy * y).sum()``: the name of ``dy`` and the record that has ``y``."""
    body = record.chain.start.body
    if not isinstance(body, D):
        return None
    wanted = {alpha_key(body.body), alpha_key(_written_out(body.body))}
    for other in _of_topic(record):
        for name, weights in record.variables.items():
            for line in (other.chain.start, other.chain.end):
                value = Array((*other.indices.values(), *line.indices), line.body)
                fits = name not in other.variables and value.shape == weights.shape
                if fits and alpha_key((weights * value).sum().body) in wanted:
                    return name, other
    return None


def _written_out(loss: Term) -> Term:
    """``sum dy y`` with what the name ``y`` stands for."""
    if isinstance(loss, Sum):
        return Sum(loss.index, _written_out(loss.body))
    if isinstance(loss, Mul):
        return Mul(_written_out(part) for part in loss.parts)
    if isinstance(loss, At) and isinstance(loss.tensor.origin, Definition):
        return unfolded(loss)
    return loss


def _of_topic(record: Record) -> Iterator[Record]:
    for entry in catalogue.entries().values():
        if entry.topic == record.topic and entry.name != record.name:
            yield from catalogue.derivation(entry.name).records()


def _matched(line: Array, other: Record, derivative: D) -> tuple[Any, ...] | None:
    """The free indices of a differentiated term, in the order in which another record has them."""
    free = ordered_free_indices(derivative.body)
    axes = (*other.indices.values(), *line.indices)
    if len(free) != len(axes):
        return None
    wanted = alpha_key(line.body, axes)
    orders = permutations(free) if len(free) < 5 else [free]
    return next((o for o in orders if alpha_key(derivative.body, o) == wanted), None)
