"""Runs of the prover over many pairs, each within a time, with what came out."""

from __future__ import annotations

import gc
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import Pool
from typing import TypeVar

from derive.proof.evaluator import evidence
from derive.proof.prover import Alarm, proved, verdict
from derive.proof.statuses import Status
from tests.fuzzing.pairs import Pair, gates, pairs

Result = TypeVar("Result")
SLOW = 2.0  # seconds that a proof may take
PATIENCE = 20.0  # seconds for everything about a pair


class TooLong(BaseException):
    """More time than a pair may take; no handler of ordinary errors sees it."""


@dataclass(frozen=True)
class Outcome:
    """What came of one pair; `kind` is "equal" or "near miss" as the evaluator has it."""

    number: int
    kind: str  # "equal", "near miss", "unclear", "broken"
    result: str  # "proved", "unproved", "false proof", "alarm", "crash", "hang"
    reason: str
    seconds: float
    nodes: int
    features: frozenset[str]
    made_by: tuple[str, ...]
    edit: str


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """The result of work that is given up after a time."""

    def stop(number: int, frame: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def outcomes(seed: int, number: int) -> list[Outcome]:
    """What comes of the pairs of a number.

    What is remembered of others is not gone through again and again for garbage meanwhile.
    """
    gc.collect()
    gc.freeze()
    try:
        made = within(PATIENCE, lambda: pairs(seed, number))
    except TooLong:
        return []
    return [_outcome(pair) for pair in made]


def _outcome(pair: Pair) -> Outcome:
    start = time.process_time()
    reason, result, assumptions = "", "hang", ()
    try:
        proof = within(2 * SLOW, lambda: proved(pair.statement, gates(pair.statement)))
        result = "proved" if proof.status is Status.PROVED else "unproved"
        reason, assumptions = proof.reason, proof.assumptions
    except TooLong:
        pass
    except Exception as error:
        result, reason = "crash", _last_line(error)
    seconds = time.process_time() - start
    if result == "proved" and seconds > SLOW:
        reason = "slow"
    kind, seen = "unclear", "undecided"
    try:
        seen = within(PATIENCE, lambda: evidence(pair.statement, assumptions)).outcome
    except TooLong:
        pass
    except Exception as error:
        result, reason = "crash", "evaluator: " + _last_line(error)
    if seen == "differs":
        kind = "near miss" if pair.edit else "broken"
        result = "false proof" if result == "proved" else result
    if seen == "agrees":
        kind = "equal"
    if result in ("proved", "unproved") and pair.number % 4 == 0:
        result = _with_verdict(pair, result)
    return Outcome(
        pair.number,
        kind,
        result,
        reason,
        seconds,
        pair.nodes,
        pair.features,
        pair.made_by,
        pair.edit,
    )


def _with_verdict(pair: Pair, result: str) -> str:
    """The whole verdict must not contradict what its parts said."""
    try:
        whole = within(PATIENCE, lambda: verdict(pair.statement, gates(pair.statement)))
    except TooLong:
        return result
    except Alarm:
        return "alarm"
    return "alarm" if whole.status is Status.PROVED and result != "proved" else result


def _last_line(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({place.name}, line {place.lineno})"[:160]


def _numbered(job: tuple[int, int]) -> list[Outcome]:
    return outcomes(*job)


def run(seed: int, numbers: Iterable[int], jobs: int = 1) -> Iterator[Outcome]:
    """The outcomes of many numbers, in order."""
    work = ((seed, number) for number in numbers)
    if jobs == 1:
        for job in work:
            yield from _numbered(job)
        return
    with Pool(jobs) as pool:
        for found in pool.imap(_numbered, work, chunksize=8):
            yield from found
