"""The code of every entry of the catalogue computes what the entry says."""

from inspect import signature
from itertools import islice

import numpy as np
import pytest

from derive import catalogue
from derive.checking.regimes import draws
from derive.codegen.agreement import function_of
from derive.codegen.errors import NoCode

RECORDS = [
    record
    for name in catalogue.entries()
    for record in catalogue.derivation(name).records()
    if not record.symbolic_only
]
RECURRENT = {"running_average"}


def label(record):
    return "-".join([record.name, *record.conventions.values()])


def keywords(record, sizes):
    return {name: size.value(sizes) for name, size in record.integers.items()}


def results(found):
    if isinstance(found, dict):
        return tuple(found.values())
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("record", RECORDS, ids=label)
def test_the_code_of_a_record_computes_its_result(record):
    if record.name in RECURRENT:
        with pytest.raises(NoCode, match="recurrence"):
            record.numpy()
        return
    function = function_of(record.numpy(), record.name)
    taken = signature(function).parameters
    for draw in islice(draws(record, np.random.default_rng(1)), 2):
        given = keywords(record, draw.sizes)
        wanted = results(record(**draw.arrays, **given))
        used = {name: value for name, value in given.items() if name in taken}
        found = results(function(*draw.arrays.values(), **used))
        for got, value in zip(found, wanted, strict=True):
            assert np.shape(got) == np.shape(value)
            largest = np.abs(value).max(initial=0)
            np.testing.assert_allclose(got, value, rtol=0, atol=1e-12 * largest)


def test_loops_are_over_the_size_that_is_given_as_a_number():
    source = catalogue.load("upsample2d_backward").numpy()
    loops = [line for line in source.splitlines() if "for " in line]
    assert loops == ["    for r in range(k):", "        for t in range(k):"]
    assert "    y += dy[:, :, r:r + H * k:k, t:t + W * k:k]" in source


def test_a_loop_adds_what_it_computes_as_it_comes():
    signal = catalogue.load("conv1d").numpy()
    assert "    y[:, :, i_low:i_high] += w[:, :, r] @ x[:, :, i_at]" in signal
    image = catalogue.load("conv2d").numpy()
    assert "    y[:, i_low:i_high, j_low:j_high, :] += a @ w[:, :, k, l].T" in image
    assert "    return np.transpose(y, (0, 3, 1, 2)) + b[:, None, None]" in image


def test_several_results_come_as_a_tuple_with_sizes_as_keywords():
    source = catalogue.load("conv2d_backward").numpy()
    assert "def conv2d_backward(dy, x, w, b, *, stride, padding, dilation):" in source
    assert "Returns arrays of shapes (N, C, H, W), (F, C, R, S) and (F,)." in source
    assert "for k in range(R):" in source, "windows are looped over by the kernel, which is short"


def test_other_libraries_have_a_reading_of_their_own():
    record = catalogue.load("softmax")
    assert "torch.softmax(z, dim=0)" in record.torch()
    assert "import jax.numpy as jnp" in record.jax()
