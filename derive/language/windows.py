"""Sliding windows over images (N, C, H, W): convolution and pooling with symbolic sizes."""

from __future__ import annotations

from dataclasses import dataclass

from derive.language.scope import Scope, closed, is_closed
from derive.terms import arrays
from derive.terms.arrays import Array, ShapeError
from derive.terms.contexts import Context, floor_quotient
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Guard, Mul, Sum, Term, divided, multiplied, summed
from derive.terms.sizes import Size

Pair = tuple[Size, Size]


@dataclass(frozen=True)
class Window:
    """Along one axis: output position, place in the window, and the input position of both."""

    output: Index
    inside: Index
    form: Affine
    padded: bool  # whether the input position can be out of range


def window(scope: Scope, axis: int, name: str, length: Size, steps: tuple[Size, ...]) -> Window:
    """The window of a kernel size, stride, padding and dilation along an axis."""
    kernel, stride, padding, dilation = steps
    span = dilation * (kernel - 1) + 1
    size, quotient = _output_size(scope, name, length + 2 * padding - span, stride)
    scope.outputs.meet(size, quotient, length, *steps)
    output, inside = Index("ij"[axis], size), Index("rs"[axis], kernel)
    form = Affine.of(output) * stride + Affine.of(inside) * dilation - padding
    return Window(output, inside, form, not scope.known.in_range(form, length))


def _output_size(
    scope: Scope, name: str, room: Size, stride: Size
) -> tuple[Size, tuple[Size, Size] | None]:
    """``floor(room / stride) + 1``: an integer, a polynomial for stride 1, else a new size."""
    if room.constant is not None and stride.constant is not None:
        if room.constant < 0:
            raise ShapeError(f"the window is {-room.constant} larger than the padded input")
        return Size.of(room.constant // stride.constant + 1), None
    scope.assume(room)
    if stride == 1:
        return room + 1, None
    quotient = (room + stride, stride)
    known = [output for output, own in scope.context.quotients.items() if own == quotient]
    own = known[0] if known else scope.outputs.names.get(quotient) or scope.unused(name)
    return Size.of(own) if known else _floor(scope, own, quotient), quotient


def _floor(scope: Scope, name: str, quotient: tuple[Size, Size]) -> Size:
    """A new output size, at least 1 because the window fits at least once."""
    _, context = floor_quotient(name, *quotient)
    scope.context = scope.context.joined(Context({name: 1}).joined(context))
    return scope.use_size(name, 1)


def image(scope: Scope, function: str, x: Array) -> Array:
    """An image batch under a name, so that an entry out of range is 0."""
    if x.ndim != 4:
        raise ShapeError(f"{function} needs x with 4 axes (N, C, H, W), got {_text(x)}")
    return scope.simple("h u a", closed(function, x), function)


def windows(scope: Scope, x: Array, steps: tuple[Pair, ...]) -> tuple[Window, Window]:
    """The windows along H and W."""
    names = [_name(size, other) for size, other in zip(x.shape[2:], "HW", strict=True)]
    rows, columns = (
        window(scope, k, names[k], x.shape[2 + k], tuple(pair[k] for pair in steps))
        for k in range(2)
    )
    return rows, columns


def conv2d(scope: Scope, x: Array, w: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """``y[n,k,i,j] = sum[c,r,s] x[n,c,S*i + d*r - P, S*j + d*s - P] * w[k,c,r,s]``."""
    if w.ndim != 4:
        raise ShapeError(f"conv2d needs w with 4 axes (K, C, R, S), got {_text(w)}")
    if x.ndim == 4 and x.shape[1] != w.shape[1]:
        raise ShapeError(f"conv2d of shapes {_text(x)} and {_text(w)}: channels differ")
    x = image(scope, "conv2d", x)
    kernel = (w.shape[2], w.shape[3])
    rows, columns = windows(scope, x, (kernel, stride, padding, dilation))
    n, c, k = x.indices[0].fresh(), x.indices[1].fresh(), Index("k", w.shape[0])
    value = x.at((n, c, rows.form, columns.form))
    weight = w.at((k, c, rows.inside, columns.inside))
    total = summed((c, rows.inside, columns.inside), multiplied(value, weight))
    result = Array((n, k, rows.output, columns.output), total)
    return _padded(scope, "conv2d", result, (rows, columns))


def max_pool2d(scope: Scope, x: Array, kernel: Pair, stride: Pair | None, padding: Pair) -> Array:
    """The largest entry of each window; the padding is left out, not read as 0."""
    x = image(scope, "max_pool2d", x)
    rows, columns = _pooled(scope, x, kernel, stride, padding)
    outer, value = _values(x, rows, columns)
    allowed = _limits(rows, x.shape[2]) + _limits(columns, x.shape[3])
    chosen = (rows.inside, columns.inside)
    weights = arrays.choice("", Array((*outer, *chosen), value), (4, 5), allowed)
    entry = At(weights, (*outer, *chosen))
    # New indices in the order of the axes, in which a weight read from text has them too.
    result = Array(*Array(outer, summed(chosen, multiplied(entry, value))).fresh())
    return _padded(scope, "max_pool2d", result, (rows, columns))


def avg_pool2d(
    scope: Scope,
    x: Array,
    kernel: Pair,
    stride: Pair | None,
    padding: Pair,
    count_include_pad: bool,
) -> Array:
    """The mean of each window, over the whole kernel or over what is not padding."""
    x = image(scope, "avg_pool2d", x)
    rows, columns = _pooled(scope, x, kernel, stride, padding)
    outer, value = _values(x, rows, columns)
    total = Array(outer, summed((rows.inside, columns.inside), value))
    result = total / (kernel[0] * kernel[1])
    if not count_include_pad:
        sides = zip((rows, columns), x.shape[2:], strict=True)
        below = [_counted(scope, side, length) for side, length in sides]
        result = Array(outer, divided(divided(total.body, below[0]), below[1]))
    return _padded(scope, "avg_pool2d", result, (rows, columns))


def _padded(scope: Scope, function: str, value: Array, sides: tuple[Window, Window]) -> Array:
    """What reads padding gets a name, which is in range wherever a function is taken of it."""
    named = any(side.padded for side in sides) and is_closed(value)
    return scope.generated("h u a", value, function) if named else value


def _pooled(
    scope: Scope, x: Array, kernel: Pair, stride: Pair | None, padding: Pair
) -> tuple[Window, Window]:
    """Pooling windows; none of them lies in the padding alone."""
    for side, pad in zip(kernel, padding, strict=True):
        room = side - 2 * pad
        if room.constant is not None and room.constant < 0:
            raise ShapeError(f"the padding {pad} is more than half of the kernel {side}")
        scope.assume(room)
    one = (Size.of(1), Size.of(1))
    return windows(scope, x, (kernel, stride or kernel, padding, one))


def _values(x: Array, rows: Window, columns: Window) -> tuple[tuple[Index, ...], Term]:
    """The indices of the output, and the entry of the input at one place of the window."""
    n, c = x.indices[0].fresh(), x.indices[1].fresh()
    outer = (n, c, rows.output, columns.output)
    return outer, x.at((n, c, rows.form, columns.form))


def _limits(side: Window, length: Size) -> list[Affine]:
    """The forms that are >= 0 where the input position is in range."""
    return [side.form, length - 1 - side.form] if side.padded else []


def _count(side: Window, length: Size) -> Term:
    """How many places of a window along one axis are not padding."""
    if not side.padded:
        return Array.of(side.inside.size).body
    other = side.inside.fresh()
    form = side.form.substituted({side.inside: Affine.of(other)})
    return Sum(other, Mul((Guard(form), Guard(length - 1 - form))))


def _counted(scope: Scope, side: Window, length: Size) -> Term:
    """The count of places along one axis, which has a name where padding makes it vary."""
    count = _count(side, length)
    if not side.padded:
        return count
    named = scope.generated("c m b", Array((side.output,), count), "avg_pool2d")
    return named.at((side.output,))


def _name(size: Size, other: str) -> str:
    """The name for an output size, after the input's."""
    names = size.names
    return f"{names[0] if len(names) == 1 else other}_out"


def _text(x: Array) -> str:
    return f"({', '.join(map(str, x.shape))})"
