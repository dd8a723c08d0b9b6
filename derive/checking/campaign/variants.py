"""Variants of a formula, each one edit away: what people write instead of it.

They are made from the terms of the formula alone, by rows of edits; no entry lists its mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from derive.terms.arrays import Array, entries
from derive.terms.indices import Affine, Index
from derive.terms.nodes import (
    Add,
    At,
    Cond,
    Count,
    Delta,
    Fn,
    Guard,
    Mul,
    Num,
    Pow,
    Sum,
    Term,
    negated,
    subterms,
)
from derive.terms.sizes import Size
from derive.terms.structure import constituents, free_indices, reachable, substituted
from derive.terms.tensors import Choice, Definition, Determinant, Inverse, LogDeterminant, Tensor

MOST = 400


@dataclass(frozen=True)
class Edit:
    """A term in place of another, in words: ``{after} in place of {before}``."""

    words: str  # with {before} and {after}
    before: Term
    after: Term
    where: Tensor | None = None  # the name in whose definition it is, or the formula itself
    site: Term | None = None  # what a reader finds in the derivation
    new: Term | None = None  # what stands there instead


Changed: TypeAlias = Iterator[tuple[str, Term, Term, Term]]

# --------------------------------------------------------------------------------------------
# Edits of one node: words, what is shown before and after, the new node


def _of_sum(node: Add) -> Changed:
    for k, part in enumerate(node.parts):
        rest = (*node.parts[:k], *node.parts[k + 1 :])
        left = rest[0] if len(rest) == 1 else Add(rest)
        yield "the term {before} is missing", part, left, left
        turned = Add((*node.parts[:k], negated(part), *node.parts[k + 1 :]))
        yield "the sign of {before} is reversed", part, negated(part), turned


def _of_product(node: Mul) -> Changed:
    for k, part in enumerate(node.parts):
        rest = (*node.parts[:k], *node.parts[k + 1 :])
        left = rest[0] if len(rest) == 1 else Mul(rest)
        yield "the factor {before} is missing", part, left, left
        if isinstance(part, Pow) and isinstance(part.exponent, Num) and part.exponent.value == -1:
            upside = Mul((*node.parts[:k], part.base, *node.parts[k + 1 :]))
            yield "{after} in place of {before}", part, part.base, upside
        elif not isinstance(part, Num | Pow | Delta | Guard | Cond):
            below = Pow(part, Num(-1))
            divided = Mul((*node.parts[:k], below, *node.parts[k + 1 :]))
            yield "{after} in place of {before}", part, below, divided


def _of_count(node: Count) -> Changed:
    size = node.form.constant
    if node.form.coefficients or size.constant is not None:
        return
    for other in (size - 1, size + 1):
        yield "{after} in place of {before}", node, Count(other), Count(other)
    names = size.names
    if len(names) > 1:
        for name in names:
            yield "{after} in place of {before}", node, Count(Size.of(name)), Count(Size.of(name))


def _of_number(node: Num) -> Changed:
    """Another number, as it is mistaken for another or typed wrong."""
    value = node.value
    for other in dict.fromkeys((2 * value, value / 2, value + 1, value - 1)):
        if value != -1 and other not in (value, 0):
            yield "{after} in place of {before}", node, Num(other), Num(other)


def _of_power(node: Pow) -> Changed:
    if isinstance(node.exponent, Num) and node.exponent.value != 1:
        value = node.exponent.value
        for exponent in (value + 1, value - 1):
            if exponent not in (0, 1, value / 2, value * 2) and value > 0:
                moved = Pow(node.base, Num(exponent))
                yield "{after} in place of {before}", node, moved, moved
        if value != -1:
            kept = node.base if value > 0 else Pow(node.base, Num(-1))
            yield "{after} in place of {before}", node, kept, kept
        if value == 2:
            yield "{after} in place of {before}", node, Num(1), Num(1)
        halved = Pow(node.base, Num(value / 2))
        doubled = Pow(node.base, Num(value * 2))
        for other in (halved, doubled):
            yield "{after} in place of {before}", node, other, other
        yield from _outside(node, value)


def _outside(node: Pow, value: Fraction) -> Changed:
    """A parameter added outside a root instead of under it."""
    if not isinstance(node.base, Add) or value.denominator == 1:
        return
    for k, part in enumerate(node.base.parts):
        if not _is_parameter(part):
            continue
        rest = (*node.base.parts[:k], *node.base.parts[k + 1 :])
        inner = rest[0] if len(rest) == 1 else Add(rest)
        root = Add((Pow(inner, Num(abs(value))), part))
        outside = root if value > 0 else Pow(root, Num(-1))
        yield "{after} in place of {before}: {part} stands outside the root", node, outside, outside


def _is_parameter(term: Term) -> bool:
    return isinstance(term, At) and not term.slots and term.tensor.is_variable


def _of_function(node: Fn) -> Changed:
    (inner, *more) = node.arguments
    yield "{after} in place of {before}", node, inner, inner
    for other in more:
        yield "{after} in place of {before}", node, other, other
    if node.function == "exp":
        short = Add((node, Num(-1)))
        yield "{after} in place of {before}", node, short, short
    if node.function == "sigmoid":
        yield from _of_logistic(node, inner)
    for name in OTHERS.get(str(node.function), ()):
        other = Fn(name, node.arguments)
        yield "{after} in place of {before}", node, other, other


def _of_logistic(node: Fn, inner: Term) -> Changed:
    """Slips in 1 / (1 + exp(-t)), which the logistic function is written as."""
    decaying = Fn("exp", (negated(inner),))
    growing = Fn("exp", (inner,))
    bases: list[Term] = [Add((Num(c), decaying)) for c in (2, Fraction(1, 2), -1)]
    bases += [Add((Num(1), negated(decaying))), Add((Num(1), growing)), decaying]
    for base in (*bases, Add((Num(1), negated(inner)))):
        other = Pow(base, Num(-1))
        yield "{after} in place of {before}", node, other, other
    whole = Add((Num(1), decaying))
    yield "{after} in place of {before}", node, whole, whole


OTHERS = {
    "sigmoid": ("tanh", "softplus"),
    "tanh": ("sigmoid",),
    "sin": ("cos",),
    "cos": ("sin",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
}


def _of_condition(node: Cond) -> Changed:
    turned = Cond(negated(node.term))
    yield "the condition {before} is reversed", node, turned, turned


def _of_entry(node: At) -> Changed:
    shape = node.tensor.shape
    for k in range(len(shape) - 1):
        if shape[k] == shape[k + 1] and not node.tensor.is_symmetric:
            slots = list(node.slots)
            slots[k], slots[k + 1] = slots[k + 1], slots[k]
            swapped = At(node.tensor, slots)
            yield "{before} is transposed", node, swapped, swapped
    if isinstance(node.tensor.origin, Inverse):
        same = Delta(node.slots[0] - node.slots[1])
        yield "the inverse is missing in {before}: the identity stands for it", node, same, same
        matrix = At(node.tensor.origin.matrix, node.slots)
        yield "{after} in place of {before}: the inverse is missing", node, matrix, matrix
    if _is_parameter(node):
        squared = Pow(node, Num(2))
        yield "{after} in place of {before}", node, squared, squared
    if any(slot.plain is None for slot in node.slots) or len(shape) > 3:
        yield from _flipped(node)


def _flipped(node: At) -> Changed:
    """The last axes of an array read backwards, as when a kernel is not flipped."""
    for axes in ((-1,), (-2,), (-2, -1)):
        if len(node.slots) >= len(axes):
            slots = list(node.slots)
            for axis in axes:
                slots[axis] = Affine.of(node.tensor.shape[axis] - 1) - slots[axis]
            turned = At(node.tensor, slots)
            yield "{before} is flipped", node, turned, turned


EDITS: dict[type[Term], Callable[..., Changed]] = {
    Num: _of_number,
    Add: _of_sum,
    Mul: _of_product,
    Count: _of_count,
    Pow: _of_power,
    Fn: _of_function,
    Cond: _of_condition,
    At: _of_entry,
}


def _others(node: At, known: Sequence[Tensor]) -> Changed:
    """Another array of the same shape in place of one, such as an input for its normalised form."""
    for tensor in known:
        same = tensor != node.tensor and tensor.shape == node.tensor.shape
        if same and (node.slots or isinstance(node.tensor.origin, Definition)):
            other = At(tensor, node.slots)
            yield "{after} in place of {before}", node, other, other


# --------------------------------------------------------------------------------------------
# Edits anywhere


def edits(array: Array) -> Iterator[tuple[Edit, Array]]:
    """All variants of an array that are one edit away, in its own terms or behind its names."""
    known = [t for t in reachable(array.body) if t.name and not isinstance(t.origin, Choice)]
    count = 0
    seen: dict[tuple[str, Term, Term], int] = {}
    for edit, body in _inside(array.body, None, known):
        yield edit, Array(array.indices, body)
        if edit.site is not None and edit.new is not None:
            key = (edit.words, edit.site, edit.new)
            seen[key] = seen.get(key, 0) + 1
        count += 1
        if count > MOST:
            return
    for (words, site, other), times in seen.items():
        if times > 1:
            edit = Edit(words, site, other, None, site, other)
            yield edit, Array(array.indices, _replaced(array.body, site, other))
    yield from _exchanged(array, known)
    for tensor in reversed(reachable(array.body)):
        if not isinstance(tensor.origin, Definition):
            continue
        own = [t for t in reachable(tensor.origin.body) if t.name]
        for edit, body in _inside(tensor.origin.body, tensor, own):
            new = Tensor(tensor.name, tensor.shape, (), Definition(tensor.origin.indices, body))
            yield edit, Array(array.indices, with_tensor(array.body, {tensor: new}))
            count += 1
            if count > MOST:
                return


def _replaced(term: Term, site: Term, new: Term) -> Term:
    """A term with all occurrences of a part replaced."""
    if term == site:
        return new
    children = [_replaced(child, site, new) for child in term.children]
    return term.rebuilt(children) if children else term


def _exchanged(array: Array, known: Sequence[Tensor]) -> Iterator[tuple[Edit, Array]]:
    """One variable in place of another of the same shape, wherever it stands."""
    own = [tensor for tensor in known if tensor.is_variable]
    for old in own:
        for new in own:
            if old is not new and old.shape == new.shape:
                slots = entries(old).body.slots  # type: ignore[attr-defined]
                edit = Edit("{after} in place of {before}", At(old, slots), At(new, slots))
                yield edit, Array(array.indices, with_tensor(array.body, {old: new}))


def _inside(
    term: Term, where: Tensor | None, known: Sequence[Tensor]
) -> Iterator[tuple[Edit, Term]]:
    row = EDITS.get(type(term))
    changes = list(row(term)) if row else []
    if isinstance(term, At):
        changes += _others(term, known)
    for words, before, after, new in changes:
        yield Edit(words, before, after, where, term, new), new
    for k, child in enumerate(term.children):
        for edit, new in _inside(child, where, known):
            children = (*term.children[:k], new, *term.children[k + 1 :])
            yield edit, term.rebuilt(children)


def with_tensor(term: Term, changes: Mapping[Tensor, Tensor]) -> Term:
    """A term with tensors replaced, behind the names that are made from them too."""
    known = dict(changes)

    def tensor(old: Tensor) -> Tensor:
        if old not in known:
            known[old] = rebuilt(old) if any(map(is_changed, constituents(old))) else old
        return known[old]

    def is_changed(part: Tensor) -> bool:
        return tensor(part) != part

    def rebuilt(old: Tensor) -> Tensor:
        origin = old.origin
        if isinstance(origin, Definition):
            changed = Definition(origin.indices, moved(origin.body))
            return Tensor(old.name, old.shape, old.facts, changed)
        if isinstance(origin, Choice):
            body = moved(origin.body)
            chosen = Choice(origin.outer, origin.chosen, body, origin.allowed)
            return Tensor(old.name, old.shape, old.facts, chosen)
        if isinstance(origin, Inverse | Determinant | LogDeterminant):
            made = type(origin)(tensor(origin.matrix))
            return Tensor(old.name, old.shape, old.facts, made)
        return old

    def moved(part: Term) -> Term:
        if isinstance(part, At):
            return At(tensor(part.tensor), part.slots)
        return part.rebuilt(map(moved, part.children)) if part.children else part

    return moved(term)


def is_worth_saying(edit: Edit) -> bool:
    """Whether an edit changes anything: dropping a factor 1, or a guard, does not."""
    dropped = edit.words.startswith("the factor")
    return not (dropped and edit.before == Num(1)) and not isinstance(edit.before, Guard)


# --------------------------------------------------------------------------------------------
# Sums along another axis


def along_others(array: Array) -> Iterator[tuple[str, Array]]:
    """Variants whose sums run along another axis of the result, with the sizes in words."""
    for kept in array.indices:
        for moved in array.indices:
            if kept is not moved and kept.size != moved.size:
                body = _turned(array.body, kept, moved)
                if body != array.body:
                    words = f"sums run along {moved.size} in place of {kept.size}"
                    yield words, Array(array.indices, body)


def _turned(term: Term, kept: Index, moved: Index) -> Term:
    """Sums over the range of one index of the result run over that of another instead."""
    free = free_indices(term.body) if isinstance(term, Sum) else frozenset()
    if isinstance(term, Sum) and term.index.size == kept.size and moved in free - {kept}:
        fresh = moved.fresh()
        values = {moved: Affine.of(fresh), term.index: Affine.of(kept)}
        return Sum(fresh, substituted(term.body, values))
    if isinstance(term, Count) and term.form == Affine.of(kept.size):
        return Count(moved.size)
    return term.rebuilt(_turned(child, kept, moved) for child in term.children)


def first_use(array: Array, edit: Edit) -> Term | None:
    """An entry of the name whose definition was edited."""
    uses = (term for term in subterms(array.body) if getattr(term, "tensor", None) == edit.where)
    return next(uses, None)


def parameter(edit: Edit) -> str:
    """The number that an edit changes."""
    names = [t.name for t in reachable(edit.before) if t.is_variable and not t.shape]
    return names[0] if names else "it"
