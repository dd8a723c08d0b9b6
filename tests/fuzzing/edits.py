"""One-edit near misses: changes at one place after which two equal terms should differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from derive.terms.indices import Affine, Index
from derive.terms.nodes import (
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
)
from derive.terms.structure import substituted
from derive.terms.tensors import Choice, Definition, Inverse, Tensor
from tests.fuzzing import facts
from tests.fuzzing.sites import Rewriter, uses

OTHER_FUNCTIONS = {
    "exp": ("sigmoid", "sinh"),
    "log": ("softplus",),
    "sin": ("cos",),
    "cos": ("sin",),
    "tanh": ("sigmoid",),
    "sigmoid": ("tanh",),
    "softplus": ("relu",),
    "relu": ("abs", "softplus"),
    "abs": ("relu", "sign"),
    "sign": ("relu",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
}


def sign(r: Rewriter, term: Term) -> Term | None:
    """A sign turned."""
    if isinstance(term, Add):
        k = r.chance.randrange(len(term.parts))
        return Add([negated(p) if j == k else p for j, p in enumerate(term.parts)])
    return negated(term) if isinstance(term, At | Sum | D | Fn) else None


def number(r: Rewriter, term: Term) -> Term | None:
    """Another number."""
    if not isinstance(term, Num):
        return None
    step = r.chance.choice((Fraction(1), Fraction(-1), Fraction(1, 2)))
    return Num(term.value + step)


def factor(r: Rewriter, term: Term) -> Term | None:
    """A factor 2, or a factor left out."""
    if isinstance(term, Mul) and len(term.parts) > 1 and r.chance.random() < 0.6:
        k = r.chance.randrange(len(term.parts))
        rest = [p for j, p in enumerate(term.parts) if j != k]
        return rest[0] if len(rest) == 1 else Mul(rest)
    return Mul((Num(2), term))


def summand(r: Rewriter, term: Term) -> Term | None:
    """A summand left out."""
    if not isinstance(term, Add) or len(term.parts) < 2:
        return None
    k = r.chance.randrange(len(term.parts))
    rest = [p for j, p in enumerate(term.parts) if j != k]
    return rest[0] if len(rest) == 1 else Add(rest)


def guard(r: Rewriter, term: Term) -> Term | None:
    """A bound off by one, a guard turned around, dropped, or made an equality."""
    if not isinstance(term, Guard | Delta):
        return None
    step = r.chance.choice((-1, 1))
    forms: list[Term] = [type(term)(term.form + step), Num(1)]
    forms += (
        [Guard(-term.form), Delta(term.form)] if isinstance(term, Guard) else [Guard(term.form)]
    )
    return r.chance.choice(forms)


def stride(r: Rewriter, term: Term) -> Term | None:
    """A coefficient of an index taken for 1, or doubled."""
    if not isinstance(term, Guard | Delta | At | Count):
        return None
    forms = list(term.slots) if isinstance(term, At) else [term.form]
    if not forms:
        return None
    k = r.chance.randrange(len(forms))
    if not forms[k].coefficients:
        return None
    index, coefficient = r.chance.choice(forms[k].coefficients)
    other = 1 if coefficient not in (1, -1) else coefficient * 2
    forms[k] = forms[k] + Affine.of(index) * (other - coefficient)
    return At(term.tensor, forms) if isinstance(term, At) else type(term)(forms[0])


def slot(r: Rewriter, term: Term) -> Term | None:
    """A slot moved by one, or another index in it."""
    if not isinstance(term, At) or not term.slots:
        return None
    k = r.chance.randrange(len(term.slots))
    size = term.tensor.shape[k]
    others = [Affine.of(i) for i in r.site.scope if i.size == size]
    moved = [term.slots[k] + 1, term.slots[k] - 1, *others, *others]
    if r.site.strict:
        moved = [*others, size - 1 - term.slots[k], Affine.of(0)]
    form = r.chance.choice(moved)
    return At(term.tensor, (*term.slots[:k], form, *term.slots[k + 1 :]))


def transposed(r: Rewriter, term: Term) -> Term | None:
    """Two slots exchanged."""
    if not isinstance(term, At) or len(term.slots) < 2 or len(set(term.tensor.shape[-2:])) > 1:
        return None
    *first, a, b = term.slots
    return At(term.tensor, (*first, b, a))


def tensor(r: Rewriter, term: Term) -> Term | None:
    """Another variable of the same shape."""
    if not isinstance(term, At):
        return None
    pool = [t for t in r.world.tensors if t.shape == term.tensor.shape and t != term.tensor]
    return At(r.chance.choice(pool), term.slots) if pool else None


def exponent(r: Rewriter, term: Term) -> Term | None:
    """Another exponent."""
    if not isinstance(term, Pow):
        return None
    if isinstance(term.exponent, Count):
        return Pow(term.base, Count(term.exponent.form + 1))
    if isinstance(term.exponent, Num):
        step = r.chance.choice((1, -1))
        return Pow(term.base, Num(term.exponent.value + step))
    return None


def size(r: Rewriter, term: Term) -> Term | None:
    """Another size as a number, or another range of a sum."""
    if isinstance(term, Count):
        other = r.chance.choice(r.world.ranges)
        return r.chance.choice([Count(term.form + 1), Count(term.form - 1), Count(other)])
    if isinstance(term, Sum):
        fresh = Index(term.index.name, term.index.size + r.chance.choice((1, -1)))
        return Sum(fresh, substituted(term.body, {term.index: Affine.of(fresh)}))
    return None


def function(r: Rewriter, term: Term) -> Term | None:
    """Another function."""
    if not isinstance(term, Fn):
        return None
    if not isinstance(term.function, str):
        return Fn(term.function.derivative(0), term.arguments)
    return (
        Fn(r.chance.choice(OTHER_FUNCTIONS.get(term.function, ("sin",))), term.arguments[:1])
        if (term.function not in ("maximum", "minimum"))
        else Fn(OTHER_FUNCTIONS[term.function][0], term.arguments)
    )


def condition(r: Rewriter, term: Term) -> Term | None:
    """A condition turned around, shifted or dropped."""
    if not isinstance(term, Cond):
        return None
    return r.chance.choice([Cond(negated(term.term)), Cond(Add((term.term, Num(1)))), Num(1)])


def definition(r: Rewriter, term: Term) -> Term | None:
    """A name for something else; the name itself stays."""
    if not isinstance(term, At) or not isinstance(term.tensor.origin, Definition):
        return None
    origin = term.tensor.origin
    body = Mul((Num(2), origin.body)) if r.chance.random() < 0.5 else Add((origin.body, Num(1)))
    made = Definition(origin.indices, body)
    return At(Tensor(term.tensor.name, term.tensor.shape, term.tensor.facts, made), term.slots)


def maximum(r: Rewriter, term: Term) -> Term | None:
    """The weights of another maximum."""
    if not isinstance(term, At) or not isinstance(term.tensor.origin, Choice):
        return None
    origin = term.tensor.origin
    own = origin.chosen[-1]
    body = r.chance.choice(
        [
            negated(origin.body),
            Mul((origin.body, Fn("exp", (Count(own),)))),
            Mul((origin.body, At(r.world.tensors[0]))),
            Add((origin.body, Count(own))),
            Pow(origin.body, Num(2)),
        ]
    )
    made = Choice(origin.outer, origin.chosen, body, origin.allowed)
    return At(Tensor(term.tensor.name, term.tensor.shape, (), made), term.slots)


def matrix(r: Rewriter, term: Term) -> Term | None:
    """The inverse of a multiple, or of the transpose, or no inverse at all."""
    if not isinstance(term, At) or not isinstance(term.tensor.origin, Inverse):
        return None
    inner = term.tensor.origin.matrix
    i, j = (Index(name, inner.shape[0]) for name in "ij")
    body = r.chance.choice([Mul((Num(2), At(inner, (i, j)))), At(inner, (j, i))])
    made = Tensor("", inner.shape, (), Definition((i, j), body))
    return r.chance.choice(
        [At(Tensor("", inner.shape, (), Inverse(made)), term.slots), At(inner, term.slots)]
    )


def variable(r: Rewriter, term: Term) -> Term | None:
    """A derivative by another entry."""
    if not isinstance(term, D) or not term.variable.slots:
        return None
    slots = list(term.variable.slots)
    if len(slots) > 1 and term.variable.tensor.shape[-1] == term.variable.tensor.shape[-2]:
        slots[-1], slots[-2] = slots[-2], slots[-1]
    else:
        others = [Affine.of(i) for i in r.site.scope if i.size == term.variable.tensor.shape[0]]
        slots[0] = r.chance.choice([*others, Affine.of(0)])
    return D(term.body, At(term.variable.tensor, slots))


def captured(r: Rewriter, term: Term) -> Term | None:
    """A bound index taken for one from outside."""
    if not isinstance(term, Sum):
        return None
    outer = [i for i in r.site.scope if i.size == term.index.size and not uses(term.body, i)]
    outer = outer or [i for i in r.site.scope if i.size == term.index.size]
    return (
        substituted(term.body, {term.index: Affine.of(r.chance.choice(outer))}) if outer else None
    )


def fact_under_derivative(r: Rewriter, term: Term) -> Term | None:
    """A closed fact of the very variable by which a derivative around is taken."""
    if not r.site.varied or not isinstance(term, At) or term.tensor not in r.site.varied:
        return None
    free = Rewriter(r.world, replace(r.site, varied=()))
    found = [new for rewrite in facts.REWRITES[:4] if (new := rewrite(free, term)) is not None]
    return r.chance.choice(found) if found else None


Edit = Callable[[Rewriter, Term], Term | None]
EDITS: tuple[Edit, ...] = (
    sign,
    number,
    factor,
    summand,
    guard,
    guard,
    stride,
    slot,
    transposed,
    transposed,
    tensor,
    exponent,
    size,
    function,
    condition,
    condition,
    definition,
    maximum,
    maximum,
    matrix,
    matrix,
    variable,
    captured,
    fact_under_derivative,
    fact_under_derivative,
)
