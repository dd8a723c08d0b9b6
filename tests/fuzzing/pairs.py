"""Random pairs of terms: one of two rewritten by true rules, and one with a single edit."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from derive.proof.statuses import Gates
from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import Cond, D, Delta, Fn, Guard, Num, Pow, Sum, Term, subterms
from derive.terms.statements import Statement
from derive.terms.structure import forms, reachable
from derive.terms.tensors import (
    Choice,
    Definition,
    Determinant,
    Function,
    Inverse,
    LogDeterminant,
    Recurrence,
    Tensor,
)
from tests.fuzzing import algebra, edits, facts, functions, summation
from tests.fuzzing.growing import Grower
from tests.fuzzing.sites import Rewriter, placed, sites
from tests.fuzzing.worlds import World, drawn_world

REWRITES = (
    *((rewrite, 1.0) for rewrite in algebra.REWRITES),
    *((rewrite, 1.2) for rewrite in summation.REWRITES),
    *((rewrite, 3.0) for rewrite in functions.REWRITES),
    *((rewrite, 3.0) for rewrite in facts.REWRITES),
)
BUDGETS = (8, 12, 16, 20, 24, 30)


@dataclass(frozen=True)
class Pair:
    """Two terms, how the second was made from the first, and what occurs in them."""

    number: int
    statement: Statement
    made_by: tuple[str, ...]
    edit: str = ""
    features: frozenset[str] = field(default_factory=frozenset)

    @property
    def nodes(self) -> int:
        """The size of the left side, what its names stand for included."""
        return node_count(self.statement.left)


def pairs(seed: int, number: int) -> list[Pair]:
    """The equal pair of a number, and up to two near misses of it."""
    chance = random.Random(f"{seed}:{number}")
    world = drawn_world(chance)
    free = tuple(
        world.index(size) for size in chance.choices(world.ranges, k=chance.choice((0, 1, 1, 2)))
    )
    left = Grower(world).term(chance.choice(BUDGETS), free)
    right, made_by = left, []
    for _ in range(chance.choice((1, 2, 2, 3, 4))):
        right, name = rewritten(world, right, free)
        made_by += [name] if name else []
    equal = _pair(number, left, right, world.context, tuple(made_by))
    missed = [_near_miss(number, world, left, right, free, tuple(made_by)) for _ in range(2)]
    return [equal, *(pair for pair in missed if pair is not None)]


def _pair(
    number: int, left: Term, right: Term, context: Context, made_by: tuple[str, ...], edit: str = ""
) -> Pair:
    statement = Statement(left, right, "=", context)
    return Pair(number, statement, made_by, edit, features(left) | features(right))


def rewritten(world: World, term: Term, free: tuple[Index, ...]) -> tuple[Term, str]:
    """The term after one true rewrite at one place, with the rewrite's name."""
    places = [s for s in sites(term, free) if not _is_exponent(term, s.path)]
    for _ in range(60):
        rewrite = world.chance.choices([r for r, _ in REWRITES], [w for _, w in REWRITES])[0]
        site = world.chance.choice(places)
        new = rewrite(Rewriter(world, site), site.term)
        if new is not None:
            return placed(term, site.path, new), getattr(rewrite, "__name__", "fact")
    return term, ""


def _is_exponent(term: Term, path: tuple[int, ...]) -> bool:
    for k in path:
        if isinstance(term, Pow) and k == 1:
            return True
        term = term.children[k]
    return False


def _near_miss(
    number: int,
    world: World,
    left: Term,
    right: Term,
    free: tuple[Index, ...],
    made_by: tuple[str, ...],
) -> Pair | None:
    places = list(sites(right, free))
    for _ in range(60):
        edit = world.chance.choice(edits.EDITS)
        site = world.chance.choice(places)
        new = edit(Rewriter(world, site), site.term)
        if new is not None and new != site.term:
            changed = placed(right, site.path, new)
            return _pair(number, left, changed, world.context, made_by, edit.__name__)
    return None


def gates(statement: Statement) -> Gates:
    """All gates open for what occurs in a statement."""
    tensors = dict.fromkeys((*reachable(statement.left), *reachable(statement.right)))
    used = features(statement.left) | features(statement.right)
    return Gates(
        differentiation="derivatives" in used,
        definitions=frozenset(t for t in tensors if isinstance(t.origin, Definition) and t.name),
        facts=frozenset((t, fact) for t in tensors for fact in t.facts),
        inverses="inverses" in used,
        log_laws="exponentials" in used,
    )


# --------------------------------------------------------------------------------------------
# What occurs


def parts(term: Term) -> list[Term]:
    """All nodes of a term and of the names it reaches."""
    found = list(subterms(term))
    for tensor in reachable(term):
        for body in _bodies(tensor):
            found += subterms(body)
    return found


def _bodies(tensor: Tensor) -> tuple[Term, ...]:
    origin = tensor.origin
    if isinstance(origin, Definition | Choice):
        return (origin.body,)
    return (origin.start, origin.step) if isinstance(origin, Recurrence) else ()


def node_count(term: Term) -> int:
    """The number of nodes of a term and of the names it reaches."""
    return len(parts(term))


def features(term: Term) -> frozenset[str]:
    """What occurs in a term."""
    nodes, tensors = parts(term), reachable(term)
    found = {name for node in nodes for name in _of_node(node)}
    found |= {name for tensor in tensors for name in _of_tensor(tensor)}
    return frozenset(found)


def _of_node(node: Term) -> list[str]:
    found = []
    if isinstance(node, Sum):
        found.append("sums")
        if any(isinstance(part, Sum) for part in subterms(node.body)):
            found.append("nested sums")
    if isinstance(node, Guard | Delta):
        found.append("guards")
    if any(_strides(form) for form in forms(node)):
        found.append("strides")
    if isinstance(node, Pow) and isinstance(node.exponent, Num) and node.exponent.value < 0:
        found.append("quotients")
    if isinstance(node, Pow) and not isinstance(node.exponent, Num):
        found.append("symbolic powers")
    if isinstance(node, D):
        found.append("derivatives")
        if any(isinstance(part, D) for part in subterms(node.body)):
            found.append("second derivatives")
    if isinstance(node, Cond):
        found.append("conditions")
    return found + (_of_function(node) if isinstance(node, Fn) else [])


def _of_function(node: Fn) -> list[str]:
    if isinstance(node.function, Function):
        return ["opaque functions"]
    if node.function in ("exp", "log", "softplus"):
        return ["exponentials"]
    return ["conditions"] if node.function in ("relu", "abs", "sign", "maximum", "minimum") else []


def _strides(form: Affine) -> bool:
    return any(c not in (1, -1) for _, c in form.coefficients)


def _of_tensor(tensor: Tensor) -> list[str]:
    kinds = {
        Definition: "definitions",
        Choice: "maxima",
        Inverse: "inverses",
        Determinant: "inverses",
        LogDeterminant: "inverses",
        Recurrence: "recurrences",
    }
    found = [kinds[type(tensor.origin)]] if type(tensor.origin) in kinds else []
    if isinstance(tensor.origin, LogDeterminant):
        found.append("exponentials")
    return found + ["facts"] * any(fact.kind.value != "positive" for fact in tensor.facts)
