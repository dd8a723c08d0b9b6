"""What all printers share: a table of rows, and parentheses by precedence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, Generic, TypeVar

from derive.notation.forms import (
    Counted,
    Entry,
    Form,
    Minus,
    Number,
    Over,
    Plus,
    Power,
    Product,
    Root,
    Tight,
    Times,
)

T = TypeVar("T")


class Level(IntEnum):
    """How tightly an expression holds together, from the loosest."""

    SUM = 0
    TOTAL = 1  # an operator that reaches to the end of its product: Σ, ∂/∂x
    QUOTIENT = 2
    PRODUCT = 3
    APPLICATION = 4
    POWER = 5
    ATOM = 6


@dataclass(frozen=True)
class Row(Generic[T]):
    """How one kind of surface expression is printed, and how tightly the result holds together."""

    level: Level | Callable[[Any], Level]
    shown: Callable[[Printer[T], Any], T]

    def level_of(self, form: Form) -> Level:
        return self.level if isinstance(self.level, Level) else self.level(form)


class Printer(Generic[T]):
    """Prints a surface expression by a table of rows."""

    def __init__(
        self,
        table: Mapping[type[Form], Row[T]],
        parenthesised: Callable[[T], T],
        bracketed: bool = False,
    ) -> None:
        self.table = table
        self.parenthesised = parenthesised
        self.bracketed = bracketed  # entries as x[i], not as a subscript

    def __call__(self, form: Form, level: Level = Level.SUM) -> T:
        """The expression, in parentheses if it holds together less tightly than the level."""
        try:
            row = self.table[type(form)]
        except KeyError:
            raise TypeError(f"this notation has no row for {form!r}") from None
        shown = row.shown(self, form)
        return self.parenthesised(shown) if row.level_of(form) < level else shown

    def level(self, form: Form) -> Level:
        """How tightly an expression holds together in this notation."""
        return self.table[type(form)].level_of(form)


def typeset(form: Form) -> Form:
    """A surface expression as a book sets it: products flat, negative powers as quotients."""
    inner = _rebuilt(form)
    return SETTINGS.get(type(inner), lambda same: same)(inner)


def _rebuilt(form: Form) -> Form:
    values = [getattr(form, field.name) for field in fields(form)]
    if not form.parts_inside:
        return form
    return type(form)(*(_typeset_value(value) for value in values))


def _typeset_value(value: object) -> object:
    if isinstance(value, Form):
        return typeset(value)
    return tuple(map(_typeset_value, value)) if isinstance(value, tuple) else value


def _plus(form: Plus) -> Form:
    flat: list[Form] = []
    for part in form.parts:
        flat += part.parts if isinstance(part, Plus) else (part,)
    return Plus(tuple(flat))


def _times(form: Times) -> Form:
    """Nested products flat; a reciprocal goes under what stands before it."""
    flat: list[Form] = []
    for part in form.parts:
        flat += part.parts if isinstance(part, Times) else (part,)
    done: list[Form] = []
    for part in flat:
        if done and isinstance(part, Over) and part.above == Number(1):  # type: ignore[arg-type]
            done = [_over(Over(_joined(done), part.below))]
        else:
            done.append(part)
    return _joined(done)


def _product(form: Product) -> Form:
    """Nested matrix products flat: they associate."""
    flat: list[Form] = []
    for part in form.parts:
        flat += part.parts if isinstance(part, Product) else (part,)
    return Product(tuple(flat))


def _joined(factors: list[Form]) -> Form:
    return Times(tuple(factors)) if len(factors) > 1 else factors[0]


def _over(form: Over) -> Form:
    """A quotient of quotients as one quotient; the sign in front."""
    above, below = form.above, form.below
    if isinstance(above, Minus):
        return Minus(_over(Over(above.body, below)))
    if isinstance(above, Over):
        return Over(above.above, _times(Times((above.below, below))))
    return form


def _power(form: Power) -> Form:
    """A negative power as a quotient, the power one half as a root."""
    exponent = form.exponent
    if not isinstance(exponent, Minus) or not isinstance(exponent.body, Number):
        return form
    value = exponent.body.value
    if value == 1:
        return Over(Number(value), form.base)
    if value * 2 == 1:
        return Over(Number(value * 2), Root(form.base))
    one = Number(value / value)
    return Over(one, Power(form.base, exponent.body, form.elementwise))


def _entry(form: Entry) -> Form:
    """The entry of a multiple as the multiple of an entry: ``2 [Xᵀ r]ₖ``."""
    head = form.head
    if isinstance(head, Minus):
        return Minus(_entry(Entry(head.body, form.slots)))
    if isinstance(head, Times):
        return Times((*head.parts[:-1], _entry(Entry(head.parts[-1], form.slots))))
    return form


def _counted(form: Counted) -> Form:
    """A size as a number: ``2 N`` is a product like others."""
    return Times(form.body.parts) if isinstance(form.body, Tight) else form.body


SETTINGS: dict[type, Callable[[Any], Form]] = {
    Plus: _plus,
    Times: _times,
    Product: _product,
    Over: _over,
    Power: _power,
    Entry: _entry,
    Counted: _counted,
}


def signed_parts(form: Plus) -> list[tuple[bool, Form]]:
    """The parts of a sum, each with whether it is subtracted."""
    return [(isinstance(p, Minus), p.body if isinstance(p, Minus) else p) for p in form.parts]
