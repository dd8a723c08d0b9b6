"""The arguments of a function: their names, their shapes, and the sizes read from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from derive.codegen.emission import Writer
from derive.codegen.errors import NoCode
from derive.codegen.graph import Node
from derive.codegen.scalars import PRODUCT, bracketed, size_text, tuple_text
from derive.terms.arrays import Array
from derive.terms.contexts import Context
from derive.terms.nodes import At
from derive.terms.sizes import ONE, Size
from derive.terms.structure import reachable, size_names
from derive.terms.tensors import Tensor

WIDTH = 90  # characters of a line
PLAIN = ("add", "subtract", "multiply", "divide", "negative", "power", "number", "size", "argument")


@dataclass(frozen=True)
class Signature:
    """Arguments in order, and the names that no new name may hide."""

    arguments: tuple[Tensor, ...]
    sizes: tuple[str, ...]
    taken: tuple[str, ...]
    floors: Mapping[str, tuple[Size, Size]]
    keywords: Mapping[str, str]  # the arguments that sizes are given by, where they have names

    @property
    def parameters(self) -> str:
        """What stands between the brackets of ``def``; sizes that no shape tells are keywords."""
        names = [tensor.name for tensor in self.arguments]
        told = {**dict(self._places()), **self.floors}
        named = [name for name in self.keywords if name in self.sizes]
        order = [*named, *(name for name in self.sizes if name not in named)]
        unknown = [self.keywords.get(name, name) for name in order if name not in told]
        return ", ".join([*names, *(["*"] if unknown else []), *unknown])

    def text(self, arrays: Sequence[Array]) -> list[str]:
        """The docstring, in lines: shapes."""
        given = [f"{t.name}: {_shape(t.shape)}" if t.shape else t.name for t in self.arguments]
        shapes = [_shape(array.shape) if array.ndim else "()" for array in arrays]
        alone = f"an array of shape {shapes[0]}" if arrays[0].ndim else "a scalar"
        many = f"arrays of shapes {', '.join(shapes[:-1])} and {shapes[-1]}"
        returned = f"Returns {alone if len(arrays) == 1 else many}."
        taken = f"{', '.join(given)}."
        if len(taken) + len(returned) + 1 <= WIDTH - 6:
            return [f'"""{taken} {returned}"""']
        first, *rest = wrap(taken, WIDTH - 3)
        return [f'"""{first}', *rest, *wrap(returned, WIDTH), '"""']

    def _places(self) -> Iterator[tuple[str, tuple[Tensor, int]]]:
        """Where each named size can be read, the first place last."""
        for tensor in reversed(self.arguments):
            for axis in reversed(range(len(tensor.shape))):
                names = tensor.shape[axis].names
                if len(names) == 1 and tensor.shape[axis] == Size.of(names[0]):
                    yield names[0], (tensor, axis)

    def opening(self, writer: Writer, roots: Sequence[Node]) -> list[str]:
        """The statements before all others: sizes, the type of numbers, scalars of that type."""
        scalars = self._converted(roots)
        lines = list(self._read(writer))
        if scalars or writer.uses_dtype:
            lines.append(self._dtype(writer))
        lines += [f"{name} = {writer.row('scalar', name)}" for name in scalars]
        return lines

    def _read(self, writer: Writer) -> Iterator[str]:
        places = dict(self._places())
        computed = self._computed(writer, places)
        wanted: dict[Tensor, dict[int, str]] = {}
        for name in writer.sizes:
            if name in places:
                tensor, axis = places[name]
                wanted.setdefault(tensor, {})[axis] = name
        for tensor, axes in wanted.items():
            if len(axes) == len(tensor.shape) > 1:
                yield f"{', '.join(axes[k] for k in sorted(axes))} = {tensor.name}.shape"
            else:
                yield from (f"{axes[k]} = {tensor.name}.shape[{k}]" for k in sorted(axes))
        yield from self._renamed(writer, places)
        yield from computed

    def _renamed(self, writer: Writer, places: Mapping[str, object]) -> Iterator[str]:
        """The sizes that have another name as arguments than in formulas."""
        wanted = [size for size in self.keywords if size in writer.sizes and size not in places]
        short = [size for size in wanted if self.keywords[size] != size]
        if short:
            yield f"{', '.join(short)} = {', '.join(self.keywords[size] for size in short)}"

    def _computed(self, writer: Writer, places: Mapping[str, object]) -> list[str]:
        """The sizes that are quotients, once those they are made from are known."""
        lines: list[str] = []
        for name, (numerator, divisor) in self.floors.items():
            if name in writer.sizes and name not in places:
                above, below = writer.size(numerator), writer.size(divisor)
                quotient = f"{bracketed(above, PRODUCT)} // {bracketed(below, PRODUCT + 1)}"
                lines.append(f"{name} = {above[0] if divisor == ONE else quotient}")
        return lines

    def _dtype(self, writer: Writer) -> str:
        arrays = [tensor.name for tensor in self.arguments if tensor.shape]
        names = [tensor.name for tensor in self.arguments]
        row = writer.row("dtype", arguments=", ".join(names), first=(arrays or names)[0])
        return f"dtype = {row}"

    def _converted(self, roots: Sequence[Node]) -> list[str]:
        """Scalars that functions are applied to: a function of a float would be float64."""
        if not any(tensor.shape for tensor in self.arguments):
            return []
        found: dict[str, None] = {}
        seen: set[Node] = set()
        stack = list(roots)
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack += node.operands
                if node.operation not in PLAIN and not node.shape:
                    found.update(dict.fromkeys(_scalar_leaves(node)))
        return [t.name for t in self.arguments if t.name in found]


def _scalar_leaves(node: Node) -> list[str]:
    """The scalar arguments of what depends on no array; none of what depends on one."""
    names: list[str] = []
    stack = [node]
    while stack:
        current = stack.pop()
        if current.shape:
            return []
        if current.operation == "argument":
            names.append(current.data[0])
        stack += current.operands
    return names


def signature(
    arguments: Sequence[Array | Tensor],
    arrays: Sequence[Array],
    context: Context,
    keywords: Mapping[str, str],
) -> Signature:
    """The signature of a function of arguments that returns arrays.

    Raises:
        NoCode: when a result depends on a variable that is no argument.
    """
    tensors = tuple(tensor_of(argument) for argument in arguments)
    names = {tensor.name for tensor in tensors}
    sizes: dict[str, None] = {}
    used: dict[str, None] = {}
    for array in arrays:
        sizes.update(dict.fromkeys(size_names(array.body)))
        sizes.update((name, None) for size in array.shape for name in size.names)
        for tensor in reachable(array.body):
            used[tensor.name] = None
            if tensor.is_variable and tensor.name not in names:
                raise NoCode(f"{tensor.name} is no argument, but the result depends on it")
    sizes.update((name, None) for tensor in tensors for s in tensor.shape for name in s.names)
    quotients = context.quotients
    for name in [name for name in sizes if name in quotients]:
        sizes.update((n, None) for part in quotients[name] for n in part.names)
    taken = (*names, *sizes, *keywords.values(), "dtype")
    return Signature(tensors, tuple(sizes), taken, quotients, keywords)


def tensor_of(argument: Array | Tensor) -> Tensor:
    if isinstance(argument, Tensor):
        return argument
    body = argument.body
    if not isinstance(body, At):
        raise NoCode(f"{argument!r} is no variable")
    return body.tensor


def _shape(shape: Sequence[Size]) -> str:
    return tuple_text([size_text(size)[0] for size in shape])
