"""What the losses and optimisers of `numerics` are called with: rows of `cases.CASES`."""

from typing import Any

from tests.numeric.draws import BATCHES, one_hot, positive, signs, squares

SAMPLE = {"N": 7, "n": 3}
CONVENTIONS = ({"eta": 0.1, "convention": "pytorch"}, {"eta": 0.1, "convention": "notes"})
MEMORIES = (*CONVENTIONS, {"eta": 0.1, "convention": "velocity"})


LOSSES = ("squared", "logistic", "exponential")
SCORES = {
    "axes": {"X": "N p", "w": "p", "b": "", "y": "N"},
    "make": {"y": signs},
    "keywords": ({}, *({"loss": loss} for loss in LOSSES)),
    "small": ({"N": 1}, {"p": 0}, {"p": 1}),
    "sizes": {"N": 7},
}

TRAINING: dict[str, dict[str, Any] | tuple[dict[str, Any], ...]] = {
    "gradient_descent_step": {
        "axes": {"w": "...", "g": "..."},
        "keywords": ({"eta": 0.1},),
        "small": BATCHES,
    },
    "minibatch_step": {
        "axes": {"w": "n", "G": "N n"},
        "keywords": ({"eta": 0.1},),
        "small": ({"N": 1}, {"n": 0}, {"n": 1}),
        "sizes": SAMPLE,
    },
    "gradient_covariance": {
        "axes": {"G": "N n"},
        "small": ({"N": 1}, {"n": 0}, {"n": 1}),
        "sizes": SAMPLE,
    },
    "minibatch_covariance": (
        {
            "axes": {"G": "N n"},
            "keywords": (
                {"size": 4},
                {"size": 4, "sampling": "with_replacement"},
                {"size": 4, "sampling": "without_replacement"},
            ),
            "small": ({"N": 4}, {"n": 0}, {"n": 1}),
            "sizes": SAMPLE,
        },
        {
            "axes": {"G": "N n"},
            "keywords": ({"size": 1, "sampling": "without_replacement"},),
            "small": ({"N": 1}, {"N": 1, "n": 1}),
            "sizes": SAMPLE,
        },
    ),
    "momentum_step": {
        "axes": {"w": "...", "h": "...", "g": "..."},
        "keywords": ({"eta": 0.1}, *MEMORIES),
        "parts": ("w", "h"),
        "small": BATCHES,
    },
    "nesterov_step": {
        "axes": {"w": "...", "h": "...", "g": "..."},
        "keywords": ({"eta": 0.1}, *MEMORIES),
        "parts": ("w", "h"),
        "small": BATCHES,
    },
    "adagrad_step": {
        "axes": {"w": "...", "G": "...", "g": "..."},
        "make": {"G": squares},
        "keywords": ({}, *CONVENTIONS),
        "parts": ("w", "G"),
        "small": BATCHES,
    },
    "rmsprop_step": {
        "axes": {"w": "...", "v": "...", "g": "..."},
        "make": {"v": squares},
        "keywords": ({}, *CONVENTIONS),
        "parts": ("w", "v"),
        "small": BATCHES,
    },
    "adam_step": {
        "axes": {"w": "...", "m": "...", "v": "...", "g": "..."},
        "make": {"v": squares},
        "keywords": ({"t": 1}, *({"t": 3, **convention} for convention in CONVENTIONS)),
        "parts": ("w", "m", "v"),
        "small": BATCHES,
    },
    **{
        name: {"axes": {"s": "...", "y": "..."}, "make": {"y": signs}, "small": BATCHES}
        for kind in LOSSES
        for name in (f"{kind}_loss", f"{kind}_loss_gradient")
    },
    "linear_classification_loss": SCORES,
    "linear_classification_loss_gradient": {**SCORES, "parts": ("dw", "db")},
    "accuracy": {
        "axes": {"z": "N K", "y": "N K"},
        "make": {"y": one_hot},
        "small": ({"N": 1}, {"K": 1}),
    },
    **{
        f"{kind}_difference_step": {
            "axes": {"M": "...", "epsilon": "..."},
            "make": {"M": positive, "epsilon": positive},
            "small": BATCHES,
        }
        for kind in ("forward", "centred")
    },
    **{
        name: {"axes": {"x": "..."}, "keywords": ({}, {"c": 0.5}), "small": BATCHES}
        for name in ("gelu", "gelu_derivative")
    },
}
