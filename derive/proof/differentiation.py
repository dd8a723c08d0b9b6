"""The prover's own differentiation: a few rules, written apart from those that people read."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from derive.terms.indices import Affine, Index
from derive.terms.nodes import (
    MINUS,
    NOUGHT,
    UNIT,
    Add,
    At,
    Cond,
    Count,
    D,
    Delta,
    Fn,
    Guard,
    Mul,
    Num,
    Pow,
    Sum,
    Term,
    summed,
)
from derive.terms.structure import at_time, range_guards, reachable, substituted, unfolded
from derive.terms.tensors import (
    Choice,
    Definition,
    Determinant,
    Function,
    Inverse,
    LogDeterminant,
    Recurrence,
    Tensor,
)

Closed: TypeAlias = frozenset[Tensor]
NONE: Closed = frozenset()


class Unsupported(Exception):
    """There is no rule for the derivative of this."""


@lru_cache(maxsize=32)
def differentiated(term: Term, closed: Closed = NONE) -> Term:
    """The term with its outermost derivative carried out, and those inside it first.

    Remembered, because the attempts at one statement read it again.
    """
    assert isinstance(term, D)
    body = opened(term.body)
    return derivative(body, term.variable, closed)


def opened(term: Term) -> Term:
    """The term with all derivatives carried out that stand in it itself."""
    if isinstance(term, D):
        return differentiated(term)
    return term.rebuilt(opened(child) for child in term.children) if term.children else term


def depends(term: Term, tensor: Tensor) -> bool:
    """Whether a term reaches a tensor, through definitions too."""
    return tensor in reachable(term)


def derivative(term: Term, by: At, closed: Closed = NONE) -> Term:
    """The derivative of a term by an entry.

    Sums, products, powers, functions and definitions by the chain rule; indicators are constant
    off their jumps; entries of one tensor are independent, whatever facts it has. The derivative
    of an entry of a closed name stays as it is.
    """
    if not depends(term, by.tensor):
        return NOUGHT
    return RULES[type(term)](term, by, closed)


def _total(parts: list[Term]) -> Term:
    parts = [part for part in parts if part != NOUGHT]
    return Add(parts) if len(parts) > 1 else parts[0] if parts else NOUGHT


def _product(*parts: Term) -> Term:
    return NOUGHT if NOUGHT in parts else Mul(parts)


def _of_sum(term: Term, by: At, closed: Closed) -> Term:
    return _total([derivative(part, by, closed) for part in term.children])


def _of_product(term: Term, by: At, closed: Closed) -> Term:
    assert isinstance(term, Mul)
    return _total(
        [
            _product(*term.parts[:k], derivative(part, by, closed), *term.parts[k + 1 :])
            for k, part in enumerate(term.parts)
        ]
    )


def _of_power(term: Term, by: At, closed: Closed) -> Term:
    assert isinstance(term, Pow)
    base, exponent = term.base, term.exponent
    lowered = Pow(base, _minus_one(exponent))
    by_base = _product(exponent, lowered, derivative(base, by, closed))
    by_exponent = _product(term, Fn("log", (base,)), derivative(exponent, by, closed))
    return _total([by_base, by_exponent])


def _minus_one(exponent: Term) -> Term:
    return Num(exponent.value - 1) if isinstance(exponent, Num) else Add((exponent, MINUS))


def _of_bound_sum(term: Term, by: At, closed: Closed) -> Term:
    assert isinstance(term, Sum)
    index, body = term.index, term.body
    if any(slot.coefficient(index) for slot in by.slots):
        fresh = index.fresh()
        index, body = fresh, substituted(body, {index: Affine.of(fresh)})
    inner = derivative(body, by, closed)
    return NOUGHT if inner == NOUGHT else Sum(index, inner)


def _of_function(term: Term, by: At, closed: Closed) -> Term:
    assert isinstance(term, Fn)
    partial = _partial(term.function)
    return _total(
        [
            _product(partial(k, *term.arguments), derivative(argument, by, closed))
            for k, argument in enumerate(term.arguments)
        ]
    )


def _partial(function: str | Function) -> Callable[..., Term]:
    if isinstance(function, Function):
        return _opaque(function)
    if function not in OUTER:
        raise Unsupported(f"the derivative of {function}")
    return OUTER[function]


def _opaque(function: Function) -> Callable[..., Term]:
    return lambda k, *arguments: Fn(function.derivative(k), arguments)


def _of_indicator(term: Term, by: At, closed: Closed) -> Term:
    return NOUGHT


def _of_derivative(term: Term, by: At, closed: Closed) -> Term:
    assert isinstance(term, D)
    return derivative(differentiated(term), by, closed)


def _of_entry(term: Term, by: At, closed: Closed) -> Term:
    assert isinstance(term, At)
    if term.tensor == by.tensor:
        _check_times(term, by)
        same = [Delta(a - b) for a, b in zip(term.slots, by.slots, strict=True)]
        return Mul((*same, *range_guards(by), UNIT))
    return ORIGINS[type(term.tensor.origin)](term, by, closed)


def _check_times(term: At, by: At) -> None:
    """Entries of a recurrence are independent at equal times only: later ones follow from them."""
    if isinstance(term.tensor.origin, Recurrence) and term.slots[0] != by.slots[0]:
        raise Unsupported(f"a derivative by an earlier entry of {term.tensor.name}")


def _of_definition(entry: At, by: At, closed: Closed) -> Term:
    if entry.tensor in closed:
        return D(entry, by)
    return derivative(opened(unfolded(entry)), by, closed)


def _of_inverse(entry: At, by: At, closed: Closed) -> Term:
    """``d inv(M) = - inv(M) dM inv(M)``."""
    matrix = _matrix(entry)
    k, j = Index("k", matrix.shape[0]), Index("l", matrix.shape[1])
    inner = derivative(At(matrix, (k, j)), by, closed)
    row, column = entry.slots
    left, right = At(entry.tensor, (row, k)), At(entry.tensor, (j, column))
    return summed((k, j), _product(MINUS, left, inner, right))


def _of_log_determinant(entry: At, by: At, closed: Closed) -> Term:
    """``d log |det M| = sum_kl inv(M)_lk dM_kl``."""
    matrix = _matrix(entry)
    k, j = Index("k", matrix.shape[0]), Index("l", matrix.shape[1])
    inner = derivative(At(matrix, (k, j)), by, closed)
    inverse = Tensor("", matrix.shape, (), Inverse(matrix))
    return summed((k, j), _product(At(inverse, (j, k)), inner))


def _of_determinant(entry: At, by: At, closed: Closed) -> Term:
    return Mul((entry, _of_log_determinant(entry, by, closed)))


def _of_recurrence(entry: At, by: At, closed: Closed) -> Term:
    """The entry of the recurrence that the derivatives follow, where both entries are in range."""
    tensor = differentiated_recurrence(entry.tensor, by.tensor)
    derived, guards = At(tensor, (*entry.slots, *by.slots)), range_guards(by)
    return Mul((*guards, derived)) if guards else derived


def differentiated_recurrence(tensor: Tensor, by: Tensor) -> Tensor:
    """``dv[t + 1] = sum_q (d step / d v_q) dv_q[t] + d step / d x`` from ``dv[0] = d start / d x``.

    Raises:
        Unsupported: where a step has a kink, for no assumption keeps its values off it.
    """
    origin = tensor.origin
    assert isinstance(origin, Recurrence)
    if isinstance(by.origin, Recurrence) or any(map(_bends, (origin.start, origin.step))):
        raise Unsupported(f"a derivative through the recurrence {tensor.name}")
    own = tuple(Index("u", size) for size in by.shape)
    place = At(by, own)
    name = f"d{tensor.name}/d{by.name}"
    before = Tensor(f"{name} before", (*tensor.shape[1:], *by.shape))
    inner = tuple(Index("q", size) for size in origin.previous.shape)
    last = At(origin.previous, inner)
    through = _product(derivative(opened(origin.step), last), At(before, (*inner, *own)))
    step = _total([summed(inner, through), derivative(opened(origin.step), place)])
    now = at_time(step, tensor, Affine.of(origin.time))
    start = derivative(opened(origin.start), place)
    made = Recurrence(origin.time, (*origin.rest, *own), start, now, before)
    return Tensor(name, (*tensor.shape, *by.shape), (), made)


def _bends(term: Term) -> bool:
    """Whether a term has a kink, a maximum, or a matrix that must stay nonsingular."""
    kinked = isinstance(term, Cond) or (
        isinstance(term, Fn) and term.function in ("relu", "abs", "sign", "maximum", "minimum")
    )
    named = isinstance(term, At) and any(
        isinstance(t.origin, Choice | Inverse | Determinant | LogDeterminant)
        or (isinstance(t.origin, Definition) and _bends(t.origin.body))
        for t in reachable(term)
    )
    return kinked or named or any(map(_bends, term.children))


def _matrix(entry: At) -> Tensor:
    origin = entry.tensor.origin
    assert isinstance(origin, Inverse | Determinant | LogDeterminant)
    return origin.matrix


ORIGINS: dict[type, Callable[[At, At, Closed], Term]] = {
    Definition: _of_definition,
    Inverse: _of_inverse,
    LogDeterminant: _of_log_determinant,
    Determinant: _of_determinant,
    Choice: lambda entry, by, closed: NOUGHT,  # constant off ties
    Recurrence: _of_recurrence,
}

RULES: dict[type, Callable[[Term, At, Closed], Term]] = {
    Add: _of_sum,
    Mul: _of_product,
    Pow: _of_power,
    Sum: _of_bound_sum,
    Fn: _of_function,
    At: _of_entry,
    D: _of_derivative,
    Cond: _of_indicator,
    Delta: _of_indicator,
    Guard: _of_indicator,
    Num: _of_indicator,
    Count: _of_indicator,
}


def _row(function: Callable[[Term], Term]) -> Callable[..., Term]:
    return lambda k, u: function(u)


def _minus(term: Term) -> Term:
    return Mul((MINUS, term))


def _sech_squared(u: Term) -> Term:
    return Add((UNIT, _minus(Pow(Fn("tanh", (u,)), Num(2)))))


def _logistic(u: Term) -> Term:
    s = Fn("sigmoid", (u,))
    return Mul((s, Add((UNIT, _minus(s)))))


def _of_maximum(k: int, a: Term, b: Term) -> Term:
    return Cond(Add((a, _minus(b)))) if k == 0 else Cond(Add((b, _minus(a))))


def _of_minimum(k: int, a: Term, b: Term) -> Term:
    return Cond(Add((b, _minus(a)))) if k == 0 else Cond(Add((a, _minus(b))))


OUTER: dict[str, Callable[..., Term]] = {
    "exp": _row(lambda u: Fn("exp", (u,))),
    "log": _row(lambda u: Pow(u, MINUS)),
    "sin": _row(lambda u: Fn("cos", (u,))),
    "cos": _row(lambda u: _minus(Fn("sin", (u,)))),
    "tan": _row(lambda u: Add((UNIT, Pow(Fn("tan", (u,)), Num(2))))),
    "sinh": _row(lambda u: Fn("cosh", (u,))),
    "cosh": _row(lambda u: Fn("sinh", (u,))),
    "tanh": _row(_sech_squared),
    "sigmoid": _row(_logistic),
    "softplus": _row(lambda u: Fn("sigmoid", (u,))),
    "relu": _row(Cond),
    "abs": _row(lambda u: Fn("sign", (u,))),
    "sign": _row(lambda u: NOUGHT),
    "maximum": _of_maximum,
    "minimum": _of_minimum,
}
