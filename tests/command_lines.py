"""Command lines that nobody would type, and what must hold of every one of them."""

from __future__ import annotations

import contextlib
import io
import random
import time
from collections.abc import Sequence

from typed_cases import TYPED

from derive.commands import run
from derive.language.functions import FUNCTIONS

LIMIT = 5.0  # seconds of the processor
STATUSES = {0, 1, 2, 3}
LET = ["x: n", "y: n", "s:", "X: n,p", "A: n,n", "b: p", "q: 3; positive", "p_: K; simplex"]
PIECES = [
    *FUNCTIONS,
    *"xyXAbsnp01239()[]{},;:=<>!+-*/@.'\"\\#$%&|^~`?_ \t\n",
    "**",
    "//",
    ".T",
    "==",
    "<=",
    "axis=",
    "keepdims=True",
    "axis=(0,1)",
    "sum[i](",
    "delta[i,j]",
    "guard[i-1]",
    "X[i,j]",
    "1e9",
    "1e999",
    "0x1f",
    "1_000",
    "9" * 30,
    "lambda",
    "import os",
    "__import__('os')",
    "f'{x}'",
    "x if y",
    "[i for i in x]",
    "{x}",
    "...",
    ":=",
    "->",
    "∞",
    "×",
    "²",
    "é",
    "\u202e",
    "\x00",
    "\ud800",
    "😀",
    "(" * 50,
    ")" * 50,
    "-" * 40,
    "x**x**x**x",
    "exp(" * 30,
    "x;" * 20,
    "h=x;h",
    "D(x@x, x)",
    "max(",
]
DECLARATIONS = [*LET, "x", ":", "x:", "x: 0", "x: -1", "x: n,,n", "x: n; sym", "x: n+1", "1: n"]
COMMANDS = ["grad", "prove", "show", "list", "latex", "rules", "grad", "grad", "prove"]
OPTIONS = [
    "--jacobian",
    "--hessian",
    "--emit",
    "json",
    "numpy",
    "latex",
    "--detail",
    "--notation",
    "ascii",
    "--rename",
    "x=y",
    "--seed",
    "-1",
    "--width",
    "40",
    "--color",
    "always",
    "--let",
    "--wrt",
    "--",
    "-",
    "--help",
    "-o",
    "--standalone",
    "--json",
    "--with",
]


def check(words: Sequence[str]) -> float:
    """Run a command line: an honest status, one line of complaint, in time. Returns the seconds."""
    out, err = io.StringIO(), io.StringIO()
    start = time.process_time()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = run(list(words))
    except SystemExit as stop:  # argparse after --help and --version
        assert stop.code == 0, words
        status = 0
    seconds = time.process_time() - start
    assert status in STATUSES, words
    assert "Traceback" not in out.getvalue() + err.getvalue(), words
    if status == 2:
        assert not out.getvalue(), words
        assert err.getvalue().startswith("derive: ") and err.getvalue().count("\n") == 1, words
        assert len(err.getvalue()) <= 700, words
    # What is shown of the catalogue is proved first, and takes the time that it takes.
    assert seconds <= LIMIT or {"show", "latex"} & set(words), (seconds, words)
    return seconds


def command_line(seed: int, right: float = 0.6) -> list[str]:
    """A random command line: nearly right with that chance, else nonsense."""
    rng = random.Random(seed)
    if rng.random() < right:
        return nearly_right(rng)
    kind = rng.random()
    if kind < 0.6:
        text = "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 12)))
        return [rng.choice(["grad", "prove"]), text, "--let", *LET, *by(rng)]
    if kind < 0.9:
        text = "".join(
            chr(rng.choice([rng.randrange(128), rng.randrange(0x3000)])) for _ in range(20)
        )
        return ["grad", text, "--let", *rng.sample(DECLARATIONS, 4), "--wrt", "x"]
    words = [rng.choice([*OPTIONS, *PIECES, *DECLARATIONS]) for _ in range(rng.randint(0, 6))]
    return [rng.choice(COMMANDS), *words] if rng.random() < 0.8 else words


def nearly_right(rng: random.Random) -> list[str]:
    """A good command line with a few wrong letters in one place."""
    expr, let, wrt, _ = rng.choice(TYPED)
    if rng.random() < 0.75:
        return ["grad", mutated(rng, expr), "--let", *let, "--wrt", wrt]
    declarations = [mutated(rng, d) if rng.random() < 0.5 else d for d in let]
    return ["grad", expr, "--let", *declarations, "--wrt", mutated(rng, wrt)]


def by(rng: random.Random) -> list[str]:
    return ["--wrt", rng.choice(["x", "X", "A", "s", "q"])] if rng.random() < 0.5 else []


def mutated(rng: random.Random, text: str) -> str:
    """A text with a few letters dropped, doubled, exchanged or put in."""
    for _ in range(rng.choice([1, 1, 2, 3])):
        k = rng.randrange(len(text) + 1)
        piece = rng.choice(PIECES) if rng.random() < 0.5 else rng.choice(text or " ")
        end = min(len(text), k + rng.choice([0, 0, 1, 1, 3]))
        text = text[:k] + rng.choice([piece, piece, ""]) + text[end:]
    return text
