"""Draws of the same sizes are evaluated at once, to the same values as one by one."""

import numpy as np
import pytest

from derive.catalogue import derivation
from derive.checking.campaign.branches import Formula, together
from derive.checking.campaign.inputs import drawn, plan
from derive.checking.campaign.targets import of_expression, of_record
from derive.checking.values import WIDE

NAMED = {
    "a quotient": "softmax_jacobian",
    "sums and definitions": "batch_norm_backward",
    "an inverse": "hat_matrix",
    "slots with strides": "conv2d",
    "deltas that route a sum": "conv2d_backward",
    "a recurrence": "running_average",
}
TYPED = {
    "a determinant": ("log(det(A))", ["A: n,n; positive definite"]),
    "an inverse of a product": ("inv(A) @ b", ["A: n,n; positive definite", "b: n"]),
    "a maximum": ("max(x)", ["x: n"]),
    "conditions": ("relu(x) * sign(x - c)", ["x: n", "c: n"]),
}
TARGETS = {
    **{
        title: (lambda name=name: of_record(derivation(name).record()))
        for title, name in NAMED.items()
    },
    **{title: (lambda typed=typed: of_expression(*typed)) for title, typed in TYPED.items()},
}


def groups(target, regime, kind=WIDE):
    """The formulas at the draws of a regime, those of the same sizes together."""
    regimes = plan(target)
    lines = {output.name: output.lines for output in target.outputs}
    found = {}
    for number in (k for k, each in enumerate(regimes) if each.name == regime):
        draw = drawn(target, 0, number, regimes)
        eps = float(np.finfo(draw.dtype).eps)
        formula = Formula(draw.sizes, draw.arrays, eps, lines, kind=kind)
        found.setdefault(tuple(draw.sizes.values()), []).append(formula)
    return list(found.values())


@pytest.mark.parametrize("title", TARGETS)
def test_values_at_once_are_those_one_by_one(title):
    found = groups(TARGETS[title](), "sizes all different")[0]
    assert len(found) > 1
    for formula, at_once in zip(found, together(found), strict=True):
        alone, opened = formula.at()
        assert at_once is not None and not opened
        for name, value in alone.items():
            other = at_once[0][name]
            assert np.allclose(other.numbers, value.numbers, rtol=1e-15, atol=1e-17)
            assert np.allclose(other.bound, value.bound, rtol=1e-12)


@pytest.mark.parametrize("title", ["a maximum", "conditions"])
def test_a_draw_with_open_branches_is_left_to_itself(title):
    for found in groups(TARGETS[title](), "ties and kinks")[:6]:
        opened = [bool(formula.at()[1]) for formula in found]
        assert [each is None for each in together(found)] == opened
    assert any(opened)


@pytest.mark.parametrize("title", TARGETS)
def test_double_precision_is_as_near_as_its_rounding(title):
    target = TARGETS[title]()
    kinds = (groups(target, "sizes all different", kind)[0] for kind in (WIDE, np.float64))
    for wide, double in zip(*kinds, strict=True):
        for name, value in wide.at()[0].items():
            error = abs(double.at()[0][name].numbers - value.numbers)
            assert np.all(error <= 4 * np.finfo(np.float64).eps * value.bound.max())
