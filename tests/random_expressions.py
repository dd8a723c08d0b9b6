"""Random expressions of the language, built so that shapes fit and domains are met."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

LET = [
    "x: n", "y: n", "z: m", "s:", "t:", "q: ; positive", "r: n; positive", "p: n; simplex",
    "o: n; one-hot", "c: n; constant", "P: n,n; positive definite",
    "A: n,n", "B: n,n", "S: n,n; symmetric", "X: n,m", "Y: m,n", "I: N,C,4,4", "F: O,C,R,R",
    "T: k,n,m", "U: k,m,n",
]  # fmt: skip
BY = ("x", "z", "s", "q", "r", "A", "S", "P", "X", "Y", "T", "U", "I", "F")
LEAVES = {
    "scalar": ["s", "t", "q", "2", "0.5", "3"],
    "n": ["x", "y", "r", "p", "o", "c"],
    "m": ["z"],
    "nn": ["A", "B", "S", "P"],
    "nm": ["X"],
    "mn": ["Y"],
    "knm": ["T"],
    "kmn": ["U"],
}
SMOOTH = "tanh sigmoid sin cos softplus".split()
ANY = [*SMOOTH, "relu", "abs"]
WINDOWS = [
    "conv2d({I}, F)", "conv2d({I}, F, padding=1)", "conv2d({I}, F, stride=2)",
    "conv2d({I}, F, stride=a, padding=b)", "conv2d({I}, F, stride=a, dilation=2)",
    "avg_pool2d({I}, 2)", "avg_pool2d({I}, 2, stride=1)", "max_pool2d({I}, 2)",
    "avg_pool2d({I}, 3, stride=2, padding=1, count_include_pad=False)", "max_pool2d({I}, 3, 1)",
]  # fmt: skip
OVER = ["sum({})", "mean({}**2)", "sum(tanh({}))", "sum(relu({}))", "sum(sigmoid({}) * 2)"]
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
        one, other = self.of(kind), self.of(kind)
        # Equal arguments tie everywhere, so that there is no derivative to find.
        return f"{name}({one}, {other if one != other else f'cos({other}) + 0.1'})"

    def reduced(self) -> str:
        kind = self.rng.choice(["n", "nn", "nm", "knm"])
        name = self.rng.choice(SUMS)
        shown = self.positive(kind) if name == "norm" else self.of(kind)
        return f"{name}({shown})"

    def batched(self) -> str:
        """A sum over products of stacks of matrices."""
        if self.rng.random() < 0.5:
            return f"sum({self.of('knm')} @ {self.of('kmn')})"
        return f"sum(mean({self.of('knm')} @ {self.of('mn')}, axis=(0, 2)) * {self.of('n')})"

    def kept(self, kind: str) -> str:
        """A matrix with its sums along one axis, which keeps its place."""
        axis = self.rng.choice([0, 1])
        name = self.rng.choice(["sum", "mean", "max", "logsumexp", "norm1"])
        inside = self.of(kind)
        return f"({inside} * {name}({inside}, axis={axis}, keepdims=True))"

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
        image = self.rng.choice(["I", "I", "tanh(I)", "(I * s)"])
        return self.rng.choice(OVER).format(self.rng.choice(WINDOWS).format(I=image))


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
        Author.batched,
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
        lambda a: a.kept("nm"),
        lambda a: f"mean({a.of('knm')}, axis=0)",
    ],
    "mn": [
        *entrywise("mn"),
        lambda a: f"({a.of('nm')}).T",
        lambda a: f"({a.of('mn')} @ {a.of('nn')})",
    ],
    "knm": [
        *entrywise("knm"),
        lambda a: f"({a.of('knm')} + {a.of('nm')})",
        lambda a: f"({a.of('nn')} @ {a.of('knm')})",
        lambda a: f"softmax({a.of('knm')}, axis=-1)",
    ],
    "kmn": [*entrywise("kmn"), lambda a: f"({a.of('kmn')} @ {a.of('nn')})"],
}
# How often each kind of derivative is drawn, and at most how long its expressions are.
KINDS = {"gradient": (0.8, 32), "jacobian": (0.12, 12), "hessian": (0.08, 8)}


LONGEST = 3000


def expression(seed: int, most: int = 32) -> tuple[str, list[str], str, str]:
    """An expression of at most about 40 nodes, its declarations, by what and how to derive it."""
    rng = random.Random(seed)
    kind = rng.choices(list(KINDS), [often for often, _ in KINDS.values()])[0]
    most = min(most, KINDS[kind][1])
    author = Author(rng, rng.choice([size for size in (4, 8, 12, 16, 24, 32) if size <= most]))
    shape = rng.choice(["n", "m", "nn"]) if kind == "jacobian" else "scalar"
    text = ""
    if rng.random() < 0.3:
        named = rng.choice(["n", "nn", "scalar"])
        text = f"h = {author.of(named)}; "
        author.names[named] = ["h", "h"]
    text += author.of(shape)
    if len(text) > LONGEST:  # named parts written out: the language refuses it, in one line
        return expression(seed, most // 2)
    inside = [name for name in BY if _occurs(name, text)]
    by = rng.choice(inside) if inside else "s"
    used = [d for d in LET if _occurs(d.partition(":")[0], text) or d.startswith(f"{by}:")]
    return text, [*used, *_sizes(text, used)], by, kind


def _occurs(name: str, text: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def _sizes(text: str, used: list[str]) -> list[str]:
    """Declarations that tell the sizes of ``eye(n)`` and ``ones(n)`` where nothing else does."""
    known = ",".join(d.partition(":")[2] for d in used)
    missing = [size for size in ("n", "m") if f"({size})" in text and size not in known]
    return [f"x_{size}: {size}" for size in missing]
