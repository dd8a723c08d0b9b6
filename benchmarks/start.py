"""How long the command line takes to start, in units of an interpreter that does nothing."""

from __future__ import annotations

from statistics import median

from benchmarks.figures import Figure, Section
from benchmarks.measuring import interleaved, median_ratio, process_seconds

NOTHING = ("-c", "pass")
COMMANDS = {
    "derive --help": (("-m", "derive", "--help"), 5.0),
    "derive list": (("-m", "derive", "list"), 8.0),
}


def section(rounds: int, quick: bool) -> Section:
    """Each command between interpreters that do nothing; short, so with more rounds."""
    rounds = rounds if quick else 5 * rounds
    chosen = dict(list(COMMANDS.items())[:1] if quick else COMMANDS)
    calls = [NOTHING, *(words for words, _ in chosen.values())]
    measured = interleaved([lambda w=words: process_seconds(*w) for words in calls], rounds)
    bare, *others = zip(*measured, strict=True)
    ratios = [median_ratio(zip(times, bare, strict=True)) for times in others]
    pairs = list(zip(chosen, others, ratios, strict=True))
    return Section(
        "Start of the command line",
        ("ms", "of python -c pass"),
        {name: (1000 * median(times), ratio) for name, times, ratio in pairs},
        tuple(
            Figure(f"{name} / python -c pass", ratio, chosen[name][1]) for name, _, ratio in pairs
        ),
        f"python -c pass takes {1000 * median(bare):.0f} ms; medians of {rounds} rounds",
    )
