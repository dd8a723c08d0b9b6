"""Facts that contract: what is known of sums and products of entries of one tensor."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

from derive.proof.normal_form import meeting
from derive.proof.normal_form.factors import Exponent, Factor, Polynomial, Product, without
from derive.proof.normal_form.heads import Head, Slots
from derive.terms.indices import Affine, Index
from derive.terms.tensors import Fact, Kind, Tensor

if TYPE_CHECKING:
    from derive.proof.normal_form.ring import Ring

Powers = dict[Factor, Exponent]
Rule = Callable[["Ring", Powers, tuple[Index, ...]], Polynomial | None]


def contracted(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial | None:
    """The result of the first rule that applies, if any."""
    heads = [f.data[0] for f in powers if f.kind == "entry"]
    if not heads or not (ring.gates.facts or any(h.chosen or h.matrix for h in heads)):
        return None  # all rules are of facts, of weights of a maximum, or of inverses
    for rule in RULES:
        result = rule(ring, powers, bound)
        if result is not None:
            return result
    return None


def occurs_only_in(powers: Powers, index: Index, factors: tuple[Factor, ...]) -> bool:
    """Whether an index occurs in these factors and nowhere else."""
    return not any(
        (index in f.indices and f not in factors)
        or (isinstance(e, Affine) and e.coefficient(index))
        for f, e in powers.items()
    )


# --------------------------------------------------------------------------------------------
# Rules


def has_idempotent_entries(ring: Ring, product: Product) -> bool:
    """Whether an entry of a product equals one of its powers."""
    heads = [f.data[0] for f, _ in product.factors if f.kind == "entry"]
    return any(
        head.chosen or _holds(ring, head, Kind.MASK, Kind.ONE_HOT, Kind.SIGNS) for head in heads
    )


def _entry_powers(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial | None:
    """``m^2 = m`` for masks, one-hot entries and weights of maxima; ``s^2 = 1`` for signs."""
    for factor, exponent in powers.items():
        if factor.kind != "entry" or not isinstance(exponent, int) or exponent < 2:
            continue
        head = factor.data[0]
        if head.chosen or _holds(ring, head, Kind.MASK, Kind.ONE_HOT):
            return ring.settled({**powers, factor: 1}, bound)
        if _holds(ring, head, Kind.SIGNS):
            return ring.settled({**powers, factor: exponent % 2}, bound)
    return None


def _holds(ring: Ring, head: Head, *kinds: Kind) -> bool:
    return head.tensor is not None and any(ring.holds(head.tensor, kind) for kind in kinds)


def _orthogonal_choices(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial | None:
    """``y_k y_l = [k = l] y_k`` for one-hot rows and for the weights of a maximum."""
    entries = [f for f in powers if f.kind == "entry" and powers[f] == 1]
    for position, one in enumerate(entries):
        for two in entries[position + 1 :]:
            axes = _chosen_axes(ring, one.data[0]) if one.data[0] is two.data[0] else 0
            if not axes or one.data[1][:-axes] != two.data[1][:-axes]:
                continue
            forms = [
                Affine.of(a) - b
                for a, b in zip(one.data[1][-axes:], two.data[1][-axes:], strict=True)
                if a is not b
            ]
            rest = without(powers, two)
            for form in forms:
                rest[ring.table.factor("delta", form, indices=form.indices)] = 1
            return ring.settled(rest, bound)
    return None


def _chosen_axes(ring: Ring, head: Head) -> int:
    if head.chosen:
        return head.chosen
    return 1 if _holds(ring, head, Kind.ONE_HOT) else 0


def _rows_that_sum_to_one(
    ring: Ring, powers: Powers, bound: tuple[Index, ...]
) -> Polynomial | None:
    """``sum_k y_k = 1`` on the simplex, and for the weights of a maximum."""
    for factor, exponent in powers.items():
        if factor.kind != "entry" or exponent != 1 or factor.data[0].tensor is None:
            continue
        head, slots = factor.data
        last = slots[-(head.chosen or 1) :]
        if _is_summed_alone(powers, factor, bound) and _sums_to_one(ring, head, last):
            remaining = tuple(i for i in bound if i not in last)
            return ring.settled(without(powers, factor), remaining)
    return None


def _is_summed_alone(powers: Powers, factor: Factor, bound: tuple[Index, ...]) -> bool:
    """Whether the last slots of an entry run over their axes, and occur nowhere else."""
    head, slots = factor.data
    axes = head.chosen or 1
    last = [i for i in slots[-axes:] if i is not None]
    return (
        len(slots) >= axes
        and len(set(last)) == len(last)
        and _covers(head, slots, axes)
        and all(i in bound and i not in slots[:-axes] for i in last)
        and all(occurs_only_in(powers, i, (factor,)) for i in last)
    )


def _sums_to_one(ring: Ring, head: Head, last: Slots) -> bool:
    """Whether the entries along the last axes are weights that sum to one."""
    if not head.chosen:
        return _holds(ring, head, Kind.SIMPLEX, Kind.ONE_HOT)
    is_any = all(ring.context.is_positive(i.size) for i in last if i is not None)
    if is_any and head.tensor is not None:
        ring.ties.setdefault(head.tensor)
    return is_any  # the sum over nothing is 0


def _covers(head: Head, slots: Slots, axes: int) -> bool:
    """Whether the last slots run over the whole of their axes."""
    shape = head.tensor.shape if head.tensor else ()
    pairs = zip(slots[-axes:], shape[-axes:], strict=True)
    return all(slot is None or slot.size == size for slot, size in pairs)


def _orthonormal_columns(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial | None:
    """``sum_k U_ki U_kj = [i = j]``."""
    entries = [f for f in powers if f.kind == "entry" and len(f.data[1]) == 2]
    for one, two in product(entries, repeat=2):
        if _are_multiplied(powers, one, two, bound) and _holds(ring, one.data[0], Kind.ORTHONORMAL):
            (k, i), (_, j) = one.data[1], two.data[1]
            form = _apart(i, j)
            rest = {f: e for f, e in powers.items() if f not in (one, two)}
            if form.coefficients or form.constant:
                rest[ring.table.factor("delta", form, indices=form.indices)] = 1
            return ring.settled(rest, tuple(b for b in bound if b is not k))
    return None


def _are_multiplied(powers: Powers, one: Factor, two: Factor, bound: tuple[Index, ...]) -> bool:
    """Whether two columns, or one with itself, are multiplied, once each, and summed over rows."""
    (k, i), (row, j) = one.data[1], two.data[1]
    once = powers[one] == 2 if one is two else powers[one] == powers[two] == 1
    if one.data[0] is not two.data[0] or row is not k or not once:
        return False
    if k is None:
        return True  # an axis of one row has nothing in its slot, and needs no sum
    is_summed = k in bound and k.size == one.data[0].size(0) and k is not i and k is not j
    return is_summed and occurs_only_in(powers, k, (one, two))


def _apart(one: Index | None, two: Index | None) -> Affine:
    """The difference of two slots of one axis; an axis of size 1 has nothing in its slot."""
    return Affine.of(0) if one is None or two is None else Affine.of(one) - two


def _declared_moments(ring: Ring, powers: Powers, bound: tuple[Index, ...]) -> Polynomial | None:
    """``E[1] = 1``, ``E[e_i] = mean`` and ``E[e_i e_j] = mean^2 + variance [i = j]``."""
    for weight, exponent in powers.items():
        if weight.kind != "entry" or exponent != 1 or len(weight.data[1]) != 1:
            continue
        (w,) = weight.data[1]
        if w not in bound or not _covers(weight.data[0], weight.data[1], 1):
            continue
        noise = [f for f in powers if f is not weight and w in f.indices]
        if not occurs_only_in(powers, w, (weight, *noise)):
            continue
        found = _moment_fact(ring, noise, weight, powers)
        if found is None or found not in ring.gates.facts:
            continue
        ring.facts_used.setdefault(found)
        ring.used.setdefault(f"facts of {found[0].name}")
        return _moment(ring, powers, bound, weight, noise, found[1])
    return None


def _moment_fact(
    ring: Ring, noise: list[Factor], weight: Factor, powers: Powers
) -> tuple[Tensor, Fact] | None:
    """The tensor and its declared moments that cover these factors, which are all of it."""
    if not noise:
        return _weighing(ring, weight)
    if any(f.kind != "entry" or f.data[0] is not noise[0].data[0] for f in noise):
        return None
    if sorted(str(powers[f]) for f in noise) not in (["1"], ["2"], ["1", "1"]):
        return None
    tensor = noise[0].data[0].tensor
    w = weight.data[1][0]
    if tensor is None or any(f.data[1][-1] is not w or w in f.data[1][:-1] for f in noise):
        return None
    moments = [f for f in tensor.facts if f.kind is Kind.MOMENTS]
    matching = [f for f in moments if f.arguments[0] == weight.data[0].tensor]
    return (tensor, matching[0]) if matching else None


def _weighing(ring: Ring, weight: Factor) -> tuple[Tensor, Fact] | None:
    """The first noise by name whose outcomes have these weights."""
    given = [
        (tensor, fact)
        for tensor, fact in ring.gates.facts
        if fact.kind is Kind.MOMENTS and fact.arguments[0] == weight.data[0].tensor
    ]
    return min(given, key=lambda pair: pair[0].name) if given else None


def _moment(
    ring: Ring,
    powers: Powers,
    bound: tuple[Index, ...],
    weight: Factor,
    noise: list[Factor],
    fact: Fact,
) -> Polynomial:
    """The expectation of none, one or two of the entries."""
    copies = [f for f in noise for _ in range(int(powers[f]))]  # type: ignore[arg-type]
    bound = tuple(i for i in bound if i is not weight.data[1][0])
    rest = {f: e for f, e in powers.items() if f is not weight and f not in noise}
    plain = ring.settled(rest, bound)
    if not copies:
        return plain
    variance, mean = _values(ring, fact)
    apart = ring.multiplied(plain, ring.power(mean, len(copies)))
    if len(copies) == 1:
        return apart
    for a, b in zip(copies[0].data[1][:-1], copies[1].data[1][:-1], strict=True):
        if a is b:
            continue
        form = _apart(a, b)
        if form.coefficients or form.constant:
            rest[ring.table.factor("delta", form, indices=form.indices)] = 1
    return ring.added(apart, ring.multiplied(ring.settled(rest, bound), variance))


def _values(ring: Ring, fact: Fact) -> tuple[Polynomial, Polynomial]:
    """The declared variance, and the mean, which is 0 unless it is given."""
    variance, *means = (ring.declared[moment] for moment in fact.arguments[1:])
    return variance, means[0] if means else {}


RULES: tuple[Rule, ...] = (
    _entry_powers,
    _orthogonal_choices,
    _rows_that_sum_to_one,
    _orthonormal_columns,
    _declared_moments,
    meeting.contracted,
)
