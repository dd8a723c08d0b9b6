"""Random variables with declared moments, and expectations.

A random array has a hidden axis of outcomes with probabilities; an expectation is the sum over
them. Arrays that are declared apart are independent, for their outcomes are pairs.
"""

from __future__ import annotations

from collections.abc import Iterable

from derive.derivation.reasons import Reason
from derive.proof.statuses import Gates
from derive.terms.arrays import NAMES, Array, ArrayLike
from derive.terms.indices import Affine, Index
from derive.terms.nodes import At, Sum, multiplied, subterms
from derive.terms.sizes import Size, SizeLike
from derive.terms.structure import free_indices, substituted
from derive.terms.tensors import Definition, Fact, Kind, Tensor

NOUGHT = Array.of(0)


class Random(Array):
    """An array of uncorrelated random numbers at one outcome, which is a free index."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Tensor, outcome: Index) -> None:
        axes = [Index(NAMES[k], size) for k, size in enumerate(tensor.shape[:-1])]
        super().__init__(axes, At(tensor, (*axes, outcome)))
        self.tensor = tensor

    @property
    def reason(self) -> Reason:
        """The declared moments, as a reason for a link."""
        facts = frozenset((self.tensor, fact) for fact in self.tensor.facts)
        return Reason("moments", ("moments of ", At(self.tensor)), Gates(facts=facts))


def random(
    name: str, shape: Iterable[SizeLike], variance: ArrayLike = 1, mean: ArrayLike = NOUGHT
) -> Random:
    """Uncorrelated random numbers with one mean and one variance, and nothing else known of them.

    >>> random("epsilon", ("n",)).shape
    (n,)
    """
    outcomes = Size.of(f"Omega_{name}")
    weights = Tensor(f"P_{name}", (outcomes,), (Fact(Kind.SIMPLEX),))
    moments = (_scalar(variance), _scalar(mean)) if mean is not NOUGHT else (_scalar(variance),)
    sizes = tuple(Size.of(size) for size in shape)
    fact = Fact(Kind.MOMENTS, (weights, *moments))
    return Random(Tensor(name, (*sizes, outcomes), (fact,)), Index("omega", outcomes))


def _scalar(value: ArrayLike) -> Tensor:
    """A tensor without a name that stands for a number, or the variable that it is."""
    body = Array.of(value).body
    if isinstance(body, At) and body.tensor.is_variable:
        return body.tensor
    return Tensor("", (), (), Definition((), body))


def expectation(value: ArrayLike) -> Array:
    """The mean over the outcomes of all random numbers in an array."""
    value = Array.of(value)
    body = value.body
    for outcome, weights in _outcomes(value).items():
        fresh = outcome.fresh()
        inside = substituted(body, {outcome: Affine.of(fresh)})
        body = Sum(fresh, multiplied(At(weights, (fresh,)), inside))
    return Array(value.indices, body)


def _outcomes(value: Array) -> dict[Index, Tensor]:
    """The free outcomes of an array, each with its probabilities."""
    found: dict[Index, Tensor] = {}
    free = free_indices(value.body)
    for part in subterms(value.body):
        if not isinstance(part, At):
            continue
        for fact in part.tensor.facts:
            outcome = part.slots[-1].plain if fact.kind is Kind.MOMENTS else None
            if outcome is not None and outcome in free:
                found[outcome] = fact.arguments[0]
    return found
