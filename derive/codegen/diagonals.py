"""Arrays with deltas between their own axes: assigned into diagonals, never multiplied out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derive.codegen.planning import Planner
from derive.codegen.values import Value, arranged
from derive.terms.indices import Affine, Index
from derive.terms.nodes import UNIT, Add, Count, Delta, Mul, Sum, Term
from derive.terms.structure import free_indices, substituted


@dataclass(frozen=True)
class Piece:
    """``sum over bound`` of a product of factors."""

    bound: tuple[Index, ...]
    factors: tuple[Term, ...]

    @property
    def term(self) -> Term:
        """The piece as a term."""
        body = Mul(self.factors) if len(self.factors) != 1 else self.factors[0]
        for index in reversed(self.bound):
            body = Sum(index, body)
        return body if self.factors or self.bound else UNIT


def equal_indices(delta: Term) -> tuple[Index, Index] | None:
    """The two indices of one range that a delta sets equal, None for any other term."""
    if not isinstance(delta, Delta) or delta.form.constant:
        return None
    pairs = delta.form.coefficients
    if sorted(c.constant or 0 for _, c in pairs) != [-1, 1]:
        return None
    (left, _), (right, _) = pairs
    return (left, right) if left.size == right.size else None


def has_delta(term: Term) -> bool:
    """Whether a sum or product has a delta of two indices in it."""
    if isinstance(term, Add | Mul | Sum):
        return any(has_delta(child) for child in term.children)
    return equal_indices(term) is not None


def pieces(term: Term) -> list[Piece]:
    """A term as a sum of products; brackets are opened only where they hold deltas."""
    if not has_delta(term):
        return [Piece((), (term,))]
    if isinstance(term, Add):
        return [piece for part in term.parts for piece in pieces(part)]
    if isinstance(term, Sum):
        return [_under(term.index, piece) for piece in pieces(term.body)]
    if isinstance(term, Mul):
        return _products([_bracket(part) for part in term.parts])
    return [Piece((), (term,))]


def _bracket(term: Term) -> list[Piece]:
    """The pieces of a factor, those without deltas as one sum."""
    found = pieces(term)
    without = [piece for piece in found if not any(map(equal_indices, piece.factors))]
    if len(without) < 2:
        return found
    rest = [piece for piece in found if piece not in without]
    return [*rest, Piece((), (Add([piece.term for piece in without]),))]


def _products(brackets: Sequence[list[Piece]]) -> list[Piece]:
    products = [Piece((), ())]
    for bracket in brackets:
        products = [_times(left, right) for left in products for right in bracket]
    return products


def _times(left: Piece, right: Piece) -> Piece:
    """Two pieces multiplied; bound indices of one name are told apart."""
    factors, bound = right.factors, []
    for index in right.bound:
        if index in left.bound:
            fresh = index.fresh()
            values = {index: Affine.of(fresh)}
            factors = tuple(substituted(factor, values) for factor in factors)
            index = fresh
        bound.append(index)
    return Piece((*left.bound, *bound), (*left.factors, *factors))


def _under(index: Index, piece: Piece) -> Piece:
    """The sum of a piece over one more index; a delta that picks its value ends the sum."""
    for k, factor in enumerate(piece.factors):
        pair = equal_indices(factor)
        if pair and index in pair:
            other = pair[1] if pair[0] is index else pair[0]
            rest = (*piece.factors[:k], *piece.factors[k + 1 :])
            values = {index: Affine.of(other)}
            return Piece(piece.bound, tuple(substituted(f, values) for f in rest))
    if not any(index in free_indices(factor) for factor in piece.factors):
        return Piece(piece.bound, (Count(index.size), *piece.factors))
    return Piece((index, *piece.bound), piece.factors)


# --------------------------------------------------------------------------------------------
# Putting an array together


def assembled(planner: Planner, term: Term, hint: Sequence[Index]) -> Value:
    """A dense part, to which diagonals are added."""
    dense: list[Term] = []
    diagonal: dict[tuple[tuple[Index, ...], ...], list[Term]] = {}
    for piece in pieces(term):
        classes, rest = _classes(piece)
        if classes:
            diagonal.setdefault(classes, []).append(rest.term)
        else:
            dense.append(rest.term)
    free = free_indices(term)
    order = tuple(i for i in hint if i in free)
    if set(order) != free:
        order = tuple(sorted(free, key=lambda index: index.serial))
    if not diagonal:
        return planner.value(_total(dense), order)
    return _scattered(planner, order, dense, diagonal)


def _total(parts: Sequence[Term]) -> Term:
    return Add(parts) if len(parts) > 1 else parts[0]


def _classes(piece: Piece) -> tuple[tuple[tuple[Index, ...], ...], Piece]:
    """The free indices that deltas set equal, and the piece with one of each for all."""
    groups: list[list[Index]] = []
    factors: list[Term] = []
    for factor in piece.factors:
        pair = equal_indices(factor)
        if pair is None:
            factors.append(factor)
        else:
            _join(groups, pair)
    classes = [tuple(sorted(group, key=lambda i: i.serial)) for group in groups]
    classes.sort(key=lambda group: group[0].serial)
    values = {i: Affine.of(group[0]) for group in classes for i in group[1:]}
    rest = tuple(substituted(factor, values) for factor in factors)
    return tuple(classes), Piece(piece.bound, rest)


def _join(groups: list[list[Index]], pair: tuple[Index, Index]) -> None:
    touched = [group for group in groups if pair[0] in group or pair[1] in group]
    whole = dict.fromkeys(i for group in touched for i in group) | dict.fromkeys(pair)
    for group in touched:
        groups.remove(group)
    groups.append(list(whole))


def _scattered(
    planner: Planner,
    order: tuple[Index, ...],
    dense: Sequence[Term],
    diagonal: dict[tuple[tuple[Index, ...], ...], list[Term]],
) -> Value:
    graph = planner.graph
    shape = tuple(index.size for index in order)
    operands = []
    if dense:
        value = planner.real(_total(dense), order)
        operands.append(planner.filled(arranged(graph, value, order), shape))
    patterns = []
    for classes, parts in diagonal.items():
        pattern = tuple(
            next((k for k, group in enumerate(classes) if index in group), None) for index in order
        )
        axes = _axes_of_view(order, pattern, classes)
        operands.append(arranged(graph, planner.real(_total(parts), axes), axes))
        patterns.append(pattern)
    node = graph.made("scatter", operands, (bool(dense), *patterns), shape)
    return Value(node, order)


def _axes_of_view(
    order: tuple[Index, ...],
    pattern: Sequence[int | None],
    classes: Sequence[tuple[Index, ...]],
) -> tuple[Index, ...]:
    """The axes of ``J[i, :, i]`` as NumPy orders them: those of index arrays come together."""
    chosen = [k for k, group in enumerate(pattern) if group is not None]
    kept = [index for index, group in zip(order, pattern, strict=True) if group is None]
    together = chosen == list(range(chosen[0], chosen[-1] + 1))
    before = chosen[0] if together else 0
    return (*kept[:before], *(group[0] for group in classes), *kept[before:])
