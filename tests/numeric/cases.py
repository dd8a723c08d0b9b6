"""What each public function of `numerics` is called with in the tests: one row of CASES a function.

Every size is a different number, so that a transpose cannot hide.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from zlib import crc32

import numpy as np

import numerics
from tests.numeric.draws import BATCHES, Maker, mask, normal, positive, simplex
from tests.numeric.layers import LAYERS
from tests.numeric.training import TRAINING

SIZES = {"n": 7, "p": 3, "K": 5, "...": (2, 4)}
SIZES |= {"N": 2, "D": 5, "C": 3, "F": 4, "H": 9, "W": 8, "R": 5, "S": 6, "T": 7, "P": 4}


def shape(axes: str, sizes: dict[str, Any]) -> tuple[int, ...]:
    """Return the shape of axes such as "... K", where `...` stands for a whole shape.

    >>> shape("... K", SIZES)
    (2, 4, 5)
    """
    parts = [sizes[axis] for axis in axes.split()]
    return tuple(size for part in parts for size in (part if isinstance(part, tuple) else [part]))


@dataclass(frozen=True)
class Case:
    """The axes of each argument, how to draw it, and which keywords and small sizes to try.

    A function of several results has one case, with the fields of its result as parts.
    """

    axes: dict[str, str]
    make: dict[str, Maker] = field(default_factory=dict)
    keywords: tuple[dict[str, Any], ...] = ({},)
    small: tuple[dict[str, Any], ...] = ()
    first: Callable | None = None  # a function that comes before the arrays
    parts: tuple[str, ...] = ("",)
    whole: bool = False  # the entries of an array of any shape are not computed row by row
    sizes: dict[str, Any] = field(default_factory=dict)  # others than SIZES, where they depend

    def draw(self, dtype: type = np.float64, **sizes: Any) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(crc32(repr(self.axes).encode()))
        return {
            name: self.make.get(name, normal)(rng, shape(axes, SIZES | self.sizes | sizes)).astype(
                dtype
            )
            for name, axes in self.axes.items()
        }

    def is_free(self, argument: str) -> bool:
        """Whether the argument may have any shape: it comes first and its axes are `...` alone."""
        return argument == next(iter(self.axes)) and self.axes[argument] == "..."


@dataclass(frozen=True)
class Call:
    """One public function with its keywords fixed, and the case that says what to give it."""

    name: str
    keywords: dict[str, Any]
    case: Case
    part: str = ""

    def __call__(self, **inputs: Any) -> np.ndarray:
        function = partial(getattr(numerics, self.name), **self.keywords)
        result = function(self.case.first, **inputs) if self.case.first else function(**inputs)
        return getattr(result, self.part) if self.part else result

    def __str__(self) -> str:
        name = f"{self.name}.{self.part}" if self.part else self.name
        return "-".join([name, *map(str, self.keywords.values())])

    @property
    def is_batched(self) -> bool:
        """Whether a batch is computed row by row."""
        batched = all("..." in axes for axes in self.case.axes.values())
        reduced = self.keywords.get("reduction", "none") != "none"
        return batched and not reduced and not self.case.first and not self.case.whole


REGRESSION = Case(
    {"X": "n p", "y": "n", "beta": "p"}, small=({"n": 0}, {"p": 0}, {"n": 1}, {"p": 1})
)
PENALISED = replace(REGRESSION, keywords=({"lambda_": 0.5},))
AFFINE = Case(
    {"X": "n p", "y": "n", "beta": "p", "beta_0": ""},
    keywords=({}, {"reduction": "mean"}, {"reduction": "sum"}),
    small=REGRESSION.small,
)
ROWS = Case({"z": "... K"}, small=(*BATCHES, {"K": 0}, {"K": 1}))
CROSS_ENTROPY = Case(
    {"z": "... K", "y": "... K"},
    make={"y": simplex},
    keywords=({}, {"reduction": "none"}, {"reduction": "mean"}, {"reduction": "sum"}),
    small=ROWS.small,
)
ELEMENTWISE = Case({"x": "..."}, small=BATCHES)
WEIGHTS = Case({"G": "n K"}, small=({"n": 0}, {"K": 0}, {"n": 1, "K": 1}))
MASKED = Case(
    {"x": "...", "m": "..."}, make={"m": mask}, keywords=({"q": 0.75}, {"q": 1}), small=BATCHES
)
SLOPED = Case({"x": "..."}, keywords=({}, {"alpha": 0.3}), small=BATCHES)
ENTROPY = Case({"p": "... K", "q": "... K"}, make={"p": simplex, "q": simplex}, small=ROWS.small)
SCORED = Case(
    {"X": "n p", "W": "p K", "b": "K", "y": "n K"},
    make={"y": simplex},
    keywords=({}, {"reduction": "mean"}, {"reduction": "sum"}),
    small=({"n": 0}, {"n": 1}, {"p": 0}, {"K": 1}),
)
NEURON = Case({"x": "... p", "w": "p", "b": ""}, small=({"...": ()}, {"...": (0,)}, {"p": 0}))
MAXOUT = Case({"x": "... p", "W": "K p", "b": "K"}, small=({"...": (0,)}, {"K": 1}, {"p": 0}))
ALONG = Case({"x": "...", "direction": "..."}, small=BATCHES, first=np.sin)

FEATURES = {"x": "N D", "gamma": "D", "beta": "D"}
IMAGES = {"x": "N C H W", "gamma": "C", "beta": "C"}
NORMALISED = ("dx", "dgamma", "dbeta")
BATCH = ({"N": 0}, {"N": 1}, {"D": 0})
PICTURES = ({"N": 0}, {"C": 0}, {"H": 0}, {"N": 1, "H": 1, "W": 1})

CASES = {
    "affine_prediction": Case(
        {"X": "n p", "beta": "p", "beta_0": ""}, small=({"n": 0}, {"p": 0}, {"n": 1, "p": 1})
    ),
    "batch_norm": Case(FEATURES, small=BATCH),
    "batch_norm2d": Case(IMAGES, small=PICTURES),
    "batch_norm2d_backward": Case(
        {"dy": "N C H W", "x": "N C H W", "gamma": "C"}, parts=NORMALISED, small=PICTURES
    ),
    "batch_norm_backward": Case(
        {"dy": "N D", "x": "N D", "gamma": "D"}, parts=NORMALISED, small=BATCH
    ),
    "batch_norm_inference": Case(
        {**FEATURES, "mean": "D", "variance": "D"}, make={"variance": positive}, small=BATCH
    ),
    "batch_norm_jacobian": Case({"x": "n"}, small=({"n": 0}, {"n": 1})),
    "complex_step_derivative": ALONG,
    "directional_difference": ALONG,
    "finite_difference_jacobian": Case({"x": "..."}, small=BATCHES, first=np.sin),
    "hat_matrix": Case({"X": "n p"}, small=({"p": 0}, {"n": 0, "p": 0}, {"n": 1, "p": 1})),
    "least_squares": (
        Case({"X": "n p", "y": "n"}, small=({"p": 0}, {"n": 0, "p": 0}, {"n": 1, "p": 1})),
        Case({"X": "n p", "y": "n"}, keywords=({"singular": "minimum_norm"},), small=({"n": 2},)),
    ),
    "l1_penalty": Case({"w": "..."}, small=BATCHES, whole=True),
    "l1_penalty_gradient": Case({"w": "..."}, small=BATCHES),
    "l2_penalty": Case({"W": "..."}, small=BATCHES, whole=True),
    "l2_penalty_gradient": Case({"W": "..."}, small=BATCHES),
    "log_softmax": ROWS,
    "logsumexp": ROWS,
    "logsumexp_gradient": ROWS,
    "cross_entropy": ENTROPY,
    "kullback_leibler_divergence": ENTROPY,
    "softmax_regression": SCORED,
    "softmax_regression_gradient": replace(SCORED, parts=("dW", "db")),
    "mean_squared_error": AFFINE,
    "mean_squared_error_gradient": replace(AFFINE, parts=("dbeta", "dbeta_0")),
    "normal_equations": REGRESSION,
    "residual_sum_of_squares": REGRESSION,
    "residual_sum_of_squares_hessian": Case({"X": "n p"}, small=({"n": 0}, {"p": 0}, {"n": 1})),
    "ridge": Case(
        {"X": "n p", "y": "n"}, keywords=({"lambda_": 0.5},), small=(*REGRESSION.small, {"n": 2})
    ),
    "ridge_gradient": PENALISED,
    "ridge_loss": PENALISED,
    "sigmoid": ELEMENTWISE,
    "sigmoid_derivative": ELEMENTWISE,
    "softplus": ELEMENTWISE,
    "softplus_derivative": ELEMENTWISE,
    "tanh": ELEMENTWISE,
    "tanh_derivative": ELEMENTWISE,
    "relu": ELEMENTWISE,
    "relu_derivative": ELEMENTWISE,
    "leaky_relu": SLOPED,
    "leaky_relu_derivative": SLOPED,
    "dropout": MASKED,
    "dropout_backward": replace(MASKED, axes={"dy": "...", "m": "..."}),
    "elu": SLOPED,
    "elu_derivative": SLOPED,
    "silu": ELEMENTWISE,
    "silu_derivative": ELEMENTWISE,
    "sigmoid_neuron": NEURON,
    "sigmoid_neuron_gradient": NEURON,
    "relu_neuron": NEURON,
    "relu_neuron_gradient": NEURON,
    "maxout": MAXOUT,
    "maxout_gradient": replace(MAXOUT, parts=("dW", "db")),
    "running_average": Case(
        {"batches": "T", "start": ""}, keywords=({}, {"momentum": 0.3}), small=({"T": 0}, {"T": 1})
    ),
    "running_statistics": Case(
        {"x": "N D", "mean": "D", "variance": "D"},
        keywords=({"momentum": 0.3}, {"estimate": "biased"}),
        parts=("mean", "variance"),
        make={"variance": positive},
        small=({"N": 2}, {"D": 0}),
    ),
    "soft_threshold": Case(
        {"z": "..."}, keywords=({"threshold": 0.5}, {"threshold": 0}), small=BATCHES
    ),
    "softmax": ROWS,
    "softmax_cross_entropy": CROSS_ENTROPY,
    "softmax_cross_entropy_gradient": CROSS_ENTROPY,
    "softmax_jacobian": ROWS,
    "he_scaled": WEIGHTS,
    "xavier_scaled": WEIGHTS,
    "weight_decay_step": Case(
        {"w": "...", "g": "..."},
        keywords=({"eta": 0.1, "lambda_": 0.5},),
        small=BATCHES,
    ),
}

CASES |= {
    name: tuple(Case(**each) for each in row) if isinstance(row, tuple) else Case(**row)
    for name, row in (LAYERS | TRAINING).items()
}
CALLS = [
    Call(name, keywords, case, part)
    for name, given in CASES.items()
    for case in (given if isinstance(given, tuple) else (given,))
    for keywords in case.keywords
    for part in case.parts
]

# The primal and its argument, where the name of the derivative does not say them.
DERIVATIVE_OF = {
    "normal_equations": ("residual_sum_of_squares", "beta"),
    "ridge_gradient": ("ridge_loss", "beta"),
}
DERIVATIVE_OF |= {"output_error": ("output_cost", "z")}
DERIVATIVE_OF |= {f"mlp_gradients.d{name}": ("mlp_cost", name) for name in ("W1", "b1", "W2", "b2")}
DERIVATIVE_OF |= {
    f"{kind}_neuron_gradient": (f"{kind}_neuron", "w") for kind in ("sigmoid", "relu")
}


def derivatives() -> Iterator[tuple[Call, Call, str]]:
    """Yield each derivative with its primal and the argument, which by default is the first."""
    for call in CALLS:
        primal, _, kind = call.name.rpartition("_")
        argument = call.part[1:] or next(iter(call.case.axes))
        if (name := f"{call.name}.{call.part}".rstrip(".")) in DERIVATIVE_OF:
            primal, argument = DERIVATIVE_OF[name]
        elif kind not in ("gradient", "jacobian", "derivative") or call.case.first:
            continue
        if primal in CASES and set(CASES[primal].axes) <= set(call.case.axes):
            yield call, Call(primal, call.keywords, CASES[primal]), argument


def layers() -> Iterator[tuple[Call, Call, str]]:
    """Yield each part of the backward pass of a layer, with the layer and the argument.

    A part is called after its argument, `dx` after `x`; the only one of a layer is for its first
    argument.
    """
    for call in CALLS:
        layer, _, kind = call.name.rpartition("_")
        if kind == "backward":
            forward = CASES[layer][0] if isinstance(CASES[layer], tuple) else CASES[layer]
            argument = call.part[1:] or next(iter(forward.axes))
            yield call, Call(layer, call.keywords, forward), argument
