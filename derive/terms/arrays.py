"""Arrays: terms with axes, written as in NumPy. Shapes are checked, nothing is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import TypeAlias

from derive.terms.indices import Affine, Index
from derive.terms.nodes import (
    At,
    Count,
    D,
    Delta,
    Fn,
    Num,
    Pow,
    Sum,
    Term,
    added,
    divided,
    multiplied,
    negated,
    summed,
)
from derive.terms.shapes import NAMES as NAMES
from derive.terms.shapes import ShapeError as ShapeError
from derive.terms.shapes import (
    axis_name,
    chosen_axes,
    entry_count,
    remaining_axes,
    shape_text,
    stacked,
)
from derive.terms.sizes import ONE, Size, SizeLike
from derive.terms.structure import substituted
from derive.terms.tensors import (
    Choice,
    Definition,
    Determinant,
    Fact,
    Inverse,
    Kind,
    LogDeterminant,
    Recurrence,
    Tensor,
)

ArrayLike: TypeAlias = "Array | Index | Affine | Size | Fraction | int | float"


class Array:
    """A function from indices to a scalar term: ``array[i, j] = body``.

    >>> n, p = Size.of("n"), Size.of("p")
    >>> X, b = variable("X", (n, p)), variable("b", (p,))
    >>> (X @ b).shape
    (n,)
    """

    __slots__ = ("body", "indices")
    __array_priority__ = 1000

    def __init__(self, indices: Iterable[Index], body: Term) -> None:
        self.indices = tuple(indices)
        self.body = body

    @staticmethod
    def of(value: ArrayLike) -> Array:
        """An array from an array, a size or a number; a float is read by its decimal text."""
        if isinstance(value, Array):
            return value
        if isinstance(value, Index | Affine | Size):
            known = value.constant if isinstance(value, Size) else None
            return Array((), Count(value) if known is None else Num(known))
        number = Fraction(str(value)) if isinstance(value, float) else Fraction(value)
        return Array((), Num(number))

    @property
    def shape(self) -> tuple[Size, ...]:
        """The sizes of the axes."""
        return tuple(index.size for index in self.indices)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.indices)

    @property
    def T(self) -> Array:
        """The axes in reverse order; a vector is its own transpose."""
        return Array(self.indices[::-1], self.body)

    def at(self, forms: Sequence[Affine | Index | Size | int]) -> Term:
        """The entry at affine forms, one for each axis."""
        pairs = zip(self.indices, (Affine.of(form) for form in forms), strict=True)
        return substituted(self.body, dict(pairs))

    def fresh(self) -> tuple[tuple[Index, ...], Term]:
        """New indices for all axes, and the entry at them."""
        indices = tuple(index.fresh() for index in self.indices)
        return indices, self.at(indices)

    def __getitem__(self, key: object) -> Array:
        """Entries at indices or affine forms; ``:`` keeps an axis, ``None`` makes one of size 1."""
        keys = key if isinstance(key, tuple) else (key,)
        given = sum(k is not None for k in keys)
        keys = keys + (slice(None),) * (self.ndim - given)
        if given > self.ndim:
            raise ShapeError(f"{given} indices for an array with {self.ndim} axes")
        kept: list[Index] = []
        slots: list[Affine] = []
        axes = iter(self.indices)
        for k in keys:
            if k is None:
                kept.append(Index("i", ONE))
            elif isinstance(k, slice):
                kept.append(next(axes).fresh())
                slots.append(Affine.of(kept[-1]))
            else:
                next(axes)
                slots.append(Affine.of(k))
        return Array(kept, self.at(slots))

    def __add__(self, other: ArrayLike) -> Array:
        return elementwise("+", added, self, other)

    def __radd__(self, other: ArrayLike) -> Array:
        return elementwise("+", added, other, self)

    def __sub__(self, other: ArrayLike) -> Array:
        return elementwise("-", _subtracted, self, other)

    def __rsub__(self, other: ArrayLike) -> Array:
        return elementwise("-", _subtracted, other, self)

    def __mul__(self, other: ArrayLike) -> Array:
        return elementwise("*", multiplied, self, other)

    def __rmul__(self, other: ArrayLike) -> Array:
        return elementwise("*", multiplied, other, self)

    def __truediv__(self, other: ArrayLike) -> Array:
        return elementwise("/", divided, self, other)

    def __rtruediv__(self, other: ArrayLike) -> Array:
        return elementwise("/", divided, other, self)

    def __pow__(self, other: ArrayLike) -> Array:
        return elementwise("**", Pow, self, other)

    def __rpow__(self, other: ArrayLike) -> Array:
        return elementwise("**", Pow, other, self)

    def __neg__(self) -> Array:
        return Array(self.indices, negated(self.body))

    def __matmul__(self, other: Array) -> Array:
        """NumPy's ``@``: vectors, matrices, and stacks of matrices along leading axes."""
        if not self.ndim or not other.ndim:
            raise ShapeError("@ needs arrays with at least one axis on both sides")
        left, a = self.fresh()
        right, b = other.fresh()
        inner = right[-2] if len(right) > 1 else right[0]
        shapes = f"@ of shapes {shape_text(self.shape)} and {shape_text(other.shape)}"
        if left[-1].size != inner.size:
            raise ShapeError(shapes, (left[-1].size, inner.size))
        b = substituted(b, {inner: Affine.of(left[-1])})
        rows, columns = left[-2:-1], right[-1:] if len(right) > 1 else ()
        try:
            stack, a, b = stacked(left[:-2], a, right[:-2], b)
        except ShapeError as error:
            raise ShapeError(shapes, error.sizes) from None
        return Array((*stack, *rows, *columns), Sum(left[-1], multiplied(a, b)))

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
        """The sum over some axes, or all."""
        axes = chosen_axes(axis, self.ndim)
        indices, body = self.fresh()
        total = summed([indices[k] for k in axes], body)
        return Array(remaining_axes(indices, axes, keepdims), total)

    def mean(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
        """The sum divided by the number of entries summed."""
        return self.sum(axis, keepdims) / entry_count(self.shape, chosen_axes(axis, self.ndim))

    def var(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Array:
        """The biased variance: the mean of the squared distance to the mean."""
        centred = self - self.mean(axis, keepdims=True)
        return (centred**2).mean(axis, keepdims)

    def __repr__(self) -> str:
        return f"Array{self.indices}: {self.body!r}"


def variable(name: str, shape: Iterable[SizeLike] = (), *facts: Fact | Kind) -> Array:
    """A new variable: an array whose entries are unknown reals."""
    known = tuple(Fact(fact) if isinstance(fact, Kind) else fact for fact in facts)
    return entries(Tensor(name, tuple(Size.of(s) for s in shape), known))


def entries(tensor: Tensor) -> Array:
    """The array of all entries of a tensor."""
    indices = tuple(Index(axis_name(k), size) for k, size in enumerate(tensor.shape))
    return Array(indices, At(tensor, indices))


def define(name: str, value: ArrayLike) -> Array:
    """A name for an array: later terms show the name, and derivatives go through it.

    What is named has no axes of size 1: ``mean(x, axis=1, keepdims=True)`` is a vector of means.

    >>> x = variable("x", ("n", "p"))
    >>> means = define("m", x.mean(axis=1, keepdims=True))
    >>> means.shape, means.body.tensor.shape
    ((n, 1), (n,))
    """
    value = Array.of(value)
    indices = value.fresh()[0]
    own = tuple(index for index in indices if index.size != ONE)
    body = value.at([index if index in own else 0 for index in indices])
    named = entries(Tensor(name, tuple(index.size for index in own), (), Definition(own, body)))
    axes = iter(named.indices)
    return Array([next(axes) if index in own else index for index in indices], named.body)


def recurrence(
    name: str, steps: SizeLike, start: ArrayLike, step: Callable[[Array, Index], ArrayLike]
) -> Array:
    """The array ``v[0] = start``, ``v[t + 1] = step(v[t], t)`` over ``t = 0 .. steps - 1``.

    >>> beta, g = variable("beta"), variable("g", ("T",))
    >>> recurrence("v", "T", 0, lambda v, t: beta * v + g[t]).shape
    (T,)
    """
    rest, first = Array.of(start).fresh()
    time = Index("t", steps)
    previous = Tensor(f"{name}_previous", tuple(index.size for index in rest))
    following = Array.of(step(entries(previous), time))
    origin = Recurrence(time, rest, first, following.at(rest), previous)
    return entries(Tensor(name, (time.size, *previous.shape), (), origin))


def sum_over(indices: Index | Iterable[Index], value: ArrayLike) -> Array:
    """The sum of an array over indices that its entries depend on."""
    value = Array.of(value)
    bound = (indices,) if isinstance(indices, Index) else tuple(indices)
    return Array(value.indices, summed(bound, value.body))


def array(indices: Iterable[Index], value: ArrayLike) -> Array:
    """The array whose entry at the indices is a scalar that depends on them."""
    value = Array.of(value)
    return Array((*indices, *value.indices), value.body)


def derivative(value: Array, by: Array) -> Array:
    """``D``: the axes of the value first, then those of the entries differentiated by."""
    own, body = value.fresh()
    indices, entry = by.fresh()
    if not isinstance(entry, At):
        raise ShapeError("a derivative is taken by a variable, a defined name or an entry of one")
    return Array((*own, *indices), D(body, entry))


def elementwise(
    symbol: str, operation: Callable[[Term, Term], Term], *operands: ArrayLike
) -> Array:
    """An operation entry by entry, with NumPy's broadcasting; only the literal 1 is stretched."""
    left, right = map(Array.of, operands)
    own, a = left.fresh()
    others, b = right.fresh()
    try:
        indices, a, b = stacked(own, a, others, b)
    except ShapeError as error:
        shapes = f"{shape_text(left.shape)} and {shape_text(right.shape)}"
        raise ShapeError(f"{symbol} of shapes {shapes}", error.sizes) from None
    return Array(indices, operation(a, b))


def apply(function: str, *operands: ArrayLike) -> Array:
    """An elementary function, entry by entry."""
    if len(operands) == 2:
        return elementwise(function, lambda a, b: Fn(function, (a, b)), *operands)
    value = Array.of(operands[0])
    return Array(value.indices, Fn(function, (value.body,)))


def maximum_over(
    value: Array, axis: int | tuple[int, ...] | None = None, keepdims: bool = False
) -> Array:
    """The largest entry along axes, as the sum of the entries weighted by the one-hot choice."""
    axes = chosen_axes(axis, value.ndim)
    outer = [k for k in range(value.ndim) if k not in axes]
    weight = choice("", value, axes)
    indices, body = value.fresh()
    entry = At(weight, [indices[k] for k in (*outer, *axes)])
    total = summed([indices[k] for k in axes], multiplied(entry, body))
    return Array(remaining_axes(indices, axes, keepdims), total)


def choice(name: str, value: Array, axes: Sequence[int], allowed: Sequence[Affine] = ()) -> Tensor:
    """The one-hot weights of the maximum along axes; the outer axes come first."""
    outer = tuple(i for k, i in enumerate(value.indices) if k not in axes)
    chosen = tuple(value.indices[k] for k in axes)
    shape = tuple(index.size for index in (*outer, *chosen))
    return Tensor(name, shape, (), Choice(outer, chosen, value.body, tuple(allowed)))


def inverse(matrix: Array) -> Array:
    """The inverse of a square matrix."""
    tensor, transposed = _matrix("inv", matrix)
    result = entries(Tensor("", tensor.shape, _inherited(tensor), Inverse(tensor)))
    return result.T if transposed else result


def determinant(matrix: Array) -> Array:
    """The determinant of a square matrix."""
    return entries(Tensor("", (), (), Determinant(_matrix("det", matrix)[0])))


def log_determinant(matrix: Array) -> Array:
    """The logarithm of the absolute value of the determinant of a nonsingular matrix."""
    return entries(Tensor("", (), (), LogDeterminant(_matrix("logdet", matrix)[0])))


def identity(size: SizeLike) -> Array:
    """The identity matrix."""
    i, j = Index("i", size), Index("j", size)
    return Array((i, j), Delta(i - j))


def diagonal_matrix(vector: Array) -> Array:
    """The matrix with a vector on its diagonal."""
    (i,), body = vector.fresh()
    j = Index("j", i.size)
    return Array((i, j), multiplied(Delta(i - j), body))


def trace(matrix: Array) -> Array:
    """The sum of the diagonal of a square matrix."""
    return diagonal(square("tr", matrix)).sum()


def diagonal(matrix: Array) -> Array:
    """The diagonal of a square matrix."""
    i = square("diagonal", matrix).indices[0].fresh()
    return Array((i,), matrix.at((i, i)))


def outer(left: Array, right: Array) -> Array:
    """The outer product of two vectors."""
    return left[:, None] * right[None, :] if left.ndim == right.ndim == 1 else _no_vectors()


def constant(value: int, shape: Iterable[SizeLike]) -> Array:
    """An array with the same number everywhere."""
    return Array([Index(axis_name(k), size) for k, size in enumerate(shape)], Num(value))


def square(operation: str, matrix: Array) -> Array:
    """The matrix itself, if it is square.

    Raises:
        ShapeError: naming the operation and the shape.
    """
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ShapeError(f"{operation} needs a square matrix, got shape {shape_text(matrix.shape)}")
    return matrix


def _matrix(operation: str, matrix: Array) -> tuple[Tensor, bool]:
    """The tensor that holds a matrix, and whether it holds it transposed."""
    square(operation, matrix)
    body = matrix.body
    if isinstance(body, At) and len(body.slots) == 2:
        plain = tuple(slot.plain for slot in body.slots)
        if plain in (matrix.indices, matrix.indices[::-1]) and body.tensor.shape == matrix.shape:
            return body.tensor, plain != matrix.indices
    return Tensor("", matrix.shape, (), Definition(matrix.indices, body)), False


def _inherited(tensor: Tensor) -> tuple[Fact, ...]:
    """The facts of a matrix that its inverse has as well."""
    kinds = (Kind.SYMMETRIC, Kind.POSITIVE_DEFINITE)
    return tuple(Fact(kind) for kind in kinds if tensor.has(kind))


def _subtracted(left: Term, right: Term) -> Term:
    return added(left, negated(right))


def _no_vectors() -> Array:
    raise ShapeError("outer needs two vectors")
