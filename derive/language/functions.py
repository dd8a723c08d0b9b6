"""The functions of the language: one row each, its signature and what it builds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from derive.language import windows
from derive.language.constants import HALF, logarithm, root
from derive.language.scope import Scope, closed
from derive.terms import arrays
from derive.terms.arrays import Array, ShapeError
from derive.terms.nodes import Cond, Count

Axis = int | tuple[int, ...] | None


@dataclass(frozen=True)
class Parameter:
    """A parameter: its kind says how its argument is read; ``many`` takes all that remain."""

    name: str
    kind: str
    default: str | None = None
    many: bool = False


@dataclass(frozen=True)
class Function:
    """A function of the language; ``scoped`` builders are given the scope first."""

    signature: str
    builder: Callable[..., Array]
    scoped: bool = False

    @property
    def name(self) -> str:
        """The name before the bracket."""
        return self.signature.partition("(")[0]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters in the order of the signature."""
        inside = self.signature.partition("(")[2].rstrip(")")
        return tuple(_parameter(part.strip()) for part in inside.split(",") if part.strip())


# How an argument is read, by its parameter's name; all others are arrays.
KINDS = {
    "axis": "axis",
    "keepdims": "flag",
    "count_include_pad": "flag",
    "n": "size",
    "form": "form",
    "kernel": "steps",
    "stride": "steps",
    "dilation": "steps",
    "padding": "padding",
}


def _parameter(text: str) -> Parameter:
    stars, name, default = re.fullmatch(r"(\*?)(\w+)(?:=([\w-]+))?", text).groups()  # type: ignore[union-attr]
    return Parameter(name, KINDS.get(name, "array"), default, bool(stars))


def norm(x: Array, axis: Axis, keepdims: bool) -> Array:
    """The root of the sum of squares: the 2-norm of a vector, the Frobenius norm of a matrix."""
    return (x**2).sum(axis, keepdims) ** HALF


def norm1(x: Array, axis: Axis, keepdims: bool) -> Array:
    """The sum of absolute values."""
    return arrays.apply("abs", x).sum(axis, keepdims)


def largest(x: Array, axis: Axis, keepdims: bool) -> Array:
    """The maximum along axes."""
    if not x.ndim or axis == ():
        raise ShapeError("max needs at least one axis")
    return arrays.maximum_over(closed("max", x), axis, keepdims)


def dot(a: Array, b: Array) -> Array:
    """NumPy's dot of scalars, vectors and matrices."""
    if max(a.ndim, b.ndim) > 2:
        raise ShapeError("dot needs arrays of at most 2 axes; stacks are multiplied by @")
    return a @ b if a.ndim and b.ndim else a * b


def diagonal_matrix(v: Array) -> Array:
    """The square matrix with a vector on its diagonal."""
    if v.ndim != 1:
        hint = "; diagonal(M) takes the diagonal of a matrix" if v.ndim == 2 else ""
        raise ShapeError(f"diag needs a vector, got {v.ndim} axes{hint}")
    return arrays.diagonal_matrix(v)


def whole(name: str, builder: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """A function of a matrix as a whole, so of one that no outer index changes."""
    return lambda M: builder(closed(name, arrays.square(name, M)))


def constants(value: int) -> Callable[..., Array]:
    """Arrays with the same number everywhere."""
    return lambda *shape: arrays.constant(value, shape)


def partition(scope: Scope, x: Array, axis: Axis, function: str) -> tuple[Array, Array, Array]:
    """x by name, and the named sum of its exponentials: without and with axes of size 1."""
    if not x.ndim or axis == ():
        raise ShapeError(f"{function} needs at least one axis")
    arrays.Array.sum(x, axis)  # refuses a wrong axis before anything is named
    z = scope.simple("z u a", x, function)
    total = scope.generated("S Z", arrays.apply("exp", z).sum(axis), function)
    given = axis if isinstance(axis, tuple) else (axis,)
    summed = range(z.ndim) if axis is None else [k % z.ndim for k in given if k is not None]
    key = tuple(None if k in summed else slice(None) for k in range(z.ndim))
    return z, total, total[key]


def softmax(scope: Scope, x: Array, axis: Axis) -> Array:
    """``p = exp(z) / S`` with the named sum ``S`` of exponentials."""
    z, _, total = partition(scope, x, axis, "softmax")
    return scope.generated("p q s", arrays.apply("exp", z) / total, "softmax")


def logsumexp(scope: Scope, x: Array, axis: Axis, keepdims: bool) -> Array:
    """``log(S)`` with the named sum ``S`` of exponentials."""
    _, total, kept = partition(scope, x, axis, "logsumexp")
    return arrays.apply("log", kept if keepdims else total)


ONE_ARGUMENT = "exp sin cos tan sinh cosh tanh abs sign sigmoid softplus relu"

TABLE = (
    *(Function(f"{name}(x)", partial(arrays.apply, name)) for name in ONE_ARGUMENT.split()),
    Function("sqrt(x)", root),
    Function("log(x)", logarithm),
    Function("maximum(a, b)", partial(arrays.apply, "maximum")),
    Function("minimum(a, b)", partial(arrays.apply, "minimum")),
    Function("sum(x, axis=None, keepdims=False)", Array.sum),
    Function("mean(x, axis=None, keepdims=False)", Array.mean),
    Function("var(x, axis=None, keepdims=False)", Array.var),
    Function("max(x, axis=None, keepdims=False)", largest),
    Function("logsumexp(x, axis=None, keepdims=False)", logsumexp, scoped=True),
    Function("softmax(x, axis=-1)", softmax, scoped=True),
    Function("norm(x, axis=None, keepdims=False)", norm),
    Function("norm1(x, axis=None, keepdims=False)", norm1),
    Function("tr(M)", arrays.trace),
    Function("det(M)", whole("det", arrays.determinant)),
    Function("logdet(M)", whole("logdet", arrays.log_determinant)),
    Function("inv(M)", whole("inv", arrays.inverse)),
    Function("diag(v)", diagonal_matrix),
    Function("diagonal(M)", arrays.diagonal),
    Function("outer(u, v)", arrays.outer),
    Function("dot(a, b)", dot),
    Function("eye(n)", arrays.identity),
    Function("ones(*n)", constants(1)),
    Function("zeros(*n)", constants(0)),
    Function("conv2d(x, w, stride=1, padding=0, dilation=1)", windows.conv2d, scoped=True),
    Function("max_pool2d(x, kernel, stride=None, padding=0)", windows.max_pool2d, scoped=True),
    Function(
        "avg_pool2d(x, kernel, stride=None, padding=0, count_include_pad=True)",
        windows.avg_pool2d,
        scoped=True,
    ),
    Function("cond(x)", lambda x: Array(x.indices, Cond(x.body))),
    Function("count(form)", lambda form: Array((), Count(form))),
    Function("D(f, x)", arrays.derivative),
)
FUNCTIONS = {function.name: function for function in TABLE}

# Functions that people know from elsewhere, and how they are written here.
WRITTEN = {
    "add": "a + b",
    "average": "mean(a)",
    "clip": "minimum(maximum(a, low), high)",
    "cross_entropy": "-sum(a * log(softmax(b)))",
    "divide": "a / b",
    "expit": "sigmoid(a)",
    "expm1": "exp(a) - 1",
    "gelu": "a * sigmoid(1.702 * a)",
    "identity": "eye(n)",
    "leaky_relu": "maximum(a, 0.01 * a)",
    "ln": "log(a)",
    "log10": "log(a) / log(10)",
    "log1p": "log(1 + a)",
    "log2": "log(a) / log(2)",
    "log_softmax": "log(softmax(a))",
    "logsigmoid": "log(sigmoid(a))",
    "matmul": "a @ b",
    "min": "-max(-a)",
    "multiply": "a * b",
    "negative": "-a",
    "pinv": "inv(A.T @ A) @ A.T",
    "pow": "a**b",
    "power": "a**b",
    "prod": "exp(sum(log(a)))",
    "reciprocal": "1 / a",
    "rsqrt": "1 / sqrt(a)",
    "sech": "1 / cosh(a)",
    "silu": "a * sigmoid(a)",
    "slogdet": "logdet(A)",
    "solve": "inv(A) @ b",
    "square": "a**2",
    "std": "sqrt(var(a))",
    "subtract": "a - b",
    "swish": "a * sigmoid(a)",
    "trace": "tr(A)",
    "transpose": "A.T",
    "where": "cond(low) * a + (1 - cond(low)) * b",
}
