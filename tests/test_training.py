"""What the derivations of losses, activations and optimisers ask of the prover beyond others."""

import pytest

from derive.proof.prover import verdict
from derive.proof.statuses import Gates, Status
from derive.terms.arrays import Array, recurrence, sum_over, variable
from derive.terms.functions import cond, exp, log, minimum, relu
from derive.terms.indices import Index
from derive.terms.nodes import Guard, Num
from derive.terms.statements import Declared, OffKink, Statement
from derive.terms.tensors import Kind

x, y = variable("x"), variable("y")


@pytest.mark.parametrize(
    ("left", "right", "status"),
    [
        (exp(cond(x) * y), 1 + cond(x) * (exp(y) - 1), Status.PROVED),
        (exp(relu(x)) - 1, cond(x) * (exp(x) - 1), Status.PROVED),
        (exp(minimum(x, 0)), cond(x) + cond(-x) * exp(x), Status.PROVED),
        (exp(2 * cond(x) * y), 1 + cond(x) * (exp(y) - 1), Status.REFUTED),
        (exp(cond(x) * y + y), exp(y) + cond(x) * (exp(y) - 1), Status.REFUTED),
    ],
)
def test_the_exponential_of_a_choice(left, right, status):
    assert verdict(Statement(left.body, right.body), Gates()).status is status


@pytest.mark.parametrize(
    ("left", "right", "status"),
    [
        (-log(exp(x) / (exp(x) + exp(y))), log((exp(x) + exp(y)) / exp(x)), Status.PROVED),
        (log(1 - exp(x) / (exp(x) + exp(y))), y - log(exp(x) + exp(y)), Status.PROVED),
        (log(1 - exp(x) / (exp(x) + exp(y))), x - log(exp(x) + exp(y)), Status.REFUTED),
    ],
)
def test_the_logarithm_of_a_fraction(left, right, status):
    gates = Gates(log_laws=True)
    assert verdict(Statement(left.body, right.body), gates).status is status
    assert verdict(Statement(left.body, right.body), Gates()).status is not Status.PROVED


def test_each_kink_is_assumed_once():
    kinks = verdict(Statement((relu(-2 * x) + relu(0 - x)).body, (3 * cond(-x) * -x).body))
    assert kinks.status is Status.PROVED
    left = cond(x - y) + cond(3 * (y - x))
    (only,) = verdict(Statement(left.body, Num(1))).assumptions
    assert only == OffKink((x - y).body)


def test_powers_of_sums_under_a_symbolic_exponent():
    t, i = Index("t", "T"), Index("i", "n")
    rate, start = variable("l", ("n",)), variable("c", ("n",))
    course = recurrence("v", "T", start, lambda v, t: v - y * rate * v)
    gates = Gates(induction="t")

    def status(power):
        closed = (1 - y * rate[i]) ** power * start[i]
        return verdict(Statement(course[t, i].body, closed.body), gates).status

    assert status(Array.of(t)) is Status.PROVED
    assert status(Array.of(t + 1)) is Status.REFUTED


def test_what_stands_before_sums_is_taken_inside():
    t, a, b = Index("t", "T"), variable("a", ("n",)), variable("b", ("n",))
    base = 1 - y * a
    later = (base ** Array.of(t + 1) * b).sum()
    split = (base ** Array.of(t) * b).sum() - y * (base ** Array.of(t) * a * b).sum()
    wrong = (base ** Array.of(t) * b).sum() + y * (base ** Array.of(t) * a * b).sum()
    assert verdict(Statement(later.body, split.body)).status is Status.PROVED
    assert verdict(Statement(later.body, wrong.body)).status is Status.REFUTED


def test_a_lemma_may_know_an_index_in_sums_of_indices_only():
    t, k = Index("t", "T"), Index("k", "T")
    weights = sum_over(k, Array((), Guard(t - k - 1)) * x ** Array.of(t - k - 1))
    closed = (1 - x ** Array.of(t)) / (1 - x)
    lemma = Statement(weights.body, closed.body)
    gates = Gates(lemmas=(lemma,))
    assert verdict(Statement((y * weights).body, (y * closed).body), gates).status is Status.PROVED
    other = sum_over(k, Array((), Guard(t - k)) * x ** Array.of(t - k))
    wrong = Statement((y * other).body, (y * closed).body)
    assert verdict(wrong, gates).status is Status.REFUTED


def test_induction_finds_the_recurrence_on_either_side():
    t = Index("t", "T")
    ones = recurrence("m", "T", 0, lambda m, t: x * m + (1 - x))
    closed = 1 - x ** Array.of(t)
    gates = Gates(induction="t")
    assert verdict(Statement(closed.body, ones[t].body), gates).status is Status.PROVED
    wrong = 2 - x ** Array.of(t)
    assert verdict(Statement(wrong.body, ones[t].body), gates).status is Status.REFUTED


def test_powers_of_minus_one():
    t = Index("t", "T")
    later, now = (Array.of(-1) ** Array.of(form) for form in (t + 1, t))
    assert verdict(Statement(later.body, (-now).body)).status is Status.PROVED
    assert verdict(Statement(later.body, now.body)).status is Status.REFUTED


@pytest.mark.parametrize(
    ("low", "high", "status"),
    [
        (1 - x, exp(-x), Status.PROVED),
        (1 + 2 * x, exp(2 * x), Status.PROVED),
        (1 + x, exp(-x), Status.REFUTED),
        (1 - 2 * x, exp(-x), Status.REFUTED),
    ],
)
def test_an_exponential_lies_above_its_tangent(low, high, status):
    assert verdict(Statement(low.body, high.body, "<=")).status is status


@pytest.mark.parametrize(
    ("start", "step", "status"),
    [
        (0, lambda v, t: v / 2 + x**2, Status.PROVED),
        (x**2, lambda v, t: v * exp(y), Status.PROVED),
        (0, lambda v, t: v - x**2, Status.REFUTED),
        (-1, lambda v, t: v + x**2, Status.REFUTED),
        (1, lambda v, t: -v, Status.REFUTED),
    ],
)
def test_a_recurrence_keeps_the_sign_of_its_start(start, step, status):
    t = Index("t", "T")
    entry = recurrence("v", "T", start, step)[t]
    assert verdict(Statement(Num(0), entry.body, "<=")).status is status


def test_a_product_of_positive_numbers_needs_no_assumption_to_have_a_logarithm():
    t, q = Index("t", "T"), variable("q", ("T",), Kind.POSITIVE)
    L = recurrence("L", "T", 1, lambda L, t: L * q[t])
    found = verdict(Statement(log(L[t]).body, (log(L[t]) * 1).body))
    assert found.status is Status.PROVED
    assert {type(assumption) for assumption in found.assumptions} <= {Declared}
