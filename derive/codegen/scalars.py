"""Numbers and sizes as Python text, with how tightly each text binds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from derive.terms.sizes import Monomial, Size

COMPARISON, CONJUNCTION, SUM, PRODUCT, SIGN, POWER, CALL, ATOM = 40, 45, 50, 60, 70, 80, 90, 100
LARGEST_DIVISOR = 1000

Text = tuple[str, int]


def number_text(value: Fraction) -> Text:
    """A number: exact where a decimal or a short fraction is.

    >>> number_text(Fraction(1, 4)), number_text(Fraction(-2, 3))
    (('0.25', 100), ('-2 / 3', 60))
    """
    binding = ATOM if value >= 0 else SIGN
    if value.denominator == 1:
        return str(value.numerator), binding
    decimal = repr(float(value))
    if value.denominator > LARGEST_DIVISOR or Fraction(decimal) == value:
        return decimal, binding
    return f"{value.numerator} / {value.denominator}", PRODUCT


def size_text(size: Size) -> Text:
    """A size as Python text.

    >>> size_text(2 * Size.of("n") + 1)
    ('2 * n + 1', 50)
    """
    if size.constant is not None:
        return number_text(Fraction(size.constant))
    parts = [_monomial(monomial, abs(c)) for monomial, c in _ordered(size)]
    signs = [c < 0 for _, c in _ordered(size)]
    text = ("-" if signs[0] else "") + parts[0]
    for negative, part in zip(signs[1:], parts[1:], strict=True):
        text += f" {'-' if negative else '+'} {part}"
    if len(parts) > 1:
        return text, SUM
    if signs[0]:
        return text, SIGN
    return text, ATOM if text.isidentifier() else PRODUCT if " " in text else POWER


def _ordered(size: Size) -> list[tuple[Monomial, int]]:
    """Positive terms first, then high degrees."""
    return sorted(size, key=lambda item: (item[1] < 0, -sum(p for _, p in item[0]), item[0]))


def _monomial(monomial: Monomial, coefficient: int) -> str:
    names = [name if power == 1 else f"{name}**{power}" for name, power in monomial]
    number = [str(coefficient)] if coefficient != 1 or not names else []
    return " * ".join([*number, *names])


def is_negative(size: Size) -> bool:
    """Whether all terms of a size have a minus."""
    return all(c < 0 for _, c in size)


def bracketed(text: Text, binding: int) -> str:
    """The text, in brackets if it binds less tightly than it has to."""
    return text[0] if text[1] >= binding else f"({text[0]})"


def places_text(parts: Sequence[str]) -> str:
    """What stands between brackets after an array: many whole axes in front are an ellipsis.

    >>> places_text([":", ":", ":", "i"]), places_text([":", "None"])
    ('..., i', ':, None')
    """
    whole = next((k for k, part in enumerate(parts) if part != ":"), len(parts))
    return ", ".join(["...", *parts[whole:]] if whole > 2 else parts)


def shape_text(sizes: Iterable[Text]) -> str:
    """A shape as a tuple."""
    return tuple_text([size for size, _ in sizes])


def tuple_text(parts: list[str]) -> str:
    """A Python tuple."""
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
