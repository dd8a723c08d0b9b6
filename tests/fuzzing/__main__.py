"""``python -m tests.fuzzing --pairs 20000 --seed 0 --jobs 2``: a run, as a table."""

from __future__ import annotations

import argparse

from derive.proof.prover import Alarm, verdict
from tests.fuzzing import reports
from tests.fuzzing.pairs import gates, pairs
from tests.fuzzing.runs import outcomes, run
from tests.fuzzing.shown import legend, shown


def main() -> int:
    """Run, print, and say with the exit status whether anything was wrong."""
    options = _options()
    if options.only is not None:
        return _one(options.seed, options.only)
    # A number makes an equal pair and up to two near misses of it.
    numbers = range(options.start, options.start + options.pairs // 3 + 1)
    found = list(run(options.seed, numbers, options.jobs))
    sections = (reports.table, reports.summary, reports.failures, reports.unproved)
    print("\n\n".join(section(found) for section in sections))
    return int(any(o.result in reports.WRONG for o in found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="the first number")
    parser.add_argument("--only", type=int, help="show the pairs of one number")
    return parser.parse_args()


def _one(seed: int, number: int) -> int:
    for pair, outcome in zip(pairs(seed, number), outcomes(seed, number), strict=True):
        statement = pair.statement
        print(f"{outcome.kind} {outcome.result} {outcome.reason} {pair.made_by} {pair.edit}")
        print("   ", shown(statement.left), "\n   =", shown(statement.right))
        print("\n".join(legend(statement.left, statement.right)), statement.context)
        try:
            found = verdict(statement, gates(statement))
            print("   ", found.status, found.assumptions, found.used, found.evidence)
        except Alarm as alarm:
            print("    alarm", str(alarm)[-600:])
        print()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
