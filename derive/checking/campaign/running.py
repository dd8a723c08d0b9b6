"""A campaign: all draws of a plan against one subject, gathered into a report."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from derive.checking.campaign import refusals
from derive.checking.campaign.bias import biased
from derive.checking.campaign.binding import Ambiguous
from derive.checking.campaign.examining import Settings, examined
from derive.checking.campaign.inputs import Draw, Regime, drawn, plan, sizes_of
from derive.checking.campaign.places import loaded, subject
from derive.checking.campaign.subjects import Subject
from derive.checking.campaign.targets import Target
from derive.checking.campaign.verdicts import Examination, Failure, Outcome
from derive.checking.campaign.work import work
from derive.checking.spreading import is_death, one_by_one, spread

DIES = "ends the process that runs it"
DEATHS = 3  # processes that the code ended
HOPELESS = 24  # draws at all of which the code raised
THOROUGH = 6  # draws at which the protocol is gone through
CHUNK = 16  # draws that a process makes at a time
AT_ONCE = 30_000  # entries of the largest intermediate result, of all draws of a group


@dataclass
class Campaign:
    """What a campaign found so far; it is complete when `planned` draws were made."""

    examination: Examination
    planned: int
    outcomes: list[Outcome] = field(default_factory=list)
    interrupted: bool = False

    @property
    def failures(self) -> dict[str, list[Failure]]:
        """The failures of every output, ordinary draws first."""
        found: dict[str, list[Failure]] = {name: [] for name in self.examination.lines}
        for outcome in sorted(self.outcomes, key=lambda o: o.draw.is_extreme):
            for failure in outcome.failures:
                found[failure.output].append(failure)
        if not any(found.values()) and not any(self.decided.values()):
            refused = [failure for outcome in self.outcomes for failure in outcome.refused]
            return {name: [f for f in refused if f.output == name] for name in found}
        for name, failures in found.items():
            failures += [] if failures else biased(name, self.outcomes)
        return _without_blame(found, self.outcomes)

    @property
    def breaches(self) -> dict[str, str]:
        """The breaches of protocol, one of each kind."""
        found: dict[str, str] = {}
        for outcome in self.outcomes:
            for kind, message in outcome.breaches:
                found.setdefault(kind, message)
        return found

    @property
    def decided(self) -> dict[str, int]:
        """At how many draws the formula of each output had a value."""
        count = dict.fromkeys(self.examination.lines, 0)
        for outcome in self.outcomes:
            for name, found in outcome.errors.items():
                count[name] += bool(found.decided)
        return count

    @property
    def is_deadly(self) -> bool:
        """Whether the code ended a process, so that it is not to be called in this one."""
        return any(f.kind == "dies" for o in self.outcomes for f in o.failures)

    @property
    def is_wrong(self) -> bool:
        """Whether anything is wrong."""
        return any(self.failures.values()) or bool(self.breaches)

    @property
    def is_undecided(self) -> bool:
        """Whether some output was never held against a value."""
        return not self.is_wrong and not all(self.decided.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth saying of the user's code and of the way it was called."""
        binding, noise = self.examination.binding, self.examination.subject.calls.noise
        said = list(binding.notes)
        said += [
            f"{n} is fixed in the code, at {v:g} as it seems"
            for n, v in binding.hidden.items()
            if n != self.examination.target.cotangent
        ]
        said += [f"{name} is given as class labels" for name in sorted(binding.labels)]
        turned = getattr(self.examination.subject, "turned", ())
        said += [f"{', '.join(turned)}: the transpose of what the formula has"] if turned else []
        if noise.printed.strip():
            said.append(f"prints: {noise.printed.strip().splitlines()[0][:60]!r}")
        if noise.seeded:
            said.append(f"changes the state of the global generator of {noise.seeded}")
        wrong = {name for name, failures in self.failures.items() if failures}
        cut = dict.fromkeys(name for outcome in self.outcomes for name in outcome.truncated)
        cut = {name: None for name in cut if name not in wrong}
        said += [f"at integer inputs {', '.join(cut)} is truncated to integers"] if cut else []
        refused = any(f.kind == "raises" for o in self.outcomes for f in o.failures)
        told = [] if refused else refusals.notes(self.outcomes, self.sizes)
        return (*said, *told)

    @property
    def sizes(self) -> tuple[str, ...]:
        """The named sizes, those of the user's arrays first."""
        target, taken = self.examination.target, self.examination.binding.parameters
        shapes = [space.shape for name, space in target.spaces.items() if name in taken]
        own = dict.fromkeys(name for shape in shapes for size in shape for name in size.names)
        return (*own, *(name for name in target.sizes if name not in own))


def _without_blame(
    found: dict[str, list[Failure]], outcomes: Sequence[Outcome]
) -> dict[str, list[Failure]]:
    """Open branches are weighted for all outputs at once: a wrong one must not pull the others."""
    opened = {outcome.draw.number for outcome in outcomes if outcome.open}
    plainly = {
        name: [f for f in failures if f.draw.number not in opened]
        for name, failures in found.items()
    }
    if not any(plainly.values()):
        return found
    return {name: found[name] if plainly[name] else [] for name in found}


# --------------------------------------------------------------------------------------------
# Running


@dataclass(frozen=True)
class Sources:
    """Where the code and the target come from, so that another process can make them again."""

    code: Any  # the code itself, or a place `module:function` that names it
    target: TargetSource
    name: str = ""


@dataclass(frozen=True)
class TargetSource:
    """How a target is made anew."""

    function: str  # in derive.checking.campaign.choices
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Chunk:
    """Some numbers of draws, with everything that another process needs for them."""

    campaign: str  # a name of its own
    sources: Sources
    settings: Settings
    numbers: tuple[int, ...]


def run_chunk(chunk: Chunk) -> list[Outcome]:
    """What an executor calls."""
    if chunk.campaign not in _KEPT:
        _KEPT.clear()
        _KEPT[chunk.campaign] = _made(chunk.sources, chunk.settings)
    return list(outcomes_of(_KEPT[chunk.campaign], chunk.settings, chunk.numbers))


_KEPT: dict[str, Examination] = {}  # of the campaign that a process works at


def _made(sources: Sources, settings: Settings) -> Examination:
    code = loaded(sources.code) if isinstance(sources.code, str) else sources.code
    examiner = subject(code, sources.name, settings.framework, settings.timeout)
    return examined(examiner, made_target(sources.target, examiner), settings)


def made_target(source: TargetSource, code: Subject) -> Target:
    """The target that a source stands for."""
    from derive.checking.campaign import choices

    made: Target = getattr(choices, source.function)(code, *source.arguments)
    return made


def outcomes_of(
    examination: Examination, settings: Settings, numbers: Iterable[int]
) -> Iterator[Outcome]:
    """The outcomes of some draws, the formulas evaluated at those of the same sizes at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for draw in _draws(examination, settings, list(numbers)):
            yield examination.outcome(draw, thorough=draw.number < THOROUGH)


def _draws(examination: Examination, settings: Settings, numbers: Sequence[int]) -> Iterator[Draw]:
    """The draws, in order, the formulas evaluated there as far as that goes."""
    target, ready = examination.target, {draw.number: draw for draw in examination.own}
    regimes = [] if ready else plans(examination)
    groups = {n: list(ready) for n in ready} or _groups(target, numbers, regimes)
    for number in numbers:
        if number not in ready:
            found = {n: drawn(target, settings.seed, n, regimes) for n in groups[number]}
            examination.look_ahead(list(found.values()))
            ready |= found
        yield ready.pop(number)


def _groups(target: Target, numbers: Sequence[int], regimes: list[Regime]) -> dict[int, list[int]]:
    """For every number those that are drawn with it: of the same sizes, as many as are no work."""
    alike: dict[tuple[int, ...], list[int]] = {}
    for number in numbers:
        sizes = sizes_of(target, number, regimes)
        alike.setdefault(tuple(sizes.values()), []).append(number)
    groups: dict[int, list[int]] = {}
    for same in alike.values():
        entries = work(target.extents, sizes_of(target, same[0], regimes))
        count = max(1, AT_ONCE // max(1, entries))
        for k in range(0, len(same), count):
            groups |= dict.fromkeys(same[k : k + count], same[k : k + count])
    return groups


def plans(examination: Examination) -> list[Regime]:
    """The regimes of all draws; tensors of a framework, and what an optimiser steps, are of
    floating-point numbers."""
    found = plan(examination.target)
    if examination.subject.framework != "numpy" or examination.target.trajectory is not None:
        found = [regime for regime in found if regime.name != "integers"]
    return found


def numbers_of(examination: Examination, settings: Settings) -> list[int]:
    """The numbers of the draws to be made."""
    total = len(examination.own or plans(examination))
    if settings.only is not None:
        if not 0 <= settings.only < total:
            raise Ambiguous(f"there is no draw {settings.only}: there are {total}")
        return [settings.only]
    if settings.share < 1 and not examination.own:
        step = round(1 / settings.share)
        return [n for n in range(total) if n < THOROUGH or n % step == 0]
    return list(range(total))


def campaign(
    examination: Examination,
    settings: Settings,
    executor: Executor | None = None,
    sources: Sources | None = None,
    progress: Any = None,
) -> Campaign:
    """Make all draws; an interruption leaves what is known so far."""
    numbers = numbers_of(examination, settings)
    found = Campaign(examination, len(numbers))
    try:
        for outcome in _all(examination, settings, numbers, executor, sources):
            found.outcomes.append(outcome)
            if progress is not None:
                progress(len(found.outcomes), len(numbers))
            if outcome.failures and _is_hopeless(found):
                break
    except KeyboardInterrupt:
        found.interrupted = True
    return found


def _is_hopeless(found: Campaign) -> bool:
    """Whether going on tells nothing: the code hangs, ends its process again and again, or raised
    at all of the first draws."""
    failures = [failure for outcome in found.outcomes for failure in outcome.failures]
    raised = all(map(refusals.is_refused, found.outcomes)) and bool(failures)
    ended = sum(any(f.kind == "dies" for f in o.failures) for o in found.outcomes)
    return (
        any(f.kind == "hangs" for f in failures)
        or ended >= DEATHS
        or (raised and len(found.outcomes) >= HOPELESS)
    )


def _all(
    examination: Examination,
    settings: Settings,
    numbers: Sequence[int],
    executor: Executor | None,
    sources: Sources | None,
) -> Iterator[Outcome]:
    if executor is None or sources is None:
        yield from outcomes_of(examination, settings, numbers)
        return
    name = uuid4().hex
    chunks = [
        Chunk(name, sources, settings, tuple(numbers[k : k + CHUNK]))
        for k in range(0, len(numbers), CHUNK)
    ]

    def died(chunk: Chunk) -> list[Outcome]:
        (draw,) = _draws(examination, settings, chunk.numbers)
        failures = (Failure(name, "dies", DIES, draw) for name in examination.lines)
        return [Outcome(draw, tuple(failures))]

    if settings.is_deadly:
        single = [each for chunk in chunks for each in _singly(chunk)]
        found = one_by_one(run_chunk, single, died)
    else:
        found = spread(run_chunk, chunks, executor, _singly, died)
    for outcomes in found:
        yield from outcomes


def _singly(chunk: Chunk) -> list[Chunk]:
    return [replace(chunk, numbers=(number,)) for number in chunk.numbers]


def tried(executor: Executor | None, sources: Sources, settings: Settings) -> Settings:
    """The settings, after another process has tried the code: what ends that must not end us."""
    if executor is None or isinstance(executor, ThreadPoolExecutor):
        return settings
    try:
        executor.submit(_try, sources, settings).result()
    except Exception as error:
        if not is_death(error):
            raise
        return replace(settings, is_deadly=True)
    return settings


def _try(sources: Sources, settings: Settings) -> None:
    with contextlib.suppress(ValueError, LookupError):  # what the names leave open is said by us
        _made(sources, settings)
