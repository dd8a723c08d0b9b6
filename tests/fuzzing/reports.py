"""What came out of a run, as a table by feature and a list of the smallest failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from tests.fuzzing.runs import SLOW, Outcome

WRONG = ("false proof", "alarm", "crash", "hang")


def rate(part: int, whole: int) -> str:
    """A percentage."""
    return f"{100 * part / whole:5.1f} %" if whole else "      -"


def table(found: Sequence[Outcome]) -> str:
    """Counts by feature: how many pairs of each kind, how many of the equal ones were proved."""
    features = sorted({feature for outcome in found for feature in outcome.features})
    lines = [f"{'feature':<20}{'pairs':>8}{'share':>9}{'equal':>8}{'proved':>9}{'near misses':>13}"]
    lines += [
        _row(feature, [o for o in found if feature in o.features], len(found))
        for feature in features
    ]
    return "\n".join([*lines, _row("all", found, len(found))])


def _row(name: str, some: Sequence[Outcome], total: int) -> str:
    equal = [o for o in some if o.kind == "equal" and not o.edit]
    good = sum(o.result == "proved" for o in equal)
    missed = sum(o.kind == "near miss" for o in some)
    share = rate(len(some), total)
    return (
        f"{name:<20}{len(some):>8}{share:>9}{len(equal):>8}{rate(good, len(equal)):>9}{missed:>13}"
    )


def summary(found: Sequence[Outcome]) -> str:
    """The totals, and what must be 0."""
    times = sorted(o.seconds for o in found)
    wrong = Counter(o.result for o in found if o.result in WRONG)
    kinds = Counter(o.kind for o in found)
    lines = [
        f"pairs {len(found)}: "
        + ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())),
        f"median nodes {median(o.nodes for o in found):.0f}",
        ", ".join(f"{name}s {wrong.get(name, 0)}" for name in WRONG),
        f"slower than {SLOW:g} s: {sum(t > SLOW for t in times)}",
        f"seconds a proof: median {median(times):.4f}, "
        f"95 % under {times[int(0.95 * len(times))]:.3f}, longest {times[-1]:.2f}",
    ]
    return "\n".join(lines)


def failures(found: Iterable[Outcome], most: int = 12) -> str:
    """The smallest failing pairs."""
    wrong = [o for o in found if o.result in WRONG or o.kind == "broken"]
    return _listed("failures", sorted(wrong, key=_urgency)[:most])


def unproved(found: Iterable[Outcome], most: int = 12) -> str:
    """Equal pairs not proved: the reasons and rewrites met most often, and the smallest."""
    lost = [o for o in found if o.kind == "equal" and not o.edit and o.result == "unproved"]
    reasons = Counter(o.reason for o in lost)
    rewrites = Counter(name for o in lost for name in o.made_by)
    lines = [f"{count:>6}  {reason}" for reason, count in reasons.most_common(8)]
    lines += [f"{count:>6}  {name}" for name, count in rewrites.most_common(12)]
    smallest = _listed("smallest", sorted(lost, key=lambda o: o.nodes)[:most])
    return "\n".join(["equal, not proved:", *lines, smallest])


def _listed(title: str, some: Sequence[Outcome]) -> str:
    lines = [
        f"  {o.number:>6} {o.kind:<10}{o.result:<12}{o.nodes:>4} nodes {o.edit or '-':<12}"
        f"{', '.join(o.made_by)}  {o.reason}"
        for o in some
    ]
    return "\n".join([f"{title}:", *lines]) if lines else f"{title}: none"


def _urgency(outcome: Outcome) -> tuple[int, int]:
    """The worst first, then the smallest."""
    place = WRONG.index(outcome.result) if outcome.result in WRONG else len(WRONG)
    return (place, outcome.nodes)
