"""Processor time: of a call, of a fresh interpreter, and of several contestants in turn.

The clock is the processor's, for the machine may be shared; ratios are taken within a round, and
their medians over the rounds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
IMPORT_SYMPY = "import time; t = time.process_time(); import sympy; print(time.process_time() - t)"


class NotProved(AssertionError):
    """A figure for what is not proved would mean nothing."""


def seconds(call: Callable[[], object]) -> float:
    """The processor time of a call."""
    start = process_time()
    call()
    return process_time() - start


def answer(*words: str) -> Any:
    """What a fresh interpreter prints, read as JSON."""
    finished = subprocess.run(_command(words), cwd=ROOT, env=_environment(), stdout=-1, check=True)
    return json.loads(finished.stdout)


def process_seconds(*words: str) -> float:
    """The processor time of a fresh interpreter from its start to its end.

    >>> process_seconds("-c", "pass") > 0
    True
    """
    process = subprocess.Popen(
        _command(words), cwd=ROOT, env=_environment(), stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with exit status {process.returncode}")
    return used.ru_utime + used.ru_stime


def _command(words: Iterable[str]) -> list[str]:
    return [sys.executable, *words]


def _environment() -> dict[str, str]:
    """Compiled files are kept, or every start would compile SymPy anew and flatter us."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def interleaved(contestants: Sequence[Callable[[], Any]], rounds: int) -> list[tuple[Any, ...]]:
    """What all contestants answer in each round, after one round that is thrown away."""
    results = []
    for _ in range(rounds + 1):
        results.append(tuple(contestant() for contestant in contestants))
    return results[1:]


def median_ratio(pairs: Iterable[tuple[float, float]]) -> float:
    """The median of the first over the second.

    >>> median_ratio([(2, 1), (9, 3), (8, 2)])
    3.0
    """
    return median(one / other for one, other in pairs)


def in_units(rounds: Sequence[tuple[Mapping[str, float], float]]) -> dict[str, tuple[float, float]]:
    """Milliseconds and ratios to a unit, from the times of each round and its unit, slowest last.

    >>> in_units([({"slow": 0.006, "fast": 0.002}, 0.001)])
    {'fast': (2.0, 2.0), 'slow': (6.0, 6.0)}
    """
    rows = {
        name: (
            1000 * median(times[name] for times, _ in rounds),
            median_ratio((times[name], unit) for times, unit in rounds),
        )
        for name in rounds[0][0]
    }
    return dict(sorted(rows.items(), key=lambda row: row[1][1]))
