"""The JSON of a record: one document with everything that was computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from derive.derivation import Record, Step
from derive.proof.statuses import Status
from derive.render.pages import Page, page

if TYPE_CHECKING:
    from derive.checking.agreement import Numbers
    from derive.checking.opinion import Opinion
    from derive.checking.report import Report


def document(
    record: Record, numbers: Numbers | None = None, opinion: Opinion | None = None
) -> dict[str, Any]:
    """Name, topic, title, status, assumptions, steps, numbers, and what it all rests on."""
    shown = page(record)
    return {
        "name": record.name,
        "topic": record.topic,
        "title": record.title,
        "conventions": dict(record.conventions),
        "status": str(record.status),
        "assumptions": shown.assumptions(record.assumptions, "linear"),
        "steps": [_step(step, shown) for step in record.steps],
        "numbers": numbers.to_dict() if numbers is not None else None,
        "trust": trust(record, opinion),
    }


def _step(step: Step, shown: Page) -> dict[str, Any]:
    chain = shown.record.chains[step.part]
    found: dict[str, Any] = {
        "rule": ", ".join(reason.name for reason in step.link.reasons) or "algebra",
        "text": shown.claim(chain, step.number, "linear"),
        "latex": shown.claim(chain, step.number, "latex"),
        "status": str(step.status),
        "assumptions": shown.assumptions(step.assumptions, "linear"),
    }
    if step.part:
        found["part"] = step.part
    if step.verdict.reason:
        found["reason"] = step.verdict.reason
    return found


def trust(record: Record, opinion: Opinion | None = None) -> dict[str, Any]:
    """What a reader relies on who believes the statuses."""
    reasons = [reason for link in record.links for reason in link.reasons]
    gates = dict.fromkeys(r.name for r in reasons if r.is_gate and r.cited is None)
    cited = dict.fromkeys(r.cited.name for r in reasons if r.cited is not None)
    seen = [step.verdict.evidence for step in record.steps]
    agreed = [e for e in seen if e is not None and e.outcome == "agrees"]
    return {
        "prover": list(gates),
        "derivations": list(cited),
        "literature": [step.number for step in record.steps if step.status is Status.CITED],
        "evaluator": {
            "steps": len(agreed),
            "points": sum(e.points for e in agreed),
            "methods": list(dict.fromkeys(e.method for e in agreed)),
        },
        "sympy": opinion.to_dict() if opinion is not None else None,
    }


def reported(report: Report) -> dict[str, Any]:
    """The JSON of a record with all that was found out about it."""
    found = document(report.record, report.numbers, report.opinion)
    return {**found, "trouble": report.trouble} if report.trouble else found
