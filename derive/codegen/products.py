"""Products spelt out: one list of factors, summed over bound indices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from derive.codegen.sharing import Shared
from derive.codegen.sliding import is_window_sum
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Add, Count, Mul, Num, Pow, Sum, Term
from derive.terms.structure import free_indices, substituted


@dataclass(frozen=True)
class Product:
    """``coefficient * sum over bound of the product of factors``."""

    bound: tuple[Index, ...]
    factors: tuple[Term, ...]
    coefficient: Fraction = Fraction(1)

    def negated(self) -> Product:
        """The opposite."""
        return replace(self, coefficient=-self.coefficient)


def flattened(term: Term, shared: Shared) -> Product:
    """A product with the products and sums inside it; sums that occur elsewhere too stay whole."""
    bound: list[Index] = []
    factors: list[Term] = []
    coefficient = Fraction(1)
    for part in _spelt_out(term, shared, bound, outside=True):
        if isinstance(part, Num):
            coefficient *= part.value
        else:
            factors.append(part)
    return Product(tuple(bound), tuple(factors), coefficient)


def _spelt_out(
    term: Term, shared: Shared, bound: list[Index], outside: bool = False
) -> Iterator[Term]:
    if isinstance(term, Mul):
        for part in term.parts:
            yield from _spelt_out(part, shared, bound)
    elif isinstance(term, Sum) and (outside or not _stays(term, shared)):
        yield from _opened(term, shared, bound)
    elif isinstance(term, Pow):
        yield from _power(term, shared, bound)
    else:
        yield term


def _stays(term: Sum, shared: Shared) -> bool:
    """Whether a sum in a product is computed on its own."""
    return shared.is_worth(term) or is_window_sum(term, shared.typical)


def _opened(term: Sum, shared: Shared, bound: list[Index]) -> Iterator[Term]:
    """What is inside a sum; its index gets a new name if the name is taken."""
    index, body = term.index, term.body
    if index in bound:
        index = index.fresh()
        body = substituted(body, {term.index: Affine.of(index)})
    bound.append(index)
    yield from _spelt_out(body, shared, bound, outside=isinstance(body, Sum))


def _power(term: Pow, shared: Shared, bound: list[Index]) -> Iterator[Term]:
    """An integer power of a product as a product of powers; a power of a power as one."""
    base, exponent = term.base, term.exponent
    if not isinstance(exponent, Num):
        yield term
    elif isinstance(base, Pow) and isinstance(base.exponent, Num) and exponent.value == -1:
        yield from _power(Pow(base.base, Num(-base.exponent.value)), shared, bound)
    elif isinstance(base, Num) and exponent.value.denominator == 1:
        yield Num(base.value ** int(exponent.value))
    elif isinstance(base, Mul) and exponent.value == -1:
        for part in base.parts:
            yield from _power(Pow(part, exponent), shared, bound)
    else:
        yield term


def gain_wanted(product: Product, place: int) -> float | None:
    """How many times less an opened bracket has to cost, None for one that stays closed.

    A bracket of outer products is opened for any gain; one of arrays on different axes, such as
    ``X - mean``, for a large one only, because opened it may lose digits.
    """
    bracket = product.factors[place]
    if not isinstance(bracket, Add) or len(product.factors) + bool(product.bound) < 2:
        return None
    if any(_arrays(part) > 1 for part in bracket.parts):
        return 1.0
    whole = free_indices(bracket)
    fewer = [part for part in bracket.parts if free_indices(part) < whole]
    return 3.0 if any(map(free_indices, fewer)) else None


def _arrays(part: Term) -> int:
    """How many factors of a product have axes."""
    if isinstance(part, Sum):
        return 1 + _arrays(part.body)
    return sum(bool(free_indices(f)) for f in part.parts) if isinstance(part, Mul) else 0


def opened(product: Product, place: int) -> list[Term]:
    """The products that a bracket's parts make with the other factors."""
    bracket = product.factors[place]
    assert isinstance(bracket, Add)
    before, after = product.factors[:place], product.factors[place + 1 :]
    terms: list[Term] = []
    for part in bracket.parts:
        body: Term = Mul((Num(product.coefficient), *before, part, *after))
        for index in reversed(product.bound):
            occurs = index in free_indices(body)
            body = Sum(index, body) if occurs else Mul((Count(index.size), body))
        terms.append(body)
    return terms
