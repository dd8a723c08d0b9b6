"""Break the sources of a topic, one place at a time, and say what no test notices.

    python -m tests.mutation --topic convolution --jobs 2

For every mutant the tests run that use its function, the quickest first, up to the first failure.
The exit status is 1 where a mutant survives that the table of equivalent ones does not have.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterable, Sequence
from multiprocessing import get_context
from pathlib import Path

from .equivalents import equivalents
from .mutants import SPACES, Mutant, mutants, source
from .suite import Suite, candidates, with_suite
from .trials import Outcome, trials


def modules_of(topics: Iterable[str]) -> list[str]:
    """The modules of some topics, of numerics and of the catalogue; or one that is named whole."""
    found = []
    for topic in topics:
        names = [topic] if "." in topic else [f"numerics.{topic}", f"{SPACES}.{topic}"]
        found += [name for name in names if source(name).exists()]
    return found


def drawn(module: str, count: int | None, seed: int) -> list[Mutant]:
    """All mutants of a module, or so many, from every function its share of them."""
    every = list(mutants(module))
    if count is None or count >= len(every):
        return every
    rng = random.Random(f"{seed} {module}")
    shuffled = sorted(every, key=lambda _: rng.random())
    share, taken = count / len(every), []
    for function in dict.fromkeys(m.function for m in every):
        own = [m for m in shuffled if m.function == function]
        taken += own[: max(1, round(share * len(own)))]
    return sorted(taken, key=lambda m: (m.line, m.key))


def survey(suite: Suite, modules: Sequence[str], options: argparse.Namespace) -> bool:
    """Try the mutants of some modules, and report; whether all that survive are equivalent."""
    failing = suite.trace(modules, candidates(suite, modules))
    for name in failing:
        print(f"fails without any mutant: {name}")
    good = True
    for module in modules:
        chosen = drawn(module, options.sample, options.seed)
        chosen = [m for m in chosen if options.function in ("", m.function)]
        if options.again:
            known = survivors_of(options.again)
            chosen = [m for m in mutants(module) if m.key in known]
        good &= report(module, chosen, suite, options)
    return good


def survivors_of(file: Path) -> set[tuple[str, ...]]:
    """The mutants that survived in an earlier run."""
    rows = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return {tuple(row["key"]) for row in rows if not row["killer"]}


def report(module: str, chosen: list[Mutant], suite: Suite, options: argparse.Namespace) -> bool:
    """Try some mutants of a module, and print the survivors and the counts."""
    table = equivalents()
    rows = [row for part in _parts(chosen, suite, options.jobs) for row in part]
    survivors = [row for row in rows if not row["killer"]]
    known = [row for row in survivors if tuple(row["key"]) in table]
    holes = [row for row in survivors if tuple(row["key"]) not in table]
    for row in holes:
        print("survived:", row["said"], f"({row['checks']} tests)")
    ended = sum(row["killer"].startswith("ended") for row in rows)
    print(
        f"{module}: {len(rows)} mutants, {len(rows) - len(survivors)} killed"
        f" ({ended} ended by the system), {len(holes)} survived, {len(known)} equivalent",
        flush=True,
    )
    if options.json:
        with options.json.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return not holes


def _parts(chosen: list[Mutant], suite: Suite, jobs: int) -> list[list[dict[str, object]]]:
    """The outcomes of the mutants, dealt out to some processes."""
    if jobs == 1:
        return [[_row(outcome) for outcome in trials(chosen, suite.relevant)]]
    fork = get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, str(k)) for k in range(jobs)]
        workers = [
            fork.Process(target=_work, args=(chosen[k::jobs], suite, file))
            for k, file in enumerate(files)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return [json.loads(file.read_text(encoding="utf-8")) for file in files]


def _work(chosen: list[Mutant], suite: Suite, file: Path) -> None:
    rows = [_row(outcome) for outcome in trials(chosen, suite.relevant)]
    file.write_text(json.dumps(rows), encoding="utf-8")


def _row(outcome: Outcome) -> dict[str, object]:
    mutant = outcome.mutant
    return {
        "key": mutant.key,
        "operator": mutant.operator,
        "line": mutant.line,
        "killer": outcome.killer,
        "checks": outcome.checks,
        "said": str(mutant),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, collect the tests, and try the mutants."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--topic", nargs="+", required=True, help="topics, or names of modules")
    parser.add_argument("--function", default="", help="only mutants of this function")
    parser.add_argument("--sample", type=int, help="so many mutants of each module")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--json", type=Path, help="a file to which every outcome is added")
    parser.add_argument("--again", type=Path, help="only what survived, by such a file")
    options = parser.parse_args(arguments)
    modules = modules_of(options.topic)
    if not modules:
        parser.error(f"no module is called {', '.join(options.topic)}")
    good = []
    status = with_suite(lambda suite: good.append(survey(suite, modules, options)))
    return status or (0 if good == [True] else 1)


if __name__ == "__main__":
    sys.exit(main())
