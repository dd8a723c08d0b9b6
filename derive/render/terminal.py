"""Terminal pages: a derivation as a textbook prints it, with a mark on every step."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from derive.derivation import Record, Step
from derive.notation import chain, text
from derive.notation.boxes import ascii_text
from derive.notation.where import broken, wrapped
from derive.proof.statuses import Status
from derive.render.pages import Page, page, steps_of

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions

CLAIM = "proof"  # the reason of what is claimed, as `derive prove` names it
ASCII_MARKS = {"✔": "ok", "≈": "~", "✘": "FAIL", "†": "+", "?": "?"}


@dataclass(frozen=True)
class Look:
    """How a page is shown."""

    width: int = 80
    notation: str = "boxes"  # boxes, linear, ascii
    detail: bool = False
    rename: Mapping[str, str] = field(default_factory=dict)

    @property
    def ascii(self) -> bool:
        """Whether only ASCII characters may be used."""
        return self.notation == "ascii"

    @property
    def style(self) -> str:
        """The printer for formulas in one row."""
        return "ascii" if self.ascii else "unicode"

    def mark(self, status: Status) -> str:
        """The sign of a status."""
        return ASCII_MARKS[status.mark] if self.ascii else status.mark


def derivation_page(
    record: Record, look: Look, notes: tuple[str, ...] = (), results: tuple[str, ...] = ()
) -> str:
    """The page of a record: what it says, where its names live, its steps, what it rests on."""
    shown = page(record, look.rename)
    blocks = [_heading(shown, look), *_chains(shown, look)]
    if look.detail:
        blocks.append(_detail(shown, look))
    blocks.append("\n".join(line for row in results for line in _filled(row, look.width, 10)))
    blocks.append(_summary(shown, look, notes))
    text = "\n\n".join(filter(None, blocks))
    return ascii_text(text) if look.ascii else text


def _heading(shown: Page, look: Look) -> str:
    record = shown.record
    rows = [f"{record.name}   {record.title}".rstrip()]
    chosen = ", ".join(f"{name}={value}" for name, value in record.conventions.items())
    if chosen:
        rows[0] += f"   ({chosen})"
    rows = [line for row in rows for line in _filled(row, look.width)]
    if record.prose and look.detail:
        rows += ["", *textwrap.fill(" ".join(record.prose.split()), look.width).split("\n"), ""]
    clauses = shown.where(look.style)
    rows += [wrapped(clauses, look.width)] if clauses else []
    return "\n".join(rows)


def _filled(row: str, width: int, indent: int = 2) -> list[str]:
    """A row of words in as many rows as it needs; a formula without a gap is left whole."""
    if len(row) <= width:
        return [row]
    gap = " " * indent
    start = row[: len(row) - len(row.lstrip())]
    words = textwrap.wrap(
        row[len(start) :],
        width,
        initial_indent=start,
        subsequent_indent=start + gap,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return words


def _chains(shown: Page, look: Look) -> Iterator[str]:
    for part, links in shown.record.chains.items():
        marks = [look.mark(step.status) for step in steps_of(shown.record.steps, part)]
        if part:
            yield f"{part}"
        if look.notation == "boxes":
            yield chain(shown.lines(links, marks), look.width, bracketed=shown.bracketed)
        else:
            yield _rows(shown, part, marks, look)
        whole = shown.closing(links)
        if whole is not None:
            yield "\n".join(broken(f"matrix form   {text(whole, look.style)}", look.width))


def _rows(shown: Page, part: str, marks: list[str], look: Look) -> str:
    """One row a step, which ASCII breaks where it is too long; the reason below it."""
    lines = shown.lines(shown.record.chains[part], marks, look.style)
    rows = []
    for line in lines:
        sign = ascii_text(line.relation) if look.ascii else line.relation
        left = text(line.left, look.style) if line.left is not None else ""
        start, end = f"{line.number:<4}{left}", f"{sign} {text(line.right, look.style)}"
        row = f"{start} {end}" if left else f"{start}{end}"
        if not look.ascii or len(row) <= look.width:
            rows.append(row)
        else:
            rows += broken(start, look.width, " " * 8) if left else []
            number = "" if left else line.number
            rows += broken(f"{number:<6}{end}", look.width, " " * 10)
        reason = f"      {line.mark:<4} {line.reason}"
        rows += _filled(reason, look.width, 5) if look.ascii else [reason]
    return "\n".join(rows)


def _detail(shown: Page, look: Look) -> str:
    rows: list[str] = []
    for step in shown.record.steps:
        head = f"{step.part + ' ' if step.part else ''}step {step.number}"
        rows.append(f"{head}   {step.status}: {evidence(step)}   {step.link.place}")
        rows += [f"    assuming {words}" for words in assumed(step, shown, look)]
        if step.verdict.reason:
            rows.append(f"    {step.verdict.reason}")
    return "\n".join(line for row in rows for line in _filled(row, look.width, 4))


def evidence(step: Step) -> str:
    """What the independent evaluator saw, in words."""
    found = step.verdict.evidence
    if found is None:
        return "not evaluated"
    points = f"{counted(found.points, 'point')}, {counted(len(found.shapes), 'shape')}"
    return f"the evaluator {found.outcome} ({points}; {found.method})"


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "step"), counted(2, "step")
    ('1 step', '2 steps')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def assumed(step: Step, shown: Page, look: Look) -> list[str]:
    """The assumptions of a step, in words."""
    return shown.assumptions(step.assumptions, look.style)


def tally(record: Record, look: Look) -> str:
    """How many steps have each status, behind the mark of the weakest."""
    total = len(record.steps)
    counts = {s: sum(step.status is s for step in record.steps) for s in reversed(Status)}
    said = ", ".join(f"{k} of {counted(total, 'step')} {s}" for s, k in counts.items() if k)
    return f"{look.mark(record.status)} {said or 'nothing to prove'}"


def _summary(shown: Page, look: Look, notes: tuple[str, ...]) -> str:
    record = shown.record
    rows = []
    words = shown.assumptions(record.assumptions, look.style)
    if words:
        rows.append(wrapped(words, look.width, "assuming   "))
    rows.append(tally(record, look))
    rows += [line for note in notes for line in _filled(f"  {note}", look.width)]
    rows += [row for step in record.steps for row in example(step, look)]
    rows += [row for step in record.steps for row in complaint(shown, step, look)]
    return "\n".join(rows)


FAILED = {"=": "not", "<=": "not at most", "!=": "equal to"}  # what a counterexample says


def example(step: Step, look: Look) -> list[str]:
    """The point that proves that two sides are not always equal."""
    found = step.verdict.evidence
    if step.link.relation != "!=" or step.status is not Status.PROVED or found is None:
        return []
    return _filled(f"  for example  {point(found.counterexample, '=')}", look.width, 4)


def point(example: Any, relation: str) -> str:
    """A point and the values there; indices count from 1, as where they are declared."""
    indices = {index: place + 1 for index, place in example.indices.items()}
    where_ = {**example.sizes, **indices, **example.values}
    at = ", ".join(f"{name.rstrip('_')} = {_shown(value)}" for name, value in where_.items())
    return f"{at}: {example.left:.9g} is {FAILED[relation]} {example.right:.9g}"


def complaint(shown: Page, step: Step, look: Look) -> list[str]:
    """What is wrong with a step: where, the claim, and the smallest point at which it fails."""
    if step.status >= Status.CHECKED:
        return []
    chain = shown.record.chains[step.part]
    name = f"{shown.record.name}{'.' + step.part if step.part else ''}"
    reasons = ", ".join(reason.name for reason in step.link.reasons) or "algebra"
    said = f"`{reasons}` does not give this" if step.status is Status.REFUTED else step.status
    if reasons == CLAIM and step.status is Status.REFUTED:
        said = "this is false"
    claim = shown.claim(chain, step.number, look.style)
    mark = look.mark(step.status)
    rows = ["", f"{mark} {name}, step {step.number} of {len(chain.links)}: {said}"]
    pairs = [f"  {label:<10}{words}" for label, words in _reasons_why(step, claim)]
    return [*rows, *(line for row in pairs for line in _filled(row, look.width, 10))]


def _reasons_why(step: Step, claim: str) -> Iterator[tuple[str, str]]:
    yield "claimed", claim
    found = step.verdict.evidence
    example = found.counterexample if found is not None else None
    if example is not None:
        yield "false at", point(example, step.link.relation)
    elif step.verdict.reason:
        yield "because", step.verdict.reason
    if step.link.place:
        yield "in", step.link.place


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_shown, value))})"
    return str(value)


# --------------------------------------------------------------------------------------------
# Readings of a record


def paged(record: Record, look: Look) -> str:
    """The page of a record, whatever kind of record it is."""
    return str(record.reading("page")(record, look))


def plain(record: Record) -> str:
    """The page in plain text."""
    return paged(record, Look(shutil.get_terminal_size().columns))


def screen(record: Record, console: Console, options: ConsoleOptions) -> Iterator[Any]:
    """The page for rich, as text that is never read as markup."""
    from rich.text import Text

    unicode = not options.ascii_only
    look = Look(options.max_width, "boxes" if unicode else "ascii")
    yield Text(paged(record, look), no_wrap=True, overflow="ignore")
