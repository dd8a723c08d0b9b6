"""Linear text in ASCII: what Python can parse and `derive.language` reads back.

Whole arrays are written in the input language: ``2 * X.T @ (X @ b - y)``. Entries are written with
this grammar, a part of Python's::

    X[i,j]              an entry; a slot is Python arithmetic over indices and sizes, X[2*i + k - p]
    inv(A)[i,j]         an entry of a matrix expression; matrix[i,j](t) is the array of all t
    sum[i](t)           the sum over the range of i; sum[i,k](t) over both, i outermost
    sum[i:n](t)         the same with the range stated, where the slots of t do not tell it
    max[k](t)           the largest t over k; argmax[k](t)[j] is 1 where j is that k, else 0
    max[k,guard[f]](t)  the same, only over those k at which the form f is >= 0
    delta[i,j]          1 if i = j, else 0;  delta[f] = 1 if the form f is 0
    guard[f]            1 if f >= 0, else 0
                        (kronecker, nonnegative where a tensor is called delta, guard)
    cond(t)             1 if t > 0, else 0
    D(t, b[j])          the derivative of t by an entry; D(D(t, b[j]), b[k]) the second one
    n                   a size as a number; count(2*n + i) a sum or product of them as one number
    + - * / **          as in Python; sqrt(t) is t**(1/2), and 0.125 is an exact fraction
    exp(t), f(t)        functions; f.d1(t) is the derivative of an opaque f by its first argument,
                        f.d1.d2(t, u) by both

Indices start at 0. The range of an index is the size of the axis in which it stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.notation import forms as f
from derive.notation.names import ascii_name
from derive.notation.printing import Level, Printer, Row, signed_parts

Text = Printer[str]
DECIMALS = 12


def text(form: f.Form, spaced: bool | None = None) -> str:
    """A surface expression in ASCII.

    >>> text(f.Times((f.Name("a"), f.Plus((f.Name("b"), f.Minus(f.Name("c")))))))
    'a * (b - c)'
    """
    spaced = not f.is_indexed(form) if spaced is None else spaced
    return Printer(SPACED if spaced else TABLE, "({})".format)(form)


def commas(show: Text, items: Sequence[f.Form], separator: str = ", ") -> str:
    """Several expressions in a row."""
    return separator.join(map(show, items))


def plus(show: Text, form: f.Plus) -> str:
    """Parts joined by their signs."""
    (negative, first), *rest = signed_parts(form)
    start = "-" + show(first, Level.PRODUCT) if negative else show(first, Level.TOTAL)
    signed = (f" {'-' if minus else '+'} {show(part, Level.TOTAL)}" for minus, part in rest)
    return start + "".join(signed)


def decimal(form: f.Number) -> str:
    """A number: an integer, a fraction, or the decimal that a large denominator came from."""
    value = form.value
    if value.denominator <= 1000:
        return str(value)
    for places in range(1, DECIMALS + 1):
        scaled = value * 10**places
        if scaled.denominator == 1:
            digits = str(scaled).rjust(places + 1, "0")
            return f"{digits[:-places]}.{digits[-places:]}"
    return str(value)


def number_level(form: f.Number) -> Level:
    """A fraction with a slash holds together like a quotient."""
    return Level.PRODUCT if "/" in decimal(form) else Level.ATOM


def _times(sign: str, spaced_sign: str) -> Row[str]:
    def shown(show: Text, form: f.Times) -> str:
        first, *rest = form.parts
        sign_here = spaced_sign if show.table is SPACED else sign
        level = Level.APPLICATION if isinstance(first, f.Product) else Level.PRODUCT
        shown = [show(first, level), *(show(p, Level.APPLICATION) for p in rest[:-1])]
        # A scalar in front of a matrix product belongs to its first factor just as well.
        level = Level.PRODUCT if isinstance(rest[-1], f.Product) else Level.APPLICATION
        return sign_here.join([*shown, show(rest[-1], level)])

    return Row(Level.PRODUCT, shown)


def _over(show: Text, form: f.Over) -> str:
    sign = " / " if show.table is SPACED else "/"
    return show(form.above, Level.PRODUCT) + sign + show(form.below, Level.APPLICATION)


def _product(show: Text, form: f.Product) -> str:
    first, *rest = form.parts
    # A leading elementwise product needs no parentheses in Python, but the reader does.
    level = Level.PRODUCT if isinstance(first, f.Product) else Level.APPLICATION
    return " @ ".join([show(first, level), *(show(p, Level.APPLICATION) for p in rest)])


def _hadamard(show: Text, form: f.Hadamard) -> str:
    return " * ".join(show(part, Level.APPLICATION) for part in form.parts)


def _call(show: Text, form: f.Call) -> str:
    keywords = [f"{name}={value}" for name, value in form.keywords]
    return f"{form.function}({', '.join([*map(show, form.arguments), *keywords])})"


def _applied(show: Text, form: f.Applied) -> str:
    steps = "".join(f".d{k + 1}" * order for k, order in enumerate(form.orders))
    return f"{ascii_name(form.function)}{steps}({commas(show, form.arguments)})"


def _binder(show: Text, operator: str, form: f.Total | f.Family, conditions: str = "") -> str:
    sizes = zip(form.sizes, form.stated, strict=True) if form.stated else [(None, False)] * 9
    names = [
        show(index) + (f":{show(size)}" if stated and size else "")
        for index, (size, stated) in zip(form.indices, sizes, strict=False)
    ]
    return f"{operator}[{','.join(names)}{conditions}]({show(form.body)})"


def _total(show: Text, form: f.Total) -> str:
    return _binder(show, form.operator, form, "".join("," + show(c) for c in form.conditions))


def _iverson(show: Text, form: f.Iverson) -> str:
    inside = show(form.source)
    return f"cond({inside})" if form.kind == "cond" else f"{form.kind}[{inside}]"


def _partial(show: Text, form: f.Partial) -> str:
    shown = show(form.body)
    for variable in reversed(form.variables):
        shown = f"D({shown}, {show(variable)})"
    return shown


def _reduction(show: Text, form: f.Reduction) -> str:
    axes = form.axes if len(form.axes) != 1 else form.axes[0]
    return f"{form.operator}({show(form.body)}{f', axis={axes}' if form.axes else ''})"


def _norm(show: Text, form: f.Norm) -> str:
    return f"sum({show(form.body, Level.ATOM)}**2)" if form.squared else f"norm({show(form.body)})"


def _repeated(show: Text, form: f.Repeated) -> str:
    if form.bare:
        return show(form.body)
    ones, body = f"ones({show(form.size)})", show(form.body)
    return f"outer({ones}, {body})" if form.axis == 0 else f"outer({body}, {ones})"


def _bare_level(form: f.Repeated) -> Level:
    return TABLE[type(form.body)].level_of(form.body) if form.bare else Level.ATOM


def _power(show: Text, form: f.Power) -> str:
    return f"{show(form.base, Level.ATOM)}**{show(form.exponent, Level.ATOM)}"


def _entry(show: Text, form: f.Entry) -> str:
    return f"{show(form.head, Level.ATOM)}[{commas(show, form.slots, ',')}]"


TABLE: dict[type[f.Form], Row[str]] = {
    f.Number: Row(number_level, lambda show, form: decimal(form)),
    f.Name: Row(Level.ATOM, lambda show, form: ascii_name(form.text)),
    f.Entry: Row(Level.ATOM, _entry),
    f.Plus: Row(Level.SUM, plus),
    f.Minus: Row(Level.SUM, lambda show, form: "-" + show(form.body, Level.PRODUCT)),
    f.Times: _times("*", " * "),
    f.Tight: _times("*", "*"),
    f.Hadamard: Row(Level.PRODUCT, _hadamard),
    f.Product: Row(Level.PRODUCT, _product),
    f.Outer: Row(Level.ATOM, lambda show, form: f"outer({show(form.left)}, {show(form.right)})"),
    f.Covector: Row(lambda form: Level.ATOM, lambda show, form: show(form.body, Level.ATOM)),
    f.Counted: Row(Level.ATOM, lambda show, form: f"count({show(form.body)})"),
    f.Over: Row(Level.PRODUCT, _over),
    f.Power: Row(Level.POWER, _power),
    f.Root: Row(Level.ATOM, lambda show, form: f"sqrt({show(form.body)})"),
    f.Call: Row(Level.ATOM, _call),
    f.Applied: Row(Level.ATOM, _applied),
    f.Total: Row(Level.ATOM, _total),
    f.Kronecker: Row(
        Level.ATOM, lambda show, form: f"delta[{commas(show, (form.left, form.right), ',')}]"
    ),
    f.Iverson: Row(Level.ATOM, _iverson),
    f.Partial: Row(Level.ATOM, _partial),
    f.Transposed: Row(Level.ATOM, lambda show, form: show(form.body, Level.ATOM) + ".T"),
    f.Inverted: Row(Level.ATOM, lambda show, form: f"inv({show(form.body)})"),
    f.Norm: Row(Level.ATOM, _norm),
    f.Reduction: Row(Level.ATOM, _reduction),
    f.Repeated: Row(lambda form: _bare_level(form), _repeated),
    f.Constant: Row(Level.ATOM, lambda show, form: f"{form.kind}({commas(show, form.sizes)})"),
    f.Family: Row(Level.ATOM, lambda show, form: _binder(show, "matrix", form)),
}
SPACED = dict(TABLE)  # the same rows, with blanks around * and /
