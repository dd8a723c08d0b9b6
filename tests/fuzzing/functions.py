"""True rewrites of functions, conditions, maxima, definitions and derivatives."""

from __future__ import annotations

from fractions import Fraction

from derive.terms.indices import Affine
from derive.terms.nodes import (
    MINUS,
    Add,
    At,
    Cond,
    D,
    Delta,
    Fn,
    Guard,
    Mul,
    Num,
    Pow,
    Sum,
    Term,
    reciprocal,
)
from derive.terms.structure import range_guards, reachable, substituted, unfolded
from derive.terms.tensors import Choice, Definition, Kind, Tensor
from tests.fuzzing.sites import Rewriter, is_in_range, own_indices, renamed, uses

HALF = Num(Fraction(1, 2))


def call(name: str, *arguments: Term) -> Fn:
    """A function of terms."""
    return Fn(name, arguments)


def minus(term: Term) -> Term:
    """``-term``."""
    return Mul((MINUS, term))


def is_positive(term: Term) -> bool:
    """Whether a term is > 0 by its form; entries out of range are looked at by the caller."""
    if isinstance(term, Num):
        return term.value > 0
    if isinstance(term, At):
        plain = all(
            slot.plain is not None and slot.plain.size == size
            for slot, size in zip(term.slots, term.tensor.shape, strict=True)
        )
        return term.tensor.has(Kind.POSITIVE) and plain
    if isinstance(term, Fn):
        return term.function in ("exp", "sigmoid", "softplus", "cosh")
    if isinstance(term, Add):
        return any(map(is_positive, term.parts)) and all(
            is_positive(part) or _is_square(part) for part in term.parts
        )
    if isinstance(term, Mul):
        return all(map(is_positive, term.parts))
    if isinstance(term, Pow):
        return is_positive(term.base)
    return False


def _is_square(term: Term) -> bool:
    return isinstance(term, Pow) and term.exponent == Num(2)


def exponential_split(r: Rewriter, term: Term) -> Term | None:
    """``exp a exp b`` for ``exp(a + b)``, ``exp(u / 2)^2``, ``1 / exp(-u)``."""
    if not isinstance(term, Fn) or term.function != "exp":
        return None
    (inner,) = term.arguments
    if isinstance(inner, Add) and r.chance.random() < 0.7:
        return Mul([call("exp", part) for part in inner.parts])
    if r.chance.random() < 0.5:
        return Pow(call("exp", Mul((HALF, inner))), Num(2))
    return reciprocal(call("exp", minus(inner)))


def exponentials_joined(r: Rewriter, term: Term) -> Term | None:
    """``exp(a + b)`` for ``exp a exp b``."""
    if not isinstance(term, Mul):
        return None
    found = [p for p in term.parts if isinstance(p, Fn) and p.function == "exp"]
    if len(found) < 2:
        return None
    rest = [p for p in term.parts if p not in found[:2]]
    return Mul((call("exp", Add([p.arguments[0] for p in found[:2]])), *rest))


def logarithm_of_exponential(r: Rewriter, term: Term) -> Term | None:
    """``log exp u`` for ``u``, ``exp log u`` for a positive one."""
    if not is_in_range(term, r.world.context):
        return None
    if isinstance(term, At | Fn | Pow | Add) and is_positive(term) and r.chance.random() < 0.6:
        return call("exp", call("log", term))
    return call("log", call("exp", term)) if r.chance.random() < 0.3 else None


def logarithm_split(r: Rewriter, term: Term) -> Term | None:
    """``log a + log b``, ``e log u``, for positive a, b and u."""
    if not isinstance(term, Fn) or term.function != "log":
        return None
    (inner,) = term.arguments
    if not is_positive(inner):
        return None
    if isinstance(inner, Mul):
        return Add([call("log", part) for part in inner.parts])
    if isinstance(inner, Pow):
        return Mul((inner.exponent, call("log", inner.base)))
    extra = r.positive(3)
    return Add((call("log", Mul((inner, extra))), minus(call("log", extra))))


def root_taken(r: Rewriter, term: Term) -> Term | None:
    """``(u^2)^(1/2)`` and ``exp(1/2 log u)^2`` for a positive u."""
    if not is_positive(term) or isinstance(term, Num) or not is_in_range(term, r.world.context):
        return None
    if r.chance.random() < 0.5:
        return Pow(Pow(term, Num(2)), HALF)
    return Pow(Pow(term, HALF), Num(2))


def function_restated(r: Rewriter, term: Term) -> Term | None:
    """Hyperbolic and trigonometric functions, sigmoid and softplus by their definitions."""
    if not isinstance(term, Fn) or not isinstance(term.function, str):
        return None
    u = term.arguments[0]
    e = call("exp", u)
    forms: dict[str, list[Term]] = {
        "sigmoid": [
            reciprocal(Add((Num(1), call("exp", minus(u))))),
            Mul((e, reciprocal(Add((e, Num(1)))))),
            Add((Num(1), minus(call("sigmoid", minus(u))))),
            Add((HALF, Mul((HALF, call("tanh", Mul((HALF, u))))))),
        ],
        "tanh": [
            Mul((Add((Pow(e, Num(2)), Num(-1))), reciprocal(Add((Pow(e, Num(2)), Num(1)))))),
            Add((Mul((Num(2), call("sigmoid", Mul((Num(2), u))))), Num(-1))),
            Mul((call("sinh", u), reciprocal(call("cosh", u)))),
            minus(call("tanh", minus(u))),
        ],
        "softplus": [
            call("log", Add((Num(1), e))),
            Add((u, call("softplus", minus(u)))),
            minus(call("log", call("sigmoid", minus(u)))),
        ],
        "sin": [
            minus(call("sin", minus(u))),
            Mul((Num(2), call("sin", Mul((HALF, u))), call("cos", Mul((HALF, u))))),
        ],
        "cos": [
            call("cos", minus(u)),
            Add((Num(1), Mul((Num(-2), Pow(call("sin", Mul((HALF, u))), Num(2)))))),
        ],
        "relu": [
            Mul((u, Cond(u))),
            Mul((HALF, Add((u, call("abs", u))))),
            call("maximum", u, Num(0)),
            Add((u, call("relu", minus(u)))),
        ],
        "abs": [
            Add((call("relu", u), call("relu", minus(u)))),
            call("maximum", u, minus(u)),
            Mul((u, call("sign", u))),
            call("abs", minus(u)),
            Pow(Pow(u, Num(2)), HALF),
        ],
        "sign": [minus(call("sign", minus(u))), Add((Cond(u), minus(Cond(minus(u)))))],
    }
    if term.function in ("maximum", "minimum"):
        return _extreme(r, term)
    return r.chance.choice(forms[term.function]) if term.function in forms else None


def _extreme(r: Rewriter, term: Fn) -> Term:
    a, b = term.arguments
    apart = Add((a, minus(b)))
    sign = 1 if term.function == "maximum" else -1
    other = "minimum" if sign == 1 else "maximum"
    bend = call("relu", Mul((Num(sign), apart)))
    return r.chance.choice(
        [
            call(str(term.function), b, a),
            Add((b, Mul((Num(sign), bend)))),
            minus(call(other, minus(a), minus(b))),
            Mul((HALF, Add((a, b, Mul((Num(sign), call("abs", apart))))))),
        ]
    )


def angles_added(r: Rewriter, term: Term) -> Term | None:
    """``sin a cos b + cos a sin b`` for ``sin(a + b)``; ``u (sin^2 v + cos^2 v)`` for ``u``."""
    if isinstance(term, Fn) and term.function == "sin" and isinstance(term.arguments[0], Add):
        a, b = term.arguments[0].parts[0], Add((*term.arguments[0].parts[1:], Num(0)))
        s, c = (lambda v: call("sin", v)), (lambda v: call("cos", v))
        return Add((Mul((s(a), c(b))), Mul((c(a), s(b)))))
    if r.chance.random() < 0.15:
        v = r.some(3)
        one = Add((Pow(call("sin", v), Num(2)), Pow(call("cos", v), Num(2))))
        return Mul((one, term))
    return None


def condition_restated(r: Rewriter, term: Term) -> Term | None:
    """``[c u > 0]`` for c > 0, ``[u > 0]^2``, and ``1 - [-u > 0]`` off the kink."""
    if not isinstance(term, Cond):
        return None
    scaled = Cond(Mul((term.term, r.positive(3))))
    forms: list[Term] = [scaled, Mul((term, term))]
    if any(t.is_variable for t in reachable(term.term)):
        forms.append(Add((Num(1), minus(Cond(minus(term.term))))))
    return r.chance.choice(forms)


def maximum_restated(r: Rewriter, term: Term) -> Term | None:
    """Weights of a maximum: shifted, scaled by a positive number, squared."""
    if not isinstance(term, At) or not isinstance(term.tensor.origin, Choice):
        return None
    origin, roll = term.tensor.origin, r.chance.random()
    if roll < 0.25:
        return Pow(term, Num(2))
    scalar = At(r.world.tensors[1]) if roll < 0.6 else Num(2)
    body = Mul((scalar, origin.body)) if roll < 0.8 else Add((origin.body, At(r.world.tensors[0])))
    made = Choice(origin.outer, origin.chosen, body, origin.allowed)
    return At(Tensor(r.world.name("w"), term.tensor.shape, (), made), term.slots)


def weights_summed(r: Rewriter, term: Term) -> Term | None:
    """``u sum_k w_k`` for ``u``."""
    weights = [t for t in reachable(term) if isinstance(t.origin, Choice)]
    if not weights:
        return None
    tensor = r.chance.choice(weights)
    origin = tensor.origin
    assert isinstance(origin, Choice)
    if len(origin.chosen) != 1 or not r.world.context.is_positive(tensor.shape[-1]):
        return None
    k = r.world.index(tensor.shape[-1])
    outer = [r.grower.slot(size, r.site.scope, True) for size in tensor.shape[:-1]]
    return Mul((term, Sum(k, At(tensor, (*outer, k)))))


# ---- definitions


def opened(r: Rewriter, term: Term) -> Term | None:
    """The body of a definition for its entry."""
    if isinstance(term, At) and isinstance(term.tensor.origin, Definition):
        return unfolded(term)
    return None


def named(r: Rewriter, term: Term) -> Term | None:
    """A new definition for a term."""
    free = own_indices(term)
    if isinstance(term, Num | Guard | Delta) or not all(i in r.site.scope for i in free):
        return None
    own = [index.fresh() for index in free]
    body = substituted(term, dict(zip(free, map(Affine.of, own), strict=True)))
    shape = tuple(index.size for index in own)
    name = r.world.name("h") if r.chance.random() < 0.8 else ""
    return At(Tensor(name, shape, (), Definition(tuple(own), body)), free)


# ---- derivatives


def differentiated(r: Rewriter, term: Term) -> Term | None:
    """One rule of calculus at a derivative."""
    if not isinstance(term, D):
        return None
    body, by = term.body, term.variable
    if by.tensor not in reachable(body):
        return Num(0)
    if isinstance(body, Add):
        return Add([D(part, by) for part in body.parts])
    if isinstance(body, Mul):
        head, tail = body.parts[0], Mul(body.parts[1:])
        return Add((Mul((D(head, by), tail)), Mul((head, D(tail, by)))))
    if isinstance(body, Sum) and not uses(by, body.index):
        return Sum(body.index, D(body.body, by))
    if isinstance(body, Pow) and isinstance(body.exponent, Num):
        lowered = Pow(body.base, Num(body.exponent.value - 1))
        return Mul((body.exponent, lowered, D(body.base, by)))
    if isinstance(body, D):
        return D(D(body.body, by), body.variable)
    if isinstance(body, At) and isinstance(body.tensor.origin, Definition):
        return D(unfolded(body), by)
    if isinstance(body, At) and body.tensor == by.tensor:
        same = [Delta(b - a) for a, b in zip(body.slots, by.slots, strict=True)]
        return Mul((*same, *range_guards(by), Num(1)))
    return _chain(body, by) if isinstance(body, Fn) and len(body.arguments) == 1 else None


def _chain(body: Fn, by: At) -> Term | None:
    (u,) = body.arguments
    outer: dict[object, Term] = {
        "exp": body,
        "log": reciprocal(u),
        "sin": call("cos", u),
        "cos": minus(call("sin", u)),
        "tanh": Add((Num(1), minus(Pow(body, Num(2))))),
        "sigmoid": Mul((body, call("sigmoid", minus(u)))),
        "softplus": call("sigmoid", u),
        "relu": Cond(u),
        "abs": call("sign", u),
        "sign": Num(0),
    }
    if not isinstance(body.function, str):
        return Mul((D(u, by), Fn(body.function.derivative(0), (u,))))
    return Mul((outer[body.function], D(u, by))) if body.function in outer else None


def integrated(r: Rewriter, term: Term) -> Term | None:
    """``d/dx_i of 1/2 x_i^2`` or of ``sum_j x_j u`` for ``x_i`` and for ``u``."""
    variables = [t for t in r.world.tensors if t.is_variable and not t.facts and len(t.shape) == 1]
    if not variables or r.site.strict or r.chance.random() > 0.3:
        return None
    tensor = r.chance.choice(variables)
    inside = [i for i in r.site.scope if i.size == tensor.shape[0]]
    if not inside or tensor in reachable(term):
        return None
    i, j = r.chance.choice(inside), r.world.index(tensor.shape[0])
    form = renamed(term, i, j)
    return D(Sum(j, Mul((At(tensor, (j,)), form))), At(tensor, (i,)))


REWRITES = (
    exponential_split,
    exponentials_joined,
    logarithm_of_exponential,
    logarithm_split,
    root_taken,
    function_restated,
    angles_added,
    condition_restated,
    maximum_restated,
    weights_summed,
    opened,
    named,
    differentiated,
    integrated,
)
