"""One reading for each kind of term."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from derive.codegen import exponentials
from derive.codegen.diagonals import assembled, has_delta
from derive.codegen.errors import NoCode
from derive.codegen.forms import form_mask, form_numbers
from derive.codegen.logarithms import logarithm_value
from derive.codegen.origins import ORIGINS, maximum
from derive.codegen.planning import Hint, Planner, Reading
from derive.codegen.positions import entry_value
from derive.codegen.products import Product, flattened
from derive.codegen.sums import product_value, sum_value
from derive.codegen.values import Value, arranged, union
from derive.terms.nodes import (
    MINUS,
    UNIT,
    Add,
    At,
    Cond,
    Count,
    D,
    Delta,
    Fn,
    Guard,
    Mul,
    Num,
    Pow,
    Sum,
    Term,
)


def _number(planner: Planner, term: Num, hint: Hint) -> Value:
    return Value(planner.graph.number(term.value))


def _count(planner: Planner, term: Count, hint: Hint) -> Value:
    if not term.form.indices:
        return Value(planner.graph.size(term.form.constant))
    return form_numbers(planner.graph, term.form)


def _entry(planner: Planner, term: At, hint: Hint) -> Value:
    return entry_value(planner, term, hint)


def _sum_of_terms(planner: Planner, term: Add, hint: Hint) -> Value:
    if has_delta(term):
        return assembled(planner, term, hint)
    denied = _denied(term)
    if denied:
        return _comparison(planner, "at_most", denied, hint)
    return sum_value(planner, _parts(term), hint)


def _denied(term: Add) -> Cond | None:
    """The condition u of ``1 - u``."""
    rest = [part for part in _parts(term) if part != UNIT]
    if len(rest) != 1 or len(term.parts) != 2 or not isinstance(rest[0], Mul):
        return None
    sign, *factors = rest[0].parts
    (condition,) = factors if sign == MINUS and len(factors) == 1 else (None,)
    return condition if isinstance(condition, Cond) else None


def _parts(term: Term) -> list[Term]:
    return [p for part in term.parts for p in _parts(part)] if isinstance(term, Add) else [term]


def _product(planner: Planner, term: Mul | Sum, hint: Hint) -> Value:
    if has_delta(term):
        return assembled(planner, term, hint)
    largest = maximum(planner, term)
    return largest or product_value(planner, flattened(term, planner.shared), hint)


def _power(planner: Planner, term: Pow, hint: Hint) -> Value:
    graph = planner.graph
    settled, shares = exponentials.settled([term])
    if shares or settled != [term]:
        return product_value(planner, Product((), (term,)), hint)
    fixed = _constant(term)
    if fixed is not None:
        return Value(graph.number(fixed))
    base = planner.real(term.base, hint)
    if isinstance(term.exponent, Num):
        return Value(graph.power(base.node, term.exponent.value), base.axes)
    exponent = planner.real(term.exponent, hint)
    order = union((base, exponent), hint)
    operands = (arranged(graph, base, order), arranged(graph, exponent, order))
    return Value(graph.function("pow", *operands), order)


def _constant(term: Pow) -> Fraction | None:
    """A power of numbers; not a rational one is rounded."""
    if not isinstance(term.base, Num) or not isinstance(term.exponent, Num):
        return None
    base, exponent = term.base.value, term.exponent.value
    if exponent.denominator == 1:
        return base**exponent.numerator
    return Fraction(float(base) ** float(exponent)) if base > 0 else None


def _function(planner: Planner, term: Fn, hint: Hint) -> Value:
    if not isinstance(term.function, str):
        raise NoCode(f"the function {term.function!r} is opaque: it has no code")
    if term.function == "log":
        return logarithm_value(planner, term, hint)
    values = [planner.real(argument, hint) for argument in term.arguments]
    order = union(values, hint)
    nodes = [arranged(planner.graph, value, order) for value in values]
    return Value(planner.functions.applied(term.function, *nodes), order)


def _condition(planner: Planner, term: Cond, hint: Hint) -> Value:
    return _comparison(planner, "greater", term, hint)


def _comparison(planner: Planner, operation: str, term: Cond, hint: Hint) -> Value:
    value = planner.real(term.term, hint)
    node, graph = value.node, planner.graph
    sides = node.operands if node.operation == "subtract" else (node, graph.number(0))
    return Value(graph.made(operation, sides, (), node.shape, "mask"), value.axes)


def _indicator(planner: Planner, term: Delta | Guard, hint: Hint) -> Value:
    if isinstance(term, Delta) and has_delta(term):
        return assembled(planner, term, hint)
    operation = "zero" if isinstance(term, Delta) else "nonnegative"
    return form_mask(planner.graph, operation, term.form)


def _derivative(planner: Planner, term: D, hint: Hint) -> Value:
    raise NoCode(f"a derivative that is not carried out has no code: {term!r}")


READINGS: dict[type[Any], Reading] = {
    **ORIGINS,
    Num: _number,
    Count: _count,
    At: _entry,
    Add: _sum_of_terms,
    Mul: _product,
    Sum: _product,
    Pow: _power,
    Fn: _function,
    Cond: _condition,
    Delta: _indicator,
    Guard: _indicator,
    D: _derivative,
}
