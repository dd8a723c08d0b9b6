"""The house as it was laid out: who imports whom, what modules are called, what is never run."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import derive

ROOT = Path(__file__).resolve().parent.parent
CODE = [ROOT / "cli.py"] + [
    path
    for folder in ("derive", "numerics", "tests", "benchmarks", "docs", "examples")
    for path in sorted((ROOT / folder).rglob("*.py"))
]

# The rooms of derive/ from the ground up: a room imports from its own floor and those below it.
FLOORS = (
    {"terms"},
    {"proof", "rewriting"},
    {"notation", "derivation", "spaces"},
    {"catalogue", "language", "names"},
    {"codegen", "checking", "render"},
    {"testing", "verification"},
    {"commands"},
)
FLOOR = {room: number for number, floor in enumerate(FLOORS) for room in floor}
STRANGERS = {("proof", "rewriting"), ("rewriting", "proof")}  # each would vouch for itself
SEES_NUMERICS = {"checking", "commands"}

UNTELLING_NAMES = {"utils", "helpers", "core", "base", "common"}
LONGEST_FILE = 400

# What runs text as code, or is SymPy's and known to return something else than was asked for.
NEVER_CALLED = {"eval", "exec", "sympify", "parse_expr", "simplify"}
# (file, name called): why it is right there
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("derive/codegen/agreement.py", "exec"): "runs what codegen wrote, never what is typed",
}


def name_of(path: Path) -> str:
    """Return the dotted name of a module, `derive.terms.sizes` for derive/terms/sizes.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(source: str, module: str, is_package: bool = False) -> Iterator[str]:
    """Yield the dotted names a module imports, wherever in it the import stands.

    `from derive import grad` counts as the module that has `grad`.
    """
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            start = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                yield home_of(alias.name) if start == "derive" else start


def home_of(name: str) -> str:
    return f"derive.{name}" if name in FLOOR else derive._PUBLIC.get(name, "derive")


def imported(path: Path) -> set[str]:
    source = path.read_text(encoding="utf-8")
    return set(imports_of(source, name_of(path), path.name == "__init__.py"))


def room_of(module: str) -> str | None:
    """Return the room of derive/ that a module is in, if it is in one."""
    first, _, rest = module.partition(".")
    return rest.split(".")[0] if first == "derive" and rest else None


@cache
def modules() -> dict[str, set[str]]:
    """What each module imports, but for the tests."""
    shipped = (path for path in CODE if path.parts[len(ROOT.parts)] != "tests")
    return {name_of(path): imported(path) for path in shipped}


@cache
def rooms() -> list[tuple[str, str]]:
    """The rooms of derive/ that import something of another room, with the other."""
    pairs = {
        (room_of(module), room_of(target))
        for module, targets in modules().items()
        for target in targets
    }
    return sorted(
        (room, other) for room, other in pairs if room in FLOOR and other not in (None, room)
    )


def is_allowed(room: str, target: str) -> bool:
    return FLOOR[target] <= FLOOR[room] and (room, target) not in STRANGERS


@pytest.mark.parametrize(
    ("source", "module", "found"),
    [
        ("import derive.proof.ring", "derive.terms.a", ["derive.proof.ring"]),
        ("from ..proof import ring", "derive.terms.a", ["derive.proof"]),
        ("from .sizes import Size", "derive.terms.a", ["derive.terms.sizes"]),
        ("from . import spaces", "derive.derivation", ["derive.spaces"]),
        ("from derive import proof", "derive.terms.a", ["derive.proof"]),
        ("from derive import D", "derive.terms.a", ["derive.derivation"]),
        ("def f():\n    import sympy as sp", "derive.terms.a", ["sympy"]),
    ],
)
def test_no_form_of_import_is_overlooked(source: str, module: str, found: list[str]):
    assert list(imports_of(source, module)) == found


def test_the_table_says_no():
    assert is_allowed("commands", "terms") and is_allowed("proof", "terms")
    assert not is_allowed("terms", "proof") and not is_allowed("rewriting", "proof")
    assert not is_allowed("proof", "rewriting") and not is_allowed("catalogue", "render")


def test_every_room_is_on_a_floor():
    entrances = {"__init__", "__main__", "pytest_plugin"}
    rooms = {path.stem for path in (ROOT / "derive").glob("*.py")} | {
        path.parent.name for path in (ROOT / "derive").glob("*/__init__.py")
    }
    assert rooms - entrances <= set(FLOOR)


def test_imports_run_downward():
    assert len(rooms()) > 30
    assert [pair for pair in rooms() if not is_allowed(*pair)] == []


def test_rooms_of_one_floor_do_not_import_each_other_in_circles():
    graph: dict[str, set[str]] = {}
    for room, target in rooms():
        graph.setdefault(room, set()).add(target)
    TopologicalSorter(graph).prepare()


def test_terms_know_no_sympy():
    for module, targets in modules().items():
        if room_of(module) == "terms":
            assert not {target for target in targets if target.split(".")[0] == "sympy"}, module


def test_numerics_imports_numpy_alone():
    standard = {"abc", "collections", "dataclasses", "functools", "itertools", "math", "typing"}
    for module, targets in modules().items():
        if module.split(".")[0] == "numerics":
            others = {target.split(".")[0] for target in targets}
            assert others <= {"__future__", "numpy", "numerics"} | standard, module


def test_only_checking_and_commands_see_numerics():
    for module, targets in modules().items():
        if any(target.split(".")[0] == "numerics" for target in targets) and room_of(module):
            assert room_of(module) in SEES_NUMERICS, module


def test_nothing_imports_the_launcher():
    assert not [module for module, targets in modules().items() if "cli" in targets]


def test_the_package_itself_imports_nothing_of_its_own_at_once():
    tree = ast.parse((ROOT / "derive" / "__init__.py").read_text(encoding="utf-8"))
    at_once = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {ast.unparse(node) for node in at_once}
    assert not [name for name in names if "derive" in name or "numpy" in name or "sympy" in name]


def test_a_module_is_named_for_what_it_holds():
    assert [name for name in map(name_of, CODE) if UNTELLING_NAMES & set(name.split("."))] == []


def test_a_module_is_short():
    lengths = {name_of(p): len(p.read_text(encoding="utf-8").splitlines()) for p in CODE}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def calls(source: str) -> Iterator[tuple[str, int]]:
    """Yield each forbidden name that is called, with its line.

    >>> list(calls("x.simplify()\\neval('1')\\nsimplify_all()"))
    [('simplify', 1), ('eval', 2)]
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
            if name in NEVER_CALLED:
                yield name, node.lineno


def test_text_is_never_run_and_sympy_never_trusted():
    found = {
        (path.relative_to(ROOT).as_posix(), name): line
        for path in CODE
        if path.relative_to(ROOT).parts[0] in ("derive", "numerics", "cli.py")
        for name, line in calls(path.read_text(encoding="utf-8"))
    }
    assert set(found) == set(EXCEPTIONS), found
