"""What is displayed: surface expressions, between the terms and the printers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from fractions import Fraction


@dataclass(frozen=True)
class Form:
    """The base of all surface expressions."""

    @property
    def parts_inside(self) -> tuple[Form, ...]:
        """The surface expressions directly inside, in reading order."""
        found: list[Form] = []
        for field in fields(self):
            value = getattr(self, field.name)
            values = value if isinstance(value, tuple) else (value,)
            found += [part for part in values if isinstance(part, Form)]
        return tuple(found)


@dataclass(frozen=True)
class Number(Form):
    """A rational number >= 0; a negative one is a `Minus`."""

    value: Fraction


@dataclass(frozen=True)
class Name(Form):
    """A variable, a named intermediate, a size or an index."""

    text: str


@dataclass(frozen=True)
class Entry(Form):
    """One entry of an array: a name, or a matrix expression in brackets, with slots."""

    head: Form
    slots: tuple[Form, ...]


@dataclass(frozen=True)
class Plus(Form):
    """A sum; a part that is a `Minus` is subtracted."""

    parts: tuple[Form, ...]


@dataclass(frozen=True)
class Minus(Form):
    """The opposite."""

    body: Form


@dataclass(frozen=True)
class Times(Form):
    """A product with at most one factor that is an array."""

    parts: tuple[Form, ...]


@dataclass(frozen=True)
class Hadamard(Form):
    """A product of arrays, entry by entry."""

    parts: tuple[Form, ...]


@dataclass(frozen=True)
class Product(Form):
    """A matrix product."""

    parts: tuple[Form, ...]


@dataclass(frozen=True)
class Outer(Form):
    """The outer product of two vectors."""

    left: Form
    right: Form


@dataclass(frozen=True)
class Covector(Form):
    """A vector as the left factor of a product; NumPy writes it without ``.T``."""

    body: Form


@dataclass(frozen=True)
class Tight(Form):
    """A product inside a slot: ``2i``, ``s·i``."""

    parts: tuple[Form, ...]


@dataclass(frozen=True)
class Counted(Form):
    """A size or an affine form as a number."""

    body: Form


@dataclass(frozen=True)
class Over(Form):
    """A quotient."""

    above: Form
    below: Form


@dataclass(frozen=True)
class Power(Form):
    """A power; ``elementwise`` for the power of each entry of a matrix or vector."""

    base: Form
    exponent: Form
    elementwise: bool = False


@dataclass(frozen=True)
class Root(Form):
    """A square root."""

    body: Form


@dataclass(frozen=True)
class Call(Form):
    """A function by name, with keywords for the reductions of arrays."""

    function: str
    arguments: tuple[Form, ...]
    keywords: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True)
class Applied(Form):
    """An opaque function, or one of its derivatives, of arguments."""

    function: str
    orders: tuple[int, ...]
    arguments: tuple[Form, ...]


@dataclass(frozen=True)
class Total(Form):
    """A sum (or ``max``, ``argmax``) over indices; ``conditions`` are affine forms >= 0."""

    indices: tuple[Name, ...]
    body: Form
    operator: str = "sum"
    conditions: tuple[Form, ...] = ()
    sizes: tuple[Form, ...] = ()  # of the ranges
    stated: tuple[bool, ...] = ()  # which ranges the slots of the body do not tell


@dataclass(frozen=True)
class Kronecker(Form):
    """1 where two indices are equal, else 0."""

    left: Form
    right: Form


@dataclass(frozen=True)
class Iverson(Form):
    """1 where ``left relation right``, else 0; ``kind`` (guard, delta, cond) of ``source``."""

    left: Form
    relation: str
    right: Form
    kind: str
    source: Form


@dataclass(frozen=True)
class Partial(Form):
    """A partial derivative; the last variable is differentiated by first."""

    body: Form
    variables: tuple[Form, ...]


@dataclass(frozen=True)
class Transposed(Form):
    """The transpose of a matrix."""

    body: Form


@dataclass(frozen=True)
class Inverted(Form):
    """The inverse of a matrix."""

    body: Form


@dataclass(frozen=True)
class Norm(Form):
    """The 2-norm of a vector or the Frobenius norm of a matrix; ``squared`` for its square."""

    body: Form
    squared: bool = False


@dataclass(frozen=True)
class Reduction(Form):
    """The sums along axes of an array, or the sum of all its entries (``axes`` empty)."""

    body: Form
    axes: tuple[int, ...] = ()
    operator: str = "sum"
    ndim: int = 1


@dataclass(frozen=True)
class Repeated(Form):
    """A vector repeated as the rows (axis 0) or columns (axis 1) of a matrix.

    ``bare`` where NumPy's broadcasting repeats the rows by itself.
    """

    body: Form
    axis: int
    size: Form
    bare: bool = False


@dataclass(frozen=True)
class Constant(Form):
    """An array of ones, of zeros, or an identity matrix, by its sizes."""

    kind: str
    sizes: tuple[Form, ...]


@dataclass(frozen=True)
class Family(Form):
    """An array given by its entries."""

    indices: tuple[Name, ...]
    body: Form
    sizes: tuple[Form, ...] = ()
    stated: tuple[bool, ...] = ()


ONE = Number(Fraction(1))
NIL = Number(Fraction(0))


FLIPPED = {">": "<", "≥": "≤", "≠": "≠"}


def beside_nought(form: Form, relation: str) -> tuple[Form, str, Form]:
    """``a − b > 0`` as ``a > b``, and ``1 − t > 0`` as ``t < 1``: both sides and the sign.

    >>> a, b = Name("a"), Name("b")
    >>> beside_nought(Plus((a, Minus(b))), ">") == (a, ">", b)
    True
    >>> beside_nought(Plus((ONE, Minus(b))), ">") == (b, "<", ONE)
    True
    """
    flat = list(_addends(form))
    left = _plus([part for part in flat if not isinstance(part, Minus)])
    right = _plus([part.body for part in flat if isinstance(part, Minus)])
    if isinstance(left, Number) and not isinstance(right, Number):
        return right, FLIPPED[relation], left
    return left, relation, right


def chained(conditions: Iterable[Form]) -> list[tuple[Form | str, ...]]:
    """Comparisons as sides and signs; two that hold a form between limits as ``p ≤ u < q``."""
    found: list[tuple[Form | str, ...]] = []
    for condition in conditions:
        assert isinstance(condition, Iverson)
        new = (condition.left, condition.relation, condition.right)
        last = found[-1] if found else ()
        if len(last) == 3 and last[0] == new[0] and last[1] in (">", "≥") and new[1] in ("<", "≤"):
            below = FLIPPED[str(last[1])]
            found[-1] = (last[2], below, *new)
        else:
            found.append(new)
    return found


def _addends(form: Form) -> Iterator[Form]:
    if not isinstance(form, Plus):
        yield form
        return
    for part in form.parts:
        yield from _addends(part)


def _plus(parts: list[Form]) -> Form:
    return Plus(tuple(parts)) if len(parts) > 1 else parts[0] if parts else NIL


def parts(form: Form) -> Iterator[Form]:
    """A surface expression and all inside it, outermost first."""
    yield form
    for inside in form.parts_inside:
        yield from parts(inside)


def counts_from_nought(forms: Iterable[Form]) -> bool:
    """Whether ranges are shown as 0 … n − 1: some index is used as a number."""
    everything = [part for form in forms for part in parts(form)]
    slots = [slot for part in everything if isinstance(part, Entry) for slot in part.slots]
    counted = any(
        isinstance(part, Counted) and _holds_index(part, everything) for part in everything
    )
    compared = any(isinstance(part, Iverson) and _counts(part) for part in everything)
    return counted or compared or not all(isinstance(slot, Name) for slot in slots)


def _counts(form: Iverson) -> bool:
    """Whether a comparison uses indices as numbers; ``i = j`` does not."""
    plain = isinstance(form.left, Name) and isinstance(form.right, Name)
    return form.kind != "cond" and not (plain and form.relation == "=")


def _holds_index(form: Form, everything: Iterable[Form]) -> bool:
    names = {slot for part in everything if isinstance(part, Entry) for slot in part.slots}
    names |= {index for part in everything if isinstance(part, Total) for index in part.indices}
    return any(part in names for part in parts(form))


def scales(form: Form) -> bool:
    """Whether a matrix stands beside a diagonal one and no other, so that it is only scaled."""
    diagonal = [isinstance(part, Call) and part.function == "diag" for part in form.parts_inside]
    return isinstance(form, Product) and any(diagonal) and diagonal.count(False) == 1


def is_indexed(form: Form) -> bool:
    """Whether a surface expression is written with indices, not with whole arrays."""
    kinds = Entry | Total | Kronecker | Partial | Family
    compared = (part.kind for part in parts(form) if isinstance(part, Iverson))
    return any(isinstance(part, kinds) for part in parts(form)) or any(
        kind != "cond" for kind in compared
    )
