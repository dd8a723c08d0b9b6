"""Whatever has one normal form has one value: wrong rules show that nobody thought of."""

import pytest

from derive.proof.normal_form import contraction
from tests.fuzzing.colliding import differing


@pytest.mark.parametrize("seed", range(2))
def test_terms_of_one_normal_form_have_one_value(seed: int):
    assert not list(differing(seed, batches=2))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 104))
def test_many_terms_of_one_normal_form_have_one_value(seed: int):
    assert not list(differing(seed, batches=20))


def test_a_wrong_rule_shows(monkeypatch: pytest.MonkeyPatch):
    def squares_are_entries(ring, powers, bound):
        for factor, exponent in powers.items():
            if factor.kind == "entry" and exponent == 2:
                return ring.settled({**powers, factor: 1}, bound)
        return None

    monkeypatch.setattr(contraction, "RULES", (squares_are_entries, *contraction.RULES))
    group, _ = next(differing(0, batches=2))
    assert len(group) > 1
