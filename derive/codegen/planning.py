"""From terms to array operations: what was read before is not computed again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from derive.codegen.errors import NoCode
from derive.codegen.graph import Graph, Node, Shape
from derive.codegen.lowering import Functions
from derive.codegen.sharing import Shared
from derive.codegen.sizes import Typical
from derive.codegen.values import Order, Value, arranged
from derive.terms.arrays import Array
from derive.terms.contexts import Context
from derive.terms.indices import Index
from derive.terms.nodes import Term
from derive.terms.tensors import Tensor

Hint: TypeAlias = "Sequence[Index]"
Reading: TypeAlias = "Callable[[Planner, Any, Order], Value]"


class Planner:
    """Reads terms into one graph; what was read before is not computed again."""

    def __init__(
        self,
        readings: Mapping[type[Any], Reading],
        functions: Collection[str],
        context: Context,
        results: Sequence[Array],
        sharing: bool = True,
        given: Iterable[str] = (),
    ) -> None:
        self.readings = readings
        self.graph = Graph()
        self.functions = Functions(self.graph, functions)
        self.context = context
        self.typical = Typical(context, given)
        self.shared = Shared((r.body for r in results if sharing), self.typical)
        self.names: dict[Node, str] = {}
        self.loops: dict[Any, tuple[Order, Value | None]] = {}
        self.opened = 0  # brackets that are being opened on trial
        self._terms: dict[Term, Value] = {}
        self._tensors: dict[Tensor, tuple[Order, Value]] = {}

    def result(self, array: Array) -> Node:
        """The node of an array, over all of its axes."""
        value = self.value(array.body, array.indices)
        node = self.graph.real(arranged(self.graph, value, array.indices))
        return self.filled(node, array.shape)

    def filled(self, node: Node, shape: Shape) -> Node:
        """A node of a shape, repeated along axes that it lacks."""
        return node if node.shape == shape else self.graph.made("full", (node,), (), shape)

    def value(self, term: Term, hint: Hint = ()) -> Value:
        """The array whose axes are the free indices of a term."""
        found = self._terms.get(term)
        if found is None:
            found = self._terms[term] = self.readings[type(term)](self, term, tuple(hint))
        return found

    def real(self, term: Term, hint: Hint = ()) -> Value:
        """The same as floating-point numbers, never as a mask."""
        value = self.value(term, hint)
        return Value(self.graph.real(value.node), value.axes)

    def tensor(self, tensor: Tensor) -> tuple[Order, Value]:
        """Names for the axes of a tensor, and all of its entries.

        Raises:
            NoCode: for a tensor that is no array of numbers, such as a recurrence.
        """
        found = self._tensors.get(tensor)
        if found is None:
            reading = self.readings.get(type(tensor.origin))
            if reading is None:
                raise NoCode(f"there is no code for the recurrence {tensor.name}")
            axes = tuple(Index("ijkl"[k % 4], size) for k, size in enumerate(tensor.shape))
            found = self._tensors[tensor] = (axes, reading(self, tensor, axes))
            if tensor.name and not tensor.is_variable:
                self.names.setdefault(found[1].node, tensor.name)
        return found
