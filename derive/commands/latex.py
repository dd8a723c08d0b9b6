"""`derive latex NAME...`: fragments for documents, or a document that compiles."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from derive import names
from derive.commands import GOOD, UsageError, flags, resolved, screen


def arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="names of `derive list`, or FILE.py:function"
    )
    parser.add_argument("--all", action="store_true", help="the whole catalogue")
    parser.add_argument("--standalone", action="store_true", help="a whole document")
    parser.add_argument("-o", "--output", metavar="FILE", help="write to a file instead")
    flags.conventions(parser)
    flags.renaming(parser)


def run(options: Namespace) -> int:
    """Print LaTeX."""
    from derive.render.latex import fragment, standalone

    conventions = flags.pairs(options.conventions, "--with")
    rename = flags.pairs(options.rename, "--rename")
    with resolved():
        records = [names.load(name, **conventions) for name in _names(options)]
    if options.standalone:
        text = standalone(records, rename)
    else:
        text = "\n".join(fragment(record, rename) for record in records)
    if options.output:
        screen.write(options.output, text + "\n")
    else:
        print(text)
    return GOOD


def _names(options: Namespace) -> list[str]:
    """The names that were asked for."""
    if options.all == bool(options.names):
        raise UsageError("name derivations, or ask for --all; see derive list")
    if not options.all:
        return list(options.names)
    from derive.catalogue import entries

    return list(entries())
