"""LaTeX that KaTeX, MathJax and pdflatex with amsmath set alike: expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from derive.notation import forms as f
from derive.notation.linear import decimal
from derive.notation.names import latex_name
from derive.notation.pretty import (
    call_level,
    constant_level,
    is_outer_of_ones,
    norm_level,
    times_level,
    variable_orders,
)
from derive.notation.printing import Level, Printer, Row, signed_parts, typeset

Text = Printer[str]
RELATIONS = {"=": "=", ">": ">", "<": "<"} | {
    sign: command
    for signs, command in (("<=≤", r"\le"), (">=≥", r"\ge"), ("!=≠", r"\ne"))
    for sign in (signs[:2], signs[2])
}
FUNCTIONS = {
    name: "\\" + name for name in "exp log sin cos tan sinh cosh tanh det max min".split()
} | {"maximum": r"\max", "minimum": r"\min"}


def latex(form: f.Form, from_nought: bool | None = None) -> str:
    """A surface expression in LaTeX.

    >>> latex(f.Transposed(f.Inverted(f.Name("A"))))
    'A^{-\\\\top}'
    """
    from_nought = f.counts_from_nought([form]) if from_nought is None else from_nought
    return Printer(TABLE, r"\left( {} \right)".format, from_nought)(typeset(form))


# --------------------------------------------------------------------------------------------
# One row for each kind of surface expression


def _plus(show: Text, form: f.Plus) -> str:
    (negative, first), *rest = signed_parts(form)
    start = ("-" if negative else "") + show(first, Level.TOTAL)
    return start + "".join(f" {'-' if m else '+'} {show(p, Level.TOTAL)}" for m, p in rest)


def _times(show: Text, form: f.Times) -> str:
    *first, last = form.parts
    reaching = show.level(last) == Level.TOTAL or isinstance(last, f.Product | f.Constant)
    shown = [show(part, Level.APPLICATION) for part in first]
    shown.append(show(last, Level.TOTAL if reaching else Level.APPLICATION))
    text = shown[0]
    for before, part, more in zip(form.parts, form.parts[1:], shown[1:], strict=False):
        text += _between(before, part, more) + more
    return text


def _between(before: f.Form, part: f.Form, shown: str) -> str:
    if isinstance(part, f.Number):
        return r" \cdot "
    plain = isinstance(before, f.Number) or shown.startswith((r"\left", r"\sum"))
    return " " if plain else r" \, "


def _joined(sign: str) -> Callable[[Text, f.Hadamard | f.Product | f.Tight], str]:
    return lambda show, form: sign.join(show(part, Level.APPLICATION) for part in form.parts)


def _number(show: Text, form: f.Number) -> str:
    above, slash, below = decimal(form).partition("/")
    return rf"\frac{{{above}}}{{{below}}}" if slash else above


def _over(show: Text, form: f.Over) -> str:
    return rf"\frac{{{show(form.above)}}}{{{show(form.below)}}}"


def _entry(show: Text, form: f.Entry) -> str:
    slots = _subscript(show, form.slots)
    if isinstance(form.head, f.Total):
        places = ", ".join(map(show, form.slots))
        return rf"\mathbf{{1}}\{{{places} = {show(form.head)}\}}"
    head = show(form.head)
    if not isinstance(form.head, f.Name):
        return rf"\left[ {head} \right]_{{{slots}}}"
    return f"{f'({head})' if '_' in head else head}_{{{slots}}}"


def _subscript(show: Text, slots: Sequence[f.Form]) -> str:
    shown = [show(slot) for slot in slots]
    plain = all(isinstance(slot, f.Name) and len(slot.text) == 1 for slot in slots)
    return ("" if plain else ",").join(shown)


def _power(show: Text, form: f.Power) -> str:
    sign = r"\odot " if form.elementwise else ""
    number = isinstance(form.exponent, f.Number)
    exponent = decimal(form.exponent) if number else show(form.exponent)  # type: ignore[arg-type]
    return f"{show(form.base, Level.ATOM)}^{{{sign}{exponent}}}"


def _call(show: Text, form: f.Call) -> str:
    arguments = form.arguments
    if form.function == "abs":
        return rf"\left\lvert {show(arguments[0])} \right\rvert"
    if form.function == "logdet":
        return rf"\log \left\lvert \det {show(arguments[0], Level.ATOM)} \right\rvert"
    if form.function == "exp" and _is_flat(arguments[0]):
        return f"e^{{{show(arguments[0])}}}"
    name = FUNCTIONS.get(form.function) or rf"\operatorname{{{form.function}}}"
    if (
        form.function in FUNCTIONS
        and isinstance(arguments[0], f.Name | f.Entry)
        and len(arguments) == 1
    ):
        return f"{name} {show(arguments[0])}"
    return rf"{name}\left( {', '.join(map(show, arguments))} \right)"


def _call_level(form: f.Call) -> Level:
    """``e^x`` needs parentheses only under a power."""
    return call_level(form)


def _is_flat(form: f.Form) -> bool:
    """Whether an exponent fits on one line."""
    tall = f.Over | f.Total | f.Power | f.Root | f.Partial | f.Call | f.Norm
    return not any(isinstance(part, tall) for part in f.parts(form))


def _applied(show: Text, form: f.Applied) -> str:
    name = latex_name(form.function)
    if len(form.orders) == 1:
        name += "'" * form.orders[0]
    else:
        steps = (rf"\partial_{{{k + 1}}}" * order for k, order in enumerate(form.orders))
        name = " ".join([*filter(None, steps), name])
    return rf"{name}\left( {', '.join(map(show, form.arguments))} \right)"


def _total(show: Text, form: f.Total) -> str:
    body = show(form.body, Level.TOTAL)
    if form.operator == "sum":
        sizes = form.sizes or (None,) * len(form.indices)
        signs = (_sum_sign(show, i, n) for i, n in zip(form.indices, sizes, strict=True))
        return f"{' '.join(signs)} {body}"
    conditions = [
        " ".join(RELATIONS[part] if isinstance(part, str) else show(part) for part in row)
        for row in f.chained(form.conditions)
    ]
    below = ", ".join(map(show, form.indices))
    if conditions:
        rows = r" \\ ".join([below, *conditions])
        below = rf"\substack{{{rows}}}"
    sign = {"max": r"\max", "argmax": r"\operatorname*{arg\,max}"}[form.operator]
    return f"{sign}_{{{below}}} {body}"


def _sum_sign(show: Text, index: f.Name, size: f.Form | None) -> str:
    if size is None:
        return rf"\sum_{{{show(index)}}}"
    if not show.bracketed:
        return rf"\sum_{{{show(index)}=1}}^{{{show(size)}}}"
    return rf"\sum_{{{show(index)}=0}}^{{{show(_less_one(size))}}}"


def _less_one(size: f.Form) -> f.Form:
    if isinstance(size, f.Number):
        return f.Number(size.value - 1)
    parts = size.parts if isinstance(size, f.Plus) else (size,)
    if f.ONE in parts:
        others = tuple(part for part in parts if part != f.ONE)
        return f.Plus(others) if len(others) > 1 else others[0]
    return f.Plus((*parts, f.Minus(f.ONE)))


def _iverson(show: Text, form: f.Iverson) -> str:
    return rf"\mathbf{{1}}\{{{show(form.left)} {RELATIONS[form.relation]} {show(form.right)}\}}"


def _partial(show: Text, form: f.Partial) -> str:
    order = len(form.variables)
    above = r"\partial" + (f"^{{{order}}}" if order > 1 else "")
    below = r" \, ".join(
        rf"\partial {show(v, Level.ATOM)}" + (f"^{{{k}}}" if k > 1 else "")
        for v, k in variable_orders(form)
    )
    if isinstance(form.body, f.Name | f.Entry):
        return rf"\frac{{{above} {show(form.body)}}}{{{below}}}"
    level = Level.TOTAL if show.level(form.body) == Level.TOTAL else Level.APPLICATION
    return rf"\frac{{{above}}}{{{below}}} {show(form.body, level)}"


def _transposed(show: Text, form: f.Transposed) -> str:
    if isinstance(form.body, f.Inverted):
        return show(form.body.body, Level.ATOM) + r"^{-\top}"
    return show(form.body, Level.ATOM) + r"^{\top}"


def _norm(show: Text, form: f.Norm) -> str:
    return rf"\left\lVert {show(form.body)} \right\rVert_{{2}}" + ("^{2}" if form.squared else "")


def _reduction(show: Text, form: f.Reduction) -> str:
    if _by_ones(form):
        body = f.Transposed(form.body) if form.axes == (0,) else form.body
        before = "" if form.axes else r"\mathbf{1}^{\top} "
        after = r" \mathbf{1}" if form.ndim == 2 else ""
        return before + show(body, Level.POWER) + after
    below = f"_{{{','.join(str(axis + 1) for axis in form.axes)}}}" if form.axes else ""
    sign = r"\max" if form.operator == "max" else rf"\operatorname{{{form.operator}}}"
    return rf"{sign}{below}\left( {show(form.body)} \right)"


def _by_ones(form: f.Reduction) -> bool:
    """Whether a sum is a product with a vector of ones."""
    return form.operator == "sum" and form.ndim <= 2


def _reduction_level(form: f.Reduction) -> Level:
    return Level.PRODUCT if _by_ones(form) else Level.ATOM


def _repeated(show: Text, form: f.Repeated) -> str:
    vector = show(form.body, Level.ATOM)
    return (
        rf"\mathbf{{1}} {vector}^{{\top}}"
        if form.axis == 0
        else (rf"{vector} \mathbf{{1}}^{{\top}}")
    )


def _constant(show: Text, form: f.Constant) -> str:
    if is_outer_of_ones(form):
        return r"\mathbf{1} \mathbf{1}^{\top}"
    return CONSTANTS[form.kind]


CONSTANTS = {"eye": "I", "ones": r"\mathbf{1}", "zeros": r"\mathbf{0}"}
TABLE: dict[type[f.Form], Row[str]] = {
    f.Number: Row(lambda form: Level.APPLICATION if "/" in decimal(form) else Level.ATOM, _number),
    f.Name: Row(Level.ATOM, lambda show, form: latex_name(form.text)),
    f.Entry: Row(Level.ATOM, _entry),
    f.Plus: Row(Level.SUM, _plus),
    f.Minus: Row(Level.SUM, lambda show, form: "-" + show(form.body, Level.TOTAL)),
    f.Times: Row(times_level, _times),
    f.Tight: Row(Level.PRODUCT, _joined(" ")),
    f.Hadamard: Row(Level.QUOTIENT, _joined(r" \odot ")),
    f.Product: Row(Level.PRODUCT, _joined(" ")),
    f.Outer: Row(
        Level.PRODUCT,
        lambda show, form: (
            rf"{show(form.left, Level.ATOM)} {show(form.right, Level.ATOM)}^{{\top}}"
        ),
    ),
    f.Covector: Row(Level.ATOM, lambda show, form: show(form.body, Level.ATOM) + r"^{\top}"),
    f.Counted: Row(Level.ATOM, lambda show, form: show(form.body, Level.ATOM)),
    f.Over: Row(Level.APPLICATION, _over),
    f.Power: Row(Level.POWER, _power),
    f.Root: Row(Level.POWER, lambda show, form: rf"\sqrt{{{show(form.body)}}}"),
    f.Call: Row(_call_level, _call),
    f.Applied: Row(Level.ATOM, _applied),
    f.Total: Row(Level.TOTAL, _total),
    f.Kronecker: Row(
        Level.ATOM,
        lambda show, form: rf"\delta_{{{_subscript(show, (form.left, form.right))}}}",
    ),
    f.Iverson: Row(Level.ATOM, _iverson),
    f.Partial: Row(lambda form: _partial_level(form), _partial),
    f.Transposed: Row(Level.POWER, _transposed),
    f.Inverted: Row(Level.POWER, lambda show, form: show(form.body, Level.ATOM) + "^{-1}"),
    f.Norm: Row(norm_level, _norm),
    f.Reduction: Row(_reduction_level, _reduction),
    f.Repeated: Row(Level.PRODUCT, _repeated),
    f.Constant: Row(constant_level, _constant),
    f.Family: Row(
        Level.ATOM,
        lambda show, form: (
            rf"\left[ {show(form.body)} \right]_{{{_subscript(show, form.indices)}}}"
        ),
    ),
}


def _partial_level(form: f.Partial) -> Level:
    return Level.APPLICATION if isinstance(form.body, f.Name | f.Entry) else Level.TOTAL
