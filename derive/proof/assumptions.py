"""The assumptions of a statement: what its domain needs and the context does not already give."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache

from derive.proof import signs
from derive.proof.domains import domain
from derive.proof.normal_form import congruence, inverses, positivity
from derive.proof.normal_form.content import leading
from derive.proof.normal_form.factors import Factor, Polynomial, Product, Undecided, frozen
from derive.proof.normal_form.lowering import Lowering
from derive.proof.normal_form.ring import FUNCTIONS, NOTHING_CLOSED, Closed, Ring
from derive.proof.statuses import Gates
from derive.terms.contexts import Context
from derive.terms.indices import Index
from derive.terms.nodes import NOUGHT, Add, At, Mul, Num, Term
from derive.terms.sizes import Size
from derive.terms.statements import (
    Assumption,
    Declared,
    Nonsingular,
    Nonzero,
    OffKink,
    Positive,
    Statement,
)
from derive.terms.structure import definitions, tensors
from derive.terms.tensors import Fact, Kind, Tensor


class Refusal(Exception):
    """A statement that can't be meant: a denominator is 0, a condition can't hold."""


def assumed(statement: Statement) -> tuple[tuple[Assumption, ...], tuple[Assumption, ...]]:
    """The assumptions of a statement that are not theorems themselves, each once.

    Second come those under which ``[-u > 0] = 1 - [u > 0]`` may be used.

    Raises:
        Refusal: when a denominator has the normal form 0.
    """
    found = domain(statement)
    low = Lowering(Ring(statement.context, Gates(), closed=FUNCTIONS))
    needed = _each_kink_once(_remaining(found.assumptions, statement.context), low)
    kinks = [OffKink(kink) for kink in found.kinks if tensors(kink)]
    return needed, _each_kink_once([*needed, *kinks], low)


def _each_kink_once(found: Iterable[Assumption], low: Lowering) -> tuple[Assumption, ...]:
    """Kinks at the zeros of multiples of the same term are one assumption, of the term itself."""
    seen: dict[object, Assumption] = {}
    for assumption in found:
        if isinstance(assumption, OffKink):
            bare = OffKink(_without_factors(assumption.term, low))
            seen.setdefault(_up_to_number(bare.term, low), bare)
        else:
            seen.setdefault(assumption, assumption)
    return tuple(seen.values())


def _without_factors(term: Term, low: Lowering) -> Term:
    """A term without zeros added to it, and without numbers and positive factors before it."""
    if isinstance(term, Add):
        parts = [part for part in term.parts if part != NOUGHT]
    elif isinstance(term, Mul):
        parts = [part for part in term.parts if not _is_never_zero(part, low)]
    else:
        return term
    if len(parts) == 1:
        return _without_factors(parts[0], low)
    return type(term)(parts) if parts else term


def _is_never_zero(term: Term, low: Lowering) -> bool:
    return term.value != 0 if isinstance(term, Num) else signs.is_positive(term, low)


def _up_to_number(term: Term, low: Lowering) -> object:
    try:
        poly = low(term)
    except Undecided:
        return term
    if not poly:
        return term
    lead = poly[leading(low.ring, poly)]
    return frozen(low.ring.scaled(poly, 1 / Fraction(lead)))


def nonsingular(matrices: Iterable[Tensor], context: Context) -> tuple[Assumption, ...]:
    """What inverting some matrices needs beyond what is known of them."""
    found = dict.fromkeys(map(Nonsingular, matrices))
    return tuple(dict.fromkeys(_remaining(found, context)))


def _remaining(found: Iterable[Assumption], context: Context) -> Iterable[Assumption]:
    """What is positive comes first, for what is not 0 often follows from it."""
    known: tuple[Positive, ...] = ()
    for assumption in sorted(found, key=lambda each: not isinstance(each, Positive)):
        left = _left_of(assumption, known, context)
        if isinstance(assumption, Positive) and assumption in left:
            known = (*known, assumption)
        yield from left


@lru_cache(maxsize=5_000)
def _left_of(
    assumption: Assumption, known: tuple[Positive, ...], context: Context
) -> tuple[Assumption, ...]:
    """What is left of an assumption where others hold; most steps assume what the last one did."""
    plain = _plainly_left(assumption, _reading(assumption, known, context, FUNCTIONS))
    if plain is not None:
        return plain
    return tuple(_discharged(assumption, _reading(assumption, known, context, NOTHING_CLOSED)))


def _reading(
    assumption: Assumption, known: tuple[Positive, ...], context: Context, closed: Closed
) -> Lowering:
    named = frozenset(t for each in (assumption, *known) for t in definitions_of(each))
    gates = Gates(differentiation=True, definitions=named)
    low = Lowering(Ring(context, gates, positive_tensors(known), closed=closed))
    for each in known:
        with suppress(Undecided):
            positivity.assume(low.ring, low(each.term))
    low.ring.facts_used.clear()
    return low


def positive_tensors(assumptions: Iterable[Assumption]) -> frozenset[Tensor]:
    """Tensors all of whose entries are assumed positive."""
    return frozenset(_positive_tensors(assumptions))


def _positive_tensors(assumptions: Iterable[Assumption]) -> Iterable[Tensor]:
    for assumption in assumptions:
        entry = assumption.term if isinstance(assumption, Positive) else None
        if isinstance(entry, At):
            plain = [slot.plain for slot in entry.slots]
            whole = all(
                i is not None and i.size == size
                for i, size in zip(plain, entry.tensor.shape, strict=True)
            )
            if whole and len(set(plain)) == len(plain):
                yield entry.tensor


def _plainly_left(assumption: Assumption, low: Lowering) -> tuple[Assumption, ...] | None:
    """The facts by which a term is positive, where that shows without a look into functions."""
    if not isinstance(assumption, Nonzero | Positive):
        return None
    try:
        known = signs.is_positive(assumption.term, low)
    except Undecided:
        return None
    return tuple(Declared(tensor, fact) for tensor, fact in low.ring.facts_used) if known else None


def definitions_of(assumption: Assumption) -> tuple[Tensor, ...]:
    """The names that an assumption speaks of: all are opened to see signs."""
    term = _term(assumption)
    return definitions(term) if term is not None else ()


def _term(assumption: Assumption) -> Term | None:
    if isinstance(assumption, Nonsingular):
        size = assumption.matrix.shape[0]
        return At(assumption.matrix, (Index("i", size), Index("j", size)))
    return getattr(assumption, "term", None)


def _discharged(assumption: Assumption, low: Lowering) -> Iterable[Assumption]:
    """What is left of an assumption: nothing, the facts that give it, or itself."""
    if isinstance(assumption, Nonsingular):
        return _of_matrix(assumption, low)
    if isinstance(assumption, Nonzero | Positive):
        return _of_term(assumption, low)
    return (assumption,)


def _of_term(assumption: Nonzero | Positive, low: Lowering) -> Iterable[Assumption]:
    try:
        poly = low(assumption.term)
    except Undecided:
        return (assumption,)
    if not poly:
        raise Refusal(
            "a denominator is 0" if isinstance(assumption, Nonzero) else "log or root of 0"
        )
    if signs.is_positive(assumption.term, low) or _is_nonzero(assumption, low, poly):
        return tuple(Declared(tensor, fact) for tensor, fact in low.ring.facts_used)
    if isinstance(assumption, Positive):
        positivity.assume(low.ring, poly)
    return (assumption,)


def _is_nonzero(assumption: Assumption, low: Lowering, poly: Polynomial) -> bool:
    if not isinstance(assumption, Nonzero):
        return _size_is_positive(low, poly)
    negative = low.ring.scaled(poly, -1)
    known = positivity.is_positive(low.ring, negative) or _size_is_positive(low, poly)
    return known or _single_fact(low, poly)


def _size_is_positive(low: Lowering, poly: Polynomial) -> bool:
    """A polynomial in sizes, by the context."""
    total = Size.of(0)
    for product, coefficient in poly.items():
        if coefficient != int(coefficient):
            return False
        term = Size.of(int(coefficient))
        for factor, exponent in product.factors:
            if factor.kind != "size" or not isinstance(exponent, int) or exponent < 0:
                return False
            term = term * Size.of(factor.data[0]) ** exponent
        total = total + term
    return low.ring.context.is_positive(total)


def _single_fact(low: Lowering, poly: Polynomial) -> bool:
    """A product of entries that are declared not to be 0."""
    if len(poly) != 1:
        return False
    ((product, _),) = poly.items()
    return all(_declared_nonzero(low, factor) for factor, _ in product.factors)


def _declared_nonzero(low: Lowering, factor: Factor) -> bool:
    if positivity.factor_is_positive(low.ring, factor):
        return True
    tensor = factor.data[0].tensor if factor.kind == "entry" else None
    if tensor is None or not tensor.has(Kind.NONZERO, Kind.SIGNS):
        return False
    fact = next(f for f in tensor.facts if f.kind in (Kind.NONZERO, Kind.SIGNS))
    low.ring.facts_used.setdefault((tensor, fact))
    return True


# --------------------------------------------------------------------------------------------
# Nonsingular matrices


def _of_matrix(assumption: Nonsingular, low: Lowering) -> Iterable[Assumption]:
    """Declared matrices, and sums of Gram matrices with one that is definite."""
    matrix = assumption.matrix
    for kind in (Kind.POSITIVE_DEFINITE, Kind.NONSINGULAR):
        if matrix.is_variable and matrix.has(kind):
            return (Declared(matrix, Fact(kind)),)
    # Closed, a defined X shows X'X as it is; opened, a defined matrix shows what it is made of.
    closed = Lowering(Ring(low.ring.context, Gates(definitions=frozenset([matrix]))))
    for reading in (closed, low):
        facts = _facts_of_definite(matrix, reading)
        if facts is not None:
            return facts
    return (assumption,)


def _facts_of_definite(matrix: Tensor, low: Lowering) -> tuple[Assumption, ...] | None:
    """The facts by which a matrix is positive definite, if its form shows that it is."""
    row, column = low.ring.inverses.marked(matrix.shape[0])
    try:
        poly = low(At(matrix, (row, column)))
        kinds = [_definiteness(low, p, row, column) if c > 0 else None for p, c in poly.items()]
    except Undecided:
        return None
    if not poly:
        raise Refusal("a matrix that is inverted is 0")
    if None in kinds or "definite" not in kinds:
        return None
    return tuple(Declared(tensor, fact) for tensor, fact in low.ring.facts_used)


def _definiteness(low: Lowering, product: Product, row: Index, column: Index) -> str | None:
    """Whether a term is a positive multiple of I, a declared matrix, or a Gram matrix."""
    marked = [(f, e) for f, e in product.factors if row in f.indices or column in f.indices]
    scalars = [f for f, _ in product.factors if f not in [m for m, _ in marked]]
    if not all(positivity.factor_is_positive(low.ring, f) for f in scalars) or len(marked) != 1:
        return None
    factor, exponent = marked[0]
    if exponent != 1:
        return None
    if inverses.is_identity(factor, row, column):
        return "definite"
    if factor.kind == "entry":
        return _declared_definite(low, factor, row, column)
    if factor.kind != "sum":
        return None
    found = _gram(low, factor, row, column)
    if found is None and congruence.is_gram(low.ring, factor, row, column):
        return "semidefinite"
    return found


def _declared_definite(low: Lowering, factor: Factor, row: Index, column: Index) -> str | None:
    tensor = factor.data[0].tensor
    if (
        tensor is None
        or not tensor.has(Kind.POSITIVE_DEFINITE)
        or set(factor.data[1]) != {row, column}
    ):
        return None
    low.ring.facts_used.setdefault((tensor, Fact(Kind.POSITIVE_DEFINITE)))
    return "definite"


def _gram(low: Lowering, factor: Factor, row: Index, column: Index) -> str | None:
    """``sum_k X[k, row] X[k, column]``: semidefinite, and definite at full column rank."""
    names, product = factor.data
    if len(names) != 1 or len(product.factors) != 2:
        return None
    (one, e), (two, d) = product.factors
    if e != 1 or d != 1 or one.kind != "entry" or two.kind != "entry":
        return None
    slots = {one.data[1], two.data[1]}
    k = names[0]
    if one.data[0] is not two.data[0]:
        return None
    if slots == {(k, row), (k, column)}:
        return _full_rank(low, one.data[0].tensor)
    return "semidefinite" if slots == {(row, k), (column, k)} else None


def _full_rank(low: Lowering, tensor: Tensor | None) -> str:
    if tensor is not None and tensor.has(Kind.FULL_COLUMN_RANK, Kind.ORTHONORMAL):
        kind = Kind.FULL_COLUMN_RANK if tensor.has(Kind.FULL_COLUMN_RANK) else Kind.ORTHONORMAL
        low.ring.facts_used.setdefault((tensor, Fact(kind)))
        return "definite"
    return "semidefinite"
