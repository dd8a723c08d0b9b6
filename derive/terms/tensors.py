"""Tensors: variables with their facts, and names that stand for something."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from derive.terms.sizes import Size

if TYPE_CHECKING:
    from derive.terms.indices import Affine, Index
    from derive.terms.nodes import Term


class Kind(Enum):
    """The closed list of facts that a tensor can carry."""

    POSITIVE = "positive"
    NONNEGATIVE = "nonnegative"
    NONZERO = "nonzero"
    SYMMETRIC = "symmetric"  # in the last two axes
    POSITIVE_DEFINITE = "positive definite"  # symmetric as well
    NONSINGULAR = "nonsingular"
    FULL_COLUMN_RANK = "full column rank"  # the Gram matrix X'X is nonsingular
    ORTHONORMAL = "orthonormal columns"  # U'U = I
    SIMPLEX = "simplex"  # entries >= 0, sum to one along the last axis
    ONE_HOT = "one-hot"  # a vertex of the simplex, along the last axis
    MASK = "mask"  # m*m = m, entrywise
    SIGNS = "signs"  # m*m = 1, entrywise
    CONSTANT = "constant"  # not a variable of differentiation
    MOMENTS = "moments"  # declared expectations; the arguments say which


@dataclass(frozen=True)
class Fact:
    """One fact of a tensor; only MOMENTS has arguments.

    MOMENTS on ``noise[i.., w]``, whose last axis runs over outcomes, has the arguments
    ``(weights, variance)`` or ``(weights, variance, mean)``, the last two scalar tensors: with
    ``E[f] = sum_w weights[w] f(w)``, ``E[1] = 1``, ``E[noise_i] = mean`` (0 unless given) and
    ``E[noise_i noise_j] = mean**2 + variance * [i = j]``.
    """

    kind: Kind
    arguments: tuple[Tensor, ...] = ()

    def __str__(self) -> str:
        return self.kind.value


class Definition:
    """``tensor[indices] = body``."""

    __slots__ = ("body", "indices", "key")

    def __init__(self, indices: tuple[Index, ...], body: Term) -> None:
        from derive.terms.structure import alpha_key, check_closed

        check_closed(indices, body)
        self.indices = indices
        self.body = body
        self.key = ("definition", alpha_key(body, indices))


class Inverse:
    """The inverse of a square matrix, which is thereby assumed nonsingular."""

    __slots__ = ("key", "matrix")

    def __init__(self, matrix: Tensor) -> None:
        self.matrix = matrix
        self.key = ("inverse", matrix.key)


class Determinant:
    """The determinant of a square matrix: a scalar."""

    __slots__ = ("key", "matrix")

    def __init__(self, matrix: Tensor) -> None:
        self.matrix = matrix
        self.key = ("determinant", matrix.key)


class LogDeterminant:
    """The logarithm of the absolute value of the determinant of a nonsingular matrix."""

    __slots__ = ("key", "matrix")

    def __init__(self, matrix: Tensor) -> None:
        self.matrix = matrix
        self.key = ("log determinant", matrix.key)


class Choice:
    """The one-hot weights of a maximum: 1 where ``body`` is largest over the choice indices.

    ``tensor[outer.., chosen..] = [body is the largest]`` among the choices at which every form of
    ``allowed`` is >= 0. Off ties exactly one weight is 1.
    """

    __slots__ = ("allowed", "body", "chosen", "key", "outer")

    def __init__(
        self,
        outer: tuple[Index, ...],
        chosen: tuple[Index, ...],
        body: Term,
        allowed: tuple[Affine, ...] = (),
    ) -> None:
        from derive.terms.structure import affine_key, alpha_key, binding, check_closed

        check_closed(outer + chosen, body)
        self.outer = outer
        self.chosen = chosen
        self.body = body
        self.allowed = allowed
        levels = binding(outer + chosen)
        guards = tuple(affine_key(form, levels) for form in allowed)
        self.key = ("choice", len(outer), alpha_key(body, outer + chosen), guards)


class Recurrence:
    """``tensor[0, rest..] = start`` and ``tensor[time + 1, rest..] = step``.

    In ``step`` the entries of the variable ``previous`` stand for ``tensor[time, rest..]``.
    """

    __slots__ = ("key", "previous", "rest", "start", "step", "time")

    def __init__(
        self, time: Index, rest: tuple[Index, ...], start: Term, step: Term, previous: Tensor
    ) -> None:
        from derive.terms.structure import alpha_key, check_closed

        check_closed(rest, start)
        check_closed((time, *rest), step)
        self.time = time
        self.rest = rest
        self.start = start
        self.step = step
        self.previous = previous
        self.key = (
            "recurrence",
            alpha_key(start, rest),
            alpha_key(step, (time, *rest)),
            previous.name,
        )


Origin: TypeAlias = Definition | Inverse | Determinant | LogDeterminant | Choice | Recurrence | None


class Tensor:
    """A named array of reals. Equal when name, shape, facts and origin are (up to bound names)."""

    __slots__ = ("_hash", "facts", "key", "name", "origin", "shape")

    def __init__(
        self,
        name: str,
        shape: tuple[Size, ...] = (),
        facts: frozenset[Fact] | tuple[Fact, ...] = (),
        origin: Origin = None,
    ) -> None:
        self.name = name
        self.shape = tuple(shape)
        self.facts = frozenset(facts)
        self.origin = origin
        fact_keys = tuple(sorted((f.kind.value, tuple(a.key for a in f.arguments)) for f in facts))
        self.key: tuple[object, ...] = (
            name,
            self.shape,
            fact_keys,
            origin.key if origin is not None else (),
        )
        self._hash = hash(self.key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Tensor) or self._hash != other._hash or self.key != other.key:
            return False
        other.key = self.key  # compared once: a definition in a definition would cost 2**depth
        return True

    def has(self, *kinds: Kind) -> bool:
        """Whether the tensor carries one of these facts."""
        return any(fact.kind in kinds for fact in self.facts)

    @property
    def is_variable(self) -> bool:
        """Whether the tensor stands for nothing but itself."""
        return self.origin is None

    @property
    def is_symmetric(self) -> bool:
        """Whether the last two axes may be exchanged."""
        return self.has(Kind.SYMMETRIC, Kind.POSITIVE_DEFINITE)

    def __repr__(self) -> str:
        return self.name


class Function:
    """An opaque smooth scalar function of ``arity`` arguments, or a derivative of one."""

    __slots__ = ("_hash", "arity", "name", "orders")

    def __init__(self, name: str, arity: int = 1, orders: tuple[int, ...] | None = None) -> None:
        self.name = name
        self.arity = arity
        self.orders = orders or (0,) * arity
        self._hash = hash((name, arity, self.orders))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Function) and (self.name, self.arity, self.orders) == (
            other.name,
            other.arity,
            other.orders,
        )

    def derivative(self, position: int) -> Function:
        """The partial derivative by the argument at a position."""
        orders = tuple(order + (k == position) for k, order in enumerate(self.orders))
        return Function(self.name, self.arity, orders)

    def __repr__(self) -> str:
        return self.name + "'" * sum(self.orders)
