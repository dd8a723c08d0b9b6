"""True rewrites of sums over indices, guards, deltas and accesses."""

from __future__ import annotations

from fractions import Fraction

from derive.terms.indices import Affine, Index
from derive.terms.nodes import Add, At, Count, D, Delta, Guard, Mul, Num, Sum, Term, reciprocal
from derive.terms.structure import substituted
from tests.fuzzing.algebra import one
from tests.fuzzing.sites import Rewriter, own_indices, renamed, uses


def sum_renamed(r: Rewriter, term: Term) -> Term | None:
    """The same sum over another index."""
    if not isinstance(term, Sum):
        return None
    fresh = r.world.index(term.index.size)
    return Sum(fresh, renamed(term.body, term.index, fresh))


def reversed_sum(r: Rewriter, term: Term) -> Term | None:
    """``sum_i f(n - 1 - i)`` for ``sum_i f(i)``."""
    if not isinstance(term, Sum):
        return None
    fresh = r.world.index(term.index.size)
    return Sum(fresh, renamed(term.body, term.index, fresh.size - 1 - Affine.of(fresh)))


def shifted_sum(r: Rewriter, term: Term) -> Term | None:
    """``sum_{i < n + c} [i >= c] f(i - c)`` for ``sum_{i < n} f(i)``."""
    if not isinstance(term, Sum):
        return None
    c = r.chance.choice((1, 2))
    fresh = r.world.index(term.index.size + c)
    return Sum(fresh, Mul((Guard(fresh - c), renamed(term.body, term.index, fresh - c))))


def widened_sum(r: Rewriter, term: Term) -> Term | None:
    """``sum_{i < n + c} [i <= n - 1] f(i)`` for ``sum_{i < n} f(i)``."""
    if not isinstance(term, Sum):
        return None
    fresh = r.world.index(term.index.size + r.chance.choice((1, 2)))
    return Sum(
        fresh,
        Mul((Guard(term.index.size - 1 - Affine.of(fresh)), renamed(term.body, term.index, fresh))),
    )


def ends_split_off(r: Rewriter, term: Term) -> Term | None:
    """``f(0) + sum_{i < n - 1} f(i + 1)`` for ``sum_{i < n} f(i)``."""
    if not isinstance(term, Sum) or not r.world.context.is_positive(term.index.size):
        return None
    last = r.world.index(term.index.size - 1)
    if r.chance.random() < 0.5:
        end, body = Affine.of(0), renamed(term.body, term.index, last + 1)
    else:
        end, body = Affine.of(term.index.size) - 1, renamed(term.body, term.index, last)
    return Add((renamed(term.body, term.index, end), Sum(last, body)))


def delta_inserted(r: Rewriter, term: Term) -> Term | None:
    """``sum_j [i = j] f(j)`` for ``f(i)``."""
    free = [i for i in own_indices(term) if i in r.site.scope]
    if not free:
        return None
    i = r.chance.choice(free)
    j = r.world.index(i.size)
    return Sum(j, Mul((Delta(i - j), renamed(term, i, j))))


def delta_followed(r: Rewriter, term: Term) -> Term | None:
    """``[i = j] f(j)`` for ``[i = j] f(i)``."""
    if not isinstance(term, Mul):
        return None
    for k, part in enumerate(term.parts):
        if not isinstance(part, Delta) or part.form.constant:
            continue
        if len(part.form.coefficients) != 2:
            continue
        (i, c), (j, e) = part.form.coefficients
        if c + e == 0 and c in (1, -1) and i.size == j.size:
            rest = [renamed(p, i, j) if r.chance.random() < 0.7 else p for p in term.parts]
            return Mul((*rest[:k], part, *rest[k + 1 :]))
    return None


def complement_split(r: Rewriter, term: Term) -> Term | None:
    """``[g >= 0] u + [g < 0] u`` for ``u``."""
    if not r.site.scope:
        return None
    i, j = r.chance.choice(r.site.scope), r.chance.choice(r.site.scope)
    shift = r.chance.choice((-1, 0, 1))
    form = r.chance.choice((i - j + shift, Affine.of(i) - 1, i + j - i.size, 2 * i - j + shift))
    if r.chance.random() < 0.3:
        delta = Delta(form)
        return Add((Mul((delta, term)), Mul((Add((Num(1), Mul((Num(-1), delta)))), term))))
    return Add((Mul((Guard(form), term)), Mul((Guard(-form - 1), term))))


def sum_split_by_guard(r: Rewriter, term: Term) -> Term | None:
    """``sum [g] f + sum [not g] f`` for ``sum f``."""
    if not isinstance(term, Sum):
        return None
    others = [i for i in r.site.scope if i is not term.index]
    form = term.index - (r.chance.choice(others) if others else 1)
    return Add(
        (
            Sum(term.index, Mul((Guard(form), term.body))),
            Sum(term.index, Mul((Guard(-form - 1), term.body))),
        )
    )


def exchanged(r: Rewriter, term: Term) -> Term | None:
    """``sum_j sum_i f`` for ``sum_i sum_j f``."""
    if isinstance(term, Sum) and isinstance(term.body, Sum) and term.index is not term.body.index:
        return Sum(term.body.index, Sum(term.index, term.body.body))
    return None


def pulled_out(r: Rewriter, term: Term) -> Term | None:
    """``a sum_i f(i)`` for ``sum_i a f(i)``."""
    if not isinstance(term, Sum) or not isinstance(term.body, Mul):
        return None
    outside = [f for f in term.body.parts if not uses(f, term.index)]
    inside = [f for f in term.body.parts if uses(f, term.index)]
    if not outside:
        return None
    return Mul((*outside, Sum(term.index, one(inside, Mul) if inside else Num(1))))


def pushed_in(r: Rewriter, term: Term) -> Term | None:
    """``sum_i a f(i)`` for ``a sum_i f(i)``; sums of one factor stay apart."""
    if not isinstance(term, Mul):
        return None
    for k, part in enumerate(term.parts):
        if isinstance(part, Sum):
            fresh = r.world.index(part.index.size)
            body = renamed(part.body, part.index, fresh)
            return Sum(fresh, Mul((*term.parts[:k], body, *term.parts[k + 1 :])))
    return None


def sum_of_sum(r: Rewriter, term: Term) -> Term | None:
    """``sum a + sum b`` for ``sum (a + b)``."""
    if isinstance(term, Sum) and isinstance(term.body, Add):
        return Add([Sum(term.index, part) for part in term.body.parts])
    return None


def sums_merged(r: Rewriter, term: Term) -> Term | None:
    """``sum (a + b)`` for ``sum a + sum b``."""
    if not isinstance(term, Add) or not all(isinstance(part, Sum) for part in term.parts):
        return None
    if len({part.index.size for part in term.parts}) > 1:
        return None
    fresh = r.world.index(term.parts[0].index.size)
    return Sum(fresh, Add([renamed(part.body, part.index, fresh) for part in term.parts]))


def averaged(r: Rewriter, term: Term) -> Term | None:
    """``1 / n sum_i u`` for ``u``."""
    sizes = [size for size in r.world.ranges if r.world.context.is_positive(size)]
    size = r.chance.choice(sizes)
    return Mul((reciprocal(Count(size)), Sum(r.world.index(size), term)))


def counted_up(r: Rewriter, term: Term) -> Term | None:
    """``sum_k [k < i]`` for the value of an index, ``n (n - 1) / 2`` for its sum."""
    if isinstance(term, Sum) and term.body == Count(term.index):
        size = Count(term.index.size)
        return Mul((Num(Fraction(1, 2)), size, Add((size, Num(-1)))))
    if isinstance(term, Count) and term.form.plain is not None:
        inner = r.world.index(term.form.plain.size)
        return Sum(inner, Guard(term.form - inner - 1))
    return None


def access_spelled_out(r: Rewriter, term: Term) -> Term | None:
    """``sum_u x_u [u = form]`` for ``x[form]``."""
    if not isinstance(term, At) or not term.slots:
        return None
    k = r.chance.randrange(len(term.slots))
    fresh = r.world.index(term.tensor.shape[k])
    slots = (*term.slots[:k], Affine.of(fresh), *term.slots[k + 1 :])
    return Sum(fresh, Mul((At(term.tensor, slots), Delta(fresh - term.slots[k]))))


def guard_restated(r: Rewriter, term: Term) -> Term | None:
    """``[g]^2``, ``1 - [not g]``, ``[2 g + 1 >= 0]``; ``[-u = 0]`` and ``[u >= 0] [-u >= 0]``."""
    if isinstance(term, Guard):
        choices: list[Term] = [
            Mul((term, term)),
            Add((Num(1), Mul((Num(-1), Guard(-term.form - 1))))),
            Guard(term.form * 2 + 1),
            Add((Guard(term.form - 1), Delta(term.form))),
        ]
        return r.chance.choice(choices)
    if isinstance(term, Delta):
        both = Mul((Guard(term.form), Guard(-term.form)))
        apart = Add((Guard(term.form), Mul((Num(-1), Guard(term.form - 1)))))
        return r.chance.choice(
            [Delta(-term.form), Mul((term, term)), Delta(term.form * 3), both, apart]
        )
    return None


def unguarded_access(r: Rewriter, term: Term) -> Term | None:
    """``[0 <= form < n] x[form]`` for ``x[form]``, which is 0 elsewhere anyway."""
    if not isinstance(term, At) or not term.slots:
        return None
    k = r.chance.randrange(len(term.slots))
    slot, size = term.slots[k], term.tensor.shape[k]
    return Mul((Guard(slot), Guard(size - 1 - slot), term))


def product_of_sums(r: Rewriter, term: Term) -> Term | None:
    """``sum_i sum_j f(i) g(j)`` for ``sum f sum g``."""
    if not isinstance(term, Mul):
        return None
    bound = [k for k, part in enumerate(term.parts) if isinstance(part, Sum)]
    if len(bound) < 2:
        return None
    one_, two = bound[:2]
    indices, bodies = [], []
    for k in (one_, two):
        part = term.parts[k]
        assert isinstance(part, Sum)
        fresh = r.world.index(part.index.size)
        indices.append(fresh)
        bodies.append(renamed(part.body, part.index, fresh))
    rest = [part for k, part in enumerate(term.parts) if k not in (one_, two)]
    inner = Sum(indices[0], Sum(indices[1], Mul(bodies)))
    return Mul((*rest, inner)) if rest else inner


def diagonal_of_double(r: Rewriter, term: Term) -> Term | None:
    """``sum_i sum_j [i = j] f(i, j)`` for ``sum_i f(i, i)``, some of the i being j."""
    if not isinstance(term, Sum):
        return None
    j = Index(term.index.name, term.index.size)
    places = [0]

    def some_moved(part: Term) -> Term:
        if isinstance(part, At | Count | Guard | Delta) and uses(part, term.index):
            places[0] += 1
            return renamed(part, term.index, j) if r.chance.random() < 0.5 else part
        if isinstance(part, Sum | D):
            return part if isinstance(part, D) else _inside(part, some_moved)
        return part.rebuilt(map(some_moved, part.children)) if part.children else part

    return Sum(term.index, Sum(j, Mul((Delta(term.index - j), some_moved(term.body)))))


def _inside(term: Sum, change) -> Term:  # type: ignore[no-untyped-def]
    return Sum(term.index, change(term.body))


def range_substituted(r: Rewriter, term: Term) -> Term | None:
    """``sum_i [i = form] f(i)`` as ``[form in range] f(form)`` where f is everywhere defined."""
    if not isinstance(term, Sum) or not isinstance(term.body, Mul) or r.site.strict:
        return None
    for k, part in enumerate(term.body.parts):
        if isinstance(part, Delta) and part.form.coefficient(term.index) in (1, -1):
            value = Affine.of(term.index) - part.form * part.form.coefficient(term.index)
            rest = [p for j, p in enumerate(term.body.parts) if j != k]
            moved = [substituted(p, {term.index: value}) for p in rest]
            return Mul((Guard(value), Guard(term.index.size - 1 - value), *moved))
    return None


REWRITES = (
    sum_renamed,
    reversed_sum,
    shifted_sum,
    widened_sum,
    ends_split_off,
    delta_inserted,
    delta_followed,
    complement_split,
    sum_split_by_guard,
    exchanged,
    pulled_out,
    pushed_in,
    sum_of_sum,
    sums_merged,
    averaged,
    counted_up,
    access_spelled_out,
    guard_restated,
    unguarded_access,
    product_of_sums,
    diagonal_of_double,
    range_substituted,
)
