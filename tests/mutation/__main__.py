"""Break the sources of a topic, one place at a time, and say what no test notices.

    python -m tests.mutation --topic convolution --jobs 2

For every mutant the tests run that use its function, the quickest first, up to the first failure.
The exit status is 1 where a mutant survives that the table of equivalent ones does not have, or
was not tried. With `--json FILE` a run goes on where the last one ended.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Iterable, Sequence
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from .equivalents import is_equivalent
from .mutants import SPACES, Mutant, mutants, source
from .outcomes import add, kept, report, row
from .suite import Suite, candidates, with_suite
from .trials import trials


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
    ends = time.monotonic() + options.within
    chosen = {module: selected(module, options) for module in modules}
    left = {module: untried(chosen[module], options) for module in modules}
    if busy := [module for module in modules if left[module]]:
        for name in suite.trace(busy, candidates(suite, busy)):
            print(f"fails without any mutant: {name}")
    for module in busy:
        deal(left[module], suite, options, ends)
    known = kept(options.json)
    reports = [report(module, chosen[module], known) for module in modules]
    return all(reports)


def selected(module: str, options: argparse.Namespace) -> list[Mutant]:
    """The mutants of a module that are asked for."""
    found = drawn(module, options.sample, options.seed)
    return [mutant for mutant in found if options.function in ("", mutant.function)]


def untried(chosen: Iterable[Mutant], options: argparse.Namespace) -> list[Mutant]:
    """Those of which nothing is known yet, or of which only is known that they survive.

    What the table says to be equivalent passes every test, which takes long: it is left out, or,
    where it is asked for, tried by itself.
    """
    known = kept(options.json)
    found = [mutant for mutant in chosen if is_equivalent(mutant.key) is options.listed]
    if options.again:
        return [m for m in found if m.key in known and not known[m.key]["killer"]]
    return [mutant for mutant in found if mutant.key not in known]


def deal(chosen: list[Mutant], suite: Suite, options: argparse.Namespace, ends: float) -> None:
    """Try mutants in some processes until the time is over, and keep the outcomes in a file."""

    def work(share: list[Mutant]) -> None:
        in_time = (mutant for mutant in share if time.monotonic() < ends)
        add(options.json, map(row, trials(in_time, suite.relevant)))

    shares = [chosen[k :: options.jobs] for k in range(options.jobs)]
    workers = [get_context("fork").Process(target=work, args=(share,)) for share in shares]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, collect the tests, and try the mutants."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--topic", nargs="+", required=True, help="topics, or names of modules")
    parser.add_argument("--function", default="", help="only mutants of this function")
    parser.add_argument("--sample", type=int, help="so many mutants of each module")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--within", type=float, default=math.inf, help="seconds, about")
    parser.add_argument("--json", type=Path, help="a file of outcomes: what it has is not tried")
    parser.add_argument("--again", action="store_true", help="only what survived by this file")
    parser.add_argument("--listed", action="store_true", help="only what is said to be equivalent")
    options = parser.parse_args(arguments)
    modules = modules_of(options.topic)
    if not modules:
        parser.error(f"no module is called {', '.join(options.topic)}")
    good = []
    with TemporaryDirectory() as folder:
        options.json = options.json or Path(folder, "outcomes")
        status = with_suite(lambda suite: good.append(survey(suite, modules, options)))
    return status or (0 if good == [True] else 1)


if __name__ == "__main__":
    sys.exit(main())
