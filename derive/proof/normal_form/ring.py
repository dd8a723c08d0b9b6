"""The arithmetic of the normal form: sums, products and powers of polynomials over factors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import lcm
from typing import Any

from derive.proof.normal_form import (
    elementary,
    fractions,
    settling,
)
from derive.proof.normal_form.factors import (
    Exponent,
    Factor,
    Number,
    Polynomial,
    Product,
    Table,
    Undecided,
    as_exponent,
    exponent_sum,
    merged,
    poly_indices,
)
from derive.proof.normal_form.heads import Matrices
from derive.proof.statuses import Gates
from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.sizes import Size
from derive.terms.tensors import Fact, Kind, Tensor

Powers = Mapping[Factor, Exponent]
LARGEST_POWER = 64
LARGEST_POLYNOMIAL = 20_000
MOST_EFFORT = 8_000  # products and labellings for one statement; proofs of a page need hundreds


class Work:
    """The pieces of work done for one statement, in all its attempts."""

    __slots__ = ("done", "most")

    def __init__(self, most: int = MOST_EFFORT) -> None:
        self.done, self.most = 0, most

    @contextmanager
    def at_most(self, pieces: int) -> Iterator[None]:
        """Do no more than some pieces of work inside, for one part of the statement."""
        most = self.most
        self.most = min(most, self.done + pieces)
        try:
            yield
        finally:
            self.most = most


@dataclass(frozen=True)
class Closed:
    """What one proof does not look into.

    Names through which no derivative goes, parts of terms by their keys, and whether functions.
    """

    names: frozenset[Tensor] = frozenset()
    parts: frozenset[object] = frozenset()
    functions: bool = False


NOTHING_CLOSED = Closed()
FUNCTIONS = Closed(functions=True)


class Ring:
    """The polynomials of one proof: a context, the gates that are open, the factors met.

    ``used`` collects the names of the gates that did something, ``kinks`` whether a condition was
    replaced by its complement, ``ties`` the weights of maxima whose sum was taken to be 1.
    """

    def __init__(
        self,
        context: Context,
        gates: Gates,
        positive: frozenset[Tensor] = frozenset(),
        work: Work | None = None,
        closed: Closed = NOTHING_CLOSED,
    ) -> None:
        self.positive = positive
        self.assumed: dict[Factor, int] = {}  # with the sign that each has
        self.signed: dict[Tensor, tuple[tuple[Tensor, Fact], ...]] = {}  # names of what is > 0
        self.context = context
        self.gates = gates
        self.table = Table()
        self.used: dict[str, None] = {}
        self.kinks = False
        self.ties: dict[Tensor, None] = {}
        self.declared: dict[Tensor, Polynomial] = {}  # the values of declared moments
        self.facts_used: dict[tuple[Tensor, Fact], None] = {}
        self.inverses = Matrices()
        self.written_out: frozenset[int] = frozenset()  # literal sizes over which sums are
        self.closed = closed
        self.last_leads = False  # whether the last term of a matrix leads, not the first
        self._times: dict[tuple[int, int], Polynomial] = {}
        self._powers: dict[tuple[Any, ...], Polynomial] = {}
        self.unit: Polynomial = {self.table.one: 1}
        self.work = work or Work()
        self.angles: dict[Product, int] = {}  # into how many parts an angle is divided
        self.recentred: dict[Index, int] = {}  # how often the sums over an index were moved
        self.compared: dict[tuple[Factor, Factor], Any] = {}  # what pairs of conditions are
        self.halved = False  # whether one was divided further after it had been used

    # ---- elements

    def number(self, value: Number) -> Polynomial:
        """A rational number."""
        return {self.table.one: value} if value else {}

    def of(self, factor: Factor, exponent: Exponent = 1) -> Polynomial:
        """A power of one factor."""
        return {self.table.product({factor: exponent}): 1}

    def affine(self, form: Affine) -> Polynomial:
        """The value of an affine form, as a polynomial in sizes and index values."""
        parts = [self._size(form.constant)]
        for index, coefficient in form.coefficients:
            value = self.of(self.table.factor("count", index, indices=(index,)))
            parts.append(self.multiplied(self._size(coefficient), value))
        return self.added(*parts)

    def _size(self, size: Any) -> Polynomial:
        total: dict[Product, Number] = {}
        for monomial, coefficient in size:
            powers = {self.table.factor("size", name): power for name, power in monomial}
            total[self.table.product(powers)] = coefficient
        return total

    # ---- arithmetic

    def added(self, *polys: Polynomial) -> Polynomial:
        """The sum of polynomials."""
        total: dict[Product, Number] = {}
        for poly in polys:
            for product, coefficient in poly.items():
                value = total.get(product, 0) + coefficient
                if value:
                    total[product] = value
                else:
                    del total[product]
        return total

    def scaled(self, poly: Polynomial, number: Number) -> Polynomial:
        """A polynomial times a number."""
        return {p: c * number for p, c in poly.items()} if number else {}

    def multiplied(self, left: Polynomial, right: Polynomial) -> Polynomial:
        """The product of two polynomials.

        Raises:
            Undecided: when it would have more terms than anybody could want.
        """
        if len(left) * len(right) > LARGEST_POLYNOMIAL:
            raise Undecided("a product has too many terms")
        self.worked(len(left) * len(right) // 4)
        parts = [
            self.scaled(self._product(p, q), c * d)
            for p, c in left.items()
            for q, d in right.items()
        ]
        return self.added(*parts)

    def _product(self, left: Product, right: Product) -> Polynomial:
        if left is self.table.one:
            return {right: 1}
        if right is self.table.one:
            return {left: 1}
        key = (left.id, right.id) if left.id < right.id else (right.id, left.id)
        if key not in self._times:
            self._times[key] = self.settled(merged(left.factors, right.factors))
        return self._times[key]

    def power(self, poly: Polynomial, exponent: Exponent) -> Polynomial:
        """A power of a polynomial; see `fractions` for what is not a natural number."""
        if isinstance(exponent, int) and exponent >= 0:
            return self._natural_power(poly, exponent)
        if not poly:
            return fractions.power_of_zero(self, exponent)
        key = (tuple((p.id, c) for p, c in poly.items()), exponent)
        if key not in self._powers:
            self._powers[key] = fractions.power(self, poly, exponent)
        return self._powers[key]

    def _natural_power(self, poly: Polynomial, exponent: int) -> Polynomial:
        if len(poly) == 1:
            ((product, coefficient),) = poly.items()
            powers = {f: e * exponent for f, e in product.factors}
            return self.scaled(self.settled(powers), coefficient**exponent)
        if exponent > LARGEST_POWER:
            raise Undecided(f"a power of a sum with exponent {exponent}")
        result = self.unit
        for _ in range(exponent):
            result = self.multiplied(result, poly)
        return result

    def powers(self, factors: Iterable[tuple[Factor, Exponent]]) -> Polynomial:
        """A product of powers of factors that were changed, each brought to normal form."""
        powers: dict[Factor, Exponent] = {}
        for factor, exponent in factors:
            powers[factor] = exponent_sum(powers.get(factor, 0), exponent)
        return self.settled(powers)

    def settled(
        self, powers: Mapping[Factor, Exponent], bound: tuple[Index, ...] = ()
    ) -> Polynomial:
        """The normal form of a product of powers, summed over the bound indices."""
        self.worked(1 + len(powers) // 4)
        return settling.settled(self, dict(powers), bound)

    def spread(self, powers: Powers, poly: Polynomial, bound: tuple[Index, ...]) -> Polynomial:
        """``sum over bound of (product of powers * polynomial)``."""
        parts = []
        for product, coefficient in poly.items():
            together = merged(powers.items(), product.factors)
            parts.append(self.scaled(settling.settled(self, together, bound), coefficient))
        return self.added(*parts)

    def worked(self, pieces: int = 1) -> None:
        """Count pieces of work.

        Raises:
            Undecided: when a statement has taken more of them than anybody could wait for.
        """
        self.work.done += pieces
        if self.work.done > self.work.most:
            raise Undecided("the terms are too large to decide")

    def summed(self, poly: Polynomial, bound: tuple[Index, ...]) -> Polynomial:
        """The sum of a polynomial over indices."""
        parts = [
            self.scaled(self.settled(dict(product.factors), bound), coefficient)
            for product, coefficient in poly.items()
        ]
        return self.added(*parts)

    def angle_parts(self, angle: Product, parts: int) -> int:
        """Into how many parts an angle is divided, so that its multiples met so far are whole."""
        known = self.angles.setdefault(angle, parts)
        if known % parts:
            self.angles[angle], self.halved = lcm(known, parts), True
        return self.angles[angle]

    def forget(self) -> None:
        """Forget the products and powers formed so far; the parts of angles stay known."""
        self._times.clear()
        self._powers.clear()
        self.halved = False

    # ---- renaming

    def place(self, form: Affine, size: Size) -> Index | None:
        """The slot that a form is: an index, or a constant place that is in range for certain."""
        if form.coefficients:
            return form.plain
        return self.table.pin(form, size) if self.context.in_range(form, size) else None

    def renamed(self, poly: Polynomial, values: Mapping[Index, Affine]) -> Polynomial:
        """A polynomial with free indices replaced; inside slots only by other indices."""
        if not any(index in values for index in poly_indices(poly.items())):
            return poly
        parts = [
            self.scaled(self.renamed_product(product, values), coefficient)
            for product, coefficient in poly.items()
        ]
        return self.added(*parts)

    def renamed_product(self, product: Product, values: Mapping[Index, Affine]) -> Polynomial:
        """A product with free indices replaced."""
        powers, rest = self.renamed_powers(product.factors, values)
        return self.multiplied_all([self.settled(powers), *rest])

    def renamed_powers(
        self, factors: Iterable[tuple[Factor, Exponent]], values: Mapping[Index, Affine]
    ) -> tuple[dict[Factor, Exponent], list[Polynomial]]:
        """Powers of factors with indices replaced: those that stay factors, and the others."""
        powers: dict[Factor, Exponent] = {}
        rest: list[Polynomial] = []
        for factor, exponent in factors:
            if isinstance(exponent, Affine):
                exponent = as_exponent(exponent.substituted(values))
            if any(index in values for index in factor.indices):
                changed = elementary.renamed_factor(self, factor, values)
                single = _single_factor(changed)
                if single is None:
                    rest.append(self.power(changed, exponent))
                    continue
                factor = single
            powers[factor] = exponent_sum(powers.get(factor, 0), exponent)
        return powers, rest

    def opened(
        self, factor: Factor, values: Mapping[Index, Affine] | None = None
    ) -> tuple[tuple[Index, ...], dict[Factor, Exponent], list[Polynomial]]:
        """The inside of a sum under fresh names: these, its powers, and what became polynomials."""
        names, product = factor.data
        fresh = {old: Affine.of(old.fresh()) for old in names}
        powers, rest = self.renamed_powers(product.factors, {**(values or {}), **fresh})
        return tuple(form.indices[0] for form in fresh.values()), powers, rest

    def multiplied_all(self, polys: Iterable[Polynomial]) -> Polynomial:
        """The product of several polynomials."""
        result = self.unit
        for poly in polys:
            result = self.multiplied(result, poly)
        return result

    # ---- facts

    def holds(self, tensor: Tensor, kind: Kind) -> bool:
        """Whether a closed fact of a tensor may be used here; a use is noted."""
        for fact in tensor.facts if tensor.is_variable else ():
            if fact.kind is kind and (tensor, fact) in self.gates.facts:
                self.facts_used.setdefault((tensor, fact))
                self.used.setdefault(f"facts of {tensor.name}")
                return True
        return False


def _single_factor(poly: Polynomial) -> Factor | None:
    """The factor that a polynomial is, if it is just that."""
    if len(poly) != 1:
        return None
    ((product, coefficient),) = poly.items()
    if coefficient != 1 or len(product.factors) != 1 or product.factors[0][1] != 1:
        return None
    return product.factors[0][0]
