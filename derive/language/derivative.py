"""`derive grad`: the derivative of what is typed, as a record like those of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from derive.derivation import Record
from derive.derivation.chains import Chain, chain
from derive.derivation.reasons import Reason
from derive.derivation.records import READINGS
from derive.language.program import Program, checked_wrt, parsed
from derive.notation import matrix_form
from derive.proof.statuses import Gates
from derive.rewriting.derivation import Derived, gradient_steps
from derive.rewriting.steps import Step
from derive.terms.arrays import Array
from derive.terms.indices import Index
from derive.terms.structure import alpha_equal

KINDS = ("gradient", "jacobian", "hessian")
READ = Reason("matrix_form", ("matrix form",))


@dataclass(frozen=True)
class Answer(Record):
    """The record of a typed expression: its declared variables in order, and its results."""

    arguments: Mapping[str, Array] = field(default_factory=dict)
    results: Mapping[str, Array] = field(default_factory=dict)
    kind: str = "gradient"
    readings: ClassVar[Mapping[str, str]] = {
        **READINGS,
        "dict": "derive.render.answers:document",
        "page": "derive.render.answers:answer_page",
    }

    @property
    def variables(self) -> dict[str, Array]:  # type: ignore[override]
        """The declared variables by name."""
        return dict(self.arguments)


def grad(
    expr: str, let: Sequence[str] = (), wrt: str | Sequence[str] = (), kind: str = "gradient"
) -> Answer:
    """The derivation of a gradient, Jacobian or Hessian of a typed expression.

    Args:
        expr: statements in NumPy's notation; the last one is differentiated.
        let: declarations such as ``"X: n,p"`` or ``"y: K; simplex"``.
        wrt: the variable to differentiate by, or several.
        kind: ``"gradient"`` of a scalar, ``"jacobian"``, or ``"hessian"`` of a scalar.

    Raises:
        InputError: when the text can't be read; the message names the place.

    >>> record = grad("sum((X@b - y)**2)", ["X: n,p", "b: p", "y: n"], wrt="b")
    >>> str(record.status)
    'proved'
    """
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}, not {kind!r}")
    names = [wrt] if isinstance(wrt, str) else list(wrt)
    program = parsed(expr, let)
    variables = checked_wrt(program, names, kind)
    derived = {
        name: gradient_steps(program.result, by, program.context, kind)
        for name, by in zip(names, variables, strict=True)
    }
    return _answer(program, derived, kind)


def _answer(program: Program, derived: Mapping[str, Derived], kind: str) -> Answer:
    alone = len(derived) == 1
    told = "" if kind == "gradient" else f"{kind} "
    return Answer(
        name=" ".join(program.text.split()),
        title=f"{told}with respect to {', '.join(derived)}",
        chains={"" if alone else name: told_chain(each) for name, each in derived.items()},
        topic=kind,
        indices=_axes(derived.values()),
        context=program.context,
        symbolic_only="typed, so that numerics has no partner for it",
        outputs=program.outputs,
        arguments=program.variables,
        results={name: each.result for name, each in derived.items()},
        kind=kind,
    )


def _axes(derived: Iterable[Derived]) -> dict[str, Index]:
    """The axes of the results, which are the free indices of the steps."""
    axes = dict.fromkeys(index for each in derived for index in each.result.indices)
    return {f"{index.name}{number}": index for number, index in enumerate(axes)}


def told_chain(derived: Derived) -> Chain:
    """The steps of the rewriter as the links of a chain, for any one entry of the result."""
    told = chain(Array((), derived.start))
    for number, step in enumerate(derived.steps, start=1):
        if alpha_equal(step.before, step.after):
            continue
        shown = (reason(step), *_as_matrix(derived, number))
        told = told.extended("=", Array((), step.after), shown)
    return told


def _as_matrix(derived: Derived, number: int) -> tuple[Reason, ...]:
    """The last line is read as an entry of a matrix expression, where it is one."""
    last = number == len(derived.steps) and derived.result.indices
    return (READ,) if last and matrix_form(derived.result) is not None else ()


def reason(step: Step) -> Reason:
    """What a step of the rewriter rests on."""
    gates = Gates(
        differentiation="differentiation" in step.gates,
        definitions=frozenset(step.definitions),
        facts=frozenset(step.facts),
        inverses="inverses" in step.gates,
        log_laws="log laws" in step.gates,
    )
    return Reason(step.rule, (step.reason,), gates, found=True)
