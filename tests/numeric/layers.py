"""What the layers of `numerics` are called with: rows of `cases.CASES`, as plain data."""

from typing import Any

from tests.numeric.draws import BATCHES, one_hot, signs

LAYER = ({"N": 0}, {"N": 1, "P": 1, "R": 1}, {"P": 0}, {"R": 0})
OUTPUT = {"axes": {"z": "N K", "y": "N K"}, "small": ({"N": 0}, {"K": 0}, {"N": 1, "K": 1})}
COSTS = ({}, {"cost": "quadratic"}, {"cost": "cross_entropy"})
NET = {
    "axes": {"x": "N P", "y": "N K", "W1": "P H", "b1": "H", "W2": "H K", "b2": "K"},
    "keywords": COSTS,
    "small": ({"N": 0}, {"H": 0}, {"N": 1, "P": 1, "H": 1, "K": 1}),
}
GATE = {"axes": {"a": "...", "b": "..."}, "small": BATCHES}
GATE_BACKWARD = {
    "axes": {"dy": "...", "a": "...", "b": "..."},
    "parts": ("da", "db"),
    "small": BATCHES,
}

# Convolutions: the keywords with the sizes of the output that they lead to.
MOVES: tuple[tuple[dict[str, Any], dict[str, int]], ...] = (
    ({}, {"U": 5, "V": 3}),
    ({"stride": 2, "padding": 1}, {"U": 4, "V": 3}),
    ({"stride": (3, 2), "padding": (0, 2), "dilation": (2, 1)}, {"U": 1, "V": 4}),
    # A kernel of one place, and more padding than the kernel reaches over, unlike along both axes.
    ({"stride": (2, 3), "padding": (1, 2)}, {"R": 1, "S": 1, "U": 6, "V": 4}),
    ({"padding": (2, 4)}, {"R": 2, "S": 3, "U": 12, "V": 14}),
    ({"stride": 7, "padding": 8}, {"U": 3, "V": 3}),
)
SPREADS: tuple[tuple[dict[str, Any], dict[str, int]], ...] = (
    ({}, {"U": 4, "V": 2, "H": 8, "W": 7}),
    ({"stride": 2, "padding": 1, "output_padding": 1}, {"U": 4, "V": 2, "H": 10, "W": 7}),
    # More outputs than reach over the inputs: those that are left over are of no input.
    (
        {"stride": (2, 1), "dilation": (3, 2), "output_padding": (2, 1)},
        {"R": 1, "S": 1, "U": 4, "V": 2, "H": 9, "W": 3},
    ),
    ({"stride": (1, 3), "dilation": (2, 1)}, {"U": 4, "V": 2, "H": 12, "W": 9}),
)
IN_GROUPS = {"C": 6, "G": 3, "F": 4}
NO_IMAGE = ({"N": 0}, {"C": 0}, {"F": 0})
CONVOLVED = {"x": "N C H W", "w": "F C R S"}
SPREAD = {"x": "N F U V", "w": "F C R S"}
GRADIENTS = ("dx", "dw", "db")


def moved(axes: dict[str, str], moves: Any = MOVES, **more: Any) -> tuple[dict[str, Any], ...]:
    """One row for each way of moving; the last once more in two groups."""
    rows = [
        {"axes": axes, "keywords": (keywords,), "sizes": sizes, "small": NO_IMAGE, **more}
        for keywords, sizes in moves
    ]
    keywords, sizes = moves[-1]
    grouped = {**axes, "w": "F G R S"}
    both = {"axes": grouped, "keywords": ({**keywords, "groups": 2},), "small": ({"N": 0},)}
    return (*rows, {**both, "sizes": sizes | IN_GROUPS, **more})


def along(axes: dict[str, str], **more: Any) -> tuple[dict[str, Any], ...]:
    """Signals, by what happens to the rows of images."""
    moves = [(k, v) for k, v in MOVES if not any(isinstance(v, tuple) for v in k.values())]
    return tuple(
        {"axes": axes, "keywords": (keywords,), "sizes": sizes, "small": NO_IMAGE, **more}
        for keywords, sizes in moves
    )


# Pooling likewise.
POOLS: tuple[tuple[dict[str, Any], dict[str, int]], ...] = (
    ({}, {"U": 4, "V": 4}),
    ({"kernel": 3, "stride": 2, "padding": 1}, {"U": 5, "V": 4}),
    ({"kernel": (2, 3), "stride": (5, 1), "padding": (0, 2)}, {"U": 2, "V": 10}),
)
GAPS: tuple[tuple[dict[str, Any], dict[str, int]], ...] = (
    ({"kernel": (3, 2), "stride": 2, "padding": 1, "dilation": (2, 3)}, {"U": 4, "V": 4}),
    # The first row of every window is padding.
    (
        {"kernel": (3, 2), "stride": (2, 3), "padding": (4, 1), "dilation": (7, 2)},
        {"U": 2, "V": 3},
    ),
)
APART = (POOLS[0], ({"kernel": (2, 3), "stride": (5, 3)}, {"U": 2, "V": 2}))


def pooled(axes: dict[str, str], pools: Any, **more: Any) -> tuple[dict[str, Any], ...]:
    """One row for each way of pooling, with other keywords of its own."""
    return tuple(
        {
            "axes": axes,
            "keywords": tuple({**keywords, **each} for each in more.get("conventions", ({},))),
            "sizes": sizes,
            "small": ({"N": 0}, {"C": 0}, {"N": 1, "C": 1}),
        }
        for keywords, sizes in pools
    )


COUNTED = ({}, {"counted": "inside"})
SQUARES = ({"N": 0}, {"C": 0}, {"H": 0}, {"W": 0})
POOLED = {"dy": "N C U V", "x": "N C H W"}

REDUCED = ({}, {"reduction": "none"}, {"reduction": "mean"}, {"reduction": "sum"})
TOTAL = ({}, {"reduction": "mean"}, {"reduction": "sum"})
LABELLED = {
    "axes": {"z": "...", "y": "..."},
    "make": {"y": signs},
    "keywords": REDUCED,
    "small": BATCHES,
}
CLASSES = {
    "axes": {"z": "... K", "y": "... K"},
    "make": {"y": one_hot},
    "keywords": (*REDUCED, {"margin": 0.5, "reduction": "mean"}),
    "small": (*BATCHES, {"K": 0}, {"K": 1}),
}
LINEAR = {
    "axes": {"x": "N P", "w": "P", "b": "", "y": "N"},
    "make": {"y": signs},
    "keywords": TOTAL,
    "small": ({"P": 0}, {"N": 1, "P": 1}),
}
LINEAR_CLASSES = {
    "axes": {"x": "N P", "W": "P K", "b": "K", "y": "N K"},
    "make": {"y": one_hot},
    "keywords": (*TOTAL, {"margin": 0.5}),
    "small": ({"P": 0}, {"N": 1, "P": 1, "K": 1}),
}

ROWS = ({"...": (0,)}, {"...": ()}, {"D": 0}, {"D": 1})
NORMED = {"x": "... D", "gamma": "D"}

LAYERS: dict[str, dict[str, Any] | tuple[dict[str, Any], ...]] = {
    "convolution": {"axes": {"x": "n", "w": "K"}, "small": ({"n": 1}, {"K": 1})},
    "layer_norm": {"axes": {**NORMED, "beta": "D"}, "small": ROWS},
    "layer_norm_backward": {
        "axes": {"dy": "... D", **NORMED},
        "parts": ("dx", "dgamma", "dbeta"),
        "small": ROWS,
    },
    "rms_norm": {"axes": NORMED, "small": ROWS},
    "rms_norm_backward": {
        "axes": {"dy": "... D", **NORMED},
        "parts": ("dx", "dgamma"),
        "small": ROWS,
    },
    "hinge": LABELLED,
    "hinge_gradient": LABELLED,
    "linear_hinge": LINEAR,
    "linear_hinge_gradient": {**LINEAR, "parts": ("dw", "db")},
    "linear_multiclass_hinge": LINEAR_CLASSES,
    "linear_multiclass_hinge_gradient": {**LINEAR_CLASSES, "parts": ("dW", "db")},
    "multiclass_hinge": CLASSES,
    "multiclass_hinge_gradient": CLASSES,
    "squared_hinge": LABELLED,
    "squared_hinge_gradient": LABELLED,
    "avg_pool2d": pooled({"x": "N C H W"}, POOLS, conventions=COUNTED),
    "avg_pool2d_backward": pooled(POOLED, POOLS, conventions=COUNTED),
    "max_pool2d": pooled({"x": "N C H W"}, (*POOLS, *GAPS)),
    "max_pool2d_backward": pooled(POOLED, (*POOLS, *GAPS)),
    "max_unpool2d": pooled({"y": "N C U V", "x": "N C H W"}, APART),
    "max_unpool2d_backward": pooled({"dy": "N C H W", "x": "N C H W"}, APART),
    "upsample2d": {"axes": {"x": "N C H W"}, "keywords": ({}, {"factor": 3}), "small": SQUARES},
    "upsample2d_backward": tuple(
        {
            "axes": {"dy": "N C U V"},
            "keywords": (keywords,),
            "sizes": {"U": 9 * factor, "V": 8 * factor},
            "small": ({"N": 0}, {"C": 0}, {"U": 0}, {"V": 0}),
        }
        for keywords, factor in (({}, 2), ({"factor": 3}, 3))
    ),
    "conv1d": along({"x": "N C H", "w": "F C R", "b": "F"}),
    "conv1d_backward": along({"dy": "N F U", "x": "N C H", "w": "F C R"}, parts=GRADIENTS),
    "conv2d": moved({**CONVOLVED, "b": "F"}),
    "conv2d_backward": moved({"dy": "N F U V", **CONVOLVED}, parts=GRADIENTS),
    "conv2d_transpose": moved({**SPREAD, "b": "C"}, SPREADS),
    "conv2d_transpose_backward": moved({"dy": "N C H W", **SPREAD}, SPREADS, parts=GRADIENTS),
    "add_gate": GATE,
    "add_gate_backward": GATE_BACKWARD,
    "bias_gradient": {"axes": {"dz": "N R"}, "small": ({"N": 0}, {"R": 0})},
    "dense": {"axes": {"x": "N P", "W": "P R", "b": "R"}, "small": LAYER},
    "dense_backward": {
        "axes": {"dy": "N R", "x": "N P", "W": "P R"},
        "parts": ("dx", "dW", "db"),
        "small": LAYER,
    },
    "hidden_error": {"axes": {"dz": "N R", "z": "N P", "W": "P R"}, "small": LAYER},
    "hidden_layer": {"axes": {"z": "N P", "W": "P R", "b": "R"}, "small": LAYER},
    "linear": {"axes": {"x": "N P", "W": "R P", "b": "R"}, "small": LAYER},
    "linear_backward": {
        "axes": {"dy": "N R", "x": "N P", "W": "R P"},
        "parts": ("dx", "dW", "db"),
        "small": LAYER,
    },
    "max_gate": GATE,
    "max_gate_backward": GATE_BACKWARD,
    "mlp": {
        "axes": {name: axes for name, axes in NET["axes"].items() if name != "y"},
        "small": NET["small"],
    },
    "mlp_cost": NET,
    "mlp_gradients": {**NET, "parts": ("dW1", "db1", "dW2", "db2")},
    "multiply_gate": GATE,
    "multiply_gate_backward": GATE_BACKWARD,
    "output_cost": {**OUTPUT, "keywords": COSTS},
    "output_error": {**OUTPUT, "keywords": COSTS},
    "weight_gradient": {"axes": {"dz": "N R", "x": "N P"}, "small": LAYER},
}
