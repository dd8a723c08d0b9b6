"""Terms at which a rule may go wrong: ranges that differ, names that meet, kinks, facts."""

from __future__ import annotations

from derive.terms.arrays import inverse, log_determinant
from derive.terms.indices import Index
from derive.terms.nodes import At, Cond, Count, D, Delta, Guard, Num, Pow, Sum, Term
from derive.terms.tensors import Definition, Tensor
from tests.fuzzing.vocabulary import (
    HALF,
    A,
    M,
    S,
    a,
    add,
    c,
    call,
    entry,
    exp,
    h,
    i,
    j,
    k,
    longer,
    m,
    matrix,
    minus,
    mul,
    n,
    over,
    p,
    shorter,
    single,
    sums,
    t,
    w,
    x,
    y,
    z,
)

by_c, by_x = At(Tensor("c")), At(Tensor("x", (n,)), (j,))
wide = matrix("W", (n, m))


def _named(name: str, indices: tuple[Index, ...], body: Term) -> Tensor:
    return Tensor(name, tuple(index.size for index in indices), (), Definition(indices, body))


above = _named("g", (i,), add(Num(1), x(i)))
row_sums = _named("g", (i,), sums(j, A(i, j)))
product = _named("g", (i, j), mul(A(i, j), x(j)))
others = sums(a, exp(minus(Count(a))))
weights = _named("g", (k,), mul(exp(minus(Count(k))), over(others)))
inv = inverse(M)

DELTAS: dict[str, Term] = {
    "a place one further": sums(k, mul(Delta(k - i - 1), x(k), c)),
    "a number one further": sums(k, mul(Delta(k - i - 1), c)),
    "a number at a longer index": sums(k, mul(Delta(k - longer), c)),
    "a number at a shorter index": sums(k, mul(Delta(k - shorter), c)),
    "a range that is not comparable": sums(a, mul(Delta(a - i), c)),
    "a stride": sums(k, mul(Delta(2 * k - i), c)),
    "a guard at nought": mul(c, Guard(-i)),
    "a guard over one value": mul(c, Guard(single)),
    "a guard from below": mul(c, Guard(i)),
    "never equal": mul(c, Delta(i + 1)),
    "equal to one value": mul(Delta(i - single), x(i)),
    "an older index that runs further": mul(Delta(i - shorter), y(shorter), x(i)),
    "an older index that runs less far": mul(Delta(i - longer), exp(Count(longer))),
    "in brackets": sums(k, mul(x(k), add(Delta(k - i - 1), y(k)))),
}
SUMS: dict[str, Term] = {
    "of a number": sums(k, c),
    "of a number over one value": sums(single, c),
    "over two ranges": add(sums(k, mul(x(k), y(k))), sums(a, mul(x(a), z(a)))),
    "of powers over two ranges": add(sums(k, Pow(c, Count(k))), sums(a, Pow(c, Count(a)))),
    "with a common factor": add(sums(k, mul(x(k), y(k))), mul(Num(3), sums(i, mul(x(i), z(i))))),
    "beside its own index": Sum(i, mul(x(j), A(i, j), Sum(j, mul(A(i, j), D(mul(c, y(j)), by_c))))),
    "inside, of the same name": Sum(i, mul(x(i), Sum(j, mul(A(j, i), D(mul(c, y(j)), by_c))))),
    "of a bracket": sums(i, add(mul(c, x(i)), y(i), Num(1))),
    "deviations": sums(i, add(x(i), minus(over(Count(n)), sums(j, x(j))))),
    "deviations over fewer": sums(a, add(x(a), minus(over(Count(n)), sums(j, x(j))))),
}
DERIVATIVES: dict[str, Term] = {
    "captured": D(Sum(j, Pow(x(j), Num(2))), by_x),
    "of a sum of products": D(Sum(j, mul(x(j), y(j))), by_x),
    "of a quotient": D(mul(x(i), over(add(t, Pow(x(k), Num(2))))), by_x),
    "of a maximum": D(call("maximum", x(i), y(i)), by_x),
    "of a minimum": D(call("minimum", mul(c, x(i)), x(k)), by_x),
    "of a power": D(Pow(add(Num(2), call("sin", x(i))), x(k)), by_x),
    "of an exponential": D(Pow(t, mul(x(i), x(k))), by_x),
    "of a name": D(At(product, (i, k)), by_x),
    "of a logdet": D(log_determinant(M).body, At(M.body.tensor, (i, k))),  # type: ignore[attr-defined]
    "of an inverse": D(entry(inv, i, j), At(M.body.tensor, (k, j))),  # type: ignore[attr-defined]
    **{
        f"of {name}": D(call(name, mul(c, x(i))), by_x)
        for name in "exp sin cos tan sinh cosh tanh sigmoid softplus relu abs sign".split()
    },
    "of log": D(call("log", add(Num(1), Pow(x(i), Num(2)))), by_x),
}
ALGEBRA: dict[str, Term] = {
    "root of a square": Pow(Pow(c, Num(2)), HALF),
    "square of a root": Pow(Pow(t, HALF), Num(2)),
    "smaller where larger": mul(call("minimum", x(i), c), Cond(add(x(i), minus(c)))),
    "smaller where smaller": mul(call("minimum", x(i), c), Cond(add(c, minus(x(i))))),
    "larger where larger": mul(call("maximum", x(i), c), Cond(add(x(i), minus(c)))),
    "larger where smaller": mul(call("maximum", x(i), c), Cond(add(c, minus(x(i))))),
    "positive part where negative": mul(call("relu", x(i)), Cond(minus(x(i)))),
    "logistic": over(add(Num(1), exp(x(i)))),
    "logistic of the negative": over(add(Num(1), exp(minus(x(i))))),
    "complement": add(Num(1), minus(call("sigmoid", minus(x(i))))),
    "log of exp": call("log", exp(c)),
    "one denominator": add(Num(1), minus(t, over(add(t, Pow(c, Num(2)))))),
    "common factors": add(mul(Pow(t, Num(2)), c), mul(over(t), c), mul(Num(2), t)),
}
FACTS: dict[str, Term] = {
    "shares": sums(k, p(k)),
    "the first shares": sums(shorter, p(shorter)),
    "shares and more": sums(longer, p(longer)),
    "squared shares": sums(k, Pow(p(k), Num(2))),
    "one-hot squared": Pow(h(i), Num(2)),
    "mask": Pow(w(i), Num(3)),
    "mask under a root": Pow(w(i), HALF),
    "symmetric": sums(j, mul(S(j, i), x(j))),
    "symmetric in a sum": add(sums(j, mul(S(i, j), x(j))), sums(k, mul(S(k, i), x(k)))),
    "a name that is not symmetric": sums(j, mul(At(product, (j, i)), x(j))),
    "weights over another sum": sums(k, At(weights, (k,))),
    "inverse from the left": sums(k, mul(entry(inv, i, k), entry(M, k, j))),
    "inverse from the same side": sums(k, mul(entry(inv, k, i), entry(M, k, j))),
    "inverse over fewer": sums(shorter, mul(entry(inv, i, shorter), entry(M, shorter, j))),
}
NAMES: dict[str, tuple[Term, Tensor]] = {
    "out of range": (mul(c, add(Num(1), x(i + 1))), above),
    "in range": (mul(c, add(Num(1), x(i))), above),
    "over another range": (sums(a, A(i, a)), row_sums),
    "over a diagonal": (sums(j, A(j, j)), row_sums),
    "over the other axis": (sums(j, A(j, i)), row_sums),
    "of a product": (mul(c, A(i, j), x(j)), product),
    "of another product": (mul(c, A(i, j), x(i)), product),
    "put back out of range": (mul(c, At(above, (i + 1,))), above),
}
# With the variable by which a derivative is still to be taken.
VARIED: dict[str, tuple[Term, At]] = {
    "shares": (mul(Pow(sums(k, p(k)), Num(2)), x(i)), At(p(0).tensor, (j,))),  # type: ignore[attr-defined]
    "mask": (mul(Pow(w(i), Num(2)), x(i)), At(w(0).tensor, (j,))),  # type: ignore[attr-defined]
    "one-hot": (mul(Pow(h(i), Num(2)), x(i)), At(h(0).tensor, (j,))),  # type: ignore[attr-defined]
    "symmetric": (
        sums(j, mul(S(j, i), x(j))),
        At(S(0, 0).tensor, (i, k)),  # type: ignore[attr-defined]
    ),
    "symmetric in a sum": (
        add(sums(j, mul(S(i, j), x(j))), sums(j, mul(S(j, i), x(j)))),
        At(S(0, 0).tensor, (i, k)),  # type: ignore[attr-defined]
    ),
}
PLAIN = {
    f"{group}: {name}": term
    for group, terms in (
        ("delta", DELTAS),
        ("sum", SUMS),
        ("derivative", DERIVATIVES),
        ("algebra", ALGEBRA),
        ("fact", FACTS),
    )
    for name, term in terms.items()
}
