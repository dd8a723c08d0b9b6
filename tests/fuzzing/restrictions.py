"""What holds of whole axes, off kinks and of nonsingular matrices only, with near misses."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derive.terms.arrays import apply, determinant, identity, inverse, outer
from derive.terms.arrays import define as name
from derive.terms.arrays import variable as array
from derive.terms.contexts import Context
from derive.terms.functions import delta
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Cond, Count, D, Delta, Num, Pow
from derive.terms.statements import Nonsingular, Nonzero, OffKink, Positive
from derive.terms.tensors import Fact, Kind, Tensor
from tests.fuzzing.vocabulary import (
    EMPTY,
    FEWER,
    HALF,
    M,
    N,
    Row,
    V,
    a,
    add,
    b,
    c,
    call,
    e,
    entry,
    exp,
    i,
    j,
    k,
    l,
    m,
    matrix,
    minus,
    mul,
    n,
    over,
    p,
    q,
    sums,
    t,
    vector,
    w,
    x,
    y,
)


def _parts_of_axes() -> Sequence[Row]:
    """Facts that hold of a whole axis, used on a part of it, or on the wrong row."""
    hot = matrix("H", (n, n), Kind.ONE_HOT)
    largest, v = vector("f", m), vector("z", m)
    weights = _weights(largest)
    return (
        Row(
            "rows of a one-hot matrix",
            mul(hot(i, k), hot(j, l)),
            mul(hot(j, l), hot(i, k)),
            (mul(Delta(k - l), hot(i, k)), mul(Delta(k - l), hot(j, k))),
        ),
        Row("the first shares", sums(a, p(a)), sums(b, p(b)), (Num(1),), FEWER),
        Row(
            "the first rows of orthonormal columns",
            sums(a, mul(V(a, i), V(a, j))),
            sums(b, mul(V(b, j), V(b, i))),
            (Delta(i - j),),
            FEWER,
        ),
        Row(
            "weights over nothing",
            sums(a, weights(a)),
            sums(b, weights(b)),
            (Num(1),),
            EMPTY,
        ),
        Row(
            "a mask of another place",
            mul(w(i), w(j)),
            mul(w(j), w(i)),
            (w(i), mul(Delta(i - j), w(i))),
        ),
        Row(
            "mean of the squares of shares",
            sums(a, mul(Pow(v(a), Num(2)), exp(v(a)))),
            sums(b, mul(exp(v(b)), v(b), v(b))),
            (sums(a, mul(v(a), exp(v(a)))),),
        ),
    )


def _weights(values: object) -> object:
    from derive.terms.nodes import At
    from derive.terms.tensors import Choice

    axis = Index("f", m)
    tensor = Tensor("", (m,), (), Choice((), (axis,), values(axis)))  # type: ignore[operator]
    return lambda slot: At(tensor, (Affine.of(slot),))


def _moments() -> Sequence[Row]:
    """Expectations under declared weights."""
    weights, variance = array("P", (q,), Kind.SIMPLEX), array("v")
    mean, o = array("mean"), Index("o", q)
    given = (weights.body.tensor, variance.body.tensor)  # type: ignore[attr-defined]
    noise = array("noise", (n, q), Fact(Kind.MOMENTS, given))
    shifted = (*given, mean.body.tensor)  # type: ignore[attr-defined]
    drift = array("drift", (n, q), Fact(Kind.MOMENTS, shifted))
    share = weights.at((Affine.of(o),))
    return (
        Row(
            "covariance of noise",
            sums(o, mul(share, entry(noise, i, o), entry(noise, j, o))),
            mul(Delta(i - j), variance.body),
            (variance.body, Num(0), Delta(i - j)),
        ),
        Row(
            "second moment",
            sums(o, mul(share, Pow(entry(drift, i, o), Num(2)))),
            add(Pow(mean.body, Num(2)), variance.body),
            (add(mean.body, variance.body), variance.body),
        ),
    )


def _matrices() -> Sequence[Row]:
    """Inverses and determinants of transposes, updates, diagonals, and sums over a part."""
    u, v = array("x", (n,)), array("y", (n,))
    inv, turned = inverse(M), inverse(name("T", M.T))
    update = sums(k, l, mul(y(k), entry(inv, k, l), x(l)))
    shift = name("shift", _beside())
    return (
        Row(
            "inverse of a named transpose",
            entry(turned, i, j),
            entry(inv, j, i),
            (entry(inv, i, j),),
        ),
        Row(
            "rank-one update of a determinant",
            mul(determinant(M).body, add(Num(1), update)),
            determinant(M + outer(u, v)).body,
            (determinant(M + outer(v, u)).body, determinant(M - outer(u, v)).body),
        ),
        Row(
            "a matrix beside the diagonal",
            determinant(shift).body,
            determinant(shift.T).body,
            (Num(1),),
        ),
        Row(
            "an inverse beside the diagonal of its matrix",
            sums(k, mul(entry(inv, i, k), entry(M, k, k))),
            sums(l, mul(entry(M, l, l), entry(inv, i, l))),
            (Num(1), Delta(i - j)),
        ),
        Row(
            "an inverse, its matrix and a vector",
            sums(k, mul(entry(inv, i, k), entry(M, k, j), x(k))),
            sums(l, mul(x(l), entry(M, l, j), entry(inv, i, l))),
            (mul(Delta(i - j), x(j)), mul(Delta(i - j), x(i))),
        ),
        Row(
            "a part of an inverse and its matrix",
            sums(a, mul(entry(inv, i, a), entry(N, a, j))),
            sums(b, mul(entry(N, b, j), entry(inv, i, b))),
            (sums(k, mul(entry(inv, i, k), entry(N, k, j))),),
            FEWER,
        ),
    )


def _beside() -> object:
    from derive.terms.arrays import array as entries

    return entries((i, j), delta(i, j + 1))


def _assumptions() -> Sequence[Row]:
    """What a statement rests on, and must say that it rests on."""
    zeros, nothing = vector("z", m), Context({"q": 0})
    total, squares = sums(a, exp(zeros(a))), sums(i, Pow(x(i), Num(2)))
    by = At(Tensor("x", (n,)), (j,))
    bent = name("h", apply("relu", array("x", (n,)))).sum().body
    gram = array("A", (n, m))
    return (
        Row("a size of 0", mul(Count(q), over(Count(q))), Num(1), (Num(2),), nothing, (Nonzero,)),
        Row("an empty sum", mul(total, over(total)), Num(1), (Num(2),), EMPTY, (Nonzero,)),
        Row("squares", mul(squares, over(squares)), Num(1), (Num(0),), rests_on=(Nonzero,)),
        Row(
            "a sign times a number",
            mul(e(i), c, over(mul(c, e(i)))),
            Num(1),
            (c,),
            rests_on=(Nonzero,),
        ),
        Row(
            "a logarithm of something above a number",
            exp(call("log", add(Num(1), c))),
            add(Num(1), c),
            (c,),
            rests_on=(Positive,),
        ),
        Row("a logarithm", exp(call("log", c)), c, (Num(1),), rests_on=(Positive,)),
        Row(
            "derivative of a norm",
            D(Pow(squares, HALF), by),
            D(Pow(sums(k, Pow(x(k), Num(2))), HALF), by),
            (x(j), Num(0)),
            rests_on=(Positive,),
        ),
        Row(
            "derivative through a name with a kink",
            D(bent, by),
            Cond(x(j)),
            (Num(1),),
            rests_on=(OffKink,),
        ),
        Row(
            "inverse of a difference",
            entry(inverse(identity(n) - gram @ gram.T), i, j),
            entry(inverse(identity(n) - gram @ gram.T), j, i),
            (Delta(i - j),),
            rests_on=(Nonsingular,),
        ),
        Row(
            "inverse of a Gram matrix",
            entry(inverse(gram.T @ gram), a, b),
            entry(inverse(gram.T @ gram), b, a),
            (Delta(a - b),),
            rests_on=(Nonsingular,),
        ),
    )


def _slopes() -> Sequence[Row]:
    """Derivatives of what has two arguments, or two places for the variable."""
    by = At(Tensor("x", (n,)), (j,))
    return (
        Row(
            "minimum of two",
            D(call("minimum", x(j), c), by),
            Cond(add(c, minus(x(j)))),
            (Cond(add(x(j), minus(c))), Num(1)),
            rests_on=(OffKink,),
        ),
        Row(
            "a variable in the exponent",
            D(Pow(t, x(j)), by),
            mul(Pow(t, x(j)), call("log", t)),
            (Num(0), Pow(t, x(j)), mul(x(j), Pow(t, add(x(j), Num(-1))))),
        ),
        Row(
            "tangent",
            D(call("tan", x(j)), by),
            add(Num(1), Pow(call("tan", x(j)), Num(2))),
            (add(Num(1), minus(Pow(call("tan", x(j)), Num(2)))),),
        ),
        Row(
            "hyperbolic cosine",
            D(call("cosh", x(j)), by),
            call("sinh", x(j)),
            (call("cosh", x(j)),),
        ),
    )


def _bounds() -> Sequence[Row]:
    """What lies below what, by signs that are plain."""
    squares = add(Pow(x(i), Num(2)), Pow(y(i), Num(2)))
    return (
        Row(
            "a square is not negative",
            Num(0),
            Pow(x(i), Num(2)),
            (x(i), mul(x(i), y(i)), Pow(x(i), Count(n)), add(Pow(x(i), Num(2)), minus(t))),
            relation="<=",
        ),
        Row(
            "a logarithm lies below its line",
            call("log", t),
            add(t, Num(-1)),
            (add(t, Num(-2)), Num(0), mul(Num(Fraction(1, 3)), t)),
            relation="<=",
        ),
        Row(
            "a product lies below the squares",
            mul(Num(2), x(i), y(i)),
            squares,
            (mul(HALF, squares), add(squares, minus(t)), Pow(x(i), Num(2))),
            relation="<=",
        ),
    )


GROUPS = (_parts_of_axes, _moments, _matrices, _assumptions, _slopes, _bounds)
