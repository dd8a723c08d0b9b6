"""Steps of deep programs are proved name by name: other names, and common brackets, stay closed."""

import pytest
from statements import equation, everything

from derive.language import grad
from derive.proof import equality
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
    made = []

    def once(*arguments):
        if made:
            raise equality.Undecided("the second reading")
        made.append(arguments)
        return lowering(*arguments)

    return once


@pytest.mark.parametrize("swapped", [False, True])
def test_derivatives_of_closed_names_at_other_places_differ(swapped: bool):
    a, b, i, j = Index("a", "q"), Index("b", "q"), Index("i", "n"), Index("j", "p")
    square = define("square", tanh(W.T @ variable("M", ("p", "p")) @ W))

    def slope(one: Index, two: Index) -> Array:
        return array((a, b, i, j), X[i, j] * derivative(square[one, two], W[j, a]))

    claim = equation(slope(a, b), slope(b, a) if swapped else slope(a, b) + 0 * slope(b, a))
    expected = Status.UNPROVED if swapped else Status.PROVED
    found = equality._name_by_name(claim, CLOSED, (), frozenset())
    assert (found.status if found else Status.UNPROVED) is expected


@pytest.mark.parametrize("swapped", [False, True])
def test_common_brackets_at_other_places_differ(swapped: bool):
    i, j = Index("i", "n"), Index("j", "n")
    u, v = variable("u", ("n",)), variable("v", ("n",))
    one = array((i, j), (u[i] - v[j]) * (u[i] + 2 * v[j]) * (exp(u[i]) - 3 * v[j]))
    other = array((i, j), (u[j] - v[i]) * (u[j] + 2 * v[i]) * (exp(u[j]) - 3 * v[i]))
    claim = equation(one, other if swapped else 3 * one - 2 * one)
    assert len(equality._common_brackets(claim)) == 3
    expected = Status.UNPROVED if swapped else Status.PROVED
    assert proved(claim, everything(claim)).status is expected
