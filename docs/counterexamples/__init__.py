"""What is wrong in the notes, in numbers that are computed when the page is written.

A counterexample is a function named as its erratum. It computes what the notes say and what is so,
and returns a sentence with both and whether they differ.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

Finding = tuple[str, bool]
TOPICS = ("statistics", "training", "layers")


def counterexamples(topic: str) -> dict[str, Callable[[], Finding]]:
    """The functions of a topic, by the names of their errata."""
    module = import_module(f"docs.counterexamples.{topic}")
    return {
        name.replace("_", "-"): function
        for name, function in vars(module).items()
        if getattr(function, "__module__", "") == module.__name__ and name[0] != "_"
    }


def said(values: Any) -> str:
    """Numbers in at most four digits, an array as nested brackets.

    >>> said(0.25), said([1, 2 / 3])
    ('0.25', '(1, 0.6667)')
    """
    if np.ndim(values):
        return f"({', '.join(map(said, values))})"
    value = float(values) + 0.0  # no negative zero
    return f"{value:.0f}" if value % 1 == 0 and abs(value) < 1e9 else f"{value:.4g}"
