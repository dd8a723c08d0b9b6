"""What the output sizes of windows are, in words of one line: ``q = ⌊(H − R)/s⌋ + 1``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from derive.notation import linear, pretty, tex
from derive.notation.forms import Form
from derive.notation.reading import Reader
from derive.terms.nodes import Count
from derive.terms.sizes import ONE, Size

Meaning = Size | tuple[Size, Size]  # another size, or numerator and divisor of a floor
STYLES: dict[str, tuple[Callable[[Form], str], str]] = {
    "unicode": (pretty.text, "{} = ⌊{}/{}⌋ + 1"),
    "ascii": (linear.text, "{} = {}//{} + 1"),
    "latex": (tex.latex, r"{} = \left\lfloor \frac{{{}}}{{{}}} \right\rfloor + 1"),
}
NUMBERS = {  # of a name of its own, and without
    "unicode": ("{1} {0}", "{} ∈ ℕ"),
    "ascii": ("{1} {0}", "{} a whole number"),
    "latex": (r"\text{{{1} }} {0}", r"{} \in \mathbb{{N}}"),
}


def output_sizes(
    meanings: Mapping[str, Meaning], reader: Reader, style: str = "unicode"
) -> tuple[str, ...]:
    """A clause for each output size.

    >>> from derive.terms.sizes import sizes
    >>> H, R, s = sizes("H R s")
    >>> output_sizes({"P": H - R + 1, "Q": (H - R + s, s)}, Reader())
    ('P = H + 1 − R', 'Q = ⌊(H − R)/s⌋ + 1')
    """
    return tuple(
        _clause(Size.of(name), meaning, reader, style) for name, meaning in meanings.items()
    )


def whole_numbers(
    sizes: Mapping[str, Size], reader: Reader, style: str = "unicode"
) -> tuple[str, ...]:
    """A clause for each size that is an argument of its own.

    >>> whole_numbers({"output_padding": Size.of("q")}, Reader())
    ('output padding q',)
    """
    text, _ = STYLES[style]
    told, alone = NUMBERS[style]
    shown = {name: text(reader.form(Count(size))) for name, size in sizes.items()}
    return tuple(
        (alone if name == size else told).format(size, name.replace("_", " "))
        for name, size in shown.items()
    )


def _clause(name: Size, meaning: Meaning, reader: Reader, style: str) -> str:
    text, floor = STYLES[style]

    def shown(size: Size) -> str:
        return text(reader.form(Count(size)))

    numerator, divisor = (meaning, ONE) if isinstance(meaning, Size) else meaning
    if divisor == ONE:
        return f"{shown(name)} = {shown(numerator)}"
    above, below = shown(numerator - divisor), shown(divisor)
    if style != "latex":
        above, below = (f"({part})" if " " in part else part for part in (above, below))
    return floor.format(shown(name), above, below)
