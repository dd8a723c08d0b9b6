"""How much faster a derivative is proved here than SymPy finds it, where SymPy finds it."""

from __future__ import annotations

from statistics import median

from benchmarks.figures import Figure, Section
from benchmarks.measuring import answer, interleaved

SYMPY, OWN = "benchmarks.derivatives_by_sympy", "benchmarks.derivatives_by_derive"
QUICK = ("elementwise exponential",)


def section(rounds: int, quick: bool) -> Section:
    """Both in turn, each in a fresh process whose imports are not counted."""
    names = QUICK if quick else ()
    measured = interleaved(
        [lambda: answer("-m", SYMPY, *names), lambda: answer("-m", OWN, *names)], rounds
    )
    rows = {name: _row(name, measured) for name in measured[0][0]}
    whole, alone = ([row[k] for row in rows.values()] for k in (3, 4))
    points = min(own[name][2] for _, own in measured for name in rows)
    return Section(
        "Derivatives that SymPy gets right: finding them there, proving them here",
        ("SymPy ms", "verdict ms", "proof ms", "SymPy / verdict", "SymPy / proof"),
        dict(sorted(rows.items(), key=lambda item: item[1][3])),
        (
            Figure("median SymPy / verdict", median(whole), 50, "at least"),
            Figure("smallest SymPy / verdict", min(whole), 50, "at least"),
            Figure("median SymPy / proof alone", median(alone), 50, "at least"),
        ),
        f"a verdict is a proof of the closed form and its values at {points} points or more; "
        "SymPy's answer is neither checked nor, unless it says so, simplified; "
        f"medians of {rounds} rounds",
    )


def _row(name: str, measured: list[tuple[dict, dict]]) -> tuple[float, ...]:  # type: ignore[type-arg]
    theirs = [sympy[name] for sympy, _ in measured]
    whole = [own[name][0] for _, own in measured]
    alone = [own[name][1] for _, own in measured]
    times = (1000 * median(times) for times in (theirs, whole, alone))
    ratios = (median(a / b for a, b in zip(theirs, ours, strict=True)) for ours in (whole, alone))
    return (*times, *ratios)
