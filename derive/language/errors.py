"""The one error of the language: a line that names the place and the offending text."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from derive.terms.sizes import Size

LIMIT = 500


class InputError(ValueError):
    """Input outside the language.

    ``column`` counts the characters of ``source`` from 1, ``missing`` holds undeclared names,
    ``sizes`` two sizes that should be equal.

    >>> print(InputError("unknown name 'y'", 5, "x + y"))
    column 5: unknown name 'y'
    """

    def __init__(
        self,
        message: str,
        column: int | None = None,
        source: str = "",
        missing: Iterable[str] = (),
        sizes: Iterable[Size] = (),
    ) -> None:
        super().__init__(message, column, source)
        self.message = message
        self.column = column
        self.source = source
        self.missing = tuple(missing)
        self.sizes = tuple(sizes)

    def __str__(self) -> str:
        return error_line(self)


def error_line(error: InputError) -> str:
    """One printable line of at most 500 characters: the place, then what is wrong there."""
    place = _place(error.source, error.column)
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in place + error.message)
    return text if len(text) <= LIMIT else text[: LIMIT - 3] + "..."


def _place(source: str, column: int | None) -> str:
    if column is None:
        return ""
    before = source[: column - 1]
    if "\n" not in source:
        return f"column {column}: "
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}: "


def shortened(text: str, length: int = 40) -> str:
    """A piece of the input as it is quoted in a message."""
    text = " ".join(text.split(" "))
    return repr(text if len(text) <= length else text[: length - 3] + "...")


def suggestion(name: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` when a known name is close, else nothing."""
    candidates = list(dict.fromkeys(known))
    close = [k for k in candidates if k.lower() == name.lower()]
    close = close or get_close_matches(name, candidates, 1)
    return f"; did you mean {close[0]!r}?" if close else ""
