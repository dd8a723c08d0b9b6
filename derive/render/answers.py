"""The answer to a typed expression as JSON, as notes under a page, and as code."""

from __future__ import annotations

from typing import Any

from derive.language.derivative import Answer
from derive.notation import latex, text
from derive.render.data import document as recorded
from derive.terms.arrays import Array


def document(answer: Answer, seed: int = 0) -> dict[str, Any]:
    """The JSON of an answer: result, LaTeX, NumPy source, steps, status, assumptions, numbers."""
    from derive.checking.sources import agreement

    record = recorded(answer)
    numpy = source(answer, "numpy")
    return {
        "schema": 1,
        "result": result(answer),
        "latex": ",\\quad ".join(latex(array) for array in answer.results.values()),
        "numpy": numpy,
        "steps": record["steps"],
        "status": record["status"],
        "assumptions": record["assumptions"],
        "numbers": agreement(answer, numpy, seed),
    }


def result(answer: Answer) -> str:
    """The closed forms in NumPy's notation."""
    return ", ".join(text(array, "linear") for array in answer.results.values())


def source(answer: Answer, backend: str) -> str:
    """Source of ``def derivative(<declared variables in order>)``."""
    from derive import codegen

    write = {
        "numpy": codegen.numpy_source,
        "torch": codegen.torch_source,
        "jax": codegen.jax_source,
    }[backend]
    return write(_results(answer), tuple(answer.arguments.values()))


def _results(answer: Answer) -> Array | tuple[Array, ...]:
    found = tuple(answer.results.values())
    return found[0] if len(found) == 1 else found


def notes(answer: Answer) -> tuple[str, ...]:
    """What stands under the page: the result in one line, and in NumPy."""
    return tuple(
        f"{'∇' if answer.kind == 'gradient' else answer.kind} {name}   {text(array, 'linear')}"
        for name, array in answer.results.items()
    )
