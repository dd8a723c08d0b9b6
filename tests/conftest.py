"""Options of the test suite, and what several of its files are given."""

from pathlib import Path

import pytest

MINE = '''\
from derive.derivation import D, chain, derivation, differentiation
from derive.spaces import Real


@derivation
def cube_derivative(x: Real):
    """The derivative of a cube."""
    return chain(D(x**3, x)).eq(3 * x**2, by=differentiation)


@derivation
def wrong_derivative(x: Real):
    """Not the derivative of a cube."""
    return chain(D(x**3, x)).eq(2 * x**2, by=differentiation)
'''


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots",
        action="store_true",
        help="rewrite the recorded output instead of comparing with it; read the diff afterwards",
    )


@pytest.fixture
def update_snapshots(request: pytest.FixtureRequest) -> bool:
    return request.config.getoption("--update-snapshots")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A user's file with two derivations, one of them wrong."""
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path
