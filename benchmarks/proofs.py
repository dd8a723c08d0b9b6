"""How long the proof of an identity takes, evaluator included, in units of `import sympy`.

As a program: prove the identities named, or all, and print their times in seconds as JSON.
"""

from __future__ import annotations

import json
import sys
from statistics import median

from benchmarks.figures import Figure, Section
from benchmarks.identities import IDENTITIES
from benchmarks.measuring import (
    IMPORT_SYMPY,
    NotProved,
    answer,
    in_units,
    interleaved,
    seconds,
)
from benchmarks.statements import equation, everything
from derive.proof.prover import verdict
from derive.proof.statuses import Status
from derive.terms.arrays import variable
from derive.terms.functions import exp


def times(names: list[str]) -> dict[str, float]:
    """The processor time of each verdict; what is imported on first use is imported before."""
    x = variable("x", ("n",))
    warm = equation(exp(x) * exp(x), exp(2 * x))
    verdict(warm, everything(warm))
    return {name: _time(name) for name in names}


def _time(name: str) -> float:
    stated = IDENTITIES[name]()
    found = []
    taken = seconds(lambda: found.append(verdict(stated.statement, stated.gates)))
    if found[0].status is not Status.PROVED:
        raise NotProved(f"{name} is {found[0].status}: {found[0].reason}")
    return taken


def section(rounds: int, quick: bool) -> Section:
    """All identities, each round in a fresh process, between imports of SymPy in others."""
    names = list(IDENTITIES)[:1] if quick else list(IDENTITIES)
    measured = interleaved(
        [lambda: answer("-m", "benchmarks.proofs", *names), lambda: answer("-c", IMPORT_SYMPY)],
        rounds,
    )
    rows = in_units(measured)
    imported = 1000 * median(imported for _, imported in measured)
    slowest, (_, worst) = list(rows.items())[-1]
    return Section(
        f"Verdicts on identities ({len(names)}), evaluator included",
        ("ms", "of import sympy"),
        rows,
        (
            Figure(
                "median verdict / import sympy", median(ratio for _, ratio in rows.values()), 1 / 20
            ),
            Figure(f"slowest verdict ({slowest}) / import sympy", worst, 2),
        ),
        f"import sympy takes {imported:.0f} ms; medians of {rounds} rounds",
    )


if __name__ == "__main__":
    print(json.dumps(times(sys.argv[1:] or list(IDENTITIES))))
