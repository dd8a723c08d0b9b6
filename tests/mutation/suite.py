"""The tests as pytest collects them, and which of them use which function."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

import pytest
from _pytest.doctest import DoctestItem

import numerics
from derive import catalogue
from derive.derivation import Record

from .glances import GLANCES
from .mutants import ROOT, SPACES, Mutant
from .planting import dependents
from .trials import Check

ABOUT_NUMERICS = "test_every_record_agrees_with_numerics"  # the others prove without them
ABOUT_CATALOGUE = ("tests/test_catalogue", "tests/test_layer", "tests/test_training_values")

# What is asked of numerics by itself and of the catalogue; other tests are of the machinery.
FILES = (
    "tests/test_numerics.py",
    "tests/test_numerics_values.py",
    "tests/test_layer_records.py",
    "tests/test_layers.py",
    "tests/test_training_values.py",
    "tests/test_statistics.py",
    "tests/test_catalogue.py",
    "tests/test_catalogue_claims.py",
    "numerics",
)
OPTIONS = ("-n0", "-p", "no:terminal", "-p", "no:cacheprovider", "--assert=plain")


class Failed(Exception):
    """A test that fails."""


class Suite:
    """The collected tests, each of which can be run by itself, any number of times."""

    def __init__(self, session: pytest.Session) -> None:
        self.items = {item.nodeid: item for item in session.items}
        self.checks: dict[str, Check] = {}
        self.users: dict[tuple[str, str], set[str]] = defaultdict(set)

    def run(self, name: str) -> None:
        """Run one test with its fixtures, as pytest does.

        Raises:
            Failed: where it fails or cannot be set up.
        """
        item = self.items[name]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        reports = item.stash.get(REPORTS, [])
        if any(report.failed for report in reports):
            raise Failed(name)

    def relevant(self, mutant: Mutant) -> list[Check]:
        """The tests that use the function of a mutant, or its module where it is in none."""
        names = self.users.get((mutant.module, mutant.function)) or self._users(mutant.module)
        glances = [self._glance(name) for name in sorted(names) if self._has_glance(name)]
        return [*glances, *(self.checks[name] for name in sorted(names))]

    def _has_glance(self, name: str) -> bool:
        return _is_long(self.items[name]) and _function(self.items[name]) in GLANCES

    def _glance(self, name: str) -> Check:
        """What a test asks of its entry, at a glance."""
        item = self.items[name]
        return Check(f"{name} at a glance", lambda: GLANCES[_function(item)](_entry(item)), GLANCE)

    def _users(self, module: str) -> set[str]:
        """What uses any function of a module: all that depends on what runs at its import."""
        return {name for (home, _), names in self.users.items() if home == module for name in names}

    def trace(self, modules: Sequence[str], names: Iterable[str]) -> list[str]:
        """Run tests once to see what they use of some modules; those that fail are returned."""
        failing = []
        for name, seconds, used, passed in _elsewhere(lambda: self._traced(modules, names)):
            if not passed:
                failing.append(name)
                continue
            self.checks[name] = Check(name, lambda name=name: self.run(name), seconds)
            about = [(m, said) for m in modules for said in _said(self.items[name])]
            for module, function in (*used, *about):
                self.users[module, function].add(name)
        self._share()
        return failing

    def _share(self) -> None:
        """What is about an entry uses what the other tests about its function use."""
        for names in list(self.users.values()):
            said = {word for name in names for word in _said(self.items[name])}
            names |= {
                name
                for name in self.checks
                if _is_long(self.items[name]) and said & set(_said(self.items[name]))
            }

    def _traced(self, modules: Sequence[str], names: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        homes = {str(ROOT / module.replace(".", "/")) + ".py": module for module in modules}
        for name in names:
            _forget_records()
            started, passed = time.process_time(), True
            with _calls_into(homes) as used:
                try:
                    self._run_or_load(name)
                except Failed:
                    passed = False
            spent = time.process_time() - started
            yield name, max(spent, _expected(self.items[name])), sorted(used), passed

    def _run_or_load(self, name: str) -> None:
        """Run a test; of one about an entry of the catalogue, only state its chain."""
        if _is_long(self.items[name]):
            _entry(self.items[name])
        else:
            self.run(name)


# Seconds, about, of a test about an entry of the catalogue, and of a glance at one.
LONG, GLANCE = 0.4, 0.02


def _expected(item: Any) -> float:
    """The seconds that a test is known to take, of which only a part was run."""
    return LONG if _is_long(item) else 0.0


def _entry(item: Any) -> Record:
    """The record that a test is about, stated anew if its module is another."""
    return catalogue.load(item.callspec.params["name"], **item.callspec.params["conventions"])


def _function(item: Any) -> str:
    """The name of a test without its parameters."""
    return str(item.originalname)


def _is_long(item: Any) -> bool:
    """Whether a test is about an entry, for given conventions."""
    return "conventions" in getattr(getattr(item, "callspec", None), "params", ())


REPORTS = pytest.StashKey[list[pytest.TestReport]]()


@contextmanager
def _calls_into(homes: dict[str, str]) -> Iterator[set[tuple[str, str]]]:
    """The functions of some files that are called meanwhile, by the outermost name."""
    codes: set[CodeType] = set()

    def seen(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename in homes:
            codes.add(frame.f_code)

    used: set[tuple[str, str]] = set()
    sys.setprofile(seen)
    try:
        yield used
    finally:
        sys.setprofile(None)
        for code in codes:
            used.add((homes[code.co_filename], code.co_qualname.split(".<locals>")[0]))


def _forget_records() -> None:
    """Let every derivation state its chains anew."""
    for name, module in list(sys.modules.items()):
        if name.startswith(SPACES):
            for value in vars(module).values():
                getattr(value, "_records", {}).clear()


def _elsewhere(rows: Callable[[], Iterable[Any]]) -> list[Any]:
    """What a function yields, called in a process of its own, so that it changes nothing here."""
    reading, writing = os.pipe()
    if not os.fork():
        os.close(reading)
        try:
            with os.fdopen(writing, "w") as pipe:
                for row in rows():
                    print(json.dumps(row), file=pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        found = [json.loads(line) for line in pipe]
    os.wait()
    return found


class Campaign:
    """A plugin of pytest that does something else with the collected tests than running them."""

    def __init__(self, action: Callable[[Suite], None]) -> None:
        self.action = action

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Hand the tests over."""
        self.action(Suite(session))
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> pytest.TestReport:
        """A report without the text of the failure, which takes longer than the failure."""
        skipped = call.excinfo is not None and call.excinfo.errisinstance(pytest.skip.Exception)
        outcome: Any = "skipped" if skipped else "failed" if call.excinfo else "passed"
        said = ("", 0, "skipped") if skipped else None
        report = pytest.TestReport(
            item.nodeid, item.location, {}, outcome, said, call.when, duration=call.duration
        )
        if call.when == "setup":
            item.stash[REPORTS] = []
        item.stash[REPORTS].append(report)
        return report


def with_suite(action: Callable[[Suite], None], files: Sequence[str] = FILES) -> int:
    """Collect the tests of some files, and do something with them."""
    os.chdir(ROOT)
    return int(pytest.main([*files, *OPTIONS], plugins=[Campaign(action)]))


def candidates(suite: Suite, modules: Sequence[str]) -> list[str]:
    """The tests that may use some modules: those of their topics, and those of no topic.

    Other topics may use a function too; their tests are not needed where its own are good.
    """
    near = {near for m in modules for near in ((m, *dependents(m)) if "._" in m else (m,))}
    topics = {name.rpartition(".")[2] for name in near}
    only_spaces = all(module.startswith(SPACES) for module in modules)
    files = ABOUT_CATALOGUE if only_spaces else ("",)
    no_spaces = not any(module.startswith(SPACES) for module in modules)
    return [
        name
        for name, item in suite.items.items()
        if name.startswith(files)
        and not (no_spaces and _is_long(item) and _function(item) != ABOUT_NUMERICS)
        and (not (homes := _homes(item)) or {home.rpartition(".")[2] for home in homes} & topics)
    ]


def _homes(item: pytest.Item) -> set[str]:
    """The modules of what a test is called with, or of which it is a part."""
    if isinstance(item, DoctestItem):
        return {item.dtest.globs["__name__"]}
    return {home for name in _said(item) for home in _home(name)}


def _said(item: pytest.Item) -> list[str]:
    """The names that stand among the parameters of a test: of what it is about."""
    spec = getattr(item, "callspec", None)
    said = [getattr(value, "name", value) for value in spec.params.values()] if spec else []
    return [name for name in said if isinstance(name, str)]


def _home(name: str) -> Iterator[str]:
    """The module of a function of numerics, the one of an entry of the catalogue."""
    if name in numerics.__all__:
        yield str(getattr(numerics, name).__module__)
    if name in catalogue.entries():
        yield f"{SPACES}.{catalogue.entries()[name].topic}"
