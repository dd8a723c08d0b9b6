"""The rewriter: results against finite differences, steps against their rules and the prover."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from term_values import Numbers, slopes

from derive.language.program import parsed
from derive.proof.prover import verdict
from derive.proof.statuses import Gates, Status
from derive.rewriting.author import NoRule
from derive.rewriting.canonical import canonical, is_open, length, same
from derive.rewriting.derivation import Derived, gradient_steps
from derive.rewriting.rules import RULES
from derive.rewriting.rules.rule import Given
from derive.rewriting.steps import HOUSEKEEPING, MOST, ROUTINE, Step
from derive.terms.arrays import Array, apply, define, entries, inverse, variable
from derive.terms.contexts import Context
from derive.terms.indices import Index
from derive.terms.nodes import Add, D, Delta, Mul, Num, Pow, Sum
from derive.terms.sizes import Size
from derive.terms.statements import Statement
from derive.terms.structure import alpha_equal
from derive.terms.tensors import Kind

SIZES = {"m": 4, "n": 3, "p": 2, "k": 5, "H": 5, "W": 4, "N": 2, "C": 2, "H_out": 0, "W_out": 0}
GRADIENTS = [
    ("sum((X@b - y)**2)", "X: n,p; b: p; y: n", "b"),
    ("sum((X@b - y)**2)", "X: n,p; b: p; y: n", "X"),
    ("mean(log(1 + exp(-y*(X@b))))", "X: n,p; b: p; y: n", "b"),
    ("-sum(y*log(sigmoid(X@b)) + (1 - y)*log(1 - sigmoid(X@b)))", "X: n,p; b: p; y: n", "b"),
    ("-sum(y*log(softmax(x)))", "x: n; y: n,simplex", "x"),
    ("-sum(Y*log(softmax(X@V, axis=1)))", "X: m,n; V: n,k; Y: m,k,one-hot", "V"),
    ("logsumexp(A@x) + norm(x)**2/2", "A: m,n; x: n", "x"),
    ("norm(x - y)", "x: n; y: n", "x"),
    ("x@y/norm(x)", "x: n; y: n", "x"),
    ("x@(A@x)/(x@x)", "A: n,n; x: n", "x"),
    ("tr(A@B@A.T@C)", "A: m,n; B: n,n; C: m,m", "A"),
    ("tr(A@A@A)", "A: n,n", "A"),
    ("tr(A@A@B)", "A: n,n,symmetric; B: n,n", "A"),
    ("logdet(A@A.T + 2*eye(n))", "A: n,m", "A"),
    ("det(A)*tr(inv(A))", "A: n,n,invertible", "A"),
    ("x@inv(A + s*B)@x", "A: n,n,invertible; B: n,n; s:; x: n", "s"),
    ("a@inv(A)@b", "A: n,n,positive definite; a: n; b: n", "A"),
    ("sum((V@tanh(U@x + c) - y)**2)", "V: k,m; U: m,n; x: n; c: m; y: k", "U"),
    ("sum((V@tanh(U@x + c) - y)**2)", "V: k,m; U: m,n; x: n; c: m; y: k", "x"),
    ("h = relu(X@U); sum((h + h@V)**2)", "X: m,n; U: n,k; V: k,k", "U"),
    ("h = x*sin(x); g = h*cos(h); sum(g*exp(g))", "x: n", "x"),
    ("sum(G*(softmax(Q@K.T)@V))", "Q: m,n; K: k,n; V: k,p; G: m,p", "K"),
    ("sum(c*(x - mean(x))/sqrt(var(x) + 0.1))", "x: n; c: n", "x"),
    ("sum(abs(A@x - y)) + sum(maximum(x, z)**2)", "A: m,n; x: n; y: m; z: n", "x"),
    ("max(A@x)", "A: m,n; x: n", "x"),
    ("sum(x**y)", "x: n,positive; y: n", "y"),
    ("sum(x**x)", "x: n,positive", "x"),
    ("sum(softplus(x) + cosh(x)*sinh(x) + tan(x))", "x: n", "x"),
    ("sum(1/(1 + exp(-x))) + x@ones(n)", "x: n", "x"),
    ("sum(y*exp(x - max(x))/sum(exp(x - max(x))))", "x: n; y: n", "x"),
    ("(x@x)*log(x@x)", "x: n", "x"),
    ("y@softmax(-softmax(x))", "x: n; y: n", "x"),
    ("q = softmax(x); u = q; y@softmax(u)", "x: n; y: n", "x"),
    ("sum(x*y/(x + y))", "x: n,positive; y: n,positive", "x"),
    ("sum(conv2d(x, w, stride=2, padding=1)**3)", "x: N,C,H,W; w: p,C,3,3", "x"),
    ("sum(conv2d(x, w, stride=2, padding=1)**3)", "x: N,C,H,W; w: p,C,3,3", "w"),
    ("sum(max_pool2d(x, 2)**2)", "x: N,C,H,W", "x"),
    ("sum(avg_pool2d(x, 2)**2)", "x: N,C,H,W", "x"),
    ("sum(T*sum(T@B, axis=1, keepdims=True))", "T: m,n,p; B: p,p", "T"),
    ("c = mean(X, axis=1, keepdims=True); sum(B*(X - c)**3/sum(X))", "X: m,n; B: m,n", "X"),
]
JACOBIANS = [
    ("softmax(x)", "x: n", "x"),
    ("x/norm(x)", "x: n", "x"),
    ("A@sigmoid(x)", "A: m,n; x: n", "x"),
    ("inv(A)@x", "A: n,n,invertible; x: n", "A"),
    ("X.T@X", "X: m,n", "X"),
    ("(x - mean(x))/sqrt(var(x) + 0.1)", "x: n", "x"),
    ("outer(x, x)*s", "x: n; s:", "x"),
]
HESSIANS = [
    ("logsumexp(A@x)", "A: m,n; x: n", "x"),
    ("x@A@x + sum(exp(x))*sum(x)", "A: n,n; x: n", "x"),
    ("tr(A@A)", "A: n,n,symmetric", "A"),
    ("a@inv(A)@a", "A: n,n,positive definite; a: n", "A"),
    ("sum(log(y - A@x))", "A: m,n; x: n; y: m,far", "x"),
]
ALL = [
    *((*case, "gradient") for case in GRADIENTS),
    *((*case, "jacobian") for case in JACOBIANS),
    *((*case, "hessian") for case in HESSIANS),
]
OWN_WORDS = ("invertible", "far")  # how a variable is drawn, nothing that is declared


def declarations(text: str) -> dict[str, tuple[list[str], list[str]]]:
    """Names with their dims and attributes, from a shorter form than the command line's."""
    found = {}
    for part in text.split("; "):
        name, _, rest = part.partition(":")
        words = [word.strip() for word in rest.split(",") if word.strip()]
        dims = [word for word in words if word in SIZES or word.isdigit()]
        found[name] = (dims, [word for word in words if word not in dims])
    return found


def drawn(text: str, seed: int = 0) -> dict[str, np.ndarray]:
    """Values for declared variables."""
    generator = np.random.default_rng(seed)
    values = {}
    for name, (dims, words) in declarations(text).items():
        shape = tuple(int(d) if d.isdigit() else SIZES[d] for d in dims)
        value = generator.standard_normal(shape)
        if "positive" in words:
            value = np.abs(value) + 0.5
        if "symmetric" in words:
            value = value + value.T
        if "invertible" in words or "positive definite" in words:
            value = 0.3 * value + 1.5 * np.eye(len(value))
        if "positive definite" in words:
            value = value @ value.T
        if "simplex" in words:
            value = np.exp(value) / np.exp(value).sum()
        if "one-hot" in words:
            value = np.eye(shape[-1])[generator.integers(0, shape[-1], shape[:-1])]
        values[name] = value + 9 if "far" in words else value
    return values


def derived(expression: str, let: str, wrt: str, kind: str) -> tuple[Array, Derived]:
    """The value and its derivative."""
    lines = []
    for name, (dims, words) in declarations(let).items():
        known = [word for word in words if word not in OWN_WORDS]
        lines.append(f"{name}: {', '.join(dims)}" + (f"; {', '.join(known)}" if known else ""))
    program = parsed(expression, lines)
    made = gradient_steps(program.result, program.variables[wrt], program.context, kind)
    return program.result, made


def sizes_of(program_context: Context) -> dict[str, int]:
    """The sizes, output sizes of windows among them."""
    sizes = dict(SIZES)
    for name, whole in (("H_out", "H"), ("W_out", "W")):
        for candidate in range(1, 9):
            bounds = [c for c in program_context.constraints if name in c.names]
            if bounds and all(c.value({**sizes, name: candidate}) >= 0 for c in bounds):
                sizes[name] = candidate
        assert sizes[name] <= sizes[whole]
    return sizes


@pytest.mark.parametrize(("expression", "let", "wrt", "kind"), ALL)
def test_results_agree_with_finite_differences(
    expression: str, let: str, wrt: str, kind: str
) -> None:
    value, made = derived(expression, let, wrt, kind)
    numbers = Numbers(sizes_of(made.context), drawn(let))
    if kind == "hessian":
        plain = let.replace(",symmetric", "").replace(",positive definite", "")
        value = derived(expression, plain, wrt, "gradient")[1].result
    want = slopes(value, wrt, numbers)
    got = numbers.array(made.result.indices, made.result.body)
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= 1e-6 * max(1.0, np.abs(want).max())


@pytest.mark.parametrize(("expression", "let", "wrt", "kind"), ALL)
def test_steps_follow_each_other_and_replay(expression: str, let: str, wrt: str, kind: str) -> None:
    made = derived(expression, let, wrt, kind)[1]
    assert 1 <= len(made.steps) <= MOST
    assert made.steps[0].before == made.start and made.steps[-1].after == made.result.body
    for first, second in itertools.pairwise(made.steps):
        assert first.after == second.before
    for step in made.steps:
        assert alpha_equal(step.replayed(), step.after), step.reason
        assert step.before != step.after and set(step.rules) <= set(RULES)


def gates(step: Step) -> Gates:
    """What a step asks for, as the prover takes it."""
    return Gates(
        differentiation="differentiation" in step.gates,
        definitions=frozenset(step.definitions),
        facts=frozenset(step.facts),
        inverses="inverses" in step.gates,
    )


STANDARDISED = "c = mean(x, axis=0); v = mean((x - c)**2, axis=0); sum(G*(x - c)/sqrt(v + 1))"
PROVED = [
    *[case for case in ALL if "pool" not in case[0] and "conv" not in case[0]][::3],
    (STANDARDISED, "x: m,n; G: m,n", "x", "gradient"),
]


@pytest.mark.parametrize(("expression", "let", "wrt", "kind"), PROVED)
def test_steps_are_proved(expression: str, let: str, wrt: str, kind: str) -> None:
    made = derived(expression, let, wrt, kind)[1]
    for step in made.steps:
        statement = Statement(step.before, step.after, context=made.context)
        found = verdict(statement, gates(step))
        assert found.status is Status.PROVED, (step.reason, found.reason)


def test_no_rule_says_everything() -> None:
    rules = Counter(step.rule for case in ALL for step in derived(*case)[1].steps)
    assert max(rules.values()) <= sum(rules.values()) / 3
    assert len(rules) > 20 and not any("simplif" in name for name in RULES)


def test_what_goes_without_saying_is_said_by_rules() -> None:
    assert {*ROUTINE, *HOUSEKEEPING} <= set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_each_rule_acts_on_its_example_and_is_true(name: str) -> None:
    rule = RULES[name]
    assert rule.sample is not None, f"{name} has no example"
    before, given = rule.sample()
    after = rule.apply(before, given)
    assert after is not None and after != before
    if rule.gate == "":
        through = Gates(differentiation=is_open(before))
        assert verdict(Statement(before, after), through).status is Status.PROVED


def test_sums_do_not_merge_to_a_bracket_that_is_multiplied_out_again() -> None:
    i, j, k = (Index(name, Size.of("n")) for name in "ijk")
    a, x, A = variable("a", ("n",)), variable("x", ("n",)), variable("A", ("n", "n"))
    inner = Sum(k, Mul((A.at([j, k]), Add((Delta(j - i), a.at([k]))))))
    sums = [Sum(j, Mul((part, x.at([j]), a.at([j])))) for part in (a.at([j]), A.at([j, i]), inner)]
    given = Given()
    assert RULES["sums merge"].apply(Add((sums[0], sums[1])), given) is not None
    assert RULES["sums merge"].apply(Add((sums[0], sums[2])), given) is None


X, b, y = variable("X", ("n", "p")), variable("b", ("p",)), variable("y", ("n",))
x, A = variable("x", ("n",)), variable("A", ("n", "n"))


@pytest.mark.parametrize(
    ("value", "by", "form"),
    [
        (((X @ b - y) ** 2).sum(), b, 2 * X.T @ (X @ b - y)),
        (x @ A @ x, x, (A + A.T) @ x),
        (x @ inverse(A) @ x, A, -1 * (inverse(A).T @ x)[:, None] * (inverse(A) @ x)[None, :]),
        ((x**3).sum() / 3, x, x**2),
    ],
)
def test_closed_forms(value: Array, by: Array, form: Array) -> None:
    found = gradient_steps(value, by).result
    assert same(found.body, form.at(found.indices))


def named(letter: str, derived: Derived) -> Array:
    """An intermediate of a derivation by its name."""
    return next(entries(tensor) for tensor in derived.definitions if tensor.name == letter)


def test_softmax_is_written_in_its_probabilities() -> None:
    value = apply("exp", x) / apply("exp", x).sum()
    made = gradient_steps(value, x, kind="jacobian")
    i, j = made.result.indices
    p = named("p", made)
    wanted = Array((), Delta(i - j)) - p[j]
    assert same(made.result.body, (p[i] * wanted).body)


def test_cross_entropy_is_prediction_minus_target() -> None:
    target = variable("y", ("n",), Kind.ONE_HOT)
    value = -1 * (target * apply("log", apply("exp", x) / apply("exp", x).sum())).sum()
    made = gradient_steps(value, x)
    (i,) = made.result.indices
    assert same(made.result.body, (named("p", made)[i] - target[i]).body)
    kinds = [fact.kind for step in made.steps for _, fact in step.facts]
    assert Kind.ONE_HOT in kinds


def test_facts_of_the_variable_wait_for_the_last_derivative() -> None:
    """d/dA tr(A A) is 2 A.T; written 2 A by symmetry, its derivative would be wrong."""
    S = variable("S", ("n", "n"), Kind.SYMMETRIC)
    trace_of_square = (S * S.T).sum()
    made = gradient_steps(trace_of_square, S, kind="hessian")
    i, j, k, m = made.result.indices
    wanted = Array((), Mul((Delta(i - m), Delta(j - k))))
    assert same(made.result.body, (2 * wanted).body)


@pytest.mark.parametrize("taken", ["r", "S", "p", "h", "d"])
def test_a_new_name_is_none_that_is_taken(taken: str) -> None:
    """A residual, a normaliser, probabilities, a hidden layer and a norm are what gets names."""
    text = f"sum((A@x - {taken})**2) + {taken}@softmax(x) + sum(tanh(A@x))*norm(x)"
    program = parsed(text, ["A: n,n", "x: n", f"{taken}: n"])
    made = gradient_steps(program.result, program.variables["x"], program.context)
    names = [tensor.name for tensor in made.definitions]
    assert len(names) >= 4 and not {"A", "x", "n", taken} & set(names)
    assert len(set(names)) == len(names)


def test_derivatives_grow_linearly_with_depth() -> None:
    """Each name has one adjoint: products of shared names do not multiply the paths."""
    sizes = []
    for depth in (3, 6, 12):
        h = x
        for k in range(depth):
            h = define(f"h{k}", apply("tanh", h) * apply("sin", h))
        made = gradient_steps(h.sum(), x)
        sizes.append(max(length(step.after) for step in made.steps))
    assert sizes[2] <= 3 * sizes[1]


def test_unknown_derivatives_are_refused_by_name() -> None:
    with pytest.raises(NoRule, match="erf"):
        gradient_steps(apply("erf", x).sum(), x)


def test_canonical_keys_ignore_order_and_bound_names_only() -> None:
    i, j, k = Index("i", "n"), Index("j", "n"), Index("k", "n")
    left = Sum(i, Sum(j, Mul((A[i, j].body, A[j, k].body))))
    right = Sum(j, Mul((Sum(i, A[j, i].body), A[i, k].body)))
    renamed = Sum(j, Sum(i, Mul((A[i, k].body, A[j, i].body))))
    assert canonical(left) == canonical(renamed)
    assert canonical(left) != canonical(right)
    other = Sum(i, Sum(j, Mul((A[i, j].body, A[i, k].body))))
    assert canonical(left) != canonical(other)


def test_derivations_do_not_depend_on_hash_order() -> None:
    program = (
        "from derive.language.program import parsed\n"
        "from derive.rewriting.derivation import gradient_steps\n"
        "text = 'sum(C*softmax(X@W, axis=1)) + logdet(W.T@W)'\n"
        "p = parsed(text, ['X: m,n', 'W: n,k', 'C: m,k'])\n"
        "d = gradient_steps(p.result, p.variables['W'], p.context)\n"
        "print([(s.reason, len(s.rewrites)) for s in d.steps], d.result)\n"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] and "definition of p" in runs[0]


def test_a_derivative_of_a_derivative_is_refused_nowhere() -> None:
    made = gradient_steps((x**3).sum(), x, kind="hessian")
    assert isinstance(made.start, D) and isinstance(made.start.body, D)
    assert isinstance(made.result.body, Mul) and Num(6) in made.result.body.parts
    assert not any(isinstance(part, Pow) for part in made.result.body.parts)
