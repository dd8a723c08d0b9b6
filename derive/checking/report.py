"""Everything there is to say of one record: the proof, the numbers and SymPy's second opinion."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from derive.derivation import Record
from derive.proof.statuses import Status

if TYPE_CHECKING:
    from derive.checking.agreement import Numbers
    from derive.checking.opinion import Opinion


@dataclass(frozen=True)
class Report:
    """A record with what was found out about it."""

    record: Record
    numbers: Numbers | None
    opinion: Opinion
    trouble: str = ""  # why there are no numbers where there should be some
    seconds: float = 0.0

    @property
    def is_wrong(self) -> bool:
        """Whether anything is refuted or disagrees."""
        disagrees = self.numbers is not None and not self.numbers.agree
        refuted = self.record.status is Status.REFUTED
        return bool(refuted or disagrees or self.trouble or self.opinion.agrees is False)

    @property
    def is_undecided(self) -> bool:
        """Whether a step is neither proved nor even checked."""
        return self.record.status is Status.UNPROVED

    def notes(self) -> tuple[str, ...]:
        """The numbers and the second opinion, one sentence each."""
        return tuple(filter(None, (*self._numbers(), str(self.opinion))))

    def _numbers(self) -> tuple[str, ...]:
        if self.numbers is None:
            why = self.record.symbolic_only
            return (self.trouble or (why and f"nothing to compute: {why}"),)
        main = self.numbers.formula.get("float64")
        if main is None:
            return (*self._differences(), str(self.numbers.failure or ""))
        verb = "agree" if self.numbers.agree else "DISAGREE"
        draws = sum(comparison.draws for comparison in self.numbers.formula.values())
        said = f"numbers {verb} to {main.max_error:.1e} (limit {main.limit:.1e}; {draws} draws, "
        first = f"{said}{self._sizes()}, seed {self.numbers.seed})"
        return (first, *self._differences(), str(self.numbers.failure or ""))

    def _sizes(self) -> str:
        assert self.numbers is not None
        names = {name: [s[name] for s in self.numbers.sizes] for name in self.numbers.sizes[0]}
        ranges = [f"{name} = {min(v)}…{max(v)}" for name, v in names.items()]
        return ", ".join(ranges) or "a scalar"

    def _differences(self) -> tuple[str, ...]:
        assert self.numbers is not None
        found = self.numbers.differences
        if found is None:
            return ()
        of = self.numbers.differences_of
        return (
            f"finite differences of {of} agree to {found.max_error:.1e} (limit {found.limit:.1e})"
            if found.failure is None
            else f"finite differences of {of} DISAGREE",
        )


def report(record: Record, seed: int = 0) -> Report:
    """Verify a record anew, compare its numbers, and ask SymPy."""
    from derive.checking.opinion import second_opinion

    started = time.perf_counter()
    fresh = record.verified(seed)
    numbers, trouble = _numbers(fresh, seed)
    opinion = second_opinion(fresh, seed)
    return Report(fresh, numbers, opinion, trouble, time.perf_counter() - started)


def _numbers(record: Record, seed: int) -> tuple[Numbers | None, str]:
    if record.symbolic_only:
        return None, ""
    from derive.checking.agreement import numbers, slopes_alone
    from derive.checking.partners import NoPartner, is_catalogued
    from derive.checking.values import Unevaluable

    try:
        if is_catalogued(record):
            return numbers(record, seed), ""
        return slopes_alone(record, seed), ""
    except (NoPartner, Unevaluable) as error:
        return None, str(error)
