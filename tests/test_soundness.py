"""Random equal pairs and near misses of them: no false proof, no alarm, no crash, no hang."""

import os

import pytest

from derive.proof.evaluator import evidence
from tests.fuzzing.battery import rows
from tests.fuzzing.reports import WRONG, summary
from tests.fuzzing.runs import run

BLOCK = 40  # numbers; each makes an equal pair and up to two near misses
LONG = 6_700  # numbers, for at least 20,000 pairs


def share(found) -> float:
    """How many of the equal pairs were proved; a refusal is not a proof."""
    equal = [o for o in found if o.kind == "equal" and not o.edit]
    return sum(o.result == "proved" for o in equal) / len(equal)


def test_near_misses_of_the_battery_are_false():
    """What is true is no near miss: that it is not proved would say nothing."""
    misses = {row.name: row.falsehoods for row in rows()}
    assert len(misses) == len(rows()) and all(misses.values())
    for name, falsehoods in misses.items():
        for falsehood in falsehoods:
            assert evidence(falsehood).outcome == "differs", (name, falsehood)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_nothing_false_is_proved(seed):
    found = list(run(seed, range(BLOCK), 1))
    assert not [o for o in found if o.result in WRONG], summary(found)
    assert share(found) >= 0.95


@pytest.mark.long
@pytest.mark.parametrize("block", range(10))
def test_nothing_false_is_proved_in_twenty_thousand_pairs(block):
    count = int(os.environ.get("FUZZED_NUMBERS", LONG)) // 10
    found = list(run(7, range(count * block, count * (block + 1)), 1))
    assert not [o for o in found if o.result in WRONG], summary(found)
    assert share(found) >= 0.975
