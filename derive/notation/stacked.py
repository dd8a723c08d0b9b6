"""Two-dimensional formulas for the terminal: stacked fractions, tall parentheses, accents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from derive.notation import forms as f
from derive.notation import pretty
from derive.notation.geometry import Box, beside, box, fenced, fraction, raised
from derive.notation.names import SUPERSCRIPTS, translated
from derive.notation.printing import Level, Printer, Row, signed_parts, typeset

Boxes = Printer[Box]


def laid_out(form: f.Form, bracketed: bool | None = None) -> Box:
    """A surface expression in two dimensions.

    >>> print(laid_out(f.Over(f.Call("exp", (f.Name("z"),)), f.Name("S"))))
     exp z
    ───────
       S
    """
    bracketed = pretty.needs_brackets((form,)) if bracketed is None else bracketed
    return Printer(TABLE, fenced, bracketed)(typeset(form))


def linear(show: Boxes, form: f.Form) -> Box:
    """The one-row form, for what stands in a fraction or below the line."""
    return box(Printer(pretty.TABLE, "({})".format, show.bracketed)(form))


def _plus(show: Boxes, form: f.Plus) -> Box:
    (negative, first), *rest = signed_parts(form)
    shown: list[Box | str] = ["−" if negative else "", show(first, Level.TOTAL)]
    for minus, part in rest:
        shown += [" − " if minus else " + ", show(part, Level.TOTAL)]
    return beside(shown)


def _minus(show: Boxes, form: f.Minus) -> Box:
    return beside(["−", show(form.body, Level.TOTAL)])


def _times(show: Boxes, form: f.Times) -> Box:
    *first, last = form.parts
    reaching = show.level(last) == Level.TOTAL or isinstance(last, f.Product)
    shown = [show(part, Level.APPLICATION) for part in first]
    shown.append(show(last, Level.TOTAL if reaching else Level.APPLICATION))
    row: list[Box | str] = [shown[0]]
    for part, more in zip(form.parts[1:], shown[1:], strict=True):
        row += [" · " if isinstance(part, f.Number) else " ", more]
    return beside(row)


def _joined(sign: str) -> Callable[[Boxes, Any], Box]:
    def shown(show: Boxes, form: Any) -> Box:
        row: list[Box | str] = []
        for part in form.parts:
            row += [sign, show(part, Level.APPLICATION)]
        return beside(row[1:])

    return shown


def _over(show: Boxes, form: f.Over) -> Box:
    return fraction(linear(show, form.above), linear(show, form.below))


def _number(show: Boxes, form: f.Number) -> Box:
    text = pretty.decimal(form)
    above, slash, below = text.partition("/")
    return fraction(box(above), box(below)) if slash else box(text)


def _power(show: Boxes, form: f.Power) -> Box:
    base, exponent = show(form.base, Level.ATOM), show(form.exponent)
    text = translated(exponent.rows[0], SUPERSCRIPTS) if len(exponent.rows) == 1 else None
    if form.elementwise:
        return beside([base, "^⊙", show(form.exponent, Level.ATOM)])
    if text and len(base.rows) == 1:
        return beside([base, text])
    return raised(base, box(text) if text else exponent)


def _root(show: Boxes, form: f.Root) -> Box:
    return beside(["√", show(form.body, Level.ATOM)])


def _call(show: Boxes, form: f.Call) -> Box:
    if form.function == "abs":
        return fenced(show(form.arguments[0]), "|", "|")
    if any(len(show(argument).rows) > 1 for argument in form.arguments):
        return beside([form.function, fenced(_commas(show, form.arguments))])
    return linear(show, form)


def _commas(show: Boxes, forms: tuple[f.Form, ...]) -> Box:
    row: list[Box | str] = []
    for form in forms:
        row += [", ", show(form)]
    return beside(row[1:])


def _applied(show: Boxes, form: f.Applied) -> Box:
    return beside([pretty.function_name(form), fenced(_commas(show, form.arguments))])


def _total(show: Boxes, form: f.Total) -> Box:
    head = pretty.operator(Printer(pretty.TABLE, "({})".format, show.bracketed), form)
    return beside([head, " ", show(form.body, Level.TOTAL)])


def _partial(show: Boxes, form: f.Partial) -> Box:
    text = Printer(pretty.TABLE, "({})".format, show.bracketed)
    above, below = pretty.differentials(text, form)
    if isinstance(form.body, f.Name | f.Entry):
        return fraction(box(above + text(form.body, Level.ATOM)), box(below))
    operator = fraction(box(above), box(below))
    level = Level.TOTAL if show.level(form.body) == Level.TOTAL else Level.APPLICATION
    return beside([operator, " ", show(form.body, level)])


def _partial_level(form: f.Partial) -> Level:
    return Level.APPLICATION if isinstance(form.body, f.Name | f.Entry) else Level.TOTAL


def _times_level(form: f.Times) -> Level:
    return (
        Level.TOTAL
        if TABLE[type(form.parts[-1])].level_of(form.parts[-1]) == Level.TOTAL
        else (Level.PRODUCT)
    )


def _after(sign: str) -> Callable[[Boxes, Any], Box]:
    return lambda show, form: beside([show(form.body, Level.ATOM), sign])


def _norm(show: Boxes, form: f.Norm) -> Box:
    shown = fenced(show(form.body), "‖", "‖")
    return (
        raised(shown, box("2"))
        if len(shown.rows) > 1 and form.squared
        else beside([shown, "²" if form.squared else ""])
    )


def _transposed(show: Boxes, form: f.Transposed) -> Box:
    inverted = isinstance(form.body, f.Inverted)
    body = form.body.body if isinstance(form.body, f.Inverted) else form.body
    return beside([show(body, Level.ATOM), "⁻ᵀ" if inverted else "ᵀ"])


def _outer(show: Boxes, form: f.Outer) -> Box:
    return beside([show(form.left, Level.ATOM), " ", show(form.right, Level.ATOM), "ᵀ"])


def _linear_row(kind: type[f.Form]) -> Row[Box]:
    return Row(pretty.TABLE[kind].level, linear)


# What is not listed is printed on one row, as in linear text.
TABLE: dict[type[f.Form], Row[Box]] = {kind: _linear_row(kind) for kind in pretty.TABLE} | {
    f.Number: Row(
        lambda form: Level.APPLICATION if "/" in pretty.decimal(form) else Level.ATOM, _number
    ),
    f.Plus: Row(Level.SUM, _plus),
    f.Minus: Row(Level.SUM, _minus),
    f.Times: Row(_times_level, _times),
    f.Hadamard: Row(Level.QUOTIENT, _joined(" ⊙ ")),
    f.Product: Row(Level.PRODUCT, _joined(" ")),
    f.Outer: Row(Level.PRODUCT, _outer),
    f.Covector: Row(Level.ATOM, _after("ᵀ")),
    f.Over: Row(Level.APPLICATION, _over),
    f.Power: Row(Level.POWER, _power),
    f.Root: Row(Level.POWER, _root),
    f.Call: Row(pretty.call_level, _call),
    f.Applied: Row(Level.ATOM, _applied),
    f.Total: Row(Level.TOTAL, _total),
    f.Partial: Row(_partial_level, _partial),
    f.Transposed: Row(Level.ATOM, _transposed),
    f.Inverted: Row(Level.ATOM, _after("⁻¹")),
    f.Norm: Row(pretty.norm_level, _norm),
}
