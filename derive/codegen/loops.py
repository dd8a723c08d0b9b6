"""The text of loops over windows."""

from __future__ import annotations

from collections.abc import Sequence

from derive.codegen.emission import Writer
from derive.codegen.graph import Node
from derive.codegen.scalars import (
    ATOM,
    CALL,
    PRODUCT,
    SIGN,
    SUM,
    Text,
    bracketed,
    is_negative,
    places_text,
    shape_text,
    size_text,
)
from derive.codegen.windows import Bound, Loop
from derive.terms.indices import Affine, Index
from derive.terms.sizes import Size

LONG = 16  # characters from which a slice gets a name
WIDTH = 90  # characters that a place and what is added to it have in a line


class Slices:
    """Names for the indices of a loop and for the cut ranges, and the slices they make."""

    def __init__(self, writer: Writer, loop: Loop) -> None:
        self.writer = writer
        self.loop = loop
        self.named: dict[tuple[Affine, Size], str] = {}
        self.names = {index: writer.free(f"{index.name} r s u v") for index in loop.loops}
        self.ranges = {
            index: (writer.free(f"{index.name}_low"), writer.free(f"{index.name}_high"))
            for index in loop.cuts
        }

    def release(self) -> None:
        """Gives the names free again that mean nothing after the loop."""
        pairs = [name for pair in self.ranges.values() for name in pair]
        self.writer.taken -= {*self.names.values(), *pairs, *self.named.values()}

    def form(self, form: Affine, values: dict[Index, str] | None = None) -> Text:
        """An affine form of loop indices and sizes."""
        text, binding = "", ATOM
        names = {**self.names, **(values or {})}
        parts = [_times(c, names[index]) for index, c in form.coefficients]
        if form.constant or not parts:
            self.writer.size(form.constant)
            parts += _monomials(form.constant)
        parts.sort(key=lambda part: part[0])
        for k, (negative, part) in enumerate(parts):
            sign = ("-" if negative else "") if not k else (" - " if negative else " + ")
            text += sign + part
        if len(parts) > 1:
            binding = SUM
        elif parts[0][0]:
            binding = SIGN
        elif not text.isidentifier() and not text.isdigit():
            binding = PRODUCT
        for _, coefficient in form.coefficients:
            self.writer.size(coefficient)
        return text, binding

    def place(self, forms: Sequence[Affine], shape: Sequence[Size]) -> str:
        """An index expression; none for all of an array."""
        pairs = zip(forms, shape, strict=True)
        parts = [self.named.get(pair) or ":".join(self.parts(*pair)) for pair in pairs]
        return places_text(parts) if any(part != ":" for part in parts) else ""

    def parts(self, form: Affine, extent: Size) -> list[str]:
        """Start, stop and step of a slice as texts; one text for a place."""
        vectors = [i for i in form.indices if i not in self.loop.loops]
        if not vectors:
            return [self.form(form)[0]]
        (index,) = vectors
        step = form.coefficient(index)
        tail = [self.writer.size(step)[0]] if step != 1 else []
        if index in self.ranges:
            names = self.ranges[index]
            return [*(self.form(form, {index: name})[0] for name in names), *tail]
        rest = form - Affine.of(index) * step
        if rest == Affine.of(0) and step == 1 and index.size == extent:
            return ["", ""]
        start = "" if rest == Affine.of(0) else self.form(rest)[0]
        return [start, self.form(rest + index.size * step)[0], *tail]

    def name_slices(self, known: Sequence[Index]) -> None:
        """Names for the slices that are long, once the loop indices in them are known."""
        shapes = [(view.forms, view.shape) for view in self.loop.views]
        for forms, shape in [*shapes, (self.loop.places, self.loop.shape)]:
            for form, size in zip(forms, shape, strict=True):
                if is_due(form, self.loop, known) and (form, size) not in self.named:
                    self._name_slice(form, size)

    def _name_slice(self, form: Affine, extent: Size) -> None:
        parts = self.parts(form, extent)
        if len(parts) < 2 or len(":".join(parts)) < LONG:
            return
        (index,) = [i for i in form.indices if i not in self.loop.loops]
        name = self.writer.free(f"{index.name}_at")
        inside = ", ".join(part or "None" for part in parts)
        self.writer.line(f"{name} = {self.writer.builtin('slice')}({inside})")
        self.named[form, extent] = name

    def cut(self, index: Index) -> list[str]:
        """The statements that find a cut range."""
        low, high = self.ranges[index]
        lows, highs = ["0"], [self.writer.size(index.size)[0]]
        for bound in self.loop.cuts[index]:
            step = bound.form.coefficient(index)
            rest = bound.form - Affine.of(index) * step
            if is_negative(step):
                highs.append(self._below(rest, -step))
                if bound.extent is not None:
                    lows.append(self._below(rest - bound.extent, -step))
                continue
            lows.append(self._from(rest, step))
            if bound.extent is not None:
                highs.append(self._below(bound.extent - 1 - rest, step))
        lowest, top = self._of_many("max", lows), self._of_many("min", highs)
        return [f"{low} = {lowest}", f"{high} = {self._of_many('max', [low, top])}"]

    def _of_many(self, function: str, texts: Sequence[str]) -> str:
        """The largest or smallest of some texts."""
        different = list(dict.fromkeys(texts))
        if len(different) == 1:
            return different[0]
        return f"{self.writer.builtin(function)}({', '.join(different)})"

    def condition(self, bound: Bound) -> str:
        """What must hold of the loop indices."""
        form = self.form(bound.form)[0]
        if bound.extent is None:
            return f"{form} >= 0"
        return f"0 <= {form} < {bracketed(self.writer.size(bound.extent), SUM)}"

    def _from(self, rest: Affine, step: Size) -> str:
        """The first index with ``step * index + rest >= 0``: ``-(rest // step)``."""
        if step == 1:
            return self.form(rest * -1)[0]
        divisor = bracketed(self.writer.size(step), PRODUCT + 1)
        return f"-({bracketed(self.form(rest), PRODUCT)} // {divisor})"

    def _below(self, rest: Affine, step: Size) -> str:
        """One more than the last index with ``step * index <= rest``."""
        if step == 1:
            return self.form(rest + 1)[0]
        divisor = bracketed(self.writer.size(step), PRODUCT + 1)
        return f"{bracketed(self.form(rest), PRODUCT)} // {divisor} + 1"


def _times(coefficient: Size, name: str) -> tuple[bool, str]:
    """Whether a product is negative, and its text without the sign."""
    negative = is_negative(coefficient)
    size = -coefficient if negative else coefficient
    return negative, name if size == 1 else f"{bracketed(size_text(size), PRODUCT)} * {name}"


def _monomials(size: Size) -> list[tuple[bool, str]]:
    ordered = sorted(size, key=lambda item: (item[1] < 0, item[0]))
    parts = [(c < 0, size_text(Size({monomial: abs(c)}))[0]) for monomial, c in ordered]
    return parts or [(False, "0")]


def loop_text(writer: Writer, node: Node) -> Text:
    """Zeros, and statements that add to their slices."""
    loop: Loop = node.data[0]
    operands = [named(writer, operand) for operand in node.operands]
    slices = Slices(writer, loop)
    name = writer.statement(node, _start(writer, loop))
    depth = writer.depth
    _prepare(writer, slices, ())
    for k, index in enumerate(loop.loops):
        counted = f"{writer.builtin('range')}({writer.size(index.size)[0]})"
        writer.line(f"for {slices.names[index]} in {counted}:")
        writer.depth += 1
        _prepare(writer, slices, loop.loops[: k + 1])
    for view in loop.views:
        place = slices.place(view.forms, view.shape)
        text = operands[view.operand] + (f"[{place}]" if place else "")
        writer.texts[view.leaf] = (text, CALL if place else ATOM)
    writer.uses.update(writer.counted([loop.body]))
    place = slices.place(loop.places, loop.shape)
    body = writer.text(loop.body, WIDTH - len(name) - len(place))[0]
    if place or loop.fill is None:
        row = "assign" if loop.fill is None or _writes_once(loop) else "accumulate"
        writer.line(writer.row(row, name, body, at=place or "..."))
    else:
        writer.line(f"{name} += {body}")
    writer.depth = depth
    slices.release()
    return name, ATOM


def _writes_once(loop: Loop) -> bool:
    """Whether each place is written at most once: the loops are over places of their own."""
    return set(loop.loops) <= {form.plain for form in loop.places}


def named(writer: Writer, node: Node) -> str:
    """An operand that is used again and again, by name."""
    text = writer.operand(node)
    if text[1] < ATOM:
        text = writer.texts[node] = (writer.statement(node, text[0]), ATOM)
    return text[0]


def _start(writer: Writer, loop: Loop) -> str:
    if not loop.shape:
        return "0"
    shape = shape_text(map(writer.size, loop.shape))
    if loop.fill == 0:
        return writer.row("zeros", shape=shape)
    return writer.row("full", writer.row("infinity"), shape=shape)


def is_due(form: Affine, loop: Loop, known: Sequence[Index]) -> bool:
    """Whether the last of the known loop indices is the last that a form needs."""
    needed: set[Index] = set()
    for index in form.indices:
        bounds = loop.cuts.get(index, ())
        needed.update(i for b in bounds for i in b.form.indices)
        needed.add(index)
    needed &= set(loop.loops)
    return needed <= set(known) and (not known or known[-1] in needed)


def _prepare(writer: Writer, slices: Slices, known: Sequence[Index]) -> None:
    """Cut ranges and slices that depend on the loops so far, and on the last of them."""
    loop = slices.loop
    for index in loop.cuts:
        if is_due(Affine.of(index), loop, known):
            for line in slices.cut(index):
                writer.line(line)
    slices.name_slices(known)
    for bound in loop.conditions:
        if is_due(bound.form, loop, known):
            writer.line(f"if {slices.condition(bound)}:")
            writer.depth += 1
