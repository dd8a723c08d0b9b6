"""`derive show NAME`: a derivation as a textbook prints it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from derive.commands import GOOD, UNDECIDED, WRONG, names, screen

if TYPE_CHECKING:
    from derive.checking.report import Report
    from derive.derivation import Record


def arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", metavar="NAME", help="a name of `derive list`, or FILE.py:function")
    parser.add_argument("--detail", action="store_true", help="prose, evidence and assumptions too")
    names.settings(parser)
    parser.add_argument(
        "--notation", choices=("boxes", "linear", "ascii"), help="how formulas are printed"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random draws (default: 0)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: Namespace) -> int:
    """Print a derivation."""
    record = names.record(options.name, names.pairs(options.conventions, "--with"))
    from derive.checking.report import report
    from derive.proof.prover import Alarm

    try:
        found = report(record, options.seed)
    except Alarm as alarm:
        screen.note(f"derive: prover and evaluator contradict each other: {alarm}")
        return WRONG
    if options.json:
        from derive.render.data import reported

        screen.as_json({"schema": 1, **reported(found)})
    else:
        screen.show(_page(record, found, options), options)
    return WRONG if found.is_wrong else UNDECIDED if found.is_undecided else GOOD


def _page(record: Record, found: Report, options: Namespace) -> str:
    from derive.render.terminal import Look, derivation_page

    fallback = "boxes" if screen.speaks_unicode() else "ascii"
    look = Look(
        screen.width(options),
        options.notation or fallback,
        options.detail,
        names.pairs(options.rename, "--rename"),
    )
    return derivation_page(record, look, found.notes())
