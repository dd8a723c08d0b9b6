"""`python -m derive`, and the `derive` console script."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    from derive.commands import run

    return run(argv)


if __name__ == "__main__":
    sys.exit(main())
