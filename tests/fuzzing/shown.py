"""Terms as short lines of text, with what their names stand for."""

from __future__ import annotations

from derive.terms.nodes import Add, At, Cond, Count, D, Delta, Fn, Guard, Mul, Num, Pow, Sum, Term
from derive.terms.structure import reachable
from derive.terms.tensors import Choice, Definition, Recurrence, Tensor


def shown(term: Term) -> str:
    """A term in one line; bound indices show their ranges."""
    if isinstance(term, Num):
        return str(term.value)
    if isinstance(term, Count):
        return f"#({term.form})"
    if isinstance(term, At):
        return _name(term.tensor) + (f"[{', '.join(map(str, term.slots))}]" if term.slots else "")
    if isinstance(term, Delta | Guard):
        return f"[{term.form} {'=' if isinstance(term, Delta) else '>='} 0]"
    inner = [shown(child) for child in term.children]
    if isinstance(term, Add):
        return f"({' + '.join(inner)})"
    if isinstance(term, Mul):
        return " ".join(inner)
    if isinstance(term, Pow):
        return f"({inner[0]})^{inner[1]}"
    if isinstance(term, Fn):
        return f"{term.function}({', '.join(inner)})"
    if isinstance(term, Sum):
        return f"sum_{{{term.index.name}{term.index.serial}<{term.index.size}}} {inner[0]}"
    if isinstance(term, Cond):
        return f"[{inner[0]} > 0]"
    assert isinstance(term, D)
    return f"D({inner[0]}; {shown(term.variable)})"


def _name(tensor: Tensor) -> str:
    if tensor.name:
        return tensor.name
    origin = tensor.origin
    matrix = getattr(origin, "matrix", None)
    return f"{type(origin).__name__}({_name(matrix)})" if matrix is not None else "anonymous"


def legend(*terms: Term) -> list[str]:
    """What is known of the tensors of some terms."""
    tensors = dict.fromkeys(t for term in terms for t in reachable(term))
    return [_line(tensor) for tensor in tensors]


def _line(tensor: Tensor) -> str:
    facts = ", ".join(sorted(map(str, tensor.facts)))
    origin, text = tensor.origin, ""
    if isinstance(origin, Definition):
        text = f" [{', '.join(map(str, origin.indices))}] = {shown(origin.body)}"
    if isinstance(origin, Choice):
        text = (
            f" [{origin.outer} {origin.chosen}] chooses {shown(origin.body)} where {origin.allowed}"
        )
    if isinstance(origin, Recurrence):
        text = f" starts {shown(origin.start)}, then {shown(origin.step)}"
    return f"    {_name(tensor)} {tensor.shape} {facts}{text}"
