"""One mutant at a time in a process of its own: which check fails first, if any does."""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from warnings import catch_warnings, simplefilter

from .mutants import Mutant
from .planting import dependents, planted

SECONDS = 10  # of processor time for a check, beyond some times what it takes without a mutant
MEMORY = 4 * 2**30  # bytes


@dataclass(frozen=True)
class Check:
    """A name, what raises where it fails, and the seconds that it takes on sound code."""

    name: str
    run: Callable[[], None]
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """A mutant with the check that killed it; with none, it survived."""

    mutant: Mutant
    killer: str
    checks: int  # that were relevant

    @property
    def survived(self) -> bool:
        """Whether every check passed."""
        return not self.killer


def trials(
    mutants: Iterable[Mutant], relevant: Callable[[Mutant], Sequence[Check]]
) -> Iterator[Outcome]:
    """Try each mutant: first the checks that are quick, or have killed its neighbours.

    What fails without any mutant says nothing, and is left out.
    """
    kills: Counter[tuple[str, str]] = Counter()
    sound: dict[str, bool] = {}
    for mutant in mutants:
        checks = [check for check in relevant(mutant) if sound.get(check.name, True)]
        here = mutant.function
        order = sorted(checks, key=lambda c: (_price(c, kills[here, c.name]), c.name))
        killer = trial(mutant, order)
        while killer in (names := [check.name for check in order]) and not sound.get(killer):
            at = names.index(killer)
            sound[killer] = not trial(None, [order[at]])
            if not sound[killer]:
                order = [*order[:at], *order[at + 1 :]]
                killer = trial(mutant, order)
        kills[here, killer] += 1
        yield Outcome(mutant, killer, len(checks))


def _price(check: Check, kills: int) -> float:
    """What a kill by a check may cost: its seconds, by the chance that it kills."""
    return (check.seconds + 0.002) / (kills + 0.1)


def trial(mutant: Mutant | None, checks: Sequence[Check]) -> str:
    """The name of the first check that fails with a mutant, or none, in place; "" if all pass."""
    if mutant is not None:
        dependents(mutant.module)  # found once, for all children
    gc.freeze()  # what is here stays, and the child shares it
    reading, writing = os.pipe()
    with catch_warnings():
        simplefilter("ignore", DeprecationWarning)  # forking beside threads that only wait
        child = os.fork()
    if not child:
        os.close(reading)
        _limit_memory()
        try:
            os.write(writing, json.dumps(_first_failure(mutant, checks)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if said:
        return str(json.loads(said))
    return f"ended by signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "ended"


def _limit_memory() -> None:
    """Let what would fill the machine fail instead."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _end_within(seconds: float) -> None:
    """Let the system end this process where it computes, or waits, for too long."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(60 * seconds) + 1)


def _first_failure(mutant: Mutant | None, checks: Sequence[Check]) -> str:
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    try:
        if mutant is not None:
            planted(mutant)
    except Exception as error:  # a module that cannot even be imported fails every test
        return f"import: {type(error).__name__}"
    for check in checks:
        _end_within(SECONDS + 5 * check.seconds)
        try:
            check.run()
        except BaseException:
            return check.name
    return ""
