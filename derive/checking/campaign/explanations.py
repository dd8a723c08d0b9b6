"""Explanations: what a diagnosis says of one output."""

from __future__ import annotations

from dataclasses import dataclass

from derive.terms.arrays import Array

ORDINARY = "sizes all different"  # the regime in which nothing is out of the ordinary


@dataclass(frozen=True)
class Explanation:
    """What explains a result, on how many draws, and what shows where it comes from."""

    words: str
    agrees: int = 0
    draws: int = 0
    source: str = ""
    convention: str = ""  # the option that selects what the code computes
    array: Array | None = None  # the variant that the code computes
