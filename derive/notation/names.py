"""Names as they are shown: Greek letters, accents, subscripts; and names for indices."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping

GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau"
        " upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi"
        " Omega".split(),
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ",
        strict=True,
    )
)
ALIASES = {"eps": "epsilon", "lam": "lambda", "lambda_": "lambda"}
ACCENTS = {"hat": ("\u0302", r"\hat"), "bar": ("\u0304", r"\bar"), "tilde": ("\u0303", r"\tilde")}
SUBSCRIPTS = dict(
    zip(
        "aehijklmnoprstuvx0123456789+−()=βγρφχ",
        "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₀₁₂₃₄₅₆₇₈₉₊₋₍₎₌ᵦᵧᵨᵩᵪ",
        strict=True,
    )
)
SUPERSCRIPTS = dict(
    zip(
        "abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW0123456789+−()=×",
        "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾⁼ˣ",
        strict=True,
    )
)
INDEX_LETTERS = "ijklmnprstuv"
MORE_LETTERS = "abcdfghoqwxyz"  # some without a subscript in Unicode
LETTER_NAMES = {letter: name for name, letter in GREEK.items()}


def cell_width(text: str) -> int:
    """The terminal cells that a text takes: combining marks none, wide characters two."""
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def translated(text: str, glyphs: Mapping[str, str]) -> str | None:
    """The text in subscript or superscript glyphs, None when one is missing."""
    found = [glyphs.get(character) for character in text if character != " "]
    return None if None in found else "".join(filter(None, found))


def split_name(name: str) -> tuple[str, str, str]:
    """The stem, the accent and the subscript of a name.

    >>> split_name("x_hat"), split_name("d_model"), split_name("W2")
    (('x', 'hat', ''), ('d', '', 'model'), ('W', '', '2'))
    """
    stem, _, rest = name.partition("_")
    if not stem or name in ALIASES:
        return ALIASES.get(name, name), "", ""
    first, _, later = rest.partition("_")
    accent = first if first in ACCENTS else ""
    subscript = (later if accent else rest).replace("_", ",")
    digits = re.fullmatch(r"([^\d]+)(\d+)", stem)
    if digits and not subscript:
        stem, subscript = digits[1], digits[2]
    return ALIASES.get(stem, stem), accent, subscript


def pretty_name(name: str) -> str:
    """A name in Unicode.

    >>> pretty_name("beta"), pretty_name("x_hat"), pretty_name("d_model")
    ('β', 'x̂', 'd_model')
    """
    stem, accent, subscript = split_name(name)
    letter = GREEK.get(stem, stem)
    if accent and len(letter) == 1:
        letter += ACCENTS[accent][0]
    elif accent:
        return name
    if not subscript:
        return letter
    return letter + (subscript if subscript.isdigit() else "_" + subscript.replace(",", "_"))


def ascii_name(name: str) -> str:
    """A name that Python can read: Greek letters by their names."""
    text = "".join(LETTER_NAMES.get(c, c) for c in name)
    if keyword.iskeyword(text):
        return f"{text}_"
    return (
        text
        if text.isascii()
        else unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    )


def latex_name(name: str) -> str:
    """A name in LaTeX.

    >>> latex_name("beta"), latex_name("x_hat"), latex_name("d_model"), latex_name("lr")
    ('\\\\beta', '\\\\hat{x}', 'd_{\\\\mathrm{model}}', '\\\\mathrm{lr}')
    """
    stem, accent, subscript = split_name("".join(LETTER_NAMES.get(c, c) for c in name))
    letter = _latex_stem(stem)
    if accent:
        letter = f"{ACCENTS[accent][1]}{{{letter}}}"
    return f"{letter}_{{{_latex_subscript(subscript)}}}" if subscript else letter


def _latex_stem(stem: str) -> str:
    if stem in GREEK:
        return "\\" + stem
    return stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"


def _latex_subscript(subscript: str) -> str:
    pieces = subscript.split(",")
    return ",".join(p if p.isdigit() or len(p) == 1 else _latex_stem(p) for p in pieces if p)


def fresh_name(wanted: str, taken: Iterable[str]) -> str:
    """The wanted name of an index if it is free, else the first free letter, else a numbered one.

    >>> fresh_name("i", {"i", "j"})
    'k'
    """
    used = set(taken)
    numbered = (f"i{k}" for k in range(1, len(used) + 2))
    names = (wanted, *INDEX_LETTERS, *MORE_LETTERS, *numbered)
    return next(name for name in names if name not in used)
