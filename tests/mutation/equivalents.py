"""The table of equivalent mutants: survivors that no test can kill, each with the reason.

A row without what is there afterwards is of every mutant of its statement.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from .mutants import mutants, source

TABLE = Path(__file__).parent / "equivalents.yaml"
Key = tuple[str, ...]  # a module, a function, a statement, and another one if it is only that


@cache
def equivalents() -> dict[Key, str]:
    """The reason for each row of the table."""
    rows = yaml.safe_load(TABLE.read_text(encoding="utf-8")) or []
    return {
        (row["module"], each["function"], each["before"], *_after(each)): row["reason"]
        for row in rows
        for each in row["mutants"]
    }


def _after(row: dict[str, str]) -> tuple[str, ...]:
    return (row["after"],) if "after" in row else ()


def is_equivalent(key: Key) -> bool:
    """Whether the table has a mutant, or its statement."""
    return bool({key, key[:3]} & set(equivalents()))


def stale() -> list[Key]:
    """The rows of the table to which there is no mutant any more."""
    modules = sorted({module for module, *_ in equivalents()})
    keys = [m.key for module in modules if source(module).exists() for m in mutants(module)]
    return sorted(set(equivalents()) - set(keys) - {key[:3] for key in keys})
