"""JUnit XML: one suite a derivation, one case a step, and one for the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

BAD = ("refuted", "unproved")


def junit(documents: Iterable[Mapping[str, Any]]) -> str:
    """The JSON documents of verified derivations as JUnit XML.

    >>> document = {"name": "a", "topic": "t", "steps": [], "numbers": None, "seconds": 0.5}
    >>> "<testsuites" in junit([document])
    True
    """
    root = ElementTree.Element("testsuites", name="derive")
    for document in documents:
        _suite(root, document)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ElementTree.Element, document: Mapping[str, Any]) -> None:
    cases = [*_steps(document), *_numbers(document)]
    values = ",".join(document.get("conventions", {}).values())
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=f"{document['name']} [{values}]" if values else document["name"],
        tests=str(len(cases)),
        failures=str(sum(1 for _, message in cases if message)),
        time=str(document.get("seconds", 0)),
    )
    for name, message in cases:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"derive.{document['topic']}", name=name
        )
        if message:
            ElementTree.SubElement(case, "failure", message=_printable(message))


def _steps(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    cases = []
    for number, step in enumerate(document["steps"], start=1):
        bad = step["status"] in BAD
        why = f"{step['status']}: {step['text']} {step.get('reason', '')}" if bad else ""
        cases.append((f"step {number}: {step['rule']}", why))
    return cases


def _numbers(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    if document.get("trouble"):
        return [("numbers", document["trouble"])]
    numbers = document["numbers"]
    if numbers is None:
        return []
    return [("numbers", "" if numbers["agree"] else f"errors of {numbers['max_error']}")]


def _printable(text: str) -> str:
    """The text without control characters, which XML cannot hold."""
    return "".join(c if c.isprintable() else " " for c in text)
