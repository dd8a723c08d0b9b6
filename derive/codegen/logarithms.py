"""Logarithms: of sums of exponentials without overflow, of all else as they are."""

from __future__ import annotations

import math
from fractions import Fraction

from derive.codegen import exponentials
from derive.codegen.errors import NoCode
from derive.codegen.graph import Node
from derive.codegen.planning import Hint, Planner
from derive.codegen.values import Value, arranged, union
from derive.terms.indices import Index
from derive.terms.nodes import Add, Fn, Num, Sum, Term
from derive.terms.structure import free_indices


def logarithm_value(planner: Planner, term: Fn, hint: Hint) -> Value:
    """The array of a logarithm."""
    graph, (argument,) = planner.graph, term.arguments
    if isinstance(argument, Num) and argument.value > 0:
        return Value(graph.number(Fraction(math.log(argument.value))))
    body = exponentials.opened(argument)
    if exponentials.is_normaliser(body):
        return _of_sum(planner, body, hint)
    inside = exponentials.logarithm(body) if exponentials.has_exponential(body) else None
    if inside is not None:
        return planner.value(inside, hint)
    value = planner.real(argument, hint)
    return Value(planner.functions.applied("log", value.node), value.axes)


def _of_sum(planner: Planner, body: Term, hint: Hint) -> Value:
    """The logarithm of a sum of exponentials."""
    if isinstance(body, Add):
        return _of_parts(planner, body, hint)
    bound: list[Index] = []
    while isinstance(body, Sum):
        bound.append(body.index)
        body = body.body
    inside = exponentials.logarithm(body)
    assert inside is not None
    if not set(bound) <= free_indices(inside):
        raise NoCode(f"a sum of exponentials over an index they do not depend on: {body!r}")
    value = planner.real(inside, (*hint, *bound))
    axes = [value.axes.index(index) for index in bound]
    node = planner.functions.along("logsumexp", value.node, axes)
    return Value(node, tuple(index for index in value.axes if index not in bound))


def _of_parts(planner: Planner, body: Add, hint: Hint) -> Value:
    logs = [exponentials.logarithm(part) for part in body.parts]
    values = [planner.real(log, hint) for log in logs]  # type: ignore[arg-type]
    order = union(values, hint)
    total = arranged(planner.graph, values[0], order)
    for value in values[1:]:
        total = _log_of_two(planner, total, arranged(planner.graph, value, order))
    return Value(total, order)


def _log_of_two(planner: Planner, left: Node, right: Node) -> Node:
    if left.number == 0:
        return planner.functions.applied("softplus", right)
    if right.number == 0:
        return planner.functions.applied("softplus", left)
    return planner.functions.applied("logaddexp", left, right)
