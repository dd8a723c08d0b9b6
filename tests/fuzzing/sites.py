"""Places in a term, with what holds there: indices in scope, strictness, derivatives around."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derive.terms.contexts import Context
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Cond, D, Fn, Num, Pow, Sum, Term, subterms
from derive.terms.structure import free_indices, ordered_free_indices, substituted
from derive.terms.tensors import Tensor
from tests.fuzzing.growing import Grower
from tests.fuzzing.worlds import World

Path = tuple[int, ...]


@dataclass(frozen=True)
class Site:
    """A node at a path; `varied` are the tensors by which derivatives around it are taken."""

    path: Path
    term: Term
    scope: tuple[Index, ...]
    strict: bool
    varied: tuple[Tensor, ...]


@dataclass
class Rewriter:
    """What a rewrite may draw on."""

    world: World
    site: Site

    @property
    def chance(self) -> random.Random:
        """The source of all choices."""
        return self.world.chance

    @property
    def grower(self) -> Grower:
        """A grower over the same world."""
        return Grower(self.world)

    def some(self, budget: int = 4) -> Term:
        """A small term that is defined everywhere at the site."""
        for _ in range(20):
            found = self.grower.term(budget, self.site.scope, True)
            if is_everywhere(found):
                return found
        return Num(2)

    def positive(self, budget: int = 4) -> Term:
        """A small positive term."""
        return self.grower.positive(budget, self.site.scope)


def is_everywhere(term: Term) -> bool:
    """Whether a term is polynomial or exponential: defined for all values, without kinks."""
    from derive.terms.nodes import Add, At, Count, Delta, Guard, Mul

    plain = (Add, Mul, Count, Num, Sum, Delta, Guard)
    return all(
        isinstance(part, plain)
        or (isinstance(part, At) and part.tensor.is_variable)
        or (
            isinstance(part, Pow)
            and isinstance(part.exponent, Num)
            and part.exponent.value in (2, 3)
        )
        or (isinstance(part, Fn) and part.function in ("exp", "sin", "cos", "tanh"))
        for part in subterms(term)
    )


def sites(term: Term, scope: tuple[Index, ...]) -> Iterator[Site]:
    """All places of a term, outermost first."""
    stack = [Site((), term, scope, False, ())]
    while stack:
        site = stack.pop()
        yield site
        stack.extend(reversed([_inner(site, k) for k in range(len(site.term.children))]))


def _inner(site: Site, k: int) -> Site:
    term = site.term
    scope, varied = site.scope, site.varied
    if isinstance(term, Sum):
        scope = (*(i for i in scope if i is not term.index), term.index)
    if isinstance(term, D):
        varied = (*varied, term.variable.tensor)
    strict = site.strict or is_strict(term, k)
    return Site((*site.path, k), term.children[k], scope, strict, varied)


def is_strict(term: Term, position: int) -> bool:
    """Whether an entry out of range has no meaning in a child."""
    if isinstance(term, Pow):
        natural = isinstance(term.exponent, Num) and term.exponent.value in range(100)
        return position == 1 or not natural
    return isinstance(term, Fn | Cond)


def is_in_range(term: Term, context: Context) -> bool:
    """Whether all entries of a term are in range for all values of the indices."""
    return all(
        context.in_range(slot, size)
        for part in subterms(term)
        if isinstance(part, At)
        for slot, size in zip(part.slots, part.tensor.shape, strict=True)
    )


def placed(term: Term, path: Path, new: Term) -> Term:
    """A term with another subterm at a path."""
    if not path:
        return new
    children = list(term.children)
    children[path[0]] = placed(children[path[0]], path[1:], new)
    return term.rebuilt(children)


def renamed(term: Term, old: Index, new: Index | Affine) -> Term:
    """A term with a free index replaced."""
    return substituted(term, {old: Affine.of(new)})


def uses(term: Term, index: Index) -> bool:
    """Whether a term depends on an index."""
    return index in free_indices(term)


def split(chance: random.Random, parts: Sequence[Term]) -> tuple[list[Term], list[Term]]:
    """The parts in two groups, neither empty."""
    cut = chance.randint(1, len(parts) - 1)
    return list(parts[:cut]), list(parts[cut:])


def own_indices(term: Term) -> tuple[Index, ...]:
    """The free indices of a term in order."""
    return ordered_free_indices(term)
