"""Constants that code holds where a formula leaves them open: the value that explains its results.

Code for one epsilon, one margin or one rate has no parameter for it. Of the values that explain
all results the most usual is taken; where none does, it is the code that is wrong.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import replace

from derive.checking.campaign.binding import Ambiguous
from derive.checking.campaign.probing import of_all_kinds, probes
from derive.checking.campaign.verdicts import Examination
from derive.checking.partners import NoPartner, is_catalogued, partner
from derive.terms.tensors import Kind

USUAL = (
    1.0,
    0.5,
    0.0,
    1e-5,
    1e-8,
    1e-6,
    1e-3,
    1e-12,
    1e-7,
    1e-4,
    1e-10,
    0.01,
    0.1,
    0.2,
    0.9,
    0.999,
)
ODD = tuple(
    float(f"{digits}e{power}")
    for power in range(1, -13, -1)
    for digits in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 7.5, 8, 9)
)


def with_constant(examination: Examination, missing: Sequence[str]) -> Examination:
    """The examination with the value that a constant has in the code, if one explains its results.

    Raises:
        Ambiguous: where several are missing, so that names have to say what is what.
    """
    if len(missing) > 1:
        raise Ambiguous(_asked(examination, missing))
    (name,) = missing
    tries = [_with(examination, name, value) for value in _usual(examination, name)]
    right = [tried for tried in tries if _explains(tried)]
    if right:
        return _told_apart(right)
    agreed = {id(tried): _agreement(tried) for tried in tries}
    best = max(tries, key=lambda tried: agreed[id(tried)])
    if agreed[id(best)]:
        return best
    return _with_odd(examination, name) or _with_none(examination, name)


def _asked(examination: Examination, missing: Sequence[str]) -> str:
    """The question where the function has no names that say what stands for what."""
    taken = examination.binding.parameters.values()
    free = [p.name for p in examination.subject.parameters if p.name not in taken]
    said = f"the formula has {', '.join(missing)}, the function has "
    if not free:
        return f"{said}no parameters for them"
    return f"{said}{', '.join(free)}: say what is what, --args {missing[0]}={free[0]}"


def _usual(examination: Examination, name: str) -> list[float]:
    """The value that `numerics` has where none is given, then others that the formula allows."""
    kinds = examination.target.spaces[name].family.kinds
    usual = [value for value in USUAL if value or Kind.POSITIVE not in kinds]
    return list(dict.fromkeys((*_default(examination, name), *usual)))


def _default(examination: Examination, name: str) -> Iterator[float]:
    record = examination.target.record
    if record is None or not is_catalogued(record):
        return
    try:
        known = inspect.signature(partner(record).function).parameters
    except NoPartner:
        return
    if name in known and type(known[name].default) in (int, float):
        yield float(known[name].default)


def _with(examination: Examination, name: str, value: float) -> Examination:
    binding = examination.binding
    return replace(examination, binding=replace(binding, hidden={**binding.hidden, name: value}))


def _explains(tried: Examination) -> bool:
    """Whether all is right at the probes."""
    return all(tried.outcome(draw).is_right for draw in probes(tried))


def _agreement(tried: Examination) -> int:
    """How many outputs agree at the probes, where not all do."""
    outcomes = [tried.outcome(draw) for draw in probes(tried)]
    return sum(len(o.errors) - len({f.output for f in o.failures}) for o in outcomes)


def _told_apart(right: list[Examination]) -> Examination:
    """The first of several that ordinary draws do not tell apart and those of other kinds do not
    refute."""
    kinds = iter(of_all_kinds(right[0]))
    while len(right) > 1 and (draw := next(kinds, None)) is not None:
        right = [tried for tried in right if tried.outcome(draw).is_right] or right
    return right[0]


def _with_odd(examination: Examination, name: str) -> Examination | None:
    """Another value of two digits, if it explains all results."""
    tries = (_with(examination, name, value) for value in ODD)
    return next(filter(_explains, tries), None)


def _with_none(examination: Examination, name: str) -> Examination:
    """A usual value, where no value explains anything: it is the code that is wrong."""
    kinds = examination.target.spaces[name].family.kinds
    usual = next(_default(examination, name), 1e-5 if Kind.POSITIVE in kinds else 0.0)
    tried = _with(examination, name, usual)
    said = f"the function has no parameter for {name}; if it has, say --args {name}=PARAMETER"
    notes = (*examination.binding.notes, said)
    return replace(tried, binding=replace(tried.binding, notes=notes))
