"""LaTeX: the fragment of a record, and whole documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from derive.derivation import Record
from derive.notation import aligned
from derive.render.pages import page

DOCUMENT = r"""\documentclass{article}
\usepackage{amsmath, amssymb}
\begin{document}
%s
\end{document}"""


def fragment(record: Record, rename: Mapping[str, str] | None = None) -> str:
    """One environment for each chain, without delimiters, macros or blank lines."""
    shown = page(record, rename)
    chains = [aligned(shown.lines(chain, style="latex")) for chain in record.chains.values()]
    return "\n".join([f"% derive: {record.name}", *chains]) + "%"


def standalone(records: Iterable[Record], rename: Mapping[str, str] | None = None) -> str:
    """A document that compiles: title, prose and chain of each record."""
    return DOCUMENT % "\n\n".join(_section(record, rename) for record in records)


def _section(record: Record, rename: Mapping[str, str] | None) -> str:
    words = [_escaped(f"{record.title} {' '.join(record.prose.split())}".strip())]
    return "\n".join(
        [
            rf"\section*{{{_escaped(record.name)}}}",
            *words,
            r"\[",
            fragment(record, rename),
            r"\]",
        ]
    )


def _escaped(text: str) -> str:
    for character in "&%$#_{}":
        text = text.replace(character, f"\\{character}")
    return text.replace("^", r"\textasciicircum{}").replace("~", r"\textasciitilde{}")
