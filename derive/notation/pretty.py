"""Linear text in Unicode: ``∂sᵢ/∂zⱼ = sᵢ (δᵢⱼ − sⱼ)``, ``2 Xᵀ (X b − y)``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from derive.notation import forms as f
from derive.notation.linear import commas, decimal
from derive.notation.names import SUBSCRIPTS, SUPERSCRIPTS, pretty_name, translated
from derive.notation.printing import Level, Printer, Row, signed_parts, typeset

Text = Printer[str]
CLOSED = ("diag", "tr", "diagonal")  # always with parentheses
BARE = f.Name | f.Entry | f.Number


def text(form: f.Form, bracketed: bool | None = None) -> str:
    """A surface expression in Unicode, with subscripts if all of them have glyphs.

    >>> r = f.Entry(f.Name("r"), (f.Name("i"),))
    >>> text(f.Total((f.Name("i"),), f.Power(r, f.Number(2))))
    'Σᵢ rᵢ²'
    """
    bracketed = needs_brackets((form,)) if bracketed is None else bracketed
    return Printer(TABLE, "({})".format, bracketed)(typeset(form))


def needs_brackets(forms: Sequence[f.Form]) -> bool:
    """Whether some subscript of these formulas has no glyph, so that all are written x[i]."""
    entries = (
        part
        for form in forms
        for part in f.parts(form)
        if isinstance(part, f.Entry | f.Kronecker | f.Total)
    )
    return any(subscript(subscripts(part)) is None for part in entries)


def subscripts(form: f.Entry | f.Kronecker | f.Total) -> tuple[f.Form, ...]:
    """What stands below the line."""
    if isinstance(form, f.Entry):
        return form.slots
    return (form.left, form.right) if isinstance(form, f.Kronecker) else form.indices


def subscript(slots: Sequence[f.Form]) -> str | None:
    """Plain index names as subscript glyphs, None if one is missing."""
    names = [slot.text for slot in slots if isinstance(slot, f.Name)]
    if len(names) < len(slots) or (len(names) > 1 and max(map(len, names)) > 1):
        return None
    return translated("".join(names), SUBSCRIPTS)


def _plus(show: Text, form: f.Plus) -> str:
    (negative, first), *rest = signed_parts(form)
    start = ("−" if negative else "") + show(first, Level.TOTAL)
    return start + "".join(f" {'−' if m else '+'} {show(p, Level.TOTAL)}" for m, p in rest)


def times_level(form: f.Times) -> Level:
    """A product that ends in Σ reaches on as Σ does."""
    return Level.TOTAL if _level(form.parts[-1]) == Level.TOTAL else Level.PRODUCT


def _level(form: f.Form) -> Level:
    return TABLE[type(form)].level_of(form)


def _last(show: Text, form: f.Form) -> str:
    reaching = _level(form) == Level.TOTAL or isinstance(form, f.Product | f.Constant)
    return show(form, Level.TOTAL if reaching else Level.APPLICATION)


def _times(show: Text, form: f.Times) -> str:
    *first, last = form.parts
    shown = [*(show(part, Level.APPLICATION) for part in first), _last(show, last)]
    text = shown[0]
    for part, more in zip(form.parts[1:], shown[1:], strict=True):
        text += (" · " if isinstance(part, f.Number) else " ") + more
    return text


def _tight(show: Text, form: f.Tight) -> str:
    text = show(form.parts[0], Level.APPLICATION)
    for before, part in zip(form.parts, form.parts[1:], strict=False):
        text += ("" if isinstance(before, f.Number) else "·") + show(part, Level.APPLICATION)
    return text


def _joined(sign: str) -> Callable[[Text, f.Hadamard | f.Product | f.Tight], str]:
    return lambda show, form: sign.join(show(part, Level.APPLICATION) for part in form.parts)


def _over(show: Text, form: f.Over) -> str:
    return f"{show(form.above, Level.PRODUCT)} / {show(form.below, Level.APPLICATION)}"


def _entry(show: Text, form: f.Entry) -> str:
    if isinstance(form.head, f.Total):
        return f"[{commas(show, form.slots)} = {show(form.head)}]"
    if show.bracketed:
        return f"{show(form.head, Level.ATOM)}[{commas(show, form.slots)}]"
    head = show(form.head)
    if not isinstance(form.head, f.Name):
        head = f"[{head}]"
    return head + (subscript(form.slots) or "")


def _power(show: Text, form: f.Power) -> str:
    base = show(form.base, Level.ATOM)
    if form.elementwise:
        return f"{base}^⊙{show(form.exponent, Level.ATOM)}"
    raised = translated(show(form.exponent), SUPERSCRIPTS)
    return base + (raised or f"^{show(form.exponent, Level.ATOM)}")


def _call(show: Text, form: f.Call) -> str:
    if form.function == "abs":
        return f"|{show(form.arguments[0])}|"
    if form.function == "logdet":
        return f"log |det {show(form.arguments[0], Level.ATOM)}|"
    name = {"maximum": "max", "minimum": "min"}.get(form.function, form.function)
    bare = len(form.arguments) == 1 and isinstance(form.arguments[0], BARE)
    if bare and form.function not in CLOSED:
        return f"{name} {show(form.arguments[0])}"
    return f"{name}({commas(show, form.arguments)})"


def call_level(form: f.Call) -> Level:
    """``|x|`` and ``diag(x)`` are closed; ``exp x`` is not."""
    return Level.ATOM if form.function in ("abs", *CLOSED) else Level.APPLICATION


def function_name(form: f.Applied) -> str:
    """An opaque function with its derivatives: ``f′``, ``∂₁f``."""
    name = pretty_name(form.function)
    if len(form.orders) == 1:
        return name + "′" * form.orders[0]
    steps = "".join(f"∂{SUBSCRIPTS[str(k + 1)]}" * order for k, order in enumerate(form.orders))
    return steps + name


def _applied(show: Text, form: f.Applied) -> str:
    return f"{function_name(form)}({commas(show, form.arguments)})"


OPERATORS = {"sum": "Σ"}


def operator(show: Text, form: f.Total) -> str:
    """``Σᵢ``, ``maxₖ``; conditions stand beside the indices."""
    sign = OPERATORS.get(form.operator, form.operator)
    below = subscript(form.indices)
    if form.conditions or show.bracketed or below is None:
        rows = [" ".join(map(_spelt(show), row)) for row in f.chained(form.conditions)]
        conditions = f": {', '.join(rows)}" if rows else ""
        return f"{sign}[{', '.join(map(show, form.indices))}{conditions}]"
    return sign + below


def _spelt(show: Text) -> Callable[[f.Form | str], str]:
    return lambda part: part if isinstance(part, str) else show(part)


def _total(show: Text, form: f.Total) -> str:
    return f"{operator(show, form)} {show(form.body, Level.TOTAL)}"


def _kronecker(show: Text, form: f.Kronecker) -> str:
    if show.bracketed:
        return f"[{show(form.left)} = {show(form.right)}]"
    return "δ" + (subscript((form.left, form.right)) or "")


def _iverson(show: Text, form: f.Iverson) -> str:
    return f"[{show(form.left)} {form.relation} {show(form.right)}]"


def variable_orders(form: f.Partial) -> list[tuple[f.Form, int]]:
    """The variables of a derivative, each with how often in a row it is differentiated by."""
    groups: list[tuple[f.Form, int]] = []
    for variable in form.variables:
        if groups and groups[-1][0] == variable:
            groups[-1] = (variable, groups[-1][1] + 1)
        else:
            groups.append((variable, 1))
    return groups


def differentials(show: Text, form: f.Partial) -> tuple[str, str]:
    """``∂²`` and ``∂x∂y``: the two halves of a derivative."""
    order = len(form.variables)
    above = "∂" + (translated(str(order), SUPERSCRIPTS) or "" if order > 1 else "")
    below = [
        "∂" + show(v, Level.ATOM) + (translated(str(k), SUPERSCRIPTS) or "" if k > 1 else "")
        for v, k in variable_orders(form)
    ]
    return above, "".join(below)


def _partial(show: Text, form: f.Partial) -> str:
    above, below = differentials(show, form)
    return f"{above}{show(form.body, Level.APPLICATION)}/{below}"


def _transposed(show: Text, form: f.Transposed) -> str:
    if isinstance(form.body, f.Inverted):
        return show(form.body.body, Level.ATOM) + "⁻ᵀ"
    return show(form.body, Level.ATOM) + "ᵀ"


def _norm(show: Text, form: f.Norm) -> str:
    return f"‖{show(form.body)}‖" + ("²" if form.squared else "")


def norm_level(form: f.Norm) -> Level:
    """A squared norm is a power."""
    return Level.POWER if form.squared else Level.ATOM


def _reduction(show: Text, form: f.Reduction) -> str:
    if form.operator == "sum" and form.ndim == 2 and form.axes:
        body = form.body if form.axes == (1,) else f.Transposed(form.body)
        return show(body, Level.POWER) + " 1"
    axes = form.axes if len(form.axes) != 1 else form.axes[0]
    return f"{form.operator}({show(form.body)}{f', axis={axes}' if form.axes else ''})"


def reduction_level(form: f.Reduction) -> Level:
    """Sums along an axis of a matrix are products with a vector of ones."""
    return Level.PRODUCT if form.operator == "sum" and form.ndim == 2 and form.axes else Level.ATOM


def _repeated(show: Text, form: f.Repeated) -> str:
    vector = show(form.body, Level.ATOM)
    return f"1 {vector}ᵀ" if form.axis == 0 else f"{vector} 1ᵀ"


def _constant(show: Text, form: f.Constant) -> str:
    if is_outer_of_ones(form):
        return "1 1ᵀ"
    return {"eye": "I", "ones": "1", "zeros": "0"}[form.kind]


def is_outer_of_ones(form: f.Constant) -> bool:
    """Whether a constant is a matrix of ones, which has no letter."""
    return form.kind == "ones" and len(form.sizes) == 2


def constant_level(form: f.Constant) -> Level:
    return Level.PRODUCT if is_outer_of_ones(form) else Level.ATOM


TABLE: dict[type[f.Form], Row[str]] = {
    f.Number: Row(
        lambda form: Level.QUOTIENT if "/" in decimal(form) else Level.ATOM,
        lambda show, form: decimal(form),
    ),
    f.Name: Row(Level.ATOM, lambda show, form: pretty_name(form.text)),
    f.Entry: Row(Level.ATOM, _entry),
    f.Plus: Row(Level.SUM, _plus),
    f.Minus: Row(Level.SUM, lambda show, form: "−" + show(form.body, Level.TOTAL)),
    f.Times: Row(times_level, _times),
    f.Tight: Row(Level.PRODUCT, _tight),
    f.Hadamard: Row(Level.QUOTIENT, _joined(" ⊙ ")),
    f.Product: Row(Level.PRODUCT, _joined(" ")),
    f.Outer: Row(
        Level.PRODUCT,
        lambda show, form: f"{show(form.left, Level.ATOM)} {show(form.right, Level.ATOM)}ᵀ",
    ),
    f.Covector: Row(Level.ATOM, lambda show, form: show(form.body, Level.ATOM) + "ᵀ"),
    f.Counted: Row(_level, lambda show, form: show(form.body)),
    f.Over: Row(Level.QUOTIENT, _over),
    f.Power: Row(Level.POWER, _power),
    f.Root: Row(Level.POWER, lambda show, form: "√" + show(form.body, Level.ATOM)),
    f.Call: Row(call_level, _call),
    f.Applied: Row(Level.ATOM, _applied),
    f.Total: Row(Level.TOTAL, _total),
    f.Kronecker: Row(Level.ATOM, _kronecker),
    f.Iverson: Row(Level.ATOM, _iverson),
    f.Partial: Row(Level.APPLICATION, _partial),
    f.Transposed: Row(Level.ATOM, _transposed),
    f.Inverted: Row(Level.ATOM, lambda show, form: show(form.body, Level.ATOM) + "⁻¹"),
    f.Norm: Row(norm_level, _norm),
    f.Reduction: Row(reduction_level, _reduction),
    f.Repeated: Row(Level.PRODUCT, _repeated),
    f.Constant: Row(constant_level, _constant),
    f.Family: Row(
        Level.ATOM,
        lambda show, form: f"[{show(form.body)}]" + (subscript(form.indices) or ""),
    ),
}
