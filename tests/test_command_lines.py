"""Any command line ends in time, with an honest status and at most one line of complaint."""

import os
import resource

import pytest
from command_lines import DECLARATIONS, LET, PIECES, check, command_line
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXTS = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=10).map("".join),
)
GIBIBYTE = 2**30


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, in which nothing may appear."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not list(tmp_path.iterdir())


LENIENT = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@LENIENT
@given(TEXTS, st.sampled_from(["grad", "prove"]))
def test_any_expression(folder, text, command):
    check([command, text, "--let", *LET, *(["--wrt", "x"] if command == "grad" else [])])


@LENIENT
@given(st.lists(st.one_of(TEXTS, st.sampled_from(DECLARATIONS)), max_size=3), TEXTS)
def test_any_declaration(folder, declarations, by):
    check(["grad", "x @ x", "--let", "x: n", *declarations, "--wrt", by])


@LENIENT
@given(st.lists(TEXTS, max_size=4))
def test_any_words(folder, words):
    if not {"verify", "check", "show", "latex"} & set(words):
        check(words)


@pytest.mark.parametrize("length", [100, 300, 600])
def test_long_names_make_no_long_complaint(folder, length):
    check(["grad", f"x ** x{'9' * length}", "--let", *LET, "--wrt", "x"])


@pytest.mark.parametrize("block", range(4))
def test_nearly_right_command_lines(folder, block):
    for seed in range(25 * block, 25 * block + 25):
        check(command_line(seed))


@pytest.mark.long
@pytest.mark.parametrize("block", range(100))
def test_two_hundred_thousand_command_lines(folder, block):
    count = int(os.environ.get("COMMAND_LINES", "200000")) // 100
    for seed in range(10**6 + count * block, 10**6 + count * (block + 1)):
        check(command_line(seed, right=0.02))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < GIBIBYTE
