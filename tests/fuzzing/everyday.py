"""The bounded run of every day: the battery, the author of derivations, and a seed set of pairs.

``python -m tests.fuzzing.everyday`` prints what is wrong and exits with 1; it is also what the
planted errors of the tests must be found by.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from derive.language.program import parsed
from derive.proof.evaluator import evidence
from derive.proof.prover import proved
from derive.proof.statuses import Gates, Status
from derive.rewriting.derivation import gradient_steps
from derive.terms.statements import Statement
from tests.fuzzing.battery import rows
from tests.fuzzing.pairs import gates, pairs
from tests.fuzzing.runs import TooLong, within
from tests.fuzzing.vocabulary import Row

SECONDS = 2.0
# The text, the declarations, the variable and what is asked, as they are typed.
DERIVED = (
    ("sum((X@b - y)**2)", "X: n,p | b: p | y: n", "b", "gradient"),
    ("-sum(y*log(softmax(x)))", "x: n | y: n; simplex", "x", "gradient"),
    ("tr(A@A@B)", "A: n,n; symmetric | B: n,n", "A", "gradient"),
    ("tr(A@A)", "A: n,n; symmetric", "A", "hessian"),
    ("sum(y)**2*sum(x)", "x: n | y: n; simplex", "y", "gradient"),
    ("logdet(A@A.T + 2*eye(n))", "A: n,m", "A", "gradient"),
    ("a@inv(A)@b", "A: n,n; positive definite | a: n | b: n", "A", "gradient"),
    ("sum(conv2d(x, w, stride=2, padding=1)**3)", "x: N,C,H,W | w: p,C,3,3", "x", "gradient"),
    ("sum(conv2d(x, w, stride=2, padding=1)**3)", "x: N,C,H,W | w: p,C,3,3", "w", "gradient"),
    ("sum(c*(x - mean(x))/sqrt(var(x) + 0.1))", "x: n | c: n", "x", "gradient"),
    ("sum(abs(A@x - y)) + sum(maximum(x, z)**2)", "A: m,n | x: n | y: m | z: n", "x", "gradient"),
    ("softmax(x)", "x: n", "x", "jacobian"),
    ("sum(tanh(x)*exp(x)*cos(x) + 1/(1 + x**2))", "x: n", "x", "gradient"),
    ("sum(x**3)*sum(x)", "x: n", "x", "hessian"),
    ("h = x*sin(x); sum(h*exp(h))", "x: n", "x", "gradient"),
)


def findings(numbers: range) -> Iterator[str]:
    """Everything that is wrong, in words."""
    for row in rows():
        yield from _of_row(row)
    for text, let, by, kind in DERIVED:
        yield from _of_derivation(text, let, by, kind)
    for number in numbers:
        yield from _of_pairs(number)


def _status(statement: Statement, opened: Gates) -> tuple[Status, tuple[object, ...], str]:
    try:
        proof = within(SECONDS, lambda: proved(statement, opened))
    except TooLong:
        return Status.UNPROVED, (), "too long"
    except Exception as error:
        return Status.UNPROVED, (), f"{type(error).__name__}: {error}"
    return proof.status, proof.assumptions, proof.reason


def _of_row(row: Row) -> Iterator[str]:
    status, assumptions, reason = _status(row.statement, gates(row.statement))
    if status is not Status.PROVED:
        yield f"{row.name}: not proved, {reason}"
    for kind in row.rests_on:
        if not any(isinstance(assumption, kind) for assumption in assumptions):
            yield f"{row.name}: rests on {kind.__name__}, and does not say so"
    for count, falsehood in enumerate(row.falsehoods):
        for opened in (gates(falsehood), Gates()):
            if _status(falsehood, opened)[0] is Status.PROVED:
                yield f"{row.name}: near miss {count} proved"


def _of_derivation(text: str, let: str, by: str, kind: str) -> Iterator[str]:
    program = parsed(text, let.split(" | "))
    try:
        derived = gradient_steps(program.result, program.variables[by], program.context, kind)
    except Exception as error:
        yield f"{kind} of {text}: {type(error).__name__}: {error}"
        return
    for step in derived.steps:
        statement = Statement(step.before, step.after, "=", derived.context)
        status, assumptions, _ = _status(statement, gates(statement))
        if status is Status.PROVED:
            continue
        seen = evidence(statement, assumptions)  # type: ignore[arg-type]
        if seen.outcome == "differs":
            yield f"{kind} of {text}: the step {step.reason!r} is wrong"


def _of_pairs(number: int) -> Iterator[str]:
    for pair in pairs(0, number):
        status, assumptions, _ = _status(pair.statement, gates(pair.statement))
        if status is not Status.PROVED or not pair.edit:
            continue
        if evidence(pair.statement, assumptions).outcome == "differs":  # type: ignore[arg-type]
            yield f"pair {number}: {pair.edit} after {', '.join(pair.made_by)} proved"


def main() -> int:
    """Print what is wrong, at most a given number of things."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing.everyday")
    parser.add_argument("--numbers", type=int, default=60)
    parser.add_argument("--most", type=int, default=10)
    options = parser.parse_args()
    count = 0
    for count, finding in enumerate(findings(range(options.numbers)), start=1):
        print(finding, flush=True)
        if count == options.most:
            break
    return int(count > 0)


if __name__ == "__main__":
    raise SystemExit(main())
