"""`derive verify`: recompute every status from the terms, and hold numerics to the formulas."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from derive.commands import GOOD, INTERRUPTED, UNDECIDED, WRONG, flags, resolved, screen

if TYPE_CHECKING:
    from derive.verification import Result, Task


def arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="names or topics of `derive list`, or FILE.py"
    )
    flags.seed(parser)
    flags.jobs(parser)
    flags.files(parser)


def run(options: Namespace) -> int:
    """Verify the derivations that are named, or all."""
    from derive.checking.spreading import processes
    from derive.verification import results, tasks_of

    with resolved():
        tasks = tasks_of(options.names, options.seed)
    started = time.perf_counter()
    done: list[Result] = []
    quiet = options.json == "-"
    try:
        with processes(min(options.jobs, len(tasks))) as executor:
            for result in _shown(results(tasks, executor), len(tasks), options):
                done.append(result)
    except KeyboardInterrupt:
        _finish(done, tasks, options, started, quiet)
        from derive.render.terminal import counted

        total = counted(len(tasks), "derivation")
        screen.note(f"interrupted after {len(done)} of {total}")
        return INTERRUPTED
    _finish(done, tasks, options, started, quiet)
    return _status(done)


def _status(results: list[Result]) -> int:
    if any(result.wrong for result in results):
        return WRONG
    return UNDECIDED if any(result.undecided for result in results) else GOOD


# --------------------------------------------------------------------------------------------
# What is seen while it runs


def _shown(results: Iterator[Result], total: int, options: Namespace) -> Iterator[Result]:
    """The results, with a bar on stderr while there is a terminal to see it."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield from results
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[name]}", markup=False),
    )
    console = Console(stderr=True, no_color=not screen.has_colour(options, sys.stderr))
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("verify", total=total, name="")
        for result in results:
            progress.update(bar, advance=1, name=result.task.label)
            yield result


# --------------------------------------------------------------------------------------------
# What is left when it ends


def _finish(
    results: list[Result], tasks: list[Task], options: Namespace, started: float, quiet: bool
) -> None:
    """The table, the troubles and the files."""
    from derive.verification import document

    found = document([result.document for result in results], options.seed)
    if not quiet:
        screen.show(_report(results, tasks, options, time.perf_counter() - started), options)
    if quiet:
        screen.as_json(found)
    elif options.json:
        screen.write(options.json, _json(found))
    if options.junit:
        from derive.render.junit import junit

        screen.write(options.junit, junit(found["derivations"]))


def _json(document: dict[str, Any]) -> str:
    import json

    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _report(results: list[Result], tasks: list[Task], options: Namespace, seconds: float) -> str:
    from derive.render.terminal import counted

    head = f"{counted(len(tasks), 'derivation')}  ·  seed {options.seed}"
    blocks = [head, _table(results, options)]
    for result in results:
        if result.page:
            blocks.append(f"{result.page}\n  again     {result.task.command}")
    blocks.append(_summary(results, seconds))
    return "\n\n".join(blocks)


Column: TypeAlias = "tuple[str, Callable[[Result], str], str]"

# Left out in this order where the terminal is too narrow; the names are cut last.
SPARED = ("proved by", "time", "slopes", "SymPy")


def _columns() -> list[Column]:
    """Heading, what it shows, how it is aligned."""
    return [
        ("derivation", lambda r: r.task.label, "<"),
        ("steps", lambda r: str(len(r.document["steps"])), ">"),
        ("proved by", _proved_by, "<"),
        ("numbers", lambda r: _error(r.document["numbers"]), ">"),
        ("slopes", _slopes, ">"),
        ("SymPy", _opinion, "<"),
        ("time", lambda r: f"{r.seconds:.1f} s", ">"),
    ]


def _table(results: list[Result], options: Namespace) -> str:
    width, columns = screen.width(options), _columns()
    for spared in SPARED:
        if _total(_widths(columns, results)) > width:
            columns = [column for column in columns if column[0] != spared]
    widths = _widths(columns, results)
    widths[0] = max(16, widths[0] - max(0, _total(widths) - width))
    lines = [_cells([heading for heading, _, _ in columns], columns, widths)]
    lines.append(" " + "─" * (len(lines[0]) - 1))
    for result in results:
        row = _cells([shown(result) for _, shown, _ in columns], columns, widths)
        lines.append(f"{row}  {_sign(result.document['status'], result.wrong)}")
    return "\n".join(lines)


def _widths(columns: list[Column], results: list[Result]) -> list[int]:
    return [max([len(h), *(len(shown(r)) for r in results)]) for h, shown, _ in columns]


def _total(widths: list[int]) -> int:
    """The width of a row with its gaps and the widest mark."""
    return 1 + sum(widths) + 3 * (len(widths) - 1) + 2 + len("FAIL")


def _cells(row: list[str], columns: list[Column], widths: list[int]) -> str:
    cells = [
        f"{text if len(text) <= width else text[: width - 1] + '…':{align}{width}}"
        for text, width, (_, _, align) in zip(row, widths, columns, strict=True)
    ]
    return " " + "   ".join(cells)


def _sign(status: str, wrong: bool) -> str:
    marks = {"proved": "✔", "cited": "†", "checked": "≈", "unproved": "?", "refuted": "✘"}
    return "✘" if wrong else marks[status]


def _proved_by(result: Result) -> str:
    counts: dict[str, int] = {}
    for step in result.document["steps"]:
        for rule in step["rule"].split(", "):
            counts[rule] = counts.get(rule, 0) + 1
    return " · ".join(f"{rule} {count}" for rule, count in counts.items())


def _error(numbers: dict[str, Any] | None) -> str:
    return f"{numbers['max_error']:.1e}" if numbers else "none"


def _slopes(result: Result) -> str:
    numbers = result.document["numbers"] or {}
    found = numbers.get("compared", {}).get("finite_differences")
    return f"{found['max_error']:.1e}" if found else ""


def _opinion(result: Result) -> str:
    return {True: "agrees", False: "DIFFERS", None: "none"}[_sympy_agrees(result.document)]


def _summary(results: list[Result], seconds: float) -> str:
    from derive.render.terminal import counted

    counts: dict[str, int] = {}
    for result in results:
        status = "wrong" if result.wrong else result.document["status"]
        counts[status] = counts.get(status, 0) + 1
    steps = sum(len(result.document["steps"]) for result in results)
    said = "  ".join(f"{count} {status}" for status, count in counts.items()) or "nothing"
    total = f"{counted(len(results), 'derivation')}, {counted(steps, 'step')}"
    first = f"{said}   of {total} in {seconds:.1f} s"
    return "\n".join([first, *_evidence([result.document for result in results])])


def _evidence(documents: list[dict[str, Any]]) -> Iterator[str]:
    """For how many derivations what was computed and asked agrees."""
    asked = {name: [agrees(document) for document in documents] for name, agrees in EVIDENCE}
    found = {name: [a for a in answers if a is not None] for name, answers in asked.items()}
    shares = [f"{name} {a.count(True)} of {len(a)}" for name, a in found.items() if a]
    if shares:
        yield f"agreeing: {', '.join(shares)}"


def _numbers_agree(document: dict[str, Any]) -> bool | None:
    numbers = document["numbers"]
    return numbers["agree"] if numbers else None


def _slopes_agree(document: dict[str, Any]) -> bool | None:
    numbers = document["numbers"]
    sloped = numbers and "finite_differences" in numbers["compared"]
    return numbers["agree"] if sloped else None


def _sympy_agrees(document: dict[str, Any]) -> bool | None:
    return ((document["trust"] or {}).get("sympy") or {}).get("agrees")


EVIDENCE = (("numbers", _numbers_agree), ("slopes", _slopes_agree), ("SymPy", _sympy_agrees))
