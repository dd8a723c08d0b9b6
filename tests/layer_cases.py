"""What the layers of `numerics` are called with: rows of `numeric_cases.CASES`, as plain data."""

from typing import Any

LAYER = ({"N": 0}, {"N": 1, "P": 1, "R": 1}, {"P": 0}, {"R": 0})
OUTPUT = {"axes": {"z": "N K", "y": "N K"}, "small": ({"N": 0}, {"K": 0}, {"N": 1, "K": 1})}
COSTS = ({}, {"cost": "quadratic"}, {"cost": "cross_entropy"})
NET = {
    "axes": {"x": "N P", "y": "N K", "W1": "P H", "b1": "H", "W2": "H K", "b2": "K"},
    "keywords": COSTS,
    "small": ({"N": 0}, {"H": 0}, {"N": 1, "P": 1, "H": 1, "K": 1}),
}
GATES = ({"...": (0,)}, {"...": (3, 0)}, {"...": (1,)}, {"...": ()})
GATE = {"axes": {"a": "...", "b": "..."}, "small": GATES}
GATE_BACKWARD = {
    "axes": {"dy": "...", "a": "...", "b": "..."},
    "parts": ("da", "db"),
    "small": GATES,
}

LAYERS: dict[str, dict[str, Any]] = {
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
    "weight_gradient": {"axes": {"dz": "N R", "a": "N P"}, "small": LAYER},
}
