"""Layers: what numerics promises beyond agreement, and that an error in one of them would show."""

from importlib import import_module

import numpy as np
import pytest
from statements import equation, everything

import numerics
from derive import catalogue
from derive.checking.agreement import numbers
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
# Convolution and pooling


def naive_convolution(x, w, stride, padding, dilation):
    """The sum as it stands in the books, place by place."""
    p = padding
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    reach = [dilation * (size - 1) + 1 for size in w.shape[2:]]
    rows, columns = ((x.shape[k + 2] - reach[k]) // stride + 1 for k in (0, 1))
    out = np.zeros((len(x), len(w), rows, columns))
    for n, f, i, j in np.ndindex(*out.shape):
        top, left = stride * i, stride * j
        met = x[n, :, top : top + reach[0] : dilation, left : left + reach[1] : dilation]
        out[n, f, i, j] = (met * w[f]).sum()
    return out


@pytest.mark.parametrize("steps", [(1, 0, 1), (2, 1, 1), (3, 2, 2), (4, 0, 3)])
def test_a_convolution_is_the_sum_that_it_says(steps, rng):
    x, w = rng.normal(size=(2, 3, 10, 9)), rng.normal(size=(4, 3, 3, 2))
    keywords = dict(zip(("stride", "padding", "dilation"), steps, strict=True))
    np.testing.assert_allclose(
        numerics.conv2d(x, w, **keywords), naive_convolution(x, w, *steps), atol=1e-13
    )


def test_groups_are_convolutions_side_by_side(rng):
    x, w = rng.normal(size=(2, 6, 7, 8)), rng.normal(size=(4, 3, 2, 3))
    b, steps = rng.normal(size=4), {"stride": 2, "padding": 1}
    y = numerics.conv2d(x, w, b, groups=2, **steps)
    dy = rng.normal(size=y.shape)
    dx, dw, db = numerics.conv2d_backward(dy, x, w, groups=2, **steps)
    for g in (0, 1):
        c, f = slice(3 * g, 3 * g + 3), slice(2 * g, 2 * g + 2)
        np.testing.assert_allclose(numerics.conv2d(x[:, c], w[f], b[f], **steps), y[:, f])
        alone = numerics.conv2d_backward(dy[:, f], x[:, c], w[f], **steps)
        for got, wanted in zip(alone, (dx[:, c], dw[f], db[f]), strict=True):
            np.testing.assert_allclose(got, wanted, atol=1e-14)


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"stride": 0}, "stride: got 0, wanted whole numbers of at least 1"),
        ({"padding": (1, 2, 3)}, "padding: got"),
        ({"padding": -1}, "padding: got -1"),
        ({"dilation": 1.5}, "dilation: got 1.5"),
        ({"groups": 2}, r"w: got shape \(4, 3, \.\.\.\), wanted .* groups = 2"),
        ({"dilation": (5, 2)}, r"w: got a kernel that covers \(11, 3\), wanted .* into \(10, 9\)"),
        ({"dilation": 9, "padding": (3, 4)}, r"w: got a kernel .* fits into \(16, 17\)"),
    ],
)
def test_what_does_not_fit_is_refused(keywords, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        numerics.conv2d(np.ones((2, 3, 10, 9)), np.ones((4, 3, 3, 2)), **keywords)


def test_gradients_of_other_outputs_are_refused_with_the_sizes_that_are_wanted():
    x, w = np.ones((2, 3, 10, 9)), np.ones((4, 3, 3, 2))
    with pytest.raises(ValueError, match=r"^dy: got .*, wanted \(..., U, V\) with U = 8, V = 8$"):
        numerics.conv2d_backward(np.ones((2, 4, 8, 9)), x, w)


@pytest.mark.parametrize(
    ("fits", "too_much", "said"),
    [
        ({"stride": 3, "output_padding": (2, 2)}, {"output_padding": (3, 0)}, "output_padding"),
        ({"stride": 3, "output_padding": (2, 2)}, {"output_padding": (0, 3)}, "output_padding"),
        ({"dilation": 3, "output_padding": (2, 2)}, {"output_padding": (3, 0)}, "output_padding"),
        ({"padding": (2, 1)}, {"padding": (3, 1)}, r"x: got .* not \(0, 3\)"),
        ({"padding": (2, 2)}, {"padding": (2, 3)}, r"x: got .* not \(2, -1\)"),
    ],
)
def test_what_spreads_to_nothing_is_refused(fits, too_much, said):
    x, w = np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 2))
    assert numerics.conv2d_transpose(x, w, **fits).size
    with pytest.raises(ValueError, match=f"^{said}"):
        numerics.conv2d_transpose(x, w, **fits | too_much)


@pytest.mark.parametrize("shape", [(1, 1, 0, 2), (1, 1, 2, 0)])
def test_kernels_have_places(shape):
    x = np.ones((1, 1, 3, 3))
    with pytest.raises(ValueError, match=r"^w: got a kernel that covers"):
        numerics.conv2d(x, np.ones(shape), padding=1)
    with pytest.raises(ValueError, match=r"^x: got shape .*, wanted outputs of at least one place"):
        numerics.conv2d_transpose(x, np.ones(shape))


@pytest.mark.parametrize(("name", "given"), [("x", ([], [1.0])), ("w", ([1.0], []))])
def test_nothing_is_convolved(name, given):
    with pytest.raises(ValueError, match=rf"^{name}: got shape \(0,\), wanted at least one value"):
        numerics.convolution(*given)


def test_bias_counts_for_the_type():
    x, w = np.ones((1, 1, 2, 2), np.float32), np.ones((1, 1, 1, 1), np.float32)
    assert numerics.conv2d(x, w, np.ones(1)).dtype == np.float64
    assert numerics.conv2d(x, w, [1]).dtype == np.float32


def test_of_equal_values_the_first_in_reading_order_gets_all():
    x = np.zeros((1, 1, 3, 3))
    dx = numerics.max_pool2d_backward(np.ones((1, 1, 2, 2)), x, kernel=2, stride=1)
    np.testing.assert_array_equal(dx[0, 0], [[1, 1, 0], [1, 1, 0], [0, 0, 0]])
    a, b = numerics.max_gate_backward([3.0, 3.0], [1.0, 2.0], [1.0, 4.0])
    np.testing.assert_array_equal([a, b], [[3, 0], [0, 3]])


def test_padding_is_never_the_largest(rng):
    x = -1 - rng.random((1, 1, 4, 4))
    y = numerics.max_pool2d(x, kernel=3, stride=2, padding=1)
    assert y.max() < -1
    dx = numerics.max_pool2d_backward(np.ones_like(y), x, kernel=3, stride=2, padding=1)
    assert dx.sum() == y.size


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(
    ("fits", "too_much"),
    [
        ({"kernel": 6}, {"kernel": 7}),
        ({"kernel": 3, "padding": 2}, {"kernel": 3, "padding": 3}),
        ({"kernel": 3, "dilation": 2, "padding": 4}, {"kernel": 3, "dilation": 2, "padding": 5}),
    ],
)
def test_windows_are_no_larger_than_images_nor_padding_than_windows(fits, too_much, axis):
    x, last = np.ones((1, 1, 6, 6)), list(fits)[-1]
    assert numerics.max_pool2d(x, **fits).size
    one_axis = [fits[last], fits[last]]
    one_axis[axis] = too_much[last]
    name = "x: got shape" if last == "kernel" else f"{last}: got"
    with pytest.raises(ValueError, match=f"^{name}"):
        numerics.max_pool2d(x, **fits | {last: tuple(one_axis)})


def test_images_without_places_have_no_windows_even_where_they_are_padded():
    for pool in (numerics.max_pool2d, numerics.avg_pool2d):
        with pytest.raises(ValueError, match=r"^x: got shape \(1, 1, 4, 0\), wanted images"):
            pool(np.ones((1, 1, 4, 0)), kernel=3, stride=1, padding=2)


def test_squares_have_one_factor():
    for function in (numerics.upsample2d, numerics.upsample2d_backward):
        with pytest.raises(ValueError, match=r"^factor: got \(2, 3\), wanted a whole number"):
            function(np.ones((1, 1, 4, 6)), factor=(2, 3))


def test_windows_of_minus_infinity_send_nothing_into_the_padding():
    x = np.full((1, 1, 3, 3), -np.inf)
    dx = numerics.max_pool2d_backward(np.ones((1, 1, 2, 2)), x, kernel=2, stride=2, padding=1)
    assert dx.sum() == 4


@pytest.mark.parametrize("size", [15, 16, 20])
def test_large_windows_have_places_beyond_a_byte(rng, size):
    x = rng.normal(size=(1, 2, size, size))
    x[0, 0, -1, -1] = 9
    dx = numerics.max_pool2d_backward(np.ones((1, 2, 1, 1)), x, kernel=size)
    np.testing.assert_array_equal(dx != 0, x == x.max(axis=(2, 3), keepdims=True))


@pytest.mark.parametrize("across", [2, 3])
def test_windows_around_an_image_send_nothing(across):
    x, kernel = np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), (2, across)
    moves = {"kernel": kernel, "stride": 1, "dilation": 4, "padding": (3, 4 * across - 5)}
    y = numerics.max_pool2d(x, **moves)
    dx = numerics.max_pool2d_backward(np.ones_like(y), x, **moves)
    assert np.isneginf(y).any() and dx.sum() == np.isfinite(y).sum()
    np.testing.assert_array_equal(dx.ravel(), [(y == value).sum() for value in x.ravel()])


def test_windows_that_overlap_in_a_gap_add_up():
    x = np.zeros((1, 1, 5, 5))
    x[..., 2, 2] = 1
    dx = numerics.max_pool2d_backward(np.ones((1, 1, 2, 2)), x, kernel=2, stride=2, dilation=2)
    assert dx[0, 0, 2, 2] == dx.sum() == 4


def test_what_is_not_a_number_is_the_largest_of_its_windows():
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    x[0, 0, 0, 1] = np.nan
    dy = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    wanted = np.zeros((4, 4))
    wanted[[0, 1, 3, 3], [1, 3, 1, 3]] = [1, 2, 3, 4]
    np.testing.assert_array_equal(numerics.max_pool2d_backward(dy, x)[0, 0], wanted)


@pytest.mark.parametrize("shape", [(6, 7), (7, 6)])
def test_only_whole_squares_have_a_gradient(shape):
    with pytest.raises(ValueError, match=r"^dy: got shape .*, wanted multiples with factor = 3"):
        numerics.upsample2d_backward(np.ones((1, 1, *shape)), factor=3)


@pytest.mark.parametrize("stride", [(1, 2), (2, 1)])
def test_unpooling_needs_windows_apart_both_ways(stride):
    with pytest.raises(ValueError, match=r"^stride: got \(\d, \d\), wanted at least the kernel"):
        numerics.max_unpool2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, 4, 4)), kernel=2, stride=stride)


def test_unpooling_needs_windows_apart(rng):
    x = rng.normal(size=(1, 1, 4, 4))
    with pytest.raises(ValueError, match="stride: got 1, wanted at least the kernel"):
        numerics.max_unpool2d(np.ones((1, 1, 3, 3)), x, kernel=2, stride=1)


# --------------------------------------------------------------------------------------------
# Normalisation


@pytest.mark.parametrize("offset", [0, 1e3, 1e4])
def test_the_variance_does_not_cancel(offset, rng):
    x = (rng.normal(size=(64, 3)) + offset).astype(np.float32)
    gamma, beta = np.ones(3, np.float32), np.zeros(3, np.float32)
    wanted = numerics.batch_norm(x.astype(np.float64), gamma, beta)
    # An input is known to half a unit in the last place, and so is its distance to the mean.
    np.testing.assert_allclose(
        numerics.batch_norm(x, gamma, beta), wanted, atol=1e-6 + offset * 2e-7
    )
    rows = numerics.layer_norm(x.T.copy(), np.ones(64, np.float32), np.zeros(64, np.float32))
    np.testing.assert_allclose(rows.T, wanted, atol=1e-6 + offset * 2e-7)


@pytest.mark.parametrize("given", [{}, {"epsilon": 0.1}])
def test_the_jacobian_of_normalisation_is_that_of_batch_normalisation(given, rng):
    x = rng.normal(size=6)

    def normalised(x):
        return numerics.batch_norm(x[:, None], [1.0], [0.0], **given)[:, 0]

    wanted = numerics.finite_difference_jacobian(normalised, x)
    np.testing.assert_allclose(numerics.batch_norm_jacobian(x, **given), wanted, atol=1e-8)


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
    assert "y[m, g, i] = Σ[j, k] x[m, j, d·k + s·i − p] w[g, j, k] + b[g]" in page
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
