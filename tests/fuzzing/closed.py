"""What proofs leave closed, with near misses: functions, names by their signs, windows."""

from __future__ import annotations

from collections.abc import Sequence

from derive.terms.arrays import define, variable
from derive.terms.functions import exp as exponentials
from derive.terms.indices import Affine, Index
from derive.terms.nodes import MINUS, UNIT, Delta, Fn, Num, Pow, Term
from derive.terms.sizes import Size
from derive.terms.statements import OffKink
from tests.fuzzing.vocabulary import (
    HALF,
    Row,
    add,
    call,
    exp,
    i,
    m,
    minus,
    mul,
    n,
    sums,
    two,
    vector,
    x,
    y,
)


def _functions() -> Sequence[Row]:
    """Functions of negative arguments, and functions whose values have a sign."""
    u, v = add(x(i), minus(y(i))), add(y(i), minus(x(i)))
    half, log = add(HALF, call("sin", x(i))), call("log", add(HALF, exp(x(i))))
    softplus = call("softplus", x(i))
    return (
        Row(
            "odd and even functions",
            mul(add(UNIT, call("tanh", u)), call("cos", u)),
            mul(add(UNIT, mul(MINUS, call("tanh", v))), call("cos", v)),
            (
                mul(add(UNIT, call("tanh", v)), call("cos", v)),
                mul(MINUS, add(UNIT, mul(MINUS, call("tanh", v))), call("cos", v)),
            ),
        ),
        Row(
            "a sine added to a number",
            _size(add(Num(2), call("sin", x(i)))),
            add(Num(2), call("sin", x(i))),
            (add(Num(2), mul(MINUS, call("sin", x(i)))),),
        ),
        _of_any_sign("a sine added to a small number", half),
        Row(
            "a function of positive values",
            _size(mul(softplus, call("sigmoid", y(i)))),
            mul(softplus, call("sigmoid", y(i))),
            (call("sigmoid", y(i)),),
        ),
        _of_any_sign("a function of values of both signs", call("tanh", x(i))),
        _of_any_sign("a logarithm of less than one", log),
    )


def _of_any_sign(name: str, term: Term) -> Row:
    return Row(name, _size(term), _size(mul(MINUS, term)), (term,), rests_on=(OffKink,))


def _size(term: Term) -> Term:
    return Fn("abs", (term,))


def _names() -> Sequence[Row]:
    """A name has the sign of what it stands for."""
    whole = variable("x", (n,))
    positive, open_ = define("S", exponentials(whole).sum()).body, define("T", whole.sum()).body
    return (
        Row("a name of what is positive", _size(positive), positive, (mul(MINUS, positive),)),
        _of_any_sign("a name of what has any sign", open_),
    )


def _windows() -> Sequence[Row]:
    """Functions of what a window reads, at the place that a delta tells."""
    inner = Index("a", m)
    return (
        _window("windows side by side", two, 2 * i + two, 2 * n),
        _window("windows that overlap", inner, i + inner, n + m - 1),
    )


def _window(name: str, inner: Index, form: Affine, size: Size) -> Row:
    read, weight, k = vector("X", size), vector("g", inner.size), Index("k", size)

    def read_at(slot: Affine, delta: Term) -> Term:
        value = Pow(add(UNIT, Pow(call("tanh", read(slot)), Num(2))), HALF)
        return sums(i, inner, mul(y(i), weight(inner), value, delta))

    told, place, wrong = Delta(form - k), Affine.of(k), Affine.of(i)
    right = read_at(place, told)
    return Row(name, read_at(form, told), right, (read_at(wrong, told), read_at(form, UNIT)))


GROUPS = (_functions, _names, _windows)
