"""Work spread over processes, threads and Dask: the same results, and the rest goes on."""

import os
import re
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

import derive
from derive.catalogue import UnknownName
from derive.checking.campaign.report import report
from derive.checking.spreading import Processes, spread
from derive.commands import INTERRUPTED, WRONG, run
from derive.testing import check, check_gradient

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = "examples/batch_norm_unbiased.py"
LOSS = "sum((X@b - y)**2)"
LET = ["X: n,p", "b: p", "y: n"]
CODE = """\
import os
import signal


def right(X, b, y):
    return 2 * X.T @ (X @ b - y)


def deadly(X, b, y):
    os.kill(os.getpid(), signal.SIGKILL)


def deadly_at_one(X, b, y):
    if len(b) == 1:
        deadly(X, b, y)
    return right(X, b, y)
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    return ["--against", LOSS, "--let", *LET, "--wrt", "b", "--jobs", "2"]


def squares(numbers):
    if 3 in numbers:
        os._exit(1)
    return [number**2 for number in numbers]


def test_the_rest_goes_on_where_a_worker_dies():
    tasks = [(0, 1), (2, 3), (4, 5)]
    with Processes(2) as executor:
        found = spread(squares, tasks, executor, lambda task: [(n,) for n in task], list)
        assert [number for part in found for number in part] == [0, 1, 4, 3, 16, 25]


def test_an_error_of_a_task_is_no_death():
    with ThreadPoolExecutor(1) as executor, pytest.raises(ZeroDivisionError):
        list(spread(lambda n: 1 // n, [1, 0], executor, lambda n: [n], lambda n: n))


def test_code_that_ends_its_process_is_reported_with_its_input(own, capsys):
    assert run(["check", "own.py:deadly", *own]) == WRONG
    said = capsys.readouterr().out
    assert "ends the process that runs it   (wrong after 1 draw)" in said
    assert "X = [[" in said and "--replay 0-0 --jobs 2" in said


def test_code_that_ends_its_process_at_some_inputs_is_reported_with_one(own, capsys):
    assert run(["check", "own.py:deadly_at_one", *own]) == WRONG
    said = capsys.readouterr().out
    assert "ends the process that runs it" in said and "p = 1" in said


ENDING = """\
import os
from os import _exit


def ended(X, b, y):
    _exit(0)


def aborted(X, b, y):
    try:
        os.abort()
    except Exception:
        return 2 * X.T @ (X @ b - y)


def forked(X, b, y):
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    return 2 * X.T @ (X @ b - y)
"""


def test_code_that_calls_for_the_end_of_this_process_is_reported(tmp_path):
    (tmp_path / "ending.py").write_text(ENDING)
    for name, call in (("ended", "os._exit(0)"), ("aborted", "os.abort()")):
        found = check_gradient(f"{tmp_path}/ending.py:{name}", LOSS, "b", LET, share=0.1)
        assert f"raises {call}, which ends the process" in str(found)
        assert found.status == WRONG and "derive/" not in str(found)
    assert {os._exit.__module__, os.abort.__module__} <= {"posix", "nt"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system starts processes in another way")
def test_a_process_of_the_code_s_own_may_end(tmp_path):
    (tmp_path / "ending.py").write_text(ENDING)
    found = check_gradient(f"{tmp_path}/ending.py:forked", LOSS, "b", LET, share=0.1)
    assert found.verdict == "right"


def test_streams_are_put_back_after_threads_that_print():
    def spoken(X, b, y):
        print("hello")
        return 2 * X.T @ (X @ b - y)

    outer = sys.stdout, sys.stderr
    with ThreadPoolExecutor(4) as executor:
        found = check_gradient(spoken, LOSS, "b", LET, share=0.3, executor=executor)
    assert (sys.stdout, sys.stderr) == outer and found.verdict == "right"


def test_processes_of_the_user_give_the_same_report(own):
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        spread_out = check_gradient("own.py:right", LOSS, "b", LET, share=0.1, executor=executor)
    assert str(spread_out) == str(check_gradient("own.py:right", LOSS, "b", LET, share=0.1))


def test_derivations_are_verified_by_any_executor():
    names = ("tanh", "relu_derivative")
    with ThreadPoolExecutor(2) as executor:
        spread_out = derive.verify(*names, executor=executor)
    alone = derive.verify(*names)
    for each in (*spread_out["derivations"], *alone["derivations"]):
        del each["seconds"]
    assert spread_out == alone
    with pytest.raises(UnknownName, match="no derivation"):
        derive.verify("tahn")


def test_an_interrupted_search_for_the_smallest_input_leaves_the_report(monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    found = check_gradient(lambda X, b, y: X.T @ (X @ b - y), LOSS, "b", LET, share=0.1)
    assert found.faults[""].explanation is not None
    monkeypatch.setattr("derive.checking.campaign.faults.smallest", stopped)
    again = report(found.campaign)
    assert again.status == INTERRUPTED and again.verdict == "wrong"
    assert "interrupted" in str(again) and "input" in str(again)


@pytest.fixture(scope="module")
def client():
    distributed = pytest.importorskip("distributed", reason="the tests spread work with Dask")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.dask
@pytest.mark.filterwarnings("default")
def test_the_readme_s_run_on_dask_says_what_one_process_says(client, monkeypatch, capsys):
    (source,) = re.findall(
        r"^```py\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.M | re.S
    )
    monkeypatch.chdir(ROOT)
    names: dict = {}
    exec(source.replace("scheduler:8786", client.scheduler.address), names)
    alone = check(f"{EXAMPLE}:forward,backward", "batch_norm")
    assert capsys.readouterr().out == f"{alone}\n" and alone.verdict == "wrong"
    assert [each["status"] for each in names["document"]["derivations"]] == ["proved"]


@pytest.mark.dask
@pytest.mark.filterwarnings("default")
def test_a_worker_of_dask_that_dies_is_reported(client, tmp_path):
    (tmp_path / "own.py").write_text(CODE)
    found = check_gradient(
        f"{tmp_path}/own.py:deadly", LOSS, "b", LET, executor=client.get_executor()
    )
    assert found.verdict == "wrong" and "ends the process that runs it" in str(found)
