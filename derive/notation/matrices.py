"""Reading an array back as a matrix expression: ``X.T @ (X @ b - y)`` from its entries.

Every term is read for a wanted order of its free indices, so a layout is never guessed. In a sum of
products each factor is a `Group` on its indices; bound indices are eliminated in the order of least
neighbours: none gives a sum or a dot product, one a matrix times a vector, two a matrix product.
What has no such form (three neighbours, strides, guards) has no matrix form at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from derive.notation import forms as f
from derive.notation.expectations import expected
from derive.notation.groups import Group, NoMatrixForm, contracted
from derive.notation.products import (
    divisor,
    equal_indices,
    flat,
    spread,
    summed,
    without_delta,
)
from derive.notation.reading import Reader, maximised, times
from derive.terms.arrays import Array
from derive.terms.indices import Affine, Index
from derive.terms.nodes import (
    Add,
    At,
    Cond,
    Count,
    Delta,
    Fn,
    Mul,
    Num,
    Pow,
    Sum,
    Term,
)
from derive.terms.structure import free_indices, substituted, unfolded
from derive.terms.tensors import Choice, Definition, Determinant, Inverse, LogDeterminant

Order: TypeAlias = "tuple[Index, ...]"
ALWAYS = Delta(0)  # what a delta leaves of its double


def matrix_form(array: Array, reader: Reader | None = None) -> f.Form | None:
    """The matrix expression of an array, None when there is none.

    >>> from derive.terms.arrays import variable
    >>> from derive.notation import linear
    >>> X, b, y = variable("X", ("n", "p")), variable("b", ("p",)), variable("y", ("n",))
    >>> linear.text(matrix_form(2 * X.T @ (X @ b - y)))
    '2 * X.T @ (X @ b - y)'
    """
    reader = reader or Reader([array])
    try:
        return Matrices(reader).filled(array.body, array.indices)
    except NoMatrixForm:
        return None


class Matrices:
    """Reads terms as arrays whose axes are given indices."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def read(self, term: Term, order: Order) -> f.Form:
        """The array whose axes are exactly the free indices of a term, in the order given."""
        try:
            reading = ARRAY_READINGS[type(term)]
        except KeyError:
            raise NoMatrixForm(term) from None
        return reading(self, term, order)

    def own(self, term: Term, order: Order) -> Order:
        """The free indices of a term in the order wanted."""
        free = free_indices(term)
        return tuple(index for index in order if index in free)

    def part(self, term: Term, order: Order) -> f.Form:
        """An operand on whichever of the indices it depends."""
        return self.read(term, self.own(term, order))

    def filled(self, term: Term, order: Order, bare: bool = False) -> f.Form:
        """The array over all of the indices: what depends on fewer is repeated."""
        own = self.own(term, order)
        sizes = tuple(self.size(index) for index in order)
        if own == order:
            return self.read(term, order)
        if not own:
            if bare:
                return self.read(term, ())
            return self.constant(self.read(term, ()), sizes)
        if len(order) != 2:
            raise NoMatrixForm(term)
        axis = 0 if own[0] is order[1] else 1
        return _signed(
            self.read(term, own),
            lambda vector: f.Repeated(vector, axis, sizes[axis], bare and axis == 0),
        )

    def constant(self, value: f.Form, sizes: tuple[f.Form, ...]) -> f.Form:
        """An array with the same value everywhere."""
        if value == f.NIL:
            return f.Constant("zeros", sizes)
        ones = f.Constant("ones", sizes)
        return ones if value == f.ONE else _signed(value, lambda v: times([v, ones]))

    def size(self, index: Index) -> f.Form:
        return self.reader.affine(Affine.of(index.size))

    def group(self, term: Term, order: Order) -> Group:
        """A factor as a group on its free indices."""
        natural = _natural(term)
        if set(natural) != free_indices(term):
            natural = self.own(term, order)
        if set(natural) != free_indices(term):
            raise NoMatrixForm(term)
        return Group(natural, lambda wanted: self.read(term, wanted))


def _signed(form: f.Form, change: Callable[[f.Form], f.Form]) -> f.Form:
    """A change under the sign of a form."""
    return f.Minus(change(form.body)) if isinstance(form, f.Minus) else change(form)


def _natural(term: Term) -> Order:
    """The order of indices in which a factor is stored."""
    if isinstance(term, At):
        plain = tuple(slot.plain for slot in term.slots)
        return tuple(dict.fromkeys(index for index in plain if index is not None))
    widest = max(map(_natural, term.children), key=len, default=())
    return tuple(index for index in widest if index in free_indices(term))


# --------------------------------------------------------------------------------------------
# One reading for each kind of term


def _scalar(matrices: Matrices, term: Term, order: Order) -> f.Form:
    if order:
        raise NoMatrixForm(term)
    form = matrices.reader.read(term)
    if isinstance(form, f.Counted):  # in whole arrays n * p need not be told from a size n p
        return f.Times(form.body.parts) if isinstance(form.body, f.Tight) else form.body
    return form


def _entries(matrices: Matrices, term: At, order: Order) -> f.Form:
    tensor = term.tensor
    origin = tensor.origin
    if not tensor.name and isinstance(origin, Definition):
        return matrices.read(unfolded(term), order)
    if not tensor.name and isinstance(origin, Choice) and not term.slots:
        return f.ONE
    if not tensor.name and not isinstance(origin, Inverse | Determinant | LogDeterminant):
        raise NoMatrixForm(term)
    if not term.slots:
        return matrices.reader.read(term)
    plain = _plain_slots(term)
    head = matrices.reader.head(tensor)
    if isinstance(head, f.Family):
        raise NoMatrixForm(term)
    if len(plain) == 2 and plain[0] is plain[1]:
        return f.Call("diagonal", (head,))
    if plain == order or (plain[::-1] == order and len(order) == 2 and tensor.is_symmetric):
        return head
    if plain[::-1] == order:
        return f.Transposed(head)
    raise NoMatrixForm(term)


def _plain_slots(term: At) -> Order:
    found: list[Index] = []
    for slot, size in zip(term.slots, term.tensor.shape, strict=True):
        index = slot.plain
        if index is None or index.size != size:
            raise NoMatrixForm(term)
        found.append(index)
    return tuple(found)


def _sum(matrices: Matrices, term: Add, order: Order) -> f.Form:
    """A number is added to every entry, but beside an identity it reads as a multiple of that."""
    full = any(len(matrices.own(part, order)) == len(order) for part in term.parts)
    bare = full and not any(isinstance(f, Delta) for part in term.parts for f in flat((part,)))
    return f.Plus(tuple(matrices.filled(part, order, bare) for part in term.parts))


def _function(matrices: Matrices, term: Fn, order: Order) -> f.Form:
    arguments = tuple(_operand(matrices, part, order, term) for part in term.arguments)
    if isinstance(term.function, str):
        return f.Call(term.function, arguments)
    return f.Applied(matrices.reader.named(term.function.name), term.function.orders, arguments)


def _operand(matrices: Matrices, part: Term, order: Order, whole: Term) -> f.Form:
    """An operand of an elementwise operation with the others of the whole."""
    full = any(matrices.own(child, order) == order for child in whole.children)
    return matrices.filled(part, order, bare=full)


def _power(matrices: Matrices, term: Pow, order: Order) -> f.Form:
    norm = _norm(matrices, term)
    if norm is not None:
        return norm
    below = divisor(term)
    if below is not None:
        return f.Over(f.ONE, matrices.read(below, order))
    base = _operand(matrices, term.base, order, term)
    if term.exponent == Num(Fraction(1, 2)):
        return f.Root(base)
    elementwise = bool(matrices.own(term.base, order))
    return f.Power(base, _operand(matrices, term.exponent, order, term), elementwise)


def _norm(matrices: Matrices, term: Pow) -> f.Form | None:
    """The root of a sum of squares."""
    if term.exponent != Num(Fraction(1, 2)) or not isinstance(term.base, Sum):
        return None
    inside = matrices.read(term.base, ()) if not free_indices(term) else None
    return f.Norm(inside.body) if isinstance(inside, f.Norm) and inside.squared else None


def _condition(matrices: Matrices, term: Cond, order: Order) -> f.Form:
    body = matrices.read(term.term, order)
    return f.Iverson(*f.beside_nought(body, ">"), "cond", body)


def _identity(matrices: Matrices, term: Delta, order: Order) -> f.Form:
    if term == ALWAYS:
        return f.ONE
    equal_indices(term)
    if len(order) != 2:  # an entry of the identity, whose indices are no axes here
        raise NoMatrixForm(term)
    return f.Constant("eye", (matrices.size(order[0]),))


def _product(matrices: Matrices, term: Mul, order: Order) -> f.Form:
    return _contraction(matrices, (), term.parts, order)


def _total(matrices: Matrices, term: Sum, order: Order) -> f.Form:
    inside = expected(term)
    if inside is not None:
        return f.Applied("E", (0,), (matrices.filled(inside, order),))
    largest = maximised(term)
    if largest and not largest.allowed:
        return _largest(matrices, largest.chosen, largest.body, order)
    bound: list[Index] = []
    body: Term = term
    while isinstance(body, Sum) and not maximised(body) and expected(body) is None:
        bound.append(body.index)
        body = body.body
    parts = body.parts if isinstance(body, Mul) else (body,)
    return _contraction(matrices, tuple(bound), parts, order)


def _largest(matrices: Matrices, chosen: Order, body: Term, order: Order) -> f.Form:
    whole = _natural(body) or (*order, *chosen)
    if set(whole) != {*order, *chosen} or tuple(i for i in whole if i in order) != order:
        raise NoMatrixForm(body)
    axes = tuple(whole.index(index) for index in chosen) if order else ()
    return f.Reduction(matrices.filled(body, whole), axes, "max", len(whole))


def _contraction(matrices: Matrices, bound: Order, parts: Sequence[Term], order: Order) -> f.Form:
    """A product of factors, summed over bound indices."""
    factors = [factor for factor in flat(parts) if factor != ALWAYS]
    opened = spread(factors, bound)
    if opened:
        scalars, whole = opened
        return _scaled(matrices, scalars, matrices.filled(whole, order))
    picked = without_delta(bound, factors)
    if picked:
        return matrices.filled(picked, order)
    diagonal = _diagonal(matrices, bound, factors, order)
    if diagonal is not None:
        return diagonal
    return _assembled(matrices, bound, factors, order)


def _diagonal(matrices: Matrices, bound: Order, factors: list[Term], order: Order) -> f.Form | None:
    """``delta_ij v_i`` as ``diag(v)``, ``c delta_ij`` as ``c I``."""
    k = next((k for k, factor in enumerate(factors) if isinstance(factor, Delta)), None)
    if k is None:
        return None
    delta = factors[k]
    left, right = equal_indices(delta)  # type: ignore[arg-type]
    if {left, right} != set(order):
        raise NoMatrixForm(delta)
    values = {order[1]: Affine.of(order[0])}
    rest = [substituted(other, values) for other in (*factors[:k], *factors[k + 1 :])]
    eye = f.Constant("eye", (matrices.size(order[0]),))
    if not rest:
        return eye
    value = summed(bound, Mul(rest) if len(rest) > 1 else rest[0])
    own = matrices.own(value, order[:1])
    vector = matrices.read(value, own)
    if own:
        return _signed(vector, lambda v: f.Call("diag", (v,)))
    return _signed(vector, lambda v: eye if v == f.ONE else times([v, eye]))


def _assembled(matrices: Matrices, bound: Order, factors: list[Term], order: Order) -> f.Form:
    """Scalars in front, then what the other factors make."""
    scalars = [t for t in factors if not free_indices(t)]
    arrays = [t for t in factors if free_indices(t)]
    above = [t for t in arrays if divisor(t) is None]
    below = [divisor for divisor in map(divisor, arrays) if divisor is not None]
    groups = [matrices.group(t, (*order, *bound)) for t in above]
    groups += [_reciprocal(matrices.group(t, (*order, *bound))) for t in below]
    counts = [Count(i.size) for i in bound if not any(i in g.natural for g in groups)]
    summed = tuple(i for i in bound if any(i in g.natural for g in groups))
    whole = contracted(groups, summed, order) if groups else None
    return _scaled(matrices, [*scalars, *counts], whole)


def _reciprocal(group: Group) -> Group:
    return Group(group.natural, lambda wanted: f.Over(f.ONE, group.build(wanted)), True)


def _scaled(matrices: Matrices, scalars: list[Term], whole: f.Form | None) -> f.Form:
    """Numbers and sizes in front as one coefficient; other divisors below."""
    negative = False
    above: list[f.Form] = []
    below: list[f.Form] = []
    for scalar in scalars:
        under = divisor(scalar)
        if under is not None:
            below.append(matrices.read(under, ()))
            continue
        form = matrices.read(scalar, ())
        if isinstance(form, f.Minus):
            negative, form = not negative, form.body
        if form != f.ONE:
            above.append(form)
    if isinstance(whole, f.Minus):
        negative, whole = not negative, whole.body
    if isinstance(whole, f.Times):
        above, whole = [*above, *whole.parts[:-1]], whole.parts[-1]
    result = _quotient(above, below, whole)
    return f.Minus(result) if negative else result


def _quotient(above: list[f.Form], below: list[f.Form], whole: f.Form | None) -> f.Form:
    plain = all(isinstance(form, f.Number | f.Name) for form in above)
    if whole is None or not above or not plain:
        return _divided(times(_factors(above, whole)), below)
    return times(_factors([_divided(times(above), below)], whole))


def _factors(above: list[f.Form], whole: f.Form | None) -> list[f.Form]:
    if whole is None:
        return above
    return [*above, *(whole.parts if isinstance(whole, f.Times) else (whole,))]


def _divided(form: f.Form, below: list[f.Form]) -> f.Form:
    return f.Over(form, times(below)) if below else form


ARRAY_READINGS: dict[type[Term], Callable[[Matrices, Any, Order], f.Form]] = {
    Num: _scalar,
    Count: _scalar,
    At: _entries,
    Add: _sum,
    Mul: _product,
    Pow: _power,
    Fn: _function,
    Sum: _total,
    Cond: _condition,
    Delta: _identity,
}
