"""`python cli.py` works in a bare checkout, and says what is missing."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import cli
import derive

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_launcher_knows_every_requirement():
    names = [re.match(r"[\w-]+", requirement)[0] for requirement in PROJECT["dependencies"]]
    assert sorted(cli.REQUIRED) == sorted(names)


def test_the_version_is_said_once_in_effect():
    assert derive.__version__ == PROJECT["version"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {derive.__version__}\n" in citation


def test_a_missing_requirement_gets_one_line(monkeypatch, capsys):
    monkeypatch.setattr(cli, "find_spec", lambda name: None if name == "rich" else object())
    assert cli.main() == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("derive needs rich; install with: ") and err.count("\n") == 1


def test_without_site_packages_the_launcher_prints_one_line():
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "cli.py"), "list"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("derive needs sympy, numpy, rich, hypothesis; install with: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["sympy", "numpy", "rich"])
def test_importing_derive_is_light(name: str):
    code = f"import sys, derive; sys.exit({name!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_the_public_names_are_listed_and_an_unknown_one_is_refused():
    assert {"D", "chain", "define", "derivation", "grad", "load", "prove"} <= set(dir(derive))
    with pytest.raises(AttributeError, match="no attribute 'gard'"):
        _ = derive.gard


def test_editors_and_run_time_see_the_same_public_names():
    source = (ROOT / "derive" / "__init__.py").read_text(encoding="utf-8")
    seen = re.findall(r"^    from ([\w.]+) import (\w+) as \2$", source, flags=re.MULTILINE)
    assert {name: module for module, name in seen} == derive._PUBLIC


def test_a_module_never_replaces_the_public_name_it_shares(monkeypatch):
    monkeypatch.setitem(vars(derive), "derivation", "the decorator")
    derive.derivation = type(sys)("derive.derivation")
    assert derive.derivation == "the decorator"
