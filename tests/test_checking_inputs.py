"""`inputs=`: code held to the formula at arrays of the user's own, not at draws."""

import sys

import numpy as np
import pytest

from derive.checking.campaign.binding import Ambiguous
from derive.commands import run
from derive.testing import check, check_gradient

LOSS = "sum((X@b - y)**2)"
LET = ["X: n,p", "b: p", "y: n"]
RNG = np.random.default_rng(5)
X, B, Y = RNG.standard_normal((7, 3)), RNG.standard_normal(3), RNG.standard_normal(7)


def slope(X, b, y):
    return 2 * X.T @ (X @ b - y)


def far_off(X, b, y):
    return np.where(b > 50, 0, slope(X, b, y))


def at(function, *arrays, **options):
    return check_gradient(function, LOSS, "b", LET, inputs=arrays, **options)


def test_right_code_is_right_at_one_input():
    found = at(slope, X, B, Y)
    assert found.verdict == "right"
    assert len(found.campaign.outcomes) == 1
    assert np.array_equal(found.campaign.outcomes[0].draw.arrays["X"], X)


def test_what_is_wrong_at_the_input_alone_is_found():
    assert at(far_off, X, B, Y).verdict == "right"
    found = at(far_off, X, B + [100, 0, 0], Y)
    assert found.verdict == "wrong" and "your inputs" in str(found)


def test_what_is_wrong_everywhere_is_explained_at_other_sizes_too():
    found = at(lambda X, b, y: slope(X, b, y) / len(y), X, B, Y)
    assert "1/n" in str(found)


def test_code_that_takes_these_sizes_alone_is_checked_at_them():
    def fixed(X, b, y):
        if X.shape != (7, 3):
            raise ValueError("made for one shape")
        return slope(X, b, y)

    assert at(fixed, X, B, Y).verdict == "right"
    assert at(lambda X, b, y: fixed(X, b, y) / 2, X, B, Y).verdict == "wrong"


def test_inputs_are_as_they_were_and_a_change_is_told():
    def spoiling(X, b, y):
        y -= X @ b
        return -2 * X.T @ y

    before = Y.copy()
    found = at(spoiling, X, B, Y)
    assert np.array_equal(Y, before)
    assert found.campaign.breaches == {"changes": "changes its argument y"}


def test_a_layer_is_given_several_cotangents():
    def forward(x, gamma, beta):
        s = np.sqrt(x.var(0) + 1e-5)
        return gamma * (x - x.mean(0)) / s + beta, ((x - x.mean(0)) / s, s, gamma)

    def backward(dout, cache):
        h, s, gamma = cache
        dh = dout * gamma
        dx = (dh - dh.mean(0) - h * (dh * h).mean(0)) / s
        return dx, (dout * h).sum(0), dout.sum(0)

    given = {"x": X, "gamma": B, "beta": B}
    found = check((forward, backward), "batch_norm", inputs=given)
    assert found.verdict == "right"
    weights = [outcome.draw.arrays["dy"] for outcome in found.campaign.outcomes]
    assert len(weights) == 3 and not np.array_equal(weights[0], weights[1])
    halved = check(
        (forward, lambda d, c: tuple(g / 2 for g in backward(d, c))), "batch_norm", inputs=given
    )
    assert halved.verdict == "wrong"


def test_class_labels_and_settings_are_inputs():
    def loss(z, y):
        e = np.exp(z - z.max(1, keepdims=True))
        return -np.log((e / e.sum(1, keepdims=True))[np.arange(len(y)), y])

    labels = np.array([0, 2, 1, 1, 0, 2, 2])
    assert check(loss, "softmax_cross_entropy", inputs=(X, labels)).verdict == "right"
    assert (
        check(lambda z, y: loss(z, y[::-1]), "softmax_cross_entropy", inputs=(X, labels)).is_right
        is False
    )


@pytest.mark.parametrize("z", [0.3, RNG.standard_normal((2, 3))], ids=["number", "array"])
def test_an_elementwise_function_is_given_numbers_or_arrays(z):
    def derivative(z):
        return 1 - np.tanh(z) ** 2

    assert check(derivative, "tanh_derivative", inputs=(z,)).verdict == "right"
    assert check(lambda z: -derivative(z), "tanh_derivative", inputs=(z,)).verdict == "wrong"


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ((X, B), "no input is given for y"),
        ((X, B[:2], Y), r"b: got shape \(2,\), wanted \(p\) with p = 3"),
        ((X[0], B, Y), r"X: got shape \(3,\), wanted \(n, p\)"),
        ((X, B, Y, Y), "4 inputs for 3 parameters"),
        ((X.astype(np.float16), B, Y), "the input X is float16"),
        (({"X": X, "b": B, "z": Y},), "there is an input z, and the parameters are X, b, y"),
    ],
)
def test_what_does_not_fit_is_said(arrays, said):
    given = arrays[0] if isinstance(arrays[0], dict) else arrays
    with pytest.raises(Ambiguous, match=said):
        check_gradient(slope, LOSS, "b", LET, inputs=given)


def test_an_input_outside_its_space_is_refused():
    with pytest.raises(Ambiguous, match="the input y is not in"):
        check(lambda z, y: z, "softmax_cross_entropy_gradient", inputs=(X, np.ones((7, 3))))


def test_the_command_reads_them_from_a_file(tmp_path, monkeypatch, capsys):
    (tmp_path / "own.py").write_text(
        "import numpy as np\n\n\ndef slope(X, b, y):\n"
        "    return np.where(b > 50, 0, 2 * X.T @ (X @ b - y))\n"
    )
    np.savez(tmp_path / "near.npz", X=X, b=B, y=Y)
    np.savez(tmp_path / "far.npz", X=X, b=B + 100, y=Y)
    monkeypatch.chdir(tmp_path)
    words = ["check", "own.py:slope", "--against", LOSS, "--let", *LET, "--wrt", "b"]
    assert run([*words, "--inputs", "near.npz"]) == 0
    (tmp_path / "kept").mkdir()
    assert run([*words, "--inputs", "far.npz", "--write-test", "kept/test_far.py"]) == 1
    assert "--inputs far.npz" in capsys.readouterr().out
    names: dict = {"__file__": str(tmp_path / "kept" / "test_far.py")}
    monkeypatch.setattr("sys.path", list(sys.path))
    exec((tmp_path / "kept" / "test_far.py").read_text(), names)
    with pytest.raises(AssertionError, match="your inputs"):
        names["test_slope"]()
    assert run([*words, "--inputs", "own.py"]) == 2
