"""Figures with their targets, as a plain table or as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Literal


class NotMeasured(Exception):
    """A section that cannot be measured here; the message says why."""


def one_thread_of_torch() -> None:
    """Let PyTorch compute on one thread.

    Raises:
        NotMeasured: where it is not installed.
    """
    if find_spec("torch") is None:
        raise NotMeasured("PyTorch is not installed")
    import torch

    torch.set_num_threads(1)


@dataclass(frozen=True)
class Figure:
    """A ratio that was measured, and what it should be."""

    name: str
    value: float
    target: float
    wanted: Literal["at most", "at least"] = "at most"

    @property
    def outcome(self) -> str:
        """Whether the target is met.

        >>> Figure("start", 3.0, 5.0).outcome, Figure("speed", 3.0, 5.0, "at least").outcome
        ('ok', 'missed')
        """
        met = self.value <= self.target if self.wanted == "at most" else self.value >= self.target
        return "ok" if met else "missed"


@dataclass(frozen=True)
class Section:
    """A group of measurements: rows in milliseconds and ratios, and the figures that count."""

    title: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[float, ...]]
    figures: tuple[Figure, ...]
    conditions: str = field(default="")

    def to_dict(self) -> dict[str, object]:
        """The section as JSON has it."""
        figures = [asdict(figure) | {"outcome": figure.outcome} for figure in self.figures]
        rows = [
            {"name": name, **dict(zip(self.columns, row, strict=True))}
            for name, row in self.rows.items()
        ]
        return {
            "title": self.title,
            "conditions": self.conditions,
            "rows": rows,
            "figures": figures,
        }


def page(section: Section) -> str:
    """The section as lines of text."""
    lines = [section.title, *([section.conditions] if section.conditions else []), ""]
    lines += table(("", *section.columns), _texts(section.rows))
    lines.append("")
    figures = [
        (
            figure.name,
            number(figure.value),
            f"{figure.wanted} {number(figure.target)}",
            figure.outcome,
        )
        for figure in section.figures
    ]
    return "\n".join([*lines, *table(("", "ratio", "target", ""), figures)])


def _texts(rows: dict[str, tuple[float, ...]]) -> list[tuple[str, ...]]:
    return [(name, *map(number, values)) for name, values in rows.items()]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Columns under a header: the first to the left, the others to the right.

    >>> table(("", "ms"), [("softmax", "1.5")])
    ['          ms', 'softmax  1.5']
    """
    everything = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*everything, strict=True)]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in everything
    ]


def number(value: float) -> str:
    """Three digits, without an exponent.

    >>> number(0.0123456), number(12.3456), number(1234.5)
    ('0.0123', '12.3', '1234')
    """
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    zeros = 0 if whole or not value else -int(f"{value:e}".partition("e")[2]) - 1
    return f"{value:.{max(0, 3 - whole + zeros)}f}"
