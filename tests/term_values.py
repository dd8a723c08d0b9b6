"""Values of terms by NumPy broadcasting, for tests: shares no rule with what is tested."""

from __future__ import annotations

import numpy as np

from derive.terms.arrays import Array
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Add, At, Cond, Count, Delta, Fn, Guard, Mul, Num, Pow, Sum, Term
from derive.terms.tensors import Choice, Definition, Determinant, Inverse, Tensor

FUNCTIONS = {
    **{name: getattr(np, name) for name in "exp log sin cos tan sinh cosh tanh abs sign".split()},
    "maximum": np.maximum,
    "minimum": np.minimum,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(0, x),
    "relu": lambda x: np.maximum(x, 0),
}


class Numbers:
    """Values of terms by broadcasting: bound index number k is axis -1-k. Shares no rule."""

    def __init__(self, sizes: dict[str, int], values: dict[str, np.ndarray]) -> None:
        self.sizes, self.values = sizes, values

    def array(self, indices: tuple[Index, ...], body: Term) -> np.ndarray:
        bound = {i: self.range(i, len(indices) - 1 - k) for k, i in enumerate(indices)}
        shape = [index.size.value(self.sizes) for index in indices]
        return np.array(np.broadcast_to(self.term(body, bound, len(indices)), shape))

    def range(self, index: Index, axis: int) -> np.ndarray:
        return np.arange(index.size.value(self.sizes)).reshape((-1,) + (1,) * axis)

    def form(self, form: Affine, bound: dict[Index, np.ndarray]) -> np.ndarray:
        parts = (c.value(self.sizes) * bound[i] for i, c in form.coefficients)
        return sum(parts, np.array(form.constant.value(self.sizes)))

    def tensor(self, tensor: Tensor) -> np.ndarray:
        origin = tensor.origin
        if origin is None:
            return self.values[tensor.name]
        if isinstance(origin, Definition):
            return self.array(origin.indices, origin.body)
        if isinstance(origin, Choice):
            body = self.array((*origin.outer, *origin.chosen), origin.body)
            flat = body.reshape(*body.shape[: len(origin.outer)], -1)
            return (flat == flat.max(-1, keepdims=True)).reshape(body.shape).astype(float)
        matrix = self.tensor(origin.matrix)
        if isinstance(origin, Inverse):
            return np.linalg.inv(matrix)
        sign, log = np.linalg.slogdet(matrix)
        return np.array(sign * np.exp(log) if isinstance(origin, Determinant) else log)

    def term(self, term: Term, bound: dict[Index, np.ndarray], depth: int) -> np.ndarray:
        def of(part: Term) -> np.ndarray:
            return self.term(part, bound, depth)

        match term:
            case Num():
                return np.array(float(term.value))
            case Count():
                return self.form(term.form, bound) * 1.0
            case At():
                return self.entry(term, bound)
            case Add():
                return sum((of(part) for part in term.parts), np.array(0.0))
            case Mul():
                return self.product(term, bound, depth)
            case Pow():
                return of(term.base) ** of(term.exponent)
            case Fn():
                return FUNCTIONS[str(term.function)](*map(of, term.arguments))
            case Sum():
                inner = {**bound, term.index: self.range(term.index, depth)}
                size = term.index.size.value(self.sizes)
                body = self.term(term.body, inner, depth + 1)
                if body.ndim <= depth:
                    return body * size
                body = np.broadcast_to(body, (size, *body.shape[1:]))
                return body.sum(0)
            case Delta():
                return (self.form(term.form, bound) == 0) * 1.0
            case Guard():
                return (self.form(term.form, bound) >= 0) * 1.0
            case Cond():
                return (of(term.term) > 0) * 1.0
        raise TypeError(term)

    def entry(self, entry: At, bound: dict[Index, np.ndarray]) -> np.ndarray:
        values = self.tensor(entry.tensor)
        if not entry.slots:
            return values
        places = np.broadcast_arrays(*(self.form(slot, bound) for slot in entry.slots))
        pairs = list(zip(places, values.shape, strict=True))
        inside = np.logical_and.reduce([(p >= 0) & (p < size) for p, size in pairs])
        return np.where(inside, values[tuple(np.clip(p, 0, s - 1) for p, s in pairs)], 0.0)

    def product(self, term: Mul, bound: dict[Index, np.ndarray], depth: int) -> np.ndarray:
        lazy = sorted(term.parts, key=lambda part: not isinstance(part, Delta | Guard | Cond))
        result = np.array(1.0)
        for part in lazy:
            value = self.term(part, bound, depth)
            result = np.where(result == 0, 0.0, result * value)
        return result


def slopes(value: Array, name: str, numbers: Numbers, step: float = 1e-4) -> np.ndarray:
    """Central differences with one extrapolation; the axes of the variable come last."""
    point = numbers.values[name]
    columns = []
    for place in np.ndindex(point.shape):
        rise = np.zeros_like(point)
        rise[place] = 1.0

        def at(size: float, rise: np.ndarray = rise) -> np.ndarray:
            moved = Numbers(numbers.sizes, {**numbers.values, name: point + size * rise})
            return moved.array(value.indices, value.body)

        wide = (at(2 * step) - at(-2 * step)) / (4 * step)
        columns.append((4 * (at(step) - at(-step)) / (2 * step) - wide) / 3)
    return np.stack(columns, -1).reshape(columns[0].shape + point.shape)
