"""A report as data: JSON, JUnit, annotations for GitHub, and a test to keep."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from derive.checking.campaign.faults import Fault, inputs
from derive.checking.campaign.report import Report


def document(report: Report) -> dict[str, Any]:
    """The JSON document."""
    campaign = report.campaign
    target = campaign.examination.target
    return {
        "schema": 1,
        "code": campaign.examination.subject.name,
        "framework": campaign.examination.subject.framework,
        "against": target.name,
        "conventions": dict(target.conventions),
        "formula": report.formula,
        "verdict": report.verdict,
        "seed": campaign.examination.seed,
        "draws": len(campaign.outcomes),
        "planned": campaign.planned,
        "interrupted": campaign.interrupted,
        "outputs": [_output(report, name) for name in campaign.examination.lines],
        "protocol": list(campaign.breaches.values()),
        "notes": list(campaign.notes),
        "command": report.command,
    }


def _output(report: Report, name: str) -> dict[str, Any]:
    fault = report.faults.get(name)
    decided = report.campaign.decided[name]
    verdict = "wrong" if fault is not None else "right" if decided else "undecided"
    found: dict[str, Any] = {"name": name, "verdict": verdict, "decided": decided}
    worst = [o.errors[name] for o in report.campaign.outcomes if name in o.errors]
    if worst:
        most = max(worst, key=lambda d: d.error / d.limit)
        found |= {"max_error": _number(most.error), "limit": most.limit}
    return {**found, **_fault(report, fault)} if fault is not None else found


def _fault(report: Report, fault: Fault) -> dict[str, Any]:
    draw = fault.failure.draw
    why = fault.explanation
    return {
        "kind": fault.kind,
        "message": fault.message,
        "wrong_draws": fault.wrong,
        "regime": draw.regime,
        "sizes": dict(draw.sizes),
        "input": {name: np.asarray(draw.arrays[name]).tolist() for name in draw.arrays},
        "entries": [
            {
                "entry": list(row.entry),
                "yours": _number(row.yours),
                "formula": _number(row.formula),
                "finite_difference": None if row.difference is None else _number(row.difference),
            }
            for row in fault.rows
        ],
        "explanation": why.words if why is not None else None,
        "agrees": f"{why.agrees} of {why.draws}" if why is not None and why.draws else None,
        "convention": (why.convention or None) if why is not None else None,
        "comes_from": (why.source or None) if why is not None else None,
        "replay": f"{report.campaign.examination.seed}-{draw.number}",
    }


def _number(value: float) -> float | str:
    """JSON has no infinity and no nan."""
    return value if np.isfinite(value) else str(value)


def as_json(report: Report) -> str:
    """The JSON document as text."""
    return json.dumps(document(report), indent=2, ensure_ascii=False) + "\n"


def junit(report: Report) -> str:
    """JUnit XML: a suite for the code, a case for each output."""
    campaign = report.campaign
    names = list(campaign.examination.lines)
    broken = list(campaign.breaches.values())
    suite = ElementTree.Element(
        "testsuite",
        name=f"{campaign.examination.subject.name} as {campaign.examination.target.name}",
        tests=str(len(names) + bool(broken)),
        failures=str(len(report.faults) + bool(broken)),
    )
    for name in names:
        case = ElementTree.SubElement(
            suite, "testcase", classname="derive.check", name=name or "result"
        )
        if name in report.faults:
            said = summary(report.faults[name])
            ElementTree.SubElement(case, "failure", message=_printable(said)).text = _printable(
                str(report), True
            )
    if broken:
        case = ElementTree.SubElement(suite, "testcase", classname="derive.check", name="protocol")
        ElementTree.SubElement(case, "failure", message=_printable("; ".join(broken)))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _printable(text: str, rows: bool = False) -> str:
    """The text without control characters, which XML cannot hold."""
    return "".join(c if c.isprintable() or (rows and c == "\n") else " " for c in text)


def summary(fault: Fault) -> str:
    """One line on a wrong output."""
    said = fault.message or "wrong"
    return f"{said}: {fault.explanation.words}" if fault.explanation is not None else said


def is_annotated() -> bool:
    """Whether GitHub Actions reads what is printed."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotated(report: Report) -> Iterator[str]:
    """A line for each wrong output, at the place of the function."""
    place = _place(report)
    name = report.campaign.examination.target.name
    for output, fault in report.faults.items():
        said = f"{output or 'result'}: {summary(fault)}"
        yield f"::error {place}title={_property(f'derive check as {name}')}::{_data(said)}"
    for message in report.campaign.breaches.values():
        yield f"::error {place}title={_property(f'derive check as {name}')}::{_data(message)}"


def _place(report: Report) -> str:
    code = report.campaign.examination.subject
    function = getattr(code, "backward", None) or getattr(code, "function", None)
    function = function or getattr(code, "made_by", None)
    try:
        file = inspect.getsourcefile(inspect.unwrap(function))  # type: ignore[arg-type]
        line = inspect.getsourcelines(inspect.unwrap(function))[1]  # type: ignore[arg-type]
    except (TypeError, OSError):
        return ""
    path = Path(file or "")
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"file={_property(str(shown))},line={line},"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# --------------------------------------------------------------------------------------------
# A test to keep


def test_source(report: Report, code: str, keywords: Mapping[str, Any], folder: Path) -> str:
    """A test in a folder that holds the code to the formula, the smallest input in a comment."""
    where, _, names = code.rpartition(":")
    functions = [name.strip() for name in names.split(",")]
    subject = functions[0] if len(functions) == 1 else f"({', '.join(functions)})"
    given = dict(keywords)
    typed = "expr" in given
    call = "assert_gradient" if typed else "assert_derives"
    first = given.pop("expr") if typed else given.pop("name")
    lines = [f"    {call}(", f"        {subject},", f"        {first!r},"]
    lines += [f"        {key}={value!r}," for key, value in given.items()]
    lines += ["    )"]
    test = "_".join(name.split(".")[-1].lower() for name in functions)
    imports = _imports(where, functions, folder)
    head = [
        f'"""{names} held to {report.campaign.examination.target.name}."""',
        "",
        *imports,
        "",
        "",
    ]
    body = [f"def test_{test}():", *_remarks(report), *lines]
    return "\n".join([*head, *body, ""])


def _imports(where: str, functions: list[str], folder: Path) -> list[str]:
    roots = ", ".join(dict.fromkeys(name.split(".")[0] for name in functions))
    if not where.endswith(".py"):
        return [
            f"from {where} import {roots}",
            "",
            "from derive.testing import assert_derives, assert_gradient  # noqa: F401",
        ]
    path = Path(where)
    return [
        "import sys",
        "from pathlib import Path",
        "",
        "from derive.testing import assert_derives, assert_gradient  # noqa: F401",
        "",
        f"sys.path.insert(0, str(Path(__file__).parent{_beside(path.parent, folder)}))",
        f"from {path.stem} import {roots}  # noqa: E402",
    ]


def _beside(wanted: Path, folder: Path) -> str:
    """What leads from a folder to another one, as code."""
    way = os.path.relpath(wanted, folder)
    return "" if way == "." else f" / {Path(way).as_posix()!r}"


def _remarks(report: Report) -> list[str]:
    """The smallest failing inputs, as comments."""
    rows = []
    for output, fault in report.faults.items():
        values = "; ".join(
            f"{name} = {value}" for name, value in inputs(report.campaign.examination, fault)
        )
        rows.append(f"    # {output or 'the result'} was wrong at {values}"[:99])
    return rows
