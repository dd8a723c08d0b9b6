"""The rules of differentiation, one row each; they act at a derivative ``D(body, entry)``."""

from __future__ import annotations

from collections.abc import Callable

from derive.rewriting.algebra import factors, minus, parts, power, product, raised, total
from derive.rewriting.canonical import depends
from derive.rewriting.rules.rule import Action, Given, Rule
from derive.terms.indices import Affine, Index
from derive.terms.nodes import (
    NOUGHT,
    UNIT,
    Add,
    At,
    Cond,
    D,
    Delta,
    Fn,
    Mul,
    Num,
    Pow,
    Sum,
    Term,
    reciprocal,
)
from derive.terms.structure import substituted, unfolded
from derive.terms.tensors import (
    Choice,
    Definition,
    Determinant,
    Function,
    Inverse,
    LogDeterminant,
    Tensor,
)


def _of(kind: type[Term] | tuple[type[Term], ...], then: Callable[[D], Term | None]) -> Action:
    """A rule for derivatives of bodies of one kind that do depend on the variable."""

    def apply(term: Term, given: Given) -> Term | None:
        if not isinstance(term, D) or not isinstance(term.body, kind):
            return None
        return then(term) if depends(term.body, term.variable.tensor) else None

    return apply


def _constant(term: Term, given: Given) -> Term | None:
    if isinstance(term, D) and not depends(term.body, term.variable.tensor):
        return NOUGHT
    return None


def _entry(term: D) -> Term | None:
    entry, variable = term.body, term.variable
    if not isinstance(entry, At) or entry.tensor != variable.tensor:
        return None
    pairs = zip(entry.slots, variable.slots, entry.tensor.shape, strict=True)
    return product(Delta(a - b) for a, b, size in pairs if a != b and size != 1)


def _linearity(term: D) -> Term:
    return total(D(part, term.variable) for part in parts(term.body))


def _under_sum(term: D) -> Term:
    body = term.body
    assert isinstance(body, Sum)
    index, inner = body.index, body.body
    if any(index in slot.indices for slot in term.variable.slots):
        index = index.fresh()
        inner = substituted(inner, {body.index: Affine.of(index)})
    return Sum(index, D(inner, term.variable))


def _parted(term: D) -> tuple[list[Term], list[Term]]:
    """The factors of a product without and with the variable."""
    constant: list[Term] = []
    varying: list[Term] = []
    for factor in factors(term.body):
        (varying if depends(factor, term.variable.tensor) else constant).append(factor)
    return constant, varying


def _constant_factor(term: D) -> Term | None:
    constant, varying = _parted(term)
    if not constant and len(varying) > 1:
        return None
    return product((*constant, D(product(varying), term.variable)))


def _denominator(varying: list[Term]) -> Term | None:
    """The one varying factor with exponent -1, if there is exactly one."""
    below = [f for f in varying if isinstance(f, Pow) and f.exponent == Num(-1)]
    return below[0] if len(below) == 1 < len(varying) else None


def _quotient(term: D) -> Term | None:
    constant, varying = _parted(term)
    below = _denominator(varying)
    if constant or below is None:
        return None
    upper = product(f for f in varying if f is not below)
    lower = below.children[0]
    first = product((D(upper, term.variable), below))
    second = product((Num(-1), upper, raised(lower, Num(-2)), D(lower, term.variable)))
    return total((first, second))


def _product(term: D) -> Term | None:
    constant, varying = _parted(term)
    if constant or len(varying) < 2 or _denominator(varying) is not None:
        return None
    return total(
        product((*varying[:k], D(factor, term.variable), *varying[k + 1 :]))
        for k, factor in enumerate(varying)
    )


def _power(term: D) -> Term | None:
    base, exponent = power(term.body)
    if depends(exponent, term.variable.tensor):
        return None
    lowered = raised(base, total((exponent, Num(-1))))
    return product((exponent, lowered, D(base, term.variable)))


def _exponential(term: D) -> Term | None:
    base, exponent = power(term.body)
    if depends(base, term.variable.tensor):
        return None
    return product((term.body, Fn("log", (base,)), D(exponent, term.variable)))


def _variable_power(term: D) -> Term | None:
    base, exponent = power(term.body)
    if not (depends(base, term.variable.tensor) and depends(exponent, term.variable.tensor)):
        return None
    first = product((D(exponent, term.variable), Fn("log", (base,))))
    second = product((exponent, reciprocal(base), D(base, term.variable)))
    return product((term.body, total((first, second))))


def _one(name: str, outer: Callable[[Term], Term]) -> Action:
    """The chain rule through an elementary function of one argument."""

    def then(term: D) -> Term | None:
        body = term.body
        if not isinstance(body, Fn) or body.function != name:
            return None
        (inner,) = body.arguments
        return product((outer(inner), D(inner, term.variable)))

    return _of(Fn, then)


def _square(name: str) -> Callable[[Term], Term]:
    return lambda u: Pow(Fn(name, (u,)), Num(2))


BRANCHING = ("relu", "abs", "sign", "maximum", "minimum")

ELEMENTARY: dict[str, tuple[str, Callable[[Term], Term]]] = {
    "exp": ("(exp u)' = exp(u) u'", lambda u: Fn("exp", (u,))),
    "log": ("(log u)' = u' / u", reciprocal),
    "sin": ("(sin u)' = cos(u) u'", lambda u: Fn("cos", (u,))),
    "cos": ("(cos u)' = -sin(u) u'", lambda u: minus(Fn("sin", (u,)))),
    "tan": ("(tan u)' = (1 + tan(u)^2) u'", lambda u: Add((UNIT, _square("tan")(u)))),
    "sinh": ("(sinh u)' = cosh(u) u'", lambda u: Fn("cosh", (u,))),
    "cosh": ("(cosh u)' = sinh(u) u'", lambda u: Fn("sinh", (u,))),
    "tanh": ("(tanh u)' = (1 - tanh(u)^2) u'", lambda u: Add((UNIT, minus(_square("tanh")(u))))),
    "sigmoid": (
        "(sigmoid u)' = sigmoid(u) (1 - sigmoid(u)) u'",
        lambda u: product((Fn("sigmoid", (u,)), Add((UNIT, minus(Fn("sigmoid", (u,))))))),
    ),
    "softplus": ("(softplus u)' = sigmoid(u) u'", lambda u: Fn("sigmoid", (u,))),
    "relu": ("(relu u)' = [u > 0] u', off the kink", Cond),
    "abs": ("|u|' = sign(u) u', off the kink", lambda u: Fn("sign", (u,))),
    "sign": ("(sign u)' = 0, off the jump", lambda u: NOUGHT),
}


def _larger(term: D) -> Term | None:
    body = term.body
    if not isinstance(body, Fn) or body.function not in ("maximum", "minimum"):
        return None
    a, b = body.arguments
    larger, smaller = (a, b) if body.function == "maximum" else (b, a)
    first: Term = Cond(total((larger, minus(smaller))))
    second: Term = Cond(total((smaller, minus(larger))))
    if all(depends(u, term.variable.tensor) for u in (a, b)) and (_branches(a) or _branches(b)):
        # Both may be equal on a whole region, as in a clipped ratio; weights with sum 1 fit there.
        second = total((UNIT, minus(first)))
    return total((product((first, D(a, term.variable))), product((second, D(b, term.variable)))))


def _branches(term: Term) -> bool:
    """Whether a term may be given by different formulas in different regions."""
    if isinstance(term, Cond) or (isinstance(term, Fn) and term.function in BRANCHING):
        return True
    exponent = term.exponent if isinstance(term, Pow) else UNIT
    if not isinstance(exponent, Num) or exponent.value.denominator > 1:
        return True  # (u^2)^(1/2) is |u|
    if isinstance(term, At) and isinstance(term.tensor.origin, Choice | Definition):
        origin = term.tensor.origin
        return isinstance(origin, Choice) or _branches(origin.body)
    return any(map(_branches, term.children))


def _condition(term: D) -> Term:
    return NOUGHT


def _opaque(term: D) -> Term | None:
    body = term.body
    if not isinstance(body, Fn) or not isinstance(body.function, Function):
        return None
    return total(
        product((Fn(body.function.derivative(k), body.arguments), D(argument, term.variable)))
        for k, argument in enumerate(body.arguments)
    )


def _through_name(term: D) -> Term | None:
    entry = term.body
    assert isinstance(entry, At)
    if not isinstance(entry.tensor.origin, Definition) or entry.tensor == term.variable.tensor:
        return None
    return D(unfolded(entry), term.variable)


def _definition(term: Term, given: Given) -> Term | None:
    entry = term.body if isinstance(term, D) else None
    if not isinstance(entry, At) or (given.tensor is not None and entry.tensor != given.tensor):
        return None
    return _of(At, _through_name)(term, given)


def _matrix_indices(matrix: Tensor) -> tuple[Index, Index]:
    return Index("k", matrix.shape[0]), Index("l", matrix.shape[1])


def _inverse_of(matrix: Tensor) -> Tensor:
    """The inverse as a tensor, with the facts that it has from the matrix."""
    from derive.terms.arrays import entries, inverse

    entry = inverse(entries(matrix)).body
    assert isinstance(entry, At)
    return entry.tensor


def _inverse(term: D) -> Term | None:
    entry = term.body
    if not isinstance(entry, At) or not isinstance(entry.tensor.origin, Inverse):
        return None
    if entry.tensor == term.variable.tensor:
        return None
    matrix = entry.tensor.origin.matrix
    k, m = _matrix_indices(matrix)
    i, j = entry.slots
    inner = D(At(matrix, (k, m)), term.variable)
    body = product((At(entry.tensor, (i, k)), inner, At(entry.tensor, (m, j))))
    return minus(Sum(k, Sum(m, body)))


def _log_determinant(term: D) -> Term | None:
    entry = term.body
    if not isinstance(entry, At) or not isinstance(entry.tensor.origin, LogDeterminant):
        return None
    return _jacobi(entry.tensor.origin.matrix, term.variable)


def _determinant(term: D) -> Term | None:
    entry = term.body
    if not isinstance(entry, At) or not isinstance(entry.tensor.origin, Determinant):
        return None
    return product((entry, _jacobi(entry.tensor.origin.matrix, term.variable)))


def _jacobi(matrix: Tensor, variable: At) -> Term:
    """``tr(inv(M) dM)``."""
    k, m = _matrix_indices(matrix)
    body = product((At(_inverse_of(matrix), (m, k)), D(At(matrix, (k, m)), variable)))
    return Sum(k, Sum(m, body))


def _rule(name: str, statement: str, apply: Action) -> Rule:
    return Rule(name, statement, apply, "differentiation")


RULES: tuple[Rule, ...] = (
    _rule("derivative of a constant", "c' = 0 where the variable does not occur", _constant),
    _rule("derivative of an entry", "∂b[j]/∂b[k] = [j = k]", _of(At, _entry)),
    _rule("linearity", "(u + v)' = u' + v'", _of(Add, _linearity)),
    _rule("sum rule", "(Σ_i u[i])' = Σ_i u[i]'", _of(Sum, _under_sum)),
    _rule("constant factor", "(c u)' = c u'", _of(Mul, _constant_factor)),
    _rule("quotient rule", "(u / v)' = u' / v - u v' / v^2", _of(Mul, _quotient)),
    _rule("product rule", "(u v)' = u' v + u v'", _of(Mul, _product)),
    _rule("power rule", "(u^c)' = c u^(c - 1) u'", _of(Pow, _power)),
    _rule("derivative of an exponential", "(c^u)' = c^u log(c) u'", _of(Pow, _exponential)),
    _rule(
        "logarithmic differentiation",
        "(u^v)' = u^v (v' log u + v u' / u)",
        _of(Pow, _variable_power),
    ),
    *(
        _rule(f"derivative of {name}", statement, _one(name, outer))
        for name, (statement, outer) in ELEMENTARY.items()
    ),
    _rule(
        "derivative of the larger",
        "max(u, v)' = [u > v] u' + [v > u] v', off ties",
        _of(Fn, _larger),
    ),
    _rule("derivative of a condition", "[u > 0]' = 0, off the jump", _of(Cond, _condition)),
    _rule("chain rule", "f(u, v)' = f_1(u, v) u' + f_2(u, v) v'", _of(Fn, _opaque)),
    _rule("derivative of the inverse", "inv(M)' = -inv(M) M' inv(M)", _of(At, _inverse)),
    _rule("derivative of log det", "logdet(M)' = tr(inv(M) M')", _of(At, _log_determinant)),
    _rule("derivative of det", "det(M)' = det(M) tr(inv(M) M')", _of(At, _determinant)),
)

THROUGH_NAME = Rule(
    "chain rule through a name",
    "∂r/∂b is the derivative of what r stands for",
    _definition,
    "differentiation",
    "name",
)
