"""Errors that other checkers let pass are found; right code at kinks and ties is not accused."""

import numpy as np
import pytest

from derive.testing import check, check_gradient

LOSS = "sum((X@b - y)**2)"
LET = ["X: n,p", "b: p", "y: n"]


def slope(X, b, y):
    return 2 * X.T @ (X @ b - y)


def planted(change, loss=LOSS):
    """The report on a gradient with something done to it."""

    def changed(X, b, y):
        g = slope(X, b, y)
        return np.asarray(change(g, b), g.dtype)

    return check_gradient(changed, loss, "b", LET, share=0.3)


def one_entry(g, b):
    g = g.copy()
    if len(g) > 2:
        g[2] *= 1.002
    return g


def far_out(g, b):
    return np.where(b > 5, 2 * g, g)


@pytest.mark.parametrize(
    ("change", "loss"),
    [
        (lambda g, b: 1.0005 * g, LOSS),
        (lambda g, b: 1.002 * g, LOSS),
        (lambda g, b: 0 * g, f"1e-6*{LOSS}"),
        (one_entry, LOSS),
        (far_out, LOSS),
    ],
    ids=["0.05 per cent", "0.2 per cent", "nought for a small loss", "one entry", "beyond 5"],
)
def test_what_gradient_checkers_let_pass_is_found(change, loss):
    assert planted(change, loss).verdict == "wrong"


def test_what_was_not_tampered_with_is_right():
    assert planted(lambda g, b: g).verdict == "right"


def relu_slope(x):
    return np.heaviside(x, 0)


def largest_slope(x):
    g = np.zeros(len(x), x.dtype if x.dtype.kind == "f" else float)
    g[x.argmax()] = 1
    return g


def test_the_right_rectifier_passes_at_nought():
    found = check(relu_slope, "relu_derivative")
    assert found.verdict == "right"
    assert any(outcome.open for outcome in found.campaign.outcomes)


def test_the_right_maximum_passes_at_ties():
    found = check_gradient(largest_slope, "max(x)", "x", ["x: n"])
    assert found.verdict == "right", str(found)
    assert any(outcome.open for outcome in found.campaign.outcomes)


def scaled(error, dtype):
    """A gradient with a relative error, in one of the types alone."""

    def changed(x, c):
        g = 2 * (x - c)
        return g * g.dtype.type(1 + error) if g.dtype == dtype else g

    return check_gradient(changed, "sum((x - c)**2)", "x", ["x: n", "c: n"])


@pytest.mark.parametrize(("error", "dtype"), [(1e-9, np.float64), (1e-5, np.float32)])
def test_a_small_error_of_a_whole_gradient_is_found(error, dtype):
    assert scaled(error, dtype).verdict == "wrong"
    assert scaled(0, dtype).verdict == "right"


def test_a_small_error_of_one_in_ten_thousand_entries_is_found():
    def changed(x, c):
        g = 2 * (x - c)
        g[7000:7001] *= 1 + 1e-7
        return g

    found = check_gradient(changed, "sum((x - c)**2)", "x", ["x: n", "c: n"])
    assert found.verdict == "wrong"
    assert found.faults[""].failure.draw.sizes["n"] > 7000
    assert len(str(found)) < 5000
