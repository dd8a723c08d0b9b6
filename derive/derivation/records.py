"""Records: a derivation as data, with statuses that are computed from the terms, never stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from derive.derivation.chains import Chain, Link
from derive.derivation.errors import DerivationError
from derive.derivation.reasons import Reason, opened
from derive.proof.statuses import Status, Verdict
from derive.spaces import IndexSpace, Space, Variable
from derive.terms.assumptions import distinct
from derive.terms.contexts import Context
from derive.terms.indices import Index
from derive.terms.nodes import At
from derive.terms.sizes import Size
from derive.terms.statements import Assumption
from derive.terms.structure import definitions, ordered_free_indices
from derive.terms.tensors import Tensor

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions

AnySpace: TypeAlias = Space | IndexSpace

# What rooms above make of a record, found by name when it is asked for.
READINGS = {
    "latex": "derive.render.latex:fragment",
    "dict": "derive.render.data:document",
    "page": "derive.render.terminal:derivation_page",
    "screen": "derive.render.terminal:screen",
    "plain": "derive.render.terminal:plain",
    "mimebundle": "derive.render.notebook:bundle",
    "code": "derive.codegen.records:code",
    "sympy": "derive.checking.sympy_bridge:exported",
    "value": "derive.checking.results:called",
}


@dataclass(frozen=True)
class Step:
    """A link with its number and the verdict on it."""

    number: int
    part: str
    link: Link
    verdict: Verdict

    @property
    def status(self) -> Status:
        """How certain the link is."""
        return self.verdict.status

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """Under what the link holds."""
        return self.verdict.assumptions


@dataclass(frozen=True)
class Record:
    """A derivation for given conventions: its context, its prose and its chains."""

    name: str
    title: str
    chains: Mapping[str, Chain]  # the only one has the name ""
    topic: str = ""
    prose: str = ""
    spaces: Mapping[str, AnySpace] = field(default_factory=dict)
    indices: Mapping[str, Index] = field(default_factory=dict)  # the free ones
    context: Context = field(default_factory=Context)
    conventions: Mapping[str, str] = field(default_factory=dict)
    integers: Mapping[str, Size] = field(default_factory=dict)  # sizes that are arguments
    symbolic_only: str = ""  # why there is nothing to compute, if there is not
    place: str = ""
    # What output sizes are: another size, or numerator and divisor of a floor.
    outputs: Mapping[str, Size | tuple[Size, Size]] = field(default_factory=dict)
    seed: int = 0  # of the evaluator's points
    readings: ClassVar[Mapping[str, str]] = READINGS

    @property
    def links(self) -> tuple[Link, ...]:
        """The links of all chains."""
        return tuple(link for chain in self.chains.values() for link in chain.links)

    @property
    def chain(self) -> Chain:
        """The only chain, or the first."""
        return next(iter(self.chains.values()))

    @property
    def variables(self) -> dict[str, Variable]:
        """The variables by name."""
        return {
            name: space.variable(name)
            for name, space in self.spaces.items()
            if isinstance(space, Space)
        }

    @property
    def names(self) -> tuple[Tensor, ...]:
        """The names that the chains define, in the order in which they can be computed."""
        lines = (line.body for chain in self.chains.values() for line in chain.lines)
        return tuple(dict.fromkeys(t for line in lines for t in definitions(line) if t.name))

    def part(self, name: str) -> Record:
        """The record with one of its chains, and the free indices that it speaks of."""
        if self.name.endswith(f".{name}"):
            return self
        if name not in self.chains:
            known = ", ".join(filter(None, self.chains)) or "one part only"
            raise DerivationError(f"{self.name} has no part {name!r}: it has {known}")
        lines = self.chains[name].lines
        used = {index for line in lines for index in ordered_free_indices(line.body)}
        own = {key: index for key, index in self.indices.items() if index in used}
        chains = {name: self.chains[name]}
        return replace(self, name=f"{self.name}.{name}", chains=chains, indices=own)

    # ------------------------------------------------------------------------------------
    # Certainty

    def verified(self, seed: int = 0) -> Record:
        """The same record with every status computed anew, from the terms alone."""
        fresh = replace(self, seed=seed)
        assert fresh.steps is not None
        return fresh

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The links with verdicts, numbered within their chain."""
        return tuple(self.computed_steps())

    def computed_steps(self) -> Iterator[Step]:
        """The steps one by one, each verdict computed when it is asked for."""
        for part, chain in self.chains.items():
            company = prover().company_of((line.body for line in chain.lines), self.seed)
            for number, link in enumerate(chain.links, start=1):
                yield Step(number, part, link, verdict(link, self.context, self.seed, company))

    @property
    def status(self) -> Status:
        """The status of the weakest step; a mere definition has nothing to prove."""
        return min((step.status for step in self.steps), default=Status.PROVED)

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """All assumptions of all steps, each once: they are of all values of their indices."""
        return distinct(assumption for step in self.steps for assumption in step.assumptions)

    # ------------------------------------------------------------------------------------
    # Readings

    def latex(self, **options: Any) -> str:
        """The chain as a LaTeX fragment."""
        return str(self.reading("latex")(self, **options))

    def to_dict(self) -> dict[str, Any]:
        """The JSON document."""
        document: dict[str, Any] = self.reading("dict")(self)
        return document

    def numpy(self) -> str:
        """NumPy source of a function that computes the result."""
        return str(self.reading("code")(self))

    def torch(self) -> str:
        """PyTorch source of a function that computes the result."""
        return str(self.reading("code")(self, "torch"))

    def jax(self) -> str:
        """JAX source of a function that computes the result."""
        return str(self.reading("code")(self, "jax"))

    def sympy(self, **sizes: int) -> Any:
        """The result in SymPy: sums over symbolic sizes, or explicit scalars at given sizes."""
        return self.reading("sympy")(self, **sizes)

    def __call__(self, *arrays: Any, **named: Any) -> Any:
        """The value of the result at NumPy arrays."""
        return self.reading("value")(self, *arrays, **named)

    def reading(self, name: str) -> Any:
        """The function that makes a reading, from the room above that it is in."""
        module, function = self.readings[name].split(":")
        return getattr(import_module(module), function)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        yield from self.reading("screen")(self, console, options)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        bundle: dict[str, str] = self.reading("mimebundle")(self)
        return bundle

    def __str__(self) -> str:
        return str(self.reading("plain")(self))

    def __repr__(self) -> str:
        return f"<{self.name}: {self.title}>"


# --------------------------------------------------------------------------------------------
# Verdicts


def verdict(link: Link, context: Context, seed: int = 0, company: Any = None) -> Verdict:
    """What the prover says of a link, held against idle reasons and the derivations it cites."""
    statement = link.statement(context)
    weak = [r for r in link.reasons if r.cited is not None and r.cited.status < Status.CITED]
    sound = [reason for reason in link.reasons if reason not in weak]
    found: Verdict = prover().verdict(statement, opened(sound), seed=seed, company=company)
    if weak:
        return _as_weak_as(found, weak[0])
    if found.status is not Status.PROVED:
        return found
    for reason in filter(lambda reason: reason.is_gate and not reason.found, sound):
        others = opened(other for other in sound if other is not reason)
        if prover().proved(statement, others).status is Status.PROVED:
            return replace(found, status=Status.UNPROVED, reason=_idle(reason))
    return _resting_on(found, sound)


def prover() -> ModuleType:
    """The prover, imported when something is to be proved."""
    return import_module("derive.proof.prover")


def _idle(reason: Reason) -> str:
    said = reason.spoken(lambda term: term.tensor.name if isinstance(term, At) else "its term")
    return f"this step holds without `{said}`: an idle reason misleads, so leave it out"


def _as_weak_as(found: Verdict, reason: Reason) -> Verdict:
    """A lemma that is not proved is never used; what rests on it is worth no more than it."""
    assert reason.cited is not None
    status = min(found.status, reason.cited.status)
    why = f"{reason.cited.name}, on which it rests, is {reason.cited.status}"
    return replace(found, status=status, reason=why)


def _resting_on(found: Verdict, reasons: Iterable[Reason]) -> Verdict:
    """A proof with the assumptions and at most the status of what it cites."""
    cited = [a for r in reasons if r.cited is not None for a in r.cited.assumptions]
    statuses = [r.cited.status for r in reasons if r.cited is not None]
    statuses += [Status.CITED for r in reasons if r.reference]
    return replace(
        found,
        status=min([found.status, *statuses]),
        assumptions=tuple(dict.fromkeys((*found.assumptions, *cited))),
    )
