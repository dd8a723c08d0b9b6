"""Every entry of the catalogue is proved and agrees with numerics, and an error would be found."""

import json
from dataclasses import replace
from functools import wraps
from importlib import import_module
from inspect import signature
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
import sympy as sp

import numerics
from derive import catalogue
from derive.checking import partners, results
from derive.checking.agreement import numbers
from derive.checking.from_sympy import from_sympy
from derive.checking.opinion import second_opinion
from derive.checking.report import report
from derive.checking.shapes import assignments
from derive.checking.sympy_bridge import NoSymPyForm, indexed
from derive.checking.values import Point, Unevaluable
from derive.derivation import D, chain, derivation, differentiation
from derive.derivation.records import verdict
from derive.proof.statuses import Status
from derive.render.data import reported
from derive.spaces import Index, Matrix, Real, Vector, at_least
from derive.terms.arrays import Array, apply, determinant, inverse, log_determinant, variable
from derive.terms.functions import amax
from derive.terms.nodes import Delta, Fn, Guard
from derive.terms.sizes import sizes
from derive.terms.tensors import Function

ROOT = Path(__file__).resolve().parent.parent
n, p = sizes("n p")

# `numerics.softmax` is the function; the module of that name is only found by import.
SOFTMAX = import_module("numerics.softmax")
ACTIVATIONS = import_module("numerics.activations")
LINEAR_REGRESSION = import_module("numerics.linear_regression")


def variants():
    """Each entry with each value of its conventions; nothing is derived yet."""
    for name in catalogue.entries():
        conventions = catalogue.derivation(name).conventions
        for values in product(*(choices.values for choices in conventions.values())):
            chosen = dict(zip(conventions, values, strict=True))
            yield pytest.param(name, chosen, id="-".join([name, *values]))


each_record = pytest.mark.parametrize(("name", "conventions"), list(variants()))


@each_record
def test_every_record_is_proved(name, conventions):
    found = catalogue.load(name, **conventions).verified()
    assert found.status >= Status.CITED, str(found)
    assert found.links
    assert found.title.endswith(".")
    for link in found.links:
        if link.relation != "=":  # no inequality is an equality
            equal = verdict(replace(link, relation="="), found.context)
            assert equal.status is not Status.PROVED, link.place


@each_record
def test_every_record_agrees_with_numerics(name, conventions):
    record = catalogue.load(name, **conventions)
    if record.symbolic_only:
        assert name not in numerics.__all__
    else:
        found = numbers(record)
        assert found.agree, found.failure


@each_record
def test_sympy_agrees_with_every_record(name, conventions):
    found = second_opinion(catalogue.load(name, **conventions))
    assert found.agrees is True and found.sizes, str(found)


@pytest.mark.parametrize("name", [name for name in catalogue.entries() if name in numerics.__all__])
def test_conventions_have_the_defaults_of_numerics(name):
    known = signature(getattr(numerics, name)).parameters
    for convention, default in catalogue.derivation(name).defaults.items():
        assert known[convention].default == default


def test_names_are_globally_unique():
    names = [
        entry.name
        for path in catalogue.FOLDER.glob("[!_]*.py")
        for entry in catalogue._entries(path)
    ]
    assert len(names) == len(set(names)) == len(catalogue.entries())


def test_every_derivative_of_the_catalogue_starts_from_its_primal():
    # What is symbolic only is a property of a derivative that is computed elsewhere.
    records = [r for name in catalogue.entries() for r in catalogue.derivation(name).records()]
    derived = [r for r in records if r.chain.derives and not r.symbolic_only]
    found = (partners.primal, partners.weighted_primal)
    with_partner = [r for r in derived if any(primal(r) is not None for primal in found)]
    assert {r.name for r in derived} - {r.name for r in with_partner} == {
        "hat_matrix",
        "batch_norm_jacobian",
    }
    gradient = catalogue.load("normal_equations")
    assert partners.primal(gradient)[0].name == "residual_sum_of_squares"


def test_a_topic_may_stand_before_a_name():
    assert catalogue.load("softmax.softmax_jacobian").name == "softmax_jacobian"
    with pytest.raises(catalogue.UnknownName, match="did you mean"):
        catalogue.load("activations.softmax_jacobian")


def test_the_static_listing_is_what_the_modules_hold():
    for entry in catalogue.entries().values():
        found = catalogue.derivation(entry.name)
        assert (found.topic, found.title) == (entry.topic, entry.title)


# --------------------------------------------------------------------------------------------
# Planted errors are found


def planted(monkeypatch, module, name, change):
    true = getattr(module, name)

    @wraps(true)
    def wrong(*args, **options):
        return change(true(*args, **options))

    monkeypatch.setattr(module, name, wrong)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("softmax_jacobian", np.negative, "derived formula"),
        ("softmax_jacobian", lambda J: J + 1e-12, "derived formula"),
        ("softmax_jacobian", lambda J: J.astype(np.float64), "returns float64 for float32"),
        ("softmax_jacobian", lambda J: J.sum(axis=-1), "has shape"),
        ("softmax_jacobian", lambda J: J * np.nan, "is nan"),
    ],
)
def test_an_error_in_numerics_is_found(monkeypatch, name, change, said):
    planted(monkeypatch, SOFTMAX, name, change)
    found = numbers(catalogue.load(name))
    assert not found.agree
    assert said in str(found.failure)


def test_a_transposed_product_is_found(monkeypatch):
    def transposed(X):
        return numerics.hat_matrix(X)[::-1]

    monkeypatch.setattr(LINEAR_REGRESSION, "hat_matrix", transposed)
    assert not numbers(catalogue.load("hat_matrix")).agree


def test_a_function_that_changes_its_argument_is_found(monkeypatch):
    def careless(z):
        z -= z.max(initial=0)
        return np.exp(z) / np.exp(z).sum()

    monkeypatch.setattr(SOFTMAX, "softmax", careless)
    assert "changes its argument z" in str(numbers(catalogue.load("softmax")).failure)


def test_a_result_that_is_the_argument_is_found(monkeypatch):
    monkeypatch.setattr(SOFTMAX, "softmax", lambda z: z)
    assert "shares memory with z" in str(numbers(catalogue.load("softmax")).failure)


def test_an_overflow_is_found(monkeypatch):
    monkeypatch.setattr(SOFTMAX, "softmax", lambda z: np.exp(z) / np.exp(z).sum())
    with np.errstate(all="ignore"):
        found = numbers(catalogue.load("softmax"))
    assert found.failure.regime == "extremes"


def test_a_wrong_primal_shows_in_the_slopes(monkeypatch):
    planted(monkeypatch, ACTIVATIONS, "sigmoid", lambda s: 2 * s)
    found = numbers(catalogue.load("sigmoid_derivative"))
    assert found.differences.failure is not None
    assert all(part.failure is None for part in found.formula.values())


def test_a_missing_partner_is_named():
    record = replace(catalogue.load("softmax"), name="softmin")
    with pytest.raises(partners.NoPartner, match=r"numerics.softmax has no function softmin"):
        partners.partner(record)


def test_sympy_disagrees_with_a_wrong_record():
    record = catalogue.load("softmax_jacobian")
    last = record.chain.links[-1]
    wrong = replace(last, right=last.right * 2)
    altered = replace(record, chains={"": replace(record.chain, links=(wrong,))})
    assert second_opinion(record).agrees is True
    assert second_opinion(altered).agrees is False


def test_a_search_without_solution_ends():
    impossible = at_least("n", "p").joined(at_least("p", n + 1))
    assert list(assignments(["n", "p"], impossible, range(5))) == []


def test_every_part_of_a_record_is_compared(monkeypatch):
    @derivation
    def both(x: Vector[n], k: Index[n]):
        """Two gradients."""
        return {
            "square": chain(D((x**2).sum(), x[k])).eq(2 * x[k], by=differentiation),
            "cube": chain(D((x**3).sum(), x[k])).eq(3 * x[k] ** 2, by=differentiation),
        }

    class Both(NamedTuple):
        square: np.ndarray
        cube: np.ndarray

    def function(x, power):
        x = x if x.dtype.kind == "f" else x.astype(float)
        return Both(2 * x, 3 * x**power)

    for power in (2, 3):
        module = SimpleNamespace(both=lambda x, power=power: function(x, power))
        monkeypatch.setattr(partners, "import_module", lambda _, module=module: module)
        assert numbers(both.record()).agree is (power == 2)


# --------------------------------------------------------------------------------------------
# Values

A = np.array([[2.0, 1.0], [0.5, 3.0]])
M, v = variable("A", (n, n)), variable("v", (n,))
at = Point({"n": 2}, {"A": A, "v": np.array([1.0, -2.0])})


@pytest.mark.parametrize(
    ("term", "wanted"),
    [
        (inverse(M) @ v, np.linalg.solve(A, [1.0, -2.0])),
        (determinant(M), np.linalg.det(A)),
        (log_determinant(M), np.log(np.linalg.det(A))),
        (amax(v), 1.0),
        (apply("relu", v), [1.0, 0.0]),
        (v**3, [1.0, -8.0]),
        (v.mean(), -0.5),
    ],
)
def test_values_are_those_of_numpy(term, wanted):
    assert np.allclose(at.array(term).numbers.astype(float), wanted)


def test_an_entry_out_of_range_is_nought():
    (i,) = v.indices
    shifted = Array((i,), v.at((i + 1,)))
    assert at.array(shifted).numbers.tolist() == [-2.0, 0.0]


def test_a_guard_decides_before_an_undefined_term():
    from derive.terms.nodes import Mul, Num, Pow

    (i,) = v.indices
    undefined = Pow(Num(0), Num(-1))
    lazy = Array((i,), Mul((Guard(-i - 1), undefined)))
    with np.errstate(all="ignore"):
        assert at.array(lazy).numbers.tolist() == [0.0, 0.0]
        assert at.array(Array((i,), Mul((Delta(i + 5), undefined)))).numbers.tolist() == [0.0, 0.0]


def test_what_has_no_value_is_quoted():
    with pytest.raises(Unevaluable, match="f"):
        at.array(Array((), Fn(Function("f"), (determinant(M).body,))))


def test_the_bound_grows_with_the_conditioning():
    def bound(A):
        return float(Point({"n": 2}, {"A": A}).array(determinant(M)).bound)

    assert bound(np.array([[1.0, 1.0], [1.0, 1.0 + 1e-9]])) > bound(np.eye(2)) / 2
    near = Point({"n": 2}, {"A": np.array([[1.0, 1.0], [1.0, 1.0 + 1e-9]])})
    assert near.array(inverse(M)).bound.max() > 1e15


def test_records_are_called_on_arrays():
    z = np.array([0.0, 1.0, 3.0])
    assert np.allclose(catalogue.load("softmax_jacobian")(z), numerics.softmax_jacobian(z))
    with pytest.raises(ValueError, match=r"y: got shape \(3,\), wanted \(n\) with n = 2"):
        results.sizes_of(catalogue.load("normal_equations"), {"X": np.ones((2, 3)), "y": z})


# --------------------------------------------------------------------------------------------
# SymPy


def test_a_record_is_exported():
    explicit = catalogue.load("softmax_jacobian").sympy(K=2)
    z = sp.symbols("z_0 z_1", real=True)
    share = sp.exp(z[0]) / (sp.exp(z[0]) + sp.exp(z[1]))
    assert sp.expand(sp.together(explicit[0][1] + share * (1 - share))) == 0
    assert catalogue.load("residual_sum_of_squares").sympy().has(sp.Sum)


def test_what_is_exported_is_read_back():
    start = catalogue.load("residual_sum_of_squares").chain.start
    there = indexed(start.body)
    assert indexed(from_sympy(there).body) == there


def test_bound_indices_are_not_captured_on_the_way_to_sympy():
    # Both sums bind an index called i: the inner one must be renamed.
    total = (v * v.sum()).sum()
    assert sp.Sum in {type(part) for part in sp.preorder_traversal(indexed(total.body))}
    values_ = {sp.IndexedBase("v")[k]: k + 1 for k in range(2)}
    explicit = indexed(total.body).subs(sp.Symbol("n", integer=True, positive=True), 2).doit()
    names = {e: values_[sp.IndexedBase("v")[e.indices]] for e in explicit.atoms(sp.Indexed)}
    assert explicit.xreplace(names) == 9


def test_an_unsafe_form_is_refused():
    with pytest.raises(NoSymPyForm, match="no safe form"):
        indexed(D(v.sum(), v).body)


# --------------------------------------------------------------------------------------------
# A user's own


@derivation
def quadratic_gradient(A: Matrix[n, n], x: Vector[n], k: Index[n]):
    """The gradient of a quadratic form."""
    return chain(D(x @ A @ x, x[k])).eq((A @ x + A.T @ x)[k], by=differentiation)


@derivation
def wrong_gradient(A: Matrix[n, n], x: Vector[n], k: Index[n]):
    """Half of it."""
    return chain(D(x @ A @ x, x[k])).eq(2 * (A @ x)[k], by=differentiation)


def test_a_users_gradient_is_held_to_its_own_primal():
    found = report(quadratic_gradient.record())
    assert found.numbers.agree and found.numbers.differences.draws
    assert not found.is_wrong and not found.trouble


def test_a_users_mistake_is_found_thrice():
    found = report(wrong_gradient.record())
    assert found.record.status is Status.REFUTED
    assert not found.numbers.agree
    assert found.opinion.agrees is False


def test_the_json_of_a_record_has_the_promised_fields():
    found = reported(report(catalogue.load("softmax_cross_entropy_gradient", reduction="mean")))
    wanted = {"name", "topic", "title", "status", "assumptions", "steps", "numbers", "trust"}
    assert wanted <= set(found)
    assert {"max_error", "limit", "draws", "sizes", "seed"} <= set(found["numbers"])
    assert {"rule", "text", "latex", "status", "assumptions"} <= set(found["steps"][0])
    assert json.loads(json.dumps(found)) == found


def test_a_scalar_record_needs_no_sizes():
    @derivation
    def cube_derivative(x: Real):
        """The derivative of a cube."""
        return chain(D(x**3, x)).eq(3 * x**2, by=differentiation)

    assert not report(cube_derivative.record()).is_wrong
