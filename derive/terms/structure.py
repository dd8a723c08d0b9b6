"""Structure of terms: free indices, substitution, equality up to bound names, definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Count, D, Delta, Guard, Mul, Sum, Term, subterms
from derive.terms.sizes import Size
from derive.terms.tensors import (
    Choice,
    Definition,
    Determinant,
    Inverse,
    LogDeterminant,
    Recurrence,
    Tensor,
)

Levels = Mapping[Index, int]
FORMED = (Count, Delta, Guard)  # kinds of terms made of an affine form


def forms(term: Term) -> tuple[Affine, ...]:
    """The affine forms that a node itself holds."""
    if isinstance(term, At):
        return term.slots
    if isinstance(term, D):
        return term.variable.slots
    return (term.form,) if isinstance(term, FORMED) else ()


@lru_cache(maxsize=100_000)
def free_indices(term: Term) -> frozenset[Index]:
    """The indices that a term depends on from outside."""
    own = {index for form in forms(term) for index in form.indices}
    inside = own.union(*(free_indices(child) for child in term.children))
    return frozenset(inside - {term.index} if isinstance(term, Sum) else inside)


def ordered_free_indices(term: Term) -> tuple[Index, ...]:
    """The free indices in the order in which they were made."""
    return tuple(sorted(free_indices(term), key=lambda index: index.serial))


def indices_as_written(term: Term) -> tuple[Index, ...]:
    """The free indices in the order in which they occur, whatever they are called."""
    found = (i for part in subterms(term) for form in forms(part) for i in form.indices)
    return tuple(index for index in dict.fromkeys(found) if index in free_indices(term))


def substituted(term: Term, values: Mapping[Index, Affine]) -> Term:
    """The term with free indices replaced by affine forms; bound indices are renamed on a clash."""
    values = {i: v for i, v in values.items() if i in free_indices(term)}
    if not values:
        return term
    if isinstance(term, Sum):
        captured = {index for form in values.values() for index in form.indices}
        if term.index in captured:
            fresh = term.index.fresh()
            body = substituted(term.body, {**values, term.index: Affine.of(fresh)})
            return Sum(fresh, body)
    moved = with_forms(term, lambda form: form.substituted(values))
    return moved.rebuilt(substituted(child, values) for child in moved.children)


def with_forms(term: Term, change) -> Term:  # type: ignore[no-untyped-def]
    """A node with its own affine forms changed; children stay."""
    if isinstance(term, At):
        return At(term.tensor, tuple(change(slot) for slot in term.slots)) if term.slots else term
    if isinstance(term, D):
        return D(term.body, At(term.variable.tensor, tuple(map(change, term.variable.slots))))
    return type(term)(change(term.form)) if isinstance(term, FORMED) else term


def unfolded(entry: At) -> Term:
    """The body of a defined entry, guarded by its range where a slot is not a plain index."""
    definition = entry.tensor.origin
    assert isinstance(definition, Definition)
    body = substituted(definition.body, dict(zip(definition.indices, entry.slots, strict=True)))
    guards = range_guards(entry)
    return Mul((*guards, body)) if guards else body


def recurrence_step(tensor: Tensor) -> Term:
    """``tensor[time + 1, rest..]`` of a recurrence, over its own time and rest indices."""
    origin = tensor.origin
    assert isinstance(origin, Recurrence)
    return at_time(origin.step, tensor, Affine.of(origin.time))


def at_time(term: Term, tensor: Tensor, time: Affine) -> Term:
    """A term of a step with the entries of ``previous`` read off the recurrence at a time."""
    origin = tensor.origin
    assert isinstance(origin, Recurrence)
    if isinstance(term, At) and term.tensor == origin.previous:
        return At(tensor, (time, *term.slots))
    if not term.children:
        return term
    return term.rebuilt(at_time(child, tensor, time) for child in term.children)


def check_closed(indices: tuple[Index, ...], body: Term) -> None:
    """A name may depend on its own indices only: a hidden one would escape every sum over it.

    Raises:
        ValueError: naming the index from outside.
    """
    outside = sorted(index.name for index in free_indices(body) - set(indices))
    if outside:
        raise ValueError(f"a definition that depends on the index {outside[0]} from outside")


def range_guards(entry: At) -> tuple[Term, ...]:
    """The guards that say that an entry is in range, without those that its indices ensure."""
    guards: list[Term] = []
    for slot, size in zip(entry.slots, entry.tensor.shape, strict=True):
        if slot.plain is None or slot.plain.size != size:
            guards += [Guard(slot), Guard(size - 1 - slot)]
    return tuple(guards)


# --------------------------------------------------------------------------------------------
# Equality up to bound names


def binding(indices: Iterable[Index]) -> dict[Index, int]:
    """Levels for the indices that a definition binds."""
    return {index: level for level, index in enumerate(indices)}


def alpha_key(term: Term, bound: Iterable[Index] = ()) -> tuple[object, ...]:
    """A key that two terms share exactly when they differ in bound names only."""
    return _key(term, binding(bound))


def alpha_equal(left: Term, right: Term) -> bool:
    """Whether two terms differ in bound names only."""
    return alpha_key(left) == alpha_key(right)


def may_leave(term: Term, context: Context) -> bool:
    """Whether a term, or the meaning of a name in it, may read an entry out of range."""
    meant = (t.origin.body for t in reachable(term) if isinstance(t.origin, Definition))
    parts = (part for each in (term, *meant) for part in subterms(each))
    entries = (part for part in parts if isinstance(part, At) and part.tensor.name)
    return any(
        not context.in_range(slot, size)
        for entry in entries
        for slot, size in zip(entry.slots, entry.tensor.shape, strict=True)
    )


def affine_key(form: Affine, levels: Levels) -> tuple[object, ...]:
    """A key of an affine form under levels for bound indices."""
    parts = sorted((levels.get(i, -1), _free_key(i, levels), c) for i, c in form.coefficients)
    return (form.constant, tuple(parts))


def _free_key(index: Index, levels: Levels) -> tuple[str, int]:
    return ("", 0) if index in levels else (index.name, index.serial)


def _key(term: Term, levels: Levels) -> tuple[object, ...]:
    own = tuple(affine_key(form, levels) for form in forms(term))
    head = _head(term)
    if isinstance(term, Sum):
        levels = {**levels, term.index: len(levels)}
    return (head, own, tuple(_key(child, levels) for child in term.children))


def _head(term: Term) -> tuple[object, ...]:
    name = type(term).__name__
    if isinstance(term, At):
        return (name, term.tensor)
    if isinstance(term, D):
        return (name, term.variable.tensor)
    if isinstance(term, Sum):
        return (name, term.index.size)
    if term.children or isinstance(term, FORMED):
        return (name, getattr(term, "function", None))
    return (name, *term._fields)


# --------------------------------------------------------------------------------------------
# Tensors inside terms


@lru_cache(maxsize=50_000)
def tensors(term: Term) -> tuple[Tensor, ...]:
    """The tensors that occur in a term itself, each once, in order of first occurrence."""
    seen: dict[Tensor, None] = {}
    for part in subterms(term):
        if isinstance(part, At):
            seen.setdefault(part.tensor)
        if isinstance(part, D):
            seen.setdefault(part.variable.tensor)
    return tuple(seen)


@lru_cache(maxsize=50_000)
def constituents(tensor: Tensor) -> tuple[Tensor, ...]:
    """The tensors that a named tensor is directly made from."""
    origin = tensor.origin
    if isinstance(origin, Definition | Choice):
        return tensors(origin.body)
    if isinstance(origin, Inverse | Determinant | LogDeterminant):
        return (origin.matrix,)
    if isinstance(origin, Recurrence):
        both = (*tensors(origin.start), *tensors(origin.step))
        return tuple(dict.fromkeys(t for t in both if t != origin.previous))
    return ()


@lru_cache(maxsize=50_000)
def reachable(term: Term) -> tuple[Tensor, ...]:
    """All tensors that a term depends on, those that others are made from first."""
    order: dict[Tensor, None] = {}

    def visit(tensor: Tensor) -> None:
        if tensor in order:
            return
        for part in (*constituents(tensor), *_weights(tensor)):
            visit(part)
        order.setdefault(tensor)

    for tensor in tensors(term):
        visit(tensor)
    return tuple(order)


def _weights(tensor: Tensor) -> tuple[Tensor, ...]:
    return tuple(a for f in sorted(tensor.facts, key=lambda f: f.kind.value) for a in f.arguments)


def variables(term: Term) -> tuple[Tensor, ...]:
    """The variables that a term depends on, through definitions too."""
    return tuple(tensor for tensor in reachable(term) if tensor.is_variable)


def definitions(term: Term) -> tuple[Tensor, ...]:
    """The defined names that a term depends on, in the order in which they can be computed."""
    return tuple(t for t in reachable(term) if isinstance(t.origin, Definition))


def size_names(term: Term) -> tuple[str, ...]:
    """The named sizes that a term depends on, sorted."""
    names: set[str] = set()
    stack = [term]
    for tensor in reachable(term):
        names.update(name for size in tensor.shape for name in size.names)
        if isinstance(tensor.origin, Definition | Choice):
            stack.append(tensor.origin.body)
        if isinstance(tensor.origin, Recurrence):
            stack += [tensor.origin.start, tensor.origin.step]
        if isinstance(tensor.origin, Choice):
            stack += [Guard(form) for form in tensor.origin.allowed]
    for top in stack:
        for part in subterms(top):
            names.update(name for form in forms(part) for name in _form_names(form))
            if isinstance(part, Sum):
                names.update(part.index.size.names)
    return tuple(sorted(names))


def _form_names(form: Affine) -> set[str]:
    sizes: list[Size] = [form.constant, *(c for _, c in form.coefficients)]
    sizes += [index.size for index in form.indices]
    return {name for size in sizes for name in size.names}
