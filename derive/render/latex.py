"""LaTeX: the fragment of a record, and whole documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from derive.derivation import Record
from derive.notation import aligned
from derive.notation.breaking import broken
from derive.notation.measuring import width
from derive.notation.tex import latex
from derive.notation.words import sentence
from derive.proof.statuses import Status
from derive.render.pages import Page, page
from derive.render.terminal import point

ROOM = 425.0  # points, which the margins of the document leave
TALL = (r"\frac", r"\sum", r"\prod", r"\sqrt", r"\max")  # what reads badly inside a paragraph

DOCUMENT = r"""\documentclass[a4paper]{article}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath, amssymb}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt plus 2pt}
\raggedbottom
\emergencystretch=4em
\clubpenalty=10000 \widowpenalty=10000 \displaywidowpenalty=10000
\makeatletter
\renewcommand*{\l@subsection}{\@dottedtocline{2}{1.5em}{3em}}
\makeatother
\title{%s}
\author{}
\date{\vspace{-3\baselineskip}}
\begin{document}
\raggedright
\abovedisplayshortskip=4pt plus 2pt
\maketitle
%s
\end{document}"""
TITLE = "Derivations"


def fragment(record: Record, rename: Mapping[str, str] | None = None) -> str:
    """One environment, without delimiters, macros or blank lines; its chains below each other."""
    chains = _chains(page(record, rename))
    body = " \\\\[12pt]\n".join(chains)
    if len(chains) > 1:
        body = f"\\begin{{gathered}}\n{body}\n\\end{{gathered}}"
    return f"% derive: {' '.join(record.name.split())}\n{body}%"


def _chains(shown: Page) -> list[str]:
    chains = shown.record.chains.values()
    lines = [shown.lines(chain, style="latex") for chain in chains]
    return [aligned(each, ROOM, shown.from_nought) for each in lines]


def standalone(records: Iterable[Record], rename: Mapping[str, str] | None = None) -> str:
    """A document that compiles: contents, a section a topic, and in it every record."""
    given = list(records)
    several = len(given) > 1
    body = [r"\tableofcontents", r"\clearpage"] if several else []
    for topic, group in groupby(given, key=lambda record: record.topic):
        body += [rf"\section{{{_heading(topic)}}}"] if several else []
        body += [_entry(record, rename, several) for record in group]
    title = TITLE if several else sentence(given[0].title.removesuffix("."))
    return DOCUMENT % (title, "\n\n".join(body))


def _heading(topic: str) -> str:
    return escaped(topic.replace("_", " ").capitalize())


def _entry(record: Record, rename: Mapping[str, str] | None, several: bool) -> str:
    """One record: title, prose, where its names live, its chains, what they assume."""
    shown = page(record, rename)
    return "\n".join(
        [
            *_title(record, several),
            *_prose(record),
            *_where(shown),
            *_kept([*_displays(shown)], [*_assumed(shown)]),
            *_examples(record),
        ]
    )


def _title(record: Record, several: bool) -> Iterator[str]:
    if several:
        yield rf"\subsection{{{sentence(record.title.removesuffix('.'))}}}"
    chosen = ", ".join(f"{name}={value}" for name, value in record.conventions.items())
    said = f"{record.name}{f' ({chosen})' if chosen else ''}"
    yield rf"\texttt{{{escaped(said)}}}\nopagebreak"


def _prose(record: Record) -> Iterator[str]:
    for paragraph in record.prose.split("\n\n"):
        if paragraph.strip():
            yield "\n" + sentence(" ".join(paragraph.split())) + r"\nopagebreak"


def _where(shown: Page) -> Iterator[str]:
    """The clauses in a paragraph; tall ones in displays."""
    clauses = shown.where("latex")
    flat = [f"${clause}$" for clause in clauses if not _is_tall(clause)]
    tall = [clause for clause in clauses if _is_tall(clause)]
    if flat:
        end = "," if tall else "."
        yield "\nWhere " + ", ".join(flat) + end + r"\nopagebreak"
    if tall:
        yield f"{{\\postdisplaypenalty=10000{_display(_gathered(tall))}}}"


def _is_tall(clause: str) -> bool:
    return any(sign in clause for sign in TALL) or width(clause) > ROOM / 2


def _gathered(clauses: list[str]) -> str:
    """Clauses beside each other as long as they fit, one too wide broken."""
    rows: list[str] = []
    for number, clause in enumerate(clauses):
        said = clause + ("," if number < len(clauses) - 1 else ".")
        if rows and width(rf"{rows[-1]} \quad {said}") <= ROOM:
            rows[-1] += rf" \quad {said}"
            continue
        first, *others = broken(said, ROOM, ROOM - 20)
        rows += [first, *(rf"\qquad {{}}{other}" for other in others)]
    if len(rows) == 1:
        return rows[0]
    return "\\begin{gathered}\n" + " \\\\[4pt]\n".join(rows) + "\n\\end{gathered}"


def _displays(shown: Page) -> Iterator[str]:
    parts = shown.record.chains.items()
    for (part, chain), environment in zip(parts, _chains(shown), strict=True):
        if part:
            yield f"\n\\texttt{{{escaped(part)}}}:"
        yield _display(environment)
        whole = shown.closing(chain)
        if whole is not None and width(latex(whole)) <= ROOM - 80:
            yield _display(rf"\text{{in matrix form}} \quad {latex(whole, shown.from_nought)}")


def _kept(displays: list[str], assumed: list[str]) -> list[str]:
    """What the steps assume stands on the page of the last of them."""
    *others, last = displays
    held = ["{\\postdisplaypenalty=10000", last, *assumed, "\\par}"]
    return [*others, *(held if assumed else [last])]


def _examples(record: Record) -> Iterator[str]:
    """The points which prove that two sides are not always equal."""
    for step in record.steps:
        found = step.verdict.evidence
        if step.link.relation == "!=" and step.status is Status.PROVED and found is not None:
            yield f"\nFor example, {sentence(point(found.counterexample, '='))}."


def _display(formula: str) -> str:
    return f"\\[\n{formula}\n\\]"


def _assumed(shown: Page) -> Iterator[str]:
    """What the steps assume, as the prover says."""
    if words := shown.assumptions(shown.record.assumptions, "latex"):
        yield "Assuming " + "; ".join(words) + "."


SPECIAL = {sign: f"\\{sign}" for sign in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}


def escaped(text: str) -> str:
    """Words in which no character is a command."""
    return "".join(SPECIAL.get(character, character) for character in text)
