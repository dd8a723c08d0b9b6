"""The generated pages are what the catalogue and the tables say now; counterexamples are such."""

import doctest

import pytest

from derive import catalogue
from docs import claims, counterexamples, generate

ROWS = [row for table in claims.tables().values() for row in table["claims"]]
ERRATA = {
    key: (topic, erratum)
    for topic, table in claims.tables().items()
    for key, erratum in table["errata"].items()
}
PROVED = {row["claim"]: row for row in ROWS if "proved" in row}


@pytest.mark.long  # the status of every entry is computed
def test_the_page_on_the_notes_is_current():
    assert (generate.HERE / "notes.md").read_text("utf-8") == claims.notes(), (
        "run `python -m docs.generate`"
    )


def test_the_page_on_conventions_is_current():
    assert (generate.HERE / "conventions.md").read_text("utf-8") == generate.conventions()


@pytest.mark.parametrize("module", [claims, counterexamples])
def test_the_examples_in_the_documentation_hold(module):
    found = doctest.testmod(module)
    assert found.attempted and not found.failed


def test_every_claim_of_the_notes_has_one_row():
    assert {row["claim"] for row in ROWS} == set(claims.places())
    assert len({row["claim"] for row in ROWS}) == len(ROWS)


def test_every_claim_is_derived_or_has_a_reason():
    assert [row["claim"] for row in ROWS if not {"entries", "proved", "reason"} & set(row)] == []
    named = {name for row in ROWS for name in row.get("entries", ())}
    assert named <= set(catalogue.entries())


def test_every_erratum_belongs_to_a_claim_and_has_a_counterexample():
    assert {row["erratum"] for row in ROWS if "erratum" in row} == set(ERRATA)
    computed = {
        key for topic in counterexamples.TOPICS for key in counterexamples.counterexamples(topic)
    }
    assert {key for key, (_, erratum) in ERRATA.items() if "refuted" not in erratum} == computed


@pytest.mark.parametrize("key", ERRATA)
def test_a_counterexample_is_one_and_stands_on_the_page(key):
    topic, erratum = ERRATA[key]
    text = claims.counterexample(topic, key, erratum)
    assert f"- Counterexample: {text}\n" in (generate.HERE / "notes.md").read_text("utf-8")


@pytest.mark.parametrize("name", PROVED)
def test_a_typed_claim_is_proved(name):
    assert all(text.endswith("✔") for text in claims._derived({**PROVED[name], "entries": []}))


def test_what_is_no_counterexample_is_found(monkeypatch):
    monkeypatch.setattr(claims, "counterexamples", lambda topic: {"a": lambda: ("1 is 1", False)})
    with pytest.raises(ValueError, match="no counterexample: 1 is 1"):
        claims.counterexample("training", "a", {})
    with pytest.raises(ValueError, match="not refuted"):
        claims.counterexample("training", "b", {"refuted": "x == x", "let": ["x:"]})


def test_a_typed_claim_that_is_false_is_found():
    with pytest.raises(ValueError, match="refuted"):
        list(claims._derived({"claim": "a", "proved": ["2 + 2 == 5"]}))


def test_a_stale_page_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "HERE", tmp_path)
    monkeypatch.setattr(generate, "PAGES", {"conventions.md": generate.conventions})
    assert generate.main(["--check"]) == 1
