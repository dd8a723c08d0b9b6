"""Plants one error and prints the first thing that the bounded run finds; exit status 1 if none."""

from __future__ import annotations

import argparse

from tests.planted.edits import table
from tests.planted.importing import plant


def main() -> int:
    """Found is good."""
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("name", nargs="?", help="the name of an edit")
    parser.add_argument("--most", type=int, default=1, help="findings to print")
    options = parser.parse_args()
    if options.name is None:
        print("\n".join(f"{name}: {edit.why}" for name, edit in table().items()))
        return 0
    plant(table()[options.name])
    from tests.planted.running import findings  # it imports what was edited

    found = 0
    for found, finding in enumerate(findings(), start=1):
        print(finding, flush=True)
        if found == options.most:
            break
    return int(not found)


if __name__ == "__main__":
    raise SystemExit(main())
