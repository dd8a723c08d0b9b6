"""What the engine must prove in general dimension, and what it must refuse or refute."""

from dataclasses import replace
from fractions import Fraction

import pytest

from benchmarks.identities import IDENTITIES
from benchmarks.statements import equation, everything, inequality
from derive.proof.prover import verdict
from derive.proof.statuses import Gates, Status
from derive.terms.arrays import (
    Array,
    apply,
    array,
    constant,
    define,
    derivative,
    diagonal_matrix,
    entries,
    identity,
    inverse,
    maximum_over,
    outer,
    recurrence,
    sum_over,
    trace,
    variable,
)
from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Cond, Delta, Fn, Guard
from derive.terms.sizes import sizes
from derive.terms.statements import Nonzero, Statement
from derive.terms.tensors import Function, Kind, Tensor

n, p, K, m, T, N, P, s, d = sizes("n p K m T N P s d")
X, y, b = variable("X", (n, p)), variable("y", (n,)), variable("b", (p,))
x, z = variable("x"), variable("z", (K,))
A, B = variable("A", (n, n)), variable("B", (n, n))


@pytest.mark.parametrize("name", IDENTITIES)
def test_identity_is_proved_in_general_dimension(name):
    stated = IDENTITIES[name]()
    found = verdict(stated.statement, stated.gates)
    assert found.status is Status.PROVED, found.reason
    assert found.evidence is not None and found.evidence.outcome == "agrees"


@pytest.mark.parametrize("name", IDENTITIES)
def test_identity_with_one_added_is_refuted(name):
    stated = IDENTITIES[name]()
    statement = stated.statement
    above = (Array((), statement.right) + 1).body
    if statement.relation == "<=":
        wrong = replace(statement, left=above, right=statement.left)
    else:
        wrong = replace(statement, right=above)
    found = verdict(wrong, stated.gates)
    assert found.status is Status.REFUTED
    assert all(size <= 3 for size in found.evidence.counterexample.sizes.values())


# --------------------------------------------------------------------------------------------
# One edit away from the truth: refuted, by a counterexample of small sizes


def exp(u):
    return apply("exp", u)


def log(u):
    return apply("log", u)


def softmax(u):
    return exp(u) / exp(u).sum()


def projection(features):
    return features @ inverse(features.T @ features) @ features.T


def normalised(values, epsilon):
    mean = define("mu", values.mean())
    spread = define("v", ((values - mean) ** 2).mean())
    sigma = define("sigma", (spread + epsilon) ** Fraction(1, 2))
    return sigma, define("h", (values - mean) / sigma)


def convolution(padding_error: int, statement_sign: int = 1) -> Statement:
    """The gradient of a strided convolution by its input, with an error in the padding."""
    inputs, kernel, g = variable("x", (N,)), variable("w", (K,)), variable("g", (m,))
    i, k, u = Index("i", m), Index("k", K), Index("u", N)
    out = array((i,), sum_over(k, inputs[s * i + d * k - P] * kernel[k]))
    meets = Array((), Delta(Affine.of(u) - (s * i + d * k - P + padding_error)))
    back = array((u,), sum_over((i, k), statement_sign * meets * g[i] * kernel[k]))
    return equation(derivative((g * out).sum(), inputs), back, Context({"P": 0}))


def momentum(shift: int, start: int = 0) -> Statement:
    """Momentum unrolled, with an error in the exponent or the start."""
    beta, g = variable("beta"), variable("g", (T,))
    velocity = recurrence("v", T, start, lambda v, t: beta * v + g[t])
    t, k = Index("t", T), Index("k", T)
    before = Array((), Guard(t - k - 1))
    return equation(velocity[t], sum_over(k, before * beta ** Array.of(t - k - 1 + shift) * g[k]))


def backpropagation(transposed: bool = True, late: int = 0, scale: int = 1) -> Statement:
    """The errors of a net of any depth, each from the one behind it."""
    f = Function("f")

    def act(u, order=f):
        return Array(u.indices, Fn(order, (u.body,)))

    def slope(u):
        return act(u, f.derivative(0))

    weights, bias = variable("W", (N, n, n)), variable("c", (N, n))
    inputs, target = variable("x", (n,)), variable("y", (n,))
    pre = recurrence("z", N, inputs, lambda z, k: weights[k] @ act(z) + bias[k])
    cost = ((act(pre[N - 1]) - target) ** 2).sum() / 2

    def behind(error, k):
        matrix = weights[N - 2 - k]
        back = (matrix.T if transposed else matrix) @ error
        return back * slope(pre[N - 2 - k + late])

    first = scale * (act(pre[N - 1]) - target) * slope(pre[N - 1])
    error = recurrence("delta", N, first, behind)
    k, j = Index("k", N), Index("j", n)
    return equation(derivative(cost, pre[N - 1 - k, j]), error[k, j])


epsilon = variable("epsilon", (), Kind.POSITIVE)
sigma, h = normalised(y, epsilon)
ridge = variable("l", (), Kind.POSITIVE)
on_simplex = variable("t", (K,), Kind.SIMPLEX)
q, r = (variable(name, (K,), Kind.SIMPLEX, Kind.POSITIVE) for name in "qr")
S = variable("S", (n, n), Kind.SYMMETRIC)
probabilities = define("p", softmax(z))

FALSE = {
    "a pad off by one": convolution(1),
    "a flipped sign in a convolution": convolution(0, -1),
    "N - 1 for N in batch norm": equation((h**2).sum(), (n - 1) * (1 - epsilon / sigma**2)),
    "a biased Jacobian": equation(
        derivative(h, y), (identity(n) - 1 / Array.of(n) - outer(h, h) / (n - 1)) / sigma
    ),
    "a flipped sign in a residual": equation(
        derivative(((X @ b - y) ** 2).sum(), b), 2 * X.T @ (X @ b + y)
    ),
    "a transposed factor": equation(derivative(trace(A @ B), A), B),
    "a permuted product": equation(trace(A @ B @ A.T @ B), trace(A @ B @ B @ A.T)),
    "inverses in the wrong order": equation(inverse(A @ B), inverse(A) @ inverse(B)),
    "an inner factor transposed": equation(inverse(A.T @ B @ A), inverse(A.T @ B.T @ A)),
    "a projection of rank p + 1": equation(trace(projection(X)), Array.of(p + 1)),
    "a simplex fact under a derivative": equation(derivative(on_simplex.sum(), on_simplex), 0),
    "a symmetric fact between two derivatives": equation(
        derivative(derivative(trace(S @ S), S), S), derivative(2 * S, S)
    ),
    "softmax without its rank-one term": equation(
        derivative(probabilities, z), diagonal_matrix(probabilities)
    ),
    "the root of a square": equation((x**2) ** Fraction(1, 2), x),
    "the log of a sum": equation(log(q + r), log(q) + log(r)),
    "relative entropy above one": inequality(1, (q * log(q / r)).sum()),
    "a bound false by a factor": inequality(
        apply("sigmoid", x) * (1 - apply("sigmoid", x)), Array.of(1) / 5
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_false_statement_is_refuted_by_a_small_counterexample(name):
    found = verdict(FALSE[name], everything(FALSE[name]))
    assert found.status is Status.REFUTED
    example = found.evidence.counterexample
    assert all(size <= 3 for size in example.sizes.values())
    assert example.left != example.right


INDUCTIONS = {
    "momentum with a late exponent": (momentum(1), "t"),
    "momentum from the wrong start": (momentum(0, start=1), "t"),
    "errors sent back untransposed": (backpropagation(transposed=False), "k"),
    "errors one layer late": (backpropagation(late=1), "k"),
    "a wrong last error": (backpropagation(scale=2), "k"),
}


@pytest.mark.parametrize("name", INDUCTIONS)
def test_wrong_induction_is_refuted(name):
    statement, over = INDUCTIONS[name]
    found = verdict(statement, everything(statement, induction=over))
    assert found.status is Status.REFUTED
    example = found.evidence.counterexample
    assert all(size <= 3 for size in example.sizes.values())
    assert example.left != example.right


def test_backpropagation_holds_at_any_depth():
    statement = backpropagation()
    found = verdict(statement, everything(statement, induction="k"))
    assert found.status is Status.PROVED
    assert "induction" in found.used


@pytest.mark.parametrize("wanted", ["weights", "bias", "inputs"])
def test_a_layer_of_a_net_of_any_depth_hands_its_error_on(wanted):
    """BP1 to BP4 of one layer, whatever comes behind it: that is a gradient G by its output."""
    inputs, weights, bias = variable("X", (n, p)), variable("W", (p, m)), variable("b", (m,))
    f, behind = Function("f"), variable("G", (n, m))
    values = define("Z", inputs @ weights + bias)
    loss = (behind * Array(values.indices, Fn(f, (values.body,)))).sum()
    slope = Array(values.indices, Fn(f.derivative(0), (values.body,)))
    error = define("dZ", behind * slope)
    claim = {
        "weights": equation(derivative(loss, weights), inputs.T @ error),
        "bias": equation(derivative(loss, bias), error.sum(0)),
        "inputs": equation(derivative(loss, inputs), error @ weights.T),
    }[wanted]
    assert verdict(claim, everything(claim)).status is Status.PROVED


def test_induction_is_not_used_unless_named():
    statement = momentum(0)
    assert verdict(statement, everything(statement)).status is Status.CHECKED


# --------------------------------------------------------------------------------------------
# Statements that have no meaning, or none without an assumption


def test_derivative_at_a_tie_is_refused():
    tied = equation(derivative(apply("maximum", x, x), x), 1)
    assert verdict(tied, everything(tied)).status is Status.UNPROVED


def test_division_by_nothing_is_refused():
    nowhere = equation(1 / (x - x), 1 / (x - x) + 1)
    found = verdict(nowhere, everything(nowhere))
    assert found.status is Status.UNPROVED
    assert "0" in found.reason or "no point" in found.reason


def test_quotient_of_equals_is_one_where_it_is_defined():
    quotient = equation(x / x, 1)
    found = verdict(quotient, everything(quotient))
    assert found.status is Status.PROVED
    assert found.assumptions == (Nonzero(x.body),)


def test_logarithms_of_both_signs_have_no_common_domain():
    nowhere = equation(log(-x), log(x))
    found = verdict(nowhere, everything(nowhere))
    assert found.status is Status.UNPROVED
    assert "no point" in found.reason


values, place = variable("v", (n,)), Index("i", n)
behind, inside = values[place + 1], Array((), Guard(n - 2 - place))
OUT_OF_RANGE = {
    "in a function": exp(behind),
    "in a function, before the first": exp(values[place - 1]),
    "in a denominator": 1 / behind,
    "in an exponent": ridge**behind,
    "in a condition": Array((), Cond(behind.body)),
    "under a root": (behind**2) ** Fraction(1, 2),
    "beside the guard of another summand": inside + exp(behind),
    "behind a guard that is one short": Array((), Guard(n - 1 - place)) * exp(behind),
}


@pytest.mark.parametrize("name", OUT_OF_RANGE)
def test_zero_extension_stops_where_0_is_not_the_meaning(name):
    shifted = array((place,), OUT_OF_RANGE[name])
    found = verdict(equation(shifted, shifted + 0), Gates())
    assert found.status is not Status.PROVED
    assert "out of range" in found.reason


def test_a_guard_lets_a_function_read_behind_it():
    shifted = array((place,), inside * exp(behind))
    assert verdict(equation(shifted, shifted + 0), Gates()).status is Status.PROVED


@pytest.mark.parametrize("gate", ["differentiation", "facts", "inverses", "log_laws"])
def test_a_gate_that_is_closed_is_not_used(gate):
    needs = {
        "differentiation": equation(derivative(x**2, x), 2 * x),
        "facts": equation(on_simplex.sum(), 1),
        "inverses": equation(A @ inverse(A), identity(n)),
        "log_laws": equation(log(q * r), log(q) + log(r)),
    }[gate]
    gates = everything(needs)
    assert verdict(needs, gates).status is Status.PROVED
    closed = replace(gates, **{gate: type(getattr(gates, gate))()})
    assert verdict(needs, closed).status is Status.CHECKED


@pytest.mark.parametrize("kind", [Kind.SYMMETRIC, Kind.POSITIVE_DEFINITE])
def test_symmetry_that_the_proof_does_not_name_is_not_used(kind):
    matrix = variable("S", ("n", "n"), kind)
    needs = equation(matrix, matrix.T)
    assert verdict(needs, everything(needs)).status is Status.PROVED
    assert verdict(needs, replace(everything(needs), facts=frozenset())).status is Status.CHECKED


def test_a_lemma_is_not_used_under_the_derivative_of_its_own_facts():
    lemma = Statement(on_simplex.sum().body, constant(1, ()).body)
    claim = equation(derivative(on_simplex.sum(), on_simplex), 0)
    assert verdict(claim, replace(everything(claim), lemmas=(lemma,))).status is Status.REFUTED


def test_a_lemma_needs_what_its_context_says():
    """The number of k < n with k < m is m, where m <= n."""
    k = Index("k", n)
    count = sum_over(k, Array((), Guard(m - 1 - k)))
    lemma = equation(count, Array.of(m), Context(constraints=(n - m,)))
    for context, status in ((lemma.context, Status.PROVED), (Context(), Status.REFUTED)):
        claim = equation(count, Array.of(m), context)
        assert verdict(claim, Gates(lemmas=(lemma,))).status is status


def test_a_lemma_holds_at_the_entries_that_it_speaks_of():
    ones = define("o", constant(1, (n,)))
    i = Index("i", n)
    lemma = equation(array((i,), ones[i]), 1)
    here, further = equation(array((i,), ones[n - 1 - i]), 1), equation(array((i,), ones[i + 1]), 1)
    assert verdict(here, Gates(lemmas=(lemma,))).status is Status.PROVED
    assert verdict(further, Gates(lemmas=(lemma,))).status is Status.REFUTED


def test_later_times_of_a_recurrence_follow_from_earlier_ones():
    velocity = recurrence("v", T, x, lambda v, t: 2 * v)
    claim = equation(derivative(velocity[2], velocity[1]), 0, Context({"T": 3}))
    assert verdict(claim, everything(claim)).status is Status.REFUTED


def test_a_recurrence_has_the_sign_of_its_start_too():
    start = variable("r", (), Kind.POSITIVE)
    t = Index("t", T)
    for first, status in ((start, Status.PROVED), (x, Status.REFUTED)):
        growth = recurrence("v", T, first, lambda v, t: 2 * v + start)
        claim = inequality(0, array((t,), growth[t]))
        assert verdict(claim, everything(claim)).status is status


def test_a_name_cannot_hide_an_index():
    i = Index("i", n)
    with pytest.raises(ValueError, match="from outside"):
        define("t", y[i])


def test_entries_of_one_tensor_differ_by_their_slots():
    i, j = Index("i", n), Index("j", n)
    claim = Statement(y[i].body, y[j].body)
    assert verdict(claim, Gates()).status is Status.REFUTED


def test_weights_of_a_maximum_move_with_no_shift():
    rows = entries(Tensor("R", (n, p)))
    claim = equation(maximum_over(rows + x, 1), maximum_over(rows, 1) + x)
    assert verdict(claim, everything(claim)).status is Status.PROVED
