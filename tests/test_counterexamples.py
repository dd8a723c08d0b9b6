"""A counterexample is a statement of its own: two terms that are not always equal."""

import pytest

from derive.derivation import DerivationError, chain, derivation
from derive.proof.statuses import Status
from derive.render.terminal import Look, derivation_page
from derive.spaces import Matrix, Vector
from derive.terms.arrays import variable
from derive.terms.functions import inv, sqrt
from derive.terms.sizes import sizes

n, m = sizes("n m")


@derivation(symbolic_only="a counterexample")
def products_do_not_commute(A: Matrix[n, n], B: Matrix[n, n]):
    """A product of matrices depends on the order."""
    return chain(A @ B).ne(B @ A)


@derivation(symbolic_only="a counterexample")
def inverses_do_not_add(A: Matrix[n, n], B: Matrix[n, n]):
    """The inverse of a sum is not the sum of the inverses."""
    return chain(inv(A + B)).ne(inv(A) + inv(B))


@derivation(symbolic_only="a counterexample that there is not")
def norms_differ(x: Vector[n]):
    """A claim of a difference where there is none."""
    return chain(sqrt((x**2).sum()) ** 2).ne((x**2).sum())


@pytest.mark.parametrize("entry", [products_do_not_commute, inverses_do_not_add])
def test_a_counterexample_proves_that_sides_differ(entry):
    (step,) = entry.record().steps
    assert step.status is Status.PROVED
    example = step.verdict.evidence.counterexample
    assert example.left != example.right
    assert all(size <= 2 for size in example.sizes.values())


def test_equal_sides_have_no_counterexample():
    (step,) = norms_differ.record().steps
    assert step.status is Status.UNPROVED
    assert "no counterexample" in step.verdict.reason


def test_the_page_shows_the_sign_and_the_point():
    page = derivation_page(products_do_not_commute.record(), Look())
    assert "≠" in page
    assert "n = 2" in page


def test_a_difference_stands_beside_no_other_relation():
    """From ``x <= x + y^2`` and ``x + y^2 != x - 1`` nothing follows of x and x - 1."""
    x, y = variable("x"), variable("y")
    above, different = chain(x).le(x + y**2), chain(x).ne(x + y**2)
    assert above.eq(y**2 + x).le(y**2 + x + 1).relation == "<="
    assert different.eq(y**2 + x).relation == "!="
    for mixed in (lambda: above.ne(x - 1), lambda: different.le(x), lambda: different.ne(x)):
        with pytest.raises(DerivationError, match="beside another relation"):
            mixed()
