"""A systematic error in single precision, too small to show at any one draw.

Rounding moves a result to either side. A factor that is off moves all of them to one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from derive.checking.campaign.verdicts import Failure, Outcome

LEAST = 32 * float(np.finfo(np.float32).eps)  # a bias below that is no finding
DRAWS = 8  # of one type, for a mean to mean something
ERRORS = 8.0  # standard errors that a mean is away from nought


def biased(name: str, outcomes: Sequence[Outcome]) -> Iterator[Failure]:
    """The failure of an output whose float32 values are all off by one factor, if they are."""
    ordinary = [o for o in outcomes if o.draw.regime == "float32" and name in o.errors]
    found = [(o, o.errors[name].scale - 1) for o in ordinary if o.errors[name].scale]
    if len(found) < DRAWS:
        return
    excess = np.array([e for _, e in found])
    mean, spread = float(excess.mean()), float(excess.std(ddof=1)) / len(excess) ** 0.5
    one_side = np.sign(excess) == np.sign(mean)
    if abs(mean) > LEAST and abs(mean) > ERRORS * spread and one_side.all():
        worst, _ = max(found, key=lambda pair: abs(pair[1]))
        said = f"off by the factor {1 + mean:.7f} in single precision"
        yield Failure(name, "value", said, worst.draw, worst.errors[name])
