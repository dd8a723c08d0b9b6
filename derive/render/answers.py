"""The answer to a typed expression as JSON, as notes under a page, and as code."""

from __future__ import annotations

import ast
from typing import Any

from derive.language.derivative import Answer
from derive.notation import Form, Reader, latex, text
from derive.notation.forms import Name
from derive.notation.names import cell_width, latex_name
from derive.render.data import document as recorded
from derive.render.terminal import Look, derivation_page
from derive.terms.arrays import Array
from derive.terms.structure import definitions
from derive.terms.tensors import Definition, Tensor


def document(answer: Answer, seed: int = 0) -> dict[str, Any]:
    """The JSON of an answer: result, LaTeX, NumPy source, steps, status, assumptions, numbers."""
    record = recorded(answer)
    numpy = _source_or_none(answer)
    return {
        "schema": 1,
        "result": result(answer),
        "latex": formula(answer),
        "numpy": numpy,
        "steps": record["steps"],
        "status": record["status"],
        "assumptions": record["assumptions"],
        "numbers": _agreement(answer, numpy, seed) if numpy is not None else None,
    }


def result(answer: Answer) -> str:
    """The closed forms in the input language: a statement for each name that they use, then they.

    >>> from derive.language import grad
    >>> result(grad("sum((X@b - y)**2)", ["X: n,p", "b: p", "y: n"], "b"))
    '2 * X.T @ (X @ b - y)'
    """
    named = (
        f"{tensor.name} = {text(_whole(_meaning(tensor)), 'linear')}; " for tensor in _names(answer)
    )
    closed = (text(_whole(array), "linear") for array in answer.results.values())
    return "".join(named) + ", ".join(closed)


def formula(answer: Answer) -> str:
    """The closed forms in LaTeX, with what the names in them stand for."""
    closed = [latex(_whole(array)) for array in answer.results.values()]
    named = [rf"{latex_name(t.name)} = {latex(_whole(_meaning(t)))}" for t in _names(answer)]
    return r", \quad ".join([*closed, *named])


def _names(answer: Answer) -> list[Tensor]:
    """The names that the closed forms use, each after those that it is made from."""
    found = (t for array in answer.results.values() for t in definitions(array.body) if t.name)
    return list(dict.fromkeys(found))


def _meaning(tensor: Tensor) -> Array:
    assert isinstance(tensor.origin, Definition)
    return Array(tensor.origin.indices, tensor.origin.body)


def _whole(array: Array) -> Form:
    """An array as a matrix expression, or by its entries."""
    return Reader([array]).whole(array)


def source(answer: Answer, backend: str) -> str:
    """Source of ``def derivative(<declared variables in order>)``."""
    from derive.codegen.records import code

    return code(answer, backend)


def tried_source(answer: Answer, backend: str, seed: int = 0) -> str:
    """Source of the function, shown only after that for NumPy has agreed with the formula."""
    numpy = source(answer, "numpy")
    _agreement(answer, numpy, seed)
    return numpy if backend == "numpy" else source(answer, backend)


def _agreement(answer: Answer, code: str, seed: int) -> dict[str, Any]:
    """How far the NumPy source and the formula agree."""
    from derive.codegen.agreement import agreement

    found = list(answer.results.values())
    arguments = list(answer.arguments.values())
    results = found if len(found) > 1 else found[0]
    return agreement(code, results, arguments, answer.context, seed)


def _source_or_none(answer: Answer) -> str | None:
    """The NumPy source, or nothing where there is none."""
    from derive.codegen.errors import NoCode

    try:
        return source(answer, "numpy")
    except NoCode:
        return None


def answer_page(answer: Answer, look: Look, seed: int = 0) -> str:
    """The page of an answer, with its results and how far code and formula agree."""
    code = _source_or_none(answer)
    notes = (numbers(answer, code, seed),)
    return derivation_page(answer, look, notes, results(answer, code, look))


def results(answer: Answer, code: str | None, look: Look) -> tuple[str, ...]:
    """What stands under the steps: each result in one line, and in NumPy where that is one line."""
    line = numpy_line(code) if code is not None else "there is no code for this"
    shown = [
        f"{_sign(answer, name, look)} = {text(_whole(array), look.style)}"
        for name, array in answer.results.items()
    ]
    last = f"NumPy   {line or '--emit numpy prints the function'}"
    together = f"{shown[0]}      {last}"
    fits = len(shown) == 1 and cell_width(together) <= look.width
    return (together,) if fits else (*shown, last)


def _sign(answer: Answer, name: str, look: Look) -> str:
    """``∇b``, ``Jacobian b``: what a result is called."""
    shown = text(Name(look.rename.get(name, name)), look.style)
    if answer.kind != "gradient":
        return f"{answer.kind.capitalize()} {shown}"
    return f"grad {shown}" if look.ascii else f"∇{shown}"


def numpy_line(code: str) -> str | None:
    """The returned expression of a function that does nothing else.

    >>> numpy_line("def derivative(x):\\n    return 2 * x\\n")
    '2 * x'
    """
    (function,) = (node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef))
    only = [node for node in function.body if not isinstance(node, ast.Expr)]
    if len(only) > 1 or not isinstance(only[0], ast.Return) or only[0].value is None:
        return None
    return " ".join((ast.get_source_segment(code, only[0].value) or "").split()) or None


def numbers(answer: Answer, code: str | None, seed: int = 0) -> str:
    """How far the code and the formula agree, in words."""
    if code is None:
        return "numbers: there is no code to compare with"
    found = _agreement(answer, code, seed)
    if not found["draws"]:
        return "numbers: no point was found at which the result is defined"
    ranges = _ranges(found["sizes"])
    counted = f"{found['draws']} draws, {ranges}seed {seed}"
    return f"numbers agree to {found['max_error']:.1e}  ({counted})"


def _ranges(sizes: list[dict[str, int]]) -> str:
    """``n = 1…3, p = 2, ``: between what sizes the numbers were drawn."""
    words = []
    for name in sizes[0] if sizes else ():
        values = [each[name] for each in sizes]
        low, high = min(values), max(values)
        words.append(f"{name} = {low}" + (f"…{high}" if high > low else ""))
    return "".join(f"{word}, " for word in words)
