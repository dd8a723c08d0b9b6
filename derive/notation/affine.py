"""Reading sizes and affine forms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from derive.notation.forms import NIL, ONE, Form, Iverson, Minus, Name, Number, Plus, Power, Tight
from derive.terms.indices import Affine, Index
from derive.terms.sizes import Monomial, Size

IndexName = Callable[[Index], Name]
SizeName = Callable[[str], str]


def affine_form(form: Affine, index: IndexName, size: SizeName) -> Form:
    """An affine form as a sum: what is added first, then what is subtracted."""
    added, subtracted = _sides(form, index, size)
    return _sum([*added, *map(Minus, subtracted)])


def compared(form: Affine, index: IndexName, size: SizeName, kind: str) -> Iverson:
    """``[form >= 0]`` (a guard) or ``[form = 0]`` (a delta) without negative signs."""
    left, right = _sides(form, index, size)
    relation = "≥" if kind in ("guard", "nonnegative") else "="
    if relation == "≥" and right and right[-1] == ONE:
        relation, right = ">", right[:-1]
    if not _has_index(form, 1) and _has_index(form, -1):
        relation = {"≥": "≤", ">": "<", "=": "="}[relation]
        left, right = right, left
    return Iverson(_sum(left), relation, _sum(right), kind, affine_form(form, index, size))


def _sides(form: Affine, index: IndexName, size: SizeName) -> tuple[list[Form], list[Form]]:
    """What a form adds and what it subtracts: indices, then sizes, then the number."""
    sides: tuple[list[Form], list[Form]] = ([], [])
    for negative, part in _parts(form, index, size):
        sides[negative].append(part)
    return sides


def _parts(form: Affine, index: IndexName, size: SizeName) -> Iterator[tuple[bool, Form]]:
    # What is multiplied comes first, then by names: s·i + d·k − p, C·g + c.
    shown = sorted(form.coefficients, key=lambda item: (item[1] == 1, index(item[0]).text))
    for own, coefficient in shown:
        if len(coefficient.coefficients) == 1:
            ((monomial, c),) = coefficient
            yield c < 0, _tight([*_factors(monomial, abs(c), size), index(own)])
        else:
            yield False, Tight((affine_form(Affine.of(coefficient), index, size), index(own)))
    for monomial, c in sorted(form.constant, key=_display_order):
        yield c < 0, _tight(_factors(monomial, abs(c), size))


def _display_order(item: tuple[Monomial, int]) -> tuple[int, Monomial]:
    return -sum(power for _, power in item[0]), item[0]


def _factors(monomial: Monomial, number: int, size: SizeName) -> list[Form]:
    leading: list[Form] = [Number(Fraction(number))] if number != 1 else []
    return leading + [_power(Name(size(name)), power) for name, power in monomial]


def _power(base: Form, power: int) -> Form:
    return base if power == 1 else Power(base, Number(Fraction(power)))


def _tight(factors: list[Form]) -> Form:
    return Tight(tuple(factors)) if len(factors) > 1 else factors[0] if factors else ONE


def _sum(parts: list[Form]) -> Form:
    return Plus(tuple(parts)) if len(parts) > 1 else parts[0] if parts else NIL


def _has_index(form: Affine, sign: int) -> bool:
    """Whether an index is shown with a sign."""
    return any(_shown_sign(coefficient) == sign for _, coefficient in form.coefficients)


def _shown_sign(coefficient: Size) -> int:
    negative = len(coefficient.coefficients) == 1 and coefficient.coefficients[0][1] < 0
    return -1 if negative else 1
