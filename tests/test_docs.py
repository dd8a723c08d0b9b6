"""The generated pages are what the catalogue and the tables say now."""

import pytest

from docs import generate


@pytest.mark.parametrize("page", generate.PAGES)
def test_page_is_current(page):
    assert (generate.HERE / page).read_text("utf-8") == generate.PAGES[page](), (
        "run `python -m docs.generate`"
    )


def test_every_claim_of_a_table_has_a_place():
    rows = [row for table in generate.tables().values() for row in table["claims"]]
    assert {row["claim"] for row in rows} <= set(generate.places())
    assert len({row["claim"] for row in rows}) == len(rows)


def test_every_erratum_that_a_claim_names_is_there():
    for table in generate.tables().values():
        named = {row["erratum"] for row in table["claims"] if "erratum" in row}
        assert named <= set(table.get("errata", {}))


def test_a_stale_page_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "HERE", tmp_path)
    assert generate.main(["--check"]) == 1
