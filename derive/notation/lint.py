"""The rules for LaTeX fragments that KaTeX, MathJax and pdflatex all set, and set alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

ENVIRONMENTS = {"aligned", "alignedat", "gathered", "cases", "bmatrix", "substack"}
COMMANDS = set(
    "frac partial sum prod sqrt left right lvert rvert lVert rVert Bigl Bigr bigl bigr mathbf"
    " mathrm mathcal mathbb boldsymbol operatorname text hat bar tilde top odot cdot times le ge ne"
    " in to mid infty qquad quad exp log sin cos tan sinh cosh tanh det max min begin end substack"
    " delta Vert vert prime ldots dots nabla".split()
) | set(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau"
    " upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split()
)
TEXT = re.compile(r"[A-Za-z0-9 ,.;:()/-]*")


def faults(fragment: str) -> tuple[str, ...]:
    """What is wrong with a fragment; nothing if it may be used everywhere.

    >>> faults(r"X^{T} b")
    ('a transpose is X^{\\\\top}, not X^{T}',)
    """
    return tuple(fault for rule in RULES for fault in rule(fragment))


def _characters(fragment: str) -> Iterator[str]:
    strange = sorted({c for c in fragment if not c.isascii()})
    if strange:
        yield f"not ASCII: {' '.join(strange)}"
    if re.search(r"\n[ \t]*\n", fragment.strip("\n")):
        yield "a blank line ends the formula in LaTeX"


def _delimiters(fragment: str) -> Iterator[str]:
    outside = _without_texts(fragment)
    if re.search(r"\$|\\\[(?!\d)|\\\]|\\\(|\\\)", re.sub(r"\\\\\[[^\]]*\]", "", outside)):
        yield "delimiters belong to the document, not to the fragment"


def _without_texts(fragment: str) -> str:
    r"""A fragment without the words in it, in which dollars are right.

    >>> _without_texts(r"a \text{at $x^{2_{i}}$} b")
    'a  b'
    """
    pieces = fragment.split(r"\text{")
    return pieces[0] + "".join(piece[_closing(piece) :] for piece in pieces[1:])


def _closing(text: str) -> int:
    """Where the text goes on behind the brace that closes an open one."""
    depth = 1
    for found in re.finditer(r"\\.|[{}]", text):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if not depth:
            return found.end()
    return len(text)


def _braces(fragment: str) -> Iterator[str]:
    depth = 0
    for sign in re.findall(r"\\.|[{}]", fragment):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            break
    if depth:
        yield "unbalanced braces"


def _environments(fragment: str) -> Iterator[str]:
    open_ones: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{([^}]*)\}", fragment):
        if name not in ENVIRONMENTS:
            yield f"environment {name} does not work everywhere"
        if kind == "begin":
            open_ones.append(name)
        elif not open_ones or open_ones.pop() != name:
            yield f"\\end{{{name}}} without its \\begin"
    if open_ones:
        yield f"\\begin{{{open_ones[-1]}}} without its \\end"


def _commands(fragment: str) -> Iterator[str]:
    for name in dict.fromkeys(re.findall(r"\\([A-Za-z]+)", fragment)):
        if name not in COMMANDS:
            yield f"command \\{name} does not work everywhere"


def _forms(fragment: str) -> Iterator[str]:
    if re.search(r"\^(?:T\b|\{-?T\})", fragment):
        yield r"a transpose is X^{\top}, not X^{T}"
    if re.search(r"\\mathbb\{?\s*1", fragment):
        yield r"an indicator is \mathbf{1}; \mathbb{1} prints another sign"
    if "|" in fragment:
        yield r"a bare pipe breaks tables: use \lvert, \rvert, \mid"


def _texts(fragment: str) -> Iterator[str]:
    for text in re.findall(r"\\text\{((?:[^{}$]|\$[^$]*\$)*)\}", fragment):
        plain = re.sub(r"\$[^$]*\$", "", text)
        if not TEXT.fullmatch(plain):
            yield f"text may hold letters, digits, blanks and , . ; : ( ) - / only: {plain}"


def _rows(fragment: str) -> Iterator[str]:
    if re.search(r"\\\\(\[[^\]]*\])?\s*\\end", fragment):
        yield "the last row must not end in a row break"
    if re.search(r"\\\\(?:\[\d+pt\])?\s*\[(?!\d+pt\])", fragment):
        yield "a row that starts with [ is read as a length: put {} before it"


def _cells(fragment: str) -> Iterator[str]:
    for cell in re.split(r"\\\\|&|\\begin\{[^}]*\}|\\end\{[^}]*\}", fragment):
        if len(re.findall(r"\\left(?![a-z])", cell)) != len(re.findall(r"\\right(?![a-z])", cell)):
            yield r"\left and \right must stand in one cell"
            return


def _subscripts(fragment: str) -> Iterator[str]:
    if re.search(r"_\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\s*_|\^\{[^{}]*\}\s*\^", fragment):
        yield "a double subscript or superscript"


RULES: tuple[Callable[[str], Iterator[str]], ...] = (
    _characters,
    _delimiters,
    _braces,
    _environments,
    _commands,
    _forms,
    _texts,
    _rows,
    _cells,
    _subscripts,
)
