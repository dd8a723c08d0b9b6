"""A derivation says what its signature and chain say; a status is computed from the terms."""

from dataclasses import replace
from typing import Literal

import pytest

from derive import spaces
from derive.derivation import (
    D,
    DerivationError,
    chain,
    define,
    definition,
    derivation,
    differentiation,
    expand,
    factor,
    inverses,
    matrix_form,
)
from derive.derivation.reasons import opened, reasons_of
from derive.derivation.records import Record
from derive.proof.statuses import Status
from derive.render.terminal import plain
from derive.spaces import Index, OneOf, Positive, Real, Simplex, Vector, at_least
from derive.terms.arrays import Array, choice, entries, identity, sum_over, variable
from derive.terms.contexts import Context
from derive.terms.functions import exp, log
from derive.terms.indices import Index as Position
from derive.terms.sizes import sizes
from derive.terms.tensors import Kind

n, p, K = sizes("n p K")


@derivation
def square_derivative(x: Real):
    """The derivative of a square."""
    return chain(D(x**2, x)).eq(2 * x, by=differentiation)


@derivation
def shares(y: Simplex[K]):
    """The entries of a point of the simplex sum to one."""
    return chain(y.sum()).eq(1, by=y.facts)


@derivation(where=at_least(n, 2))
def scaled(
    x: Vector[n],
    i: Index[n],
    *,
    reduction: OneOf["none", "mean"] = "none",  # noqa: F821
):
    """A convention changes the formula."""
    factor = 1 if reduction == "none" else Array.of(1) / n
    return chain(x[i] * factor + x[i]).eq(x[i] + x[i] * factor)


# --------------------------------------------------------------------------------------------
# The signature


def test_the_signature_is_the_context():
    assert list(scaled.spaces) == ["x", "i"]
    assert scaled.context.lower == {"n": 2}
    assert scaled.conventions["reduction"].values == ("none", "mean")
    assert [r.conventions["reduction"] for r in scaled.records()] == ["none", "mean"]


def test_a_literal_is_a_convention_too():
    @derivation
    def halved(x: Real, *, half: Literal["yes", "no"] = "no"):
        """A convention in the standard notation."""
        return chain(x + 1).eq(1 + x)

    assert halved.conventions["half"].values == ("yes", "no")


def test_the_docstring_is_the_title_and_the_prose():
    @derivation
    def told(x: Real):
        """A title.

        And a story.
        """
        return chain(x + 1).eq(1 + x)

    assert (told.title, told.prose) == ("A title.", "And a story.")


def test_a_full_rank_matrix_is_not_wide():
    @derivation
    def tall(X: spaces.FullColumnRank[n, p]):
        """More rows than columns."""
        return chain(X + 1).eq(1 + X)

    assert tall.context.is_nonnegative(n - p)
    assert not Context().is_nonnegative(n - p)


@pytest.mark.parametrize(
    ("conventions", "message"),
    [({"reduction": "max"}, "one of none, mean"), ({"mode": "a"}, "no convention 'mode'")],
)
def test_unknown_conventions_are_named(conventions, message):
    with pytest.raises(DerivationError, match=message):
        scaled.record(**conventions)


def test_a_parameter_needs_a_space():
    @derivation
    def lost(x):
        """No space."""
        return chain(x + 1).eq(1 + x)

    with pytest.raises(DerivationError, match="the parameter x has no space"):
        lost.record()


def test_a_derivation_needs_a_title():
    with pytest.raises(DerivationError, match="no docstring"):

        @derivation
        def untold(x: Real):
            return chain(x + 1).eq(1 + x)


def test_something_that_is_no_chain_is_refused():
    @derivation
    def wrong(x: Real):
        """Returns a term."""
        return x + 1

    with pytest.raises(DerivationError, match="returns no chain"):
        wrong.record()


# --------------------------------------------------------------------------------------------
# The chain


def test_a_link_of_two_equal_terms_says_nothing():
    x = variable("x", (n,))
    with pytest.raises(DerivationError, match=r"test_derivation.py:\d+: .*the same term"):
        chain(x.sum()).eq(variable("x", (n,)).sum())


def test_a_link_keeps_the_shape():
    x, X = variable("x", (n,)), variable("X", (n, p))
    with pytest.raises(DerivationError, match="shape"):
        chain(x).eq(X)


def test_lines_with_axes_are_compared_entry_by_entry():
    X = variable("X", (n, n))
    link = chain(X + 0).eq(X.T).links[0]
    statement = link.statement(Context())
    assert statement.left.children[0].slots == statement.right.slots[::-1]


def test_the_weights_of_a_maximum_are_a_reason_where_they_come_in():
    v, k = variable("v", (n,)), Position("k", n)
    named, unnamed = (entries(choice(name, v, (0,))) for name in ("a", ""))
    largest, weighted = (sum_over(k, weights[k] * v[k]) for weights in (unnamed, named))
    record = Record("largest", "", {"": chain(largest).eq(weighted, by=named)})
    assert record.status is Status.PROVED
    with pytest.raises(DerivationError, match="`definition` is not what this link does"):
        chain(weighted).eq(weighted + 0, by=named)


def test_a_definition_is_printed_and_has_nothing_to_prove():
    record = Record("following", "The next number.", {"": chain(variable("x") + 1)})
    assert record.status is Status.PROVED
    assert "x + 1   definition" in plain(record) and r"\text{definition}" in record.latex()


x, y, z = variable("x"), variable("y"), variable("z")


@pytest.mark.parametrize(
    ("left", "right", "label", "holds"),
    [
        (x * (y + z), x * y + x * z, expand, True),
        (x * y + x * z, x * (y + z), expand, False),
        (x * y + x * z, x * (y + z), factor, True),
        (x * (y + z), x * y + x * z, factor, False),
        ((x + y) ** 2, x**2 + 2 * x * y + y**2, expand, True),
        (x + y, y + x, expand, False),
        (x + y, y + x, factor, False),
    ],
)
def test_a_label_must_be_true(left, right, label, holds):
    if holds:
        assert chain(left).eq(right, by=label).links[0].reasons == (label,)
        return
    with pytest.raises(DerivationError, match=f"`{label.name}` is not what this link does"):
        chain(left).eq(right, by=label)


def test_matrix_form_has_no_delta_left():
    v = variable("v", (n,))
    with pytest.raises(DerivationError, match="matrix_form"):
        chain(v).eq(identity(n) @ v, by=matrix_form)


def test_what_is_no_reason_is_refused():
    with pytest.raises(DerivationError, match="no reason"):
        chain(x + y).eq(y + x, by="because")
    with pytest.raises(DerivationError, match="no defined name"):
        chain(x + y).eq(y + x, by=x)


def test_reasons_open_gates_together():
    S = define("S", exp(x))
    point = Simplex[K].variable("y")
    gates = opened(reasons_of([differentiation, S, point.facts, inverses]))
    assert gates.differentiation and gates.inverses and not gates.log_laws
    assert [t.name for t in gates.definitions] == ["S"]
    assert [(t.name, fact.kind) for t, fact in gates.facts] == [("y", Kind.SIMPLEX)]
    assert opened(reasons_of([definition(S)])) == opened(reasons_of(S))


def test_one_inequality_makes_the_chain_one():
    assert chain(x).eq(x + 0).le(x + 1).relation == "<="
    assert chain(x).eq(x + 0).relation == "="


# --------------------------------------------------------------------------------------------
# Derivations inside derivations


def test_a_derivative_stands_for_its_closed_form_and_anything_else_for_its_first_line():
    t = variable("t")
    assert square_derivative(t).body == (2 * t).body
    assert square_derivative(t).start.body == D(t**2, t).body
    y = Simplex[K].variable("y")
    assert shares(y).end.body.value == 1
    assert shares(y).body != shares(y).end.body


def test_free_indices_become_axes():
    v = variable("v", (n,))
    whole = scaled(v)
    assert whole.shape == (n,)
    i = Index[n].index("i")
    assert scaled(v, i).shape == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((variable("v", (p,)),), r"x has shape \(p\), wanted \(n\)"),
        ((), "needs x"),
        ((1, 2, 3, 4), "takes 2 arguments"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(DerivationError, match=message):
        scaled(*arguments)


def test_a_derivation_that_cites_itself_is_refused():
    @derivation
    def circular(x: Real):
        """Its own reason."""
        return chain(x + 1).eq(1 + x, by=circular(x))

    with pytest.raises(DerivationError, match="cites itself"):
        circular.record()


def test_parts_have_names():
    @derivation
    def both(x: Real):
        """Two results."""
        return {"a": chain(x + 1).eq(1 + x), "b": chain(x + 2).eq(2 + x)}

    record = both.record()
    assert record.part("b").name == "both.b"
    assert len(record.links) == 2
    with pytest.raises(DerivationError, match="it has a, b"):
        record.part("c")
    assert sorted(both(variable("t"))) == ["a", "b"]


# --------------------------------------------------------------------------------------------
# Statuses


def test_a_true_chain_is_proved():
    record = square_derivative.record()
    assert record.status is Status.PROVED
    assert [step.status for step in record.steps] == [Status.PROVED]


def test_an_altered_record_is_refuted():
    record = square_derivative.record()
    assert record.status is Status.PROVED
    link = replace(record.links[0], right=3 * variable("x"))
    altered = replace(record, chains={"": replace(record.chain, links=(link,))})
    assert altered.status is Status.REFUTED
    assert altered.verified().steps[0].verdict.evidence.counterexample is not None


def test_a_closed_gate_proves_nothing():
    @derivation
    def unopened(x: Real):
        """The derivative of a square, without a reason."""
        return chain(D(x**2, x)).eq(2 * x)

    assert unopened.record().status is Status.CHECKED


def test_an_idle_reason_is_an_error():
    @derivation
    def idle(x: Real):
        """Algebra needs no differentiation."""
        return chain((x + 1) ** 2).eq(x**2 + 2 * x + 1, by=[expand, differentiation])

    step = idle.record().steps[0]
    assert step.status is Status.UNPROVED
    assert "holds without `differentiation`" in step.verdict.reason


def test_facts_are_used_only_where_they_are_named():
    @derivation
    def unnamed(y: Simplex[K]):
        """A fact that nobody named."""
        return chain(y.sum()).eq(1)

    assert shares.record().status is Status.PROVED
    assert unnamed.record().status is not Status.PROVED


def test_a_citation_is_a_reason_and_is_proved_with_its_arguments():
    @derivation
    def cites(x: Real):
        """Twice the derivative of a square."""
        return chain(2 * D(x**2, x)).eq(2 * (2 * x), by=square_derivative(x))

    assert cites.record().status is Status.PROVED


def test_a_citation_is_worth_no_more_than_what_it_cites():
    @derivation
    def unfounded(x: Real):
        """Said without a reason."""
        return chain(D(x**2, x)).eq(2 * x)

    @derivation
    def rests(x: Real):
        """Rests on what is only checked."""
        return chain(2 * D(x**2, x)).eq(2 * (2 * x), by=unfounded(x))

    record = rests.record()
    assert record.status is Status.CHECKED
    assert "unfounded" in record.steps[0].verdict.reason


def test_a_theorem_about_independent_arguments_is_not_used_for_dependent_ones():
    @derivation
    def product_derivative(x: Real, y: Real):
        """The derivative of a product by its first factor."""
        return chain(D(x * y, x)).eq(y + 0, by=differentiation)

    @derivation
    def misused(x: Real):
        """Both arguments the same."""
        return chain(D(x * x, x)).eq(x + 0, by=product_derivative(x, x))

    assert product_derivative.record().status is Status.PROVED
    assert misused.record().status is not Status.PROVED


def test_assumptions_are_collected():
    @derivation
    def logarithm(x: Positive, y: Real):
        """The derivative of a logarithm."""
        return chain(D(log(x) / y, x)).eq(1 / x / y, by=differentiation)

    record = logarithm.record()
    assert record.status is Status.PROVED
    assert record.assumptions
