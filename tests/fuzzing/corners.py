"""Corners of the normal form, with near misses: ranges, places, counts, captures, roots."""

from __future__ import annotations

from collections.abc import Sequence

from derive.terms.arrays import determinant, log_determinant
from derive.terms.contexts import Context
from derive.terms.indices import Index
from derive.terms.nodes import Count, Delta, Guard, Num, Pow
from derive.terms.sizes import ONE
from tests.fuzzing.vocabulary import (
    FEWER,
    HALF,
    A,
    M,
    Row,
    a,
    add,
    c,
    call,
    e,
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
    single,
    sums,
    t,
    two,
    vector,
    x,
    y,
)


def _systems() -> Sequence[Row]:
    """Equalities and guards that are nearly implied, nearly equal, nearly impossible."""
    digit = Index("v", m + 1)
    low, high = Guard(i - k - 1), Guard(i - k)
    return (
        Row(
            "no digits: the lower one runs too far",
            sums(i, digit, mul(Delta(m * i + digit - m), x(i))),
            sums(digit, i, mul(x(i), Delta(m * i + digit - m))),
            (x(0), x(1)),
        ),
        Row(
            "a guard that always holds",
            sums(two, mul(Guard(two), Pow(c, Count(two)))),
            sums(two, Pow(c, Count(two))),
            (Num(1), c),
        ),
        Row(
            "a guard with a divisor",
            mul(Guard(2 * k - 1), x(k)),
            mul(Guard(k - 1), x(k)),
            (x(k), mul(Guard(k - 2), x(k))),
        ),
        Row(
            "a guard that a size of 0 tells from another",
            mul(Guard(i - k), Guard(i - k + q - 1), x(i)),
            mul(x(i), Guard(i - k + q - 1), Guard(i - k)),
            (mul(Guard(i - k), x(i)),),
            Context({"q": 0}),
        ),
        Row(
            "guards one apart, the stronger first",
            mul(Guard(i - k + 1), Guard(i - k + 2), x(i)),
            mul(Guard(i - k + 1), x(i)),
            (mul(Guard(i - k + 2), x(i)),),
        ),
        Row("guards one apart", mul(low, high, x(i)), mul(low, x(i)), (mul(high, x(i)),)),
        Row(
            "an axis of size 1 beside a longer one",
            sums(single, mul(Delta(i - single), x(i))),
            mul(Delta(i - 0), x(0)),
            (x(i), x(0)),
        ),
        Row("a free place", mul(Delta(i - 0), x(i)), mul(Delta(i - 0), x(0)), (x(0), x(i))),
        Row(
            "a place that may not be",
            mul(
                sums(k, mul(Delta(k - 4), exp(x(k)))), sums(l, mul(Delta(l - 4), exp(minus(x(l)))))
            ),
            mul(
                sums(l, mul(Delta(l - 4), exp(minus(x(l))))), sums(k, mul(Delta(k - 4), exp(x(k))))
            ),
            (Num(1),),
        ),
        Row(
            "a guard beside a place",
            mul(Guard(i - j), x(2 * i + 1)),
            mul(x(2 * i + 1), Guard(i - j)),
            (x(2 * i + 1),),
        ),
        Row("behind an axis of size 1", vector("o", ONE)(1), Num(0), (vector("o", ONE)(0),)),
        Row(
            "a power at a place",
            sums(k, mul(Delta(k - i - 1), Pow(t, Count(k)))),
            mul(Guard(n - 2 - i), Pow(t, Count(i + 1))),
            (mul(Guard(n - 2 - i), Pow(t, Count(i))), Pow(t, Count(i + 1))),
        ),
        Row(
            "a sign at a place",
            Pow(e(2 * i + 1), Num(2)),
            Guard(n - 2 - 2 * i),
            (e(2 * i + 1), Num(1)),
        ),
    )


def _counting() -> Sequence[Row]:
    """Numbers of values between limits."""
    triangle = sums(i, j, mul(Guard(i - j - 1), x(i), x(j)))
    squares, total = sums(i, Pow(x(i), Num(2))), sums(i, x(i))
    return (
        Row(
            "an empty range",
            sums(k, Guard(i - j - k)),
            sums(l, Guard(i - l - j)),
            (Count(i - j + 1), Count(i - j)),
        ),
        Row(
            "the smaller of two limits",
            sums(k, mul(Guard(i - k), Guard(j - k))),
            add(mul(Guard(j - i), Count(i + 1)), mul(Guard(i - j - 1), Count(j + 1))),
            (add(mul(Guard(j - i), Count(i + 1)), mul(Guard(i - j), Count(j + 1))),),
        ),
        Row(
            "strict triangle",
            triangle,
            mul(HALF, add(Pow(total, Num(2)), minus(squares))),
            (mul(HALF, add(Pow(total, Num(2)), squares)), mul(HALF, Pow(total, Num(2)))),
        ),
        Row(
            "entries at an index that may run further",
            sums(a, x(a)),
            sums(k, mul(Guard(m - 1 - k), x(k))),
            (sums(k, x(k)),),
        ),
        Row(
            "a function of fewer entries",
            sums(a, exp(x(a))),
            sums(k, mul(Guard(m - 1 - k), exp(x(k)))),
            (sums(k, exp(x(k))),),
            FEWER,
        ),
        Row(
            "a function up to the end",
            sums(longer, mul(Guard(n - 1 - longer), exp(x(longer)))),
            sums(k, exp(x(k))),
            (sums(k, mul(Guard(k - 1), exp(x(k)))), add(Num(1), sums(k, exp(x(k))))),
        ),
    )


def _captures() -> Sequence[Row]:
    """Sums inside sums, and indices that meet their own names."""
    inner = sums(l, A(k, l))
    rows = sums(j, mul(A(i, j), x(j)))
    shares = sums(k, over(add(t, Pow(x(k), Num(2)))))
    return (
        Row(
            "a sum inside a function inside a sum",
            sums(k, mul(x(k), exp(inner))),
            sums(i, mul(x(i), exp(sums(j, A(i, j))))),
            (
                sums(k, mul(x(k), exp(sums(l, A(l, l))))),
                sums(k, mul(x(k), exp(sums(l, A(l, k))))),
            ),
        ),
        Row(
            "a squared sum inside a sum",
            sums(i, Pow(rows, Num(2))),
            sums(i, j, k, mul(A(i, j), x(j), A(i, k), x(k))),
            (sums(i, j, Pow(mul(A(i, j), x(j)), Num(2))), Pow(sums(i, rows), Num(2))),
        ),
        Row(
            "a sum of quotients and its square",
            Pow(shares, Num(2)),
            mul(shares, sums(l, over(add(Pow(x(l), Num(2)), t)))),
            (shares, sums(k, Pow(over(add(t, Pow(x(k), Num(2)))), Num(2)))),
        ),
        Row(
            "quotients over two ranges",
            sums(i, a, over(add(t, Count(i + 2 * a)))),
            sums(a, i, over(add(Count(2 * a + i), t))),
            (sums(i, a, over(add(t, Count(a + 2 * i)))),),
        ),
    )


def _powers() -> Sequence[Row]:
    """Quotients, roots, exponentials and logarithms of what has no known sign."""
    apart = add(mul(Num(2), x(i)), minus(y(i)))
    square = add(mul(Num(4), Pow(x(i), Num(2))), mul(Num(-4), x(i), y(i)), Pow(y(i), Num(2)))
    one, other = over(add(t, Num(1))), over(add(t, Num(2)))
    return (
        Row("two denominators", mul(one, other), add(one, minus(other)), (add(one, other),)),
        Row(
            "root of the square of a difference",
            Pow(add(Pow(x(i), Num(2)), mul(Num(-2), x(i), y(i)), Pow(y(i), Num(2))), HALF),
            call("abs", add(x(i), minus(y(i)))),
            (add(x(i), minus(y(i))), add(y(i), minus(x(i))), call("abs", add(x(i), y(i)))),
        ),
        Row(
            "root of a perfect square",
            Pow(square, HALF),
            call("abs", apart),
            (apart, add(y(i), mul(Num(-2), x(i)))),
        ),
        Row(
            "a root beside a logarithm of one entry",
            add(call("log", x(0)), Pow(Pow(x(i), Num(2)), HALF)),
            add(call("log", x(0)), call("abs", x(i))),
            (add(call("log", x(0)), x(i)),),
        ),
        Row(
            "exponential of a logdet",
            exp(log_determinant(M).body),
            call("abs", determinant(M).body),
            (determinant(M).body,),
        ),
        Row(
            "logarithm of a half",
            call("log", mul(HALF, t)),
            add(call("log", t), minus(call("log", Num(2)))),
            (add(call("log", t), call("log", Num(2))), call("log", t)),
        ),
        Row(
            "logarithm of a multiple of an exponential",
            call("log", mul(Num(2), exp(x(i)))),
            add(call("log", Num(2)), x(i)),
            (x(i), mul(Num(2), x(i))),
        ),
    )


GROUPS = (_systems, _counting, _captures, _powers)
