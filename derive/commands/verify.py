"""`derive verify`: recompute every status from the terms, and hold numerics to the formulas."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from derive import catalogue
from derive.commands import GOOD, INTERRUPTED, UNDECIDED, WRONG, UsageError, names, screen

if TYPE_CHECKING:
    from derive.checking.report import Report
    from derive.derivation import Record


def arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="names or topics of `derive list`, or FILE.py"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random draws (default: 0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes to use (default: 1)")
    parser.add_argument("--json", metavar="FILE", help="write one JSON document; - is stdout")
    parser.add_argument("--junit", metavar="FILE", help="write JUnit XML")


@dataclass(frozen=True)
class Task:
    """One record to verify, named so that another process can load it."""

    name: str
    conventions: tuple[tuple[str, str], ...]
    seed: int

    @property
    def command(self) -> str:
        """The command that shows the same."""
        chosen = "".join(f" --with {key}={value}" for key, value in self.conventions)
        return f"derive show {self.name}{chosen} --seed {self.seed}"

    @property
    def label(self) -> str:
        """The name with the conventions that are not the default."""
        values = ",".join(value for _, value in self.conventions)
        return f"{self.name} [{values}]" if values else self.name


@dataclass(frozen=True)
class Result:
    """What came of a task, in data that can be sent between processes."""

    task: Task
    document: dict[str, Any]
    wrong: bool
    undecided: bool
    seconds: float
    page: str


def run(options: Namespace) -> int:
    """Verify the derivations that are named, or all."""
    tasks = [
        task for name in options.names or catalogue.entries() for task in _tasks(name, options)
    ]
    started = time.perf_counter()
    results: list[Result] = []
    quiet = options.json == "-"
    try:
        for result in _shown(_results(tasks, options), len(tasks), options):
            results.append(result)
    except KeyboardInterrupt:
        _finish(results, tasks, options, started, quiet)
        from derive.render.terminal import counted

        total = counted(len(tasks), "derivation")
        screen.note(f"interrupted after {len(results)} of {total}")
        return INTERRUPTED
    _finish(results, tasks, options, started, quiet)
    return _status(results)


def _status(results: list[Result]) -> int:
    if any(result.wrong for result in results):
        return WRONG
    return UNDECIDED if any(result.undecided for result in results) else GOOD


def _tasks(name: str, options: Namespace) -> Iterator[Task]:
    """A task for each value of the conventions of each derivation that a name stands for."""
    place = name.partition(":")[0] if ":" in name or name.endswith(".py") else ""
    for derivation in names.derivations(name):
        full = f"{place}:{derivation.name}" if place else derivation.name
        try:
            for record in derivation.records():
                yield Task(full, tuple(record.conventions.items()), options.seed)
        except ValueError as error:  # a DerivationError or a ShapeError, from the author's lines
            raise UsageError(f"{full}: {error}") from None


def _results(tasks: list[Task], options: Namespace) -> Iterator[Result]:
    jobs = min(options.jobs, len(tasks))
    if jobs <= 1:
        yield from map(verified, tasks)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Never fork: a forked process inherits locks of threads that it does not have.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(verified, tasks)


def verified(task: Task) -> Result:
    """Verify one record; a contradiction between prover and evaluator counts as wrong."""
    from derive.checking.report import report
    from derive.render.data import reported

    record = names.record(task.name, dict(task.conventions))
    try:
        found = report(record, task.seed)
    except Exception as error:
        return _failed(task, record, error)
    document = {**reported(found), "seconds": round(found.seconds, 3)}
    page = _page(found) if found.is_wrong or found.is_undecided else ""
    return Result(task, document, found.is_wrong, found.is_undecided, found.seconds, page)


def _failed(task: Task, record: Record, error: Exception) -> Result:
    trouble = f"{type(error).__name__}: {' '.join(str(error).split())}"
    document: dict[str, Any] = {
        "name": record.name,
        "topic": record.topic,
        "title": record.title,
        "conventions": dict(record.conventions),
        "status": "unproved",
        "assumptions": [],
        "steps": [],
        "numbers": None,
        "trust": None,
        "trouble": trouble,
    }
    return Result(task, document, True, False, 0.0, f"{record.name}: {trouble[:400]}")


def _page(found: Report) -> str:
    """What is wrong with a record, without the page around it."""
    from derive.render.pages import page
    from derive.render.terminal import Look, complaint

    shown, look = page(found.record), Look()
    rows = [row for step in found.record.steps for row in complaint(shown, step, look)]
    if found.trouble:
        rows += ["", f"✘ {found.record.name}: {found.trouble}"]
    if found.numbers is not None and found.numbers.failure is not None:
        rows += ["", f"✘ {found.record.name}: {found.numbers.failure}"]
    if found.opinion.agrees is False:
        rows += ["", f"✘ {found.record.name}: {found.opinion}"]
    return "\n".join(rows).strip("\n")


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
    documents = [result.document for result in results]
    if not quiet:
        screen.show(_report(results, tasks, options, time.perf_counter() - started), options)
    if quiet:
        screen.as_json(_document(documents, options))
    elif options.json:
        _write(options.json, _json(_document(documents, options)))
    if options.junit:
        from derive.render.junit import junit

        _write(options.junit, junit(documents))


def _document(documents: list[dict[str, Any]], options: Namespace) -> dict[str, Any]:
    return {"schema": 1, "seed": options.seed, "derivations": documents}


def _json(document: dict[str, Any]) -> str:
    import json

    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def _report(results: list[Result], tasks: list[Task], options: Namespace, seconds: float) -> str:
    from derive.render.terminal import counted

    head = f"{counted(len(tasks), 'derivation')}  ·  seed {options.seed}"
    blocks = [head, _table(results, options)]
    for result in results:
        if result.page:
            blocks.append(f"{result.page}\n  again     {result.task.command}")
    blocks.append(_summary(results, seconds))
    return "\n\n".join(blocks)


Column = tuple[str, Callable[[Result], str], str]

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
