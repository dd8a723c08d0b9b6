"""`derive list`: the catalogue, read from its source files without importing what it lists."""

from __future__ import annotations

import textwrap
from argparse import ArgumentParser, Namespace

from derive import catalogue
from derive.commands import GOOD, UsageError, flags, screen

SCHEMA = 1


def arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--topic", metavar="TOPIC", help="only the derivations of one topic")
    flags.document(parser)


def run(options: Namespace) -> int:
    """List the catalogue."""
    chosen = _chosen(options.topic)
    if options.json:
        fields = [{"name": e.name, "topic": e.topic, "title": e.title} for e in chosen]
        screen.as_json({"schema": SCHEMA, "derivations": fields})
        return GOOD
    longest = max(len(entry.name) for entry in chosen)
    topics = dict.fromkeys(entry.topic for entry in chosen)
    blocks = [_block(topic, chosen, longest, options) for topic in topics]
    screen.show("\n\n".join(blocks), options)
    return GOOD


def _chosen(topic: str | None) -> list[catalogue.Entry]:
    chosen = [e for e in catalogue.entries().values() if topic in (None, e.topic)]
    if not chosen:
        raise UsageError(f"no topic {topic!r}; there are {', '.join(catalogue.topics())}")
    return chosen


def _block(topic: str, entries: list[catalogue.Entry], longest: int, options: Namespace) -> str:
    room = max(20, screen.width(options) - longest - 4)
    rows = [topic]
    for entry in entries:
        if entry.topic == topic:
            first, *more = textwrap.wrap(entry.title, room) or [""]
            rows.append(f"  {entry.name:<{longest}}  {first}")
            rows += [f"  {'':<{longest}}  {line}" for line in more]
    return "\n".join(rows)
