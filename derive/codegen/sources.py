"""Source code of a function from the arrays it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from derive.codegen.backends import JAX, NUMPY, TORCH, Backend
from derive.codegen.costs import work
from derive.codegen.emission import Writer
from derive.codegen.graph import Node
from derive.codegen.planning import Planner
from derive.codegen.readings import READINGS
from derive.codegen.rendering import rendered
from derive.codegen.scalars import CALL, bracketed, tuple_text
from derive.codegen.signature import WIDTH, Signature, signature
from derive.codegen.tidying import Tidying
from derive.terms.arrays import Array
from derive.terms.contexts import Context
from derive.terms.tensors import Tensor

Results: TypeAlias = "Array | Sequence[Array]"
Arguments: TypeAlias = "Sequence[Array | Tensor]"


def numpy_source(
    results: Results, arguments: Arguments, context: Context | None = None, name: str = "derivative"
) -> str:
    r'''NumPy source of a function of the arguments; several results come as a tuple.

    >>> from derive.terms.arrays import variable
    >>> X, b, y = variable("X", ("n", "p")), variable("b", ("p",)), variable("y", ("n",))
    >>> print(numpy_source(2 * X.T @ (X @ b - y), [X, b, y]))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def derivative(X, b, y):
        """X: (n, p), b: (p,), y: (n,). Returns an array of shape (p,)."""
        return 2 * (X.T @ (X @ b - y))
    <BLANKLINE>
    '''
    return source(NUMPY, results, arguments, context, name)


def torch_source(
    results: Results, arguments: Arguments, context: Context | None = None, name: str = "derivative"
) -> str:
    """PyTorch source of a function of the arguments, which are tensors."""
    return source(TORCH, results, arguments, context, name)


def jax_source(
    results: Results, arguments: Arguments, context: Context | None = None, name: str = "derivative"
) -> str:
    """JAX source of a function of the arguments."""
    return source(JAX, results, arguments, context, name)


def source(
    backend: Backend,
    results: Results,
    arguments: Arguments,
    context: Context | None = None,
    name: str = "derivative",
    keywords: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Source code for a backend; ``keywords`` are the arguments that sizes are given by."""
    arrays = [results] if isinstance(results, Array) else list(results)
    context = context or Context()
    planner, roots = _planned(backend, arrays, context, tuple(keywords))
    tidying = Tidying(planner.graph, roots, planner.names)
    roots = [tidying.tidied(root) for root in roots]
    head = signature(arguments, arrays, context, keywords)
    writer = Writer(rendered, backend, roots, tidying.names, (*head.taken, name))
    returned = [_returned(writer, root) for root in roots]
    body = [*head.opening(writer, roots), *writer.lines]
    body += _return(returned, isinstance(results, Array))
    return _module(writer, head, name, body, arrays)


def _planned(
    backend: Backend, arrays: Sequence[Array], context: Context, given: Sequence[str]
) -> tuple[Planner, list[Node]]:
    """The nodes of the results, with what occurs twice computed once if that costs less."""
    found = []
    for sharing in (True, False):
        planner = Planner(READINGS, backend.rows, context, arrays, sharing, given)
        found.append((planner, [planner.result(array) for array in arrays]))
        if not planner.shared.repeated:
            break
    return min(found, key=lambda pair: work(pair[1]))


def _returned(writer: Writer, root: Node) -> str:
    text = writer.text(root)
    shown = root
    while shown.operation in ("transpose", "expand", "take", "diagonal"):
        shown = shown.operands[0]
    if shown.operation == "argument" and root.ndim:
        return writer.row("copy", bracketed(text, CALL))
    return text[0]


def _return(texts: list[str], alone: bool) -> list[str]:
    """The last statement; a long tuple has one entry a line."""
    line = f"return {texts[0] if alone else tuple_text(texts)}"
    if alone or len(line) <= WIDTH:
        return [line]
    return ["return (", *(f"    {text}," for text in texts), ")"]


def _module(
    writer: Writer, head: Signature, name: str, body: list[str], arrays: Sequence[Array]
) -> str:
    backend = writer.backend
    plain = backend.module == writer.module
    imported = f"import {backend.module}" + ("" if plain else f" as {writer.module}")
    aliases = [f"{alias} = {builtin}" for builtin, alias in writer.builtins.items()]
    lines = [imported, *([""] if aliases else []), *aliases, "", ""]
    lines.append(f"def {name}({head.parameters}):")
    lines += [f"    {line}" if line else "" for line in (*head.text(arrays), *body)]
    return "\n".join([*lines, ""])


__all__ = ["jax_source", "numpy_source", "source", "torch_source"]
