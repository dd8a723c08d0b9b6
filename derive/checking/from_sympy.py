"""Reading SymPy expressions: scalars, indexed entries and sums become terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from derive.checking.sympy_bridge import NoSymPyForm
from derive.terms.arrays import Array
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Add, At, Count, Fn, Mul, Num, Pow, Sum, Term
from derive.terms.sizes import Size
from derive.terms.tensors import Tensor

Scope = Mapping[Any, Index]

NAMES: dict[Any, str] = {
    **{getattr(sp, name): name for name in "exp log sin cos tan sinh cosh tanh erf sign".split()},
    sp.Abs: "abs",
}


def from_sympy(expression: Any) -> Array:
    """The scalar that a SymPy expression stands for.

    A symbol becomes a scalar variable, or a size if it is declared a positive integer; a sum runs
    from 0 to a size less one.

    >>> x, y = sp.symbols("x y", real=True)
    >>> from_sympy(x * y + sp.exp(x)).body
    Add((Mul((At(x, ()), At(y, ())),), Fn('exp', (At(x, ()),))),)

    Raises:
        NoSymPyForm: naming the part that has no such reading.
    """
    return Array((), _read(sp.S(expression), {}))


def _read(e: Any, scope: Scope) -> Term:
    if e.func in NAMES:
        return Fn(NAMES[e.func], tuple(_read(argument, scope) for argument in e.args))
    for kind, row in ROWS:
        if isinstance(e, kind):
            return row(e, scope)
    raise NoSymPyForm(f"no reading for {e}")


def _symbol(e: Any, scope: Scope) -> Term:
    if e in scope:
        return Count(scope[e])
    if e.is_integer and e.is_positive:
        return Count(Size.of(e.name))
    return At(Tensor(e.name))


def _entry(e: Any, scope: Scope) -> Term:
    if e.base.shape is None:
        raise NoSymPyForm(f"{e.base} has no declared shape")
    shape = tuple(_size(size) for size in e.base.shape)
    return At(Tensor(str(e.base.label), shape), tuple(_form(slot, scope) for slot in e.indices))


def _sum(e: Any, scope: Scope) -> Term:
    *others, (symbol, low, high) = e.limits
    if low != 0:
        raise NoSymPyForm(f"the sum {e} does not start at 0")
    index = Index(symbol.name, _size(high + 1))
    inner = sp.Sum(e.function, *others) if others else e.function
    return Sum(index, _read(inner, {**scope, symbol: index}))


def _form(e: Any, scope: Scope) -> Affine:
    """An affine form over the indices in scope, with sizes as coefficients."""
    bound = [symbol for symbol in scope if symbol in e.free_symbols]
    polynomial = sp.Poly(e, *bound) if bound else None
    if polynomial is None:
        return Affine.of(_size(e))
    total = Affine.of(Size.of(0))
    for powers, coefficient in polynomial.terms():
        chosen = [symbol for symbol, power in zip(bound, powers, strict=True) if power]
        if sum(powers) > 1:
            raise NoSymPyForm(f"the index {e} is not affine")
        factor = _size(coefficient)
        total = total + (Affine.of(scope[chosen[0]]) * factor if chosen else Affine.of(factor))
    return total


def _size(e: Any) -> Size:
    symbols = sorted(e.free_symbols, key=str)
    if not symbols and e.is_Integer:
        return Size.of(int(e))
    total = Size.of(0)
    for powers, coefficient in sp.Poly(e, *symbols).terms():
        if not coefficient.is_Integer:
            raise NoSymPyForm(f"{e} is no size")
        term = Size.of(int(coefficient))
        for symbol, power in zip(symbols, powers, strict=True):
            term = term * Size.of(symbol.name) ** power
        total = total + term
    return total


ROWS: tuple[tuple[Any, Callable[[Any, Scope], Term]], ...] = (
    (sp.Rational, lambda e, scope: Num(Fraction(int(e.p), int(e.q)))),
    (sp.Symbol, _symbol),
    (sp.Indexed, _entry),
    (sp.Sum, _sum),
    (sp.Add, lambda e, scope: Add(tuple(_read(part, scope) for part in e.args))),
    (sp.Mul, lambda e, scope: Mul(tuple(_read(part, scope) for part in e.args))),
    (sp.Pow, lambda e, scope: Pow(_read(e.base, scope), _read(e.exp, scope))),
)
