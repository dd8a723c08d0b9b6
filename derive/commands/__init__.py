"""The command line: one module a command, imported when it is asked for.

A command is a row of `COMMANDS`. Its module has `arguments(parser)`, which declares what it takes,
and `run(options)`, which returns the exit status.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

GOOD, WRONG, USAGE, UNDECIDED, INTERRUPTED = 0, 1, 2, 3, 130

# name: (module, what it does, an example)
COMMANDS = {
    "list": ("listing", "list the catalogue", "derive list --topic softmax"),
    "rules": (
        "rules",
        "list the rules by name, each with a small example",
        "derive rules product rule",
    ),
    "show": (
        "show",
        "print a derivation, every step marked",
        "derive show softmax_cross_entropy --with reduction=mean",
    ),
    "latex": (
        "latex",
        "print derivations as LaTeX",
        "derive latex softmax_jacobian --rename z=s",
    ),
    "verify": (
        "verify",
        "recompute every status, and hold numerics to it",
        "derive verify softmax --jobs 2",
    ),
    "grad": (
        "grad",
        "derive a gradient, Jacobian or Hessian of what is typed",
        "derive grad 'sum((X@b - y)**2)' --let 'X: n,p' 'b: p' 'y: n' --wrt b",
    ),
    "prove": (
        "prove",
        "prove or refute an equation or inequality",
        "derive prove 'inv(A@B) == inv(B)@inv(A)' --let 'A: n,n' 'B: n,n'",
    ),
    "check": (
        "check",
        "property-test a function of yours",
        "derive check mine.py:forward,backward --as batch_norm",
    ),
    "completion": (
        "completion",
        "print a completion script for a shell",
        "source <(derive completion bash)",
    ),
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


@contextmanager
def resolved() -> Iterator[None]:
    """What a name stands for is found inside; what is wrong with it is said in one line."""
    from derive.catalogue import UnknownName

    try:
        yield
    except (UnknownName, ValueError) as error:  # a ValueError is from the author's own lines
        raise UsageError(str(error)) from None


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
    command = next((word for word in words if word in COMMANDS), None)
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


def _parser(wanted: str | None) -> argparse.ArgumentParser:
    """The parser; only the wanted command's own arguments are known, for only they are needed."""
    from derive import __version__

    parser = Parser(
        prog="derive", description="Derivations in general dimension, every step checked."
    )
    parser.add_argument("--version", action="version", version=f"derive {__version__}")
    _everywhere(parser, top=True)
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", parser_class=Parser)
    for name, (module, does, example) in COMMANDS.items():
        said, shown = f"{does[0].upper()}{does[1:]}.", f"example: {example}"
        own = commands.add_parser(name, help=does, description=said, epilog=shown)
        _everywhere(own, top=False)
        if name == wanted:
            command = import_module(f"{__name__}.{module}")
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
