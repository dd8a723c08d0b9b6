"""Random products of entries with facts, summed: those of one normal form must have one value.

Pairs that are made equal try what was thought of; here the normal form itself says what is equal.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from derive.proof.evaluator import Point, Undecidable, Undefined, points, value
from derive.proof.normal_form.factors import Undecided, frozen
from derive.proof.normal_form.lowering import Lowering
from derive.proof.normal_form.ring import Ring
from derive.proof.statuses import Gates
from derive.terms.arrays import choice, entries, inverse, variable
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Cond, Count, Delta, Guard, Mul, Num, Pow, Sum, Term
from derive.terms.structure import free_indices, reachable
from derive.terms.tensors import Kind
from tests.fuzzing.vocabulary import (
    FEWER,
    A,
    B,
    M,
    S,
    U,
    V,
    add,
    e,
    entry,
    exp,
    h,
    i,
    j,
    m,
    matrix,
    n,
    over,
    p,
    r,
    w,
    x,
)

BATCH = 300  # terms that are brought to normal form together
POINTS = 4
DIFFERENT = 1e-6  # of the largest value
FREE = Index("f", m)

P = variable("P", (n, n), Kind.POSITIVE_DEFINITE)
H, Q = matrix("H", (n, m), Kind.ONE_HOT), matrix("Q", (n, m), Kind.SIMPLEX)
largest = choice("v", entries(variable("x", (n,)).body.tensor), (0,))  # type: ignore[union-attr]
VECTORS = (x, r, e, w, p, h, lambda slot: entry(entries(largest), slot))
SQUARE = (A, B, S, V, *(lambda a, b, of=of: entry(of, a, b) for of in (P, inverse(P), inverse(M))))
WIDE = (U, H, Q)

Entry = Callable[[Sequence[Index], Sequence[Index], random.Random], Term]
# What a factor may be, over indices of both ranges.
FACTORS: tuple[Entry, ...] = (
    *(lambda ns, ms, rng, of=of: of(rng.choice(ns)) for of in VECTORS),
    *(lambda ns, ms, rng, of=of: of(rng.choice(ns), rng.choice(ns)) for of in SQUARE),
    *(lambda ns, ms, rng, of=of: of(rng.choice(ns), rng.choice(ms)) for of in WIDE),
)
OTHERS: tuple[Entry, ...] = (
    lambda ns, ms, rng: Delta(Affine.of(rng.choice(ns)) - rng.choice(ns)),
    lambda ns, ms, rng: Guard(Affine.of(rng.choice(ns)) - rng.choice((*ns, 1))),
    lambda ns, ms, rng: Cond(x(rng.choice(ns))),
    lambda ns, ms, rng: Count(rng.choice(ns)),
    lambda ns, ms, rng: exp(x(rng.choice(ns))),
    lambda ns, ms, rng: over(add(r(rng.choice(ns)), r(rng.choice(ns)))),
)


def term(rng: random.Random) -> Term:
    """A product of entries of one tensor or two, and at times of something else, summed."""
    k, l, a = Index("k", n), Index("l", n), Index("a", m)  # noqa: E741
    ns, ms = (i, j, k, l), (FREE, a)
    kinds = rng.sample(FACTORS, rng.choice((1, 1, 2)))
    factors = [rng.choice(kinds)(ns, ms, rng) for _ in range(rng.choice((2, 2, 3)))]
    factors = [Pow(f, Num(rng.choice((2, 3)))) if rng.random() < 0.25 else f for f in factors]
    if rng.random() < 0.4:
        factors.append(rng.choice(OTHERS)(ns, ms, rng))
    body: Term = Mul(factors)
    for index in rng.sample((k, l, a), 3):
        if index in free_indices(body):
            body = Sum(index, body)
    return body


def collisions(terms: Iterable[Term]) -> Iterator[list[Term]]:
    """The terms that have one normal form, where all facts and laws are open."""
    terms = list(dict.fromkeys(terms))
    used = dict.fromkeys(t for each in terms for t in reachable(each))
    facts = frozenset((tensor, fact) for tensor in used for fact in tensor.facts)
    low = Lowering(Ring(FEWER, Gates(facts=facts, inverses=True)))
    alike: dict[object, list[Term]] = defaultdict(list)
    for each in terms:
        low.ring.work.done = 0
        try:
            alike[frozen(low(each))].append(each)
        except Undecided:
            continue
    return (group for group in alike.values() if len(group) > 1)


def differing(seed: int, batches: int) -> Iterator[tuple[list[Term], Point]]:
    """Terms of one normal form that differ at a point."""
    rng = random.Random(seed)
    for _ in range(batches):
        terms = [term(rng) for _ in range(BATCH)]
        at = list(islice(points(terms, FEWER, seed), POINTS))
        for group in collisions(terms):
            yield from ((group, point) for point in at if _differ(group, point))


def _differ(terms: Sequence[Term], point: Point) -> bool:
    places = {i: 0, j: point.sizes["n"] - 1, FREE: 0}
    known = [v for each in terms if (v := _value(each, point, places)) is not None]
    return bool(known) and max(known) - min(known) > DIFFERENT * max(1.0, *map(abs, known))


def _value(term: Term, point: Point, places: dict[Index, int]) -> float | None:
    try:
        return value(term, point, {k: places[k] for k in free_indices(term)})
    except (Undecidable, Undefined):
        return None
