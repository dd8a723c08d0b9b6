"""The independent evaluator accepts true identities and refutes one-edit false ones."""

import itertools
import math
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import islice

import pytest
from evaluator_cases import (
    FALSE,
    TRUE,
    P,
    U,
    X,
    b,
    c,
    convolution,
    convolution_by_signal,
    exp,
    hot,
    kinked,
    log,
    mask,
    n,
    p,
    q,
    same,
    signs,
    t,
    u,
    x,
    y,
)

from derive.proof.evaluator import (
    Point,
    Undecidable,
    Undefined,
    array,
    company_of,
    evidence,
    points,
    value,
)
from derive.proof.evaluator.intervals import enclosure, reals
from derive.proof.statuses import Evidence
from derive.terms.arrays import (
    Array,
    apply,
    choice,
    define,
    derivative,
    recurrence,
)
from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Cond, Count, D, Guard, Mul, Num, Pow
from derive.terms.statements import (
    Nonzero,
    NoTie,
    OffKink,
    Positive,
    SizeBound,
    Statement,
)

BELOW_FLOAT64 = (
    "tiny masked term",
    "tiny rational term",
    "Taylor polynomial",
    "lost in a large number",
)


@pytest.mark.parametrize("name", TRUE)
def test_true_identities_agree(name: str) -> None:
    found = evidence(TRUE[name]())
    assert found.outcome == "agrees", found
    assert found.points and found.method


@pytest.mark.parametrize("name", FALSE)
def test_one_edit_makes_a_certified_difference(name: str) -> None:
    statement = FALSE[name]()
    found = evidence(statement)
    assert found.outcome == "differs", found
    shown = found.counterexample
    assert shown is not None
    assert max(shown.sizes.values(), default=1) <= 3
    if statement.relation == "=":
        assert shown.left != shown.right or name in BELOW_FLOAT64
    else:
        assert shown.left > shown.right


# --------------------------------------------------------------------------------------------
# Undecided, and what assumptions and domains do


UNDECIDED: dict[str, Callable[[], Statement]] = {
    "no derivative of maximum(x, x)": lambda: same(
        derivative(apply("maximum", x, x), x), Array.of(1)
    ),
    "no value of 1/(x - x)": lambda: same(1 / (x - x), 1 / (x - x)),
    "a sign that intervals cannot tell": lambda: same(
        apply("relu", apply("sin", x) ** 2 + apply("cos", x) ** 2 - 1), 0
    ),
    "sizes that do not exist": lambda: same(u, u, context=Context({}, (p - n - 1, n - p))),
    "the root of a negative number": lambda: same(
        (-(t**2)) ** Fraction(1, 2), Array.of(0) * t**-1 * log(-t)
    ),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_undecided_is_not_agreement(name: str) -> None:
    found = evidence(UNDECIDED[name]())
    assert found.outcome == "undecided", found
    assert found.reason


def test_an_assumption_that_no_point_meets_refuses() -> None:
    one = Statement(x.body, x.body)
    assert evidence(one, [Nonzero(x.body)]).outcome == "agrees"
    for assumption in (Nonzero((x - x).body), Positive((-(x**2)).body), OffKink((x - x).body)):
        found = evidence(one, [assumption])
        assert found.outcome == "undecided", found
        assert "no point satisfies the assumptions" in found.reason


def test_a_tie_throughout_refuses() -> None:
    axis = Index("k", 2)
    both = Array((axis,), x.body)
    tied = NoTie(choice("w", both, (0,)))
    assert evidence(same(x, x), [tied]).outcome == "undecided"


def test_the_domain_is_part_of_the_statement() -> None:
    statement = same(log(x**2), 2 * log(x))
    found = evidence(statement)
    assert found.outcome == "differs"
    assert found.counterexample is not None and math.isnan(found.counterexample.right)
    assert evidence(statement, [Positive(x.body)]).outcome == "agrees"


def test_size_bounds_choose_the_shapes() -> None:
    statement = same(Array((), Cond(Array.of(n - 2).body)), 1)
    assert evidence(statement).outcome == "differs"
    found = evidence(statement, [SizeBound(Array.of(n - 3).body)])
    assert found.outcome == "agrees"
    assert all(shape["n"] >= 3 for shape in found.shapes)


def test_shapes_have_different_sizes_ones_and_large_strides() -> None:
    out, signal, _, context = convolution()
    found = evidence(same(derivative(out, signal), convolution_by_signal(0), context=context))
    assert any(shape["stride"] > shape["k"] > 1 and shape["L"] for shape in found.shapes)
    shapes = evidence(TRUE["gradient of least squares"]()).shapes
    assert any(shape["n"] != shape["p"] for shape in shapes)
    assert any(1 in shape.values() for shape in shapes)


def test_statements_without_sizes_need_one_shape() -> None:
    found = evidence(same(x + 1, 1 + x))
    assert (found.outcome, found.shapes) == ("agrees", ({},))


def test_one_possible_shape_is_not_enough() -> None:
    found = evidence(same(u, u, context=Context({"n": 2}, (2 - n,))))
    assert (found.outcome, found.reason) == ("undecided", "only one shape could be decided")


def test_lazy_factors_hide_what_is_undefined() -> None:
    i = Index("i", n)
    guarded = Mul((Pow(Count(Affine.of(i)), Num(-1)), Guard(i - 1)))
    assert (
        evidence(Statement(Mul((guarded, Count(Affine.of(i)))), Guard(i - 1))).outcome == "agrees"
    )


def test_a_recurrence_that_hides_its_previous_value_is_refused() -> None:
    v = recurrence("v", n, 0, lambda v, t: define("inside", v * c))
    found = evidence(same(v, v))
    assert found.outcome == "undecided"
    assert "previous value" in found.reason


def test_a_shape_without_points_is_left_out() -> None:
    """The variance of one number is 0, so the assumption cannot hold at size 1."""
    assumption = Nonzero(u.var().body)
    found = evidence(same((u / u.var()) * u.var(), u), [assumption])
    assert found.outcome == "agrees"
    assert len(found.shapes) >= 2
    assert all(shape["n"] > 1 for shape in found.shapes)


def test_further_shapes_are_tried_for_those_left_out() -> None:
    assumptions = [Nonzero(Array.of(n - k).body) for k in (1, 3)]
    found = evidence(same(u, u), assumptions)
    assert found.outcome == "agrees"
    assert sorted(shape["n"] for shape in found.shapes) == [2, 4]


def test_the_method_names_the_numbers() -> None:
    rational = evidence(TRUE["binomial"]()).method
    assert rational == "integers modulo 2**61 - 1 (error at most 2 / 2**61)"
    assert evidence(TRUE["maximum of two"]()).method == "exact fractions"
    assert evidence(TRUE["sigmoid"]()).method == "intervals of 50 digits"


def test_counterexamples_are_small_and_exact() -> None:
    found = evidence(FALSE["order of a product"]()).counterexample
    assert found is not None
    assert dict(found.sizes) == {"n": 2}
    flat = [v for name in "AB" for row in found.values[name] for v in row]  # type: ignore[attr-defined]
    assert all(isinstance(v, Fraction) for v in flat)
    assert sum(v != 0 for v in flat) <= 4


def test_a_derivative_by_an_inner_name_keeps_an_outer_tangent() -> None:
    square = define("a", x**2)
    assert evidence(same(derivative(derivative(square**2, x), square), 4 * x)).outcome == "agrees"
    assert evidence(same(derivative(derivative(square**2, square), x), 4 * x)).outcome == "agrees"


def test_values_at_a_point() -> None:
    given = {X.body.tensor: [[1, 2, 3], [4, 5, 6]], b.body.tensor: [1, 0.5, 0]}  # type: ignore[attr-defined]
    point = Point.of({"n": 2, "p": 3}, given)
    product = X @ b
    assert array(product.indices, product.body, point) == [2.0, 6.5]
    assert value(product.body, point, {product.indices[0]: 1}) == 6.5
    with pytest.raises(ValueError, match="no value of y"):
        array((), y.sum().body, point)
    with pytest.raises(Undefined):
        value(log(b.sum() - 2).body, point)
    with pytest.raises(Undecidable):
        value(exp(exp(10 * b.sum())).body, point)


def test_a_point_takes_numpy_arrays() -> None:
    import numpy as np

    given = {X.body.tensor: np.ones((2, 3), np.float32), c.body.tensor: np.array(0.5)}  # type: ignore[attr-defined]
    point = Point.of({"n": 2, "p": 3}, given)
    assert value((c * X.sum()).body, point) == 3.0


@pytest.mark.parametrize("name", "exp log sin cos tan sinh cosh tanh sigmoid softplus".split())
def test_slopes_of_elementary_functions(name: str) -> None:
    """A symmetric difference quotient of the function itself, in float64."""
    step, at = 1e-4, 0.75

    def of(number: float) -> float:
        point = Point.of({}, {x.body.tensor: number})  # type: ignore[attr-defined]
        return value(apply(name, x).body, point)

    point = Point.of({}, {x.body.tensor: at})  # type: ignore[attr-defined]
    slope = value(kinked(name).body, point)
    quotient = (8 * of(at + step) - 8 * of(at - step) - of(at + 2 * step) + of(at - 2 * step)) / (
        12 * step
    )
    assert slope == pytest.approx(quotient, rel=1e-9)


def test_nothing_changes_with_an_entry_out_of_range() -> None:
    i = Index("i", n)
    beyond = D(u.sum().body, At(u.body.tensor, (i + n,)))  # type: ignore[attr-defined]
    assert evidence(Statement(beyond, Num(0))).outcome == "agrees"


def test_every_other_point_has_all_signs_turned() -> None:
    terms = [v.sum().body for v in (u, t)]
    first, second = itertools.islice(points(terms, Context({"n": 3}, (3 - n,))), 2)
    named = [{tensor.name: row for tensor, row in p.values.items()} for p in (first, second)]
    assert [-v for v in named[0]["u"]] == list(named[1]["u"])
    assert named[0]["t"] == named[1]["t"]


@pytest.mark.parametrize(
    ("statement", "scanned"),
    [
        (same(t * t, t**2), 8),
        (same(u * u, u**2), 8),
        (same(exp(u), exp(u) * 1), 8),
        (same(apply("relu", u), u * Array((u.indices), Cond(u.body))), 32),
        (same(mask * mask, mask), 32),
    ],
)
def test_a_scan_has_eight_points_and_32_where_there_are_branches(
    statement: Statement, scanned: int
) -> None:
    found = evidence(statement)
    assert found.outcome == "agrees"
    assert found.points == scanned + len(found.shapes)  # one point of each shape is exact


def test_the_points_of_a_few_shapes_have_all_scales() -> None:
    lines = company_of([u.body])
    assert lines is not None
    finest = [
        max(v.denominator for k in range(2) for v in points[k].values[u.body.tensor])
        for points in (list(islice(lines.points({"n": size}), 2)) for size in (9, 8, 7))
    ]
    assert finest == [16, 8, 32]


def test_points_meet_their_facts() -> None:
    terms = [v.sum().body for v in (q, hot, mask, signs, t, P, U)]
    for point in itertools.islice(points(terms), 6):
        named = {tensor.name: row for tensor, row in point.values.items()}
        assert sum(named["h"]) == 1 and set(named["m"]) <= {0, 1} and set(named["s"]) <= {1, -1}
        assert all(v > 0 for v in named["q"])


def test_intervals_hold_the_true_values() -> None:
    from mpmath import mp, mpf

    arithmetic = reals(50)
    for name in ("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh"):
        for number in (Fraction(-17, 8), Fraction(1, 32), Fraction(5), Fraction(-30, 4)):
            low, high = enclosure(arithmetic.functions[name](number))
            with mp.workdps(120):
                true = getattr(mp, name)(mpf(number.numerator) / number.denominator)
                bounds = [mpf(v.numerator) / v.denominator for v in (low, high)]
                assert bounds[0] <= true <= bounds[1], (name, number)
            assert high - low < Fraction(1, 10**44) * max(1, abs(low))


def outcomes() -> list[Evidence]:
    """What the test of hash order prints."""
    names = ("Jacobian of softmax", "variance of noise", "one-hot", "max pooling")
    found = [evidence(TRUE[name]()) for name in names]
    return found + [evidence(FALSE[name]()) for name in ("simplex", "arguments of a function")]


def test_the_outcome_does_not_depend_on_hash_order() -> None:
    code = "import test_evaluator; print(test_evaluator.outcomes())"
    here = os.path.dirname(__file__)
    path = os.pathsep.join([here, os.path.dirname(here)])
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": str(k), "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for k in (0, 1, 2)
    }
    assert len(texts) == 1
    assert "differs" in texts.pop()
