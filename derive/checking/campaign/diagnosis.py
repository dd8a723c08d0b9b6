"""Diagnosis: which change of the formula gives the user's results, and where it comes from.

It sees the record and the results alone. A hypothesis counts only if it gives the user's numbers at
every draw, over several assignments of the sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from derive.checking.campaign import refusals, sometimes
from derive.checking.campaign.cases import Case, cases
from derive.checking.campaign.explanations import ORDINARY, Explanation
from derive.checking.campaign.hypotheses import Search
from derive.checking.campaign.inputs import Draw, drawn, plan
from derive.checking.campaign.layers import layer
from derive.checking.campaign.targets import COTANGENT, FORWARD, NoTarget, Output, Target
from derive.checking.campaign.trajectories import explained
from derive.checking.campaign.verdicts import Examination
from derive.checking.values import Point

if TYPE_CHECKING:
    from derive.checking.campaign.running import Campaign

DRAWS = 8


def explanations(found: Campaign) -> dict[str, Explanation]:
    """An explanation for each wrong output, where one was found."""
    examination = found.examination
    ordinary = [o for o in found.outcomes if o.draw.regime == ORDINARY or o.draw.is_own]
    wrong = [name for name, failures in found.failures.items() if failures]
    always = [n for n in wrong if any(f.output == n for o in ordinary for f in o.failures)]
    told = {
        name: sometimes.explanation(examination, name, found.failures[name])
        for name in wrong
        if name not in always
    }
    raising = [name for name in wrong if all(f.kind == "raises" for f in found.failures[name])]
    told |= {name: refusals.explanation(found.outcomes, found.sizes) for name in raising}
    if not always:
        return told
    if examination.target.trajectory is not None:
        return told | _of_trajectory(found, always)
    tried = cases(examination, [*(o.draw for o in ordinary), *_others(examination)][: 2 * DRAWS])
    seen = ([case for case in tried if case.is_finite] or tried)[:DRAWS]
    for name in always:
        failure = found.failures[name][0]
        if failure.kind in ("dtype", "type", "raises", "hangs"):
            continue
        search = Search(examination, examination.target.output(name), seen)
        explanation = search.explanation()
        if explanation is not None:
            told[name] = explanation
    if FORWARD in told and told[FORWARD].array is not None:
        told |= _of_other_forward(examination, seen, told, wrong)
    return told


def _others(examination: Examination) -> Iterator[Draw]:
    """Beside inputs of the user's own, draws of other sizes, as far as the code takes these."""
    regimes = plan(examination.target) if examination.own else []
    for number in range(min(len(regimes), 2 * DRAWS)):
        yield drawn(examination.target, examination.seed, number, regimes)


def _of_trajectory(found: Campaign, wrong: Sequence[str]) -> dict[str, Explanation]:
    examination = found.examination
    draw = found.failures[wrong[0]][0].draw
    seen = cases(examination, [draw])
    if not seen or wrong[0] not in seen[0].got:
        return {}
    variables = examination.formula(draw).variables
    target = examination.target
    return {wrong[0]: explained(target, draw, variables, seen[0].got[wrong[0]])}


def _of_other_forward(
    examination: Examination,
    seen: Sequence[Case],
    found: Mapping[str, Explanation],
    wrong: Sequence[str],
) -> dict[str, Explanation]:
    """Whether the gradients are the derivatives of what the forward pass computes instead."""
    target, variant = examination.target, found[FORWARD].array
    assert variant is not None
    names = [o.name for o in target.outputs if not o.is_forward and o.name in wrong]
    forward = Output("", (variant,))
    spaces = {n: s for n, s in target.spaces.items() if n != target.cotangent}
    base = Target(target.name, "", spaces, (forward,), target.context)
    told = {}
    for name in names:
        try:
            derived = layer(base, [target.output(name).by.tensor.name]).outputs[1]  # type: ignore[union-attr]
        except (NoTarget, AttributeError):
            continue
        renamed = [_with_cotangent(case, target.cotangent) for case in seen]
        search = Search(examination, Output(name, derived.lines), renamed)
        if search.cases and search.agrees(derived.array):
            words = "the derivative of your forward pass, which is not the formula's"
            told[name] = Explanation(words, len(seen), len(seen), found[FORWARD].source)
    return told


def _with_cotangent(case: Case, name: str) -> Case:
    variables = {**case.point.variables, COTANGENT: case.point.variables[name]}
    return Case(case.draw, case.got, Point(case.draw.sizes, variables), case.hidden)
