"""Reasons: what a link of a chain rests on.

A *gate* opens a part of the prover that is closed without it. A *label* names what a reader sees
happen, and has a predicate that must be true of the link. Algebra needs no reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from derive.derivation.errors import DerivationError
from derive.proof.statuses import Gates
from derive.spaces import Facts
from derive.terms.arrays import Array
from derive.terms.nodes import Add, At, Delta, Fn, Guard, Mul, Num, Pow, Sum, Term, subterms
from derive.terms.structure import alpha_key, forms, free_indices, reachable
from derive.terms.tensors import Choice, Definition, Inverse, Kind, Tensor

if TYPE_CHECKING:
    from derive.derivation.records import Record

Predicate: TypeAlias = Callable[[Term, Term], bool]
CLOSED = Gates()


@dataclass(frozen=True)
class Reason:
    """Words for the reader, with what they allow the prover or claim of the link.

    Words are text, and terms that a printer writes in its own way.
    """

    name: str
    words: tuple[str | Term, ...]
    gates: Gates = CLOSED
    holds: Predicate | None = None
    cited: Record | None = None  # the derivation that proves the lemma, for the given arguments
    reference: str = ""  # to the literature, where the lemma is taken from there
    found: bool = False  # by the rewriter, so that no author can mislead with it

    @property
    def is_gate(self) -> bool:
        """Whether the prover may do more with this reason than without it."""
        return self.gates != CLOSED

    def spoken(self, printer: Callable[[Term], str]) -> str:
        """The words, with terms as the printer writes them."""
        return "".join(word if isinstance(word, str) else printer(word) for word in self.words)


def reasons_of(by: object) -> tuple[Reason, ...]:
    """The reasons that an author's ``by=`` stands for: one, or several in a list or tuple."""
    several = by if isinstance(by, list | tuple) else (by,)
    return tuple(_reason(value) for value in several)


def _reason(value: object) -> Reason:
    own = getattr(value, "reason", None)
    if isinstance(value, Reason):
        return value
    if isinstance(own, Reason):
        return own
    if isinstance(value, frozenset):
        return facts(value)
    if isinstance(value, Array):
        return definition(value)
    raise DerivationError(f"{value!r} is no reason: see derive.derivation.reasons")


def opened(reasons: Iterable[Reason]) -> Gates:
    """All gates of some reasons together."""
    gates = [reason.gates for reason in reasons]
    return Gates(
        differentiation=any(gate.differentiation for gate in gates),
        definitions=frozenset(tensor for gate in gates for tensor in gate.definitions),
        facts=frozenset(fact for gate in gates for fact in gate.facts),
        inverses=any(gate.inverses for gate in gates),
        clearing=tuple(tensor for gate in gates for tensor in gate.clearing),
        log_laws=any(gate.log_laws for gate in gates),
        lemmas=tuple(lemma for gate in gates for lemma in gate.lemmas),
        induction=next((gate.induction for gate in gates if gate.induction), ""),
        witness=next((gate.witness for gate in gates if gate.witness is not None), None),
    )


# --------------------------------------------------------------------------------------------
# Gates

differentiation = Reason("differentiation", ("differentiation",), Gates(differentiation=True))
inverses = Reason("inverses", ("an inverse times its matrix is I",), Gates(inverses=True))
log_laws = Reason("log_laws", ("laws of the logarithm",), Gates(log_laws=True))


def definition(*names: Array) -> Reason:
    """What a defined name stands for; the weights of a maximum need no gate to be unfolded."""
    tensors = tuple(_defined(name).tensor for name in names)
    words = [word for tensor in tensors for word in (", ", At(tensor))][1:]
    opened = frozenset(tensor for tensor in tensors if isinstance(tensor.origin, Definition))
    others = tuple(tensor for tensor in tensors if tensor not in opened)
    return Reason(
        "definition",
        ("definition of ", *words),
        Gates(definitions=opened),
        holds=partial(_comes_or_goes, others) if others else None,
    )


def _comes_or_goes(names: tuple[Tensor, ...], left: Term, right: Term) -> bool:
    """Whether each name stands on one side alone."""
    before, after = set(reachable(left)), set(reachable(right))
    return all((name in before) != (name in after) for name in names)


def _defined(name: Array) -> At:
    entry = name.body
    if not isinstance(entry, At) or not isinstance(entry.tensor.origin, Definition | Choice):
        raise DerivationError(f"{entry!r} is no defined name")
    return entry


def facts(given: Facts) -> Reason:
    """The declared facts of a variable, ``by=y.facts``."""
    if not given:
        raise DerivationError("a variable without facts is no reason")
    ordered = sorted(given, key=lambda pair: (pair[0].name, pair[1].kind.value))
    words: list[str | Term] = []
    for tensor, fact in ordered:
        words += [" and " if words else "", At(tensor), " ", _IS[fact.kind]]
    return Reason("facts", tuple(words[1:]), Gates(facts=given))


_IS = {kind: f"is {kind.value}" for kind in Kind} | {
    Kind.SIMPLEX: "sums to one",
    Kind.ONE_HOT: "is one-hot",
    Kind.FULL_COLUMN_RANK: "has full column rank",
    Kind.ORTHONORMAL: "has orthonormal columns",
    Kind.MASK: "is 0 or 1",
    Kind.SIGNS: "is 1 or -1",
    Kind.MOMENTS: "has the declared moments",
}


def clearing(*matrices: Array) -> Reason:
    """Multiplying the equation by nonsingular matrices, which can be undone."""
    cleared = tuple(_matrix(matrix) for matrix in matrices)
    words = [word for tensor in cleared for word in (", ", At(tensor))][1:]
    return Reason("clearing", ("multiply by ", *words), Gates(clearing=cleared))


def _matrix(matrix: Array) -> Tensor:
    if not isinstance(matrix.body, At):
        raise DerivationError(f"{matrix.body!r} is no named matrix; define a name for it")
    origin = matrix.body.tensor.origin
    return origin.matrix if isinstance(origin, Inverse) else matrix.body.tensor


def induction(size: str) -> Reason:
    """Induction over a named size."""
    return Reason("induction", (f"induction over {size}",), Gates(induction=size))


def witness(term: Array) -> Reason:
    """The difference of the two sides of an inequality, written so that its sign is plain."""
    gap = ("the difference is ", term.body, " >= 0")
    return Reason("witness", gap, Gates(witness=term.body))


# --------------------------------------------------------------------------------------------
# Labels


def _products_over_sums(term: Term) -> int:
    """How many products, or integer powers, of sums a term holds."""
    return sum(1 for part in subterms(term) if _multiplies_a_sum(part))


def _multiplies_a_sum(part: Term) -> bool:
    if isinstance(part, Mul):
        return any(isinstance(factor, Add | Sum) for factor in part.parts)
    if not isinstance(part, Pow) or not isinstance(part.base, Add | Sum):
        return False
    return isinstance(part.exponent, Num) and part.exponent.value > 1


def _factors_out(left: Term, right: Term) -> bool:
    """More products of sums stand on the right, or something is written there less often."""
    if _products_over_sums(right) > _products_over_sums(left):
        return True
    before, after = _occurrences(left), _occurrences(right)
    return any(after.get(key, 0) < count for key, count in before.items() if count > 1)


def _multiplies_out(left: Term, right: Term) -> bool:
    return _factors_out(right, left)


def _occurrences(term: Term) -> Counter[object]:
    return Counter(alpha_key(part) for part in subterms(term) if isinstance(part, At | Fn | Sum))


def _is_made_of_matrix_products(left: Term, right: Term) -> bool:
    """Every sum runs over plain axes, each in at most two factors, and no delta is left."""
    parts = list(subterms(right))
    if any(isinstance(part, Delta | Guard) for part in parts):
        return False
    return all(_is_contraction(part) for part in parts if isinstance(part, Sum))


def _is_contraction(total: Sum) -> bool:
    factors = total.body.parts if isinstance(total.body, Mul) else (total.body,)
    using = [factor for factor in factors if total.index in free_indices(factor)]
    slots = [slot for part in subterms(total.body) for slot in forms(part)]
    return len(using) <= 2 and all(s.plain for s in slots if total.index in s.indices)


expand = Reason("expand", ("multiply out",), holds=_multiplies_out)
factor = Reason("factor", ("factor out",), holds=_factors_out)
matrix_form = Reason("matrix_form", ("matrix form",), holds=_is_made_of_matrix_products)
