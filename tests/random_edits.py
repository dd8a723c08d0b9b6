"""Single random edits of numeric code: what a slip of the hand makes of a right function."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

SWAPPED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
SIBLINGS = {"exp": "expm1", "tanh": "arctan", "sum": "mean", "mean": "sum", "sqrt": "abs"}


@dataclass(frozen=True)
class Function:
    """The source of a right function, and the expression whose derivative it is."""

    source: str
    expr: str
    let: tuple[str, ...]
    wrt: tuple[str, ...]


FUNCTIONS = (
    Function(
        "def f(X, b, y):\n    return 2 * X.T @ (X @ b - y) / len(y)",
        "mean((X@b - y)**2)",
        ("X: n,p", "b: p", "y: n"),
        ("b",),
    ),
    Function(
        "def f(X, b, y, lam=0.3):\n    r = X @ b - y\n    return 2 * (X.T @ r) + 2 * lam * b",
        "sum((X@b - y)**2) + lam*sum(b**2)",
        ("X: n,p", "b: p", "y: n", "lam:"),
        ("b",),
    ),
    Function(
        "def f(X, w, y):\n    s = 1 / (1 + np.exp(-(X @ w)))\n    return X.T @ (s - y) / len(y)",
        "mean(softplus(X@w) - y*(X@w))",
        ("X: n,p", "w: p", "y: n"),
        ("w",),
    ),
    Function(
        "def f(x, A, c):\n    return A @ x + A.T @ x + 3 * c * x**2",
        "x @ A @ x + sum(c*x**3)",
        ("x: n", "A: n,n", "c: n"),
        ("x",),
    ),
    Function(
        "def f(W, x, v):\n    h = np.tanh(W @ x)\n    return np.outer(v * (1 - h**2), x)",
        "sum(v*tanh(W@x))",
        ("W: m,n", "x: n", "v: m"),
        ("W",),
    ),
    Function(
        "def f(z, y):\n    e = np.exp(z - z.max(axis=1, keepdims=True))\n"
        "    return e / e.sum(axis=1, keepdims=True) - y / y.sum(axis=1, keepdims=True) * 1",
        "sum(logsumexp(z, axis=1)) - sum(z*y/sum(y, axis=1, keepdims=True))",
        ("z: N,K", "y: N,K; positive"),
        ("z",),
    ),
    Function(
        "def f(U, V, M):\n    return 2 * (U @ V.T - M) @ V",
        "sum((U@V.T - M)**2)",
        ("U: n,k", "V: m,k", "M: n,m"),
        ("U",),
    ),
    Function(
        "def f(x, mu, s):\n    d = (x - mu) / s\n    return -d / s * np.exp(-d**2 / 2)",
        "sum(exp(-((x - mu)/s)**2/2))",
        ("x: n", "mu:", "s:; positive"),
        ("x",),
    ),
)


def edits(source: str) -> list[str]:
    """All sources that are one edit away."""
    tree = ast.parse(source)
    count = sum(1 for _ in ast.walk(tree))
    names = sorted({n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - {"np", "len"})
    found = []
    for place in range(count):
        for change in range(len(list(_changes(_at(tree, place), names)))):
            edited = copy.deepcopy(tree)
            old = _at(edited, place)
            new = list(_changes(old, names))[change]
            whole = ast.fix_missing_locations(_Replacing(old, new).visit(edited))
            found.append(ast.unparse(whole))
    return [text for text in dict.fromkeys(found) if text != ast.unparse(tree)]


def _at(tree: ast.AST, place: int) -> ast.AST:
    return list(ast.walk(tree))[place]


class _Replacing(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def _changes(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    if isinstance(node, ast.BinOp):
        yield node.left
        yield node.right
        if type(node.op) in SWAPPED:
            yield ast.BinOp(node.left, SWAPPED[type(node.op)](), node.right)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value:
        for value in (node.value * 2, node.value + 1, node.value / 2):
            yield ast.Constant(value)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif isinstance(node, ast.Attribute) and node.attr in SIBLINGS:
        yield ast.Attribute(node.value, SIBLINGS[node.attr], ast.Load())
    elif isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        yield node.args[0]
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        yield from (ast.Name(name, ast.Load()) for name in names if name != node.id)


def compiled(source: str) -> Callable:
    """The function of a source."""
    space = {"np": np}
    exec(source, space)
    return space["f"]


def drawn(functions: tuple[Function, ...], count: int, seed: int) -> list[tuple[Function, str]]:
    """Random edits, as many of each function."""
    rng = random.Random(seed)
    found = []
    for function in functions:
        choices = edits(function.source)
        rng.shuffle(choices)
        found += [(function, text) for text in choices[: count // len(functions)]]
    return found
