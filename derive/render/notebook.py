"""What a notebook shows of a record."""

from __future__ import annotations

from collections.abc import Iterator

from derive.derivation import Record
from derive.notation.tex import latex
from derive.render.latex import fragment
from derive.render.pages import page
from derive.render.terminal import Look, paged, tally


def bundle(record: Record) -> dict[str, str]:
    """The page as text, its formulas as LaTeX, and the whole as Markdown, which viewers prefer."""
    return {
        "text/plain": paged(record, Look()),
        "text/latex": f"\\[\n{fragment(record)}\n\\]",
        "text/markdown": markdown(record),
    }


def markdown(record: Record) -> str:
    """A record in paragraphs: its title, where its names live, its chains, how certain they are."""
    return "\n\n".join(_paragraphs(record))


def _paragraphs(record: Record) -> Iterator[str]:
    shown = page(record)
    yield f"`{' '.join(record.name.split())}` &nbsp; {record.title}"
    clauses = shown.where("latex")
    if clauses:
        yield "where &nbsp; " + ", ".join(f"${clause}$" for clause in clauses)
    yield f"$$\n{fragment(record)}\n$$"
    wholes = filter(None, map(shown.closing, record.chains.values()))
    yield from (rf"$$\text{{matrix form}} \quad {latex(whole)}$$" for whole in wholes)
    if words := shown.assumptions(record.assumptions, "latex"):
        yield f"assuming &nbsp; {'; '.join(words)}"
    yield tally(record, Look())
