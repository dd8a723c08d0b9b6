"""`derive rules [NAME]`: the rules by name, each with what it says and a small example."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from derive.commands import GOOD, UsageError, screen

if TYPE_CHECKING:
    from derive.rewriting.rules import Rule


def arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("name", nargs="*", metavar="NAME", help="the name of one rule")


def run(options: Namespace) -> int:
    """List the rules, or show one."""
    from derive.rewriting.rules import RULES

    name = " ".join(options.name)
    if name and name not in RULES:
        from difflib import get_close_matches

        close = get_close_matches(name, RULES, n=3, cutoff=0.4)
        meant = f"; did you mean {', '.join(close)}?" if close else "; `derive rules` lists all"
        raise UsageError(f"no rule is called {name!r}{meant}")
    chosen = [RULES[name]] if name else list(RULES.values())
    longest = max(len(rule.name) for rule in chosen)
    screen.show("\n".join(_row(rule, longest, bool(name)) for rule in chosen), options)
    return GOOD


def _row(rule: Rule, longest: int, in_full: bool) -> str:
    rows = [f"{rule.name:<{longest}}  {rule.statement}"]
    if in_full and rule.gate:
        rows.append(f"{'':<{longest}}  needs {rule.gate}")
    if in_full:
        rows += _example(rule)
    return "\n".join(rows)


def _example(rule: Rule) -> list[str]:
    """What the row makes of a small term."""
    from derive.notation import text

    if rule.sample is None:
        return []
    before, given = rule.sample()
    after = rule.apply(before, given)
    assert after is not None  # a sample is a term at which the rule acts
    style = "unicode" if screen.speaks_unicode() else "ascii"
    return ["", f"for example  {text(before, style)}  =  {text(after, style)}"]
