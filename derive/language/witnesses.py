"""A sum of squares that the difference of two sides is, looked for; the prover decides on it.

A difference is multiplied out. Sums over equal ranges are put over the same indices, where a term
has fewer of them by averages (``1 = sum_j 1/n``, or weights of a simplex), and all orders of the
indices are averaged: ``sum_i x_i^2 sum_j y_j^2 - (sum_i x_i y_i)^2`` is
``1/2 sum_ij (x_i y_j - x_j y_i)^2``. What is left is a quadratic form in products, and its squares
are completed one after another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import permutations, product
from math import factorial, prod

from derive.language.monomials import (
    Monomial,
    Powers,
    Symmetric,
    TooLarge,
    contracted,
    grouped,
    is_plainly_nonnegative,
    joined,
    merged,
    multiplied_out,
    product_of,
    summed,
    written,
)
from derive.rewriting import algebra
from derive.rewriting.canonical import canonical
from derive.terms.indices import Affine, Index
from derive.terms.nodes import NOUGHT, At, Count, Fn, Num, Term
from derive.terms.sizes import Size
from derive.terms.structure import substituted, tensors
from derive.terms.tensors import Fact, Kind, Tensor

MOST_ORDERS = 24  # of the indices of one size
MOST_INDICES = 5  # that are tried both ways
SYMMETRIC = {Fact(Kind.SYMMETRIC), Fact(Kind.POSITIVE_DEFINITE)}


def sums_of_squares(difference: Term) -> Iterator[Term]:
    """Terms whose sign is plain and that the difference may be equal to."""
    symmetric = frozenset(t for t in tensors(difference) if t.facts & SYMMETRIC)
    for opening in (False, True):
        try:
            opened = merged([contracted(m) for m in multiplied_out(difference, opening)], symmetric)
        except TooLarge:
            continue
        squares = [next(_each_alone(m, symmetric), None) for m in opened]
        yield algebra.total(a or written(m) for a, m in zip(squares, opened, strict=True))
        yield from _together(opened, difference, symmetric)
        if any(map(_logarithm, opened)):
            yield algebra.total(_gap(m) or NOUGHT for m in opened)


def _each_alone(monomial: Monomial, symmetric: Symmetric) -> Iterator[Term]:
    """A monomial as a sum of squares over some of its indices."""
    for inner in product((False, True), repeat=min(len(monomial.indices), MOST_INDICES)):
        held = {i for i, chosen in zip(monomial.indices, inner, strict=False) if chosen}
        closed = grouped(monomial, held, symmetric)
        root = _root(closed.powers)
        if root is not None and closed.number > 0:
            body = algebra.product((Num(closed.number), _square([(Fraction(1), root)])))
            yield summed(closed.indices, body)


def _together(
    monomials: Sequence[Monomial], difference: Term, symmetric: Symmetric
) -> Iterator[Term]:
    """Monomials that make squares with each other, sums over some sizes taken as they are."""
    sizes = dict.fromkeys(index.size for m in monomials for index in m.indices)
    for inner in product((False, True), repeat=min(len(sizes), MOST_INDICES)):
        held = {size for size, chosen in zip(sizes, inner, strict=False) if chosen}
        inner_of = [{i for i in m.indices if i.size in held} for m in monomials]
        closed = [grouped(m, own, symmetric) for m, own in zip(monomials, inner_of, strict=True)]
        for weights in _weights(difference, [size for size in sizes if size not in held]):
            try:
                found = _squares(closed, weights)
            except TooLarge:
                continue
            if found is not None:
                yield found


def _logarithm(monomial: Monomial) -> Term | None:
    """The one logarithm among the factors of a monomial."""
    logs = [b for b, e in monomial.powers.items() if isinstance(b, Fn) and b.function == "log"]
    return logs[0] if len(logs) == 1 and monomial.powers[logs[0]] == 1 else None


def _gap(monomial: Monomial) -> Term | None:
    """``w (t - 1 - log t)`` for ``-w log t``, and for ``w log(1/t)``."""
    log = _logarithm(monomial)
    if log is None:
        return None
    (inside,) = log.children
    t = inside if monomial.number < 0 else algebra.raised(inside, Num(-1))
    t = product_of(multiplied_out(t, opening=False)[0].powers)
    rest = {base: e for base, e in monomial.powers.items() if base != log}
    gap = algebra.total((t, Num(-1), algebra.minus(Fn("log", (t,)))))
    body = algebra.product((Num(abs(monomial.number)), product_of(rest), gap))
    return summed(monomial.indices, body)


# --------------------------------------------------------------------------------------------
# Over the same indices


def _weights(term: Term, sizes: Sequence[Size]) -> Iterator[dict[Size, Tensor | None]]:
    """What stands for 1 where an index is missing: one over the size, or weights of a simplex."""
    choices: list[list[Tensor | None]] = []
    for size in sizes:
        simplices = [t for t in tensors(term) if t.shape == (size,) and _is_simplex(t)]
        choices.append([*simplices, None])
    for chosen in product(*choices):
        yield dict(zip(sizes, chosen, strict=True))


def _is_simplex(tensor: Tensor) -> bool:
    return any(fact.kind is Kind.SIMPLEX for fact in tensor.facts)


def _squares(monomials: Sequence[Monomial], weights: Mapping[Size, Tensor | None]) -> Term | None:
    common: list[Index] = []
    for size in weights:
        most = max(sum(i.size == size for i in m.indices) for m in monomials)
        common += [Index("ijklmr"[(len(common) + k) % 6], size) for k in range(most)]
    total: dict[frozenset[tuple[Term, Fraction]], Fraction] = {}
    known: dict[int, Term] = {}  # bases that differ in the names of their own indices are one
    for monomial in monomials:
        for number, placed in _placed(monomial, common, weights):
            named = ({known.setdefault(canonical(b), b): e} for b, e in placed.items())
            key = frozenset(joined(named).items())
            total[key] = total.get(key, Fraction(0)) + number
    form = {key: number for key, number in total.items() if number}
    body = _completed(form) if form else None
    return None if body is None else summed(common, body)


def _placed(
    monomial: Monomial, common: Sequence[Index], weights: Mapping[Size, Tensor | None]
) -> Iterator[tuple[Fraction, Powers]]:
    """A monomial over all common indices, in every order of those with equal sizes."""
    classes = [[index for index in common if index.size == size] for size in weights]
    orders = prod(factorial(len(each)) for each in classes)
    if orders > MOST_ORDERS:
        raise TooLarge
    for order in product(*(permutations(each) for each in classes)):
        values: dict[Index, Affine] = {}
        more: list[Powers] = []
        for size, chosen in zip(weights, order, strict=True):
            own = [index for index in monomial.indices if index.size == size]
            values.update(zip(own, map(Affine.of, chosen), strict=False))
            for index in chosen[len(own) :]:
                weight = weights[size]
                entry: Term = At(weight, (index,)) if weight else Count(size)
                more.append({entry: Fraction(1 if weight else -1)})
        moved = {substituted(base, values): e for base, e in monomial.powers.items()}
        yield monomial.number / orders, joined((moved, *more))


# --------------------------------------------------------------------------------------------
# Squares completed


def _completed(form: Mapping[frozenset[tuple[Term, Fraction]], Fraction]) -> Term | None:
    """A quadratic form in products as a sum of squares; None where it is not found to be one."""
    shared = _shared([dict(key) for key in form])
    rest = {
        frozenset(joined((dict(key), {b: -e for b, e in shared.items()})).items()): number
        for key, number in form.items()
    }
    roots = [r for key, c in rest.items() if c > 0 and (r := _root(dict(key))) is not None]
    matrix = _matrix(rest, roots)
    squares = None if matrix is None else _decomposed(matrix)
    if squares is None:
        return None
    terms = [
        algebra.product((Num(scale), _square([(c, roots[k]) for k, c in enumerate(row) if c])))
        for scale, row in squares
    ]
    return algebra.product((product_of(shared), algebra.total(terms)))


def _shared(several: Sequence[Powers]) -> Powers:
    """The largest product of squares and of bases >= 0 that divides all of some products."""
    found: dict[Term, Fraction] = {}
    for base in dict.fromkeys(base for powers in several for base in powers):
        least = min(powers.get(base, Fraction(0)) for powers in several)
        if not is_plainly_nonnegative(base):
            least = Fraction(least // 2 * 2)
        if least:
            found[base] = least
    return found


def _root(powers: Powers) -> Powers | None:
    """The product whose square a product is, if it is one."""
    half = {base: exponent / 2 for base, exponent in powers.items()}
    plain = all(is_plainly_nonnegative(base) or e.denominator == 1 for base, e in half.items())
    return half if plain else None


def _matrix(
    form: Mapping[frozenset[tuple[Term, Fraction]], Fraction], roots: Sequence[Powers]
) -> list[list[Fraction]] | None:
    """The symmetric matrix of a quadratic form in the roots; None where they do not make it."""
    size = len(roots)
    matrix = [[Fraction(0)] * size for _ in range(size)]
    for key, number in form.items():
        pairs = [
            (a, b)
            for a in range(size)
            for b in range(a, size)
            if frozenset(joined((roots[a], roots[b])).items()) == key
        ]
        if not pairs:
            return None
        a, b = min(pairs, key=lambda pair: (pair[0] == pair[1]) != (number > 0))
        matrix[a][b] += number if a == b else number / 2
        if a != b:
            matrix[b][a] += number / 2
    return matrix


def _decomposed(matrix: list[list[Fraction]]) -> list[tuple[Fraction, list[Fraction]]] | None:
    """``sum_k d_k (row_k . v)^2`` with all ``d_k > 0``; None where the matrix has a sign."""
    rest = [list(row) for row in matrix]
    squares: list[tuple[Fraction, list[Fraction]]] = []
    for k in range(len(rest)):
        pivot = rest[k][k]
        if pivot < 0 or (not pivot and any(rest[k])):
            return None
        if pivot:
            row = [entry / pivot for entry in rest[k]]
            squares.append((pivot, row))
            rest = [
                [rest[a][b] - pivot * row[a] * row[b] for b in range(len(rest))]
                for a in range(len(rest))
            ]
    return squares


def _square(parts: Sequence[tuple[Fraction, Powers]]) -> Term:
    if len(parts) == 1:
        ((number, powers),) = parts
        doubled = {base: 2 * exponent for base, exponent in powers.items()}
        return algebra.product((Num(number**2), product_of(doubled)))
    inside = algebra.total(algebra.product((Num(c), product_of(powers))) for c, powers in parts)
    return algebra.raised(inside, Num(2))
