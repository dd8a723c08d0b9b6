"""Generated NumPy code against the independent evaluator, before it is shown to anyone."""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from derive.codegen.signature import tensor_of
from derive.codegen.sources import Arguments, Results
from derive.proof.evaluator import Point, Programs, Undecidable, Undefined, array, points
from derive.terms.arrays import Array
from derive.terms.contexts import Context
from derive.terms.nodes import Count
from derive.terms.tensors import Tensor

Reals: TypeAlias = npt.NDArray[np.float64]

ALLOWED = ("max", "min", "range", "slice")  # the builtins that generated code may use
DRAWS = 6
ATTEMPTS = 60  # points until enough of them are in the domain
LIMIT = 1e-9  # of the error, relative to the largest entry, or to 1


class WrongCode(AssertionError):
    """Generated code that computes something else than its formula: it must not be shown."""


def agreement(
    source: str,
    results: Results,
    arguments: Arguments,
    context: Context | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """How far NumPy code and the evaluator's value of its formula agree, where there is one.

    Raises:
        WrongCode: if they differ by more than rounding.

    >>> from derive.terms.arrays import variable
    >>> x = variable("x", ("n",))
    >>> found = agreement("def derivative(x):\\n    return 2 * x", 2 * x, [x])
    >>> found["draws"], found["max_error"]
    (6, 0.0)
    """
    arrays = [results] if isinstance(results, Array) else list(results)
    tensors = [tensor_of(argument) for argument in arguments]
    function = function_of(source)
    parameters = inspect.signature(function).parameters.values()
    keywords = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
    largest, seen, draws = 0.0, {}, 0
    for point, wanted in islice(_valued(arrays, context or Context(), seed), DRAWS):
        found = _called(function, tensors, keywords, point)
        several = [found] if isinstance(results, Array) else found
        largest = max(largest, *map(_error, several, wanted))
        seen[tuple(point.sizes.items())] = dict(point.sizes)
        draws += 1
        if not largest <= LIMIT:
            raise WrongCode(f"the generated code is off by {largest:.2g} at {point.by_name()}")
    sizes = list(seen.values())
    return {"max_error": largest, "limit": LIMIT, "draws": draws, "sizes": sizes, "seed": seed}


def function_of(source: str, name: str = "derivative") -> Callable[..., Any]:
    """The function that generated code defines; the code sees NumPy and four builtins.

    The source is what this package wrote from terms, never a text that someone typed: of that only
    names come so far, which the language holds to be identifiers.
    """

    def only_numpy(module: str, *rest: object) -> object:
        if module != "numpy":
            raise ImportError(f"generated code imports {module}")
        return __import__(module)

    allowed = {known: getattr(builtins, known) for known in ALLOWED}
    space: dict[str, Any] = {"__builtins__": {**allowed, "__import__": only_numpy}}
    exec(compile(source, "<generated>", "exec"), space)
    found: Callable[..., Any] = space[name]
    return found


def _valued(
    arrays: Sequence[Array], context: Context, seed: int
) -> Iterator[tuple[Point, list[Reals]]]:
    """Points in the domain of all results, with their values there."""
    terms = [*(a.body for a in arrays), *(Count(size) for a in arrays for size in a.shape)]
    programs: Programs = {}
    for point in islice(points(terms, context, seed), ATTEMPTS):
        try:
            found = [array(a.indices, a.body, point, programs) for a in arrays]
            yield point, [np.asarray(each, dtype=np.float64) for each in found]
        except (Undecidable, Undefined, OverflowError):
            continue


def _called(
    function: Callable[..., Any], tensors: Sequence[Tensor], keywords: Sequence[str], point: Point
) -> Any:
    """What the function returns at a point; sizes that no shape tells are keywords."""
    known = {tensor.name: tensor for tensor in point.values}
    given = [_numbers(known.get(t.name, t), point) for t in tensors]
    with np.errstate(all="ignore"):
        return function(*given, **{name: point.sizes[name] for name in keywords})


def _numbers(tensor: Tensor, point: Point) -> Any:
    """The values of a variable; zeros for one that the terms do not depend on."""
    shape = [size.value(_sizes(tensor, point.sizes)) for size in tensor.shape]
    values = point.values.get(tensor)
    flat = np.zeros(shape) if values is None else np.array([float(v) for v in values])
    return flat.reshape(shape) if shape else float(flat.reshape(()))


def _sizes(tensor: Tensor, sizes: Mapping[str, int]) -> dict[str, int]:
    names = [name for size in tensor.shape for name in size.names]
    return {**dict.fromkeys(names, 2), **sizes}


def _error(found: Any, wanted: Reals) -> float:
    """The largest difference, relative to the largest entry or to 1."""
    got = np.asarray(found, dtype=np.float64)
    if got.shape != wanted.shape:
        raise WrongCode(f"the generated code returns shape {got.shape}, wanted {wanted.shape}")
    difference = float(np.max(np.abs(got - wanted), initial=0.0))
    return difference / float(np.max(np.abs(wanted), initial=1.0))
