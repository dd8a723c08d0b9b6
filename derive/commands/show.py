"""`derive show NAME`: a derivation as a textbook prints it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from derive import names
from derive.commands import GOOD, UNDECIDED, WRONG, flags, resolved, screen, typed

if TYPE_CHECKING:
    from derive.checking.report import Report
    from derive.derivation import Record


def arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", metavar="NAME", help="a name of `derive list`, or FILE.py:function")
    flags.look(parser)
    flags.conventions(parser)
    flags.renaming(parser)
    flags.seed(parser)
    flags.document(parser)


def run(options: Namespace) -> int:
    """Print a derivation."""
    with resolved():
        record = names.load(options.name, **flags.pairs(options.conventions, "--with"))
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
    from derive.render.terminal import derivation_page

    return derivation_page(record, typed.look(options), found.notes())
