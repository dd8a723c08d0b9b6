"""@derivation: a function whose signature is the context, docstring the prose, value the chain."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import update_wrapper
from itertools import product
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args, get_origin, overload

from derive.derivation.chains import Chain
from derive.derivation.errors import DerivationError
from derive.derivation.reasons import Reason
from derive.derivation.records import Record
from derive.proof.statuses import Gates
from derive.spaces import Choices, Family, IndexSpace, Space, Whole
from derive.terms.arrays import Array
from derive.terms.contexts import Context
from derive.terms.indices import Index
from derive.terms.sizes import Size

Body: TypeAlias = Callable[..., Chain | Mapping[str, Chain]]


class Applied(Array):
    """A derivation of given arguments: its value as an array, and its theorem as a reason.

    A free index that is not given becomes an axis. The value is the closed form of a derivative,
    and the first line of anything else; `start` and `end` are both ends of the chain.
    """

    __slots__ = ("axes", "record")

    def __init__(self, record: Record, axes: tuple[Index, ...]) -> None:
        value = record.chain.value
        super().__init__((*axes, *value.indices), value.body)
        self.record = record
        self.axes = axes

    @property
    def start(self) -> Array:
        """The first line."""
        return self._line(self.record.chain.start)

    @property
    def end(self) -> Array:
        """The last line."""
        return self._line(self.record.chain.end)

    def _line(self, line: Array) -> Array:
        return Array((*self.axes, *line.indices), line.body)

    @property
    def reason(self) -> Reason:
        """The theorem, proved anew for these arguments when it is used."""
        lemma = self.record.chain.theorem(self.record.context)
        return Reason(
            self.record.name, (self.record.name,), Gates(lemmas=(lemma,)), cited=self.record
        )


class Derivation:
    """A function that states a chain, with what its signature and docstring say."""

    def __init__(self, function: Body, where: Context, symbolic_only: str) -> None:
        update_wrapper(self, function)
        self.function = function
        self.symbolic_only = symbolic_only
        self.name = function.__name__
        self.topic = function.__module__.rpartition(".")[2]
        self.title, _, prose = (inspect.getdoc(function) or "").partition("\n")
        self.prose = prose.strip()
        self._where = where
        self._records: dict[tuple[str, ...], Record] = {}
        if not self.title:
            raise DerivationError(f"{self.name} has no docstring to take its title from")

    @property
    def place(self) -> str:
        """The file and line of the function."""
        code = self.function.__code__
        return f"{Path(code.co_filename).name}:{code.co_firstlineno}"

    # ------------------------------------------------------------------------------------
    # What the signature says

    @property
    def parameters(self) -> dict[str, object]:
        """Each parameter with its annotation."""
        given = inspect.get_annotations(self.function)
        if any(isinstance(annotation, str) for annotation in given.values()):
            # A file of the user's own that asks for postponed annotations.
            given = inspect.get_annotations(self.function, eval_str=True)
        return {name: _space(self.name, name, given) for name in self._signature.parameters}

    @property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self.function)

    @property
    def spaces(self) -> dict[str, Space | IndexSpace]:
        """The spaces of the variables and free indices."""
        found = self.parameters.items()
        return {name: s for name, s in found if isinstance(s, Space | IndexSpace)}

    @property
    def integers(self) -> dict[str, Size]:
        """The sizes that are arguments of their own, by the names they have in code."""
        found = self.parameters.items()
        return {name: whole.size for name, whole in found if isinstance(whole, Whole)}

    @property
    def conventions(self) -> dict[str, Choices]:
        """The conventions with their values."""
        return {name: c for name, c in self.parameters.items() if isinstance(c, Choices)}

    @property
    def defaults(self) -> dict[str, str]:
        """The value that each convention has unless another is asked for."""
        return {name: self._signature.parameters[name].default for name in self.conventions}

    @property
    def context(self) -> Context:
        """What is known of the sizes."""
        total = self._where
        for space in self.spaces.values():
            if isinstance(space, Space):
                total = total.joined(space.context)
        return total

    # ------------------------------------------------------------------------------------
    # Records and instances

    def record(self, **conventions: str) -> Record:
        """The derivation as data, for the conventions given."""
        chosen = self._chosen(conventions)
        key = tuple(chosen.values())
        if key not in self._records:
            arguments = {name: _argument(name, space) for name, space in self.spaces.items()}
            self._records[key] = self._stated(arguments, chosen)
        return self._records[key]

    def records(self) -> Iterator[Record]:
        """The records for all values of all conventions."""
        names = self.conventions
        for values in product(*(choices.values for choices in names.values())):
            yield self.record(**dict(zip(names, values, strict=True)))

    def _chosen(self, conventions: Mapping[str, str]) -> dict[str, str]:
        known = self.conventions
        for name, value in conventions.items():
            if name not in known:
                has = ", ".join(known) or "none"
                raise DerivationError(f"{self.name} has no convention {name!r}: it has {has}")
            if value not in known[name].values:
                wanted = ", ".join(known[name].values)
                raise DerivationError(f"{self.name}: {name} is one of {wanted}, not {value!r}")
        return {**self.defaults, **conventions}

    def _stated(self, arguments: Mapping[str, object], conventions: Mapping[str, str]) -> Record:
        try:
            value = self.function(**arguments, **self.integers, **conventions)
        except RecursionError:
            raise DerivationError(f"{self.name} cites itself") from None
        chains = value if isinstance(value, Mapping) else {"": value}
        if not chains or not all(isinstance(chain, Chain) for chain in chains.values()):
            raise DerivationError(f"{self.name} returns no chain, and no chains under names")
        return Record(
            name=self.name,
            title=self.title,
            chains=chains,
            topic=self.topic,
            prose=self.prose,
            spaces=self.spaces,
            indices={name: i for name, i in arguments.items() if isinstance(i, Index)},
            context=self.context,
            conventions=conventions,
            integers=self.integers,
            symbolic_only=self.symbolic_only,
            place=self.place,
            outputs=self.context.quotients,
        )

    def __call__(self, *arguments: object, **named: Any) -> Any:
        """The derivation of other terms, to build on and to cite: an `Applied`, or one a part."""
        conventions = {k: named.pop(k) for k in self.conventions if k in named}
        names = list(self.spaces)
        if len(arguments) > len(names):
            raise DerivationError(f"{self.name} takes {len(names)} arguments, got {len(arguments)}")
        given = dict(zip(names, arguments, strict=False)) | named
        axes = self._completed(given)
        record = self._stated(given, self._chosen(conventions))
        parts = {
            part: Applied(record.part(part) if part else record, axes) for part in record.chains
        }
        return parts.get("", parts)

    def _completed(self, given: dict[str, Any]) -> tuple[Index, ...]:
        """Fill in free indices that are not given, and return them: they become axes."""
        axes: list[Index] = []
        for name, space in self.spaces.items():
            if name not in given and isinstance(space, IndexSpace):
                given[name] = space.index(name)
                axes.append(given[name])
            elif name not in given:
                raise DerivationError(f"{self.name} needs {name}: {space!r}")
            elif isinstance(space, Space):
                self._check_shape(name, Array.of(given[name]), space)
        return tuple(axes)

    def _check_shape(self, name: str, given: Array, space: Space) -> None:
        if given.shape != space.shape:
            shapes = f"shape {_shown(given.shape)}, wanted {_shown(space.shape)}"
            raise DerivationError(f"{self.name}: {name} has {shapes}")

    def __repr__(self) -> str:
        return f"<derivation {self.name}: {self.title}>"


def _shown(shape: tuple[Size, ...]) -> str:
    return f"({', '.join(map(str, shape))})"


def _space(derivation: str, name: str, annotations: Mapping[str, object]) -> object:
    annotation = annotations.get(name)
    if isinstance(annotation, Family) and 0 in annotation.axes:
        return Space(annotation)
    if get_origin(annotation) is Literal:
        return Choices(get_args(annotation))
    if not isinstance(annotation, Space | IndexSpace | Whole | Choices):
        raise DerivationError(f"{derivation}: the parameter {name} has no space")
    return annotation


def _argument(name: str, space: Space | IndexSpace) -> object:
    return space.variable(name) if isinstance(space, Space) else space.index(name)


@overload
def derivation(function: Body, /) -> Derivation: ...


@overload
def derivation(
    *, where: Context = ..., symbolic_only: str = ...
) -> Callable[[Body], Derivation]: ...


def derivation(
    function: Body | None = None, /, *, where: Context | None = None, symbolic_only: str = ""
) -> Derivation | Callable[[Body], Derivation]:
    """Make a derivation of a function that returns a chain.

    `where` says what is known of the sizes, `at_least(n, 2)`; `symbolic_only` says why there is
    nothing to compute, where there is not.
    """
    context = where or Context()

    def decorated(function: Body) -> Derivation:
        return Derivation(function, context, symbolic_only)

    return decorated(function) if function is not None else decorated
