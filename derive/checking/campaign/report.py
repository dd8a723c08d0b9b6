"""The report of a campaign, and its screen, which is the failure text of the tests as well."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from derive.checking.campaign.diagnosis import explanations
from derive.checking.campaign.explanations import ORDINARY
from derive.checking.campaign.faults import Fault, Row, fault_of, formula_text, inputs
from derive.checking.campaign.running import Campaign

WIDTH = 80
GAP = "  "
FIXED = "\N{NO-BREAK SPACE}"  # between numbers of one row
ASIDE = "   "  # before what is said of a command
EXIT = {"right": 0, "wrong": 1, "undecided": 3}


@dataclass(frozen=True)
class Report:
    """All that is said of a user's code."""

    campaign: Campaign
    faults: Mapping[str, Fault] = field(default_factory=dict)
    command: str = ""  # that runs the check again
    formula: str = ""  # how certain the formula is

    @property
    def verdict(self) -> str:
        """Right, wrong or undecided."""
        if self.campaign.is_wrong:
            return "wrong"
        return "undecided" if self.campaign.is_undecided else "right"

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return self.verdict == "right"

    @property
    def status(self) -> int:
        """The exit status of the command."""
        return 130 if self.campaign.interrupted else EXIT[self.verdict]

    def __str__(self) -> str:
        return screen(self)


def report(campaign: Campaign, command: str = "", formula: str = "") -> Report:
    """The report: every wrong output is explained and shrunk."""
    if not campaign.is_wrong:
        return Report(campaign, {}, command, formula)
    try:
        return Report(campaign, _faults(campaign), command, formula)
    except KeyboardInterrupt:
        campaign.interrupted = True
        return Report(campaign, _faults(campaign), command, formula)


def _faults(campaign: Campaign) -> dict[str, Fault]:
    # Code that ends processes is not called in this one, to explain or to shrink what is wrong.
    told = {} if campaign.interrupted or campaign.is_deadly else explanations(campaign)
    return {
        name: fault_of(campaign, name, failures, told.get(name))
        for name, failures in campaign.failures.items()
        if failures
    }


# --------------------------------------------------------------------------------------------
# The screen


def screen(report: Report, width: int = WIDTH) -> str:
    """The whole page."""
    blocks = [_heading(report, width), "\n".join(_verdicts(report, width))]
    blocks += ["\n".join(_fault(report, group, width)) for group in _groups(report)]
    blocks.append("\n".join(_notes(report, width)))
    blocks.append("\n".join(_commands(report, width)))
    blocks.append(_summary(report))
    return "\n\n".join(filter(None, blocks))


def _heading(report: Report, width: int) -> str:
    examination = report.campaign.examination
    target, code = examination.target, examination.subject
    chosen = "".join(f" {k}={v}" for k, v in target.conventions.items())
    types = sorted({outcome.draw.dtype.__name__ for outcome in report.campaign.outcomes})
    rest = f"{code.framework} · {', '.join(reversed(types))} · seed {examination.seed}"
    first = f"{code.name}  as  {target.name}{chosen}"
    if len(first) > width:
        first = f"{code.name}\n  as  {target.name}{chosen}"
    return f"{first}   {rest}" if len(first) + len(rest) + 3 <= width else f"{first}\n{rest}"


def _verdicts(report: Report, width: int) -> Iterator[str]:
    campaign = report.campaign
    names = [name or "result" for name in campaign.examination.lines]
    wide = max(map(len, names))
    for shown, name in zip(names, campaign.examination.lines, strict=True):
        fault = report.faults.get(name)
        if fault is not None:
            yield from _wrapped(f"✘  {shown:{wide}}  ", _found(fault), width)
        elif not campaign.decided[name]:
            said = "never decided: the formula had no value at any draw"
            yield from _wrapped(f"?  {shown:{wide}}  ", said, width)
        else:
            said = formula_text(campaign.examination.target.output(name))
            yield f"✔  {shown:{wide}}  {said}".rstrip()
    for message in campaign.breaches.values():
        yield from _wrapped(f"✘  {'protocol':{wide}}  ", message, width)


def _found(fault: Fault) -> str:
    times = f"wrong after {fault.draws} draw{'s' * (fault.draws != 1)}"
    if fault.message:
        return f"{fault.message}   ({times})"
    if fault.kind == "finite":
        return f"not finite where the formula is   ({times})"
    return f"{times}; smallest failing input found below"


def _groups(report: Report) -> list[list[Fault]]:
    """Faults with the same explanation together, each with its own table."""
    groups: list[list[Fault]] = []
    for fault in report.faults.values():
        same = next((g for g in groups if _key(g[0]) == _key(fault) is not None), None)
        if same is None:
            groups.append([fault])
        else:
            same.append(fault)
    return groups


def _key(fault: Fault) -> str | None:
    """What faults share that have one explanation, or one message and one input."""
    if fault.explanation is not None:
        return fault.explanation.words
    return fault.message if fault.kind in ("raises", "hangs", "dies") else None


def _fault(report: Report, faults: Sequence[Fault], width: int) -> Iterator[str]:
    first = faults[0]
    yield from _input(report, first, width)
    for fault in faults:
        yield from _table(report, fault)
    yield from _trace(first)
    if any(fault.rows or fault.failure.trace for fault in faults):
        yield ""
    if first.explanation is not None:
        named = [fault.output for fault in faults if fault.output]
        head = f"{', '.join(named)}: " if named else ""
        count = first.explanation
        agreed = f"  (agrees on {count.agrees} of {count.draws} draws)" if count.draws else ""
        yield from _filled("because", f"{head}{count.words}{agreed}", width)
        if count.source:
            yield from _command("comes from", count.source, width)
    elif first.kind in ("value", "finite") and not report.campaign.interrupted:
        yield from _filled("because", "no single change of the formula explains it", width)


def _input(report: Report, fault: Fault, width: int) -> Iterator[str]:
    sizes = ", ".join(f"{name} = {k}" for name, k in fault.failure.draw.sizes.items())
    label = "input"
    for name, values in inputs(report.campaign.examination, fault):
        head = f"  {label:<9} {name} = "
        rows = values.split("], ")
        if max(map(len, rows)) < width - len(head):
            values = "], ".join(row.replace(" ", FIXED) for row in rows)
        yield from _wrapped(head, values, width)
        label = ""
    if sizes:
        regime = fault.failure.draw.regime
        yield f"  {'':<9} ({sizes}{'' if regime == ORDINARY else f'; {regime}'})"


def _table(report: Report, fault: Fault) -> Iterator[str]:
    if not fault.rows:
        return
    own = bool(report.campaign.examination.target.cotangent)
    last = "your forward's diff." if own else "finite diff."
    sloped = any(row.difference is not None for row in fault.rows)
    heads = [fault.output or "result", "yours", "formula", *([last] if sloped else [])]
    rows = [_cells(row, sloped) for row in fault.rows]
    widths = [max(len(cells[k]) for cells in [heads, *rows]) for k in range(len(heads))]
    lines = [
        "   ".join(
            f"{cell:<{wide}}" if k == 0 else f"{cell:>{wide}}"
            for k, (cell, wide) in enumerate(zip(cells, widths, strict=True))
        )
        for cells in [heads, *rows]
    ]
    yield ""
    yield f"   {lines[0]}".rstrip()
    yield "   " + "─" * len(lines[0])
    yield from (f"   {line}".rstrip() for line in lines[1:])


def _cells(row: Row, sloped: bool) -> list[str]:
    cells = [f"[{', '.join(map(str, row.entry))}]" if row.entry else "", *_numbers(row)]
    if sloped:
        cells.append("" if row.difference is None else f"{row.difference:.6g}")
    return cells


def _numbers(row: Row) -> list[str]:
    """Both numbers with as many digits as tell them apart."""
    for digits in (6, 9, 12, 17):
        both = [f"{row.yours:.{digits}g}", f"{row.formula:.{digits}g}"]
        if both[0] != both[1]:
            break
    return both


def _trace(fault: Fault) -> Iterator[str]:
    if fault.failure.trace:
        yield ""
        yield from (f"   {line}" for line in fault.failure.trace.splitlines())


def _filled(label: str, words: str, width: int) -> list[str]:
    return _wrapped(f"  {label:<10}  ", words, width)


def _wrapped(head: str, words: str, width: int) -> list[str]:
    """Words after a head, in lines that begin below its end."""
    room = max(40, width - len(head))
    lines = textwrap.wrap(words, room, break_long_words=False, break_on_hyphens=False)
    lines = [line.replace(FIXED, " ") for line in lines]
    return [f"{head if k == 0 else ' ' * len(head)}{line}" for k, line in enumerate(lines)]


def _command(label: str, words: str, width: int) -> list[str]:
    """A command to copy, and what is said of it: where it is long, in lines as a shell takes
    them."""
    head = f"  {label}  "
    if len(head) + len(words) <= width:
        return [f"{head}{words}"]
    command, _, rest = words.partition(ASIDE)
    lines: list[str] = []
    for k, option in enumerate(command.split(" --")):
        part = f"--{option}" if k else option
        if lines and len(head) + len(lines[-1]) + len(part) + 3 <= width:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    lines = [*(f"{line} \\" for line in lines[:-1]), lines[-1], *([rest] if rest else [])]
    return [f"{' ' * len(head) if k else head}{line}" for k, line in enumerate(lines)]


def _notes(report: Report, width: int) -> Iterator[str]:
    for note in report.campaign.notes:
        yield from _filled("note", note, width)


def _commands(report: Report, width: int) -> Iterator[str]:
    if not report.command or report.verdict != "wrong":
        return
    number = next((f.failure.draw.number for f in report.faults.values()), None)
    if number is not None:
        seed = report.campaign.examination.seed
        apart = " --jobs 2" if report.campaign.is_deadly else ""
        yield from _command(
            "run it again", f"{report.command} --replay {seed}-{number}{apart}", width
        )
    yield from _command("keep a test ", f"{report.command} --write-test FILE", width)


def _summary(report: Report) -> str:
    campaign = report.campaign
    lines = list(campaign.examination.lines)
    wrong = len(report.faults)
    parts = [f"{wrong} wrong"] if wrong else []
    parts += [f"{len(campaign.breaches)} against the protocol"] if campaign.breaches else []
    undecided = [n for n in lines if n not in report.faults and not campaign.decided[n]]
    right = len(lines) - wrong - len(undecided)
    parts += [f"{right} right"] if right else []
    parts += [f"{len(undecided)} undecided"] if undecided else []
    made = len(campaign.outcomes)
    draws = f"{made} draw{'s' * (made != 1)}"
    draws = draws if made == campaign.planned else f"{made} of {campaign.planned} draws"
    proved = f"   formula {report.formula}" if report.formula else ""
    cut = "   interrupted" if campaign.interrupted else ""
    return f"{GAP.join(parts)}   {draws}{proved}   exit code {report.status}{cut}"
