"""The verification of derivations as tasks, which may be spread over processes or machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from derive import catalogue, names
from derive.checking.spreading import spread

if TYPE_CHECKING:
    from derive.checking.report import Report
    from derive.derivation import Record


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


def verify(*wanted: str, seed: int = 0, executor: Executor | None = None) -> dict[str, Any]:
    """The document of `derive verify --json`: every status, recomputed, and what numbers say.

    Args:
        wanted: names or topics of the catalogue, or places of your own, `FILE.py`; all without.
        seed: of the random draws.
        executor: any `concurrent.futures.Executor`; Dask's is `Client(...).get_executor()`.

    Raises:
        UnknownName: where a name stands for nothing.
        ValueError: where a derivation is badly made.

    >>> verify("relu_derivative")["derivations"][0]["status"]
    'proved'
    """
    tasks = tasks_of(wanted, seed)
    return document([result.document for result in results(tasks, executor)], seed)


def document(derivations: Sequence[dict[str, Any]], seed: int) -> dict[str, Any]:
    """What is written as JSON."""
    return {"schema": 1, "seed": seed, "derivations": list(derivations)}


def tasks_of(wanted: Sequence[str], seed: int) -> list[Task]:
    """A task for each value of the conventions of each derivation that is wanted, or of all."""
    return [task for name in wanted or catalogue.entries() for task in _tasks(name, seed)]


def _tasks(name: str, seed: int) -> Iterator[Task]:
    place = name.partition(":")[0] if ":" in name or name.endswith(".py") else ""
    for derivation in names.derivations(name):
        full = f"{place}:{derivation.name}" if place else derivation.name
        try:
            for record in derivation.records():
                yield Task(full, tuple(record.conventions.items()), seed)
        except ValueError as error:  # a DerivationError or a ShapeError, from the author's lines
            raise ValueError(f"{full}: {error}") from None


def results(tasks: Sequence[Task], executor: Executor | None) -> Iterator[Result]:
    """The results of tasks in their order, as they come, from another place if there is one."""
    if executor is None:
        yield from map(verified, tasks)
    else:
        yield from spread(verified, tasks, executor, lambda task: [task], _died)


def _died(task: Task) -> Result:
    record = names.load(task.name, **dict(task.conventions))
    return _failed(task, record, RuntimeError("the process that verified it ended"))


def verified(task: Task) -> Result:
    """Verify one record; a contradiction between prover and evaluator counts as wrong."""
    from derive.checking.report import report
    from derive.render.data import reported

    record = names.load(task.name, **dict(task.conventions))
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
