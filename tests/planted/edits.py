"""What an unsound edit is, and the table of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Edit:
    """A text of one module of `derive` and what stands there instead."""

    place: str  # the module below `derive`: "proof.signs"
    text: str
    instead: str
    why: str  # what becomes provable, or is derived, that is not so

    @property
    def module(self) -> str:
        """The name under which the module is imported."""
        return f"derive.{self.place}"

    @property
    def path(self) -> Path:
        """The file of the module."""
        return ROOT.joinpath(*self.module.split(".")).with_suffix(".py")

    def applied(self, source: str) -> str:
        """The source with the edit in it.

        Raises:
            ValueError: unless the text occurs exactly once.
        """
        if source.count(self.text) != 1:
            raise ValueError(f"{self.module} has {source.count(self.text)} times: {self.text}")
        return source.replace(self.text, self.instead)


def table() -> dict[str, Edit]:
    """All edits by name."""
    from tests.planted import in_evaluator, in_normal_form, in_prover, in_rewriting

    parts = (in_normal_form, in_prover, in_evaluator, in_rewriting)
    return {name: edit for part in parts for name, edit in part.EDITS.items()}
