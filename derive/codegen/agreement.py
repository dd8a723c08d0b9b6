"""Generated NumPy code, run at small shapes and compared with the independent evaluator."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from derive.codegen.signature import tensor_of
from derive.codegen.sources import Arguments, Results
from derive.proof.evaluator import Point, Undecidable, Undefined, array, points
from derive.terms.arrays import Array
from derive.terms.contexts import Context
from derive.terms.nodes import Count
from derive.terms.tensors import Tensor

ALLOWED = ("max", "min", "range", "slice")  # the builtins that generated code may use
POINTS = 2  # that have to agree
TRIED = 12
TOLERANCE = 1e-8


def agrees_with_term(
    source: str, results: Results, arguments: Arguments, context: Context | None = None
) -> bool:
    """Whether NumPy code returns what its terms are worth, at two shapes where they have a value.

    Raises:
        ValueError: when the terms have a value at no point tried.

    >>> from derive.codegen import numpy_source
    >>> from derive.terms.arrays import variable
    >>> x = variable("x", ("n",))
    >>> source = numpy_source(x / x.sum(), [x])
    >>> agrees_with_term(source, x / x.sum(), [x]), agrees_with_term(source, x * x.sum(), [x])
    (True, False)
    """
    arrays = [results] if isinstance(results, Array) else list(results)
    tensors = [tensor_of(argument) for argument in arguments]
    function = function_of(source)
    agreed = 0
    sizes = [Count(size) for a in arrays for size in a.shape]
    terms = [*(a.body for a in arrays), *sizes]
    for point in islice(points(terms, context or Context()), TRIED):
        try:
            wanted = [array(a.indices, a.body, point) for a in arrays]
        except (Undefined, Undecidable, OverflowError):
            continue
        found = _called(function, tensors, point)
        found = (found,) if isinstance(results, Array) else found
        if not all(map(_is_close, found, wanted)):
            return False
        agreed += 1
        if agreed == POINTS:
            return True
    if agreed:
        return True
    raise ValueError("the terms have a value at no point tried")


def function_of(source: str, name: str = "derivative") -> Callable[..., Any]:
    """The function that generated code defines; the code sees NumPy and four builtins."""

    def only_numpy(module: str, *rest: object) -> object:
        if module != "numpy":
            raise ImportError(f"generated code imports {module}")
        return __import__(module)

    allowed = {known: getattr(builtins, known) for known in ALLOWED}
    space: dict[str, Any] = {"__builtins__": {**allowed, "__import__": only_numpy}}
    exec(compile(source, "<generated>", "exec"), space)
    return space[name]


def _called(function: Callable[..., Any], tensors: Sequence[Tensor], point: Point) -> Any:
    """What the function returns at a point; sizes that no shape tells are keywords."""
    import numpy as np

    code = function.__code__
    keywords = code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]
    known = {tensor.name: tensor for tensor in point.values}
    given = [_numbers(known.get(t.name, t), point) for t in tensors]
    with np.errstate(all="ignore"):
        return function(*given, **{name: point.sizes[name] for name in keywords})


def _numbers(tensor: Tensor, point: Point) -> Any:
    """The values of a variable; zeros for one that the terms do not depend on."""
    import numpy as np

    shape = [size.value(_sizes(tensor, point.sizes)) for size in tensor.shape]
    values = point.values.get(tensor)
    flat = np.zeros(shape) if values is None else np.array([float(v) for v in values])
    return flat.reshape(shape) if shape else float(flat.reshape(()))


def _sizes(tensor: Tensor, sizes: Mapping[str, int]) -> dict[str, int]:
    names = [name for size in tensor.shape for name in size.names]
    return {**dict.fromkeys(names, 2), **sizes}


def _is_close(found: Any, wanted: object) -> bool:
    import numpy as np

    numbers, right = np.asarray(found, float), np.asarray(wanted, float)
    if numbers.shape != right.shape:
        return False
    scale = float(np.max(np.abs(right), initial=1.0))
    return bool(np.all(np.abs(numbers - right) <= TOLERANCE * scale))
