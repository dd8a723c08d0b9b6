"""Laws of declared facts, matrices and derivatives, with near misses."""

from __future__ import annotations

from collections.abc import Sequence

from derive.terms.arrays import (
    Array,
    choice,
    derivative,
    determinant,
    entries,
    identity,
    inverse,
    log_determinant,
    trace,
    variable,
)
from derive.terms.nodes import At, Cond, Count, D, Delta, Guard, Num, Pow
from derive.terms.statements import NoTie, OffKink
from derive.terms.tensors import Kind, Tensor
from tests.fuzzing.vocabulary import (
    HALF,
    A,
    B,
    M,
    N,
    Row,
    S,
    U,
    V,
    a,
    a_,
    add,
    b,
    b_,
    c,
    call,
    e,
    entry,
    exp,
    h,
    i,
    j,
    k,
    l,
    minus,
    mul,
    n,
    over,
    p,
    r,
    shorter,
    sums,
    w,
    x,
    y,
)


def _facts() -> Sequence[Row]:
    return (
        Row("symmetry", mul(S(i, j), x(j)), mul(S(j, i), x(j)), (mul(S(i, i), x(j)),)),
        Row(
            "no symmetry",
            sums(i, j, mul(A(i, j), x(i), y(j))),
            sums(i, j, mul(A(j, i), x(j), y(i))),
            (sums(i, j, mul(A(j, i), x(i), y(j))),),
        ),
        Row(
            "quadratic form",
            sums(i, j, mul(A(i, j), x(i), x(j))),
            sums(i, j, mul(A(j, i), x(i), x(j))),
            (sums(i, mul(A(i, i), x(i), x(i))),),
        ),
        Row(
            "mask",
            mul(Pow(w(i), Num(3)), x(i)),
            mul(w(i), x(i)),
            (x(i), mul(w(i), Pow(x(i), Num(3)))),
        ),
        Row(
            "signs",
            mul(Pow(e(i), Num(2)), x(i)),
            x(i),
            (mul(e(i), x(i)), mul(Pow(e(i), Num(3)), x(i))),
        ),
        Row(
            "simplex",
            sums(i, k, mul(p(k), x(i))),
            sums(i, x(i)),
            (
                sums(i, mul(p(i), x(i))),
                mul(Count(n), sums(i, x(i))),
                sums(i, k, mul(Pow(p(k), Num(2)), x(i))),
            ),
        ),
        Row(
            "part of a simplex",
            sums(k, mul(Guard(k - 1), p(k))),
            add(Num(1), minus(p(0))),
            (Num(1),),
        ),
        Row("one-hot", mul(h(i), h(j)), mul(Delta(i - j), h(i)), (mul(Delta(i - j), x(i)), h(i))),
        Row(
            "orthonormal columns",
            sums(k, mul(U(k, a), U(k, b))),
            Delta(a - b),
            (Num(1), Delta(a - b + 1)),
        ),
        Row(
            "a column with the square of another",
            sums(k, mul(U(k, a), Pow(U(k, b), Num(2)))),
            sums(k, mul(U(k, b), U(k, a), U(k, b))),
            (Delta(a - b), sums(k, Pow(U(k, a), Num(3)))),
        ),
        Row(
            "orthonormal rows are not",
            sums(k, mul(V(k, i), V(k, j))),
            Delta(i - j),
            (
                sums(a, mul(U(i, a), U(j, a))),
                sums(k, mul(V(k, i), V(k, k))),
                sums(k, mul(Guard(k - 1), V(k, i), V(k, j))),
            ),
        ),
        Row(
            "no fact without declaration",
            sums(k, mul(A(k, i), B(k, j))),
            sums(k, mul(B(k, j), A(k, i))),
            (Delta(i - j), sums(k, mul(A(k, j), B(k, i)))),
        ),
    )


def _matrices() -> Sequence[Row]:
    inv, other = inverse(M), inverse(N)
    product = inverse(M @ N)
    shifted = inverse(M + identity(n))
    return (
        Row(
            "inverse",
            sums(k, mul(entry(inv, i, k), entry(M, k, j))),
            Delta(i - j),
            (Num(1), entry(inv, i, j)),
        ),
        Row(
            "inverse from the right",
            sums(k, mul(entry(M, i, k), entry(inv, k, j))),
            Delta(i - j),
            (
                sums(k, mul(entry(M, k, i), entry(inv, k, j))),
                sums(shorter, mul(entry(M, i, shorter), entry(inv, shorter, j))),
            ),
        ),
        Row(
            "wrong side",
            sums(k, l, mul(entry(inv, i, k), A(k, l), entry(M, l, j))),
            sums(l, k, mul(A(k, l), entry(inv, i, k), entry(M, l, j))),
            (A(i, j), sums(k, l, mul(entry(M, i, k), A(k, l), entry(inv, l, j)))),
        ),
        Row(
            "inverse of a product",
            entry(product, i, j),
            sums(k, mul(entry(other, i, k), entry(inv, k, j))),
            (sums(k, mul(entry(inv, i, k), entry(other, k, j))),),
        ),
        Row(
            "inverse of a multiple",
            entry(inverse(Array.of(2) * M), i, j),
            mul(HALF, entry(inv, i, j)),
            (mul(Num(2), entry(inv, i, j)),),
        ),
        Row(
            "inverse of a transpose",
            entry(inverse(M.T), i, j),
            entry(inv, j, i),
            (entry(inv, i, j),),
        ),
        Row(
            "inverse beside a sum",
            sums(k, mul(entry(shifted, i, k), entry(M, k, j))),
            add(Delta(i - j), minus(entry(shifted, i, j))),
            (Delta(i - j), add(Delta(i - j), entry(shifted, i, j))),
        ),
        Row(
            "determinant of a product",
            determinant(M @ N).body,
            mul(determinant(M).body, determinant(N).body),
            (determinant(M).body, add(determinant(M).body, determinant(N).body)),
        ),
        Row(
            "determinant of a multiple",
            determinant(Array.of(2) * M).body,
            mul(Pow(Num(2), Count(n)), determinant(M).body),
            (mul(Num(2), determinant(M).body),),
        ),
        Row(
            "logdet of an inverse",
            log_determinant(inv).body,
            minus(log_determinant(M).body),
            (log_determinant(M).body,),
        ),
        Row(
            "derivative of logdet",
            derivative(log_determinant(M), M).at((i, j)),
            entry(inv, j, i),
            (entry(inv, i, j), minus(entry(inv, j, i))),
        ),
        Row(
            "derivative of an inverse",
            D(entry(inv, i, j), At(M.body.tensor, (k, l))),
            minus(entry(inv, i, k), entry(inv, l, j)),
            (mul(entry(inv, i, k), entry(inv, l, j)), minus(entry(inv, i, l), entry(inv, k, j))),
        ),
        Row("trace of a product", trace(M @ N).body, trace(N @ M).body, (trace(M @ N.T).body,)),
    )


def _derivatives() -> Sequence[Row]:
    X, W = Tensor("x", (n,)), Tensor("p", (n,), variable("p", (n,), Kind.SIMPLEX).body.tensor.facts)
    at, by = At(X, (j,)), At(W, (j,))
    squares = sums(i, Pow(x(i), Num(2)))
    sym = variable("S", (n, n), Kind.SYMMETRIC)
    largest = choice("", entries(X), (0,))
    top = sums(k, mul(At(largest, (k,)), x(k)))
    total = sums(k, exp(x(k)))
    return (
        Row(
            "derivative of squares",
            D(squares, at),
            mul(Num(2), x(j)),
            (mul(Num(2), squares), x(j), mul(Num(2), sums(i, x(i)))),
        ),
        Row(
            "product rule",
            D(mul(x(i), x(k)), at),
            add(mul(Delta(i - j), x(k)), mul(x(i), Delta(k - j))),
            (mul(Delta(i - j), x(k)), mul(Delta(i - j), Delta(k - j))),
        ),
        Row("capture", D(sums(j, mul(x(j), y(j))), at), y(j), (sums(j, y(j)), sums(i, y(i)))),
        Row(
            "second derivative",
            D(D(sums(k, Pow(x(k), Num(3))), at), At(X, (i,))),
            mul(Num(6), x(i), Delta(i - j)),
            (mul(Num(6), x(i)), mul(Num(3), x(i), Delta(i - j))),
        ),
        Row(
            "chain",
            D(exp(mul(c, x(i))), at),
            mul(c, Delta(i - j), exp(mul(c, x(i)))),
            (mul(Delta(i - j), exp(mul(c, x(i)))),),
        ),
        Row(
            "log-sum-exp",
            D(call("log", total), at),
            mul(exp(x(j)), over(total)),
            (over(total), exp(x(j))),
        ),
        Row(
            "sine and cosine",
            D(call("cos", x(i)), at),
            minus(Delta(i - j), call("sin", x(i))),
            (mul(Delta(i - j), call("sin", x(i))),),
        ),
        Row(
            "logistic",
            D(call("sigmoid", x(j)), at),
            mul(call("sigmoid", x(j)), call("sigmoid", minus(x(j)))),
            (call("sigmoid", x(j)),),
        ),
        Row(
            "derivative of tanh",
            D(call("tanh", x(j)), at),
            add(Num(1), minus(Pow(call("tanh", x(j)), Num(2)))),
            (add(Num(1), Pow(call("tanh", x(j)), Num(2))),),
        ),
        Row(
            "power",
            D(Pow(r(j), Count(n)), At(Tensor("r", (n,), r(0).tensor.facts), (j,))),
            mul(Count(n), Pow(r(j), Count(n - 1))),
            (mul(Count(n), Pow(r(j), Count(n))), Pow(r(j), Count(n - 1))),
        ),
        Row(
            "positive part",
            D(call("relu", x(j)), at),
            Cond(x(j)),
            (x(j), Num(1)),
            rests_on=(OffKink,),
        ),
        Row(
            "size",
            D(call("abs", x(j)), at),
            call("sign", x(j)),
            (Num(1), Cond(x(j))),
            rests_on=(OffKink,),
        ),
        Row("maximum", D(top, at), At(largest, (j,)), (Num(1), x(j)), rests_on=(NoTie,)),
        Row(
            "derivative of a maximum of two",
            D(call("maximum", x(j), c), at),
            Cond(add(x(j), minus(c))),
            (Cond(add(c, minus(x(j)))),),
            rests_on=(OffKink,),
        ),
        Row("simplex under D", D(sums(k, p(k)), by), Num(1), (Num(0),)),
        Row(
            "simplex under two D",
            D(D(mul(sums(k, p(k)), p(i)), by), At(W, (l,))),
            add(Delta(i - j), Delta(i - l)),
            (Num(0), Delta(i - j)),
        ),
        Row(
            "symmetry under D",
            D(entry(sym, i, j), At(sym.body.tensor, (k, l))),
            mul(Delta(i - k), Delta(j - l)),
            (
                mul(HALF, add(mul(Delta(i - k), Delta(j - l)), mul(Delta(i - l), Delta(j - k)))),
                mul(Delta(i - l), Delta(j - k)),
            ),
        ),
        Row(
            "trace of a symmetric square",
            D(
                D(sums(i, l, mul(S(i, l), S(l, i))), At(sym.body.tensor, (a_, b_))),
                At(sym.body.tensor, (j, k)),
            ),
            mul(Num(2), Delta(a_ - k), Delta(b_ - j)),
            (mul(Num(2), Delta(a_ - j), Delta(b_ - k)),),
        ),
        Row("one out of range", D(x(j + 1), At(X, (j + 1,))), Guard(n - 2 - j), (Num(1), Num(0))),
    )


GROUPS = (_facts, _matrices, _derivatives)
