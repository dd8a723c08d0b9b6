"""`derive.testing`: assertions, executors, optimisers, fits, the plugin and the examples."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from derive.checking.campaign.binding import Ambiguous
from derive.commands import run
from derive.derivation import D, chain, derivation, differentiation
from derive.spaces import Real
from derive.testing import assert_derives, assert_gradient, check, check_gradient

ROOT = Path(__file__).resolve().parent.parent
LET = ["X: n,p", "b: p", "y: n"]


def halved(X, b, y):
    return X.T @ (X @ b - y)


def test_the_failure_text_is_the_screen():
    with pytest.raises(AssertionError, match=r"the factor 2 is missing"):
        assert_gradient(halved, "sum((X@b - y)**2)", wrt="b", let=LET, share=0.1)


def test_an_own_derivation_is_a_target():
    @derivation
    def cube_derivative(x: Real):
        """The derivative of a cube."""
        return chain(D(x**3, x)).eq(3 * x**2, by=differentiation)

    assert_derives(lambda x: 3.0 * x * x, cube_derivative)
    with pytest.raises(AssertionError):
        assert_derives(lambda x: 3.0 * x, cube_derivative)


def test_a_value_can_be_checked_without_a_derivative():
    assert_gradient(lambda X, b: X @ b, "X @ b", let=["X: n,p", "b: p"], share=0.2)


def test_any_executor_gives_the_same_report():
    with ThreadPoolExecutor(2) as pool:
        spread = check_gradient(halved, "sum((X@b - y)**2)", "b", LET, share=0.2, executor=pool)
    alone = check_gradient(halved, "sum((X@b - y)**2)", "b", LET, share=0.2)
    assert str(spread) == str(alone)


def test_an_interruption_leaves_what_is_known():
    from derive.checking.campaign import choices
    from derive.checking.campaign.examining import Settings, examined
    from derive.checking.campaign.places import subject
    from derive.checking.campaign.report import report
    from derive.checking.campaign.running import campaign

    def stopped(made: int, planned: int) -> None:
        if made == 10:
            raise KeyboardInterrupt

    code = subject(halved)
    target = choices.target_of_expression(code, "sum((X@b - y)**2)", LET, ["b"])
    found = report(campaign(examined(code, target, Settings()), Settings(), progress=stopped))
    assert found.status == 130
    assert "10 of " in str(found) and "interrupted" in str(found) and "✘" in str(found)


def test_draws_depend_on_the_seed_alone():
    one, two = (check(np.tanh, "tanh", seed=3, share=0.1) for _ in range(2))
    for a, b in zip(one.campaign.outcomes, two.campaign.outcomes, strict=True):
        assert all(np.array_equal(a.draw.arrays[k], b.draw.arrays[k]) for k in a.draw.arrays)


def test_a_cotangent_is_never_a_function_of_the_inputs():
    from derive.checking.campaign.inputs import drawn, plan
    from derive.checking.campaign.layers import layer_of_expression

    target = layer_of_expression("relu(x@w)", ["x: n,d", "w: d,h"], ["x", "w"])
    draw = drawn(target, 0, 0, plan(target))
    assert len(set(np.ravel(draw.arrays["dout"]))) == draw.arrays["dout"].size
    assert not np.intersect1d(draw.arrays["dout"], draw.arrays["x"]).size


def convolved(x, w, b, stride=1, pad=0):
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(xp, w.shape[2:], axis=(2, 3))
    return np.einsum("ncijrs,fcrs->nfij", windows[:, :, ::stride, ::stride], w) + b[:, None, None]


def test_settings_that_the_code_does_not_take_are_fixed():
    found = check(convolved, "conv2d", share=0.3)
    assert found.verdict == "right", str(found)
    assert "dilation is fixed in the code, at 1 as it seems" in str(found)
    assert "padding is fixed" not in str(found)
    turned = check(lambda x, w, b: convolved(x, w[:, :, ::-1], b), "conv2d", share=0.3)
    assert turned.verdict == "wrong"


def test_too_few_results_are_ambiguous():
    with pytest.raises(Ambiguous, match="could be dgamma or dbeta"):
        check(lambda dy, x, gamma, epsilon: dy.sum(0), "batch_norm_backward")


class Momentum:
    def __init__(self, lr=0.1, momentum=0.9):
        self.lr, self.momentum, self.v = lr, momentum, 0

    def step(self, w, g):
        self.v = self.momentum * self.v + g
        return w - self.lr * self.v


class Forgetful(Momentum):
    def step(self, w, g):
        self.v = 0
        return super().step(w, g)


def test_an_optimiser_is_held_to_its_trajectory():
    names = {"alpha": "momentum"}
    assert_derives(Momentum, "momentum_step", arguments=names, share=0.2)
    found = check(Forgetful, "momentum_step", arguments=names, share=0.2)
    assert found.verdict == "wrong"
    assert "right at step 1, wrong after that" in str(found)


class LeastSquares:
    def fit(self, X, y):
        self.coef_ = np.linalg.lstsq(X, y, rcond=None)[0]


def test_a_fit_is_held_to_what_it_minimises():
    assert_derives(LeastSquares, "least_squares", share=0.3)


# --------------------------------------------------------------------------------------------
# The plugin and the examples


def test_the_plugin_imports_nothing_heavy():
    heavy = "numpy", "sympy", "hypothesis", "derive.language"
    code = f"import derive.pytest_plugin, sys; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert found.stdout.strip() == "[]", found.stderr


def test_the_fixtures_hold_code_to_formulas_with_the_seed_of_the_run(
    derives, derives_gradient, request, monkeypatch
):
    monkeypatch.setattr(request.config.option, "derive_seed", 5)
    derives(lambda x: 1 - np.tanh(x) ** 2, "tanh_derivative", share=0.1)
    with pytest.raises(AssertionError, match="seed 5"):
        derives_gradient(lambda x: x, "x**2", wrt="x", let=["x:"], share=0.1)


def test_batch_norm_with_the_wrong_divisor_both_ways(capsys):
    place = f"{ROOT / 'examples' / 'batch_norm_unbiased.py'}:forward,backward"
    status = run(["check", place, "--as", "batch_norm"])
    said = capsys.readouterr().out
    assert status == 1
    assert "N − 1 in place of N, in the definition of sigma" in said
    assert "the derivative of your forward pass" in said
    assert "✔  dbeta" in said


def test_the_tests_among_the_examples_pass(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    import test_your_code

    tests = [test for name, test in vars(test_your_code).items() if name.startswith("test_")]
    assert len(tests) == 3
    for test in tests:
        test()


@pytest.mark.torch
def test_gradcheck_accepts_what_the_formula_does_not(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    import batch_norm_torch

    assert batch_norm_torch.gradcheck()
    found = check(batch_norm_torch.BatchNorm, "batch_norm", share=0.3)
    assert found.verdict == "wrong"
    assert "N − 1 in place of N" in str(found)


@pytest.mark.torch
def test_autograd_goes_back_through_a_module():
    torch = pytest.importorskip("torch")
    module = torch.nn.Linear(3, 5)
    let = ["x: n,d", "w: h,d", "b: h"]
    assert_gradient(module, "x@w.T + b", wrt=["x", "w", "b"], let=let, share=0.2)
    assert_derives(torch.optim.SGD, "momentum_step", share=0.2)


@pytest.mark.torch
def test_a_module_may_hold_the_transposes_of_a_formula_s_matrices():
    torch = pytest.importorskip("torch")
    net = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Sigmoid(), torch.nn.Linear(4, 3))
    found = check(net, "mlp", share=0.1)
    assert found.verdict == "right", str(found)
    assert "0_weight, 2_weight: the transpose" in str(found)
    net[1] = torch.nn.Tanh()
    assert check(net, "mlp", share=0.1).verdict == "wrong"


@pytest.mark.torch
def test_a_module_whose_axes_do_not_fit_is_asked_about():
    torch = pytest.importorskip("torch")

    class Uneven(torch.nn.Linear):
        def __init__(self):
            super().__init__(3, 5)
            self.bias = torch.nn.Parameter(torch.zeros(4))

    with pytest.raises(Ambiguous, match=r"are its axes in another order"):
        check(Uneven(), "dense")
    assert_derives(torch.nn.Linear(3, 5), "linear", share=0.1)


@pytest.mark.torch
def test_optimisers_of_torch_are_bound_by_the_names_of_their_settings():
    torch = pytest.importorskip("torch")
    assert_derives(torch.optim.Adam, "adam_step", share=0.1)
    found = check(torch.optim.SGD, "momentum_step", share=0.1)
    assert found.verdict == "right"
    assert found.campaign.examination.binding.parameters["alpha"] == "momentum"


@pytest.mark.torch
def test_functions_of_tensors_take_no_python_numbers():
    torch = pytest.importorskip("torch")

    class Rectifier(torch.autograd.Function):
        @staticmethod
        def forward(context, x):
            context.save_for_backward(x)
            return x.clamp(min=0)

        @staticmethod
        def backward(context, slope):
            (x,) = context.saved_tensors
            return slope * (x > 0)

    assert_derives(Rectifier, "relu", share=0.1)
    assert_gradient(torch.exp, "exp(x)", let=["x:"], share=0.1)


@pytest.mark.torch
def test_outputs_of_other_shapes_or_kinds_are_said():
    torch = pytest.importorskip("torch")
    loss = torch.nn.functional.cross_entropy
    found = check(lambda z, y: loss(z, y), "softmax_cross_entropy", framework="torch", share=0.3)
    assert "out  has shape ()" in str(found) and "the mean of the formula's entries" in str(found)
    pairs = check(lambda x: (torch.relu(x), x), "relu", framework="torch", share=0.1)
    assert "out  is a tuple, wanted an array" in str(pairs)


@pytest.mark.jax
def test_a_value_with_its_gradient_is_bound_by_shapes():
    jax = pytest.importorskip("jax")

    def loss(X, b, y):
        return ((X @ b - y) ** 2).sum()

    both = jax.value_and_grad(loss, argnums=1)
    assert_gradient(both, "sum((X@b - y)**2)", wrt="b", let=LET, framework="jax", share=0.1)


@pytest.mark.jax
def test_a_custom_vjp_of_jax_is_held_to_the_formula():
    jax = pytest.importorskip("jax")

    @jax.custom_vjp
    def softmax(z):
        return jax.nn.softmax(z)

    softmax.defvjp(lambda z: (jax.nn.softmax(z),) * 2, lambda p, g: (p * g,))
    found = check(softmax, "softmax", share=0.05)
    assert found.verdict == "wrong" and "is missing" in str(found)
    assert not jax.config.jax_enable_x64
    assert_derives(jax.nn.softmax, "softmax", share=0.05)


def test_the_sizes_that_code_refuses_are_named():
    def pooled(x):
        n, c, h, w = x.shape
        return x.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))

    found = check(pooled, "max_pool2d")
    assert found.verdict == "wrong"
    said = " ".join(str(found).split())
    assert "where H or W is odd; right at all others" in said
    assert "kernel is fixed in the code, at 2 as it seems" in said


def test_a_refusal_of_one_row_is_a_note():
    def spread(x):
        if len(x) < 2:
            raise ValueError("two examples at least")
        return x.var(0)

    found = check_gradient(spread, "var(x, axis=0)", let=["x: n,p"])
    assert found.verdict == "right"
    assert any("two examples at least" in note for note in found.campaign.notes)


@pytest.mark.parametrize(
    ("dtype", "verdict"), [(np.float64, "right"), (np.float32, "right"), (np.int64, "wrong")]
)
def test_integers_may_become_any_floating_point_numbers_but_not_integers(dtype, verdict):
    def softmax(z):
        e = np.exp(z - z.max(-1, keepdims=True))
        p = e / e.sum(-1, keepdims=True)
        return p.astype(dtype) if z.dtype.kind == "i" else p

    assert check(softmax, "softmax").verdict == verdict
