"""Tasks spread over processes or machines: results in order, and the rest goes on if one dies."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from multiprocessing import active_children, get_context
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

LOST = "KilledWorker"  # what Dask calls it when a task took several workers down


class Processes(ProcessPoolExecutor):
    """Processes of our own, never forked: a forked one inherits locks of threads it does not have.

    An interruption is the parent's alone.
    """

    def __init__(self, count: int) -> None:
        super().__init__(count, mp_context=get_context("spawn"), initializer=_deaf)

    def stop(self) -> None:
        """End them, whatever they are at."""
        self.shutdown(wait=False, cancel_futures=True)
        for process in active_children():
            process.terminate()


def processes(count: int) -> AbstractContextManager[Processes | None]:
    """Processes for so many jobs, none for one."""
    return Processes(count) if count > 1 else nullcontext()


def _deaf() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def spread(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    executor: Executor,
    pieces: Callable[[Task], Sequence[Task]],
    died: Callable[[Task], Result],
) -> Iterator[Result]:
    """The results of a function for tasks, in their order.

    Tasks whose worker died are tried again in a process of their own, piece by piece, so that it
    is known which of them ended it.
    """
    alone = _Alone(function, died)
    futures = [(task, _submitted(executor, function, task)) for task in tasks]
    try:
        for task, future in futures:
            try:
                yield future.result()
            except Exception as error:
                if not is_death(error):
                    raise
                yield from map(alone, pieces(task))
    except KeyboardInterrupt:
        if isinstance(executor, Processes):
            executor.stop()
        raise
    finally:
        for _, future in futures:
            future.cancel()
        alone.close()


def one_by_one(
    function: Callable[[Task], Result], tasks: Sequence[Task], died: Callable[[Task], Result]
) -> Iterator[Result]:
    """The same of tasks that are known to end their worker, each in a process of its own."""
    alone = _Alone(function, died)
    try:
        yield from map(alone, tasks)
    finally:
        alone.close()


def is_death(error: BaseException) -> bool:
    """Whether an error says that a worker ended."""
    return isinstance(error, BrokenExecutor) or type(error).__name__ == LOST


def _submitted(
    executor: Executor, function: Callable[[Task], Result], task: Task
) -> Future[Result]:
    try:
        return executor.submit(function, task)
    except BrokenExecutor as error:
        broken: Future[Result] = Future()
        broken.set_exception(error)
        return broken


class _Alone(Generic[Task, Result]):
    """One process, and a new one when it ends."""

    def __init__(self, function: Callable[[Task], Result], died: Callable[[Task], Result]) -> None:
        self.function, self.died = function, died
        self.pool: Processes | None = None

    def __call__(self, task: Task) -> Result:
        self.pool = self.pool or Processes(1)
        try:
            found: Result = self.pool.submit(self.function, task).result()
            return found
        except BrokenExecutor:
            self.close()
            return self.died(task)
        except KeyboardInterrupt:
            self.pool.stop()
            raise

    def close(self) -> None:
        """End it."""
        if self.pool is not None:
            self.pool.shutdown()
        self.pool = None
