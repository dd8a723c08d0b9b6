"""`derive prove`: a typed equation or inequality, with all that the prover may use opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from derive.derivation import Record
from derive.derivation.chains import Chain, Link
from derive.derivation.reasons import Reason
from derive.language.derivative import told_chain
from derive.language.inequalities import witnesses
from derive.language.program import Claim, claim
from derive.notation import matrix_form
from derive.proof.statuses import Gates, Status
from derive.rewriting.author import NoRule
from derive.rewriting.derivation import Derived, gradient_steps
from derive.rewriting.rewriting import NotFinished
from derive.terms.arrays import Array
from derive.terms.indices import Affine, Index
from derive.terms.nodes import D, Term
from derive.terms.statements import Statement
from derive.terms.structure import (
    alpha_equal,
    definitions,
    ordered_free_indices,
    reachable,
    size_names,
    substituted,
)
from derive.terms.tensors import Inverse, Tensor

MOST_MATRICES = 3
WORDS = {
    "differentiation": "differentiation",
    "inverses": "laws of inverses and determinants",
    "log laws": "laws of the logarithm",
    "clearing": "multiply by the inverted matrices",
    "witness": "a difference whose sign is plain",
}


def prove(text: str, let: Sequence[str] = ()) -> Record:
    """The proof of a typed equation or inequality, or its smallest counterexample.

    Raises:
        InputError: when the text can't be read; the message names the place.

    >>> str(prove("tr(A @ B) == tr(B @ A)", ["A: n,m", "B: m,n"]).status)
    'proved'
    """
    claimed = claim(text, let)
    several = len(claimed.statements) > 1
    chains = {
        str(number) if several else "": _told(statement)
        for number, statement in enumerate(claimed.statements, start=1)
    }
    return _record(claimed, chains)


def _record(claimed: Claim, chains: dict[str, Chain]) -> Record:
    return Record(
        name=" ".join(claimed.text.split()),
        title=_for_all(claimed),
        chains=chains,
        topic="claim",
        indices=_axes(claimed),
        context=claimed.context,
        outputs=claimed.outputs,
        symbolic_only="a statement, so that there is nothing to compute",
    )


def _for_all(claimed: Claim) -> str:
    """What is claimed of what, in words."""
    sides = [side for s in claimed.statements for side in (s.left, s.right)]
    used = dict.fromkeys(tensor.name for side in sides for tensor in reachable(side))
    sizes = dict.fromkeys(name for side in sides for name in size_names(side))
    variables = [name for name in claimed.declarations.variables if name in used]
    named = [("sizes " if len(sizes) > 1 else "") + ", ".join(sizes), ", ".join(variables)]
    return f"claimed for all {' and all '.join(filter(None, named))}" if any(named) else ""


def _axes(claimed: Claim) -> dict[str, Index]:
    """The free indices of the statements: what is claimed is claimed of every entry."""
    sides = [side for s in claimed.statements for side in (s.left, s.right)]
    free = dict.fromkeys(index for side in sides for index in ordered_free_indices(side))
    return {f"{index.name}{number}": index for number, index in enumerate(free)}


def _told(statement: Statement) -> Chain:
    """The derivative on the left carried out step by step where there is one, then the rest."""
    derived = _derived(statement)
    if derived is None:
        return _whole(statement)
    told = told_chain(derived)
    if told.links and alpha_equal(told.end.body, statement.right):
        return told
    said: tuple[Reason, ...] = ()
    if told.links and _reads_alike(told.end.body, statement.right):
        told, said = Chain(told.start, told.links[:-1]), told.links[-1].reasons
    found = _reasons(told.end.body, statement)
    if said:
        found = (replace(found[0], words=said[0].words), *said[1:])
    # Made by hand, because both sides of a claim may be the same term, which no step may say.
    link = Link(told.end, statement.relation, Array((), statement.right), found)
    return Chain(told.start, (*told.links, link))


def _whole(statement: Statement) -> Chain:
    """Both sides as arrays over the free indices, which read as matrices where they are."""
    sides = (statement.left, statement.right)
    axes = tuple(dict.fromkeys(i for side in sides for i in ordered_free_indices(side)))
    left, right = (Array(axes, side) for side in sides)
    return Chain(left, (Link(left, statement.relation, right, _reasons(left.body, statement)),))


def _reads_alike(left: Term, right: Term) -> bool:
    """Whether two terms are entries of the same matrix expression."""
    axes = ordered_free_indices(left)
    form = matrix_form(Array(axes, left)) if axes else None
    return form is not None and form == matrix_form(Array(axes, right))


def _derived(statement: Statement) -> Derived | None:
    """The steps of the rewriter for a side that is the derivative by a whole variable."""
    term = statement.left
    if not isinstance(term, D) or isinstance(term.body, D) or statement.relation != "=":
        return None
    axes = tuple(slot.plain for slot in term.variable.slots)
    own = tuple(i for i in ordered_free_indices(term.body))
    if None in axes or len(set(axes)) < len(axes) or any(i in own for i in axes):
        return None
    try:
        by = Array(axes, term.variable)  # type: ignore[arg-type]
        derived = gradient_steps(Array(own, term.body), by, statement.context, "jacobian")
    except (NoRule, NotFinished):
        return None
    return _over(derived, (*own, *axes))  # type: ignore[arg-type]


def _over(derived: Derived, axes: tuple[Index, ...]) -> Derived:
    """The same steps over the free indices of the statement."""
    own = dict(zip(derived.result.indices, map(Affine.of, axes), strict=True))
    steps = tuple(
        replace(s, before=substituted(s.before, own), after=substituted(s.after, own))
        for s in derived.steps
    )
    result = Array(axes, derived.result.at(axes))
    return replace(derived, start=substituted(derived.start, own), steps=steps, result=result)


def _reasons(left: Term, statement: Statement) -> tuple[Reason, ...]:
    """One reason that opens what the proof turned out to use."""
    from derive.proof.prover import proved

    right = statement.right
    claimed = replace(statement, left=left)
    for gates in attempts(left, right):
        found = proved(claimed, gates)
        if found.status is Status.PROVED:
            return (Reason("proof", (_words(found.used),), gates, found=True),)
    if statement.relation == "<=":
        shown = _by_witness(claimed)
        if shown:
            return (shown,)
    return (Reason("proof", ("claimed",), everything(left, right), found=True),)


def _by_witness(claimed: Statement) -> Reason | None:
    """A term whose sign is plain, which the difference of the sides is proved to be."""
    from derive.proof.prover import proved

    for witness in witnesses(claimed.left, claimed.right):
        gates = replace(everything(claimed.left, claimed.right, witness), witness=witness)
        if proved(claimed, gates).status is Status.PROVED:
            return Reason("witness", ("the difference is ", witness), gates, found=True)
    return None


def _words(used: Iterable[str]) -> str:
    words = [WORDS.get(name, name) for name in sorted(used)]
    return "; ".join(words) if words else "both sides have the same normal form"


def everything(*terms: Term) -> Gates:
    """All gates that there are for what occurs in some terms."""
    reached = tuple(dict.fromkeys(t for term in terms for t in reachable(term)))
    return Gates(
        differentiation=True,
        definitions=frozenset(t for term in terms for t in definitions(term)),
        facts=frozenset((tensor, fact) for tensor in reached for fact in tensor.facts),
        inverses=True,
        log_laws=True,
    )


def attempts(left: Term, right: Term) -> Iterable[Gates]:
    """What a proof is tried with: all gates, without the log laws, then clearing by matrices."""
    gates = everything(left, right)
    yield gates
    yield replace(gates, log_laws=False)
    matrices = _inverted(left, right)
    for matrix in matrices:
        yield replace(gates, clearing=(matrix,))
    for one in matrices:
        for two in matrices:
            if one is not two:
                yield replace(gates, clearing=(one, two))


def _inverted(*terms: Term) -> list[Tensor]:
    """The matrices whose inverses occur, the composite ones first."""
    reached = dict.fromkeys(t for term in terms for t in reachable(term))
    found = dict.fromkeys(t.origin.matrix for t in reached if isinstance(t.origin, Inverse))
    return sorted(found, key=lambda matrix: matrix.is_variable)[:MOST_MATRICES]
