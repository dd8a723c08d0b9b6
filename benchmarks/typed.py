"""How long `derive grad` takes for what is typed, in units of `import sympy`.

As a program: derives the expressions with these numbers, or all, step by step, proves and
evaluates every step, turns the result into NumPy code, tries the code, and prints the processor
times in seconds as JSON.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterable
from statistics import median

import derive
from benchmarks.expressions import EXPRESSIONS, LEAST_SQUARES
from benchmarks.figures import Figure, Section
from benchmarks.measuring import (
    IMPORT_SYMPY,
    NotProved,
    answer,
    in_units,
    interleaved,
    median_ratio,
    process_seconds,
    seconds,
)
from derive.proof.statuses import Status
from derive.render.answers import tried_source

COLD = ("-m", "derive", "grad", LEAST_SQUARES[0], "--wrt", LEAST_SQUARES[2])


def label(number: int) -> str:
    """How an expression is called in the table.

    >>> label(0)
    'sum((X@b - y)**2) by b'
    """
    expression, _, by, kind = EXPRESSIONS[number]
    return f"{expression} by {by}" + ("" if kind == "gradient" else f", {kind}")


def derived(expression: str, let: str, by: str, kind: str) -> Status:
    """The status of the derivation, its code printed and tried as well."""
    record = derive.grad(expression, let.split(" | "), by, kind)
    status = record.status
    tried_source(record, "numpy")
    return status


def times(numbers: Iterable[int]) -> dict[str, float]:
    """The processor time of each; what is imported on first use is imported before."""
    derived("sum(cos(u)) * (u @ v)", "u: n | v: n", "u", "gradient")
    return {label(number): _time(number) for number in numbers}


def _time(number: int) -> float:
    gc.collect()
    found: list[Status] = []
    taken = seconds(lambda: found.append(derived(*EXPRESSIONS[number])))
    if found[0] is not Status.PROVED:
        raise NotProved(f"{label(number)} is {found[0]}")
    return taken


def section(rounds: int, quick: bool) -> Section:
    """All expressions, each round in a fresh process, between imports of SymPy in others."""
    numbers = [str(k) for k in range(1 if quick else len(EXPRESSIONS))]
    let = [word for line in LEAST_SQUARES[1].split(" | ") for word in ("--let", line)]
    measured = interleaved(
        [
            lambda: answer("-m", "benchmarks.typed", *numbers),
            lambda: answer("-c", IMPORT_SYMPY),
            lambda: process_seconds(*COLD, *let),
            lambda: process_seconds("-c", "import sympy"),
        ],
        rounds,
    )
    rows = in_units([(times, imported) for times, imported, _, _ in measured])
    slowest, (_, worst) = list(rows.items())[-1]
    cold = median_ratio((own, sympy) for _, _, own, sympy in measured)
    return Section(
        f"Typed expressions ({len(rows)}): derived, proved, evaluated, written as code and tried",
        ("ms", "of import sympy"),
        rows,
        (
            Figure(
                "median expression / import sympy",
                median(ratio for _, ratio in rows.values()),
                1 / 10,
            ),
            Figure(f"slowest expression ({slowest}) / import sympy", worst, 3),
            Figure('cold derive grad / python -c "import sympy"', cold, 2),
        ),
        f"import sympy takes {1000 * median(m[1] for m in measured):.0f} ms; "
        f"medians of {rounds} rounds",
    )


if __name__ == "__main__":
    chosen = map(int, sys.argv[1:]) if sys.argv[1:] else range(len(EXPRESSIONS))
    print(json.dumps(times(chosen)))
