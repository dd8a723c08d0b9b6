"""Random terms over a world: each kind of node has one way to grow."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from derive.terms.indices import Affine, Index
from derive.terms.nodes import (
    MINUS,
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
    negated,
    reciprocal,
)
from derive.terms.sizes import Size
from derive.terms.structure import ordered_free_indices
from derive.terms.tensors import Choice, Definition, Inverse, LogDeterminant, Recurrence, Tensor
from tests.fuzzing.worlds import World, geometry

Scope = tuple[Index, ...]
SMOOTH = ("exp", "tanh", "sigmoid", "sin", "cos", "softplus")
BENT = ("relu", "abs", "sign", "maximum", "minimum")


class Grower:
    """Grows terms; `strict` means where an entry out of range has no meaning."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.chance = world.chance

    # ---- leaves

    def leaf(self, scope: Scope, strict: bool) -> Term:
        """An entry, a number, a size or the value of an index."""
        roll = self.chance.random()
        if roll < 0.12:
            return Num(self.chance.choice((1, 2, 3, -1, Fraction(1, 2), Fraction(-2, 3))))
        if roll < 0.18:
            return Count(self.chance.choice([*scope, *self.world.ranges]))
        return self.entry(scope, strict)

    def entry(self, scope: Scope, strict: bool, tensors: list[Tensor] | None = None) -> Term:
        """An entry of a variable or definition, preferably one whose axes the scope can fill."""
        pool = tensors or self.world.tensors
        have = {index.size for index in scope}
        fitting = [t for t in pool if t.shape and all(size in have for size in t.shape)]
        tensor = self.chance.choice(fitting if fitting and self.chance.random() < 0.85 else pool)
        return At(tensor, [self.slot(size, scope, strict) for size in tensor.shape])

    def slot(self, size: Size, scope: Scope, strict: bool) -> Affine:
        """A slot: an index of the axis where there is one, else a form or an end of the axis."""
        plain = [index for index in scope if index.size == size]
        roll = self.chance.random()
        if plain and (roll < 0.75 or (strict and roll < 0.9)):
            return Affine.of(self.chance.choice(plain))
        if plain and strict:
            return size - 1 - Affine.of(self.chance.choice(plain))
        if strict or not scope or roll > 0.95:
            return Affine.of(self.chance.choice((Affine.of(0), Affine.of(size) - 1)))
        return self.form(scope)

    def form(self, scope: Scope) -> Affine:
        """An affine form of one or two indices, some with strides."""
        one, two = self.chance.choice(scope), self.chance.choice(scope)
        shift = self.chance.choice((-1, 0, 1, 2))
        if "strides" in self.world.wanted and self.chance.random() < 0.6:
            return self.chance.choice(
                (geometry(one, two), 2 * one + two - 1, 2 * one + shift, one - 2 * two + shift)
            )
        return self.chance.choice(
            (one + shift, one - two, one + two, one.size - 1 - Affine.of(one))
        )

    # ---- inner nodes

    def term(self, budget: int, scope: Scope, strict: bool = False) -> Term:
        """A term of about so many nodes."""
        if budget <= 2:
            return self.leaf(scope, strict)
        names = list(WEIGHTS)
        weights = [WEIGHTS[name](self.world.wanted) for name in names]
        (name,) = self.chance.choices(names, weights)
        return GROWTHS[name](self, budget - 1, scope, strict)

    def two(self, budget: int, scope: Scope, strict: bool) -> tuple[Term, Term]:
        """Two terms that share a budget."""
        share = max(1, round(budget * self.chance.choice((0.3, 0.5, 0.7))))
        return self.term(share, scope, strict), self.term(max(1, budget - share), scope, strict)

    def positive(self, budget: int, scope: Scope) -> Term:
        """A term that is > 0 by its form."""
        roll = self.chance.random()
        pool = [t for t in self.world.tensors if t.name[0] in "rt"]
        if budget <= 2 or roll < 0.25:
            return self.entry(scope, True, pool)
        if roll < 0.5:
            return Fn("exp", (self.term(budget - 1, scope, True),))
        if roll < 0.65:
            index = self.world.index(self.world.ranges[0])
            return Sum(index, Fn("exp", (self.term(budget - 3, (*scope, index), True),)))
        square = Pow(self.term(budget - 4, scope, True), Num(2))
        return Add((Num(self.chance.choice((1, 2))), square))


def _sum(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    index = g.world.index(g.chance.choice(g.world.ranges))
    return Sum(index, g.term(budget, (*scope, index), strict))


def _add(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    one, two = g.two(budget, scope, strict)
    return Add((one, negated(two) if g.chance.random() < 0.4 else two))


def _mul(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    return Mul(g.two(budget, scope, strict))


def _guarded(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    if not scope:
        return _sum(g, budget, scope, strict)
    one, two = g.chance.choice(scope), g.chance.choice(scope)
    shift = g.chance.choice((-1, 0, 0, 1))
    forms = [one - two + shift, one - 1, two - one, one + two - one.size, one.size - 2 - one]
    kind = Delta if g.chance.random() < 0.35 else Guard
    form = g.form(scope) if g.chance.random() < 0.3 else g.chance.choice(forms)
    return Mul((kind(form), g.term(budget - 1, scope, strict)))


def _quotient(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    share = max(1, budget // 2)
    if g.chance.random() < 0.75:
        below = g.positive(share, scope)
    else:
        below = Add((g.entry(scope, True), g.leaf(scope, True)))
    return Mul((g.term(budget - share, scope, strict), reciprocal(below)))


def _power(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    roll = g.chance.random()
    if roll < 0.6:
        return Pow(g.term(budget - 1, scope, strict), Num(g.chance.choice((2, 2, 3))))
    exponent = Num(g.chance.choice((Fraction(1, 2), Fraction(-1, 2), Fraction(3, 2))))
    return Pow(g.positive(budget - 1, scope), exponent)


def _symbolic_power(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    forms = [Affine.of(g.world.ranges[0]), *(Affine.of(i) for i in scope)]
    base = g.entry(scope, True) if g.chance.random() < 0.6 else g.term(3, scope, True)
    power = Pow(base, Count(g.chance.choice(forms)))
    return Mul((power, g.term(budget - 2, scope, strict)))


def _exponential(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    if g.chance.random() < 0.45:
        return Fn("log", (g.positive(budget, scope),))
    return Fn("exp", (g.term(budget, scope, True),))


def _function(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    return Fn(g.chance.choice(SMOOTH), (g.term(budget, scope, True),))


def _bent(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    function = g.chance.choice(BENT)
    if function in ("maximum", "minimum"):
        return Fn(function, g.two(budget, scope, True))
    if g.chance.random() < 0.3:
        inside = g.term(budget // 2, scope, True)
        return Mul((Cond(inside), g.term(budget // 2, scope, strict)))
    return Fn(function, (g.term(budget, scope, True),))


def _opaque(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    if not g.world.functions:
        return _function(g, budget, scope, strict)
    function = g.chance.choice(g.world.functions)
    share = max(1, budget // function.arity)
    return Fn(function, [g.term(share, scope, True) for _ in range(function.arity)])


def _definition(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    body = g.term(budget, scope, True)
    free = ordered_free_indices(body)
    own = [index.fresh() for index in free]
    from derive.terms.structure import substituted

    moved = substituted(body, dict(zip(free, map(Affine.of, own), strict=True)))
    name = g.world.name("h") if g.chance.random() < 0.85 else ""
    shape = tuple(index.size for index in own)
    tensor = Tensor(name, shape, (), Definition(tuple(own), moved))
    if name:
        g.world.tensors.append(tensor)
    return g.entry(scope, strict, [tensor]) if g.chance.random() < 0.5 else At(tensor, free)


def _maximum(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    """``sum_k w_k x_k``, or the weights themselves."""
    size = g.world.ranges[0]
    own, outer = g.world.index(size), scope[:1]
    fresh = tuple(index.fresh() for index in outer)
    body = Add((g.entry((*fresh, own), True), g.term(budget // 3, (*fresh, own), True)))
    shape = tuple(index.size for index in (*fresh, own))
    allowed = (Affine.of(own),) if g.chance.random() < 0.1 else ()
    weights = Tensor(g.world.name("w"), shape, (), Choice(fresh, (own,), body, allowed))
    index = g.world.index(size)
    weight = At(weights, (*outer, index))
    return Sum(index, Mul((weight, g.term(budget // 2, (*scope, index), strict))))


def _inverse(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    matrices = [t for t in g.world.tensors if t.name[0] in "MP" and t.origin is None]
    if not matrices:
        return _sum(g, budget, scope, strict)
    matrix = g.chance.choice(matrices)
    if g.chance.random() < 0.3:
        matrix = _combined_matrix(g, matrix)
    if g.chance.random() < 0.3:
        return At(Tensor("", (), (), LogDeterminant(matrix)))
    facts = tuple(f for f in matrix.facts if f.kind.value == "positive definite")
    tensor = Tensor("", matrix.shape, facts, Inverse(matrix))
    index = g.world.index(matrix.shape[0])
    first, last = (g.slot(matrix.shape[0], (*scope, index), True) for _ in range(2))
    inside = At(tensor, (first, index)) if g.chance.random() < 0.5 else At(tensor, (first, last))
    return Sum(index, Mul((inside, g.term(budget - 4, (*scope, index), strict))))


def _combined_matrix(g: Grower, matrix: Tensor) -> Tensor:
    """``M + c I`` or ``c M``, unnamed."""
    i, j = g.world.index(matrix.shape[0]), g.world.index(matrix.shape[0])
    scalar = At(g.world.tensors[1])
    if g.chance.random() < 0.5 and matrix.name[0] == "P":
        body: Term = Add((At(matrix, (i, j)), Mul((scalar, Delta(i - j)))))
    else:
        body = Mul((scalar, At(matrix, (i, j))))
    return Tensor("", matrix.shape, (), Definition((i, j), body))


def _derivative(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    variables = [t for t in g.world.tensors if t.is_variable]
    variable = g.chance.choice(variables)
    slots = [g.slot(size, scope, True) for size in variable.shape]
    inner = tuple(g.world.index(size) for size in variable.shape[:2])
    body = g.term(max(3, budget - 3), (*scope, *inner), True)
    if inner and len(inner) == len(variable.shape):
        own = At(variable, inner)
        body = g.chance.choice(
            (Mul((own, body)), Pow(Add((own, body)), Num(2)), Mul((own, own, body)))
        )
    for index in reversed(inner):
        body = Sum(index, body)
    once = D(body, At(variable, slots))
    if "second derivatives" in g.world.wanted and g.chance.random() < 0.6:
        again = [g.slot(size, scope, True) for size in variable.shape]
        return D(once, At(variable, again))
    return once


def _recurrence(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    size = g.world.ranges[0]
    time = g.world.index(size)
    previous = Tensor(g.world.name("before"), ())
    step = Add((Mul((At(g.world.tensors[0]), At(previous))), g.term(3, (time,), True)))
    origin = Recurrence(time, (), g.term(2, (), True), step, previous)
    tensor = Tensor(g.world.name("v"), (size,), (), origin)
    entry = At(tensor, (g.slot(size, scope, strict),))
    return Mul((entry, g.term(budget - 1, scope, strict)))


def _negative(g: Grower, budget: int, scope: Scope, strict: bool) -> Term:
    return Mul((MINUS, g.term(budget, scope, strict)))


GROWTHS: dict[str, Callable[[Grower, int, Scope, bool], Term]] = {
    "add": _add,
    "mul": _mul,
    "sums": _sum,
    "guards": _guarded,
    "quotients": _quotient,
    "powers": _power,
    "exponentials": _exponential,
    "functions": _function,
    "conditions": _bent,
    "opaque functions": _opaque,
    "definitions": _definition,
    "maxima": _maximum,
    "inverses": _inverse,
    "derivatives": _derivative,
    "recurrences": _recurrence,
    "symbolic powers": _symbolic_power,
    "negatives": _negative,
}


def _weight(name: str, always: float, wanted: float) -> Callable[[frozenset[str]], float]:
    def weight(features: frozenset[str]) -> float:
        second = name == "derivatives" and "second derivatives" in features
        return wanted if name in features or second else always

    return weight


WEIGHTS: dict[str, Callable[[frozenset[str]], float]] = {
    name: _weight(name, always, wanted)
    for name, always, wanted in (
        ("add", 5, 5),
        ("mul", 4, 4),
        ("sums", 2, 5),
        ("guards", 0.5, 5),
        ("quotients", 0.4, 3),
        ("powers", 1, 1),
        ("exponentials", 0.3, 3),
        ("functions", 0.4, 0.4),
        ("conditions", 0.1, 3),
        ("opaque functions", 0, 3),
        ("definitions", 0.2, 3),
        ("maxima", 0, 3),
        ("inverses", 0, 3),
        ("derivatives", 0.05, 3),
        ("recurrences", 0, 2),
        ("symbolic powers", 0.05, 3),
        ("negatives", 0.3, 0.3),
    )
}
