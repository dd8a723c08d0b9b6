"""The README shows what the commands print: every console block is run and compared.

After a change that is meant, `pytest tests/test_readme.py --update-snapshots` rewrites the blocks.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT = "$ "


def exchanges(text: str) -> list[tuple[str, str]]:
    """Return each command of the console blocks with the output printed below it."""
    found = []
    for block in CONSOLE.findall(text):
        for part in re.split(r"^(?=\$ )", block, flags=re.MULTILINE):
            command, _, output = part.partition("\n")
            if part:
                found.append((command, output))
    return found


def run(command: str) -> str:
    """Return what a `$ derive ...` line prints at 80 columns, without colour."""
    words = shlex.split(command.removeprefix(PROMPT))
    assert command.startswith(PROMPT) and words[0] == "derive", f"not a derive command: {command}"
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "derive", *words[1:]],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env=environment,
    )
    # A README may show a failed check (1); 2 and 3 would show a command that does not work.
    assert done.returncode in (0, 1) and done.stdout, f"{command}\n{done.stderr}"
    assert "Traceback" not in done.stderr, f"{command}\n{done.stderr}"
    return done.stdout


def agrees(shown: str, printed: str) -> bool:
    """Compare exactly, but let a line of three dots stand for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "...\n" else re.escape(line)
        for line in shown.splitlines(keepends=True)
    )
    return re.fullmatch(pattern, printed) is not None


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\n", "a\n", True),
        ("a\n", "a \n", False),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a\n...\nd\n", "a\nd\n", True),
        ("...\n", "", True),
        ("a\n", "a\nb\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_only_a_line_of_dots_stands_for_others(shown: str, printed: str, same: bool):
    assert agrees(shown, printed) is same


def test_the_readme_has_console_blocks():
    commands = [command for command, _ in exchanges(README.read_text(encoding="utf-8"))]
    assert len(commands) >= 2
    assert len(commands) == len(set(commands))


@pytest.mark.parametrize(
    "command", [command for command, _ in exchanges(README.read_text(encoding="utf-8"))]
)
def test_the_readme_shows_what_is_printed(command: str, update_snapshots: bool):
    text = README.read_text(encoding="utf-8")
    shown, printed = dict(exchanges(text))[command], run(command)
    if update_snapshots and not agrees(shown, printed):
        README.write_text(text.replace(f"{command}\n{shown}", f"{command}\n{printed}", 1), "utf-8")
        return
    assert agrees(shown, printed), f"{command} prints now:\n{printed}"


def test_the_python_blocks_run(tmp_path):
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text("utf-8"), re.M | re.S)
    (tmp_path / "blocks.py").write_text("\n".join(blocks), encoding="utf-8")
    for words in (["blocks.py"], ["-m", "derive", "verify", "blocks.py"]):
        done = subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
