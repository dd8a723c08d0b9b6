"""The pytest plugin: an option for the seed and two fixtures. It imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--derive-seed`, of the draws of all checks."""
    group = parser.getgroup("derive")
    group.addoption("--derive-seed", type=int, default=0, help="seed of the draws (default: 0)")


@pytest.fixture
def derives(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`derive.testing.assert_derives` with the seed of this run."""
    return _seeded(request, "assert_derives")


@pytest.fixture
def derives_gradient(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`derive.testing.assert_gradient` with the seed of this run."""
    return _seeded(request, "assert_gradient")


def _seeded(request: pytest.FixtureRequest, name: str) -> Callable[..., None]:
    def asserted(*arguments: Any, **options: Any) -> None:
        __tracebackhide__ = True
        from derive import testing

        options.setdefault("seed", request.config.getoption("--derive-seed"))
        getattr(testing, name)(*arguments, **options)

    return asserted
