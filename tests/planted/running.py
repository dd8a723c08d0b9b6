"""The bounded run: what the everyday tests look at, up to the first thing that is wrong."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import pytest

from tests.planted.edits import ROOT

FILES = (
    "test_rule_conditions",
    "test_identities",
    "test_counterexamples",
    "test_evaluator",
    "test_rewriting",
    "test_prove",
    "test_side_conditions",
    "test_sympy_traps",
    "test_soundness",
)


class FirstFailure:
    """A plugin that keeps the first test that failed, and the last line of its report."""

    def __init__(self) -> None:
        self.said = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that failed."""
        self._keep(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that can't be collected."""
        self._keep(report)

    def _keep(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed and not self.said:
            crash = getattr(report.longrepr, "reprcrash", None)
            message = crash.message if crash is not None else str(report.longrepr)
            self.said = f"{report.nodeid}: {' '.join(message.split())[:200]}"


def findings() -> Iterator[str]:
    """What is wrong: the battery and derivations first, then tests by file, random pairs last."""
    from tests.fuzzing import everyday

    yield from everyday.findings(range(0))
    for name in FILES:
        failure = FirstFailure()
        path = str(ROOT / "tests" / f"{name}.py")
        words = [path, "-x", "-q", "-n0", "-p", "no:cacheprovider", "--rootdir", str(ROOT)]
        words += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # derive is imported already
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            status = pytest.main(words, plugins=[failure])
        if status != pytest.ExitCode.OK:
            yield failure.said or f"{name}: exit status {status}"
