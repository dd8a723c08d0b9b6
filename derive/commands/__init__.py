"""The command line: one module a command, imported when it is asked for.

A command is a row of `COMMANDS`. Its module has `arguments(parser)`, which declares what it takes,
and `run(options)`, which returns the exit status.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

GOOD, WRONG, USAGE, UNDECIDED, INTERRUPTED = 0, 1, 2, 3, 130

# name: (module, what it does)
COMMANDS = {
    "list": ("derive.commands.listing", "list the catalogue"),
    "rules": ("derive.commands.rules", "list the rules by name, each with a small example"),
    "show": ("derive.commands.show", "print a derivation, every step marked"),
    "latex": ("derive.commands.latex", "print derivations as LaTeX"),
    "verify": ("derive.commands.verify", "recompute every status, and hold numerics to it"),
    "grad": ("derive.commands.grad", "derive a gradient, Jacobian or Hessian of what is typed"),
    "prove": ("derive.commands.prove", "prove or refute an equation or inequality"),
    "check": ("derive.commands.check", "property-test a function of yours"),
    "completion": ("derive.commands.completion", "print a completion script for a shell"),
}

TYPED = ("grad", "prove")  # the commands whose first word is an expression
SHIELD = " "
AGAINST = "--against"  # is followed by an expression, too

FIRST = """\
derive list                                  what there is
derive show softmax_jacobian                 a derivation, every step proved
derive verify softmax_cross_entropy_gradient proof, numbers and finite differences again
"""


class UsageError(Exception):
    """What is wrong with a command line, in one line."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, without the usage in front of it."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise UsageError(f"{message}; see {self.prog} --help")


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except UsageError as error:
        return _refused(str(error))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe has seen enough; closing stdout quietly needs a place to flush to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD


def _run(words: list[str]) -> int:
    if not words:
        print(FIRST, end="")
        return GOOD
    command = next((word for word in words if word in available()), None)
    words = _shielded(words, command)
    parser = _parser(command)
    options = parser.parse_args(words)
    if not hasattr(options, "run"):
        parser.print_help()
        return GOOD
    status: int = options.run(options)
    return status


def _shielded(words: list[str], command: str | None) -> list[str]:
    """An expression may begin with a minus, which argparse would take for an option."""
    before = command if command in TYPED else AGAINST
    if before not in words:
        return words
    place = words.index(before) + 1
    first = words[place] if place < len(words) else ""
    if first.startswith("-") and first not in ("-", "-h") and not first.startswith("--"):
        return [*words[:place], SHIELD + first, *words[place + 1 :]]
    return words


def _refused(message: str) -> int:
    print(f"derive: {' '.join(message.split())}", file=sys.stderr)
    return USAGE


def available() -> dict[str, tuple[str, str]]:
    """The commands whose modules there are."""
    return {name: row for name, row in COMMANDS.items() if find_spec(row[0]) is not None}


def _parser(wanted: str | None) -> argparse.ArgumentParser:
    """The parser; only the wanted command's own arguments are known, for only they are needed."""
    from derive import __version__

    parser = Parser(
        prog="derive", description="Derivations in general dimension, every step checked."
    )
    parser.add_argument("--version", action="version", version=f"derive {__version__}")
    _everywhere(parser, top=True)
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", parser_class=Parser)
    for name, (module, does) in available().items():
        own = commands.add_parser(name, help=does, description=f"{does[0].upper()}{does[1:]}.")
        _everywhere(own, top=False)
        if name == wanted:
            command = import_module(module)
            command.arguments(own)
            own.set_defaults(run=command.run)
    return parser


def _everywhere(parser: argparse.ArgumentParser, top: bool) -> None:
    """The options of all commands, before or after the command's name."""
    missing = None if top else argparse.SUPPRESS
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto" if top else missing,
        help="when to use colour (default: auto, only in a terminal)",
    )
    parser.add_argument(
        "--width", type=_width, metavar="COLUMNS", default=missing, help="columns to print in"
    )


def _width(text: str) -> int:
    width = int(text)
    if width < 20:
        raise argparse.ArgumentTypeError("at least 20 columns are needed")
    return width
