"""Assignments of the named sizes of a record, by a search that keeps what is known of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.derivation import Record
from derive.proof.evaluator.survey import implied
from derive.spaces import Space
from derive.terms.contexts import Context
from derive.terms.sizes import Size
from derive.terms.structure import reachable, size_names
from derive.terms.tensors import Kind, Tensor

Sizes: TypeAlias = Mapping[str, int]

MANY = 6  # from so many names on, not all small assignments are looked at
CROWD = 9  # from so many names on, sizes that all differ are too large to work with
TRIED = 20_000


def names_of_sizes(record: Record) -> tuple[str, ...]:
    """The named sizes of a record: those first that constraints tie together, then by name.

    Of these the ones that constraints have with coefficient one are the last: they give them.
    """
    spaces = [size for space in record.spaces.values() for size in _shape(space)]
    spaces += record.integers.values()
    names = {name for size in spaces for name in size.names}
    lines = (line.body for chain in record.chains.values() for line in chain.lines)
    constraints = record.context.constraints
    tied = {name for c in constraints for name in c.names}
    given = {name for name in tied if all(_is_given(name, c) for c in constraints)}
    found = names.union(tied, *map(size_names, lines))
    return tuple(sorted(found, key=lambda name: (name not in tied, name in given, name)))


def _is_given(name: str, constraint: Size) -> bool:
    """Whether a constraint has a name, if at all, once, by itself and with coefficient one."""
    found = [(m, abs(k)) for m, k in constraint if name in dict(m)]
    return found in ([], [(((name, 1),), 1)])


def random_tensors(record: Record) -> tuple[Tensor, ...]:
    """The tensors of a record whose moments are declared."""
    lines = (line.body for chain in record.chains.values() for line in chain.lines)
    found = dict.fromkeys(tensor for line in lines for tensor in reachable(line))
    return tuple(tensor for tensor in found if tensor.has(Kind.MOMENTS))


def _context(record: Record) -> Context:
    """What is known of the sizes, and that there are outcomes enough for the declared moments."""
    context = record.context
    for tensor in random_tensors(record):
        context = context.joined(Context({}, tuple(implied(tensor))))
    return context


def _shape(space: Any) -> tuple[Any, ...]:
    return space.shape if isinstance(space, Space) else (space.size,)


def is_allowed(sizes: Sizes, context: Context) -> bool:
    """Whether an assignment, perhaps of some sizes only, keeps what the context says of them."""
    bounds = all(value >= context.lower.get(name, 1) for name, value in sizes.items())
    known = [c for c in context.constraints if set(c.names) <= set(sizes)]
    return bounds and all(constraint.value(sizes) >= 0 for constraint in known)


def assignments(
    names: Sequence[str],
    context: Context,
    values: Sequence[int],
    distinct: bool = False,
    turned: bool = False,
) -> Iterator[dict[str, int]]:
    """All allowed assignments of given values, in their order, found name by name.

    With `turned`, each name begins with another of the first four values than the one before it.

    >>> from derive.spaces import at_least
    >>> list(assignments(["n", "p"], at_least("n", "p"), [1, 2]))
    [{'n': 1, 'p': 1}, {'n': 2, 'p': 1}, {'n': 2, 'p': 2}]
    """
    budget = iter(range(TRIED))

    def completed(known: dict[str, int]) -> Iterator[dict[str, int]]:
        if len(known) == len(names):
            yield known
            return
        name, start = names[len(known)], len(known) % 4 if turned else 0
        for value in (*values[start:4], *values[:start], *values[4:]):
            tried = {**known, name: value}
            fresh = not distinct or value not in known.values()
            if fresh and is_allowed(tried, context) and next(budget, None) is not None:
                yield from completed(tried)

    return completed({})


def _first(
    record: Record, values: Sequence[int], distinct: bool = False, turned: bool = False
) -> Iterator[Sizes]:
    given = (names_of_sizes(record), _context(record), tuple(values))
    found = _found(*given, distinct, turned)
    yield from () if found is None else (dict(found),)


@lru_cache(maxsize=1_000)
def _found(
    names: tuple[str, ...], context: Context, values: tuple[int, ...], distinct: bool, turned: bool
) -> Sizes | None:
    """The first assignment; the regimes ask for the same ones."""
    return next(assignments(names, context, values, distinct, turned), None)


def different(record: Record) -> Iterator[Sizes]:
    """Every size another number, twice, the second time in another order.

    Where sizes determine each other that can be impossible; then some coincide. Windows that move
    over an image overlap the second time, and move by more than one place.
    """
    names, tied = names_of_sizes(record), bool(record.context.constraints)
    count = len(names)
    orders = [range(2, 4 + count + 6 * tied), range(4 + count + 6 * tied, 0, -1)]
    mixed = ([2, 3, 1, 4], [2, 3, 3, 2] if record.context.quotients else [3, 2, 5, 1])
    for number in range(2 if count else 1):
        hopeless = count >= CROWD or (tied and number and count > MANY)
        found = [] if hopeless else list(_first(record, orders[number], distinct=True))
        yield from found or _first(record, [*mixed[number], *range(5, 30)], turned=True)


def smallest(record: Record) -> Iterator[Sizes]:
    """Every size as small as the context allows, 1 as a rule."""
    yield from _first(record, range(0, 8))


def equal(record: Record) -> Iterator[Sizes]:
    """All sizes the same number."""
    count = len(names_of_sizes(record))
    found = (sizes for k in range(3, 6) for sizes in _first(record, [k])) if count > 1 else iter(())
    yield from islice(found, 1)


def empty(record: Record) -> Iterator[Sizes]:
    """One size after the other nought, where nothing but an existence speaks against it."""
    needed = {name for c in record.context.constraints for name in c.names}
    needed |= {name for size in record.integers.values() for name in size.names}
    for space in record.spaces.values():
        if isinstance(space, Space) and {Kind.SIMPLEX, Kind.ONE_HOT} & set(space.family.kinds):
            needed |= set(space.shape[-1].names)  # these have at least one entry that is not 0
    for sizes in islice(different(record), 1):
        for name in sizes:
            if name not in needed and record.context.lower.get(name, 1) <= 1:
                yield {**sizes, name: 0}


def many(record: Record) -> Iterator[Sizes]:
    """A hundred and fifty places along the last axis of the first array."""
    tied = {name for c in record.context.constraints for name in c.names}
    shapes = [space.shape for space in record.spaces.values() if isinstance(space, Space)]
    last = next((str(shape[-1]) for shape in shapes if shape), "")
    for sizes in islice(different(record), 1):
        if last in sizes and last not in tied and len(sizes) < MANY:
            yield {**sizes, last: 150}


def few_and_small(record: Record, count: int = 2) -> Iterator[Sizes]:
    """Two assignments for expansions, or so many, in which every entry is written out."""
    names, context = names_of_sizes(record), _context(record)
    if len(names) >= MANY:
        yield from _first(record, [2, 1, 3, 0])
        yield from _first(record, [1, 2, 3, 0])
        return
    allowed = list(islice(assignments(names, context, range(0, 4)), TRIED))
    yield from sorted(allowed, key=lambda s: (sum(s.values()) + 2 * _hidden(s), *s.values()))[
        :count
    ]


def _hidden(sizes: Sizes) -> int:
    """How much an assignment hides: sizes of one and of nought, and sizes that coincide."""
    values = list(sizes.values())
    return 2 * sum(value < 2 for value in values) + len(values) - len(set(values))


def sizes_of(record: Record, given: Mapping[str, npt.ArrayLike]) -> dict[str, int]:
    """The named sizes that the shapes of the arrays tell, and the integers given by name.

    Raises:
        ValueError: where two shapes disagree, an array has another number of axes, or an integer
            is missing.
    """
    shapes = {name: variable.shape for name, variable in record.variables.items()}
    names = names_of_sizes(record)
    return sizes_told(shapes, record.integers, names, record.context, given)


def sizes_told(
    shapes: Mapping[str, tuple[Size, ...]],
    integers: Mapping[str, Size],
    names: Sequence[str],
    context: Context,
    given: Mapping[str, npt.ArrayLike],
) -> dict[str, int]:
    """The same for variables of some shapes, in a context."""
    sizes: dict[str, int] = {}
    told = {name: shape for name, shape in shapes.items() if name in given}
    for name, shape in told.items():
        got = np.shape(given[name])
        if len(got) != len(shape):
            raise ValueError(f"{name}: got shape {got}, wanted {_written(shape)}")
        for size, number in zip(shape, got, strict=True):
            known = sizes.setdefault(str(size), number) if _is_name(size) else number
            if known != number:
                said = f"got shape {got}, wanted {_written(shape)} with {size} = {known}"
                raise ValueError(f"{name}: {said}")
    for name, size in integers.items():
        if name not in given:
            raise ValueError(f"{name}: not given, wanted a whole number for {size}")
        sizes[str(size)] = int(np.asarray(given[name]))
    found = _completed(names, context, sizes)
    for name, shape in told.items():
        wanted = tuple(size.value(found) for size in shape)
        if wanted != np.shape(given[name]):
            said = f"got shape {np.shape(given[name])}, wanted {_written(shape)}, {wanted} there"
            raise ValueError(f"{name}: {said}")
    return found


def _is_name(size: Size) -> bool:
    return size == Size.of(str(size))


def _written(shape: Sequence[Size]) -> str:
    return f"({', '.join(map(str, shape))})"


def _completed(names: Sequence[str], context: Context, known: Mapping[str, int]) -> dict[str, int]:
    """The sizes with those that follow from them, such as the number of outputs."""
    known = {**_floors(context, known), **known}
    missing = [name for name in names if name not in known]
    tied = [name for c in context.constraints for name in c.names]
    if not set(missing) & set(tied):
        return dict(known)
    values = {name: Size.of(number) for name, number in known.items()}
    rest = tuple(c.substituted(values) for c in context.constraints)
    left = Context(context.lower, rest)
    found = next(assignments(missing, left, range(max(known.values()) + 1)), None)
    if found is None:
        raise ValueError(f"no {', '.join(missing)} fits {dict(known)}")
    return {**known, **found}


def _floors(context: Context, known: Mapping[str, int]) -> dict[str, int]:
    """The sizes that are quotients of known ones, where they are as large as they have to be."""
    found: dict[str, int] = {}
    for name, (above, below) in context.quotients.items():
        if {*above.names, *below.names} <= set(known) and below.value(known) > 0:
            found[name] = above.value(known) // below.value(known)
    return {name: size for name, size in found.items() if size >= context.lower.get(name, 1)}
