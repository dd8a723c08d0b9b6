"""Calls of a user's code: nothing that it does ends in a traceback of ours."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import random
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

OURS = str(Path(__file__).resolve().parents[2])
AGAIN = 0.2  # seconds between the calls to order
TIMEOUT = 10.0  # seconds of one call
LISTENED = 50  # calls in which the global generators are looked at, which takes a while


class UserError(Exception):
    """What went wrong in the user's code; the trace shows their frames alone."""

    def __init__(self, message: str, trace: str = "", kind: str = "raises") -> None:
        super().__init__(message)
        self.trace = trace
        self.kind = kind


class _TimeIsUp(BaseException):
    """Raised in the user's code; no `except Exception` of theirs may swallow it."""


class _Ended(BaseException):
    """What the user's code called to end the process."""


@dataclass
class Noise:
    """What the user's code did beside returning something."""

    printed: str = ""
    seeded: str = ""
    calls: int = 0


class _Spoken(io.StringIO):
    """What is printed, by code that may close its stream."""

    def close(self) -> None:
        pass


def called(function: Callable[..., Any], *arguments: Any, noise: Noise, limit: float) -> Any:
    """What a function returns; its output is kept away from ours, its warnings are ignored.

    Raises:
        UserError: where it raises, exits or takes longer than the limit, in seconds.
    """
    noise.calls += 1
    before = _generators() if noise.calls <= LISTENED else ()
    spoken = _Spoken()
    try:
        with OUTSIDE.replaced(spoken), np.errstate(all="ignore"), _alarm(limit):
            found = function(*arguments)
            if inspect.iscoroutine(found):
                found.close()
                raise UserError("returns a coroutine: an async function is not run", kind="type")
            return found
    except _TimeIsUp:
        raise UserError(f"takes longer than {limit:g} s", kind="hangs") from None
    except (KeyboardInterrupt, UserError):
        raise
    except _Ended as error:
        raise UserError(f"{error}, which ends the process", _theirs(error)) from None
    except SystemExit as error:
        raise UserError(f"SystemExit({error.code}), which ends the program") from None
    except BaseException as error:
        said = " ".join(str(error).split())
        raise UserError(f"{type(error).__name__}: {said}", _theirs(error)) from None
    finally:
        noise.printed = noise.printed or spoken.getvalue()[:200]
        noise.seeded = noise.seeded or (_changed(before) if before else "")


def _theirs(error: BaseException) -> str:
    """The traceback without our frames."""
    frames = traceback.extract_tb(error.__traceback__)
    kept = [f for f in frames if not _is_machinery(f.filename)]
    said = [] if isinstance(error, _Ended) else traceback.format_exception_only(error)
    return "".join([*traceback.format_list(kept), *said]).rstrip()


def _is_machinery(path: str) -> bool:
    importing = path.startswith("<frozen importlib") or "importlib" in Path(path).parts
    return importing or os.path.realpath(path).startswith(OURS)


def _generators() -> tuple[Any, ...]:
    state = np.random.get_state()
    return random.getstate(), (state[2], state[1].tobytes())  # type: ignore[index]


def _changed(before: tuple[Any, ...]) -> str:
    """Which global generator is no longer as it was."""
    after = _generators()
    names = ("random", "numpy.random")
    return ", ".join(n for n, a, b in zip(names, before, after, strict=True) if a != b)


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupt what takes too long, where the platform and the thread allow it."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not _main():
        yield
        return

    def ring(number: int, frame: object) -> None:
        raise _TimeIsUp

    previous = signal.signal(signal.SIGALRM, ring)
    # It rings again, for code may swallow an exception, in an `except:` or where one is ignored.
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@dataclass
class _Outside:
    """What the user's code must not reach while it runs: our streams, the end of this process.

    Several threads may run code at once: the last one to leave puts back what the first one found.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    inside: int = 0
    kept: dict[tuple[Any, str], Any] = field(default_factory=dict)

    @contextlib.contextmanager
    def replaced(self, spoken: _Spoken) -> Iterator[None]:
        """What is printed goes elsewhere; a call that would end the process is an error."""
        with self.lock:
            if not self.inside:
                self.kept = {place: getattr(*place) for place in PLACES}
                for name in ENDS:
                    setattr(os, name, _ending(name, self.kept[os, name]))
            self.inside += 1
            sys.stdout = sys.stderr = spoken
        try:
            yield
        finally:
            with self.lock:
                self.inside -= 1
                for place, value in () if self.inside else self.kept.items():
                    setattr(*place, value)


def _ending(name: str, end: Callable[..., Any]) -> Callable[..., Any]:
    """A function in place of one that ends the process at once, without a report.

    A process that the code itself has started may end as it likes.
    """
    own = os.getpid()

    def ended(*arguments: Any) -> None:
        if os.getpid() != own:
            end(*arguments)
        raise _Ended(f"os.{name}({', '.join(map(str, arguments))})")

    return ended


ENDS = ("_exit", "abort")
PLACES: tuple[tuple[Any, str], ...] = (
    (sys, "stdout"),
    (sys, "stderr"),
    *((os, name) for name in ENDS),
)
OUTSIDE = _Outside()


def _main() -> threading.Thread:
    return threading.main_thread()
