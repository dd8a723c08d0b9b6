"""The tokens of a formula in LaTeX, for the reader in the tests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\d+(?:\.\d+)?|[A-Za-z]|\S")
IGNORED = {r"\,", r"\left", r"\right", r"\Bigl", r"\Bigr", r"\quad", r"\qquad", "&", r"\cdot"}
RELATIONS = {"=", r"\le", r"\ge", r"\ne", "<", ">"}
ENDS = RELATIONS | {"+", "-", ")", "]", "}", r"\}", ",", r"\rvert", r"\rVert", r"\odot", ";"}
BARE = {"\\" + name: name for name in "exp log sin cos tan sinh cosh tanh det".split()}
SIZE = -1  # instead of a number of axes
NAME_PARTS = {r"\mathrm", r"\hat", r"\bar", r"\tilde"}


class Tokens:
    """Tokens with a place. Names and their numbers of axes are declared."""

    def __init__(self, text: str, axes: dict[str, int], functions: Mapping[str, int]) -> None:
        self.tokens = [t for t in TOKEN.findall(text) if t not in IGNORED]
        self.axes = axes
        self.functions = functions
        self.place = 0

    @property
    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, wanted: str | None = None) -> str:
        token = self.next
        assert token and (wanted is None or token == wanted), (wanted, self.tokens[self.place :])
        self.place += 1
        return token

    def taken(self, token: str) -> bool:
        if self.next == token:
            self.place += 1
            return True
        return False

    def group(self) -> list[str]:
        """The tokens of a group in braces."""
        self.take("{")
        depth, start = 1, self.place
        while depth:
            depth += {"{": 1, "}": -1}.get(self.take(), 0)
        return self.tokens[start : self.place - 1]

    def inside(self, tokens: Sequence[str]) -> Any:
        reader = type(self)("", self.axes, self.functions)
        reader.tokens = list(tokens)
        return reader


def split_at(tokens: Sequence[str], sign: str) -> list[list[str]]:
    pieces: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(token, 0)
        if token == sign and not depth:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return pieces
