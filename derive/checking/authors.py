"""SymPy as the author of scalar steps: it proposes a line, and the prover disposes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from derive.checking.from_sympy import from_sympy
from derive.terms.arrays import Array
from derive.terms.nodes import Add, At, Fn, Mul, Num, Pow, Term
from derive.terms.tensors import Tensor

SCALAR = (Add, Mul, Pow, Num)
FUNCTIONS = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh")


def authored(array: Array, simplifier: Callable[[Any], Any]) -> Array:
    """What one of SymPy's scalar simplifiers makes of the entry of an array.

    Everything that is no scalar algebra (entries, sums, names, indicators) stands behind a real
    symbol meanwhile. The result is a proposal: a link to it is proved like any other.

    >>> from derive.terms.arrays import variable
    >>> x = variable("x", ("n",))
    >>> from derive.notation import text
    >>> text(authored(x**2 - 1, sp.factor), "ascii")
    '(1 + x) * (-1 + x)'

    Raises:
        NoSymPyForm: when the simplifier answers with something that has no reading as a term.
    """
    atoms: dict[Term, Any] = {}
    expression = _exported(array.body, atoms)
    proposal = from_sympy(simplifier(expression))
    return Array(array.indices, _restored(proposal.body, {s.name: t for t, s in atoms.items()}))


def _exported(term: Term, atoms: dict[Term, Any]) -> Any:
    if isinstance(term, Num):
        return sp.Rational(term.value.numerator, term.value.denominator)
    if isinstance(term, SCALAR):
        return _KINDS[type(term)](*(_exported(child, atoms) for child in term.children))
    if isinstance(term, Fn) and term.function in FUNCTIONS:
        return getattr(sp, str(term.function))(_exported(term.arguments[0], atoms))
    return atoms.setdefault(term, sp.Symbol(f"atom{len(atoms)}", real=True))


def _restored(term: Term, atoms: dict[str, Term]) -> Term:
    """The term with the symbols replaced by what stood behind them."""
    if isinstance(term, At) and term.tensor == Tensor(term.tensor.name):
        return atoms.get(term.tensor.name, term)
    if not term.children:
        return term
    return term.rebuilt(_restored(child, atoms) for child in term.children)


_KINDS: dict[type, Callable[..., Any]] = {Add: sp.Add, Mul: sp.Mul, Pow: sp.Pow}
