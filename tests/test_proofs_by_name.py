"""Steps of deep programs are proved with names, common parts and functions closed."""

import pytest

from benchmarks.statements import equation, everything
from derive.language import grad
from derive.proof import equality
from derive.proof.closing import readings
from derive.proof.normal_form.ring import NOTHING_CLOSED
from derive.proof.prover import proved
from derive.proof.statuses import Gates, Status
from derive.terms.arrays import Array, array, define, derivative, variable
from derive.terms.functions import exp, tanh
from derive.terms.indices import Index

X, W, V = variable("X", ("n", "p")), variable("W", ("p", "q")), variable("V", ("q", "q"))
h = define("h", tanh(X @ W))
g = define("g", tanh(h @ V))
CLOSED = Gates(differentiation=True)


def test_a_net_of_eight_layers_is_proved():
    layers, declared = [], ["X: N,d0", "y: N,d8"]
    for k in range(1, 9):
        layers.append(f"h{k} = tanh({f'h{k - 1}' if k > 1 else 'X'} @ W{k} + c{k})")
        declared += [f"W{k}: d{k - 1},d{k}", f"c{k}: d{k}"]
    record = grad("; ".join([*layers, "sum((h8 - y)**2)"]), declared, "W1")
    assert record.status is Status.PROVED


def test_the_chain_rule_holds_while_names_stay_closed(monkeypatch: pytest.MonkeyPatch):
    a, b = Index("a", "n"), Index("b", "q")
    loss = (g * g).sum()
    slope = array((a, b), derivative(g[a, b], W).sum())
    claim = equation(derivative(loss, W).sum(), 2 * (g * slope).sum())
    monkeypatch.setattr(equality, "lowering", _closed_only(equality.lowering))
    assert proved(claim, CLOSED).status is Status.PROVED
    wrong = equation(derivative(loss, W).sum(), (g * slope).sum())
    assert proved(wrong, CLOSED).status is Status.UNPROVED


def _closed_only(lowering):
    """Refuse to read a statement with all names open, so that only the closed way is left."""

    def once(*arguments, closed=NOTHING_CLOSED):
        if not closed.names:
            raise equality.Undecided("a reading with all names open")
        return lowering(*arguments, closed=closed)

    return once


@pytest.mark.parametrize("swapped", [False, True])
def test_derivatives_of_closed_names_at_other_places_differ(swapped: bool):
    a, b, i, j = Index("a", "q"), Index("b", "q"), Index("i", "n"), Index("j", "p")
    square = define("square", tanh(W.T @ variable("M", ("p", "p")) @ W))

    def slope(one: Index, two: Index) -> Array:
        return array((a, b, i, j), X[i, j] * derivative(square[one, two], W[j, a]))

    claim = equation(slope(a, b), slope(b, a) if swapped else slope(a, b) + 0 * slope(b, a))
    expected = Status.UNPROVED if swapped else Status.PROVED
    found = equality._closed(claim, CLOSED, (), frozenset())
    assert (found.status if found else Status.UNPROVED) is expected


@pytest.mark.parametrize("swapped", [False, True])
def test_common_parts_at_other_places_differ(swapped: bool):
    i, j = Index("i", "n"), Index("j", "n")
    u, v = variable("u", ("n",)), variable("v", ("n",))
    one = array((i, j), (u[i] - v[j]) * (u[i] + 2 * v[j]) * (exp(u[i]) - 3 * v[j]))
    other = array((i, j), (u[j] - v[i]) * (u[j] + 2 * v[i]) * (exp(u[j]) - 3 * v[i]))
    claim = equation(one, other if swapped else 3 * one - 2 * one)
    _, closed, _ = next(readings(claim, CLOSED))
    assert len(closed.parts) == 4
    expected = Status.UNPROVED if swapped else Status.PROVED
    assert proved(claim, everything(claim)).status is expected


POWERS = "(tan(tanh((1 + softplus(P))**tanh(s)) + 0.25) @ y)**2 @ B @ y"
SOFTMAXES = "sum(softmax(sinh(sin(softmax((1 + sigmoid(X))**tanh(s), axis=0))), axis=1)**3)"
NESTED = "norm(exp(tanh(cos(tanh(softmax(T, axis=-1) - sinh(sin(abs(maximum(B, y) @ T))))))))"


@pytest.mark.parametrize(
    ("text", "let", "by"),
    [
        (POWERS, ["P: n,n", "s:", "y: n", "B: n,n"], "P"),
        (SOFTMAXES, ["X: n,m", "s:"], "X"),
        (NESTED, ["T: k,n,m", "B: n,n", "y: n"], "T"),
        ("(1 + softplus(s))**tanh(s)", ["s:"], "s"),
    ],
)
def test_functions_of_functions_are_proved_without_writing_them_out(text: str, let, by: str):
    assert grad(text, let, by).status is Status.PROVED


@pytest.mark.parametrize("number", [1, 2])
def test_a_name_in_the_last_line_is_found_in_the_first(number: int):
    """``D sum exp(tanh(X W))^2 = 2 sum exp(h)^2 Dh`` is proved without a derivative of h."""
    whole = exp(tanh(X @ W))
    a, b = Index("a", "n"), Index("b", "q")
    slope = array((a, b), exp(h[a, b]) ** 2 * derivative(h[a, b], W).sum())
    claim = equation(derivative((whole * whole).sum(), W).sum(), number * slope.sum())
    opened = Gates(differentiation=True, definitions=frozenset([h.body.tensor]))
    _, closed, used = next(readings(claim, opened))
    assert h.body.tensor in closed.names
    assert "definition of h" in used
    expected = Status.PROVED if number == 2 else Status.UNPROVED
    assert proved(claim, opened).status is expected
