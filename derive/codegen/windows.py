"""Sums over sliding windows: loops over the places in a window, and strided slices for the rest.

A slot such as ``S*i + r - P`` with two indices becomes a slice over ``i`` once ``r`` is a number.
In ``w[h - S*i + P]`` the slot itself is looped over and ``h`` is written as ``S*i + r - P``, so
that a gradient scatters into slices. Slices are cut where a slot points out of range: entries there
are 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from derive.codegen.contraction import Contraction, Factor
from derive.codegen.forms import form_mask
from derive.codegen.graph import Node
from derive.codegen.planning import Hint, Planner
from derive.codegen.scalars import is_negative
from derive.codegen.sharing import key
from derive.codegen.sizes import Typical
from derive.codegen.values import Order, Value, arranged
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Delta, Guard, Mul, Sum, Term
from derive.terms.sizes import ONE, Size
from derive.terms.structure import free_indices


@dataclass(frozen=True, eq=False)
class View:
    """A slice of an operand: for each axis the form that runs along it."""

    leaf: Node
    operand: int
    forms: tuple[Affine, ...]
    shape: tuple[Size, ...]  # of the operand


@dataclass(frozen=True)
class Bound:
    """``0 <= form``, and ``form < extent`` if there is an extent."""

    form: Affine
    extent: Size | None


@dataclass(frozen=True, eq=False)
class Loop:
    """``out[places] += body`` for all values of the loop indices."""

    loops: Order
    cuts: dict[Index, tuple[Bound, ...]]  # what cuts the range of an index that is not looped over
    conditions: tuple[Bound, ...]  # on the loop indices alone
    views: tuple[View, ...]
    places: tuple[Affine, ...]
    shape: tuple[Size, ...]
    body: Node
    fill: int | None  # 0, or None for minus infinity


def _is_falling(form: Affine) -> bool:
    return all(is_negative(coefficient) for _, coefficient in form.coefficients)


# --------------------------------------------------------------------------------------------
# From factors to a loop


@dataclass(frozen=True)
class Entry:
    """A factor as a node and the form that runs along each of its axes."""

    node: Node
    forms: tuple[Affine, ...]

    def substituted(self, values: dict[Index, Affine]) -> Entry:
        """The entry at other forms."""
        return Entry(self.node, tuple(form.substituted(values) for form in self.forms))


def entry(planner: Planner, factor: Term) -> Entry:
    """An entry of a tensor, or any other factor as one array."""
    if isinstance(factor, At):
        own, whole = planner.tensor(factor.tensor)
        slots = dict(zip(own, factor.slots, strict=True))
        return Entry(whole.node, tuple(slots[axis] for axis in whole.axes))
    value = planner.value(factor)
    return Entry(value.node, tuple(map(Affine.of, value.axes)))


@dataclass
class Windows:
    """Factors, output places and loops while they are being found."""

    planner: Planner
    entries: list[Entry]
    deltas: list[Affine]
    guards: list[Affine]
    outputs: dict[Index, Affine]
    bound: list[Index]
    typical: Typical
    loops: list[Index] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)

    def vectors(self, form: Affine) -> list[Index]:
        """The indices of a form that are not looped over."""
        return [index for index in form.indices if index not in self.loops]

    def substitute(self, index: Index, form: Affine) -> None:
        """Writes an index as a form, which then stays within the range of the index."""
        values = {index: form}
        self.entries = [part.substituted(values) for part in self.entries]
        self.deltas = [form.substituted(values) for form in self.deltas]
        self.guards = [form.substituted(values) for form in self.guards]
        self.outputs = {i: f.substituted(values) for i, f in self.outputs.items()}
        bounds = [Bound(b.form.substituted(values), b.extent) for b in self.bounds]
        self.bounds = [*bounds, Bound(form, index.size)]
        if index in self.bound:
            self.bound.remove(index)

    def slots(self) -> Iterable[tuple[Affine, Size]]:
        """The slots of the entries that slide, and what pairs of guards keep in a range."""
        for part in self.entries:
            yield from zip(part.forms, part.node.shape, strict=True)
        for pair in combinations(self.guards, 2):
            low, high = reversed(pair) if _is_falling(pair[0]) else pair
            size = low + high + 1
            if not size.coefficients and self.typical.value(size.constant) > 0:
                yield low, size.constant


def loop_value(
    planner: Planner,
    factors: Sequence[Term],
    bound: Sequence[Index],
    hint: Hint,
    fill: int | None = 0,
) -> Value | None:
    """A product with entries that slide; the same one is computed once."""
    body: Term = Mul(factors)
    for index in bound:
        body = Sum(index, body)
    same, order = key(body)
    if (same, fill) not in planner.loops:
        planner.loops[same, fill] = order, _windowed(planner, factors, bound, hint, fill)
    known, value = planner.loops[same, fill]
    return value and value.renamed(dict(zip(known, order, strict=True)))


def _windowed(
    planner: Planner,
    factors: Sequence[Term],
    bound: Sequence[Index],
    hint: Sequence[Index],
    fill: int | None = 0,
) -> Value | None:
    """A product with entries that slide, summed over bound indices; None where no loop helps."""
    free = {i for factor in factors for i in free_indices(factor)} - set(bound)
    order = tuple(i for i in hint if i in free)
    if set(order) != free:
        order = tuple(sorted(free, key=lambda index: index.serial))
    outputs = {index: Affine.of(index) for index in order}
    entries = [entry(planner, f) for f in factors if not isinstance(f, Delta | Guard)]
    deltas = [factor.form for factor in factors if isinstance(factor, Delta)]
    guards = [factor.form for factor in factors if isinstance(factor, Guard)]
    windows = Windows(planner, entries, deltas, guards, outputs, list(bound), planner.typical)
    _use_deltas(windows)
    while crowded := _crowded(windows):
        _loop_over(windows, *crowded)
    used = {i for part in windows.entries for form in part.forms for i in form.indices}
    windows.loops += [i for i in windows.bound if i not in used and i not in windows.loops]
    return _loop(windows, order, fill) if _is_sliced(windows) else None


def _use_deltas(windows: Windows) -> None:
    """Deltas with an index of coefficient 1 or -1 as substitutions."""
    for form in windows.deltas:
        unit = [(i, c) for i, c in form.coefficients if c.constant in (1, -1)]
        unit.sort(key=lambda pair: pair[0] not in windows.outputs)
        if unit:
            index, coefficient = unit[0]
            windows.deltas.remove(form)
            windows.substitute(index, (form - Affine.of(index) * coefficient) * -coefficient)
            return _use_deltas(windows)


def _crowded(windows: Windows) -> tuple[Affine, Size] | None:
    """A slot with two indices that are not looped over, or one that runs backwards."""
    outputs = [(form, index.size) for index, form in windows.outputs.items()]
    bounds = [(b.form, b.extent) for b in windows.bounds if b.extent is not None]
    for form, size in (*windows.slots(), *outputs, *bounds):
        vectors = windows.vectors(form)
        if len(vectors) > 1 or (vectors and is_negative(form.coefficient(vectors[0]))):
            return form, size
    return None


def _loop_over(windows: Windows, form: Affine, size: Size) -> None:
    """Loops over the shortest of the indices in a slot and the slot itself."""
    vectors, typical = windows.vectors(form), windows.typical
    shortest = min(vectors, key=lambda index: typical.value(index.size))
    unit = [i for i in vectors if form.coefficient(i).constant in (1, -1)]
    if not unit or typical.value(shortest.size) <= typical.value(size):
        windows.loops.append(shortest)
        return
    gone = max(unit, key=lambda index: (index in windows.outputs, index.serial))
    coefficient = form.coefficient(gone)
    place = Index("rs"[len(windows.loops) % 2], size)
    rest = form - Affine.of(gone) * coefficient
    windows.loops.append(place)
    windows.substitute(gone, (Affine.of(place) - rest) * coefficient)


def _is_sliced(windows: Windows) -> bool:
    """Whether every index runs along at most one axis of each array."""
    outputs = tuple(windows.outputs.values())
    for forms in (outputs, *(part.forms for part in windows.entries)):
        vectors = [i for form in forms for i in windows.vectors(form)]
        if len(set(vectors)) < len(vectors):
            return False
    return True


def _masks(windows: Windows) -> list[Entry]:
    """Deltas that are left, and guards between several indices that are not looped over."""
    graph = windows.planner.graph
    several = [form for form in windows.guards if len(windows.vectors(form)) > 1]
    windows.bounds += [Bound(form, None) for form in windows.guards if form not in several]
    windows.bounds += [Bound(form, ONE) for form in windows.deltas if not form.coefficients]
    values = [form_mask(graph, "zero", form) for form in windows.deltas if form.coefficients]
    values += [form_mask(graph, "nonnegative", form) for form in several]
    return [Entry(value.node, tuple(map(Affine.of, value.axes))) for value in values]


def _loop(windows: Windows, order: Order, fill: int | None) -> Value:
    graph = windows.planner.graph
    views: list[View] = []
    parts: list[Factor] = []
    entries = [*windows.entries, *_masks(windows)]
    for part in entries:
        axes = tuple(i for form in part.forms for i in windows.vectors(form))
        shape = tuple(i.size for i in axes)
        leaf = graph.made("view", (), (len(graph.known),), shape, part.node.kind)
        views.append(View(leaf, len(views), part.forms, part.node.shape))
        parts.append(Factor(Value(leaf, axes), "mask" if part.node.kind == "mask" else "above"))
        slots = zip(part.forms, part.node.shape, strict=True)
        windows.bounds += [Bound(form, size) for form, size in slots]
    kept = tuple(i for form in windows.outputs.values() for i in windows.vectors(form))
    body = Contraction(graph, kept, kept).value(parts) if parts else Value(graph.number(1))
    if len(kept) == len(order) and set(kept) == set(body.axes):  # transposed once, afterwards
        at = dict(zip(kept, order, strict=True))
        kept, order = body.axes, tuple(at[index] for index in body.axes)
    loop = Loop(
        tuple(windows.loops),
        *_limits(windows),
        tuple(views),
        tuple(windows.outputs[index] for index in order),
        tuple(index.size for index in order),
        arranged(graph, body, kept),
        fill,
    )
    return Value(graph.made("loop", [e.node for e in entries], (loop,), loop.shape), order)


def _limits(windows: Windows) -> tuple[dict[Index, tuple[Bound, ...]], tuple[Bound, ...]]:
    """What cuts the range of each index, and what else must hold: bounds that not always do."""
    context = windows.planner.context
    cuts: dict[Index, tuple[Bound, ...]] = {}
    conditions: list[Bound] = []
    for bound in dict.fromkeys(windows.bounds):
        limits = [bound.form] + ([bound.extent - 1 - bound.form] if bound.extent else [])
        if all(map(context.always_nonnegative, limits)):
            continue
        vectors = windows.vectors(bound.form)
        if vectors:
            cuts[vectors[0]] = (*cuts.get(vectors[0], ()), bound)
        else:
            conditions.append(bound)
    return cuts, tuple(conditions)
