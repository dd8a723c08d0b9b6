"""What names mean while a text is read: variables, definitions, sizes, indices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from derive.language.declarations import Declarations
from derive.language.outputs import Outputs
from derive.terms import arrays
from derive.terms.arrays import Array, ShapeError
from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Guard, Mul, Term
from derive.terms.sizes import Size
from derive.terms.structure import free_indices, unfolded
from derive.terms.tensors import Tensor


@dataclass(frozen=True)
class Named:
    """A definition: given by a statement, or generated while a function was read."""

    name: str
    array: Array
    text: str
    column: int
    generated: bool = False
    function: str = ""  # the function that made a generated definition, such as softmax

    @property
    def tensor(self) -> Tensor:
        """The defined tensor."""
        assert isinstance(self.array.body, At)
        return self.array.body.tensor


@dataclass
class Scope:
    """The names in use; grows while statements are read."""

    declarations: Declarations
    context: Context = field(default_factory=Context)
    indices: dict[str, Index] = field(default_factory=dict)
    functions: Mapping[str, int] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    arrays: dict[str, Array] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    definitions: list[Named] = field(default_factory=list)
    place: tuple[str, int] = ("", 1)
    ranges: dict[Index, list[Size]] = field(default_factory=dict)
    outputs: Outputs = field(default_factory=Outputs)
    keys: dict[object, Named] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.arrays.update(self.declarations.variables)
        for name in self.declarations.sizes:
            self.sizes[name] = 1
        self.taken.update(self.arrays, self.sizes, self.indices, self.functions)
        self.taken.update(self.outputs.values)

    def unused(self, bases: str) -> str:
        """A name that nothing in the text has: one of the bases, or the first numbered from 2."""
        first = bases.split()[0]
        names = [*bases.split(), *(f"{first}{k}" for k in range(2, len(self.taken) + 3))]
        name = next(name for name in names if name not in self.taken)
        self.taken.add(name)
        return name

    def size(self, name: str) -> Size | None:
        """The size that a name is or abbreviates."""
        own = Size.of(name) if name in self.sizes else None
        return self.outputs.values.get(name, own)

    def use_size(self, name: str, lower: int) -> Size:
        """A named size, at least ``lower``; the largest bound asked for holds."""
        self.sizes[name] = max(lower, self.sizes.get(name, lower))
        self.taken.add(name)
        return Size.of(name)

    def assume(self, *sizes: Size) -> None:
        """Adds to the context that sizes are >= 0, where that does not follow already."""
        for size in sizes:
            if not self.known.is_nonnegative(size):
                self.context = self.context.joined(Context({}, (size,)))

    @property
    def known(self) -> Context:
        """All that is known of the sizes: the given context, bounds, and constraints."""
        own = {name: low for name, low in self.sizes.items() if low != 1}
        return replace(self.context, lower={**own, **self.context.lower})

    def define(self, name: str, value: Array, text: str, column: int) -> Array:
        """A definition that a statement gives; it takes over a generated one made for it."""
        made = self.definitions[-1] if self.definitions else None
        if made and made.generated and made.column >= column and _is_named(value, made):
            value = self._taken_over(made)
        named = Named(name, arrays.define(name, value), text, column)
        self.arrays[name] = named.array
        return self._added(named)

    def _taken_over(self, made: Named) -> Array:
        """The value of the last generated definition, which is dropped."""
        self.definitions.pop()
        self.taken.discard(made.name)
        assert isinstance(made.array.body, At)
        return Array(made.array.indices, unfolded(made.array.body))

    def generated(self, bases: str, value: Array, function: str) -> Array:
        """A definition with a name of our own; the same value is named once."""
        value = closed(function, value)
        known = self.keys.get(_key(arrays.define("", value)))
        if known:
            return known.array
        name = self.unused(bases)
        return self._added(Named(name, arrays.define(name, value), *self.place, True, function))

    def _added(self, named: Named) -> Array:
        self.definitions.append(named)
        self.keys[_key(named.array)] = named
        return named.array

    def simple(self, bases: str, value: Array, function: str) -> Array:
        """The array itself when it is a variable or a name, else a generated name for it."""
        return value if entry_tensor(value) is not None else self.generated(bases, value, function)

    def known_names(self) -> Iterable[str]:
        """The names that can stand in an expression."""
        return (*self.arrays, *self.sizes, *self.indices)


def _key(named: Array) -> tuple[object, ...]:
    """What two names share that stand for the same array."""
    assert isinstance(named.body, At) and named.body.tensor.origin is not None
    return named.body.tensor.origin.key, named.shape


def _is_named(value: Array, made: Named) -> bool:
    """Whether an array is what a name stands for, its axes in their own order."""
    return value.shape == made.array.shape and value.body == made.array.at(value.indices)


def entry_tensor(value: Array) -> Tensor | None:
    """The tensor whose entries an array is, in their own order, or None."""
    body = value.body
    if not isinstance(body, At) or tuple(slot.plain for slot in body.slots) != value.indices:
        return None
    return body.tensor if body.tensor.shape == value.shape else None


def is_closed(value: Array) -> bool:
    """Whether nothing in an array depends on an index from outside."""
    return free_indices(value.body) <= set(value.indices)


def closed(operation: str, value: Array) -> Array:
    """The array itself, if nothing in it depends on an index from outside.

    Raises:
        ShapeError: a name must not hide that what it stands for varies with an index.
    """
    if not is_closed(value):
        outside = free_indices(value.body) - set(value.indices)
        names = ", ".join(sorted(index.name for index in outside))
        raise ShapeError(f"{operation} of an entry that depends on the index {names}")
    return value


def at(value: Array, slots: list[Affine], scope: Scope) -> Array:
    """The entry of an array at affine forms; 0 out of range, also where the body would not be."""
    entry = value.at(slots)
    if isinstance(value.body, At) and entry_tensor(value) is not None:
        return Array((), entry)
    guards: list[Term] = []
    for slot, size in zip(slots, value.shape, strict=True):
        plain = slot.plain in scope.ranges  # then the range is that of the axis
        pending = any(index in scope.ranges for index in slot.indices)
        if not plain and (pending or not scope.known.in_range(slot, size)):
            guards += [Guard(slot), Guard(size - 1 - slot)]
    return Array((), Mul((*guards, entry)) if guards else entry)
