"""Laws beside cases in which their conditions fail: the law is proved, its neighbour refuted."""

from fractions import Fraction

import pytest

from benchmarks.statements import equation, everything, inequality
from derive.proof.prover import proved, verdict
from derive.proof.statuses import Status
from derive.terms.arrays import (
    Array,
    apply,
    array,
    define,
    derivative,
    determinant,
    diagonal_matrix,
    identity,
    inverse,
    maximum_over,
    recurrence,
    sum_over,
    variable,
)
from derive.terms.contexts import Context, _is_nonnegative, floor_quotient
from derive.terms.indices import Index
from derive.terms.nodes import NOUGHT, Cond, Delta, Mul, Pow, Sum
from derive.terms.sizes import Size, sizes
from derive.terms.statements import (
    Declared,
    Nonsingular,
    Nonzero,
    NoTie,
    OffKink,
    Positive,
    Statement,
)
from derive.terms.tensors import Fact, Kind

n, p, R = sizes("n p R")
x, y, variance = (variable(name) for name in ("x", "y", "s"))
z, A = variable("z", (n,)), variable("A", (n, n))
i, j, k = Index("i", n), Index("j", n), Index("k", R)


def delta(form):
    return Array((), Delta(form))


def to(value, form):
    """A power with a symbolic exponent."""
    return Array(value.indices, Pow(value.body, Array.of(form).body))


total = define("S", apply("exp", z).sum())
weight = variable("w", (R,))
noise = variable("e", (2, R), Fact(Kind.MOMENTS, (weight.body.tensor, variance.body.tensor)))
halved = array((i, j), delta(i - 2 * j))
scaled = array((i, j), A[i, j] * z[j])
switched = array((i, j), Array((), Cond(x.body)) * scaled[i, j])

huge = 10**30 + 1  # its square is no float64

single = inverse(variable("a", (1, 1)))

T = variable("T", (n, p))
column, other = Index("j", p), Index("l", p)
share = array((i, column), apply("exp", T)[i, column] / apply("exp", T).sum(1)[i])
square = (T**2).sum(1)


def down_columns(summand):
    """A sum whose outer index is that of the columns."""
    return sum_over((column, i), summand)


LAWS = {
    "partial fractions inside a function, by a factor": (
        equation(
            y * apply("exp", 1 / (x * (1 + x))) + x, x + y * apply("exp", 1 / x - 1 / (1 + x))
        ),
        equation(
            y * apply("exp", 1 / (x * (1 + x))) + x, x + y * apply("exp", 1 / x - 1 / (2 + x))
        ),
    ),
    "partial fractions inside a function, of a pair": (
        equation(
            y * apply("exp", 2 / ((1 + x) * (3 + x))) + x,
            x + y * apply("exp", 1 / (1 + x) - 1 / (3 + x)),
        ),
        equation(
            y * apply("exp", 1 / ((1 + x) * (3 + x))) + x,
            x + y * apply("exp", 1 / (1 + x) - 1 / (3 + x)),
        ),
    ),
    "an inverse of one entry has no other": (
        equation(single[i, 0], single[0, 0] * delta(i + 0)),
        equation(single[i, 0], single[0, 0]),
    ),
    "a root of a square with large numbers": (
        equation((huge**2 * x**2 + 2 * huge * x + 1) ** Fraction(1, 2), apply("abs", huge * x + 1)),
        equation((huge**2 * x**2 + 2 * huge * x + 1) ** Fraction(1, 2), huge * x + 1),
    ),
    "columns of an inverse": (
        equation(inverse(A).T @ inverse(A), inverse(A @ A.T)),
        equation(inverse(A).T @ inverse(A), identity(n)),
    ),
    "rows divided by their sums, added up column by column": (
        equation(down_columns(share[i, column] * z[i]), z.sum()),
        equation(down_columns(share[i, column] * T[i, column]), T.sum()),
    ),
    "rows divided by more than their sums": (
        equation(
            down_columns(T[i, column] ** 2 * z[i] / (1 + square[i])),
            z.sum() - (z / (1 + square)).sum(),
        ),
        equation(
            down_columns(T[i, column] ** 2 * z[i] / (1 + square[i])),
            z.sum() - 2 * (z / (1 + square)).sum(),
        ),
    ),
    "two columns of rows divided by their sums": (
        equation(sum_over((column, other, i), share[i, column] * share[i, other] * z[i]), z.sum()),
        equation(sum_over((column, other, i), share[i, column] * T[i, other] * z[i]), z.sum()),
    ),
    "equal functions of a variable, not of a name": (
        equation(derivative(2 * total, z), derivative(total + total, z)),
        equation(derivative(total, total), derivative(apply("exp", z).sum(), total)),
    ),
    "what a name stands for, not under its own derivative": (
        equation(derivative(apply("exp", z).sum() ** 2, z), 2 * total * derivative(total, z)),
        equation(
            derivative(apply("exp", z).sum() ** 2, total) + derivative(total, z),
            2 * total + derivative(total, z),
        ),
    ),
    "two constant places of a noise": (
        equation(sum_over(k, weight[k] * noise[1, k] * noise[1, k]), variance),
        equation(sum_over(k, weight[k] * noise[0, k] * noise[1, k]), variance),
    ),
    "a diagonal": (
        equation(determinant(array((i, j), 2 * delta(j - i))), to(Array.of(2), n)),
        equation(determinant(halved), 1),
    ),
    "a matrix with scaled columns": (
        equation(determinant(scaled), determinant(A) * determinant(diagonal_matrix(z))),
        equation(determinant(switched), determinant(A) * determinant(diagonal_matrix(z))),
    ),
    "the logarithm of a fraction with a symbolic power": (
        equation(
            apply("log", to(x + y, n) + 1 / (x + y)),
            apply("log", to(x + y, n + 1) + 1) - apply("log", x + y),
        ),
        equation(
            apply("log", to(x + y, n) + 1 / (x + y)),
            apply("log", to(x + y, n) + 1) - apply("log", x + y),
        ),
    ),
}


@pytest.mark.parametrize("name", LAWS)
def test_law_is_proved_and_its_neighbour_refuted(name):
    law, neighbour = LAWS[name]
    found = verdict(law, everything(law))
    assert found.status is Status.PROVED, found.reason
    assert verdict(neighbour, everything(neighbour)).status is Status.REFUTED


def test_a_matrix_of_some_ones_does_not_make_a_sum_definite():
    definite = variable("P", (n, n), Kind.POSITIVE_DEFINITE)
    for added, is_assumed in ((identity(n), False), (halved, True)):
        matrix = definite + 5 * added
        claim = equation(matrix @ inverse(matrix), identity(n))
        found = verdict(claim, everything(claim))
        assert found.status is Status.PROVED
        assert any(isinstance(each, Nonsingular) for each in found.assumptions) is is_assumed


def test_a_quadratic_form_has_the_same_vector_on_both_sides_over_the_same_range():
    w, P = variable("w", (n,)), variable("P", (n, n), Kind.POSITIVE_DEFINITE)
    i, j, few = Index("i", n), Index("j", n), Index("i", p)
    row, column = P.at([i, j]), w.at([j])
    form = Sum(j, Sum(i, Mul((w.at([i]), row, column))))
    apart = Sum(j, Mul((Sum(i, row), Sum(i, w.at([i])), column)))
    short = Sum(j, Sum(few, Mul((w.at([few]), P.at([few, j]), column))))
    for term, status in ((form, Status.PROVED), (apart, Status.REFUTED), (short, Status.REFUTED)):
        claim = Statement(NOUGHT, term, "<=")
        assert verdict(claim, everything(claim)).status is status


@pytest.mark.parametrize("author", ["witness", "lemma"])
def test_an_inequality_rests_on_what_its_equation_rests_on(author):
    shares = variable("p", (n,), Kind.SIMPLEX)
    moved = maximum_over(z + y) - maximum_over(z) - y + 1
    claim = inequality(0, x**2 * shares.sum() * moved)
    more = {"witness": (x**2).body} if author == "witness" else {"lemmas": (inequality(0, x**2),)}
    found = verdict(claim, everything(claim, **more))
    assert found.status is Status.PROVED
    assert {Declared, NoTie} <= set(map(type, found.assumptions))


def test_an_inequality_is_used_where_its_context_holds():
    lemma = inequality(0, x**2 * (n - 2), Context({"n": 2}))
    for context, status in ((Context({"n": 3}), Status.PROVED), (Context(), Status.REFUTED)):
        claim = inequality(0, (n - 2) * x * x, context)
        assert verdict(claim, everything(claim, lemmas=(lemma,))).status is status


gains, times = variable("g", (p,)), Index("t", p)
bent = Array((), Cond(x.body)), Array((), Cond((-x).body))
STEPS = {
    "a quotient at the start": (x / x, lambda value, t: value, Nonzero),
    "a quotient in a step": (1, lambda value, t: value * gains[t] / gains[t], Nonzero),
    "a logarithm in a step": (1, lambda value, t: value + 0 * apply("log", gains[t]), Positive),
    "both sides of a kink": (1, lambda value, t: value * (bent[0] + bent[1]), OffKink),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_recurrence_needs_what_its_start_and_its_steps_need(name):
    start, step, needed = STEPS[name]
    claim = equation(recurrence("v", p, start, step)[times], 1)
    found = verdict(claim, everything(claim, induction="t"))
    assert found.status is Status.PROVED
    assert list(map(type, found.assumptions)) == [needed]


def test_only_multiplying_by_a_square_matrix_can_be_undone():
    """``U.T (U U.T - I) = 0`` holds for orthonormal columns, ``U U.T = I`` does not."""
    columns = variable("U", (n, p), Kind.ORTHONORMAL)
    claim = equation(columns @ columns.T, identity(n))
    found = proved(claim, everything(claim, clearing=(columns.body.tensor,)))
    assert found.status is Status.UNPROVED
    assert "U is not square" in found.reason


def test_an_induction_rests_on_what_its_base_rests_on():
    shares = variable("p", (n,), Kind.SIMPLEX)
    claim = equation(recurrence("v", p, shares.sum(), lambda value, t: value)[times], 1)
    found = verdict(claim, everything(claim, induction="t"))
    assert found.status is Status.PROVED
    assert list(map(type, found.assumptions)) == [Declared]


def test_what_does_not_follow_of_floors_of_floors_is_seen_at_once():
    H, W = Size.of("H"), Size.of("W")
    context = Context()
    for name, size in {"P": H - 3, "Q": W - 3}.items():
        first, known = floor_quotient(name, size, Size.of(2))
        second, more = floor_quotient(f"{name}2", first - 1, Size.of(2))
        context = context.joined(known).joined(more)
        assert context.joined(Context({}, (size,))).is_nonnegative(size - 2 * first)
        before = _is_nonnegative.cache_info().misses
        assert not context.is_nonnegative(4 * second - first)
        assert not context.is_nonnegative(first - second - H)
        assert _is_nonnegative.cache_info().misses - before <= 2
