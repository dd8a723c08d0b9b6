"""What the losses and optimisers of `numerics` are called with: rows of `numeric_cases.CASES`."""

from typing import Any

BATCHES = ({"...": (0,)}, {"...": (3, 0)}, {"...": (1,)}, {"...": ()})
SAMPLE = {"N": 7, "n": 3}

TRAINING: dict[str, dict[str, Any]] = {
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
    "minibatch_covariance": {
        "axes": {"G": "N n"},
        "keywords": (
            {"size": 4},
            {"size": 4, "sampling": "with_replacement"},
            {"size": 4, "sampling": "without_replacement"},
        ),
        "small": ({"N": 4}, {"n": 0}, {"n": 1}),
        "sizes": SAMPLE,
    },
}
