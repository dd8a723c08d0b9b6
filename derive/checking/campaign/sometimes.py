"""What is right at ordinary inputs and wrong at others: which, and why there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from derive.checking.campaign.branches import Key, Open
from derive.checking.campaign.calls import UserError
from derive.checking.campaign.explanations import Explanation
from derive.checking.campaign.inputs import Draw
from derive.checking.campaign.protocol import observed
from derive.checking.campaign.targets import FORWARD
from derive.checking.campaign.verdicts import Examination, Failure

UPCAST = (
    "the numbers are right; an array, or a NumPy scalar such as np.sqrt(n), of another type takes "
    "part in them"
)
RIGHT = "right at ordinary inputs"

# The regimes in which an output fails, all of them in the first column: why that is.
REASONS = (
    ({"integers"}, "wrong at integers: the result takes their type, and is truncated"),
    ({"extremes"}, "at extremes {not_finite}"),
    ({"extremes", "large offset", "scales", "many classes"}, "at extremes {not_finite}"),
    ({"large offset", "tiny values"}, "digits are lost: a difference of nearly equal numbers"),
    ({"ill-conditioned"}, "digits are lost where the problem is ill-conditioned"),
    ({"float32"}, "digits are lost in single precision"),
    ({"tiny cotangents", "tiny values"}, "wrong where numbers are tiny: is a constant too large?"),
    ({"sizes of one"}, "wrong where a size is one"),
    ({"equal sizes"}, "wrong where sizes coincide: which axis is which is guessed from the shape"),
    ({"empty batch"}, "wrong for an empty batch"),
    (
        {"strided memory", "reversed memory", "Fortran memory", "broadcast memory"},
        "wrong for arrays that are no plain block of memory",
    ),
)


def explanation(examination: Examination, name: str, failures: Sequence[Failure]) -> Explanation:
    """What is to be said of an output that fails at some regimes only."""
    if all(f.kind == "dtype" for f in failures):
        return Explanation(UPCAST)
    regimes = list(dict.fromkeys(f.draw.regime for f in failures))
    open_branches = regimes != ["integers"] and _of_branches(examination, name, failures)
    if open_branches:
        return Explanation(f"{RIGHT}; {open_branches}", source=examination.target.show)
    lost = any(f.kind == "finite" for f in failures)
    said = "the result is not finite, and the formula is" if lost else "the result is wrong"
    for known, words in REASONS:
        if set(regimes) <= known:
            return Explanation(f"{RIGHT}; {words.format(not_finite=said)}")
    return Explanation(f"{RIGHT}; wrong at: {', '.join(regimes)}")


def _of_branches(examination: Examination, name: str, failures: Sequence[Failure]) -> str:
    """What is wrong at ties and kinks: weights that are none, or not one throughout."""
    for failure in failures:
        if failure.kind != "value":
            continue
        opened = examination.wanted(failure.draw)[1]
        if not len(opened):
            return ""
        return _weighted(examination, name, failure.draw, opened)
    return ""


def _weighted(examination: Examination, name: str, draw: Draw, opened: Open) -> str:
    """What weights the user's result has, free of all bounds."""
    formula = examination.formula(draw)
    base = np.asarray(formula.at()[0][name].numbers, float)
    keys = opened.freedom
    columns = []
    for key in keys:
        moved = formula.at(_moved(key, opened))[0][name].numbers
        columns.append(np.ravel(np.asarray(moved, float) - base))
    got = _result(examination, name, draw)
    if got is None or got.shape != base.shape or not keys:
        return ""
    matrix = np.stack(columns, axis=1)
    gap = np.ravel(got - base)
    found = np.linalg.lstsq(matrix, gap, rcond=None)[0]
    if not np.allclose(matrix @ found, gap, atol=1e-7 * (1 + abs(got).max(initial=0.0))):
        return "at ties and kinks it is no derivative of any branch"
    used = [k for k, column in enumerate(columns) if column.any()]
    if opened.ties and all(abs(found[k] - 1) < 1e-6 for k in used if keys[k][0] == "tie"):
        return "at ties every largest entry gets the whole gradient: shares have to sum to one"
    outside = [found[k] for k in used if not -1e-6 < found[k] < 1 + 1e-6]
    if outside:
        return f"at a kink a branch has the weight {outside[0]:.3g}: it has to be between 0 and 1"
    return "at kinks one condition is decided in two ways: >= in one place and > in another"


def _moved(key: Key, opened: Open) -> Mapping[Key, float]:
    """One more of a branch; the first entry of a tie keeps its whole share."""
    if key[0] == "tie":
        first = opened.ties[key[:-1]][0]
        return {key: 1.0, (*key[:-1], first): 1.0}
    return {key: 1.0}


def _result(examination: Examination, name: str, draw: Draw) -> np.ndarray | None:
    try:
        seen = observed(examination, draw)
    except UserError:
        return None
    if name == FORWARD:
        return np.asarray(seen.forward, float)
    return np.asarray(seen.results[examination.binding.results[name]][1], float)
