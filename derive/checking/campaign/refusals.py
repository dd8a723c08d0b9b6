"""Inputs at which code raises: how many, and what their sizes have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import TypeAlias

from derive.checking.campaign.explanations import Explanation
from derive.checking.campaign.verdicts import Outcome

Sizes: TypeAlias = Mapping[str, int]

MOST = 3  # parts of what refusals have in common
ENOUGH = 3  # inputs that are taken, for what the others have in common to mean something
OF_ONE: tuple[tuple[str, Callable[[int], bool]], ...] = (
    ("0", lambda size: size == 0),
    ("1", lambda size: size == 1),
    ("odd", lambda size: size % 2 == 1),
    ("even", lambda size: size % 2 == 0),
)
OF_TWO: tuple[tuple[str, Callable[[int, int], bool]], ...] = (
    ("=", lambda one, other: one == other),
    ("<", lambda one, other: one < other),
)


def is_refused(outcome: Outcome) -> bool:
    """Whether the code raised."""
    return bool(outcome.note) or any(failure.kind == "raises" for failure in outcome.failures)


def notes(outcomes: Sequence[Outcome], names: Sequence[str]) -> Iterator[str]:
    """What is said of refusals that are no failures, one note for each kind of message."""
    kinds: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.note:
            kinds.setdefault(re.sub(r"\d+", "", outcome.note.partition(": ")[2]), []).append(
                outcome
            )
    for alike in kinds.values():
        first = alike[0].note
        if len({outcome.note.partition(": ")[0] for outcome in alike}) == 1:
            yield first
        else:
            at = _at(alike, outcomes, names)
            yield f"{at}: {first.partition(': ')[2]}"


def explanation(outcomes: Sequence[Outcome], names: Sequence[str]) -> Explanation:
    """Where code raises, and that it is right elsewhere, if it is."""
    refused = [outcome for outcome in outcomes if is_refused(outcome)]
    others = [outcome for outcome in outcomes if not is_refused(outcome)]
    rest = "right at all others" if others and all(o.is_right for o in others) else ""
    return Explanation("; ".join(filter(None, [f"raises {_at(refused, outcomes, names)}", rest])))


def _at(alike: Sequence[Outcome], outcomes: Sequence[Outcome], names: Sequence[str]) -> str:
    taken = [o for o in outcomes if o.errors and not is_refused(o)]
    where = common(_sizes(alike), _sizes(taken), names)
    return f"at {len(alike)} of {len(outcomes)} draws" + (f", where {where}" if where else "")


def _sizes(outcomes: Sequence[Outcome]) -> list[Sizes]:
    """The sizes of draws that are not empty; of nothing there is nothing to refuse."""
    draws = (outcome.draw for outcome in outcomes)
    return [draw.sizes for draw in draws if all(a.size for a in draw.arrays.values())]


def common(refused: Sequence[Sizes], taken: Sequence[Sizes], names: Sequence[str]) -> str:
    """What is true of all sizes that are refused, and of none that are taken.

    >>> taken = [{"H": 2, "W": 4}, {"H": 4, "W": 2}, {"H": 2, "W": 2}]
    >>> common([{"H": 3, "W": 2}, {"H": 4, "W": 5}], taken, ["H", "W"])
    'H or W is odd'
    """
    if len(taken) < ENOUGH or not refused:
        return ""
    single = [
        (name, said, [holds(sizes[name]) for sizes in refused])
        for said, holds in OF_ONE
        for name in names
        if not any(holds(sizes[name]) for sizes in taken)
    ]
    needed = _needed(single, len(refused))
    if needed:
        kinds = {said: [n for n, own in needed if own == said] for _, said in needed}
        return ", or ".join(f"{' or '.join(sorted(own))} is {said}" for said, own in kinds.items())
    for one, other in permutations(names, 2):
        for said, compared in OF_TWO:
            if all(compared(s[one], s[other]) for s in refused) and not any(
                compared(s[one], s[other]) for s in taken
            ):
                return f"{one} {said} {other}"
    return ""


def _needed(found: Sequence[tuple[str, str, list[bool]]], count: int) -> list[tuple[str, str]]:
    """What accounts for all refusals together; nothing if too much is needed."""
    chosen: list[tuple[str, str]] = []
    left = [True] * count
    while any(left) and len(chosen) < MOST:
        gains = [sum(a and b for a, b in zip(left, held, strict=True)) for _, _, held in found]
        best = max(range(len(found)), key=gains.__getitem__, default=None)
        if best is None or not gains[best]:
            return []
        name, said, held = found[best]
        chosen.append((name, said))
        left = [a and not b for a, b in zip(left, held, strict=True)]
    return [] if any(left) else chosen
