"""What `grad` and `prove` share: declarations, text from standard input, refusals in one line."""

from __future__ import annotations

import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from derive.commands import SHIELD, WRONG, UsageError, flags, screen

if TYPE_CHECKING:
    from derive.render.terminal import Look

Made = TypeVar("Made")
LONGEST_INPUT = 100_000
LONGEST = 600  # characters of a complaint with the completed command


def arguments(parser: ArgumentParser, what: str) -> None:
    """The options that both commands take."""
    parser.add_argument("expr", metavar="EXPR", help=f"{what}; - reads standard input")
    flags.declarations(parser)
    flags.look(parser)
    flags.seed(parser)


def text(options: Namespace) -> str:
    """The text that was typed."""
    if options.expr == "-":  # read once: a complaint quotes it again
        options.expr = SHIELD + _standard_input()
    return str(options.expr).removeprefix(SHIELD)


def _standard_input() -> str:
    try:
        return sys.stdin.read(LONGEST_INPUT + 1)
    except (AttributeError, OSError, ValueError):  # closed, no text, or nobody's
        raise UsageError("standard input cannot be read") from None


def declarations(options: Namespace) -> list[str]:
    """All declarations in order."""
    return [each for group in options.let for each in group]


def answered(make: Callable[[], Made], options: Namespace) -> Made:
    """What a function makes of typed input; its refusals end in one line.

    Raises:
        UsageError: with the place, and with the completed command where a declaration is missing.
    """
    from derive.language.errors import InputError
    from derive.rewriting.author import NoRule
    from derive.rewriting.rewriting import NotFinished

    try:
        return make()
    except InputError as error:
        said, _, hint = str(error).partition("; declare it: ")
        more = _completed(error.missing, options) if hint else ""
        raise UsageError(said + more if len(said + more) <= LONGEST else said) from None
    except (NoRule, NotFinished) as error:
        raise UsageError(f"no derivation found: {error}") from None
    except (RecursionError, MemoryError):
        raise UsageError("the expression is too large") from None


def printed(show: Callable[[], int]) -> int:
    """The exit status of printing, in which everything is proved and computed.

    Raises:
        UsageError: where the expression is too large, or there is no code for it.
    """
    from derive.codegen.agreement import WrongCode
    from derive.codegen.errors import NoCode
    from derive.proof.prover import Alarm

    try:
        return show()
    except Alarm as alarm:
        screen.note(f"derive: prover and evaluator contradict each other: {alarm}")
    except WrongCode as error:
        screen.note(f"derive: code and formula contradict each other, so neither is shown: {error}")
    except NoCode as error:
        raise UsageError(f"there is no code for this: {error}") from None
    except (RecursionError, MemoryError):
        raise UsageError("the expression is too large") from None
    return WRONG


def _completed(missing: tuple[str, ...], options: Namespace) -> str:
    """The command with the declarations that it lacks, to be filled in."""
    if not missing:
        return ""
    given = [word for each in declarations(options) for word in ("--let", each)]
    lacking = [word for name in missing for word in ("--let", f"{name}: ?")]
    words = ["derive", options.command, text(options), *given, *lacking]
    wrt = [word for name in getattr(options, "wrt", []) for word in name]
    words += ["--wrt", *wrt] if wrt else []
    return f"; declare it: {shlex.join(words)}"


def look(options: Namespace) -> Look:
    """How the page is to be shown."""
    from derive.render.terminal import Look

    fallback = "boxes" if screen.speaks_unicode() else "ascii"
    rename = flags.pairs(getattr(options, "rename", []), "--rename")
    return Look(screen.width(options), options.notation or fallback, options.detail, rename)
