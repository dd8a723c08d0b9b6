"""Random expressions of the language, built so that shapes fit and domains are met."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

LET = [
    "x: n", "y: n", "z: m", "s:", "t:", "q: ; positive", "r: n; positive", "p: n; simplex",
    "A: n,n", "B: n,n", "S: n,n; symmetric", "X: n,m", "Y: m,n", "I: N,C,4,4", "F: O,C,R,R",
]  # fmt: skip
BY = ("x", "z", "s", "q", "r", "A", "S", "X", "Y")
LEAVES = {
    "scalar": ["s", "t", "q", "2", "0.5", "3"],
    "n": ["x", "y", "r", "p"],
    "m": ["z"],
    "nn": ["A", "B", "S"],
    "nm": ["X"],
    "mn": ["Y"],
}
SMOOTH = "tanh sigmoid sin cos softplus".split()
ANY = [*SMOOTH, "relu", "abs"]
WINDOWS = [
    "sum(conv2d(I, F))", "mean(conv2d(I, F, padding=1)**2)", "sum(avg_pool2d(I, 2)**2)",
    "sum(max_pool2d(I, 2))", "norm(conv2d(I, F, stride=2))",
]  # fmt: skip
SUMS = ["sum", "mean", "var", "logsumexp", "norm", "norm1", "max"]
Made = Callable[["Author"], str]


@dataclass
class Author:
    """Writes an expression; each node costs one of the budget."""

    rng: random.Random
    left: int
    names: dict[str, list[str]] = field(default_factory=dict)

    def of(self, kind: str) -> str:
        """An expression of a shape."""
        self.left -= 1
        leaves = [*LEAVES[kind], *self.names.get(kind, [])]
        if self.left <= 0 or self.rng.random() < 0.12:
            return self.rng.choice(leaves)
        return self.rng.choice(RULES[kind])(self)

    def positive(self, kind: str) -> str:
        """An expression of a shape whose entries are positive, and not near 0."""
        inside = self.of(kind)
        return self.rng.choice(
            [f"(1 + ({inside})**2)", f"exp(tanh({inside}))", f"cosh(sin({inside}))",
             f"(2 + sin({inside}))", f"(1 + softplus({inside}))", f"(1 + sigmoid({inside}))"]
        )  # fmt: skip

    def matrix(self) -> str:
        """A square matrix that is safely invertible."""
        inside = self.of("nn")
        if self.rng.random() < 0.5:
            return f"(3 * eye(n) + ({inside}) @ ({inside}).T)"
        return f"(5 * eye(n) + diag({self.positive('n')}))"

    def binary(self, kind: str) -> str:
        sign = self.rng.choice("+-*")
        return f"({self.of(kind)} {sign} {self.of(kind)})"

    def quotient(self, kind: str) -> str:
        return f"({self.of(kind)} / {self.positive(kind)})"

    def function(self, kind: str) -> str:
        return f"{self.rng.choice(ANY)}({self.of(kind)})"

    def grown(self, kind: str) -> str:
        """Functions that grow, of bounded arguments; roots and logarithms of positive ones."""
        inside = f"{self.rng.choice(['tanh', 'sin', 'sigmoid'])}({self.of(kind)})"
        grow = f"{self.rng.choice(['exp', 'sinh', 'cosh', 'tan', 'sign'])}({inside} + 0.25)"
        deep = f"{self.rng.choice(['log', 'sqrt'])}({self.positive(kind)})"
        return self.rng.choice([grow, deep])

    def powered(self, kind: str) -> str:
        whole = f"({self.of(kind)})**{self.rng.choice('23')}"
        broken = f"{self.positive(kind)}**{self.rng.choice(['0.5', '1.5', '(-1)', '(-0.5)'])}"
        return self.rng.choice([whole, broken, f"{self.positive(kind)}**tanh(s)"])

    def scaled(self, kind: str) -> str:
        return f"({self.of('scalar')} * {self.of(kind)})"

    def compared(self, kind: str) -> str:
        name = self.rng.choice(["maximum", "minimum"])
        return f"{name}({self.of(kind)}, {self.of(kind)})"

    def reduced(self) -> str:
        kind = self.rng.choice(["n", "nn", "nm"])
        name = self.rng.choice(SUMS)
        shown = self.positive(kind) if name == "norm" else self.of(kind)
        return f"{name}({shown})"

    def along(self, kind: str, axis: int) -> str:
        name = self.rng.choice([*SUMS, "sum", "mean"])
        shown = self.positive(kind) if name == "norm" else self.of(kind)
        return f"{name}({shown}, axis={axis})"

    def centred(self, kind: str) -> str:
        axis = self.rng.choice([0, 1])
        inside = self.of(kind)
        return f"({inside} - mean({inside}, axis={axis}, keepdims=True))"

    def normalised(self, kind: str) -> str:
        return f"softmax({self.of(kind)}, axis={self.rng.choice([0, 1])})"

    def window(self) -> str:
        return self.rng.choice(WINDOWS)


def entrywise(kind: str) -> list[Made]:
    """What all shapes have in common."""
    return [
        lambda a: a.binary(kind),
        lambda a: a.binary(kind),
        lambda a: a.quotient(kind),
        lambda a: a.function(kind),
        lambda a: a.grown(kind),
        lambda a: a.powered(kind),
        lambda a: a.scaled(kind),
        lambda a: a.compared(kind),
        lambda a: f"(-{a.of(kind)})",
    ]


RULES: dict[str, list[Made]] = {
    "scalar": [
        *entrywise("scalar"),
        Author.reduced,
        Author.reduced,
        Author.reduced,
        lambda a: f"({a.of('n')} @ {a.of('n')})",
        lambda a: f"dot({a.of('n')}, {a.of('n')})",
        lambda a: f"({a.of('n')} @ {a.of('nn')} @ {a.of('n')})",
        lambda a: f"tr({a.of('nn')})",
        lambda a: f"logdet({a.matrix()})",
        lambda a: f"log(det({a.matrix()}))",
        Author.window,
    ],
    "n": [
        *entrywise("n"),
        lambda a: f"({a.of('nn')} @ {a.of('n')})",
        lambda a: f"({a.of('nm')} @ {a.of('m')})",
        lambda a: f"softmax({a.of('n')})",
        lambda a: f"diagonal({a.of('nn')})",
        lambda a: f"(inv({a.matrix()}) @ {a.of('n')})",
        lambda a: a.along("nm", 1),
        lambda a: a.along("nn", 0),
        lambda a: f"({a.of('scalar')} * ones(n))",
    ],
    "m": [
        *entrywise("m"),
        lambda a: f"({a.of('n')} @ {a.of('nm')})",
        lambda a: a.along("nm", 0),
        lambda a: f"({a.of('m')} + zeros(m))",
    ],
    "nn": [
        *entrywise("nn"),
        lambda a: f"({a.of('nn')} @ {a.of('nn')})",
        lambda a: f"({a.of('nm')} @ {a.of('mn')})",
        lambda a: f"({a.of('nn')}).T",
        lambda a: f"outer({a.of('n')}, {a.of('n')})",
        lambda a: f"diag({a.of('n')})",
        lambda a: f"inv({a.matrix()})",
        lambda a: f"({a.of('scalar')} * eye(n))",
        lambda a: a.centred("nn"),
        lambda a: a.normalised("nn"),
    ],
    "nm": [
        *entrywise("nm"),
        lambda a: f"({a.of('nn')} @ {a.of('nm')})",
        lambda a: f"({a.of('mn')}).T",
        lambda a: f"outer({a.of('n')}, {a.of('m')})",
        lambda a: a.centred("nm"),
        lambda a: a.normalised("nm"),
    ],
    "mn": [
        *entrywise("mn"),
        lambda a: f"({a.of('nm')}).T",
        lambda a: f"({a.of('mn')} @ {a.of('nn')})",
    ],
}


def expression(seed: int, most: int = 32) -> tuple[str, list[str], str]:
    """A scalar expression of at most about 40 nodes, its declarations, what to differentiate by."""
    rng = random.Random(seed)
    author = Author(rng, rng.choice([size for size in (4, 8, 12, 16, 24, 32) if size <= most]))
    text = ""
    if rng.random() < 0.3:
        kind = rng.choice(["n", "nn", "scalar"])
        text = f"h = {author.of(kind)}; "
        author.names[kind] = ["h", "h"]
    text += author.of("scalar")
    inside = [name for name in BY if _occurs(name, text)]
    by = rng.choice(inside) if inside else "s"
    used = [d for d in LET if _occurs(d.partition(":")[0], text) or d.startswith(f"{by}:")]
    return text, [*used, *_sizes(text, used)], by


def _occurs(name: str, text: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def _sizes(text: str, used: list[str]) -> list[str]:
    """Declarations that tell the sizes of ``eye(n)`` and ``ones(n)`` where nothing else does."""
    known = ",".join(d.partition(":")[2] for d in used)
    missing = [size for size in ("n", "m") if f"({size})" in text and size not in known]
    return [f"x_{size}: {size}" for size in missing]
