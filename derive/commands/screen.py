"""What a command prints: colour, width, and ASCII where a stream can hold nothing else."""

from __future__ import annotations

import os
import re
import shutil
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any, TextIO

from derive.commands import UsageError

CODES = {"green": "32", "red": "31", "yellow": "33", "dim": "2", "bold": "1"}
MARK_COLOURS = {
    **dict.fromkeys(("✔", "ok"), "green"),
    **dict.fromkeys(("✘", "FAIL"), "red"),
    **dict.fromkeys(("≈", "~", "?", "†", "+"), "yellow"),
}
# A mark stands alone at the end of a row, or at its beginning before a space.
MARKED = re.compile(r"(?<=  )(✔|✘|≈|\?|†|ok|FAIL|~|\+)$|^(✔|✘|≈|\?|†|ok|FAIL|~)(?= )", re.MULTILINE)
ASCII = {"─": "-", "✔": "ok", "≈": "~", "✘": "FAIL", "†": "+"}
SAMPLE = "Σᵢⱼ∂✔ᵀ"


def width(options: Namespace) -> int:
    """The columns to print in: asked for, or the terminal's, or 80."""
    given: int | None = options.width
    return given or max(20, shutil.get_terminal_size((80, 24)).columns)


def speaks_unicode(stream: TextIO | None = None) -> bool:
    """Whether a stream can hold the signs that formulas are made of."""
    stream = stream or sys.stdout
    try:
        SAMPLE.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def has_colour(options: Namespace, stream: TextIO | None = None) -> bool:
    """Whether to use colour on a stream."""
    if options.color != "auto":
        return bool(options.color == "always")
    stream = stream or sys.stdout
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def show(text: str, options: Namespace) -> None:
    """Print a page, its marks in colour where there is colour."""
    if has_colour(options):
        text = MARKED.sub(lambda found: painted(found[0], MARK_COLOURS[found[0]]), text)
    print(encodable(text))


def note(text: str) -> None:
    """Print a remark that is no result."""
    print(encodable(text, sys.stderr), file=sys.stderr)


def painted(text: str, style: str) -> str:
    """A text in a colour of the terminal."""
    return f"\x1b[{CODES[style]}m{text}\x1b[0m"


def encodable(text: str, stream: TextIO | None = None) -> str:
    """The text with what the stream cannot hold spelled out."""
    stream = stream or sys.stdout
    if speaks_unicode(stream):
        return text
    from derive.notation.boxes import ascii_text

    encoding = stream.encoding or "ascii"
    for sign, word in ASCII.items():
        text = text.replace(sign, word)
    return ascii_text(text).encode(encoding, "replace").decode(encoding)


def write(path: str, text: str) -> None:
    """Write a file.

    Raises:
        UsageError: where it cannot be written.
    """
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def as_json(document: Any) -> None:
    """Print one JSON document."""
    import json

    print(json.dumps(document, indent=2, ensure_ascii=not speaks_unicode()))
