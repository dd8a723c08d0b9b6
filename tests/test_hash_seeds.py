"""What is printed never depends on hash order: eight seeds, one output."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def output(seed: int) -> str:
    """What a process of its own prints under a hash seed."""
    return subprocess.run(
        [sys.executable, HERE / "everything_printed.py"],
        env={**os.environ, "PYTHONHASHSEED": str(seed), "COLUMNS": "80"},
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.long
def test_eight_hash_seeds_print_the_same():
    with ThreadPoolExecutor(2) as pool:
        first, *others = pool.map(output, range(8))
    for word in ("hat_matrix_trace", "def derivative", "torch", "2**61 - 1", '"trust"'):
        assert word in first
    assert all(other == first for other in others)
