"""What became of mutants, one line of JSON each, and the counts of a module."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from .equivalents import is_equivalent
from .mutants import Mutant
from .trials import Outcome

Row = dict[str, Any]


def row(outcome: Outcome) -> Row:
    """An outcome as it is kept."""
    mutant = outcome.mutant
    return {
        "key": mutant.key,
        "operator": mutant.operator,
        "line": mutant.line,
        "killer": outcome.killer,
        "checks": outcome.checks,
        "said": str(mutant),
    }


def add(file: Path, found: Iterable[Row]) -> None:
    """Add rows to a file, each as soon as it is there: a run may end at any moment."""
    with file.open("a", encoding="utf-8") as lines:
        for each in found:
            print(json.dumps(each), file=lines, flush=True)


def kept(file: Path) -> dict[tuple[str, ...], Row]:
    """The rows of a file by their mutant; of several the last."""
    if not file.exists():
        return {}
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return {tuple(each["key"]): each for each in rows}


def report(module: str, chosen: Collection[Mutant], known: dict[tuple[str, ...], Row]) -> bool:
    """Print the survivors and the counts of a module; whether the table has all survivors."""
    listed = [mutant for mutant in chosen if is_equivalent(mutant.key)]
    rows = [known[m.key] for m in chosen if m.key in known and m not in listed]
    holes = [each for each in rows if not each["killer"]]
    for each in holes:
        print("survived:", each["said"], f"({each['checks']} tests)")
    false = [m for m in listed if m.key in known and known[m.key]["killer"]]
    for mutant in false:
        print("listed as equivalent, and killed:", mutant, known[mutant.key]["killer"])
    tried = len(rows) + len(listed)
    print(
        f"{module}: {tried} of {len(chosen)} mutants tried, {len(rows) - len(holes)} killed"
        f" ({sum(each['killer'].startswith('ended') for each in rows)} ended by the system),"
        f" {len(listed)} equivalent, {len(holes)} unlisted",
        flush=True,
    )
    return not holes and not false and tried == len(chosen)
