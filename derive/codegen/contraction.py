"""Products of arrays summed over bound indices: in which order, and by which operation.

Orders are compared by cost with all named sizes taken equal, so that ``X.T @ (X @ b)`` is found for
any n and p. Scalars are multiplied into the smallest array on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from derive.codegen.costs import volume
from derive.codegen.graph import Graph
from derive.codegen.values import Order, Value, arranged, combined, summed
from derive.terms.indices import Index

EXHAUSTIVE = 8  # factors up to which all orders are compared
LATE = 1e-3  # a preference for scalars to be multiplied last


@dataclass(frozen=True)
class Factor:
    """A value in a product; ``role`` is "above", "below" (it divides) or "mask"."""

    value: Value
    role: str = "above"

    @property
    def axes(self) -> Order:
        """The indices of the value."""
        return self.value.axes


@dataclass(frozen=True)
class Plan:
    """How to multiply some of the factors: one factor, or two plans."""

    cost: float
    indices: frozenset[Index]
    factor: Factor | None = None
    parts: tuple[Plan, ...] = ()


class Contraction:
    """Factors, and the indices that the product keeps."""

    def __init__(self, graph: Graph, kept: Iterable[Index], hint: Sequence[Index]) -> None:
        self.graph = graph
        self.kept = frozenset(kept)
        self.hint = tuple(hint)

    def value(self, factors: Sequence[Factor]) -> Value:
        """The product of all factors, summed over every index that is not kept."""
        plan = self.best(merged(self, factors))
        return self.plain(self.carried_out(plan, self.kept))

    def is_dot(self, group: Sequence[Factor]) -> bool:
        """Whether two different vectors on one index that is summed over are left to ``@``."""
        left, right = (factor.value.node for factor in group)
        return len(group[0].axes) == 1 and group[0].axes[0] not in self.kept and left is not right

    # ------------------------------------------------------------------ the order

    def best(self, factors: Sequence[Factor]) -> Plan:
        """The cheapest order of multiplications."""
        wholes = [frozenset(factor.axes) for factor in factors]
        if len(factors) > EXHAUSTIVE:
            singles = [self._single(f, self._needed(wholes, 1 << k)) for k, f in enumerate(factors)]
            return self._greedy(singles)
        table: dict[int, Plan] = {}
        for k, factor in enumerate(factors):
            table[1 << k] = self._single(factor, self._needed(wholes, 1 << k))
        for size in range(2, len(factors) + 1):
            for chosen in combinations(range(len(factors)), size):
                members = sum(1 << k for k in chosen)
                table[members] = self._cheapest(table, members, self._needed(wholes, members))
        return table[(1 << len(factors)) - 1]

    def _needed(self, wholes: Sequence[frozenset[Index]], members: int) -> frozenset[Index]:
        """The indices that are kept or that factors outside of a subset have."""
        outside = [whole for k, whole in enumerate(wholes) if not members >> k & 1]
        return self.kept.union(*outside)

    def _single(self, factor: Factor, needed: frozenset[Index]) -> Plan:
        own = frozenset(factor.axes)
        cost = 0.0 if own <= needed else volume(i.size for i in own)
        return Plan(cost, own & needed, factor)

    def _cheapest(self, table: dict[int, Plan], members: int, needed: frozenset[Index]) -> Plan:
        found: Plan | None = None
        part = (members - 1) & members
        while part:
            rest = members ^ part
            if part > rest:  # each split once
                candidate = self._joined(table[rest], table[part], needed)
                if found is None or candidate.cost < found.cost:
                    found = candidate
            part = (part - 1) & members
        assert found is not None
        return found

    def _joined(self, left: Plan, right: Plan, needed: frozenset[Index]) -> Plan:
        both = left.indices | right.indices
        work = volume(i.size for i in both) * (1 if both <= needed else 2)
        early = 0.0 if left.indices and right.indices else LATE * (1 + len(both - self.kept))
        cost = left.cost + right.cost + work + early
        return Plan(cost, both & needed, None, (left, right))

    def _greedy(self, plans: list[Plan]) -> Plan:
        """The pair that costs least first, for long products."""
        while len(plans) > 1:
            pairs = list(combinations(range(len(plans)), 2))
            joined = {pair: self._pair(plans, pair) for pair in pairs}
            best = min(pairs, key=lambda pair: joined[pair].cost - _parts_cost(joined[pair]))
            rest = [plan for k, plan in enumerate(plans) if k not in best]
            plans = [*rest, joined[best]]
        return plans[0]

    def _pair(self, plans: list[Plan], pair: tuple[int, int]) -> Plan:
        outside = [plan.indices for k, plan in enumerate(plans) if k not in pair]
        return self._joined(plans[pair[0]], plans[pair[1]], self.kept.union(*outside))

    # ------------------------------------------------------------------ the operations

    def carried_out(self, plan: Plan, needed: frozenset[Index]) -> Factor:
        """The factor that a plan makes, over the indices that are needed of it."""
        if plan.factor is not None:
            return self.reduced(plan.factor, needed)
        left, right = plan.parts
        a = self.carried_out(left, needed | right.indices)
        b = self.carried_out(right, needed | left.indices)
        return self.multiplied(a, b, needed)

    def reduced(self, factor: Factor, needed: frozenset[Index]) -> Factor:
        """The factor summed over the indices that nothing else needs."""
        gone = [index for index in factor.axes if index not in needed]
        return Factor(summed(self.graph, self.plain(factor), gone)) if gone else factor

    def plain(self, factor: Factor) -> Value:
        """The factor as an array of numbers above the line."""
        value = factor.value
        if factor.role == "below":
            return Value(self.graph.divide(self.graph.number(1), value.node), value.axes)
        return Value(self.graph.real(value.node), value.axes)

    def multiplied(self, left: Factor, right: Factor, needed: frozenset[Index]) -> Factor:
        """Two factors as one, summed over what is not needed."""
        shared = [i for i in left.axes if i in right.axes and i not in needed]
        if shared:
            a, b = self.plain(left), self.plain(right)
            return Factor(product(self.graph, a, b, needed, self.hint))
        return self.elementwise(left, right)

    def elementwise(self, left: Factor, right: Factor) -> Factor:
        """Two factors entry by entry."""
        graph, hint = self.graph, self.hint
        roles = (left.role, right.role)
        if "mask" in roles and roles != ("mask", "mask"):
            return self._masked(left, right)
        if roles == ("mask", "mask"):
            return Factor(combined(graph, "both", left.value, right.value, hint), "mask")
        if roles == ("below", "above"):
            left, right = right, left
        if left.role == right.role:
            return Factor(combined(graph, "multiply", left.value, right.value, hint), left.role)
        return Factor(combined(graph, "divide", left.value, right.value, hint))

    def _masked(self, left: Factor, right: Factor) -> Factor:
        """A value where a mask holds; a scalar multiplies the mask."""
        mask, other = (left, right) if left.role == "mask" else (right, left)
        value = self.plain(other)
        if not value.axes:
            cast = Value(self.graph.real(mask.value.node), mask.axes)
            return Factor(combined(self.graph, "multiply", value, cast, self.hint))
        return Factor(combined(self.graph, "where", mask.value, value, self.hint))


def _parts_cost(plan: Plan) -> float:
    return sum(part.cost for part in plan.parts)


def merged(contraction: Contraction, factors: Sequence[Factor]) -> list[Factor]:
    """Factors on the same indices as one: those above, divided by those below, where masks hold."""
    groups: dict[frozenset[Index], list[Factor]] = {}
    for factor in factors:
        groups.setdefault(frozenset(factor.axes), []).append(factor)
    scalars = [f for f in groups.get(frozenset(), []) if f.role == "mask"]
    if scalars and len(groups) > 1:  # it decides on a whole array
        groups[frozenset()] = [f for f in groups[frozenset()] if f.role != "mask"]
    whole = [part for group in groups.values() if group for part in _group(contraction, group)]
    return [*whole, *scalars] if len(groups) > 1 else whole


def _group(contraction: Contraction, group: list[Factor]) -> list[Factor]:
    by_role = {role: [f for f in group if f.role == role] for role in ("above", "below", "mask")}
    if len(group) == len(by_role["above"]) == 2 and contraction.is_dot(group):
        return group
    joined: list[Factor] = []
    for parts in by_role.values():
        for k, part in enumerate(parts):
            if k:
                joined[-1] = contraction.elementwise(joined[-1], part)
            else:
                joined.append(part)
    while len(joined) > 1:
        joined[:2] = [contraction.elementwise(joined[0], joined[1])]
    return joined


def product(
    graph: Graph, left: Value, right: Value, needed: frozenset[Index], hint: Sequence[Index]
) -> Value:
    """Two values multiplied and summed over the indices they share that are not needed."""
    shared = [i for i in left.axes if i in right.axes]
    bound = tuple(i for i in shared if i not in needed)
    batch = tuple(i for i in shared if i in needed)
    rows = tuple(i for i in left.axes if i not in shared)
    columns = tuple(i for i in right.axes if i not in shared)
    many = len(bound) > 1 or (len(rows) > 1 and len(columns) > 1)
    if ((batch or many) and not (rows or columns)) or (batch and not (rows and columns)):
        return summed(graph, combined(graph, "multiply", left, right), bound)
    if batch and (many or len(rows) > 1 or len(columns) > 1):
        return _einsum(graph, left, right, bound)
    if many or any(len(v.axes) > 2 and v.axes[0] == bound[0] for v in (left, right)):
        return _tensordot(graph, left, right, bound)
    if _exchanged(left, right, (rows, bound, columns), hint):
        return _matmul(graph, right, left, (batch, columns, bound, rows))
    return _matmul(graph, left, right, (batch, rows, bound, columns))


def _matmul(
    graph: Graph, left: Value, right: Value, parts: tuple[Order, Order, Order, Order]
) -> Value:
    """``left @ right``: rows, columns, or stacks of them."""
    batch, rows, bound, columns = parts
    stack = (*batch, *columns[:-1])  # several columns: a stack of matrices on the right
    a = arranged(graph, left, (*batch, *rows, *bound))
    b = arranged(graph, right, (*stack, *bound, *columns[-1:]))
    return Value(graph.matmul(a, b), (*stack, *rows, *columns[-1:]))


def _exchanged(
    left: Value, right: Value, parts: tuple[Order, Order, Order], hint: Sequence[Index]
) -> bool:
    """Whether right @ left is better: a vector or a stack on the right, few transposes."""
    rows, bound, columns = parts
    if not rows or not columns:
        return not rows and bool(columns)
    if len(rows) > 1 or len(columns) > 1:  # what is summed over the last but one is a stack
        is_stack = (left if len(rows) > 1 else right).axes[-2] == bound[0]
        return is_stack == (len(rows) > 1)
    if rows[0] in hint and columns[0] in hint:
        return list(hint).index(columns[0]) < list(hint).index(rows[0])
    return left.axes[-1] != bound[0] and right.axes[-1] == bound[0]


def _tensordot(graph: Graph, left: Value, right: Value, bound: Order) -> Value:
    pairs = tuple(tuple(value.axes.index(i) for i in bound) for value in (left, right))
    axes = tuple(i for value in (left, right) for i in value.axes if i not in bound)
    shape = tuple(i.size for i in axes)
    return Value(graph.made("tensordot", (left.node, right.node), pairs, shape), axes)


def _einsum(graph: Graph, left: Value, right: Value, bound: Order) -> Value:
    letters = {i: "abcdefghijklmnopqrstuvwxyz"[k] for k, i in enumerate(union_axes(left, right))}
    axes = tuple(i for i in letters if i not in bound)
    words = ["".join(letters[i] for i in order) for order in (left.axes, right.axes, axes)]
    rule = f"{words[0]},{words[1]}->{words[2]}"
    shape = tuple(i.size for i in axes)
    return Value(graph.made("einsum", (left.node, right.node), (rule,), shape), axes)


def union_axes(left: Value, right: Value) -> Order:
    """The axes of both, each once."""
    return tuple(dict.fromkeys((*left.axes, *right.axes)))
