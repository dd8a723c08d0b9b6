"""What the layers of numerics promise beyond agreement with their derivations."""

import tracemalloc
from importlib import import_module

import numpy as np
import pytest

import numerics
from tests.numeric.cases import CALLS


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# --------------------------------------------------------------------------------------------
# Convolution and pooling


def naive_convolution(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    """The sum as it stands in the books, place by place."""
    (s, t), (p, q), (d, e) = (np.broadcast_to(each, 2) for each in (stride, padding, dilation))
    x = np.pad(x, ((0, 0), (0, 0), (p, p), (q, q)))
    down, across = d * (w.shape[2] - 1) + 1, e * (w.shape[3] - 1) + 1
    rows, columns = (x.shape[2] - down) // s + 1, (x.shape[3] - across) // t + 1
    out = np.zeros((len(x), len(w), rows, columns))
    for n, f, i, j in np.ndindex(*out.shape):
        first = f // (len(w) // groups) * w.shape[1]
        met = x[n, first : first + w.shape[1], s * i : s * i + down : d, t * j : t * j + across : e]
        out[n, f, i, j] = (met * w[f]).sum() + b[f]
    return out


@pytest.mark.parametrize("call", [call for call in CALLS if call.name == "conv2d"], ids=str)
def test_a_convolution_is_the_sum_that_it_says(call):
    inputs = call.case.draw()
    wanted = naive_convolution(**inputs, **call.keywords)
    np.testing.assert_allclose(call(**inputs), wanted, atol=1e-13)


@pytest.mark.parametrize("padding", [(0, 0), (2, 3), (0, 2), (2, 0)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
def test_a_kernel_of_one_place_reaches_into_the_padding(stride, padding, rng):
    x, w, b = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(2, 3, 1, 1)), rng.normal(size=2)
    moves = {"stride": stride, "padding": padding}
    wanted = naive_convolution(x, w, b, **moves)
    np.testing.assert_allclose(numerics.conv2d(x, w, b, **moves), wanted, atol=1e-14)


@pytest.mark.parametrize("stride", [1, (2, 3)])
def test_many_outputs_of_few_channels_are_made_row_by_row(stride, monkeypatch, rng):
    monkeypatch.setattr(import_module("numerics._correlation"), "BUFFER", 1)
    x, w, b = rng.normal(size=(2, 4, 7, 8)), rng.normal(size=(10, 2, 3, 2)), rng.normal(size=10)
    moves = {"stride": stride, "padding": (1, 2), "groups": 2}
    wanted = naive_convolution(x, w, b, **moves)
    np.testing.assert_allclose(numerics.conv2d(x, w, b, **moves), wanted, atol=1e-13)


def test_a_column_of_a_kernel_may_meet_nothing_but_padding(rng):
    x, w, b = rng.normal(size=(1, 2, 3, 8)), rng.normal(size=(2, 2, 1, 3)), rng.normal(size=2)
    moves = {"stride": (1, 2), "padding": (0, 4), "dilation": (1, 6)}
    wanted = naive_convolution(x, w, b, **moves)
    np.testing.assert_allclose(numerics.conv2d(x, w, b, **moves), wanted, atol=1e-14)


def memory(function, *given, **keywords):
    """The most bytes that a call has at a time, beside its arguments."""
    tracemalloc.start()
    function(*given, **keywords)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_kernels_of_one_place_need_no_copy_of_the_images():
    x, w = np.ones((2, 64, 32, 32)), np.ones((1, 64, 1, 1))
    assert memory(numerics.conv2d, x, w) < x.nbytes / 4
    wanted = numerics.conv2d(x, np.pad(w, ((0, 0), (0, 0), (0, 1), (0, 1))), padding=(1, 1))
    np.testing.assert_array_equal(numerics.conv2d(x, w), wanted[:, :, 1:, 1:])


def test_of_steps_of_one_place_the_adjoint_is_no_larger_than_a_convolution():
    x, w = np.ones((1, 8, 24, 24)), np.ones((8, 8, 15, 15))
    assert memory(numerics.conv2d_transpose, x, w) < 5 * 2**20  # of each weight apart it is 9


@pytest.mark.parametrize("outputs", [1, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_no_rows_are_spread_to_zeros(stride, outputs):
    x, w = np.ones((1, outputs, 0, 2)), np.ones((outputs, 1, 3, 2))
    y = numerics.conv2d_transpose(x, w, stride=stride)
    assert y.shape == (1, 1, 3 - stride, 2 + stride) and not y.any()
    dx, dw, db = numerics.conv2d_transpose_backward(np.ones_like(y), x, w, stride=stride)
    assert dx.shape == x.shape and not dw.any() and db == y.size


@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (1, 2)])
def test_the_gradient_in_images_is_the_adjoint(stride, rng):
    x, w = rng.normal(size=(2, 3, 6, 7)), rng.normal(size=(4, 3, 3, 2))
    y = numerics.conv2d(x, w, stride=stride)
    dy = rng.normal(size=y.shape)
    dx = numerics.conv2d_backward(dy, x, w, stride=stride).dx
    np.testing.assert_allclose((dx * x).sum(), (dy * y).sum(), rtol=1e-12)


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


def test_a_window_may_be_larger_than_its_image():
    x, keywords = np.full((1, 1, 1, 1), 9.0), {"kernel": 3, "stride": 1, "padding": 1}
    assert numerics.avg_pool2d(x, **keywords) == numerics.avg_pool2d_backward(x, x, **keywords) == 1


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


@pytest.mark.parametrize("examples", [0, 1])
def test_a_variance_takes_two_examples(examples):
    with pytest.raises(ValueError, match=f"^x: a variance takes at least 2 .* got {examples}$"):
        numerics.running_statistics(np.ones((examples, 3)), np.zeros(3), np.ones(3))


@pytest.mark.parametrize("given", [{}, {"epsilon": 0.1}])
def test_the_jacobian_of_normalisation_is_that_of_batch_normalisation(given, rng):
    x = rng.normal(size=6)

    def normalised(x):
        return numerics.batch_norm(x[:, None], [1.0], [0.0], **given)[:, 0]

    wanted = numerics.finite_difference_jacobian(normalised, x)
    np.testing.assert_allclose(numerics.batch_norm_jacobian(x, **given), wanted, atol=1e-8)
