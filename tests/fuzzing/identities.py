"""Identities of sums, places, powers, functions and conditions, with near misses."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derive.terms.arrays import choice, entries
from derive.terms.indices import Index
from derive.terms.nodes import At, Cond, Count, Delta, Guard, Num, Pow, Term
from derive.terms.statements import NoTie, OffKink
from derive.terms.tensors import Choice, Tensor
from tests.fuzzing.vocabulary import (
    FEWER,
    HALF,
    A,
    B,
    Row,
    a,
    add,
    c,
    call,
    exp,
    i,
    j,
    k,
    l,
    longer,
    m,
    minus,
    mul,
    n,
    over,
    q,
    r,
    s,
    sums,
    t,
    x,
    y,
    z,
)


def _sums_and_guards() -> Sequence[Row]:
    shifted = mul(x(longer - 1), y(longer - 1))
    both = add(mul(A(i, k), B(k, j)), mul(B(i, k), A(k, j)))
    return (
        Row(
            "shift",
            sums(i, exp(x(i))),
            sums(longer, mul(Guard(longer - 1), exp(x(longer - 1)))),
            (sums(longer, mul(Guard(longer - 2), exp(x(longer - 1)))),),
        ),
        Row(
            "shift of plain entries",
            sums(i, mul(x(i), y(i))),
            sums(longer, shifted),
            (sums(i, mul(x(i), y(i - 1))),),
        ),
        Row(
            "reversal",
            sums(i, mul(x(i), y(n - 1 - i))),
            sums(i, mul(x(n - 1 - i), y(i))),
            (sums(i, mul(x(i), y(i))),),
        ),
        Row(
            "trace",
            sums(i, k, mul(A(i, k), B(k, i))),
            sums(i, k, mul(B(i, k), A(k, i))),
            (sums(i, k, mul(A(i, k), B(i, k))),),
        ),
        Row(
            "products",
            sums(k, both),
            sums(l, add(mul(A(l, j), B(i, l)), mul(A(i, l), B(l, j)))),
            (sums(k, mul(Num(2), A(i, k), B(k, j))),),
        ),
        Row(
            "two sums",
            mul(sums(k, x(k)), sums(k, y(k))),
            sums(k, l, mul(x(l), y(k))),
            (sums(k, mul(x(k), y(k))),),
        ),
        Row(
            "complement",
            x(i),
            add(mul(Guard(i - j), x(i)), mul(Guard(j - i - 1), x(i))),
            (add(mul(Guard(i - j), x(i)), mul(Guard(j - i), x(i))), mul(Guard(i - j), x(i))),
        ),
        Row(
            "triangle",
            sums(i, j, mul(Guard(i - j), x(i), x(j))),
            mul(HALF, add(Pow(sums(i, x(i)), Num(2)), sums(i, Pow(x(i), Num(2))))),
            (
                mul(HALF, Pow(sums(i, x(i)), Num(2))),
                mul(HALF, add(Pow(sums(i, x(i)), Num(2)), minus(sums(i, Pow(x(i), Num(2)))))),
            ),
        ),
        Row(
            "delta",
            sums(k, mul(Delta(i - k), x(k), y(k))),
            mul(x(i), y(i)),
            (mul(x(i), sums(k, y(k))), x(i)),
        ),
        Row(
            "delta across ranges",
            sums(k, mul(Delta(a - k), x(k))),
            mul(Guard(n - 1 - a), x(a)),
            (sums(k, mul(Guard(k - a), Delta(a - k + 1), x(k))), Num(0)),
        ),
        Row(
            "range of a shifted delta",
            sums(k, mul(Delta(i + 1 - k), Pow(x(k), Num(0)))),
            Guard(n - 2 - i),
            (Num(1),),
        ),
        Row(
            "range of a sum over fewer",
            sums(a, sums(k, Delta(a - k))),
            Count(m),
            (Count(n), mul(Count(n), Count(m))),
            FEWER,
        ),
        Row(
            "constant sum",
            sums(i, c),
            mul(Count(n), c),
            (mul(Count(n - 1), c), mul(Count(m), c), c),
        ),
        Row(
            "sum of numbers",
            sums(i, Count(i)),
            mul(HALF, Count(n), Count(n - 1)),
            (mul(HALF, Count(n), Count(n + 1)), mul(HALF, Count(n), Count(n))),
        ),
        Row(
            "sum of squares",
            sums(i, Pow(Count(i), Num(2))),
            mul(Num(Fraction(1, 6)), Count(n), Count(n - 1), Count(2 * n - 1)),
            (
                mul(Num(Fraction(1, 6)), Count(n), Count(n - 1), Count(2 * n + 1)),
                mul(Num(Fraction(1, 3)), Pow(Count(n), Num(3))),
            ),
        ),
        Row(
            "sum of cubes",
            sums(i, Pow(Count(i), Num(3))),
            Pow(mul(HALF, Count(n), Count(n - 1)), Num(2)),
            (Pow(mul(HALF, Count(n), Count(n + 1)), Num(2)),),
        ),
        Row("counting below", sums(k, Guard(i - k)), add(Count(i), Num(1)), (Count(i), Count(n))),
        Row(
            "sum over an index that is outside too",
            sums(i, mul(x(i), sums(i, y(i)))),
            mul(sums(i, x(i)), sums(j, y(j))),
            (sums(i, mul(x(i), y(i))),),
        ),
        Row(
            "condition on indices",
            Cond(Count(i - k)),
            add(Num(1), minus(Guard(k - i))),
            (add(Num(1), minus(Cond(Count(k - i)))),),
        ),
    )


def _places() -> Sequence[Row]:
    place = s * i + q * k
    return (
        Row("stride", sums(l, mul(x(l), Delta(l - 2 * i - 1))), x(2 * i + 1), (x(i + 1), x(2 * i))),
        Row(
            "symbolic stride",
            sums(l, mul(Delta(l - place), x(l))),
            x(place),
            (x(s * i + k), x(i + k)),
        ),
        Row(
            "strided twice",
            sums(i, l, mul(y(i), Delta(l - s * i), x(l))),
            sums(i, mul(y(i), x(s * i))),
            (sums(i, mul(y(i), x(i))), sums(i, mul(y(s * i), x(i)))),
        ),
        Row(
            "count of a stride",
            sums(l, mul(Delta(l - 2 * i), Delta(2 * j - l), x(i))),
            mul(Guard(n - 1 - 2 * i), Delta(i - j), x(i)),
            (mul(Delta(i - j), x(i)), mul(Guard(n - 1 - 2 * i), x(i))),
        ),
        Row(
            "zero outside",
            mul(Guard(i - 1), x(i - 1)),
            x(i - 1),
            (x(i), mul(Guard(i - 2), x(i - 1))),
        ),
        Row(
            "adjoint",
            sums(i, mul(y(i), sums(k, mul(z(k), x(s * i + k))))),
            sums(l, mul(x(l), sums(i, k, mul(y(i), z(k), Delta(l - s * i - k))))),
            (sums(l, mul(x(l), sums(i, k, mul(y(i), z(k), Delta(l - i - s * k))))),),
        ),
    )


def _algebra() -> Sequence[Row]:
    fraction = over(add(t, Num(1)))
    return (
        Row(
            "square",
            Pow(add(c, x(i)), Num(2)),
            add(Pow(c, Num(2)), mul(Num(2), c, x(i)), Pow(x(i), Num(2))),
            (add(Pow(c, Num(2)), Pow(x(i), Num(2))),),
        ),
        Row(
            "partial fractions",
            mul(over(t), fraction),
            add(over(t), minus(fraction)),
            (add(over(t), fraction), mul(Num(2), fraction)),
        ),
        Row(
            "cancelling",
            mul(add(Pow(t, Num(2)), Num(-1)), fraction),
            add(t, Num(-1)),
            (add(t, Num(1)),),
        ),
        Row(
            "softmax sums to one",
            sums(i, mul(exp(x(i)), over(sums(j, exp(x(j)))))),
            Num(1),
            (Count(n), Num(2)),
        ),
        Row(
            "powers",
            mul(Pow(t, Count(n)), Pow(t, Count(m))),
            Pow(t, Count(n + m)),
            (Pow(t, Count(n * m)), Pow(t, Count(n))),
        ),
        Row(
            "power of a power",
            Pow(Pow(t, Count(n)), Num(2)),
            Pow(t, Count(2 * n)),
            (Pow(t, Count(n + 2)),),
        ),
        Row(
            "geometric step",
            mul(c, sums(k, Pow(c, Count(k)))),
            sums(k, Pow(c, Count(k + 1))),
            (sums(k, Pow(c, Count(k))), sums(k, Pow(c, Count(2 * k)))),
        ),
        Row("root of a square", Pow(Pow(x(i), Num(2)), HALF), call("abs", x(i)), (x(i),)),
        Row("positive root", Pow(Pow(r(i), Num(2)), HALF), r(i), (Pow(r(i), Num(2)), minus(r(i)))),
        Row(
            "product of roots",
            mul(Pow(t, HALF), Pow(t, Num(Fraction(3, 2)))),
            Pow(t, Num(2)),
            (Pow(t, Num(Fraction(3, 4))),),
        ),
        Row(
            "exponentials",
            mul(exp(x(i)), exp(y(i))),
            exp(add(x(i), y(i))),
            (exp(mul(x(i), y(i))), add(exp(x(i)), exp(y(i)))),
        ),
        Row(
            "logarithm of a product",
            call("log", mul(t, r(i))),
            add(call("log", t), call("log", r(i))),
            (mul(call("log", t), call("log", r(i))), add(call("log", t), minus(call("log", r(i))))),
        ),
        Row(
            "logarithm of a power",
            call("log", Pow(t, Num(3))),
            mul(Num(3), call("log", t)),
            (Pow(call("log", t), Num(3)),),
        ),
        Row(
            "log of exp",
            call("log", exp(x(i))),
            x(i),
            (exp(x(i)), call("abs", x(i))),
        ),
        Row(
            "tanh",
            call("tanh", c),
            add(mul(Num(2), call("sigmoid", mul(Num(2), c))), Num(-1)),
            (add(mul(Num(2), call("sigmoid", c)), Num(-1)),),
        ),
        Row(
            "sine of a sum",
            call("sin", add(c, t)),
            add(mul(call("sin", c), call("cos", t)), mul(call("cos", c), call("sin", t))),
            (
                add(mul(call("sin", c), call("sin", t)), mul(call("cos", c), call("cos", t))),
                add(mul(call("sin", c), call("cos", t)), minus(call("cos", c), call("sin", t))),
            ),
        ),
        Row(
            "pythagoras",
            add(Pow(call("sin", c), Num(2)), Pow(call("cos", c), Num(2))),
            Num(1),
            (call("sin", mul(Num(2), c)),),
        ),
    )


def _conditions() -> Sequence[Row]:
    largest = choice("", entries(Tensor("x", (n,))), (0,))
    top = sums(k, mul(At(largest, (k,)), x(k)))

    def weighed(body: Term, own: Index) -> Term:
        tensor = Tensor("", (n,), (), Choice((), (own,), body))
        return sums(k, mul(At(tensor, (k,)), y(k)))

    return (
        Row(
            "sign at a kink",
            call("sign", x(i)),
            add(mul(Num(2), Cond(x(i))), Num(-1)),
            (add(mul(Num(2), Cond(minus(x(i)))), Num(-1)), Cond(x(i))),
            rests_on=(OffKink,),
        ),
        Row(
            "complement of a condition",
            add(Cond(x(i)), Cond(minus(x(i)))),
            Num(1),
            (Num(0), Cond(x(i))),
            rests_on=(OffKink,),
        ),
        Row(
            "absolute value",
            call("abs", x(i)),
            add(call("relu", x(i)), call("relu", minus(x(i)))),
            (add(call("relu", x(i)), minus(call("relu", minus(x(i))))), call("relu", x(i))),
        ),
        Row(
            "maximum of two",
            call("maximum", c, t),
            add(c, call("relu", add(t, minus(c)))),
            (add(t, call("relu", add(t, minus(c)))), call("minimum", c, t)),
        ),
        Row(
            "weights sum to one", sums(k, At(largest, (k,))), Num(1), (Count(n),), rests_on=(NoTie,)
        ),
        Row(
            "a maximum is shifted",
            sums(k, mul(At(largest, (k,)), add(x(k), c))),
            add(top, c),
            (add(top, mul(Count(n), c)), top),
            rests_on=(NoTie,),
        ),
        Row(
            "a maximum is scaled",
            weighed(mul(t, x(k)), k),
            weighed(x(k), k),
            (
                weighed(minus(x(k)), k),
                weighed(mul(r(k), x(k)), k),
                weighed(exp(y(k)), k),
                weighed(mul(c, x(k)), k),
                weighed(add(x(k), Count(k)), k),
            ),
        ),
        Row(
            "weights are idempotent",
            sums(k, Pow(At(largest, (k,)), Num(2))),
            sums(k, At(largest, (k,))),
            (mul(Num(2), sums(k, At(largest, (k,)))),),
        ),
    )


GROUPS = (_sums_and_guards, _places, _algebra, _conditions)
