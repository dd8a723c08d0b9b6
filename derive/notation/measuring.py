"""How wide a formula in LaTeX is when it is set."""

from __future__ import annotations

import re

TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[A-Za-z]|[0-9]+|\s+|.", re.DOTALL)
SCRIPT = 0.7
DIGIT, LETTER, CAPITAL = 5.0, 5.3, 7.6
RELATION, BINARY = 13.5, 12.3
COMMANDS = {
    r"\,": 1.7, r"\quad": 10.0, r"\qquad": 20.0, r"\left": 0.0, r"\right": 0.0, r"\{": 5.0,
    r"\}": 5.0, r"\lvert": 2.8, r"\rvert": 2.8, r"\lVert": 5.0, r"\rVert": 5.0, r"\partial": 5.9,
    r"\infty": 10.0, r"\top": 7.8, r"\ldots": 13.0, r"\Bigl": 2.0, r"\Bigr": 2.0,
    **dict.fromkeys((r"\le", r"\ge", r"\ne", r"\in", r"\to", r"\mid"), RELATION),
    **dict.fromkeys((r"\cdot", r"\times", r"\odot"), BINARY),
}  # fmt: skip
SIGNS = {"+": BINARY, "-": BINARY, "=": RELATION, "<": RELATION, ">": RELATION, "(": 4.5} | {
    ")": 4.5, "[": 4.0, "]": 4.0, ",": 4.5, "'": 2.8, ".": 2.8, "/": 5.0, "!": 2.8, "&": 0.0,
}  # fmt: skip
OPERATORS = "exp log sin cos tan sinh cosh tanh det max min".split()
COMMANDS |= {"\\" + name: 5.0 * len(name) + 1.7 for name in OPERATORS}
LIMITS = (r"\sum", r"\prod", r"\max", r"\min", r"\operatorname*")
PLAIN = (r"\mathrm", r"\mathbf", r"\mathbb", r"\operatorname", r"\operatorname*", r"\hat") + (
    r"\bar", r"\tilde", r"\mathcal", r"\boldsymbol",
)  # fmt: skip


def width(formula: str) -> float:
    """The width of a formula in points, at 10 points, in display style.

    >>> width("x + y") < width(r"x + y_{ij}") < 40
    True
    """
    return _Measure(TOKEN.findall(formula)).sequence()


class _Measure:
    """Adds up the widths of tokens, group by group."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.place = 0

    def sequence(self, end: str | None = None) -> float:
        """The width of everything up to a closing token."""
        total = 0.0
        while self.place < len(self.tokens) and self.tokens[self.place] != end:
            total += self.atom()
        self.place += 1
        return total

    def group(self) -> float:
        """The width of a group in braces, or of one token."""
        if self.place < len(self.tokens) and self.tokens[self.place] == "{":
            self.place += 1
            return self.sequence("}")
        return self.token()

    def atom(self) -> float:
        """The width of a token or group with its scripts."""
        token = self.tokens[self.place]
        base = self.group() if token == "{" else self.token()
        below, above = self.scripts()
        if token in LIMITS:
            return max(base, below, above) + 1.7
        return base + max(below, above)

    def scripts(self) -> tuple[float, float]:
        """The widths of the subscript and the superscript that follow."""
        found = {"_": 0.0, "^": 0.0}
        while self.place < len(self.tokens) and self.tokens[self.place] in found:
            script = self.tokens[self.place]
            self.place += 1
            found[script] = SCRIPT * self.group() + 0.5
        return found["_"], found["^"]

    def token(self) -> float:
        token = self.tokens[self.place]
        self.place += 1
        if token == r"\frac":
            return max(self.group(), self.group()) + 2.4
        if token == r"\sqrt":
            return self.group() + 8.5
        if token == r"\text":
            return self.text()
        if token in PLAIN:
            return self.group()
        if token in (r"\sum", r"\prod"):
            return 14.5
        return COMMANDS.get(token) or _letters(token)

    def text(self) -> float:
        """The width of words; formulas between dollars count as such."""
        depth, start = 0, self.place
        for place in range(start, len(self.tokens)):
            depth += {"{": 1, "}": -1}.get(self.tokens[place], 0)
            if not depth:
                break
        self.place = place + 1
        inside = "".join(self.tokens[start + 1 : place])
        pieces = inside.split("$")
        return sum(width(p) if k % 2 else 4.6 * len(p) for k, p in enumerate(pieces))


def _letters(token: str) -> float:
    if token.isspace() or token in ("{", "}"):
        return 0.0
    if token.isdigit():
        return DIGIT * len(token)
    if token.isalpha():
        return CAPITAL if token.isupper() else LETTER
    return SIGNS.get(token, 6.2)
