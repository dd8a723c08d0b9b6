"""`derive prove 'LHS == RHS'`: a proof, a smallest counterexample, or undecided."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import TYPE_CHECKING

from derive.commands import GOOD, UNDECIDED, WRONG, flags, screen, typed

if TYPE_CHECKING:
    from derive.derivation import Record


def arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    typed.arguments(parser, "an equation or inequality; D(f, x) is a derivative")
    flags.document(parser)


def run(options: Namespace) -> int:
    """Print the proof of a claim, or what is wrong with it."""
    from derive.language import prove

    record = typed.answered(
        lambda: prove(typed.text(options), typed.declarations(options)), options
    )
    record = replace(record, seed=options.seed)
    return typed.printed(lambda: _shown(record, options))


def _shown(record: Record, options: Namespace) -> int:
    from derive.proof.statuses import Status

    if options.json:
        screen.as_json({"schema": 1, **record.to_dict()})
    else:
        from derive.render.terminal import derivation_page

        screen.show(derivation_page(record, typed.look(options)), options)
    if record.status is Status.REFUTED:
        return WRONG
    return UNDECIDED if record.status < Status.CITED else GOOD
