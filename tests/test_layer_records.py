"""Layers of the catalogue: errors in their numerics show, and what only their records have."""

from importlib import import_module

import numpy as np
import pytest

import numerics
from benchmarks.statements import equation, everything
from derive import catalogue
from derive.checking.agreement import formula, numbers
from derive.checking.campaign.inputs import REGIMES, Draw
from derive.checking.opinion import second_opinion
from derive.checking.shapes import different, is_allowed
from derive.checking.values import Point
from derive.derivation import D, chain, derivation, differentiation, induction
from derive.proof.prover import verdict
from derive.proof.statuses import Status
from derive.render.terminal import plain
from derive.spaces import Index, Real, Vector
from derive.terms.arrays import Array, array, recurrence, sum_over, variable
from derive.terms.functions import cond, delta, guard, maximum
from derive.terms.indices import Index as Position
from derive.terms.sizes import sizes
from derive.terms.statements import OffKink

CONVOLUTION = import_module("numerics.convolution")
POOLING = import_module("numerics.pooling")
BATCH_NORM = import_module("numerics.batch_norm")
BACKPROP = import_module("numerics.backprop")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# --------------------------------------------------------------------------------------------
# Planted errors show


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (CONVOLUTION, "spread", lambda f: lambda *given: f(*given)[..., ::-1, :]),
        (CONVOLUTION, "met_by_kernels", lambda f: lambda *given: f(*given) * (1 + 1e-12)),
        (BATCH_NORM, "_products", lambda f: lambda a, b: f(a, b) * 1.01),
        (BACKPROP, "sigmoid_derivative", lambda f: lambda z: f(z) + 1e-12),
        (POOLING, "_decoded", lambda f: lambda code, windows: f(0 * code, windows)),
    ],
    ids=["dx", "dw", "variance", "slope", "place"],
)
def test_an_error_in_a_layer_is_found(monkeypatch, module, name, wrong):
    entry = {
        CONVOLUTION: "conv2d_backward",
        BATCH_NORM: "batch_norm_backward",
        BACKPROP: "hidden_error",
        POOLING: "max_pool2d_backward",
    }[module]
    monkeypatch.setattr(module, name, wrong(getattr(module, name)))
    assert not numbers(catalogue.load(entry)).agree


@pytest.mark.parametrize(("regime", "agrees"), [(REGIMES[0].name, False), ("extremes", True)])
def test_a_formula_without_a_value_where_the_code_has_one_is_found(regime, agrees):
    @derivation
    def itself(x: Real):
        """A number, but for what a quotient loses."""
        return chain(x**2 / x).eq(x)

    draw = Draw(0, regime, {}, {"x": np.zeros(())})
    found = formula(itself.record(), lambda given: given["x"].copy(), draw)
    assert (found.failure is None) is agrees


def test_a_wrong_gradient_is_refuted():
    x, w, dy = variable("x", ("L",)), variable("w", ("K",)), variable("dy", ("M",))
    L, K, M, s, p = sizes("L K M s p")
    i, r, u = Position("i", M), Position("r", K), Position("u", L)
    loss = sum_over((i, r), dy[i] * x[s * i + r - p] * w[r])
    right = sum_over((i, r), delta(u, s * i + r - p) * dy[i] * w[r])
    turned = sum_over((i, r), delta(u, s * i + r - p) * dy[i] * w[K - 1 - r])
    gradient = array((u,), Array((), D(loss, x[u]).body))
    for wanted, line in ((Status.PROVED, right), (Status.REFUTED, turned)):
        statement = equation(gradient, array((u,), line))
        assert verdict(statement, everything(statement)).status is wanted


def test_a_group_and_a_channel_are_told_from_their_number():
    G, C = sizes("G C")
    g, h = Position("g", G), Position("h", G)
    c, e = Position("c", C), Position("e", C)
    both = array((g, h, c, e), delta(C * g + c, C * h + e))
    for wanted, other in (
        (Status.PROVED, delta(g, h) * delta(c, e)),
        (Status.REFUTED, delta(g, h)),
    ):
        statement = equation(both, array((g, h, c, e), other))
        assert verdict(statement, everything(statement)).status is wanted
    # A remainder that may be as large as the radix tells nothing.
    statement = equation(
        array((g, h, c, e), delta(C * g + c, C * h + e + 1)),
        array((g, h, c, e), delta(g, h) * delta(c, e + 1)),
    )
    assert verdict(statement, everything(statement)).status is Status.REFUTED


# --------------------------------------------------------------------------------------------
# The checker's own


(n,) = sizes("n")


@derivation
def geometric(x: Vector[n], a: Real, t: Index[n]):
    """A recurrence and its closed form."""
    r = recurrence("r", n, 0, lambda r, s: a * r + x[s] * 0 + 1)
    k = Position("k", n)
    return chain(r[t]).eq(
        sum_over(k, guard(t - k - 1) * a ** Array.of(t - k - 1)), by=induction("t")
    )


def test_recurrences_have_values_and_a_form_in_sympy():
    record = geometric.record()
    assert record.status is Status.PROVED
    assert second_opinion(record).agrees is True
    r = recurrence("r", n, 0, lambda r, s: 2 * r + 1)
    assert Point({"n": 4}, {}).array(r).numbers.tolist() == [0, 1, 3, 7]
    assert Point({"n": 0}, {}).array(r).numbers.shape == (0,)


def test_at_a_tie_any_weight_will_do_and_elsewhere_only_one():
    a, b = variable("a", (n,)), variable("b", (n,))
    (i,) = a.indices
    slope = array((i,), Array((), D(maximum(a, b).sum(), a[i]).body))

    @derivation
    def tied(a: Vector[n], b: Vector[n], i: Index[n]):
        """The slope of a maximum."""
        return chain(D(maximum(a, b).sum(), a[i])).eq(cond(a[i] - b[i]), by=differentiation)

    assert slope.shape == (n,)
    end = tied.record().chain.end
    given = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([1.0, 3.0, 2.0])}
    value = Point({"n": 3}, given).array(end, tied.record().indices.values())
    assert value.numbers.tolist() == [0, 0, 1]
    assert value.bound[0] > 1e14 and not value.bound[1:].any()


def test_sizes_of_windows_fit_and_go_beyond_the_kernel():
    for name in ("conv2d", "max_pool2d", "conv2d_transpose"):
        record = catalogue.load(name)
        found = list(different(record))
        assert len(found) == 2 and all(is_allowed(sizes, record.context) for sizes in found)
    found = list(different(catalogue.load("conv2d")))
    assert any(sizes["s"] > sizes["d"] * (sizes["R"] - 1) + 1 for sizes in found)
    assert any(sizes["p"] > 0 and sizes["d"] > 1 for sizes in found)
    for name in ("conv2d", "conv1d", "max_pool2d", "avg_pool2d"):
        _, found = different(catalogue.load(name))
        kernel = found[{"conv2d": "S", "conv1d": "K"}.get(name, "k")]
        assert 1 < found["s"] < found.get("d", 1) * (kernel - 1) + 1 and found["p"]


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize(
    "name", ["conv2d", "conv2d_backward", "max_pool2d_backward", "conv2d_transpose_backward"]
)
def test_a_page_fits_into_a_terminal(monkeypatch, name, width):
    monkeypatch.setenv("COLUMNS", str(width))
    record = catalogue.load(name)
    assert max(map(len, plain(record).splitlines())) <= width
    assert len(record.links) <= 12


def test_a_page_writes_entries_in_one_way():
    page = plain(catalogue.load("conv1d_backward"))
    assert "y[m, g, i] = Σ[j, k] x[m, j, s·i + d·k − p] w[g, j, k] + b[g]" in page
    assert "dy[m, g, i] y[m, g, i]" in page and not set("ₘᵢⱼ") & set(page)


def test_a_record_with_a_stride_can_be_called(rng):
    x, w, b = rng.normal(size=(2, 3, 9, 8)), rng.normal(size=(4, 3, 3, 2)), rng.normal(size=4)
    steps = {"stride": 2, "padding": 1, "dilation": 1}
    y = catalogue.load("conv2d")(x, w, b, **steps)
    np.testing.assert_allclose(y, numerics.conv2d(x, w, b, **steps), rtol=1e-12)
    found = catalogue.load("conv2d_backward")(np.ones(y.shape), x, w, b, **steps)
    wanted = numerics.conv2d_backward(np.ones(y.shape), x, w, **steps)
    for part, gradient in wanted._asdict().items():
        np.testing.assert_allclose(found[part], gradient, atol=1e-12)
    with pytest.raises(ValueError, match="padding: not given"):
        catalogue.load("conv2d")(x, w, b, stride=2)


def test_a_kink_of_every_example_is_assumed_once():
    (kink,) = catalogue.load("linear_hinge_gradient").assumptions
    assert isinstance(kink, OffKink)
