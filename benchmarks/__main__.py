"""`python -m benchmarks`: measure ratios in one run, and hold them against their targets."""

from __future__ import annotations

import argparse
import json
import sys

from benchmarks import code, derivatives, gradcheck, operators, proofs, start, typed
from benchmarks.figures import NotMeasured, page

SECTIONS = {
    "proofs": proofs.section,
    "sympy": derivatives.section,
    "typed": typed.section,
    "code": code.section,
    "operators": operators.section,
    "gradcheck": gradcheck.section,
    "start": start.section,
}


def main(words: list[str] | None = None) -> int:
    """Measure what is asked for and print it."""
    options = _parser().parse_args(words)
    rounds = 1 if options.quick else options.rounds
    chosen = [options.only] if options.only else list(SECTIONS)
    measured = []
    for name in chosen:
        print(f"measuring {name} ...", file=sys.stderr)
        try:
            measured.append(SECTIONS[name](rounds, options.quick))
        except NotMeasured as reason:
            print(f"{name} is not measured: {reason}", file=sys.stderr)
    if options.json:
        document = {"schema": 1, "sections": [section.to_dict() for section in measured]}
        print(json.dumps(document, indent=2))
    else:
        print("\n\n\n".join(map(page, measured)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=SECTIONS, help="one group of measurements")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions (default: 5)")
    parser.add_argument("--quick", action="store_true", help="one row, once: does it run at all?")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser


if __name__ == "__main__":
    sys.exit(main())
