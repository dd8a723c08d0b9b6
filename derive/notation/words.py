"""Words in LaTeX: sentences and reasons, in which what is mathematics becomes a formula."""

from __future__ import annotations

import re
from collections.abc import Sequence

from derive.notation.names import GREEK, SUBSCRIPTS, SUPERSCRIPTS, latex_name
from derive.notation.tex import FUNCTIONS

MARKS = {"−": "-", "·": r"\cdot", "×": r"\times", "≤": r"\le", "≥": r"\ge", "≠": r"\ne"} | {
    "∂": r"\partial", "Σ": r"\sum", "∈": r"\in", "→": r"\to", "√": r"\sqrt", "⊙": r"\odot",
    "′": "'", "ᵀ": r"^{\top}", "‖": r"\Vert", "∞": r"\infty", "<": "<", ">": ">", "=": "=",
    "+": "+", "*": r"\cdot", "|": r"\vert",
}  # fmt: skip
# Words that are no formulas (but U'y is), formulas without a sign of their own, names of programs.
PLAIN = re.compile(r"[A-Za-z0-9 ,.;:()/-]*|[A-Za-z-]{2,}'s?[,.;:]?")
MEANT = re.compile(
    r"[(]*-?(\d+|[A-Za-z])/|.*/[(]*\d|[(]*-(\d|[A-Za-z]\b)|.*\b(exp|log|sqrt|max|diag)[(]"
)
PROGRAM = re.compile(r"[(]?[a-z0-9]{2,}(_[a-z0-9]+)+[),.;:]*")


def prose(reason: str) -> str:
    """A reason as text; words with mathematical signs become formulas.

    >>> prose("definition of s"), prose("picks k = j out of Σₖ")
    ('\\\\text{definition of $s$}', '\\\\text{picks $k = j$ out of $\\\\sum_{k}$}')
    """
    pieces = re.split(r"(\$[^$]*\$)", reason)
    words = "".join(p if p[:1] == "$" else sentence(p) for p in pieces)
    return r"\text{" + words.replace("$$", " ") + "}"


def sentence(text: str) -> str:
    """Text with its formulas between dollars; a sign takes the words beside it along.

    >>> sentence("one's slope at -x is at most 1/(2 n)")
    "one's slope at $-x$ is at most $1/(2 n)$"
    """
    for sign, glyph in ((">=", "≥"), ("<=", "≤"), ("!=", "≠")):
        text = text.replace(sign, glyph)
    words = text.split(" ")
    runs: list[tuple[bool, list[str]]] = []
    for word, formula in zip(words, _formulas(words), strict=True):
        ended = not runs or runs[-1][1][-1][-1:] in PUNCTUATION
        alone = PROGRAM.fullmatch(word) or (not ended and PROGRAM.fullmatch(runs[-1][1][-1]))
        if ended or alone or runs[-1][0] != formula:
            runs.append((formula, []))
        runs[-1][1].append(word)
    return " ".join(_formula(" ".join(run)) if inside else " ".join(run) for inside, run in runs)


def _formulas(words: Sequence[str]) -> list[bool]:
    """Which words are formulas: by their own signs, beside a sign, or as factors before one."""
    signs = [word in MARKS or word in ("/", "-") for word in words]
    found = [
        any(signs[max(k - 1, 0) : k + 2])
        or _is_variable(word)
        or bool(MEANT.match(word))
        or not PLAIN.fullmatch(word)
        for k, word in enumerate(words)
    ]
    for k, word in enumerate(words[:-1]):
        factor = word == "A" or word.isdigit() or word.lstrip("-") in ("log", "exp")
        found[k] |= factor and found[k + 1] and not signs[k + 1] and words[k + 1][0].isalpha()
    return found


def _is_variable(word: str) -> bool:
    """Whether a word is a letter, Latin or Greek, and not the article."""
    bare = word.strip(",.;:()")
    return bare in GREEK or (len(bare) == 1 and bare.isalpha() and word not in "aA")


def _formula(run: str) -> str:
    """Words of Unicode mathematics as a formula; punctuation at the end stays outside."""
    stem = run.rstrip("".join(PUNCTUATION))
    tail = run[len(stem) :]
    if stem[:1] == "(" and PROGRAM.fullmatch(stem[1:].rstrip(")")):
        return f"({_formula(stem[1:].rstrip(')'))}{')' * stem.count(')')}{tail}"
    stem = re.sub(r"\^(-\d+)", r"^{\1}", re.sub(r"sqrt\(([^()]*)\)", r"√{\1}", stem))
    named = re.sub(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+|[A-Za-z]+", lambda m: _word(m[0]), stem)
    inside = "".join(map(_sign, TOKENS.findall(named)))
    inside = re.sub(r" +(?=[_^{}()/, ])", "", inside).strip()
    return f"${inside}${tail}"


def _word(word: str) -> str:
    """A name or function inside a formula; a long name with a tail is one of a program."""
    stem = word.partition("_")[0]
    if "_" in word and len(stem) > 1 and stem not in GREEK:
        escaped = word.replace("_", r"\_")
        return rf"\mathrm{{{escaped}}}"
    if word == "diag":
        return r"\operatorname{diag}"
    return FUNCTIONS[word] + " " if word in FUNCTIONS else latex_name(word)


PUNCTUATION = (",", ".", ";", ":")
_BELOW = {glyph: letter for letter, glyph in SUBSCRIPTS.items()}
_ABOVE = {glyph: letter for letter, glyph in SUPERSCRIPTS.items()}
_GREEK = {letter: f"\\{name} " for name, letter in GREEK.items()}
TOKENS = re.compile(rf"[{''.join(_BELOW)}]+|[{''.join(_ABOVE)}]+|\\[A-Za-z]+|.")


def _sign(sign: str) -> str:
    """One character, one command or one run of scripts of a formula."""
    if sign in MARKS:
        shown = MARKS[sign]
        return shown + " " if shown[-1].isalpha() else shown
    for script, glyphs in (("_", _BELOW), ("^", _ABOVE)):
        if sign[0] in glyphs:
            return f"{script}{{{''.join(glyphs[c] for c in sign)}}}".replace("−", "-")
    return _GREEK.get(sign, sign if sign.isascii() and sign not in ("&", "%", "#", "~") else "")
