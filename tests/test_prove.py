"""Sixty true statements, and sixty that one edit made false: each is decided."""

import pytest

from derive import prove
from derive.proof.statuses import Status

V = ["x: n", "y: n", "z: n", "s:", "t:"]
M = ["A: n,n", "B: n,n", "C: n,n", "x: n", "y: n"]
R = ["X: n,p", "b: p", "y: n", "c: n", "W: p,k", "v: k"]
S = ["A: n,n; symmetric", "B: n,n", "x: n"]
POSITIVE = ["a: n; positive", "q: ; positive", "r: ; positive", "x: n"]
SIMPLEX = ["p: K; simplex", "h: K; one-hot", "u: K"]
DEFINITE = ["P: n,n; positive definite", "x: n", "y: n"]
BATCH = ["T: N,n,p", "U: N,p,k", "X: n,p"]

# Not decided by the prover yet, but by the evaluator: inverses inside of inverses.
OPEN = ["inv(A + B) == inv(A) - inv(A) @ inv(inv(A) + inv(B)) @ inv(A)"]
TRUE = [
    # linear algebra
    ("(X @ W).T == W.T @ X.T", R),
    ("tr(A @ B @ C) == tr(C @ A @ B)", M),
    ("x @ A @ y == y @ A.T @ x", M),
    ("outer(x, y).T == outer(y, x)", M),
    ("tr(outer(x, y)) == x @ y", M),
    ("sum(A * B) == tr(A.T @ B)", M),
    ("diag(x) @ diag(y) == diag(x * y)", M),
    ("diag(x) @ y == x * y", M),
    ("diagonal(diag(x)) == x", M),
    ("diagonal(A @ B) == sum(A * B.T, axis=1)", M),
    ("(A + B) @ (A - B) == A @ A - A @ B + B @ A - B @ B", M),
    ("norm(x)**2 == x @ x", V),
    ("norm(X @ b - y)**2 == b @ X.T @ X @ b - 2 * y @ X @ b + y @ y", R),
    ("eye(n) @ X == X", R),
    ("X @ ones(p) == sum(X, axis=1)", R),
    ("ones(n) @ X == sum(X, axis=0)", R),
    ("sum(outer(x, y)) == sum(x) * sum(y)", V),
    ("tr(eye(n)) == n", V),
    ("x @ A @ x == x @ (A + A.T) @ x / 2", M),
    ("A @ x == x @ A", S),
    ("sum(T @ U, axis=(0, 1)) == sum(sum(T, axis=1, keepdims=True) @ U, axis=(0, 1))", BATCH),
    # inverses and determinants
    ("inv(A @ B) == inv(B) @ inv(A)", M),
    ("inv(A.T) == inv(A).T", M),
    ("inv(A) @ A == eye(n)", M),
    ("det(A @ B) == det(A) * det(B)", M),
    ("det(A.T) == det(A)", M),
    ("logdet(inv(A)) == -logdet(A)", M),
    ("inv(A + B) == inv(A) - inv(A) @ inv(inv(A) + inv(B)) @ inv(A)", M),
    ("inv(eye(n) + X @ X.T) @ X == X @ inv(eye(p) + X.T @ X)", R),
    ("inv(2 * A) == inv(A) / 2", M),
    # statistics and broadcasting
    ("var(x) == mean(x**2) - mean(x)**2", V),
    ("sum(x - mean(x)) == 0", V),
    ("mean(X, axis=0) @ b == mean(X @ b)", R),
    ("var(s * x + t) == s**2 * var(x)", V),
    ("sum((x - mean(x)) * y) == sum((x - mean(x)) * (y - mean(y)))", V),
    ("sum(X - mean(X, axis=0), axis=0) == zeros(p)", R),
    ("mean(X, axis=0) == X.T @ ones(n) / n", R),
    # elementary functions
    ("exp(s + t) == exp(s) * exp(t)", V),
    ("sigmoid(s) + sigmoid(-s) == 1", V),
    ("tanh(s) == 2 * sigmoid(2 * s) - 1", V),
    ("softplus(s) - softplus(-s) == s", V),
    ("relu(s) - relu(-s) == s", V),
    ("relu(s) + relu(-s) == abs(s)", V),
    ("maximum(s, t) + minimum(s, t) == s + t", V),
    ("cosh(s)**2 - sinh(s)**2 == 1", V),
    ("sin(s)**2 + cos(s)**2 == 1", V),
    ("log(q * r) == log(q) + log(r)", POSITIVE),
    ("log(exp(x)) == x", V),
    ("sqrt(q)**2 == q", POSITIVE),
    ("tan(tanh(s) + 1)**2 + 1 == 1 / cos(tanh(s) + 1)**2", V),
    ("tr(sqrt(1 + sigmoid(A))**3) == sum((1 + sigmoid(diagonal(A)))**1.5)", M),
    ("(s - t) / sqrt(1 + (s - t)**2)**3 == (s - t) * (1 + (s - t)**2)**(-1.5)", V),
    # softmax, maxima
    ("sum(softmax(x)) == 1", V),
    ("softmax(x + s) == softmax(x)", V),
    ("logsumexp(x + s) == logsumexp(x) + s", V),
    ("log(softmax(x)) == x - logsumexp(x)", V),
    ("max(x + s) == max(x) + s", V),
    ("sum(p * (u - p @ u)) == 0", SIMPLEX),
    ("sum(h * h) == 1", SIMPLEX),
    # derivatives
    ("D(x @ A @ x, x) == (A + A.T) @ x", M),
    ("D(sum((X @ b - y)**2), b) == 2 * X.T @ (X @ b - y)", R),
    ("D(logdet(A), A) == inv(A).T", M),
    ("D(tr(A @ B), A) == B.T", M),
    ("D(softmax(x), x) == diag(softmax(x)) - outer(softmax(x), softmax(x))", V),
    ("D(-sum(p * log(softmax(u))), u) == softmax(u) - p", SIMPLEX),
    ("D(D(sum(exp(x)), x), x) == diag(exp(x))", V),
    # what is assumed > 0 is known of its negative as well
    ("(1 - q)**r - (1 - q)**(r - 1) == -q * (1 - q)**(r - 1)", POSITIVE),
    # inequalities
    ("(x @ y)**2 <= (x @ x) * (y @ y) + s**2 + (x @ y)**2", V),
    ("0 <= sum(x**2)", V),
    ("2 * s * t <= s**2 + t**2", V),
    ("s * t <= (s**2 + t**2) / 2", V),
    ("(x @ y)**2 <= (x @ x) * (y @ y)", V),
    ("mean(x)**2 <= mean(x**2)", V),
    ("mean((x - mean(x)) * (y - mean(y)))**2 <= var(x) * var(y)", V),
    ("sum(p * u)**2 <= sum(p * u**2)", SIMPLEX),
    ("norm(A @ B)**2 <= norm(A)**2 * norm(B)**2", M),
    ("0 <= x @ A.T @ A @ x", M),
    ("s**2 * (x @ x) <= x @ (A.T @ A + s**2 * eye(n)) @ x", [*M, "s:"]),
    ("sqrt(q * r) <= (q + r) / 2", POSITIVE),
    ("2 <= q / r + r / q", POSITIVE),
    ("sum(p * log(p)) <= 0", SIMPLEX),
    ("sum(p * log(p / w)) >= 0", [*SIMPLEX, "w: K; simplex"]),
    ("-x @ P @ x <= 0", DEFINITE),
    ("0 <= (x - y) @ inv(P) @ (x - y)", DEFINITE),
    ("x @ P @ P @ x >= 0", DEFINITE),
    ("tr(P) + tr(inv(P)) >= 0", DEFINITE),
]

FALSE = [
    # a transpose
    ("(X @ W).T == X @ W", ["X: n,n", "W: n,n"]),
    ("tr(A @ B @ C) == tr(C.T @ A @ B)", M),
    ("x @ A @ y == y @ A @ x", M),
    ("outer(x, y) == outer(y, x)", M),
    ("sum(A * B) == tr(A @ B)", M),
    ("diagonal(A @ B) == sum(A * B, axis=1)", M),
    ("B @ x == x @ B", S),
    ("inv(A.T) == inv(A)", M),
    ("D(x @ A @ x, x) == (A + A) @ x", M),
    ("D(logdet(A), A) == inv(A)", M),
    ("D(tr(A @ B), A) == B", M),
    ("x @ A @ x == x @ (A + A.T) @ x", M),
    # a sign
    ("(A + B) @ (A - B) == A @ A - A @ B - B @ A - B @ B", M),
    ("norm(X @ b - y)**2 == b @ X.T @ X @ b + 2 * y @ X @ b + y @ y", R),
    ("logdet(inv(A)) == logdet(A)", M),
    ("inv(A + B) == inv(A) + inv(A) @ inv(inv(A) + inv(B)) @ inv(A)", M),
    ("var(x) == mean(x**2) + mean(x)**2", V),
    ("sum(x + mean(x)) == 0", V),
    ("sigmoid(s) - sigmoid(-s) == 1", V),
    ("softplus(s) + softplus(-s) == s", V),
    ("relu(s) + relu(-s) == s", V),
    ("cosh(s)**2 + sinh(s)**2 == 1", V),
    ("tanh(s) == 2 * sigmoid(2 * s) + 1", V),
    ("log(q / r) == log(q) + log(r)", POSITIVE),
    ("logsumexp(x + s) == logsumexp(x) - s", V),
    ("sum(p * (u + p @ u)) == 0", SIMPLEX),
    ("D(-sum(p * log(softmax(u))), u) == p - softmax(u)", SIMPLEX),
    ("D(sum((X @ b - y)**2), b) == 2 * X.T @ (X @ b + y)", R),
    ("D(cos(s), s) == sin(s)", V),
    ("x @ x <= -s**2", V),
    # the order of factors
    ("tr(A @ B @ C) == tr(A @ C @ B)", M),
    ("(A @ B).T == A.T @ B.T", M),
    ("inv(A @ B) == inv(A) @ inv(B)", M),
    ("A @ B == B @ A", M),
    ("(A + B) @ (A + B) == A @ A + 2 * A @ B + B @ B", M),
    ("inv(A) @ B @ A == B", M),
    # a factor
    ("norm(x)**2 == 2 * x @ x", V),
    ("tr(eye(n)) == 1", V),
    ("inv(2 * A) == 2 * inv(A)", M),
    ("det(2 * A) == 2 * det(A)", M),
    ("var(s * x + t) == s * var(x)", V),
    ("mean(X, axis=0) == X.T @ ones(n)", R),
    ("exp(s + t) == exp(s) + exp(t)", V),
    ("tanh(s) == 2 * sigmoid(s) - 1", V),
    ("sqrt(q) == q", POSITIVE),
    ("softmax(2 * x) == softmax(x)", V),
    ("max(2 * x) == max(x)", V),
    ("D(D(sum(exp(x)), x), x) == 2 * diag(exp(x))", V),
    ("D(x @ x, x) == x", V),
    ("2 * s * t <= s**2 + t**2 - 1", V),
    # an axis
    ("sum(A, axis=0) == sum(A, axis=1)", M),
    ("A @ ones(n) == sum(A, axis=0)", M),
    ("A - mean(A, axis=0) == A - mean(A)", M),
    ("softmax(A, axis=0) == softmax(A, axis=1)", M),
    ("max(A, axis=0) == max(A, axis=1)", M),
    ("sum(T, axis=1) == sum(T, axis=2)", ["T: N,n,n"]),
    # a name
    ("diag(x) @ y == x * x", M),
    ("sum((x - mean(x)) * y) == sum((y - mean(x)) * (y - mean(y)))", V),
    ("maximum(s, t) + minimum(s, t) == s + s", V),
    ("sum(h * u) == 1", SIMPLEX),
    ("D(softmax(x), x) == diag(softmax(x)) - outer(softmax(x), x)", V),
    # a bound
    ("x @ y <= x @ x", V),
    ("0 <= s * t", V),
    ("0 <= s**n", V),
    ("0 <= x @ P @ y", DEFINITE),
    ("0 <= logdet(P)", DEFINITE),
    ("0 <= x @ (P - inv(P)) @ x", DEFINITE),
    ("sum(u * log(p)) <= 0", SIMPLEX),
    ("mean(x)**2 <= mean(x**2) - s**2", V),
    ("(x @ y)**2 <= (x @ x) * (y @ y) / 2", V),
    ("log(q) <= q - 2", POSITIVE),
    ("q <= log(q) + 1", POSITIVE),
]


@pytest.mark.parametrize(("text", "let"), TRUE)
def test_what_is_true_is_proved(text: str, let: list[str]):
    status = prove(text, let).status
    assert status is Status.PROVED or (status is Status.CHECKED and text in OPEN)


@pytest.mark.parametrize(("text", "let"), FALSE)
def test_what_is_false_is_refuted_at_a_small_point(text: str, let: list[str]):
    record = prove(text, let)
    assert record.status is Status.REFUTED
    (wrong,) = (step for step in record.steps if step.status is Status.REFUTED)
    example = wrong.verdict.evidence.counterexample
    assert all(size <= 3 for size in example.sizes.values()), example
    assert example.left != example.right


def test_there_are_enough_and_few_are_open():
    assert len(TRUE) >= 60 and len(FALSE) >= 60
    assert len(OPEN) <= 3 and set(OPEN) <= {text for text, _ in TRUE}


W = ["x: n", "y: n", "a: n; positive", "q: ; positive", "r: ; positive", "A: m,n", "B: n,k"]
P = ["p: n; simplex", "h: n; simplex", "x: n", "a: n; positive"]
Q = ["A: n,n; positive definite", "B: n,n; symmetric", "x: n", "y: n", "s:"]
# An inequality that is proved by its witness, and what an edit makes of it.
INEQUALITIES = [
    ("(x @ y)**2 <= (x @ x) * (y @ y)", "(x @ y)**2 <= (x @ x) * sum(y)**2", W),
    ("x @ y <= norm(x) * norm(y)", "x @ y <= norm(x) * norm(x)", W),
    ("-(x @ y) <= norm(x) * norm(y)", "-(x @ y) <= norm(x) * sum(y)", W),
    ("abs(x @ y) <= norm(x) * norm(y)", "abs(x @ y) <= norm(x) + norm(y)", W),
    ("norm(x - y) <= norm(x) + norm(y)", "norm(x - y) <= norm(x)", W),
    ("norm(A @ B) <= norm(A) * norm(B)", "norm(A @ B) <= norm(A) + norm(B)", W),
    ("norm(A @ x)**2 <= norm(A)**2 * (x @ x)", "norm(A @ x)**2 <= norm(A) * (x @ x)", W),
    ("mean(x)**2 <= mean(x**2)", "mean(x**2) <= mean(x)**2", W),
    ("sum(x)**2 <= n * sum(x**2)", "sum(x)**2 <= sum(x**2)", W),
    ("norm((x + y) / 2)**2 <= (x @ x + y @ y) / 2", "norm(x + y)**2 <= (x @ x + y @ y) / 2", W),
    ("sqrt(q * r) <= (q + r) / 2", "(q + r) / 2 <= sqrt(q * r)", W),
    ("q * r <= (q**2 + r**2) / 2", "q * r <= (q**2 + r**2) / 3", W),
    ("relu(x) <= softplus(x)", "softplus(x) <= relu(x)", W),
    ("exp(mean(x)) <= mean(exp(x))", "mean(exp(x)) <= exp(mean(x))", W),
    ("mean(log(a)) <= log(mean(a))", "log(mean(a)) <= mean(log(a))", W),
    ("exp(p @ x) <= sum(p * exp(x))", "exp(p @ x) <= sum(p * exp(-x))", P),
    ("sum(p * log(a)) <= log(p @ a)", "sum(p * log(a)) <= log(h @ a)", P),
    ("sum(p * log(h)) <= sum(p * log(p))", "sum(p * log(p)) <= sum(p * log(h))", P),
    ("sum(p * log(p)) <= 0", "0 <= sum(p * log(p))", P),
    ("-log(n) <= sum(p * log(p))", "-log(n) / 2 <= sum(p * log(p))", P),
    ("0 <= (x - y) @ A @ (x - y)", "0 <= (x - y) @ A @ (x + y)", Q),
    ("0 <= s**2 * x @ inv(A) @ x", "0 <= s * x @ inv(A) @ x", Q),
    ("0 <= s**2 + x @ A @ x", "0 <= s**2 + x @ B @ x", Q),
]


@pytest.mark.parametrize(("true", "false", "let"), INEQUALITIES)
def test_inequalities_have_witnesses(true: str, false: str, let: list[str]):
    assert prove(true, let).status is Status.PROVED
    assert prove(false, let).status is Status.REFUTED


def test_a_proof_assumes_what_its_witness_needs():
    """The quotients of a witness are part of the proof, so what they divide by is not 0."""
    record = prove("norm(x + y) <= norm(x) + norm(y)", V)
    assert "assuming   ‖x‖² > 0    ‖y‖² > 0" in str(record)


@pytest.mark.parametrize("text", ["x @ x == x @ x", "1 / s == 1 / s", "3 == 3"])
def test_a_side_may_stand_on_both_sides(text: str):
    assert prove(text, V).status is Status.PROVED


def test_what_is_defined_nowhere_is_not_proved():
    assert prove("1 / (s - s) == 1 / (s - s)", V).status is Status.UNPROVED


@pytest.mark.parametrize("text", ["s * (1e200 / 1e-200) == s", "s * (1e300 * 1e300) == s"])
def test_what_no_float_holds_is_undecided(text: str):
    found = prove(text, V)
    assert found.status is Status.UNPROVED
    assert "too large" in found.steps[0].verdict.reason
