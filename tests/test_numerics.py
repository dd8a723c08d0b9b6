"""The contracts of `numerics`, held for every public function by the cases of `numeric.cases`."""

import inspect
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest

import numerics
from numerics._blocks import spans
from tests.numeric.cases import CALLS, CASES, SIZES, Call, derivatives, layers

each_call = pytest.mark.parametrize("call", CALLS, ids=str)
TYPES = (np.float32, np.float64)


@contextmanager
def told(**where: object) -> Iterator[None]:
    """A failure inside says for what; a test for each would cost more than what it tests."""
    try:
        yield
    except BaseException as failure:
        failure.add_note("with " + ", ".join(f"{name} = {value}" for name, value in where.items()))
        raise


def assert_close(got: np.ndarray, wanted: np.ndarray, tolerance: float) -> None:
    """Same shape, and a difference of at most `tolerance` of the largest entry (or of one)."""
    assert np.shape(got) == np.shape(wanted)
    error = np.abs(np.subtract(got, wanted, dtype=np.float64)).max(initial=0)
    assert error <= tolerance * np.abs(wanted).max(initial=1)


def as_integers(array: np.ndarray) -> np.ndarray:
    return np.rint(3 * array).astype(int)


def test_every_public_function_has_a_case():
    assert sorted(CASES) == sorted(numerics.__all__)
    assert all(call.case.small for call in CALLS)


@each_call
def test_the_floating_type_stays(call: Call):
    for dtype in TYPES:
        with told(dtype=dtype):
            result = call(**call.case.draw(dtype))
            assert result.dtype == dtype
            assert np.isfinite(result).all()


@each_call
def test_float32_is_float64_rounded(call: Call):
    inputs = call.case.draw(np.float32)
    wanted = call(**{name: array.astype(np.float64) for name, array in inputs.items()})
    # Values of float32 leave a difference quotient only eps^(2/3) of accuracy.
    assert_close(call(**inputs), wanted, 1e-4 if call.case.first else 2e-6)


@each_call
def test_integers_become_float64(call: Call):
    integers = {name: as_integers(array) for name, array in call.case.draw().items()}
    wanted = call(**{name: array.astype(np.float64) for name, array in integers.items()})
    assert call(**integers).dtype == np.float64
    np.testing.assert_array_equal(call(**integers), wanted)
    np.testing.assert_array_equal(call(**{k: v.tolist() for k, v in integers.items()}), wanted)


@each_call
def test_integers_beside_float32_stay_float32(call: Call):
    inputs = call.case.draw(np.float32)
    first = next(iter(inputs))
    rest = {name: as_integers(array) for name, array in inputs.items() if name != first}
    assert call(**{first: inputs[first]}, **rest).dtype == np.float32


@each_call
def test_inputs_are_neither_changed_nor_shared(call: Call):
    inputs = call.case.draw()
    before = {name: array.copy() for name, array in inputs.items()}
    result = call(**inputs)
    for name, array in inputs.items():
        np.testing.assert_array_equal(array, before[name])
        assert not np.shares_memory(result, array), name


def strided(array: np.ndarray) -> np.ndarray:
    wide = np.full([2 * size for size in array.shape], np.nan, array.dtype)
    view = wide[(..., *(slice(None, None, 2),) * array.ndim)]
    view[...] = array
    return view


def backwards(array: np.ndarray) -> np.ndarray:
    back = (..., *(slice(None, None, -1),) * array.ndim)
    return array[back].copy()[back]


def fortran(array: np.ndarray) -> np.ndarray:
    return np.array(array, order="F")  # np.asfortranarray makes a vector of a scalar


def read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


@each_call
def test_the_layout_in_memory_does_not_matter(call: Call):
    for memory in (strided, backwards, fortran, read_only):
        inputs = call.case.draw()
        with told(memory=memory.__name__):
            got = call(**{name: memory(array) for name, array in inputs.items()})
            # A last bit of the values counts 1/h times in a difference quotient.
            assert_close(got, call(**inputs), 1e-10 if call.case.first else 1e-14)


@each_call
def test_sizes_of_zero_and_one_work(call: Call):
    for sizes, dtype in itertools.product(call.case.small, TYPES):
        with told(sizes=sizes, dtype=dtype):
            assert call(**call.case.draw(dtype, **sizes)).dtype == dtype


@pytest.mark.parametrize("call", [call for call in CALLS if call.is_batched], ids=str)
def test_a_batch_is_its_rows(call: Call):
    inputs = call.case.draw()
    whole = call(**inputs)
    for row in np.ndindex(SIZES["..."]):
        alone = call(**{name: array[row] for name, array in inputs.items()})
        assert_close(alone, whole[row], 1e-14)


IN_BLOCKS = [
    import_module(f"numerics.{name}")
    for name in ("_correlation", "activations", "batch_norm", "layer_norm", "pooling")
]


@each_call
def test_the_size_of_blocks_does_not_matter(monkeypatch, call: Call):
    inputs = call.case.draw()
    whole = call(**inputs)
    for module in IN_BLOCKS:
        monkeypatch.setattr(module, "spans", lambda count, **_: spans(count, size=count, within=2))
    assert_close(call(**inputs), whole, 1e-10 if call.case.first else 1e-13)


@pytest.mark.parametrize("count", [0, 1, 2, 6, 7])
@pytest.mark.parametrize("within", [1, 8, 16, 17, 100])
def test_blocks_are_everything_once_and_as_large_as_they_may_be(count: int, within: int):
    found = list(spans(count, size=8 * count, within=within))
    assert [k for span in found for k in range(span.start, span.stop)] == list(range(count))
    assert all(span.stop - span.start == max(within // 8, 1) for span in found[:-1])
    assert all(0 < span.stop - span.start <= max(within // 8, 1) for span in found[-1:])
    assert list(spans(count, size=1, within=1)) == [slice(0, count)] * (count > 0)


def bound_axes(call: Call, argument: str) -> list[int]:
    """The axes of an argument that cannot be longer: others have them too, or lead to outputs."""
    others = {a for name, axes in call.case.axes.items() if name != argument for a in axes.split()}
    axes = call.case.axes[argument].split()
    is_output = others and argument in ("dy", "y")
    return [k - len(axes) for k, axis in enumerate(axes) if axis in others or is_output]


@each_call
def test_a_number_in_place_of_an_array_is_refused(call: Call):
    for argument, axes in call.case.axes.items():
        if not axes or call.case.is_free(argument):
            continue
        refusal = rf"^{argument}: got shape \(\), wanted \(.+\)"
        with told(argument=argument), pytest.raises(ValueError, match=refusal):
            call(**call.case.draw() | {argument: np.float64(1)})


@each_call
def test_a_size_that_differs_is_refused(call: Call):
    refusal = r"^\w+: got shape \(.+\), wanted \(.+\) with .+ = "
    inputs = call.case.draw()
    for argument in inputs:
        for axis in bound_axes(call, argument):
            longer = np.repeat(inputs[argument], 2, axis=axis)
            where = told(argument=argument, axis=axis)
            with where, pytest.raises(ValueError, match=refusal):
                call(**inputs | {argument: longer})


@each_call
def test_what_is_not_a_number_is_refused(call: Call):
    inputs = call.case.draw()
    for name in inputs:
        with pytest.raises(TypeError, match=f"^{name}: got .*, wanted numbers"):
            call(**inputs | {name: inputs[name].astype(str)})


# Those of PyTorch, by what they are of: a function, and its derivative with it.
DEFAULTS = {
    "alpha": {"elu": 1, "leaky_relu": 0.01, "momentum": 0.9, "nesterov": 0.9, "rmsprop": 0.99},
    "beta_1": {"": 0.9},
    "beta_2": {"": 0.999},
    "c": {"": np.sqrt(2 / np.pi)},
    "convention": {"": "pytorch"},
    "cost": {"": "cross_entropy"},
    "counted": {"": "all"},
    "dilation": {"": 1},
    "epsilon": {"": 1e-5, "adagrad": 1e-10, "adam": 1e-8, "rmsprop": 1e-8},
    "estimate": {"": "unbiased"},
    "eta": {"": 0.01, "adam": 0.001},
    "factor": {"": 2},
    "groups": {"": 1},
    "kernel": {"": 2},
    "loss": {"": "logistic"},
    "margin": {"": 1},
    "momentum": {"": 0.1},
    "output_padding": {"": 0},
    "padding": {"": 0},
    "reduction": {"": "none", "linear": "mean", "mean": "mean", "softmax_regression": "mean"},
    "sampling": {"": "with_replacement"},
    "singular": {"": "error"},
    "stride": {"": 1, "max_": None, "avg": None},
}


def default(name: str, keyword: str) -> object:
    """What a function takes for a keyword that is not given."""
    known = DEFAULTS[keyword]
    return known[max((start for start in known if name.startswith(start)), key=len)]


def left_out(call: Call) -> set[str]:
    """The keywords of a function that a call does not give."""
    known = inspect.signature(getattr(numerics, call.name)).parameters.values()
    usual = {each.name for each in known if each.default is not each.empty}
    return usual - {"b", "h", "out"} - set(call.keywords)


def test_every_keyword_is_left_out_once():
    every = {(call.name, keyword) for call in CALLS for keyword in left_out(call)}
    given = {(call.name, keyword) for call in CALLS for keyword in call.keywords}
    required = {
        (name, each.name)
        for name in numerics.__all__
        for each in inspect.signature(getattr(numerics, name)).parameters.values()
        if each.default is each.empty
    }
    assert given <= every | required


@each_call
def test_what_is_not_given_is_as_usual(call: Call):
    inputs = call.case.draw()
    found = call(**inputs)
    for keyword in left_out(call):
        with told(keyword=keyword):
            given = replace(call, keywords=call.keywords | {keyword: default(call.name, keyword)})
            np.testing.assert_array_equal(given(**inputs), found)


WHOLE = {
    "kernel",
    "stride",
    "padding",
    "output_padding",
    "dilation",
    "groups",
    "factor",
    "size",
    "t",
}
COUNTED = {
    f"{call.name}-{keyword}": (call, keyword)
    for call in reversed(CALLS)
    for keyword in sorted(WHOLE & set(inspect.signature(getattr(numerics, call.name)).parameters))
}


@pytest.mark.parametrize(("call", "keyword"), COUNTED.values(), ids=COUNTED)
def test_what_is_no_whole_number_is_refused(call: Call, keyword: str):
    inputs = call.case.draw()
    below = -1 if keyword in ("padding", "output_padding") else 0
    for wrong in (below, 1.5, "1", (1, below), (below, 1), (1, 1, 1)):
        given = replace(call, keywords=call.keywords | {keyword: wrong})
        with pytest.raises(ValueError, match=rf"^{keyword}: got {re.escape(repr(wrong))}, wanted"):
            given(**inputs)


@pytest.mark.parametrize(
    ("derivative", "primal", "argument"),
    [pytest.param(*row, id=str(row[0])) for row in derivatives()],
)
def test_a_derivative_is_that_of_its_primal(derivative: Call, primal: Call, argument: str):
    inputs = primal.case.draw()
    rng = np.random.default_rng(0)
    for _ in range(3):
        v = rng.choice([-1.0, 1.0], size=inputs[argument].shape)
        wanted = numerics.directional_difference(
            lambda x: primal(**inputs | {argument: x}), inputs[argument], v
        )
        assert_close(along(derivative, derivative(**inputs), v, wanted.ndim), wanted, 1e-9)


# Held to differences elsewhere: they have no primal of one argument here, or are differences.
OTHERS = {"batch_norm_jacobian", "bias_gradient", "weight_gradient"}
OTHERS |= {"residual_sum_of_squares_hessian", "complex_step_derivative"}
OTHERS |= {"finite_difference_jacobian"}


def test_every_derivative_is_held_to_its_primal():
    kinds = ("_gradient", "_gradients", "_jacobian", "_derivative", "_hessian")
    named = {str(call) for call in CALLS if call.name.endswith(kinds) and call.name not in OTHERS}
    assert named <= {str(derivative) for derivative, _, _ in derivatives()}


def along(derivative: Call, value: np.ndarray, v: np.ndarray, outputs: int) -> np.ndarray:
    """Return a derivative applied to the direction v, for a primal with so many output axes."""
    if derivative.name.endswith("_jacobian"):
        return (value * v[..., None, :]).sum(axis=-1)
    return (value * v).sum(axis=tuple(range(outputs, np.ndim(value))))


@pytest.mark.parametrize(
    ("backward", "layer", "argument"), [pytest.param(*row, id=str(row[0])) for row in layers()]
)
def test_a_backward_pass_is_the_gradient_of_its_layer(backward: Call, layer: Call, argument: str):
    inputs = layer.case.draw(**backward.case.sizes) | backward.case.draw()
    dy = inputs.pop("dy")
    v = np.random.default_rng(0).choice([-1.0, 1.0], size=inputs[argument].shape)

    def loss(values: np.ndarray) -> np.ndarray:
        given = {name: inputs[name] for name in layer.case.axes} | {argument: values}
        return (dy * layer(**given)).sum()

    given = {name: inputs[name] for name in backward.case.axes if name != "dy"}
    wanted = numerics.directional_difference(loss, inputs[argument], v)
    assert_close((backward(dy=dy, **given) * v).sum(), wanted, 1e-8)


# --------------------------------------------------------------------------------------------
# Documentation and signatures

each_function = pytest.mark.parametrize("name", numerics.__all__)


@each_function
def test_a_docstring_says_what_shapes_errors_and_whence_and_shows_an_example(name: str):
    said = inspect.getdoc(getattr(numerics, name))
    assert said.startswith("Return ") and said.split("\n\n")[0].endswith(".")
    for part in ("Shapes: ", "Errors: ", "Source: ", ">>> "):
        assert f"\n{part}" in said, part


@each_function
def test_a_docstring_names_every_parameter(name: str):
    function = getattr(numerics, name)
    said = inspect.getdoc(function)
    shapes = said.partition("\nShapes: ")[2].partition("\nErrors: ")[0]
    for parameter in inspect.signature(function).parameters.values():
        place = said if parameter.kind is parameter.KEYWORD_ONLY else shapes
        word = re.escape(parameter.name.rstrip("_"))
        assert re.search(rf"\b{word}\b", place), parameter.name


def is_array(parameter: inspect.Parameter) -> bool:
    alternatives = get_args(parameter.annotation)
    return all(kind in alternatives for kind in get_args(npt.ArrayLike))


@each_function
def test_arrays_are_positional_and_conventions_have_names(name: str):
    for parameter in inspect.signature(getattr(numerics, name)).parameters.values():
        named = parameter.kind is parameter.KEYWORD_ONLY
        # The function that is differenced, and how far apart its values are taken.
        assert parameter.name in ("f", "h") or is_array(parameter) is not named, parameter.name


SAME = {
    "eta": {"learning_rate", "lr", "step_size"},
    "epsilon": {"eps"},
    "lambda_": {"weight_decay", "penalty", "l2"},
    "reduction": {"size_average", "mean"},
    "kernel": {"kernel_size"},
}


def test_one_thing_has_one_name():
    signatures = [inspect.signature(getattr(numerics, name)) for name in numerics.__all__]
    used = {p.name for s in signatures for p in s.parameters.values() if p.kind is p.KEYWORD_ONLY}
    assert not used & set().union(*SAME.values())
    assert set(SAME) <= used
