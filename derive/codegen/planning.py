"""From terms to array operations: one reading for each kind of term."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from fractions import Fraction
from typing import Any

from derive.codegen import exponentials
from derive.codegen.contraction import Contraction, Factor
from derive.codegen.costs import work
from derive.codegen.diagonals import assembled, has_delta
from derive.codegen.errors import NoCode
from derive.codegen.forms import form_mask, form_numbers
from derive.codegen.graph import Graph, Node, Shape
from derive.codegen.logarithms import logarithm_value
from derive.codegen.lowering import Functions
from derive.codegen.origins import maximum, own_axes, tensor_value
from derive.codegen.positions import entry_value
from derive.codegen.products import Product, flattened, gain_wanted, opened
from derive.codegen.sharing import Shared, key
from derive.codegen.sizes import Typical
from derive.codegen.values import Order, Value, arranged, combined, union
from derive.codegen.windows import slides, windowed
from derive.terms.arrays import Array
from derive.terms.contexts import Context
from derive.terms.indices import Index
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
from derive.terms.structure import free_indices
from derive.terms.tensors import Tensor

Hint = Sequence[Index]
DEEPEST = 3  # brackets opened on trial inside one another


class Planner:
    """Reads terms into one graph; what was read before is not computed again."""

    def __init__(
        self,
        functions: Collection[str],
        context: Context,
        results: Sequence[Array],
        sharing: bool = True,
        given: Iterable[str] = (),
    ) -> None:
        self.graph = Graph()
        self.functions = Functions(self.graph, functions)
        self.context = context
        self.typical = Typical(context, given)
        self.shared = Shared((r.body for r in results if sharing), self.typical)
        self.names: dict[Node, str] = {}
        self._loops: dict[Any, tuple[Order, Value | None]] = {}
        self._open = 0  # brackets that are being opened on trial
        self._terms: dict[Term, Value] = {}
        self._tensors: dict[Tensor, tuple[Order, Value]] = {}

    def result(self, array: Array) -> Node:
        """The node of an array, over all of its axes."""
        value = self.value(array.body, array.indices)
        node = self.graph.real(arranged(self.graph, value, array.indices))
        return self.filled(node, array.shape)

    def filled(self, node: Node, shape: Shape) -> Node:
        """A node of a shape, repeated along axes that it lacks."""
        return node if node.shape == shape else self.graph.made("full", (node,), (), shape)

    def value(self, term: Term, hint: Hint = ()) -> Value:
        """The array whose axes are the free indices of a term."""
        found = self._terms.get(term)
        if found is None:
            found = self._terms[term] = READINGS[type(term)](self, term, hint)
        return found

    def real(self, term: Term, hint: Hint = ()) -> Value:
        """The same as floating-point numbers, never as a mask."""
        value = self.value(term, hint)
        return Value(self.graph.real(value.node), value.axes)

    def tensor(self, tensor: Tensor) -> tuple[Order, Value]:
        """Names for the axes of a tensor, and all of its entries."""
        found = self._tensors.get(tensor)
        if found is None:
            axes = own_axes(tensor)
            found = self._tensors[tensor] = (axes, tensor_value(self, tensor, axes))
            if tensor.name and not tensor.is_variable:
                self.names.setdefault(found[1].node, tensor.name)
        return found

    # ------------------------------------------------------------------ sums and products

    def added(self, parts: Sequence[Term], hint: Hint) -> Value:
        """A sum of terms; those on fewer axes are added up first where there are many."""
        values = [self.signed(part, hint) for part in parts]
        order = union([value for _, value in values], hint)
        groups: dict[frozenset[Index], tuple[int, Value]] = {}
        for sign, value in values:
            key = frozenset(value.axes)
            known = groups.get(key)
            groups[key] = self._plus(known, (sign, value), order) if known else (sign, value)
        joined = list(groups.values())
        if len(joined) > 2:
            joined.sort(key=lambda pair: len(pair[1].axes))
        total = joined[0]
        for pair in joined[1:]:
            total = self._plus(total, pair, order)
        sign, value = total
        return value if sign > 0 else Value(self.graph.negative(value.node), value.axes)

    def _plus(
        self, left: tuple[int, Value], right: tuple[int, Value], order: Hint
    ) -> tuple[int, Value]:
        if left[0] == right[0]:
            return left[0], combined(self.graph, "add", left[1], right[1], order)
        first, second = (left, right) if left[0] > 0 else (right, left)
        return 1, combined(self.graph, "subtract", first[1], second[1], order)

    def signed(self, term: Term, hint: Hint) -> tuple[int, Value]:
        """A sign, and the term without it."""
        if isinstance(term, Num):
            return (-1 if term.value < 0 else 1), self.value(Num(abs(term.value)))
        if isinstance(term, Mul | Sum) and not has_delta(term):
            product = flattened(term, self.shared)
            if product.coefficient < 0:
                return -1, self.product(product.negated(), hint)
        return 1, self.real(term, hint)

    def product(self, product: Product, hint: Hint) -> Value:
        """A product summed over bound indices; a bracket is opened where that costs less."""
        whole = self.closed(product, hint)
        for k in range(len(product.factors)):
            gain = gain_wanted(product, k)
            if gain is not None and self._open < DEEPEST:
                self._open += 1
                parts = self.added(opened(product, k), hint)
                self._open -= 1
                if gain * work([parts.node]) < work([whole.node]):
                    return parts
        return whole

    def closed(self, product: Product, hint: Hint) -> Value:
        """A product of factors as they are, summed over bound indices."""
        if not product.coefficient:
            return Value(self.graph.number(0))
        if slides(product.factors):
            sliding = self.sliding(product, hint)
            if sliding is not None:
                return sliding
        terms, shares = exponentials.settled(product.factors)
        factors = [self.share(share) for share in shares]
        factors += [part for term in terms for part in self.factors(term, hint)]
        scalars = [self.graph.number(product.coefficient)] if product.coefficient != 1 else []
        present = {index for factor in factors for index in factor.axes}
        scalars += [self.graph.size(i.size) for i in product.bound if i not in present]
        factors = [*(Factor(Value(node)) for node in scalars), *factors]
        if not factors:
            return Value(self.graph.number(1))
        kept = present - set(product.bound)
        return Contraction(self.graph, kept, hint).value(factors)

    def sliding(self, product: Product, hint: Hint) -> Value | None:
        """A product with entries that slide, the scalars multiplied in afterwards."""
        scalars = [f for f in product.factors if not free_indices(f)]
        arrays = [f for f in product.factors if free_indices(f)]
        used = {index for factor in arrays for index in free_indices(factor)}
        loop = self.loop(arrays, [i for i in product.bound if i in used], hint)
        if loop is None:
            return None
        scalars += [Count(i.size) for i in product.bound if i not in used]
        scalars.append(Num(product.coefficient))
        factors = [part for term in scalars for part in self.factors(term, ())]
        return Contraction(self.graph, loop.axes, hint).value([*factors, Factor(loop)])

    def loop(
        self, factors: Sequence[Term], bound: Sequence[Index], hint: Hint, fill: int | None = 0
    ) -> Value | None:
        """A product with entries that slide; the same one is computed once."""
        body: Term = Mul(factors)
        for index in bound:
            body = Sum(index, body)
        same, order = key(body)
        if (same, fill) not in self._loops:
            self._loops[same, fill] = order, windowed(self, factors, bound, hint, fill)
        known, value = self._loops[same, fill]
        return value and value.renamed(dict(zip(known, order, strict=True)))

    def factors(self, term: Term, hint: Hint) -> list[Factor]:
        """One factor of a product, or those that its power is made from."""
        if isinstance(term, Pow) and isinstance(term.exponent, Num) and term.exponent.value < 0:
            positive = Pow(term.base, Num(-term.exponent.value))
            return [Factor(self.real(positive, hint), "below")]
        value = self.value(term, hint)
        return [Factor(value, "mask" if value.node.kind == "mask" else "above")]

    def share(self, share: exponentials.Share) -> Factor:
        """``exp(z) / sum exp(z)`` as a softmax."""
        value = self.real(share.argument)
        axes = [value.axes.index(index) for index in share.summed]
        node = self.functions.along("softmax", value.node, axes)
        names = dict(zip(share.summed, share.shown, strict=True))
        return Factor(Value(node, value.axes).renamed(names))


# --------------------------------------------------------------------------------------------
# One reading for each kind of term


def _number(planner: Planner, term: Num, hint: Hint) -> Value:
    return Value(planner.graph.number(term.value))


def _count(planner: Planner, term: Count, hint: Hint) -> Value:
    if not term.form.indices:
        return Value(planner.graph.size(term.form.constant))
    return form_numbers(planner, term.form)


def _entry(planner: Planner, term: At, hint: Hint) -> Value:
    return entry_value(planner, term, hint)


def _sum_of_terms(planner: Planner, term: Add, hint: Hint) -> Value:
    if has_delta(term):
        return assembled(planner, term, hint)
    denied = _denied(term)
    if denied:
        return _comparison(planner, "at_most", denied, hint)
    return planner.added(_parts(term), hint)


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
    return largest or planner.product(flattened(term, planner.shared), hint)


def _power(planner: Planner, term: Pow, hint: Hint) -> Value:
    graph = planner.graph
    settled, shares = exponentials.settled([term])
    if shares or settled != [term]:
        return planner.product(Product((), (term,)), hint)
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
    return form_mask(planner, operation, term.form)


def _derivative(planner: Planner, term: D, hint: Hint) -> Value:
    raise NoCode(f"a derivative that is not carried out has no code: {term!r}")


READINGS: dict[type[Term], Callable[[Planner, Any, Hint], Value]] = {
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
