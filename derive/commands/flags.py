"""The options that several commands take, each said once, and what their values say."""

from __future__ import annotations

from argparse import _ActionsContainer as Container
from collections.abc import Iterable

from derive.commands import UsageError

WHAT_IS_DECLARED = "a variable with its dims and attributes: 'X: n,p', 's:', 'y: K; simplex'"


def declarations(parser: Container) -> None:
    """What is known of the variables of an expression."""
    _repeated(parser, "--let", "DECLARATION", WHAT_IS_DECLARED)


def derivative(parser: Container) -> None:
    """By which variables, and which derivative."""
    said = "the variable to differentiate by; several give several derivatives"
    _repeated(parser, "--wrt", "NAME", said)
    kinds = parser.add_mutually_exclusive_group()
    for kind, said in (
        ("jacobian", "the derivative of an array: the axes of the output first"),
        ("hessian", "the second derivative of a number"),
    ):
        kinds.add_argument(f"--{kind}", dest="kind", action="store_const", const=kind, help=said)


def _repeated(parser: Container, name: str, metavar: str, said: str) -> None:
    parser.add_argument(name, action="append", nargs="+", default=[], metavar=metavar, help=said)


def conventions(parser: Container) -> None:
    """Which conventions a derivation is taken with."""
    said = "a convention, such as reduction=mean"
    parser.add_argument(
        "--with", dest="conventions", action="append", default=[], metavar="KEY=VALUE", help=said
    )


def look(parser: Container) -> None:
    """How a page is printed."""
    said = "say more: prose, evidence, what each step assumes"
    parser.add_argument("--detail", action="store_true", help=said)
    parser.add_argument(
        "--notation", choices=("boxes", "linear", "ascii"), help="how formulas are printed"
    )


def renaming(parser: Container) -> None:
    """Letters of the reader's own."""
    said = "show a name as another, such as z=s,p=q"
    parser.add_argument("--rename", action="append", default=[], metavar="NAME=NAME", help=said)


def seed(parser: Container) -> None:
    """What random draws begin with."""
    parser.add_argument("--seed", type=int, default=0, help="of the random draws (default: 0)")


def jobs(parser: Container) -> None:
    """Over how many processes work is spread."""
    parser.add_argument("--jobs", type=int, default=1, help="processes to use (default: 1)")


def document(parser: Container) -> None:
    """One JSON document in place of the page."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def files(parser: Container) -> None:
    """Reports for programs."""
    parser.add_argument("--json", metavar="FILE", help="write one JSON document; - is stdout")
    parser.add_argument("--junit", metavar="FILE", help="write JUnit XML")


def pairs(given: Iterable[str], option: str) -> dict[str, str]:
    """``a=b`` and ``a=b,c=d``, repeated or not, as a mapping."""
    found: dict[str, str] = {}
    for text in (piece for word in given for piece in word.split(",")):
        name, sign, value = text.partition("=")
        if not (name and sign and value):
            raise UsageError(f"{option} takes NAME=VALUE, got {text!r}")
        found[name.strip()] = value.strip()
    return found
