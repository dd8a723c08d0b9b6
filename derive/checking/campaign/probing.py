"""A few draws at which code is tried before it is examined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derive.checking.campaign.inputs import Draw, drawn, plan
from derive.checking.campaign.verdicts import Examination

SEED = 987  # of its own, so that no draw of a campaign was seen before
ORDINARY = 6  # draws


def probes(examination: Examination) -> Iterator[Draw]:
    """A few ordinary draws, or the inputs that were given."""
    if examination.own:
        yield from examination.own
        return
    yield from _at(examination, range(min(ORDINARY, len(plan(examination.target)))))


def of_all_kinds(examination: Examination) -> Iterator[Draw]:
    """One draw of every regime, in the order of the plan."""
    firsts: dict[str, int] = {}
    for number, regime in enumerate(plan(examination.target)):
        firsts.setdefault(regime.name, number)
    yield from _at(examination, firsts.values())


def _at(examination: Examination, numbers: Iterable[int]) -> Iterator[Draw]:
    regimes = plan(examination.target)
    for number in numbers:
        yield examination.in_domain(drawn(examination.target, SEED, number, regimes))


def runs(examination: Examination) -> bool:
    """Whether the code returns something at some ordinary draw."""
    outcomes = map(examination.outcome, probes(examination))
    return any(o.errors or any(f.kind != "raises" for f in o.failures) for o in outcomes)
