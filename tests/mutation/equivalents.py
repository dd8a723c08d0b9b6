"""The table of equivalent mutants: survivors that no test can kill, each with the reason."""

from __future__ import annotations

from pathlib import Path

import yaml

from .mutants import mutants, source

TABLE = Path(__file__).parent / "equivalents.yaml"
Key = tuple[str, str, str, str]


def equivalents() -> dict[Key, str]:
    """The reason for each mutant of the table."""
    rows = yaml.safe_load(TABLE.read_text(encoding="utf-8")) or []
    return {
        (row["module"], each["function"], each["before"], each["after"]): row["reason"]
        for row in rows
        for each in row["mutants"]
    }


def stale() -> list[Key]:
    """The rows of the table to which there is no mutant any more."""
    table = equivalents()
    modules = sorted({module for module, *_ in table})
    known = {m.key for module in modules if source(module).exists() for m in mutants(module)}
    return sorted(set(table) - known)
