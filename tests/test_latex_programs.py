"""Every fragment is set by KaTeX, MathJax and pdflatex without error, warning or overfull box."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from derive import catalogue, grad
from derive.notation import faults
from derive.render.answers import formula
from derive.render.latex import DOCUMENT, fragment, standalone
from derive.render.pages import page

pytestmark = [pytest.mark.latex, pytest.mark.long]
SCRIPTS = Path(__file__).parent / "latex"
TYPED = [
    ("sum((X@b - y)**2)", ["X: n,p", "b: p", "y: n"], "b", "gradient"),
    ("-sum(y*log(softmax(X@W)))", ["X: N,P", "W: P,K", "y: N,K; simplex"], "W", "gradient"),
    ("logdet(A) + tr(inv(A)@S)", ["A: n,n", "S: n,n"], "A", "gradient"),
    ("sum(max(X, axis=1)) + sum(relu(X))", ["X: n,p"], "X", "gradient"),
    ("logsumexp(delta@x)", ["delta: n,p", "x: p"], "x", "hessian"),
    ("mean((x - mean(x))**2)**1.5 / norm(x)", ["x: n"], "x", "gradient"),
    ("sum(conv2d(x, w, stride=s, padding=q)**2)", ["x: N,C,H,W", "w: O,C,R,T"], "w", "gradient"),
    (
        "tanh(W2@tanh(W1@x_hat + beta))",
        ["W2: k,m", "W1: m,n", "x_hat: n", "beta: m"],
        "x_hat",
        "jacobian",
    ),
]


@pytest.fixture(scope="module")
def records():
    names = catalogue.entries()
    typed = [grad(expr, let, wrt, kind) for expr, let, wrt, kind in TYPED]
    return [*(r for name in names for r in catalogue.derivation(name).records()), *typed]


@pytest.fixture(scope="module")
def formulas(records) -> dict[str, str]:
    """All that is printed as LaTeX, each piece under a name."""
    found = {}
    for number, record in enumerate(records):
        name = f"{record.name} {' '.join(record.conventions.values())} {number}"
        found[name] = without_comments(fragment(record))
        shown = page(record)
        for part, chain in record.chains.items():
            for k in range(1, len(chain.lines)):
                found[f"{name} {part} {k}"] = shown.claim(chain, k, "latex")
        if record.name in {" ".join(expr.split()) for expr, *_ in TYPED}:
            found[f"{name} result"] = formula(record)
    return found


def without_comments(text: str) -> str:
    """A fragment as a page of HTML holds it, where % starts no comment."""
    return "\n".join(line for line in text.split("\n") if line[:1] != "%").removesuffix("%")


def left_out(program: str, installed_by: str) -> NoReturn:
    """What misses a program is skipped, but with EVERY_PROGRAM=1, as in `.ci/run`, it fails."""
    said = f"{program} is not installed: {installed_by}"
    if os.environ.get("EVERY_PROGRAM") == "1":
        pytest.fail(said)
    pytest.skip(said)


def node(script: str, formulas: dict[str, str]) -> dict[str, str]:
    """What a program of Node finds wrong; skipped where it is missing."""
    if shutil.which("node") is None:
        left_out("node", "it comes with Node.js")
    done = subprocess.run(
        ["node", str(SCRIPTS / script)],
        input=json.dumps(formulas),
        capture_output=True,
        text=True,
    )
    if "Cannot find module" in done.stderr:
        left_out(f"what {script} loads", "npm install katex mathjax-full@3, and NODE_PATH")
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)["faults"]
    return found


@pytest.mark.parametrize("script", ["katex.js", "mathjax.js"])
def test_browsers_set_everything(script: str, formulas):
    assert node(script, formulas) == {}


def test_the_programs_can_find_an_error():
    wrong = {"braces": r"\frac{1}{", "command": r"\nosuchcommand{x}"}
    for script in ("katex.js", "mathjax.js"):
        assert set(node(script, wrong)) == set(wrong)


def test_the_rules_find_nothing(formulas):
    assert {name: faults(text) for name, text in formulas.items() if faults(text)} == {}


def compiled(text: str, folder: Path) -> str:
    """The transcript of pdflatex, run twice for the contents."""
    if shutil.which("pdflatex") is None:
        left_out("pdflatex", "texlive-latex-base")
    (folder / "a.tex").write_text(text, encoding="utf-8")
    for _ in range(2):
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
        )
    log = (folder / "a.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, re.findall(r"^!.*(?:\n.*){3}", log, re.MULTILINE)
    return log


def complaints(log: str) -> list[str]:
    """Overfull boxes and warnings."""
    wanted = r"^(?:Overfull|LaTeX Warning|Package .* Warning).*(?:\n.+)?"
    return re.findall(wanted, log, re.MULTILINE)


def test_latex_sets_every_fragment(records, tmp_path):
    displays = "\n".join(f"\\[\n{fragment(record)}\n\\]" for record in records)
    assert complaints(compiled(DOCUMENT % ("Fragments", displays), tmp_path)) == []


def test_latex_sets_the_book(records, tmp_path):
    log = compiled(standalone(records), tmp_path)
    assert complaints(log) == []
    assert len(re.findall(r"\[\d+", log)) > 10  # pages


def test_latex_finds_an_overfull_box(tmp_path):
    wide = r"\[ " + " + ".join("abcdefgh" for _ in range(20)) + r" \]"
    assert complaints(compiled(DOCUMENT % ("Wide", wide), tmp_path))
