"""Run `derive` from a bare checkout, without installing it: `python cli.py list`."""

import sys
from importlib.util import find_spec
from pathlib import Path

REQUIRED = ("sympy", "numpy", "rich", "hypothesis")


def main() -> int:
    """Hand the command line to `derive`, or say in one line what has to be installed first."""
    missing = [name for name in REQUIRED if find_spec(name) is None]
    if missing:
        install = f'"{sys.executable}" -m pip install -e "{Path(__file__).resolve().parent}"'
        print(f"derive needs {', '.join(missing)}; install with: {install}", file=sys.stderr)
        return 2
    from derive.__main__ import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
