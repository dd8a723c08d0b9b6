"""Targets: what a user's code is held to, from an entry, a derivation or a typed expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from derive.checking.campaign.work import Extent, extents
from derive.derivation import Record
from derive.derivation.chains import Chain
from derive.proof.statuses import Status
from derive.spaces import (
    Family,
    FullColumnRank,
    Mask,
    Matrix,
    Nonnegative,
    Nonsingular,
    OneHot,
    Orthonormal,
    Positive,
    PositiveDefinite,
    Signs,
    Simplex,
    Space,
    Symmetric,
)
from derive.terms.arrays import Array, entries
from derive.terms.contexts import Context
from derive.terms.nodes import At, D
from derive.terms.sizes import Size
from derive.terms.structure import (
    ordered_free_indices,
    reachable,
    size_names,
    variables,
)
from derive.terms.tensors import Inverse, Kind, Tensor

COTANGENT = "dout"
FORWARD, VALUE = "out", "value"

# The first fact of a typed variable that has a row decides how it is drawn.
FAMILIES = {
    Kind.ONE_HOT: OneHot,
    Kind.SIMPLEX: Simplex,
    Kind.POSITIVE_DEFINITE: PositiveDefinite,
    Kind.SYMMETRIC: Symmetric,
    Kind.NONSINGULAR: Nonsingular,
    Kind.FULL_COLUMN_RANK: FullColumnRank,
    Kind.ORTHONORMAL: Orthonormal,
    Kind.POSITIVE: Positive,
    Kind.NONNEGATIVE: Nonnegative,
    Kind.MASK: Mask,
    Kind.SIGNS: Signs,
}


class NoTarget(ValueError):
    """What cannot be held against code; the message says what would be needed."""


@dataclass(frozen=True)
class Output:
    """One array that the user's code returns: the formula, and what it is the derivative of.

    ``lines`` are forms of the same array, the best known first; ``loss`` is the array that is
    differentiated by ``by``, whose indices in the formula are ``slots``.
    """

    name: str
    lines: tuple[Array, ...]
    loss: Array | None = None
    by: At | None = None
    is_forward: bool = False
    chain: Chain | None = None
    inputs: tuple[str, ...] = ()  # the variables, where the formula does not name them itself
    show: str = ""  # the command that shows its derivation, where it is another than the target's

    @property
    def array(self) -> Array:
        """The formula."""
        return self.lines[0]

    @property
    def needs(self) -> tuple[str, ...]:
        """The names of the variables that the formula depends on."""
        return self.inputs or tuple(tensor.name for tensor in variables(self.array.body))


@dataclass(frozen=True)
class Target:
    """The arrays that a user's code has to return, over the spaces of their variables."""

    name: str
    title: str
    spaces: Mapping[str, Space]
    outputs: tuple[Output, ...]
    context: Context = field(default_factory=Context)
    integers: Mapping[str, Size] = field(default_factory=dict)
    conventions: Mapping[str, str] = field(default_factory=dict)
    record: Record | None = None
    show: str = ""  # the command that shows the derivation
    cotangent: str = ""  # the variable that a backward pass is given
    trajectory: tuple[str, str] | None = None  # what is stepped and its gradient, by name
    is_of_numbers: bool = False  # so that it says nothing of the types of arrays
    other: Callable[[], Iterator[Target]] = field(default=lambda: iter(()), compare=False)

    @cached_property
    def sizes(self) -> tuple[str, ...]:
        """All named sizes, those first that a constraint ties together."""
        tied = {name for c in self.context.constraints for name in c.names}
        names = dict.fromkeys(
            name for s in self.spaces.values() for z in s.shape for name in z.names
        )
        names |= dict.fromkeys(name for size in self.integers.values() for name in size.names)
        for output in self.outputs:
            names |= dict.fromkeys(name for z in output.array.shape for name in z.names)
            names |= dict.fromkeys(size_names(output.array.body))
        return tuple(sorted(names, key=lambda name: (name not in tied, name)))

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """The variables that some output depends on, in the order of declaration."""
        used = {name for output in self.outputs for name in output.needs}
        return tuple(name for name in self.spaces if name in used)

    @cached_property
    def varied(self) -> frozenset[str]:
        """The variables that outputs are derivatives in, unless a forward pass takes them too."""
        if any(output.is_forward for output in self.outputs):
            return frozenset()
        return frozenset(output.by.tensor.name for output in self.outputs if output.by is not None)

    @cached_property
    def extents(self) -> frozenset[Extent]:
        """The sizes of all intermediate results, which say how much work the formulas are."""
        return extents(line.body for output in self.outputs for line in output.lines)

    @cached_property
    def inverts(self) -> bool:
        """Whether a matrix is inverted, so that what regularises it may not vanish."""
        bodies = [output.array.body for output in self.outputs]
        return any(isinstance(t.origin, Inverse) for body in bodies for t in reachable(body))

    def output(self, name: str) -> Output:
        """An output by name."""
        return next(output for output in self.outputs if output.name == name)


def space_of(tensor: Tensor) -> Space:
    """How to draw a typed variable.

    >>> space_of(Tensor("y", (Size.of("K"),)))
    ℝᴷ
    """
    families = [family for kind, family in FAMILIES.items() if tensor.has(kind)]
    plain = Family("Array", tuple(range(9)), (), Matrix.draw)
    return Space(families[0] if families else plain, tensor.shape)


# --------------------------------------------------------------------------------------------
# Records


def of_record(record: Record, show: str = "", others: Sequence[Record] = ()) -> Target:
    """The target of a catalogued or own derivation: an output for each of its chains."""
    if record.symbolic_only and not isinstance_answer(record):
        raise NoTarget(f"{record.name} has nothing to compute: {record.symbolic_only}")
    outputs = tuple(_output(record, part) for part in record.chains)
    spaces = {name: s for name, s in record.spaces.items() if isinstance(s, Space)}

    return of_parts(record, spaces, outputs, show, others, of_record)


def of_parts(
    record: Record,
    spaces: Mapping[str, Space],
    outputs: tuple[Output, ...],
    show: str,
    others: Sequence[Record],
    made: Callable[[Record, str], Target],
) -> Target:
    """The target of a record, with those that are made of the other values of its conventions."""

    def other() -> Iterator[Target]:
        for each in others:
            if dict(each.conventions) != dict(record.conventions):
                yield made(each, show)

    return Target(
        name=record.name,
        title=record.title,
        spaces=spaces,
        outputs=outputs,
        context=record.context,
        integers=record.integers,
        conventions=record.conventions,
        record=record,
        show=show or f"derive show {record.name.partition('.')[0]}",
        other=other,
    )


def isinstance_answer(record: Record) -> bool:
    """Whether a record was typed, so that it has results and not a partner in `numerics`."""
    return bool(getattr(record, "results", None))


def _output(record: Record, part: str) -> Output:
    one = record.part(part) if part else record
    chain, axes = one.chain, tuple(one.indices.values())
    if chain.relation != "=":
        raise NoTarget(f"{record.name} is an inequality: there is nothing to compute")
    lines = [Array((*axes, *chain.end.indices), chain.end.body)]
    if not chain.derives:
        start = Array((*axes, *chain.start.indices), chain.start.body)
        lines.append(start)
        lines.sort(key=lambda line: len(variables(line.body)))
    loss, by = None, None
    body = chain.start.body
    if isinstance(body, D) and not chain.start.indices:
        free = tuple(i for i in ordered_free_indices(body.body))
        loss, by = Array(free, body.body), body.variable
    return Output(part, tuple(lines), loss, by, chain=chain)


# --------------------------------------------------------------------------------------------
# Typed expressions


def of_expression(
    expr: str, let: Sequence[str], wrt: Sequence[str] = (), kind: str = "gradient"
) -> Target:
    """The derivative of a typed expression, or its value if nothing is differentiated."""
    from derive.language.derivative import grad
    from derive.language.program import parsed

    program = parsed(expr, let)
    spaces = {name: space_of(tensor_of(array)) for name, array in program.variables.items()}
    text = " ".join(expr.split())
    integers = {name: Size.of(name) for name in program.parameters}
    if not wrt:
        output = Output("", (program.result,))
        return Target(text, "", spaces, (output,), program.context, integers)
    answer = grad(expr, let, wrt, kind)
    lone = len(wrt) == 1
    outputs = []
    for name, result in answer.results.items():
        chain = answer.chains["" if lone else name]
        base = program.result if kind != "hessian" else None
        entry = entries(tensor_of(program.variables[name])).body
        assert isinstance(entry, At)
        outputs.append(Output("" if lone else name, (result,), base, entry, chain=chain))
    return Target(
        text,
        f"{kind} with respect to {', '.join(wrt)}",
        spaces,
        tuple(outputs),
        program.context,
        integers,
        record=answer,
        show=grad_command(expr, let, wrt, kind),
    )


def grad_command(expr: str, let: Sequence[str], wrt: Sequence[str], kind: str = "gradient") -> str:
    """The command that derives the same."""
    import shlex

    flag = [] if kind == "gradient" else [f"--{kind}"]
    return shlex.join(["derive", "grad", expr, "--let", *let, "--wrt", *wrt, *flag])


def tensor_of(array: Array) -> Tensor:
    """The variable of which an array is all entries."""
    assert isinstance(array.body, At)
    return array.body.tensor


def certainty(target: Target) -> str:
    """How certain the formulas themselves are, as their weakest derivation is.

    Raises:
        NoTarget: where one is refuted, for it is no measure of anything.
    """
    chains = [(output.name, output.chain) for output in target.outputs]
    if target.trajectory is not None and target.record is not None:
        chains = list(target.record.chains.items())
    statuses = [
        Record(name, "", {"": chain}, context=target.context).status
        for name, chain in chains
        if chain is not None and chain.links
    ]
    if Status.REFUTED in statuses:
        raise NoTarget(f"the derivation of {target.name} is refuted; see {target.show}")
    return str(min(statuses)) if statuses else ""
